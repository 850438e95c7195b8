/* The months in memory, over a real store. The catalog's two facts always carry the same number, so that a torn
 * submission shows. */
#include "hub/months.h"

#include "months_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The facts change their places, and one is new. */
static const char NEXT[] = "catalog: test\nversion: 2\ntitle: {zh: 试, en: Test}\nfacts:\n"
                           "  - {id: c, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 丙, en: C}}\n"
                           "  - {id: b, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 乙, en: B}}\n"
                           "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                           "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a, b, c]}\nchecks: []\n";

Test(months, a_month_is_read_from_the_store_without_what_was_withdrawn)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    file(&fixture, "D1", JUNE, 1, 5);
    file(&fixture, "D2", JUNE, 1, 6);
    file(&fixture, "D2", JUNE, 2, -1);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), 5);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 1), 5);
    cr_assert_eq(value_now(&fixture, 1, JUNE, 0), FACT_ABSENT);
}

Test(months, what_committed_is_seen_by_whoever_asks_next)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), FACT_ABSENT);
    tell(&fixture, 0, JUNE, file(&fixture, "D1", JUNE, 1, 7), 7);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 1), 7);
    tell(&fixture, 0, JUNE, file(&fixture, "D1", JUNE, 2, -1), -1);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 1), FACT_ABSENT);
}

Test(months, a_snapshot_that_is_held_does_not_change)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    CLEANUP(months_release) month_snapshot_t held = {0};
    file(&fixture, "D1", JUNE, 1, 5);
    OK(months_acquire(fixture.months, JUNE, &held));
    tell(&fixture, 0, JUNE, file(&fixture, "D1", JUNE, 2, 8), 8);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), 8);
    cr_assert_eq(value_in(&held, 0, 0), 5);
}

Test(months, an_older_delta_does_not_undo_what_the_reading_saw)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    uint64_t first = file(&fixture, "D1", JUNE, 1, 5);
    file(&fixture, "D1", JUNE, 2, 6);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), 6);
    tell(&fixture, 0, JUNE, first, 5);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), 6);
}

Test(months, facts_are_the_next_months_previous_ones)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    file(&fixture, "D1", JUNE, 1, 5);
    cr_assert_eq(value_now(&fixture, 0, JUNE + 1, 2), 5, "read from the store");
    tell(&fixture, 0, JUNE, file(&fixture, "D1", JUNE, 2, 9), 9);
    cr_assert_eq(value_now(&fixture, 0, JUNE + 1, 2), 9, "told");
    cr_assert_eq(value_now(&fixture, 0, JUNE + 1, 0), FACT_ABSENT);
}

Test(months, a_new_catalog_finds_earlier_facts_by_their_ids)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    CLEANUP(months_release) month_snapshot_t held = {0};
    file(&fixture, "D1", JUNE, 1, 5);
    OK(months_acquire(fixture.months, JUNE, &held));
    put_catalog(&fixture, NEXT);
    world_t *world = load_world(&fixture), *now = world;
    months_set_world(fixture.months, &world);
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    OK(months_acquire(fixture.months, JUNE, &snapshot));
    cr_assert(snapshot.world == now && held.world != now);
    cr_assert_eq(value_in(&snapshot, 0, 0), FACT_ABSENT);
    cr_assert_eq(value_in(&snapshot, 0, 1), 5);
    cr_assert_eq(value_in(&snapshot, 0, 2), 5);
    cr_assert_eq(held.month->catalog->fact_count, 2, "who computes in the old world keeps it");
}

Test(months, the_least_recently_used_ones_go_when_there_is_no_room)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 30);
    uint32_t count;
    uint64_t bytes;
    value_now(&fixture, 0, JUNE, 0);
    months_measure(fixture.months, &count, &bytes);
    cr_assert(count == 1 && bytes > 0);
    months_destroy(&fixture.months);
    world_t *world = load_world(&fixture);
    fixture.months = months_create(fixture.store, &world, bytes * 2);
    for (period_t month = JUNE - 5; month <= JUNE; month++) {
        value_now(&fixture, 0, month, 0);
        uint64_t used;
        months_measure(fixture.months, &count, &used);
        cr_assert_leq(used, bytes * 2);
    }
    cr_assert_eq(count, 2);
}

Test(months, one_that_does_not_fit_at_all_is_handed_out_and_not_kept)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1);
    uint32_t count;
    uint64_t bytes;
    file(&fixture, "D1", JUNE, 1, 5);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), 5);
    months_measure(fixture.months, &count, &bytes);
    cr_assert_eq(count, 0);
}

/* ---- readers beside the writer */

#define ROUNDS 2000

typedef struct {
    fixture_t *fixture;
    atomic_int_fast64_t acknowledged;
    atomic_bool done;
    atomic_uint torn, stale, reads;
} race_t;

static void *read_on(void *argument)
{
    race_t *race = argument;
    while (!atomic_load(&race->done)) {
        month_snapshot_t snapshot = {0};
        int64_t at_least = atomic_load(&race->acknowledged);
        if (months_acquire(race->fixture->months, JUNE, &snapshot) != STATUS_OK)
            continue;
        int64_t a = value_in(&snapshot, 0, 0);
        sched_yield(); /* the writer may go on; what is held may not change */
        int64_t b = value_in(&snapshot, 0, 1);
        if (a != b)
            atomic_fetch_add(&race->torn, 1);
        if (a < at_least)
            atomic_fetch_add(&race->stale, 1);
        months_release(&snapshot);
        atomic_fetch_add(&race->reads, 1);
    }
    return NULL;
}

Test(months, readers_never_see_half_a_submission_or_an_acknowledged_one_missing)
{
    CLEANUP(tear_down) fixture_t fixture = set_up(1u << 20);
    race_t race = {.fixture = &fixture};
    pthread_t readers[3];
    uint64_t sequence = file(&fixture, "D1", JUNE, 1, 0);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), 0); /* what follows is told, not stored: the month must be there */
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&readers[i], NULL, read_on, &race), 0);
    for (int64_t round = 1; round <= ROUNDS; round++) {
        tell(&fixture, 0, JUNE, sequence + (uint64_t)round, round);
        atomic_store(&race.acknowledged, round);
        for (unsigned before = atomic_load(&race.reads); atomic_load(&race.reads) == before;)
            sched_yield();
    }
    atomic_store(&race.done, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    cr_assert_eq(atomic_load(&race.torn), 0);
    cr_assert_eq(atomic_load(&race.stale), 0);
    cr_assert_eq(value_now(&fixture, 0, JUNE, 0), ROUNDS);
}
