#include "hub/settings_log.h"
#include "support.h"

#include <string.h>

static bool enter(store_t *store, const settings_t *settings, uint64_t *out_event)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    bool entered = false;
    uint64_t time_ms;
    OK(store_begin_write(store, &txn));
    OK(settings_enter(txn, settings, &entered));
    store_newest_event(txn, out_event, &time_ms);
    OK(store_commit(&txn));
    return entered;
}

static benchmark_rule_t rule_at(store_t *store, uint64_t event)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    benchmark_rule_t rule;
    OK(store_begin_read(store, &txn));
    OK(settings_benchmark_at(txn, event, &rule));
    return rule;
}

Test(settings_log, they_are_entered_where_they_differ_from_the_newest)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    settings_t settings;
    uint64_t event, again;
    settings_defaults(&settings);
    cr_assert(enter(store, &settings, &event));
    cr_assert(!enter(store, &settings, &again));
    cr_assert_eq(event, again);
    settings.query_workers++; /* decides no figure */
    cr_assert(!enter(store, &settings, &event));
    settings.due_day = 12;
    cr_assert(enter(store, &settings, &event));
    strcpy(settings.time_zone, "Europe/Berlin");
    cr_assert(enter(store, &settings, &event));
    settings.benchmark.least_stores++;
    cr_assert(enter(store, &settings, &event));
    cr_assert_eq(event, 4);
}

Test(settings_log, those_of_an_earlier_version_are_entered_again)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    settings_t settings;
    uint64_t event;
    settings_defaults(&settings);
    const benchmark_rule_t *rule = &settings.benchmark;
    const uint32_t numbers[] = {rule->share_numerator, rule->share_denominator, rule->least_stores,
                                rule->least_eligible};
    stored_event_t earlier = {.kind = EVENT_SETTINGS,
                              .subject = SETTINGS_SUBJECT,
                              .name = settings.time_zone,
                              .numbers = numbers,
                              .number_count = 4};
    OK(store_begin_write(store, &txn));
    OK(store_append_event(txn, &earlier));
    OK(store_commit(&txn));
    cr_assert_eq(rule_at(store, UINT64_MAX).least_eligible, rule->least_eligible);
    cr_assert(enter(store, &settings, &event), "it has no due day");
}

Test(settings_log, the_benchmark_rule_is_read_as_of_an_event)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    settings_t settings;
    uint64_t first, second;
    settings_defaults(&settings);
    cr_assert_eq(rule_at(store, UINT64_MAX).least_eligible, BENCHMARK_RULE_DEFAULT.least_eligible, "none is entered");
    put_one(store, "D1", JUNE, 1, 5);
    settings.benchmark = (benchmark_rule_t){25, 1000, 4, 7};
    cr_assert(enter(store, &settings, &first));
    put_one(store, "D1", JUNE, 2, 6);
    settings.benchmark.least_eligible = 9;
    cr_assert(enter(store, &settings, &second));
    cr_assert_eq(rule_at(store, 1).least_eligible, 7, "before the first entry holds the first");
    benchmark_rule_t rule = rule_at(store, second - 1);
    cr_assert(rule.share_numerator == 25 && rule.share_denominator == 1000 && rule.least_stores == 4);
    cr_assert_eq(rule.least_eligible, 7);
    cr_assert_eq(rule_at(store, second).least_eligible, 9);
    cr_assert_eq(rule_at(store, UINT64_MAX).least_eligible, 9);
}
