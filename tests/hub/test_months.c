/* The months in memory, over a real store. The catalog's two facts always carry the same number, so that a torn
 * submission shows. */
#include "hub/months.h"

#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char CATALOG[] = "catalog: test\nversion: 1\ntitle: {zh: 试, en: Test}\nfacts:\n"
                              "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                              "  - {id: b, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 乙, en: B}}\n"
                              "kpis:\n"
                              "  - {id: growth, formula: a / previous(a), unit: ratio, decimals: 3, better: up, "
                              "title: {zh: 增长, en: Growth}}\n"
                              "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a, b, growth]}\nchecks: []\n";
/* The facts change their places, and one is new. */
static const char NEXT[] = "catalog: test\nversion: 2\ntitle: {zh: 试, en: Test}\nfacts:\n"
                           "  - {id: c, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 丙, en: C}}\n"
                           "  - {id: b, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 乙, en: B}}\n"
                           "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                           "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a, b, c]}\nchecks: []\n";

typedef struct {
    directory_t directory;
    store_t *store;
    months_t *months;
    uint64_t digest;
} fixture_t;

static void put_catalog(fixture_t *fixture, const char *yaml)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    span_t text = {(const uint8_t *)yaml, strlen(yaml)};
    cr_assert_eq(catalog_load(text, &catalog, &faults), STATUS_OK, "%s",
                 faults.count ? faults.items[0].message : "no faults");
    fixture->digest = catalog->digest;
    OK(store_begin_write(fixture->store, &txn));
    OK(store_put_catalog(txn, catalog->digest, text, 1));
    OK(store_commit(&txn));
}

static void put_network(fixture_t *fixture)
{
    static const network_region_line_t REGIONS[] = {{"r", "", "R", 2}};
    static const network_dealer_line_t DEALERS[] = {{"D1", "One", "", 2}, {"D2", "Two", "", 3}};
    static const network_membership_line_t MEMBERS[] = {{"D1", "r", JUNE - 12, 2}, {"D2", "r", JUNE - 12, 3}};
    static const network_lines_t LINES = {REGIONS, 1, DEALERS, 2, MEMBERS, 2, NULL, 0};
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(fixture->store, &txn));
    OK(store_put_network(txn, &LINES, 1));
    OK(store_commit(&txn));
}

static world_t *load_world(fixture_t *fixture)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    world_t *world = NULL;
    OK(store_begin_read(fixture->store, &txn));
    OK(world_load(txn, &world));
    return world;
}

static fixture_t set_up(size_t bytes_max)
{
    fixture_t fixture = {.directory = directory_make()};
    fixture.store = store_at(&fixture.directory, MAP_BYTES);
    put_catalog(&fixture, CATALOG);
    put_network(&fixture);
    world_t *world = load_world(&fixture);
    fixture.months = months_create(fixture.store, &world, bytes_max);
    cr_assert(fixture.months && !world);
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    months_destroy(&fixture->months);
    store_close(&fixture->store);
    directory_remove(&fixture->directory);
}

/* Stores a revision whose two facts are `value`; negative: withdrawn. Returns its sequence. */
static uint64_t file(fixture_t *fixture, const char *dealer, period_t period, uint32_t number, int64_t value)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const int64_t values[] = {value, value};
    uint64_t sequence = 0;
    stored_revision_t revision = revision_of(dealer, period, number, 1);
    revision.catalog_digest = fixture->digest;
    revision.withdrawn = value < 0;
    revision.facts = (packed_facts_t){{(const uint8_t *)"\3", 1}, values, 2};
    if (value < 0)
        revision.facts = (packed_facts_t){0};
    OK(store_begin_write(fixture->store, &txn));
    OK(store_put_revision(txn, &revision, &sequence));
    OK(store_commit(&txn));
    return sequence;
}

/* Tells the months of it, as the writer does. */
static void tell(fixture_t *fixture, uint32_t dealer, period_t period, uint64_t sequence, int64_t value)
{
    const int64_t facts[] = {value, value};
    const month_delta_t delta = {
        .sequence = sequence, .period = period, .dealer = dealer, .facts = value < 0 ? NULL : facts};
    months_apply(fixture->months, &delta, 1);
}

static int64_t value_in(const month_snapshot_t *snapshot, uint32_t dealer, size_t column)
{
    return snapshot->month->columns[column][snapshot->month->slots[dealer]];
}

static int64_t value_now(fixture_t *fixture, uint32_t dealer, period_t period, size_t column)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    OK(months_acquire(fixture->months, period, &snapshot));
    return value_in(&snapshot, dealer, column);
}

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
