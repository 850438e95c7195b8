#include "months_fixture.h"

#include <string.h>

static const char CATALOG[] = "catalog: test\nversion: 1\ntitle: {zh: 试, en: Test}\nfacts:\n"
                              "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                              "  - {id: b, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 乙, en: B}}\n"
                              "kpis:\n"
                              "  - {id: growth, formula: a / previous(a), unit: ratio, decimals: 3, better: up, "
                              "title: {zh: 增长, en: Growth}}\n"
                              "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a, b, growth]}\nchecks: []\n";

void put_catalog(fixture_t *fixture, const char *yaml)
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

world_t *load_world(fixture_t *fixture)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    world_t *world = NULL;
    OK(store_begin_read(fixture->store, &txn));
    OK(world_load(txn, &world));
    return world;
}

fixture_t set_up(size_t bytes_max)
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

void tear_down(fixture_t *fixture)
{
    months_destroy(&fixture->months);
    store_close(&fixture->store);
    directory_remove(&fixture->directory);
}

uint64_t file(fixture_t *fixture, const char *dealer, period_t period, uint32_t number, int64_t value)
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

void tell(fixture_t *fixture, uint32_t dealer, period_t period, uint64_t sequence, int64_t value)
{
    const int64_t facts[] = {value, value};
    const month_delta_t delta = {
        .sequence = sequence, .period = period, .dealer = dealer, .facts = value < 0 ? NULL : facts};
    months_apply(fixture->months, &delta, 1);
}

int64_t value_in(const month_snapshot_t *snapshot, uint32_t dealer, size_t column)
{
    return snapshot->month->columns[column][snapshot->month->slots[dealer]];
}

int64_t value_now(fixture_t *fixture, uint32_t dealer, period_t period, size_t column)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    OK(months_acquire(fixture->months, period, &snapshot));
    return value_in(&snapshot, dealer, column);
}
