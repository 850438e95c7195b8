/* Files of facts in the wide layout, and what comes of a set. */
#include "facts_fixture.h"

#include "core/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(facts_file, .init = facts_begin, .fini = facts_end, .timeout = 60);

static status_t read_as(const char *path, const char *const *dealers, size_t dealer_count, bool of_consultants)
{
    facts_options_t options = {.dealers = dealers, .dealer_count = dealer_count, .of_consultants = of_consultants};
    return facts_set_read(&set, path, catalog, &options, &faults, NULL);
}

/* Path of a temporary file with that text; the caller removes it. */
static char *write_file(const char *text)
{
    static char path[] = "/tmp/test_facts_XXXXXX";
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(text, file);
    fclose(file);
    return path;
}

static void expect_fault(const char *text, bool of_consultants, size_t dealer_count, const char *want)
{
    static const char *const DEALERS[] = {"D0001", "D0002"};
    char *path = write_file(text), line[1000];
    status_t status =
        of_consultants ? read_as(path, DEALERS, dealer_count, true) : read_as(path, DEALERS, dealer_count, false);
    remove(path);
    cr_assert_eq(status, STATUS_INVALID);
    cr_assert_geq(faults.count, 1);
    fault_format(&faults.items[faults.count - 1], line, sizeof line);
    cr_assert_str_eq(line + strlen(path) + 1, want);
}

Test(facts_file, a_column_in_ten_thousands_is_refused_and_one_in_yuan_is_not)
{
    expect_fault(
        "period,本月广宣投放（万元）,来店批次\n2025-01,5,6\n", false, 1,
        "1:2: column '本月广宣投放（万元）' is in a multiple of the unit of ad_spend (CNY); write the figures and "
        "the title in that unit");
    char *path = write_file("period,本月广宣投放（元）\n2025-02,5\n");
    cr_assert_eq(read_as(path, (const char *const[]){"D0001"}, 1, false), STATUS_OK);
    remove(path);
}

Test(facts_file, a_header_without_lines_is_a_fault)
{
    expect_fault("period,ad_spend\n", false, 1, " holds a header and no line below it; add a line for each month");
}

Test(facts_file, every_fault_of_a_file_is_named_in_one_go)
{
    cr_assert_eq(read_as(FILES "every_fault.csv", NULL, 0, false), STATUS_INVALID);
    cr_assert_str_eq(
        fault_lines(&faults),
        "every_fault.csv:1:5: column 'foo' is neither a fact of the catalog nor its title; correct it or leave the "
        "column out\n"
        "every_fault.csv:1:6: column 'cost_per_visit' (cost_per_visit) is computed from the facts; leave the column "
        "out\n"
        "every_fault.csv:1:8: column '来店批次' stands already as column 4; keep one\n"
        "every_fault.csv:3:2: period: '2025-13' is no month; write it as YYYY-MM, 2025-06 for June 2025\n"
        "every_fault.csv:3:7: 本月广宣投放（元）: '5.001' has more than 2 decimals; correct it, or empty it where the "
        "figure is unknown\n"
        "every_fault.csv:4:1: dealer: the code is missing; write it\n"
        "every_fault.csv:4:3: new_prospects: '12x' is no number; correct it, or empty it where the figure is unknown\n"
        "every_fault.csv:4:4: showroom_visits: '-3' may not be negative; correct it, or empty it where the figure is "
        "unknown\n"
        "every_fault.csv:4:7: 本月广宣投放（元）: '1,00' is no number; correct it, or empty it where the figure is "
        "unknown\n"
        "every_fault.csv:5: the line holds no fact; fill it in (0 where nothing happened) or leave it out\n"
        "every_fault.csv:6:9: 'x' stands in a column without a title; give it one or empty it\n"
        "every_fault.csv:7: D0001 in 2025-01 stands already in every_fault.csv:2; keep one of the two\n"
        "every_fault.csv:8: the line has 3 cells where the header has 10; give it one for each column\n"
        "every_fault.csv:9:1: dealer: 'D:1' is no code; a code has 1 to 64 bytes, without commas, colons, quotes or "
        "blanks at its ends\n"
        "every_fault.csv:9:3: new_prospects: '9999999999999999' is too large; correct it, or empty it where the figure "
        "is unknown\n"
        "every_fault.csv:9:4: showroom_visits: '1.5' must be a whole number; correct it, or empty it where the figure "
        "is unknown\n");
}

Test(facts_file, a_store_file_as_a_spreadsheet_saves_it_is_read)
{
    const char *dealers[] = {"D0001"};
    cr_assert_eq(read_as(FILES "one_store.csv", dealers, 1, false), STATUS_OK);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_eq(set.count, 2);
    cr_assert_str_eq(set.months[0].dealer, "D0001");
    cr_assert_eq(set.months[0].period, period_make(2025, 1), "months are in order");
    cr_assert_eq(set.months[0].line, 3);
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), FACT_ABSENT, "an empty cell is an absent fact");
    cr_assert_eq(fact(set.months[0].facts, "showroom_deliveries"), 4);
    cr_assert_eq(fact(set.months[1].facts, "new_prospects"), 12);
    cr_assert_eq(fact(set.months[1].facts, "ad_spend"), 123450);
    cr_assert_eq(fact(set.months[1].facts, "showroom_visits"), 0);
    cr_assert_eq(fact(set.months[1].facts, "used_car_trade_ins"), FACT_ABSENT);
}

Test(facts_file, gb18030_with_chinese_titles_gives_the_same_facts)
{
    cr_assert_eq(read_as(FILES "gb18030.csv", NULL, 0, false), STATUS_OK);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_eq(set.count, 2);
    cr_assert_str_eq(set.months[0].dealer, "D0001");
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), 200000);
    cr_assert_eq(fact(set.months[1].facts, "ad_spend"), 100050);
    cr_assert_eq(fact(set.months[1].facts, "new_prospects"), 3);
}

Test(facts_file, consultants_join_the_month_of_their_store_in_order)
{
    cr_assert_eq(read_as(FILES "consultants.csv", NULL, 0, true), STATUS_OK);
    cr_assert_eq(read_as(FILES "gb18030.csv", NULL, 0, false), STATUS_OK);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_eq(set.months[0].consultant_count, 2);
    cr_assert_str_eq(set.months[0].consultants[0].consultant, "C01");
    cr_assert_eq(fact(set.months[0].consultants[0].facts, "showroom_visits"), 1);
    cr_assert_str_eq(set.months[0].consultants[1].consultant, "李");
    cr_assert_eq(set.months[1].consultant_count, 1);
    cr_assert_eq(fact(set.months[1].consultants[0].facts, "showroom_visits"), 3);
    cr_assert_str_eq(set.sources[set.months[0].file], FILES "gb18030.csv");
}

Test(facts_file, consultants_without_a_store_line_or_a_code_or_twice_are_faults)
{
    cr_assert_eq(read_as(FILES "gb18030.csv", NULL, 0, false), STATUS_OK);
    cr_assert_eq(read_as(FILES "consultants_bad.csv", NULL, 0, true), STATUS_INVALID);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "consultants_bad.csv:3: D0001, consultant C01 in 2025-01 stands already in consultants_bad.csv:2; "
                     "keep one of the two\n"
                     "consultants_bad.csv:6:4: consultant: the code is missing; write it\n"
                     "consultants_bad.csv:4: D0007 in 2025-01 has lines of consultants and no line of its own; add "
                     "that to the facts file\n");
}

Test(facts_file, a_month_that_stands_in_two_files_is_a_fault_that_names_both)
{
    cr_assert_eq(read_as(FILES "gb18030.csv", NULL, 0, false), STATUS_OK);
    cr_assert_eq(read_as(FILES "checks.csv", NULL, 0, false), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "checks.csv:2: D0001 in 2025-01 stands already in gb18030.csv:3; keep one of the two\n");
}

Test(facts_file, the_columns_that_place_a_line_are_asked_for_where_they_are_needed)
{
    expect_fault("new_prospects\n1\n", false, 1,
                 "1: there is no column 'period'; add it, with each line's month as YYYY-MM");
    expect_fault("period,new_prospects\n2025-01,1\n", false, 0,
                 "1: there is no column 'dealer'; add it, with each line's dealer code");
    expect_fault("period,new_prospects\n2025-01,1\n", false, 2,
                 "1: there is no column 'dealer'; add it, for this key holds several stores");
    expect_fault("period,new_prospects\n2025-01,1\n", true, 1,
                 "1: there is no column 'consultant'; add it, with each line's consultant");
    expect_fault("period,dealer\n2025-01,D0001\n", false, 1, "1: no column is a fact of the catalog; add at least one");
    expect_fault("period,dealer,new_prospects\n2025-01,D0003,1\n", false, 2,
                 "2:2: dealer: 'D0003' is no store of this key; correct it or leave the line out");
}

Test(facts_file, the_checks_of_the_catalog_name_the_line_and_see_the_month_before)
{
    cr_assert_eq(read_as(FILES "checks.csv", NULL, 0, false), STATUS_OK);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    faults_t warnings = {0};
    facts_set_check(&set, catalog, LANGUAGE_EN, NULL, &faults, &warnings);
    cr_assert(faults_empty(&faults));
    cr_assert_str_eq(fault_lines(&warnings),
                     "checks.csv:2: D0001 2025-01: More new orders than new prospects (new_orders_within_prospects)\n"
                     "checks.csv:4: D0001 2025-03: More carried-over orders than last month left undelivered "
                     "(carried_orders_roll_forward)\n");
    faults_fini(&warnings);
}

static size_t unchecked_months(const char *text)
{
    facts_set_fini(&set);
    char *path = write_file(text);
    cr_assert_eq(read_as(path, NULL, 0, false), STATUS_OK, "%s", fault_lines(&faults));
    remove(path);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    return facts_set_count_unchecked(&set, catalog, NULL);
}

Test(facts_file, months_without_the_one_before_are_counted_where_a_check_needs_it)
{
    cr_assert_eq(unchecked_months("dealer,period,carried_orders\nD1,2025-01,5\nD1,2025-03,5\n"), 2);
    cr_assert_eq(unchecked_months("dealer,period,ad_spend\nD1,2025-01,5\nD1,2025-03,5\n"), 0);
    cr_assert_eq(unchecked_months("dealer,period,carried_orders,new_prospect_orders,retained_prospect_orders,"
                                  "showroom_deliveries\nD1,2025-01,5,1,1,1\nD1,2025-02,5,1,1,1\nD2,2025-02,5,1,1,1\n"),
                 2);
}

static void write_consultants(FILE *file, int count)
{
    fputs("period,consultant,new_prospects\n", file);
    for (int i = 0; i < count; i++)
        fprintf(file, "2025-01,C%03d,1\n", i);
}

static status_t read_consultants(int count)
{
    const char *dealers[] = {"D0001"};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    write_consultants(file, count);
    fclose(file);
    char *path = write_file(text);
    free(text);
    cr_assert_eq(read_as(path, dealers, 1, true), STATUS_OK);
    remove(path);
    path = write_file("period,new_prospects\n2025-01,600\n");
    cr_assert_eq(read_as(path, dealers, 1, false), STATUS_OK);
    remove(path);
    return facts_set_finish(&set, NULL, &faults);
}

Test(facts_file, a_store_has_consultants_up_to_the_cap)
{
    cr_assert_eq(read_consultants(CONSULTANTS_MAX), STATUS_OK);
    cr_assert_eq(set.months[0].consultant_count, CONSULTANTS_MAX);
}

Test(facts_file, a_store_with_one_consultant_more_is_a_fault)
{
    cr_assert_eq(read_consultants(CONSULTANTS_MAX + 1), STATUS_INVALID);
    cr_assert(strstr(faults.items[0].message, "501 consultants"), "%s", faults.items[0].message);
}

Test(facts_file, the_golden_facts_are_read_whole)
{
    cr_assert_eq(read_as(TEST_DATA "/../golden/facts.csv", NULL, 0, false), STATUS_OK);
    cr_assert_eq(read_as(TEST_DATA "/../golden/consultants.csv", NULL, 0, true), STATUS_OK, "%s", fault_lines(&faults));
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK, "%s", fault_lines(&faults));
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), 4932687);
    cr_assert_eq(set.months[0].consultant_count, 6);
}

/* ---- The store that a file's name says ---- */

#define WIDE  "month,showroom_visits\n2025-06,5\n"
#define SHEET "KPI,2025-06,2025-07\n来店批次,5,6\n"
#define OTHER(file, store)                                                                                             \
    file ": the file's name says store " store ", and this key files for D0001; rename the file where that is wrong, " \
         "or name the store with --dealer\n"

static void expect_taken(const char *name, const char *text, const facts_options_t *options)
{
    facts_reset();
    cr_assert_eq(read_text(name, text, options), STATUS_OK, "%s: %s", name, fault_lines(&faults));
}

Test(facts_file, a_file_that_is_named_after_another_store_is_refused)
{
    expect_faults("D0002-2025.csv", SHEET, OTHER("D0002-2025.csv", "D0002"));
    expect_faults("d0002-2025.csv", WIDE, OTHER("d0002-2025.csv", "d0002"));
    expect_faults("2025年D0042销售.csv", WIDE, OTHER("2025年D0042销售.csv", "D0042"));
    expect_faults("KPI_D9999(1).csv", SHEET, OTHER("KPI_D9999(1).csv", "D9999"));
}

Test(facts_file, a_name_that_holds_the_own_code_or_none_is_taken)
{
    static const char *const NAMES[] = {"D0001-2025.csv", "d0001.csv",  "D0002 and D0001.csv", "2025.csv",
                                        "20250630.csv",   "A0002.csv",  "D00022025.csv",       "D002.csv",
                                        "D00002.csv",     "XD0002.csv", "DX002.csv",           "六月.csv",
                                        "report.csv",     "D-0002.csv", "D0001销售.csv"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        expect_taken(NAMES[i], SHEET, &one_store);
        expect_taken(NAMES[i], WIDE, &one_store);
    }
}

Test(facts_file, a_name_says_nothing_where_the_file_or_the_user_says_the_store)
{
    facts_options_t given = one_store;
    given.is_dealer_given = true;
    expect_taken("D0002-2025.csv", SHEET, &given);
    expect_taken("D0002-2025.csv", WIDE, &given);
    expect_taken("D0002-2025.csv", "dealer,month,showroom_visits\nD0001,2025-06,5\n", &one_store);
    expect_taken("D0003-2025.csv", "dealer,month,showroom_visits\nD0001,2025-06,5\n", &headquarters);
}

Test(facts_file, a_code_of_digits_alone_or_of_one_digit_is_no_shape)
{
    static const char *const CODES[] = {"1001", "Q1", "ABC", "SH-0012"};
    static const char *const NAMES[] = {"2025.csv", "Q2.csv", "ABD.csv", "SH-2025.csv"};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        expect_taken(NAMES[i], SHEET, &(facts_options_t){.dealers = &CODES[i], .dealer_count = 1});
}

Test(facts_file, of_several_stores_a_sheet_that_is_named_after_none_of_them_names_them)
{
    facts_reset();
    cr_assert_eq(read_text("D0003.csv", SHEET, &several_stores), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "D0003.csv: the file's name says store D0003, and this key files for D0001, D0002; rename the "
                     "file where that is wrong, or name the store with --dealer\n");
    expect_taken("d0002.csv", SHEET, &several_stores);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_str_eq(set.months[0].dealer, "D0002");
}

Test(facts_file, columns_that_place_a_line_are_known_by_all_their_heads)
{
    static const char *const HEADS[] = {"门店,月份,顾问",
                                        "门店代码,期间,销售顾问",
                                        "经销商代码,Month,Consultant",
                                        "Store,MONTH,顾问（姓名）",
                                        "Dealer,Period,Sales consultant",
                                        "Dealer code,月 份,顾问",
                                        "Store Code,月份,销售顾问",
                                        "经销商,month,顾问"};
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s,来店批次\nD0002,2025-06,,9\nD0002,2025-06,张三,5\n", HEADS[i]);
        expect_taken("june.csv", text, &several_stores);
        cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
        cr_assert_eq(set.count, 1);
        cr_assert_str_eq(set.months[0].dealer, "D0002");
        cr_assert_str_eq(set.months[0].consultants[0].consultant, "张三");
    }
}

Test(facts_file, a_store_above_the_header_is_no_header)
{
    expect_faults("2025.csv", "门店,D0001\nKPI,1月,2月\n来店批次,5,6\n",
                  "2025.csv:1: this line is no header: it holds neither a column 'period' nor months as heads (1月, "
                  "Jan, 2025-01); correct it (a line above the header may hold one cell only), or hide a sheet that "
                  "holds no facts\n");
}
