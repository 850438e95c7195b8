/* Findings of a month among its history and its regions. */
#include "core/checks.h"
#include "core/tables.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <string.h>

#define STORES  12
#define MONTHS  8
#define FACTS   3
#define JANUARY 24301 /* the month that is judged */

static const char CATALOG[] =
    "catalog: test\nversion: 1\ntitle: {zh: 测试, en: Test}\nfacts:\n"
    "  - {id: money, kind: flow, unit: CNY, decimals: 0, better: up, title: {zh: 钱, en: Money}}\n"
    "  - {id: visits, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 来店, en: Visits}}\n"
    "  - {id: orders, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 订单, en: Orders}}\n"
    "kpis:\n"
    "  - {id: rate, formula: orders / visits, unit: ratio, decimals: 3, better: up, min_base: 10, title: {zh: 率, en: "
    "Rate}}\n"
    "tables:\n  - {id: all, title: {zh: 全部, en: All}, rows: [money, visits, orders, rate]}\n"
    "checks:\n"
    "  - {id: orders_within_visits, rule: orders <= visits, level: warning, title: {zh: 订单多, en: Many orders}}\n"
    "  - {id: visits_do_not_fall, rule: visits >= previous(visits), level: warning, title: {zh: 少, en: Fewer}}\n";

/* Ten stores in `small` and two in `tiny`, both below `all`. */
typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *months[MONTHS + 1]; /* the judged one, then those before */
    checks_month_t history[MONTHS];
    uint32_t stores[STORES];
    checks_input_t input;
    arena_t *arena;
} case_t;

static void build(case_t *out)
{
    static const char *const CODES[STORES] = {"D00", "D01", "D02", "D03", "D04", "D05",
                                              "D06", "D07", "D08", "D09", "D10", "D11"};
    static const network_region_line_t REGIONS[] = {
        {"all", "", "", 2}, {"small", "all", "", 3}, {"tiny", "all", "", 4}};
    network_dealer_line_t dealers[STORES];
    network_membership_line_t memberships[STORES];
    for (uint32_t i = 0; i < STORES; i++) {
        dealers[i] = (network_dealer_line_t){CODES[i], "", "", 0};
        memberships[i] = (network_membership_line_t){CODES[i], i < 10 ? "small" : "tiny", JANUARY - 100, 0};
    }
    CLEANUP(faults_fini) faults_t faults = {0};
    const network_lines_t lines = {REGIONS, 3, dealers, STORES, memberships, STORES, NULL, 0};
    cr_assert_eq(network_build(&lines, &out->network, &faults), STATUS_OK);
    cr_assert_eq(catalog_load((span_t){(const uint8_t *)CATALOG, sizeof CATALOG - 1}, &out->catalog, &faults),
                 STATUS_OK);
}

/* Every store has had 1000 yuan, 100 visits, 20 orders, always. */
static void open_case(case_t *out)
{
    static const int64_t USUAL[FACTS] = {1000, 100, 20};
    *out = (case_t){.arena = arena_create(1ul << 24)};
    build(out);
    for (size_t i = 0; i <= MONTHS; i++) {
        out->months[i] = month_create(out->catalog, out->network, JANUARY - (period_t)i);
        for (uint32_t store = 0; store < STORES; store++)
            month_set(out->months[i], store, USUAL, false);
    }
    for (uint32_t i = 0; i < STORES; i++)
        out->stores[i] = i;
    for (size_t i = 0; i < MONTHS; i++)
        out->history[i] =
            (checks_month_t){(const int64_t *const *)out->months[i + 1]->columns, STORES, out->months[i + 1]->slots};
    out->input = (checks_input_t){
        .catalog = out->catalog,
        .network = out->network,
        .period = JANUARY,
        .stores = out->stores,
        .store_count = STORES,
        .own = {(const int64_t *const *)out->months[0]->columns, STORES, out->months[0]->slots},
        .history = out->history,
        .history_count = MONTHS,
        .month = out->months[0],
        .top = INDEX_NONE,
        .most = 100,
    };
}

static void close_case(case_t *open)
{
    for (size_t i = 0; i <= MONTHS; i++)
        month_destroy(&open->months[i]);
    network_destroy(&open->network);
    catalog_destroy(&open->catalog);
    arena_destroy(&open->arena);
}

static const checks_answer_t *compute(case_t *open)
{
    checks_answer_t *answer = NULL;
    cr_assert_eq(checks_compute(&open->input, open->arena, &answer), STATUS_OK);
    return answer;
}

static const finding_t *find(const checks_answer_t *answer, const char *dealer, finding_kind_t kind, const char *name)
{
    for (size_t i = 0; i < answer->finding_count; i++) {
        const finding_t *at = &answer->findings[i];
        if (at->kind == kind && strcmp(at->dealer, dealer) == 0 && strcmp(at->name, name) == 0)
            return at;
    }
    return NULL;
}

static void set(case_t *open, size_t month, uint32_t store, int64_t money, int64_t visits, int64_t orders)
{
    month_set(open->months[month], store, (const int64_t[FACTS]){money, visits, orders}, false);
}

Test(checks, nothing_is_found_where_nothing_is_unusual)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    const checks_answer_t *answer = compute(&open);
    cr_assert_eq(answer->found, 0);
    cr_assert_eq(answer->expected, STORES);
    cr_assert_eq(answer->reported, STORES);
}

Test(checks, a_value_far_from_its_history_and_its_region_is_found_twice)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    set(&open, 0, 3, 4000, 100, 20);
    const checks_answer_t *answer = compute(&open);
    cr_assert_eq(answer->found, 2);
    const finding_t *history = find(answer, "D03", FINDING_HISTORY, "money");
    const finding_t *region = find(answer, "D03", FINDING_REGION, "money");
    cr_assert(history && region);
    cr_assert_eq(history->compared, MONTHS);
    cr_assert_eq(history->value, 4000);
    cr_assert_float_eq(history->median, 1000, 1e-9);
    cr_assert(history->is_relative);
    cr_assert_eq(history->score, OUTLIER_SCORE_MAX); /* ln 4 / ln 1.05 = 28 */
    cr_assert_eq(region->compared, 10);
    cr_assert_str_eq(region->region, "small");
}

Test(checks, fewer_than_six_months_with_a_value_are_no_history)
{
    for (size_t known = 5; known <= 6; known++) {
        CLEANUP(close_case) case_t open;
        open_case(&open);
        set(&open, 0, 3, 4000, 100, 20);
        for (size_t i = known + 1; i <= MONTHS; i++)
            month_set(open.months[i], 3, NULL, false);
        const finding_t *history = find(compute(&open), "D03", FINDING_HISTORY, "money");
        cr_assert_eq(history != NULL, known == 6);
        cr_assert(!history || history->compared == 6);
    }
}

Test(checks, months_that_may_not_be_seen_are_no_history)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    set(&open, 0, 3, 4000, 100, 20);
    uint32_t hidden[STORES];
    memcpy(hidden, open.months[1]->slots, sizeof hidden);
    hidden[3] = INDEX_NONE;
    for (size_t i = 2; i < MONTHS; i++)
        open.history[i].places = hidden;
    cr_assert_null(find(compute(&open), "D03", FINDING_HISTORY, "money"));
}

Test(checks, a_region_of_few_stores_is_measured_by_the_one_above)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    set(&open, 0, 11, 4000, 100, 20);
    const finding_t *region = find(compute(&open), "D11", FINDING_REGION, "money");
    cr_assert(region);
    cr_assert_str_eq(region->region, "all");
    cr_assert_eq(region->compared, STORES);
    open.input.top = network_find_region(open.network, "tiny");
    cr_assert_null(find(compute(&open), "D11", FINDING_REGION, "money"), "the one above is not for this key");
    open.input.top = INDEX_NONE;
    open.input.month = NULL;
    cr_assert_null(find(compute(&open), "D11", FINDING_REGION, "money"), "no region is for this key");
    cr_assert(find(compute(&open), "D11", FINDING_HISTORY, "money"));
}

Test(checks, a_jump_of_a_ratio_with_a_small_base_is_chance)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    set(&open, 0, 3, 1000, 100, 60);
    set(&open, 0, 4, 1000, 10, 6);
    const checks_answer_t *answer = compute(&open);
    cr_assert(find(answer, "D03", FINDING_HISTORY, "rate"), "0.4 / sqrt(100 * 0.2 * 0.8) * 100 = 10");
    cr_assert_null(find(answer, "D04", FINDING_HISTORY, "rate"), "0.4 / sqrt(10 * 0.2 * 0.8) * 10 = 3.16");
}

Test(checks, the_catalogs_checks_are_told_with_the_month_before)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    set(&open, 0, 3, 1000, 99, 20);
    set(&open, 0, 5, 1000, 100, 101);
    const checks_answer_t *answer = compute(&open);
    const finding_t *fewer = find(answer, "D03", FINDING_CHECK, "visits_do_not_fall");
    cr_assert(fewer);
    cr_assert_eq(fewer->score, OUTLIER_SCORE_NEW);
    cr_assert(isnan(fewer->value));
    cr_assert(find(answer, "D05", FINDING_CHECK, "orders_within_visits"));
    cr_assert_null(find(answer, "D05", FINDING_CHECK, "visits_do_not_fall"));
}

Test(checks, the_worst_come_first_and_what_is_cut_off_is_counted)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    for (uint32_t store = 0; store < 4; store++)
        set(&open, 0, store, 1250 + 50 * (int64_t)store, 100, 20);
    checks_answer_t whole = *compute(&open);
    cr_assert_gt(whole.found, 4);
    cr_assert_str_eq(whole.findings[0].dealer, "D03");
    for (size_t i = 1; i < whole.finding_count; i++)
        cr_assert_geq(fabs(whole.findings[i - 1].score), fabs(whole.findings[i].score));
    for (size_t most = 1; most <= 3; most++) {
        open.input.most = most;
        const checks_answer_t *cut = compute(&open);
        cr_assert_eq(cut->found, whole.found);
        cr_assert_eq(cut->finding_count, most);
        for (size_t i = 0; i < most; i++) {
            cr_assert_str_eq(cut->findings[i].dealer, whole.findings[i].dealer);
            cr_assert_eq(cut->findings[i].kind, whole.findings[i].kind);
        }
    }
}

Test(checks, what_is_found_counts_in_every_average_all_the_same)
{
    CLEANUP(close_case) case_t open;
    open_case(&open);
    set(&open, 0, 3, 1000000, 100, 100);
    cr_assert_gt(compute(&open)->found, 0);
    benchmark_answer_t *answer = NULL;
    const scope_t nation = {SCOPE_NATION, 0};
    cr_assert_eq(
        benchmark_compute(open.months[0], &BENCHMARK_RULE_DEFAULT, &nation, 1, SIZE_MAX, NULL, open.arena, &answer),
        STATUS_OK);
    cr_assert_eq(answer->statistics[0].n, STORES);
    cr_assert_eq(answer->statistics[0].valued, STORES);
    cr_assert_float_eq(answer->statistics[0].average, (11 * 1000 + 1000000) / 12.0, 1e-6);
    cr_assert_eq(answer->statistics[0].best, 1000000);
}
