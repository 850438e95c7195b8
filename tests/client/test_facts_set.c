/* What comes of a set beside what was filed before. */
#include "facts_fixture.h"

#include <stdio.h>
#include <string.h>

TestSuite(facts_set, .init = facts_begin, .fini = facts_end, .timeout = 60);

/* What was filed: of D0001 2024-12 and 2025-01, with that many carried orders and visits; nothing else. */
typedef struct {
    int64_t carried, visits;
    unsigned asked;
} filed_t;

static bool find(void *context, const char *dealer, period_t period, int64_t *facts)
{
    filed_t *filed = context;
    filed->asked++;
    if (strcmp(dealer, "D0001") != 0 || (period != period_make(2024, 12) && period != period_make(2025, 1)))
        return false;
    for (size_t i = 0; i < catalog->fact_count; i++)
        facts[i] = 0;
    facts[catalog_find_row(catalog, "carried_orders")] = filed->carried;
    facts[catalog_find_row(catalog, "showroom_visits")] = filed->visits;
    return true;
}

static filed_t filed;
static const filed_before_t before = {find, &filed};

static void take(const char *text)
{
    filed = (filed_t){.carried = 5, .visits = 77};
    cr_assert_eq(read_text("x.csv", text, &one_store), STATUS_OK, "%s", fault_lines(&faults));
}

Test(facts_set, consultants_alone_take_the_facts_that_were_filed)
{
    take("period,consultant,showroom_visits\n2025-02,,9\n2025-01,C2,4\n2025-01,C1,3\n2025-03,,8\n2025-03,C1,8\n");
    cr_assert_eq(facts_set_finish(&set, &before, &faults), STATUS_OK, "%s", fault_lines(&faults));
    cr_assert_eq(set.count, 3);
    const filed_month_t *january = &set.months[0], *february = &set.months[1], *march = &set.months[2];
    cr_assert(!january->has_facts && january->has_consultants && january->consultant_count == 2);
    cr_assert_eq(fact(january->facts, "showroom_visits"), 77);
    cr_assert_eq(january->line, 4, "the first consultant's, by code");
    cr_assert_str_eq(january->consultants[0].consultant, "C1");
    cr_assert(february->has_facts && !february->has_consultants && fact(february->facts, "showroom_visits") == 9);
    cr_assert(march->has_facts && march->has_consultants && fact(march->facts, "showroom_visits") == 8);
    cr_assert_eq(filed.asked, 1, "what the file holds itself is not asked for");
}

Test(facts_set, consultants_of_a_month_that_nobody_filed_are_a_fault)
{
    take("period,consultant,showroom_visits\n2025-01,C1,3\n2025-02,C1,3\n2025-02,C2,3\n2025-03,,8\n");
    cr_assert_eq(facts_set_finish(&set, &before, &faults), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults), "x.csv:3: D0001 in 2025-02 has lines of consultants and no line of its own; "
                                           "add that to the facts file\n");
    facts_reset();
    take("period,consultant,showroom_visits\n2025-01,C1,3\n");
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_INVALID);
    cr_assert_eq(faults.count, 1);
}

static const char *warned(const filed_before_t *of)
{
    static char text[1000];
    faults_t warnings = {0};
    facts_set_check(&set, catalog, LANGUAGE_EN, of, &faults, &warnings);
    cr_assert(faults_empty(&faults));
    strcpy(text, fault_lines(&warnings));
    faults_fini(&warnings);
    return text;
}

Test(facts_set, checks_see_the_month_before_in_the_set_first_then_what_was_filed)
{
    take("period,carried_orders,new_prospect_orders,retained_prospect_orders,showroom_deliveries\n2025-01,6,0,0,0\n");
    cr_assert_eq(facts_set_finish(&set, &before, &faults), STATUS_OK);
    cr_assert_str_eq(warned(NULL), "");
    cr_assert_str_eq(warned(&before), "x.csv:2: D0001 2025-01: More carried-over orders than last month left "
                                      "undelivered (carried_orders_roll_forward)\n");
    facts_reset();
    take("period,carried_orders,new_prospect_orders,retained_prospect_orders,showroom_deliveries\n2024-12,6,0,0,0\n"
         "2025-01,6,0,0,0\n");
    cr_assert_eq(facts_set_finish(&set, &before, &faults), STATUS_OK);
    cr_assert_str_eq(warned(&before), "", "the file's December, not the one that was filed");
}

Test(facts_set, months_whose_month_before_was_filed_are_checked)
{
    take("period,carried_orders\n2025-01,5\n2025-02,5\n2025-04,5\n");
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_eq(facts_set_count_unchecked(&set, catalog, NULL), 2);
    cr_assert_eq(facts_set_count_unchecked(&set, catalog, &before), 1);
}

Test(facts_set, a_check_of_a_sheet_stands_at_the_months_head)
{
    cr_assert_eq(read_text("2025.csv", "KPI,1月,2月\n新增意向客户数,5,5\n新增意向客户产生订单数,4,6\n", &one_store),
                 STATUS_OK);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_str_eq(warned(NULL), "2025.csv:1:3: D0001 2025-02: More new orders than new prospects "
                                   "(new_orders_within_prospects)\n");
}

/* ---- A file with the year so far */

/* A file of 2025-01 with more new orders (9) than new prospects, every other fact 0 but the visits. */
static const char *impossible_month(int visits)
{
    static char header[2000], text[4000];
    size_t used = 0;
    strcpy(header, "period");
    used += (size_t)snprintf(text, sizeof text, "2025-01");
    for (size_t i = 0; i < catalog->fact_count; i++) {
        const char *id = catalog->rows[i].id;
        int value = strcmp(id, "new_prospect_orders") == 0 ? 9 : strcmp(id, "showroom_visits") == 0 ? visits : 0;
        strcat(strcat(header, ","), id);
        used += (size_t)snprintf(text + used, sizeof text - used, ",%d", value);
    }
    return strcat(strcat(strcat(header, "\n"), text), "\n");
}

Test(facts_set, months_that_have_not_begun_are_warned_of)
{
    faults_t warnings = {0};
    take("period,showroom_visits\n2025-01,1\n2025-02,1\n2025-03,1\n2031-06,1\n");
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    facts_set_warn_of_months(&set, period_make(2025, 2), &warnings);
    cr_assert_str_eq(fault_lines(&warnings),
                     "x.csv:4: D0001 2025-03 has not begun by this machine's clock, which says 2025-02; correct the "
                     "month, or the clock\nx.csv:5: D0001 2031-06 has not begun by this machine's clock, which says "
                     "2025-02; correct the month, or the clock\n");
    faults_fini(&warnings);
    facts_set_warn_of_months(&set, period_make(2031, 6), &warnings);
    facts_set_warn_of_months(&set, PERIOD_NONE, &warnings);
    cr_assert(faults_empty(&warnings));
}

static bool find_impossible(void *context, const char *dealer, period_t period, int64_t *facts)
{
    if (!find(context, dealer, period, facts))
        return false;
    facts[catalog_find_row(catalog, "carried_orders")] = 0;
    facts[catalog_find_row(catalog, "new_prospect_orders")] = 9;
    return true;
}

/* How many errors and warnings it has, every check of that catalog being an error. */
static size_t count_checks(const catalog_t *strict, size_t *out_warnings)
{
    const filed_before_t stands = {find_impossible, &filed};
    faults_t errors = {0}, warnings = {0};
    cr_assert_eq(facts_set_finish(&set, &stands, &faults), STATUS_OK, "%s", fault_lines(&faults));
    facts_set_check(&set, strict, LANGUAGE_EN, &stands, &errors, &warnings);
    size_t count = errors.count;
    *out_warnings = warnings.count;
    faults_fini(&errors);
    faults_fini(&warnings);
    return count;
}

Test(facts_set, a_month_that_stands_filed_is_not_refused_by_a_check_that_came_later)
{
    size_t warnings;
    for (size_t i = 0; i < catalog->check_count; i++)
        catalog->checks[i].level = LEVEL_ERROR;
    take(impossible_month(78));
    cr_assert_eq(count_checks(catalog, &warnings), 1, "it changes the month, and has to be right");
    facts_reset();
    take(impossible_month(77));
    cr_assert_eq(count_checks(catalog, &warnings), 0, "it was accepted as it is");
    for (size_t i = 0; i < catalog->check_count; i++)
        catalog->checks[i].level = LEVEL_WARNING;
    cr_assert_eq(count_checks(catalog, &warnings), 0);
    cr_assert_eq(warnings, 1, "a warning is worth saying again");
}
