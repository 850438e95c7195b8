/* The index of a month that is asked for often: when it is there, that it keeps up with what commits, and that what is
 * read off it is some state that was. */
#include "months_fixture.h"

#include "core/order_index.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define OFTEN 30

/* The table of a and b for the nation. */
static status_t ask(fixture_t *fixture, benchmark_answer_t **out, arena_t *arena, uint32_t *out_indexed)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    const scope_t nation = {SCOPE_NATION, 0};
    TRY(months_acquire(fixture->months, JUNE, &snapshot));
    status_t status =
        benchmark_compute(snapshot.month, &BENCHMARK_RULE_DEFAULT, &nation, 1, SIZE_MAX, NULL, arena, out);
    *out_indexed = order_index_row_count(snapshot.month);
    return status;
}

typedef struct {
    scope_statistics_t a, b;
    uint32_t indexed; /* rows that the month's index holds */
} asked_t;

static asked_t ask_now(fixture_t *fixture)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    benchmark_answer_t *answer;
    asked_t asked;
    OK(ask(fixture, &answer, arena, &asked.indexed));
    asked.a = answer->statistics[0];
    asked.b = answer->statistics[1];
    return asked;
}

static void ask_often(fixture_t *fixture)
{
    for (int i = 0; i < OFTEN; i++)
        ask_now(fixture);
}

static uint64_t bytes_of(fixture_t *fixture)
{
    uint32_t count;
    uint64_t bytes;
    months_measure(fixture->months, &count, &bytes);
    return bytes;
}

Test(months_index, a_month_that_is_asked_for_often_gets_one_that_survives_what_commits)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    uint64_t sequence = file(&fixture, "D1", JUNE, 1, 5);
    cr_assert_eq(ask_now(&fixture).indexed, 0, "one question is not often");
    uint64_t plain = bytes_of(&fixture);
    ask_often(&fixture);
    cr_assert_eq(ask_now(&fixture).indexed, 3);
    cr_assert_gt(bytes_of(&fixture), plain, "it counts towards the cache's bytes");
    for (int64_t value = 6; value < 20; value++) {
        tell(&fixture, 0, JUNE, ++sequence, value);
        tell(&fixture, 1, JUNE, ++sequence, 2 * value);
        asked_t asked = ask_now(&fixture);
        cr_assert_eq(asked.indexed, 3);
        cr_assert(asked.a.n == 2 && asked.a.valued == 2);
        cr_assert_eq(asked.a.average, 1.5 * (double)value);
        cr_assert_eq(asked.b.p25, 1.25 * (double)value);
    }
    tell(&fixture, 0, JUNE, ++sequence, -1);
    cr_assert_eq(ask_now(&fixture).a.n, 1);
}

Test(months_index, it_takes_no_more_than_half_of_the_caches_bytes)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 30);
    file(&fixture, "D1", JUNE, 1, 5);
    ask_now(&fixture);
    uint64_t plain = bytes_of(&fixture);
    ask_often(&fixture);
    uint64_t indexed = bytes_of(&fixture);
    months_destroy(&fixture.months);
    world_t *world = load_world(&fixture);
    fixture.months = months_create(fixture.store, &world, indexed);
    cr_assert_geq(indexed, 3 * plain, "the index is the larger part here");
    ask_often(&fixture);
    asked_t asked = ask_now(&fixture);
    cr_assert(asked.indexed < 3 && asked.a.average == 5, "%u rows", asked.indexed);
    cr_assert_leq(bytes_of(&fixture), plain + indexed / 2);
}

Test(months_index, a_copy_for_a_held_snapshot_takes_it_along)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    CLEANUP(months_release) month_snapshot_t held = {0};
    uint64_t sequence = file(&fixture, "D1", JUNE, 1, 5);
    ask_often(&fixture);
    OK(months_acquire(fixture.months, JUNE, &held));
    tell(&fixture, 0, JUNE, ++sequence, 8);
    asked_t asked = ask_now(&fixture);
    cr_assert(asked.indexed == 3 && asked.a.average == 8);
    cr_assert_eq(value_in(&held, 0, 0), 5);
}

Test(months_index, changes_that_come_faster_than_building_costs_drop_it)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    uint64_t sequence = file(&fixture, "D1", JUNE, 1, 5);
    ask_often(&fixture);
    for (int64_t value = 0; value < 1000; value++)
        tell(&fixture, 0, JUNE, ++sequence, value);
    asked_t asked = ask_now(&fixture);
    cr_assert(asked.indexed == 0 && asked.a.average == 999);
}

/* ---- readers beside the writer */

#define ROUNDS 2000

typedef struct {
    fixture_t *fixture;
    atomic_int_fast64_t acknowledged;
    atomic_bool done;
    atomic_uint torn, stale, failed, reads, indexed;
} race_t;

/* Both dealers always have one value, in both facts, so that every statistic is it. */
static bool is_whole(const scope_statistics_t *a, const scope_statistics_t *b)
{
    return a->n == 2 && a->valued == 2 && a->average == a->mean && a->average == a->median && a->average == a->p25 &&
           a->average == a->p75 && a->average == b->average && a->average == b->mean && a->average == b->median;
}

static void *read_on(void *argument)
{
    race_t *race = argument;
    while (!atomic_load(&race->done)) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
        benchmark_answer_t *answer;
        uint32_t indexed;
        int64_t at_least = atomic_load(&race->acknowledged);
        status_t status = ask(race->fixture, &answer, arena, &indexed);
        if (status != STATUS_OK) {
            atomic_fetch_add(&race->failed, status != STATUS_CONFLICT);
            continue;
        }
        if (!is_whole(&answer->statistics[0], &answer->statistics[1]))
            atomic_fetch_add(&race->torn, 1);
        if (answer->statistics[0].average < (double)at_least)
            atomic_fetch_add(&race->stale, 1);
        atomic_fetch_add(&race->indexed, indexed > 0);
        atomic_fetch_add(&race->reads, 1);
    }
    return NULL;
}

/* One commit that changes both. */
static void tell_both(fixture_t *fixture, uint64_t sequence, int64_t value)
{
    const int64_t facts[] = {value, value};
    const month_delta_t deltas[] = {{.sequence = sequence, .period = JUNE, .dealer = 0, .facts = facts},
                                    {.sequence = sequence + 1, .period = JUNE, .dealer = 1, .facts = facts}};
    months_apply(fixture->months, deltas, 2);
}

Test(months_index, answers_beside_the_writer_are_of_a_state_that_was_committed, .timeout = 60)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    race_t race = {.fixture = &fixture};
    pthread_t readers[3];
    file(&fixture, "D1", JUNE, 1, 0);
    uint64_t sequence = file(&fixture, "D2", JUNE, 1, 0) + 1;
    ask_often(&fixture); /* what follows is told, not stored: the month must be there */
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&readers[i], NULL, read_on, &race), 0);
    for (int64_t round = 1; round <= ROUNDS; round++, sequence += 2) {
        tell_both(&fixture, sequence, round);
        atomic_store(&race.acknowledged, round);
        for (unsigned before = atomic_load(&race.reads); atomic_load(&race.reads) == before;)
            sched_yield();
    }
    atomic_store(&race.done, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    cr_assert_eq(atomic_load(&race.failed), 0);
    cr_assert_eq(atomic_load(&race.torn), 0);
    cr_assert_eq(atomic_load(&race.stale), 0);
    cr_assert_gt(atomic_load(&race.indexed), 0);
    cr_assert_eq(ask_now(&fixture).a.average, ROUNDS);
}
