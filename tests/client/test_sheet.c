/* The manual's own sheet, through facts_set_read. */
#include "facts_fixture.h"
#include "workbook.h"

#include "client/csv.h"
#include "core/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(sheet, .init = facts_begin, .fini = facts_end, .timeout = 60);

/* "2025-01 10 20; 2025-02 30 -": of each month the visits and the new prospects. */
static const char *months(void)
{
    static char text[4000];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set.count; i++) {
        char period[PERIOD_TEXT_SIZE], values[2][32] = {"-", "-"};
        period_format(set.months[i].period, period);
        const char *const ids[] = {"showroom_visits", "new_prospects"};
        for (int j = 0; j < 2; j++)
            if (fact(set.months[i].facts, ids[j]) != FACT_ABSENT)
                number_format_fact(fact(set.months[i].facts, ids[j]), 0, values[j], sizeof values[j]);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s %s", i ? "; " : "", period, values[0],
                                 values[1]);
    }
    return text;
}

static void expect_with(const char *name, const char *text, const facts_options_t *options, const char *want)
{
    facts_reset();
    cr_assert_eq(read_text(name, text, options), STATUS_OK, "%s", fault_lines(&faults));
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_str_eq(months(), want);
}

static void expect(const char *text, const char *want)
{
    expect_with("KPI-2025.csv", text, &one_store, want);
}

/* ---- The golden sheets ---- */

typedef struct {
    int64_t facts[12][CATALOG_FACTS_MAX];
    char dealer[10];
} golden_t;

/* Keeps the lines of one dealer and 2025 of facts.csv; its columns are the catalog's facts. */
static status_t keep_golden(void *context, const csv_record_t *record)
{
    golden_t *golden = context;
    if (strcmp(record->cells[0], golden->dealer) != 0 || strncmp(record->cells[1], "2025-", 5) != 0)
        return STATUS_OK;
    const char *reason;
    for (size_t i = 0; i < catalog->fact_count; i++)
        cr_assert_eq(number_parse_fact(record->cells[i + 2], catalog->rows[i].decimals, false,
                                       &golden->facts[atoi(record->cells[1] + 5) - 1][i], &reason),
                     STATUS_OK);
    return STATUS_OK;
}

static void expect_golden(const char *path, const char *dealer, size_t filled)
{
    golden_t golden = {.dealer = ""};
    strcpy(golden.dealer, dealer);
    cr_assert_eq(csv_read_file(TEST_DATA "/../golden/facts.csv", keep_golden, &golden, &faults), STATUS_OK);
    cr_assert_eq(read_with(path, &(facts_options_t){.dealers = &dealer, .dealer_count = 1}), STATUS_OK, "%s",
                 fault_lines(&faults));
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_eq(set.count, filled);
    for (size_t i = 0; i < filled; i++) {
        cr_assert_eq(set.months[i].period, period_make(2025, (int)i + 1));
        cr_assert_str_eq(set.months[i].dealer, dealer);
        cr_assert_arr_eq(set.months[i].facts, golden.facts[i], catalog->fact_count * sizeof(int64_t));
        cr_assert(set.months[i].has_facts && !set.months[i].has_consultants);
    }
}

Test(sheet, the_golden_sheets_give_the_facts_of_facts_csv)
{
    expect_golden(TEST_DATA "/../golden/sheets/D0002-2025.csv", "D0002", 12);
    cr_assert(faults_empty(&notes));
    facts_reset();
    expect_golden(TEST_DATA "/../golden/sheets/D0003-2025.csv", "D0003", 12);
    facts_reset();
    expect_golden(TEST_DATA "/../golden/sheets/D0004-2025-manual.csv", "D0004", 8);
}

Test(sheet, libreoffices_workbooks_of_them_give_the_same)
{
    expect_golden(FILES "libreoffice/D0002-2025.xlsx", "D0002", 12);
    facts_reset();
    expect_golden(FILES "libreoffice/D0003-2025.xlsx", "D0003", 12);
    facts_reset();
    expect_golden(FILES "libreoffice/D0004-2025-manual.xlsx", "D0004", 8);
    cr_assert_str_eq(
        fault_lines(&notes),
        "libreoffice/D0004-2025-manual.xlsx:1:2: the head 'Jun' before February is read as January\n"
        "libreoffice/D0004-2025-manual.xlsx:17:2: the head 'Jun' before February is read as January\n"
        "libreoffice/D0004-2025-manual.xlsx:1:10: 2025-09 is not filled and left out: its figures are all 0 or blank "
        "(zeros are sent as one line a month, or with --zeros)\n"
        "libreoffice/D0004-2025-manual.xlsx:1:11: 2025-10 is not filled and left out: its figures are all 0 or blank "
        "(zeros are sent as one line a month, or with --zeros)\n"
        "libreoffice/D0004-2025-manual.xlsx:1:12: 2025-11 is not filled and left out: its figures are all 0 or blank "
        "(zeros are sent as one line a month, or with --zeros)\n"
        "libreoffice/D0004-2025-manual.xlsx:1:13: 2025-12 is not filled and left out: its figures are all 0 or blank "
        "(zeros are sent as one line a month, or with --zeros)\n");
}

/* ---- Heads ---- */

Test(sheet, heads_are_months_in_any_form_that_has_one_reading)
{
    static const char *const HEADS[] = {
        "1月,2月",          "１月,２月",       "一月,二月",           "Jan,Feb",
        "January,FEBRUARY", "2025-01,2025-02", "2025年1月,2025年2月", "2025/1/1,2025/2/1",
        "Jan 2025,2月",     "202501,202502",   "2025.01,2025.02",     "1月份,2 月"};
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        char text[200];
        snprintf(text, sizeof text, "KPI,%s\n来店批次,10,20\n", HEADS[i]);
        expect(text, "2025-01 10 -; 2025-02 20 -");
    }
    expect("KPI,12月\nShowroom visits,5\n", "2025-12 5 -");
    expect(",1月,3月\nshowroom_visits,5,6\n", "2025-01 5 -; 2025-03 6 -");
    expect("月份,1月,2月\n来店批次,10,20\n", "2025-01 10 -; 2025-02 20 -");
    expect("期间,6月\n来店批次,10\n", "2025-06 10 -");
    expect_with("x.csv", "KPI,2024-12,2025-01\n来店批次,10,20\n", &one_store, "2024-12 10 -; 2025-01 20 -");
}

Test(sheet, a_june_before_february_is_january)
{
    expect("KPI,Jun,Feb,Jun\n来店批次,1,2,6\n", "2025-01 1 -; 2025-02 2 -; 2025-06 6 -");
    expect("KPI,June,2月\n来店批次,1,2\n", "2025-01 1 -; 2025-02 2 -");
    cr_assert_str_eq(fault_lines(&notes), "KPI-2025.csv:1:2: the head 'June' before February is read as January\n");
    expect("KPI,Jun,Jul\n来店批次,6,7\n", "2025-06 6 -; 2025-07 7 -");
    expect_faults("2025.csv", "KPI,6月,2月\n来店批次,1,2\n",
                  "2025.csv:1:3: the head '2月' stands behind '6月'; put the months in order\n");
    expect_faults("2025.csv", "KPI,Jan,Jun,Feb\n来店批次,1,2,3\n",
                  "2025.csv:1:4: the head 'Feb' stands behind 'Jun'; put the months in order\n");
    expect_faults("2025.csv", "KPI,Jun 2025,Feb 2025\n来店批次,1,2\n",
                  "2025.csv:1:3: the head 'Feb 2025' stands behind 'Jun 2025'; put the months in order\n");
}

Test(sheet, any_other_repeat_or_disorder_is_a_fault)
{
    expect_faults("2025.csv", "KPI,1月,Jan,2月\n来店批次,1,2,3\n",
                  "2025.csv:1:3: the head 'Jan' is the same month as column 2; keep one\n");
    expect_faults("2025.csv", "KPI,Jun,Feb,Jun,Jun\n来店批次,1,2,3,4\n",
                  "2025.csv:1:5: the head 'Jun' is the same month as column 4; keep one\n");
    expect_faults("2025.csv", "KPI,2月,1月\n来店批次,1,2\n",
                  "2025.csv:1:3: the head '1月' stands behind '2月'; put the months in order\n");
}

Test(sheet, heads_that_are_no_months_are_faults)
{
    expect_faults("2025.csv", "KPI,单位,1月,第一季度\n来店批次,批,1,1\n",
                  "2025.csv:1:2: the head '单位' is neither a month nor a total; correct it or leave the column out\n"
                  "2025.csv:1:4: the head '第一季度' is neither a month nor a total; correct it or leave the column "
                  "out\n");
    expect_faults("2025.csv", "KPI,Jan-25,Feb-25\n来店批次,1,2\n",
                  "2025.csv:1:2: 'Jan-25' can be 2025-01 or day 25 of month 1; write 202501 where that month is "
                  "meant, in Excel into cells of the format Text\n"
                  "2025.csv:1:3: 'Feb-25' can be 2025-02 or day 25 of month 2; write 202502 where that month is "
                  "meant, in Excel into cells of the format Text\n");
    expect_faults("2025.csv", "KPI,45658,45689\n来店批次,1,2\n",
                  "2025.csv:1:2: '45658' is a date that Excel shows as a number; let Excel show it as a date, or write "
                  "the month as YYYY-MM, 2025-06 for June 2025\n"
                  "2025.csv:1:3: '45689' is a date that Excel shows as a number; let Excel show it as a date, or write "
                  "the month as YYYY-MM, 2025-06 for June 2025\n");
}

Test(sheet, the_year_is_the_options_the_heads_or_the_names)
{
    static const char TEXT[] = "KPI,1月\n来店批次,1\n";
    facts_options_t given = one_store;
    given.year = 2024;
    expect_with("KPI-2025.csv", TEXT, &given, "2024-01 1 -");
    expect_with("KPI.csv", TEXT, &given, "2024-01 1 -");
    expect_with("2024.csv", "KPI,2025年1月\n来店批次,1\n", &one_store, "2025-01 1 -");
    expect_faults("KPI.csv", "KPI,1月,2月\n来店批次,1,x\n",
                  "KPI.csv:1:2: '1月' names no year, and neither does the file's name; put the year into the name (as "
                  "in KPI-2025), or give --year\n"
                  "KPI.csv:2:3: 来店批次: 'x' is no number; correct it, or empty it where the figure is unknown\n");
    expect_faults("2024-2025.csv", TEXT,
                  "2024-2025.csv:1:2: '1月' names no year, and the file's name holds both 2024 and 2025; leave one of "
                  "them in the name, or give --year\n");
    facts_reset();
    cr_assert_eq(read_text("KPI.csv", "KPI,2025-01\n来店批次,1\n", &given), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults), "KPI.csv:1:2: '2025-01' is of another year than --year 2024; correct the "
                                           "one or the other\n");
}

/* A workbook of one sheet with that name. */
static status_t read_named(const char *name, const char *file)
{
    static const char SHEET[] =
        "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>KPI</t></is></c><c t=\"inlineStr\">"
        "<is><t>1月</t></is></c></row><row><c t=\"inlineStr\"><is><t>来店批次</t></is></c><c><v>1"
        "</v></c></row></sheetData></worksheet>";
    char list[300];
    snprintf(list, sizeof list, "<workbook xmlns:r=\"r\"><sheets><sheet name=\"%s\" r:id=\"r1\"/></sheets></workbook>",
             name);
    workbook_t *workbook = workbook_create(false);
    workbook_add_frame(workbook, (span_t){(const uint8_t *)SHEET, strlen(SHEET)}, NULL, NULL);
    workbook_add_text(workbook, "xl/workbook.xml", list);
    span_t bytes = workbook_finish(&workbook);
    facts_reset();
    status_t status = read_bytes(file, bytes, &one_store);
    free((void *)(uintptr_t)bytes.data);
    return status;
}

Test(sheet, no_filled_month_lies_behind_the_date_in_the_files_name)
{
    static const char TEXT[] = "KPI,1月,2月,3月\n来店批次,1,2,0\n";
    expect_faults(
        "KPI-20260105.csv", TEXT,
        "KPI-20260105.csv:1:3: 2026-02 is filled and lies behind 2026-01, which the file's name holds; put the "
        "year of the figures into the name (as in KPI-2025), or give --year\n");
    expect_faults(
        "202601.csv", TEXT,
        "202601.csv:1:3: 2026-02 is filled and lies behind 2026-01, which the file's name holds; put the year "
        "of the figures into the name (as in KPI-2025), or give --year\n");
    expect_with("KPI-20260228.csv", TEXT, &one_store, "2026-01 1 -; 2026-02 2 -");
    expect_with("KPI-2026 20260105-20260301.csv", TEXT, &one_store, "2026-01 1 -; 2026-02 2 -");
    expect_with("KPI-20260105.csv", "KPI,2026-01,2026-02\n来店批次,1,2\n", &one_store, "2026-01 1 -; 2026-02 2 -");
    facts_options_t given = one_store;
    given.year = 2025;
    expect_with("KPI-20260105.csv", TEXT, &given, "2025-01 1 -; 2025-02 2 -");
}

Test(sheet, another_year_above_the_months_than_in_the_files_name_is_a_fault)
{
    expect_faults(
        "KPI-2025.csv", "2024年销售报表,\n\nKPI,1月\n来店批次,1\n",
        "KPI-2025.csv:1:1: '2024年销售报表' is of another year than the file's name, which says 2025; correct "
        "the one or the other, or give --year\n");
    expect_faults("KPI-2025.csv", "2024年KPI,1月\n来店批次,1\n",
                  "KPI-2025.csv:1:1: '2024年KPI' is of another year than the file's name, which says 2025; correct the "
                  "one or the other, or give --year\n");
    cr_assert_eq(read_named("2024年", "KPI-2025.xlsx"), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "KPI-2025.xlsx: '2024年' is of another year than the file's name, which says "
                     "2025; correct the one or the other, or give --year\n");
    cr_assert_eq(read_named("2025年", "KPI-2025.xlsx"), STATUS_OK);
    /* Heads with their year, a year that is given and remarks below have nothing to do with it. */
    expect_with("KPI-2025.csv", "2024年销售报表,\nKPI,2024年1月\n来店批次,1\n", &one_store, "2024-01 1 -");
    facts_options_t given = one_store;
    given.year = 2025;
    expect_with("KPI-2024.csv", "2024年销售报表,\nKPI,1月\n来店批次,1\n", &given, "2025-01 1 -");
    expect_with("KPI-2025.csv", "KPI,1月\n来店批次,1\n注：2024年另报\n", &one_store, "2025-01 1 -");
}

Test(sheet, a_figure_in_a_merged_cell_is_refused)
{
    static const char SHEET[] =
        "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>KPI</t></is></c><c "
        "t=\"inlineStr\"><is><t>1月</t></is></c>"
        "<c t=\"inlineStr\"><is><t>2月</t></is></c></row><row><c "
        "t=\"inlineStr\"><is><t>来店批次</t></is></c><c><v>1</v></c>"
        "</row><row><c "
        "t=\"inlineStr\"><is><t>新增意向客户数</t></is></c><c><v>2</v></c><c><v>3</v></c></row></sheetData>"
        "<mergeCells><mergeCell ref=\"B2:C2\"/></mergeCells></worksheet>";
    span_t bytes = workbook_of_sheet((span_t){(const uint8_t *)SHEET, strlen(SHEET)}, true);
    cr_assert_eq(read_bytes("2025.xlsx", bytes, &one_store), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "2025.xlsx:2:2: 来店批次: '1' stands in a merged cell, of which nobody can say "
                     "what it belongs to; split the cell\n");
    free((void *)(uintptr_t)bytes.data);
}

Test(sheet, a_workbooks_figure_with_more_digits_than_it_may_show_says_so)
{
    static const char SHEET[] =
        "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>KPI</t></is></c><c "
        "t=\"inlineStr\"><is><t>1月</t></is></c>"
        "</row><row><c t=\"inlineStr\"><is><t>ad_spend</t></is></c><c><f>A9/3</f><v>18685.666666666668</v></c>"
        "</row></sheetData></worksheet>";
    span_t bytes = workbook_of_sheet((span_t){(const uint8_t *)SHEET, strlen(SHEET)}, true);
    cr_assert_eq(read_bytes("2025.xlsx", bytes, &one_store), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "2025.xlsx:2:2: ad_spend: '18685.6666666667' has more than 2 decimals; the cell "
                     "may show fewer digits than it holds: round the figure itself (in a formula "
                     "with ROUND)\n");
    free((void *)(uintptr_t)bytes.data);
}

Test(sheet, a_multiple_as_the_unit_is_refused_wherever_it_stands)
{
#define IS_MULTIPLE                                                                                                    \
    " says that figures are in a multiple of the unit; write the figures in the unit itself, and correct this\n"
    expect_faults("2025.csv", ",单位：万元\nKPI,1月\n来店批次,1\n", "2025.csv:1:2: '单位：万元'" IS_MULTIPLE);
    expect_faults("2025.csv", "KPI（万元）,1月\n来店批次,1\n", "2025.csv:1:1: 'KPI（万元）'" IS_MULTIPLE);
    expect_faults("2025.csv", "KPI,1月\n来店批次,1\n注：金额单位：千元\n",
                  "2025.csv:3:1: '注：金额单位：千元'" IS_MULTIPLE);
}

/* ---- Rows ---- */

Test(sheet, titles_match_without_units_blanks_and_full_width)
{
    expect("KPI,1月\n来店　批次（批）,1\n新增意向客户数 [个],2\n", "2025-01 1 2");
    expect("KPI,1月\nＳｈｏｗｒｏｏｍ visits,1\nNEW PROSPECTS,2\n", "2025-01 1 2");
}

Test(sheet, computed_rows_and_totals_are_ignored_with_whatever_they_hold)
{
    expect("KPI,1月,2月,合计,年度合计,Total\n来店批次,1,2,3,x,#REF!\n留有资料比例,#DIV/0!,12%,=A1,,-\n"
           "月度交车合计,abc,\"1,2\",,,\n",
           "2025-01 1 -; 2025-02 2 -");
}

Test(sheet, captions_remarks_and_blank_lines_are_no_rows)
{
    expect("2025年销售报表,,\n,,单位：元\n\n门店：上海\nKPI,1月,2月\n,,\n来店批次,1,2\n\n交车结构\n,,单位：台\nKPI,1月,"
           "2月\n"
           "新增意向客户数,3,4\n制表人：张三,,\n来店,,\n",
           "2025-01 1 3; 2025-02 2 4");
}

Test(sheet, tables_below_each_other_make_one_month)
{
    expect("A,1月,2月\n来店批次,1,2\nB,1月,2月,年度合计\n新增意向客户数,3,4,7\n", "2025-01 1 3; 2025-02 2 4");
    expect("A,1月,2月\n来店批次,1,2\nB,2月,3月\n新增意向客户数,4,5\n", "2025-01 1 -; 2025-02 2 4; 2025-03 - 5");
    expect("A,1月,2月\n来店批次,1,2\nA,3月,4月\n来店批次,3,4\n", "2025-01 1 -; 2025-02 2 -; 2025-03 3 -; 2025-04 4 -");
}

Test(sheet, the_same_row_twice_names_both_places)
{
    expect_faults("2025.csv", "A,1月,2月\n来店批次,1,2\n新增意向客户数,1,1\nshowroom_visits,,\n",
                  "2025.csv:4:1: row 'showroom_visits' stands already in 2025.csv:2; keep one of the two\n");
    expect_faults("2025.csv", "A,1月,2月\n来店批次,1,2\nB,2月,3月\n来店批次,2,3\n",
                  "2025.csv:4:1: row '来店批次' stands already in 2025.csv:2; keep one of the two\n");
}

Test(sheet, every_fault_of_a_sheet_is_named_in_one_go)
{
    expect_faults(
        "2025.csv",
        "KPI,1月,2月,\n来店批次,1.5,-2,x\n来店批此,1,2,\n本月广宣投放（万元）,1,2,\n,7,,\n新增意向客户数,#DIV/0!,=A1,\n"
        "留存意向客户数量,1,2,,9\n",
        "2025.csv:2:2: 来店批次: '1.5' must be a whole number; correct it, or empty it where the figure is unknown\n"
        "2025.csv:2:3: 来店批次: '-2' may not be negative; correct it, or empty it where the figure is unknown\n"
        "2025.csv:2:4: 'x' stands in a column without a head; give it one or empty it\n"
        "2025.csv:3:1: row '来店批此' is neither a fact of the catalog nor its title, nor computed from them; correct "
        "it or leave the row out\n"
        "2025.csv:4:1: row '本月广宣投放（万元）' is in a multiple of the unit of ad_spend (CNY); write the figures "
        "and the title in that unit\n"
        "2025.csv:5:2: '7' stands in a row without a title; give it one or empty it\n"
        "2025.csv:6:2: 新增意向客户数: '#DIV/0!' is no number; correct it, or empty it where the figure is unknown\n"
        "2025.csv:6:3: 新增意向客户数: the file holds the formula '=A1' without its result; open it in Excel or "
        "LibreOffice and save it\n"
        "2025.csv:7:5: '9' stands in a column without a head; give it one or empty it\n");
}

/* ---- Months that are not filled ---- */

Test(sheet, an_error_in_a_fact_of_a_month_that_is_not_filled_is_still_a_fault)
{
    expect_faults("2025.csv", "KPI,1月,2月\n来店批次,1,#DIV/0!\n新增意向客户数,1,0\n",
                  "2025.csv:2:3: 来店批次: '#DIV/0!' is no number; correct it, or empty it where the figure is "
                  "unknown\n");
}

Test(sheet, months_without_a_figure_above_zero_are_left_out_and_said_so)
{
    static const char TEXT[] = "KPI,1月,2月,3月,4月\n来店批次,1,0,,0.0\n新增意向客户数,,,,\n";
    expect(TEXT, "2025-01 1 -");
    cr_assert_str_eq(fault_lines(&notes), "KPI-2025.csv:1:3: 2025-02 is not filled and left out: its figures are all 0 "
                                          "or blank (zeros are sent as one line a month, or with --zeros)\n"
                                          "KPI-2025.csv:1:4: 2025-03 is not filled and left out: it holds no figure\n"
                                          "KPI-2025.csv:1:5: 2025-04 is not filled and left out: its figures are all 0 "
                                          "or blank (zeros are sent as one line a month, or with --zeros)\n");
    facts_options_t zeros = one_store;
    zeros.sends_zeros = true;
    expect_with("KPI-2025.csv", TEXT, &zeros, "2025-01 1 -; 2025-02 0 -; 2025-04 0 -");
    cr_assert_eq(notes.count, 1, "a month without any figure is never filled");
}

Test(sheet, a_sheet_of_which_no_month_is_filled_is_a_fault)
{
    expect_faults("2025.csv", "KPI,1月,2月\n来店批次,0,\n",
                  "2025.csv: no month is filled: the figures are all 0 or blank; fill one in, or send zeros as one "
                  "line a month, or with --zeros\n");
    expect_faults("2025.csv", "KPI,1月,2月\n",
                  "2025.csv: no month is filled: the figures are all 0 or blank; fill one in, or send zeros as one "
                  "line a month, or with --zeros\n");
}

/* ---- Whose sheet it is ---- */

Test(sheet, of_several_stores_the_files_name_says_which)
{
    static const char TEXT[] = "KPI,1月\n来店批次,1\n";
    expect_with("D0002-2025.csv", TEXT, &several_stores, "2025-01 1 -");
    cr_assert_str_eq(set.months[0].dealer, "D0002");
    expect_with("门店D0001月报2025.csv", TEXT, &several_stores, "2025-01 1 -");
    cr_assert_str_eq(set.months[0].dealer, "D0001");
    static const char *const NAMES[] = {"2025.csv", "D00012-2025.csv", "xD0001-2025.csv", "D0001-D0002-2025.csv"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        facts_reset();
        cr_assert_eq(read_text(NAMES[i], TEXT, &several_stores), STATUS_INVALID);
        cr_assert(strstr(fault_lines(&faults),
                         ": the sheet names no store, and this key holds 2; put the code of one of them into the "
                         "file's name (as in D0001-2025), or write one line a month with a column 'dealer'\n"));
    }
    facts_reset();
    cr_assert_eq(read_text("D0001-2025.csv", TEXT, &headquarters), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults), "D0001-2025.csv: the sheet names no store; write one line a month with a "
                                           "column 'dealer'\n");
}

Test(sheet, it_names_no_consultants)
{
    facts_options_t people = one_store;
    people.of_consultants = true;
    cr_assert_eq(read_text("2025.csv", "KPI,1月\n来店批次,1\n", &people), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "2025.csv:1: the months stand side by side, as in the manual's sheet, which names no consultant; "
                     "write one line for each consultant and month, with the columns 'period' and 'consultant'\n");
}

/* ---- Places ---- */

Test(sheet, a_month_knows_its_head)
{
    expect("caption\nA,1月,2月\n来店批次,1,2\nB,2月,3月\n新增意向客户数,3,4\n",
           "2025-01 1 -; 2025-02 2 3; 2025-03 - 4");
    cr_assert(set.months[1].line == 2 && set.months[1].column == 3);
    cr_assert(set.months[2].line == 4 && set.months[2].column == 3);
    cr_assert_eq(read_text("KPI-2025.csv", "KPI,2月\n来店批次,5\n", &one_store), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults),
                     "KPI-2025.csv:1:2: D0001 in 2025-02 stands already in KPI-2025.csv:2; keep one of the two\n");
}

Test(sheet, a_workbooks_two_sheets_make_one_month)
{
    cr_assert_eq(read_store(FILES "xlsx/manual-2025.xlsx"), STATUS_OK, "%s", fault_lines(&faults));
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_str_eq(months(), "2025-01 182 98; 2025-02 83 40");
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), 5605710);
    cr_assert_eq(fact(set.months[1].facts, "ad_spend"), 2475201, "15 digits of 24752.010000000002");
    cr_assert_eq(fact(set.months[0].facts, "deliveries_walk_in"), 15);
    cr_assert_eq(fact(set.months[1].facts, "deliveries_outreach"), 1);
    cr_assert_eq(fact(set.months[0].facts, "used_car_trade_ins"), 4, "a formula's result");
    cr_assert_eq(fact(set.months[1].facts, "used_car_trade_ins"), FACT_ABSENT, "an empty result");
    cr_assert_str_eq(set.sources[set.months[0].file], FILES "xlsx/manual-2025.xlsx[展厅]");
    cr_assert(set.months[0].line == 4 && set.months[0].column == 2);
    cr_assert_str_eq(fault_lines(&notes),
                     "xlsx/manual-2025.xlsx: the sheet '说明' is hidden and left out\n"
                     "xlsx/manual-2025.xlsx: the sheet '底稿' is hidden and left out\n"
                     "xlsx/manual-2025.xlsx[展厅]:4:4: 2025-03 is not filled and left out: its figures are all 0 or "
                     "blank (zeros are sent as one line a month, or with --zeros)\n");
}

Test(sheet, a_workbook_may_hold_it_beside_a_sheet_of_consultants)
{
    static const char SHEET[] =
        "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>KPI</t></is></c><c "
        "t=\"inlineStr\"><is><t>1月</t></is></c></row>"
        "<row><c t=\"inlineStr\"><is><t>来店批次</t></is></c><c><v>7</v></c></row></sheetData></worksheet>";
    static const char PEOPLE[] =
        "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is><t>销售顾问</t></is></c>"
        "<c t=\"inlineStr\"><is><t>来店批次</t></is></c></row><row><c t=\"inlineStr\"><is><t>1月</t></is></c><c "
        "t=\"inlineStr\">"
        "<is><t>李</t></is></c><c><v>3</v></c></row></sheetData></worksheet>";
    workbook_t *workbook = workbook_create(true);
    workbook_add_frame(workbook, (span_t){(const uint8_t *)SHEET, strlen(SHEET)}, NULL, NULL);
    workbook_add_text(workbook, "xl/people.xml", PEOPLE);
    workbook_add_text(
        workbook, "xl/workbook.xml",
        "<workbook><sheets><sheet name=\"顾问\" id=\"r9\"/><sheet name=\"门店\" id=\"r1\"/></sheets></workbook>");
    workbook_add_text(
        workbook, "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"r1\" Type=\"/worksheet\" Target=\"sheet.xml\"/><Relationship Id=\"r9\" "
        "Type=\"/worksheet\" Target=\"people.xml\"/><Relationship Id=\"r3\" Type=\"/sharedStrings\" "
        "Target=\"strings.xml\"/></Relationships>");
    span_t bytes = workbook_finish(&workbook);
    cr_assert_eq(read_bytes("2025.xlsx", bytes, &one_store), STATUS_OK, "%s", fault_lines(&faults));
    free((void *)(uintptr_t)bytes.data);
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK);
    cr_assert_str_eq(months(), "2025-01 7 -");
    cr_assert(set.months[0].has_facts && set.months[0].has_consultants && set.months[0].consultant_count == 1);
    cr_assert_eq(fact(set.months[0].consultants[0].facts, "showroom_visits"), 3);
}

Test(sheet, nobody_need_want_its_notes)
{
    facts_options_t given = one_store;
    given.is_dealer_given = true; /* whatever the names of the files say */
    cr_assert_eq(facts_set_read(&set, FILES "xlsx/manual-2025.xlsx", catalog, &given, &faults, NULL), STATUS_OK);
    facts_reset();
    cr_assert_eq(
        facts_set_read(&set, TEST_DATA "/../golden/sheets/D0004-2025-manual.csv", catalog, &given, &faults, NULL),
        STATUS_OK);
}
