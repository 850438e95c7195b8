/* Months and worlds as they were, over a real store. Each dealer's one fact is told again where its month is read. */
#include "hub/past.h"

#include "support.h"

#include <string.h>

#define PLENTY (64ul << 20)

static const char CATALOG[] = "catalog: test\nversion: 1\ntitle: {zh: 试, en: Test}\nfacts:\n"
                              "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                              "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a]}\nchecks: []\n";
static const char NEXT[] = "catalog: test\nversion: 2\ntitle: {zh: 试, en: Test}\nfacts:\n"
                           "  - {id: b, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 乙, en: B}}\n"
                           "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                           "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a, b]}\nchecks: []\n";

typedef struct {
    directory_t directory;
    store_t *store;
    past_t *past;
    uint64_t digest, time_ms;
} fixture_t;

static store_txn_t *begin(fixture_t *fixture)
{
    store_txn_t *txn = NULL;
    store_actor_t actor = {.time_ms = fixture->time_ms, .is_hub = true};
    OK(store_begin_write(fixture->store, &txn));
    store_set_actor(txn, &actor);
    return txn;
}

/* Commits; the number of the newest event. */
static uint64_t end(fixture_t *fixture, store_txn_t *txn)
{
    uint64_t event, time_ms;
    OK(store_commit(&txn));
    OK(store_begin_read(fixture->store, &txn));
    store_newest_event(txn, &event, &time_ms);
    store_abort(&txn);
    return event;
}

static uint64_t put_catalog(fixture_t *fixture, const char *yaml)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    span_t text = {(const uint8_t *)yaml, strlen(yaml)};
    OK(catalog_load(text, &catalog, &faults));
    fixture->digest = catalog->digest;
    store_txn_t *txn = begin(fixture);
    OK(store_put_catalog(txn, catalog->digest, text, 1));
    return end(fixture, txn);
}

/* The first `count` of D1, D2, D3. */
static uint64_t put_network(fixture_t *fixture, size_t count)
{
    static const network_region_line_t REGIONS[] = {{"r", "", "R", 2}};
    static const network_dealer_line_t DEALERS[] = {{"D1", "One", "", 2}, {"D2", "Two", "", 3}, {"D3", "Three", "", 4}};
    static const network_membership_line_t MEMBERS[] = {
        {"D1", "r", JUNE - 12, 2}, {"D2", "r", JUNE - 12, 3}, {"D3", "r", JUNE - 12, 4}};
    network_lines_t lines = {REGIONS, 1, DEALERS, count, MEMBERS, count, NULL, 0};
    store_txn_t *txn = begin(fixture);
    OK(store_put_network(txn, &lines, 1));
    return end(fixture, txn);
}

static fixture_t set_up(size_t bytes_max)
{
    fixture_t fixture = {.directory = directory_make(), .time_ms = 1000};
    fixture.store = store_at(&fixture.directory, MAP_BYTES);
    put_catalog(&fixture, CATALOG);
    put_network(&fixture, 2);
    fixture.past = past_create(fixture.store, NULL, bytes_max);
    cr_assert(fixture.past);
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    past_destroy(&fixture->past);
    store_close(&fixture->store);
    directory_remove(&fixture->directory);
}

/* A revision of that value; negative: withdrawn. */
static uint64_t file(fixture_t *fixture, const char *dealer, uint32_t number, int64_t value, uint64_t *out_sequence)
{
    stored_revision_t revision = revision_of(dealer, JUNE, number, 1);
    uint64_t sequence;
    revision.catalog_digest = fixture->digest;
    revision.withdrawn = value < 0;
    revision.facts = value < 0 ? (packed_facts_t){0} : (packed_facts_t){{(const uint8_t *)"\1", 1}, &value, 1};
    store_txn_t *txn = begin(fixture);
    OK(store_put_revision(txn, &revision, &sequence));
    if (out_sequence)
        *out_sequence = sequence;
    return end(fixture, txn);
}

/* The fact `a` of a dealer in June at an event; -1: it had not reported. */
static int64_t value_at(fixture_t *fixture, const char *dealer, uint64_t event)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    OK(past_month(fixture->past, JUNE, event, &snapshot));
    const month_t *month = snapshot.month;
    uint32_t slot = month->slots[network_find_dealer(snapshot.world->network, dealer)];
    size_t fact = snapshot.world->catalog->fact_count - 1; /* a is the last one of both catalogs */
    return month->flags[slot] & MONTH_REPORTED ? month->columns[fact][slot] : -1;
}

Test(past, a_month_is_as_it_was_at_each_event, .timeout = 60)
{
    static const size_t BUDGETS[] = {PLENTY, 1}; /* of the second, no month is kept */
    for (size_t i = 0; i < 2; i++) {
        fixture_t fixture = set_up(BUDGETS[i]);
        uint64_t events[4] = {
            file(&fixture, "D1", 1, 10, NULL),
            file(&fixture, "D1", 2, 20, NULL),
            file(&fixture, "D2", 1, 30, NULL),
            file(&fixture, "D1", 3, -1, NULL),
        };
        for (int round = 0; round < 2; round++) {
            cr_assert_eq(value_at(&fixture, "D1", events[0] - 1), -1);
            cr_assert_eq(value_at(&fixture, "D1", events[0]), 10);
            cr_assert_eq(value_at(&fixture, "D1", events[1]), 20);
            cr_assert_eq(value_at(&fixture, "D2", events[1]), -1);
            cr_assert(value_at(&fixture, "D1", events[2]) == 20 && value_at(&fixture, "D2", events[2]) == 30);
            cr_assert(value_at(&fixture, "D1", events[3]) == -1 && value_at(&fixture, "D2", events[3]) == 30);
        }
        month_snapshot_t none = {0};
        cr_assert_eq(past_month(fixture.past, JUNE, events[3] + 1, &none), STATUS_NOT_FOUND);
        tear_down(&fixture);
    }
}

Test(past, before_the_first_network_there_was_none, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    CLEANUP(world_release) world_t *world = NULL;
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    OK(past_world(fixture.past, 1, &world)); /* the catalog's event; the network's came behind it */
    cr_assert_eq(world->network->dealer_count, 0);
    OK(past_month(fixture.past, JUNE, 1, &snapshot));
    cr_assert_eq(snapshot.month->count, 0);
    tear_down(&fixture);
}

Test(past, what_was_read_is_kept_within_the_budget, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    uint64_t event = file(&fixture, "D1", 1, 10, NULL);
    month_snapshot_t first = {0}, again = {0};
    OK(past_month(fixture.past, JUNE, event, &first));
    OK(past_month(fixture.past, JUNE, event, &again));
    cr_assert_eq(first.month, again.month);
    months_release(&again);
    past_destroy(&fixture.past); /* a reader's snapshot outlives the cache, and so what it drops */
    cr_assert_eq(first.month->columns[0][first.month->slots[0]], 10);
    size_t bytes = first.month->bytes;
    months_release(&first);

    fixture.past = past_create(fixture.store, NULL, bytes + bytes / 2); /* one month */
    OK(past_month(fixture.past, JUNE, event, &first));
    OK(past_month(fixture.past, JUNE - 1, event, &again));
    months_release(&again);
    OK(past_month(fixture.past, JUNE, event, &again));
    cr_assert_neq(first.month, again.month, "the older of the two was kept");
    months_release(&first);
    months_release(&again);
    tear_down(&fixture);
}

Test(past, a_world_is_the_network_and_catalog_of_then, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    uint64_t before = file(&fixture, "D1", 1, 10, NULL);
    uint64_t grown = put_network(&fixture, 3), renewed = put_catalog(&fixture, NEXT);
    CLEANUP(world_release) world_t *old = NULL;
    CLEANUP(world_release) world_t *middle = NULL;
    CLEANUP(world_release) world_t *newest = NULL;
    OK(past_world(fixture.past, before, &old));
    OK(past_world(fixture.past, grown, &middle));
    OK(past_world(fixture.past, renewed, &newest));
    cr_assert(old->network->dealer_count == 2 && old->catalog->fact_count == 1);
    cr_assert(middle->network->dealer_count == 3 && middle->catalog->fact_count == 1);
    cr_assert(newest->network->dealer_count == 3 && newest->catalog->fact_count == 2);
    cr_assert(value_at(&fixture, "D1", before) == 10 && value_at(&fixture, "D1", renewed) == 10);
    cr_assert_eq(past_world(fixture.past, renewed + 1, &old), STATUS_NOT_FOUND);
    tear_down(&fixture);
}

/* What loads a world anew holds it twice, which a large network pays dearly. */
Test(past, a_world_equal_to_today_s_is_shared, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    uint64_t before = file(&fixture, "D1", 1, 10, NULL), grown = put_network(&fixture, 3);
    store_txn_t *txn = NULL;
    CLEANUP(world_release) world_t *today = NULL;
    CLEANUP(world_release) world_t *then = NULL;
    CLEANUP(world_release) world_t *now = NULL;
    OK(store_begin_read(fixture.store, &txn));
    OK(world_load(txn, &today));
    store_abort(&txn);
    world_t *expected = today;
    months_t *months = months_create(fixture.store, &today, PLENTY);
    past_destroy(&fixture.past);
    fixture.past = past_create(fixture.store, months, PLENTY);
    OK(past_world(fixture.past, before, &then));
    OK(past_world(fixture.past, grown, &now));
    cr_assert_eq(now, expected);
    cr_assert_neq(then, expected);
    cr_assert_eq(then->network->dealer_count, 2);
    world_release(&now);
    past_destroy(&fixture.past);
    months_destroy(&months);
    fixture.past = past_create(fixture.store, NULL, PLENTY);
    tear_down(&fixture);
}

Test(past, a_kept_month_keeps_its_world, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    uint64_t event = file(&fixture, "D1", 1, 10, NULL);
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    OK(past_month(fixture.past, JUNE, event, &snapshot));
    for (size_t i = 0; i < 8; i++) { /* more worlds than are kept by themselves */
        world_t *other = NULL;
        OK(past_world(fixture.past, put_network(&fixture, 2 + i % 2), &other));
        world_release(&other);
    }
    CLEANUP(world_release) world_t *world = NULL;
    OK(past_world(fixture.past, event, &world));
    cr_assert_eq(world, snapshot.world);
    tear_down(&fixture);
}

Test(past, a_release_holds_back_what_it_did_not_take, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    uint64_t kept;
    file(&fixture, "D1", 1, 10, &kept);
    file(&fixture, "D1", 2, 20, NULL);
    uint64_t plain = file(&fixture, "D2", 1, 30, NULL);
    const held_revision_t held[] = {{.dealer = "D1", .sequence = kept}, {.dealer = "D2", .sequence = 0}};
    stored_event_t event = {
        .kind = EVENT_RELEASE, .subject = "release/202506", .period = JUNE, .held = held, .held_count = 2};
    store_txn_t *txn = begin(&fixture);
    OK(store_append_event(txn, &event));
    uint64_t release = end(&fixture, txn), later = file(&fixture, "D1", 3, 40, NULL);
    cr_assert(value_at(&fixture, "D1", plain) == 20 && value_at(&fixture, "D2", plain) == 30);
    cr_assert(value_at(&fixture, "D1", release) == 10 && value_at(&fixture, "D2", release) == -1);
    cr_assert(value_at(&fixture, "D1", later) == 40 && value_at(&fixture, "D2", later) == 30);
    tear_down(&fixture);
}

static status_t find_at(const fixture_t *fixture, uint64_t time_ms, uint64_t *out)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_read(fixture->store, &txn));
    return store_event_at(txn, time_ms, out);
}

Test(past, a_time_finds_the_last_event_that_is_not_later, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    uint64_t found;
    cr_assert_eq(find_at(&fixture, 999, &found), STATUS_NOT_FOUND);
    fixture.time_ms = 2000;
    uint64_t first = file(&fixture, "D1", 1, 10, NULL), second = file(&fixture, "D1", 2, 20, NULL);
    fixture.time_ms = 3000;
    uint64_t third = file(&fixture, "D1", 3, 30, NULL);
    const struct {
        uint64_t time_ms, event;
    } CASES[] = {{1000, first - 1}, {1999, first - 1}, {2000, second},     {2001, second},
                 {2999, second},    {3000, third},     {UINT64_MAX, third}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        OK(find_at(&fixture, CASES[i].time_ms, &found));
        cr_assert_eq(found, CASES[i].event, "at %llu", (unsigned long long)CASES[i].time_ms);
    }
    tear_down(&fixture);
}

Test(past, a_store_s_month_is_that_of_the_last_sequence_not_after, .timeout = 60)
{
    fixture_t fixture = set_up(PLENTY);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    uint64_t sequences[3], other;
    file(&fixture, "D1", 1, 10, &sequences[0]);
    file(&fixture, "D2", 1, 99, &other);
    file(&fixture, "D1", 2, 20, &sequences[1]);
    file(&fixture, "D1", 3, -1, &sequences[2]);
    store_txn_t *txn = NULL;
    stored_revision_t revision;
    OK(store_begin_read(fixture.store, &txn));
    cr_assert_eq(store_get_revision_at(txn, "D1", JUNE, sequences[0] - 1, false, arena, &revision), STATUS_NOT_FOUND);
    cr_assert_eq(store_get_revision_at(txn, "D1", JUNE - 1, UINT64_MAX, false, arena, &revision), STATUS_NOT_FOUND);
    const uint64_t AT[] = {sequences[0], other, sequences[1], sequences[2], UINT64_MAX};
    static const uint32_t NUMBERS[] = {1, 1, 2, 3, 3};
    for (size_t i = 0; i < 5; i++) {
        OK(store_get_revision_at(txn, "D1", JUNE, AT[i], true, arena, &revision));
        cr_assert(revision.revision == NUMBERS[i] && revision.withdrawn == (NUMBERS[i] == 3));
    }
    store_abort(&txn);
    tear_down(&fixture);
}
