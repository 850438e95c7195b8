/* The wide layout's ways of writing, through facts_set_read. */
#include "facts_fixture.h"

#include "core/limits.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(wide, .init = facts_begin, .fini = facts_end, .timeout = 60);

static void finish(void)
{
    cr_assert_eq(facts_set_finish(&set, NULL, &faults), STATUS_OK, "%s", fault_lines(&faults));
}

static void expect_period(const char *name, const char *cell, const char *want)
{
    char text[200], got[PERIOD_TEXT_SIZE];
    facts_reset();
    snprintf(text, sizeof text, "period;ad_spend\n%s;5\n", cell);
    cr_assert_eq(read_text(name, text, &one_store), STATUS_OK, "%s: %s", cell, fault_lines(&faults));
    finish();
    period_format(set.months[0].period, got);
    cr_assert_str_eq(got, want, "%s", cell);
}

Test(wide, a_period_is_taken_in_every_form_that_has_one_reading)
{
    static const char *const CELLS[] = {
        "2025-06",  "2025/6",    "2025年6月", "2025.06", "202506", "２０２５－０６", "2025-06-30",         "2025/6/1",
        "Jun 2025", "June 2025", "6月",       "Jun",     "2025-6", "2025年06月",     "2025-06-30 00:00:00"};
    for (size_t i = 0; i < sizeof CELLS / sizeof *CELLS; i++)
        expect_period("2025.csv", CELLS[i], "2025-06");
    expect_period("2024.csv", "2025-06", "2025-06");
    expect_period("2024.csv", "Jun", "2024-06");
}

Test(wide, a_period_that_has_two_readings_names_both)
{
    expect_faults(
        "2025.csv", "period;ad_spend\nJun-25;1\n06/07/2025;2\n25-06;3\n45809;4\nJune;5\n2025.1;6\n",
        "2025.csv:2:1: period: 'Jun-25' can be 2025-06 or day 25 of month 6; write 202506 where that month is "
        "meant, in Excel into cells of the format Text\n"
        "2025.csv:3:1: period: '06/07/2025' can be 2025-07 or 2025-06; write the one that is meant in that form\n"
        "2025.csv:4:1: period: '25-06' can be 2025-06 or day 25 of month 6; write 202506 where that month is "
        "meant, in Excel into cells of the format Text\n"
        "2025.csv:5:1: period: '45809' is a date that Excel shows as a number; let Excel show it as a date, or write "
        "the month as YYYY-MM, 2025-06 for June 2025\n"
        "2025.csv:7:1: period: '2025.1' can be 2025-01 or 2025-10; write the one that is meant in that form\n");
    expect_faults("x.csv", "月份,ad_spend\n6月,1\n",
                  "x.csv:2:1: 月份: '6月' names no year, and neither does the file's name; put the year into the name "
                  "(as in KPI-2025), or give --year\n");
}

Test(wide, a_year_that_is_given_is_that_of_every_line)
{
    facts_options_t given = one_store;
    given.year = 2024;
    cr_assert_eq(read_text("2025.csv", "period,ad_spend\n6月,1\n2024-07,2\n", &given), STATUS_OK);
    cr_assert_eq(read_text("2025.csv", "period,ad_spend\n2025-08,1\n", &given), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults), "2025.csv:2:1: period: '2025-08' is of another year than --year 2024; "
                                           "correct the one or the other\n");
}

Test(wide, a_month_behind_the_date_in_the_files_name_is_a_fault)
{
    expect_faults(
        "20260105.csv", "period,ad_spend\n1月,5\n12月,6\n",
        "20260105.csv:3:1: 2026-12 is filled and lies behind 2026-01, which the file's name holds; put the year "
        "of the figures into the name (as in KPI-2025), or give --year\n");
    facts_reset();
    cr_assert_eq(read_text("20260105.csv", "period,ad_spend\n2026-12,5\n", &one_store), STATUS_OK, "it has its year");
}

Test(wide, captions_may_stand_above_the_header)
{
    cr_assert_eq(read_text("x.csv", "2025年报表,\n\n,单位：元\nperiod,ad_spend\n2025-01,5\n", &one_store), STATUS_OK);
    finish();
    cr_assert_eq(set.months[0].line, 5);
    expect_faults(
        "x.csv", "单位：万元\nperiod,ad_spend\n2025-01,5\n",
        "x.csv:1:1: '单位：万元' says that figures are in a multiple of the unit; write the figures in the unit "
        "itself, and correct this\n");
    expect_faults("x.csv", "Shop,Beijing\nperiod,ad_spend\n2025-01,5\n",
                  "x.csv:1: this line is no header: it holds neither a column 'period' nor months as heads (1月, Jan, "
                  "2025-01); correct it (a line above the header may hold one cell only), or hide a sheet that holds "
                  "no facts\n");
    expect_faults("x.csv", "nothing\n\nbut text\n",
                  "x.csv: there is no header: no line holds a column 'period' or months as heads (1月, Jan, 2025-01); "
                  "add it, or hide a sheet that holds no facts\n");
}

Test(wide, empty_cells_behind_the_headers_are_nothing_and_missing_ones_a_fault)
{
    cr_assert_eq(read_text("x.csv", "period,ad_spend\n2025-01,5,,\n2025-02,6\n", &one_store), STATUS_OK);
    finish();
    cr_assert_eq(set.count, 2);
    expect_faults("x.csv", "period,ad_spend\n2025-01,5,,x\n2025-02\n",
                  "x.csv:2: the line has 4 cells where the header has 2; give it one for each column\n"
                  "x.csv:3: the line has 1 cells where the header has 2; give it one for each column\n");
}

Test(wide, a_month_among_facts_is_no_head)
{
    expect_faults(
        "x.csv", "period,ad_spend,6月\n2025-01,5,6\n",
        "x.csv:1:3: column '6月' is neither a fact of the catalog nor its title; correct it or leave the column "
        "out\n");
}

/* ---- Consultants in the same file ---- */

Test(wide, lines_with_a_consultant_and_lines_without_one_stand_in_one_file)
{
    cr_assert_eq(read_text("x.csv",
                           "period,consultant,showroom_visits\n2025-01,,10\n2025-01,李,6\n2025-01,C1,4\n2025-02,　,7\n",
                           &one_store),
                 STATUS_OK, "%s", fault_lines(&faults));
    finish();
    cr_assert_eq(set.count, 2);
    cr_assert(set.months[0].has_facts && set.months[0].has_consultants && set.months[0].consultant_count == 2);
    cr_assert_str_eq(set.months[0].consultants[1].consultant, "李");
    cr_assert_eq(fact(set.months[0].consultants[0].facts, "showroom_visits"), 4);
    cr_assert(set.months[1].has_facts && !set.months[1].has_consultants && set.months[1].consultant_count == 0);
    expect_faults("x.csv", "period,consultant,showroom_visits\n2025-01,,10\n2025-01,,11\n2025-01,C:1,4\n",
                  "x.csv:3: D0001 in 2025-01 stands already in x.csv:2; keep one of the two\n"
                  "x.csv:4:2: consultant: 'C:1' is no code; a code has 1 to 64 bytes, without commas, colons, quotes "
                  "or blanks at its ends\n");
}

/* ---- Encodings, separators, line ends ---- */

static const char TABLE[] = "dealer|月份|本月广宣投放（元）|来店批次\nD0001|2025-06|1234.50|１２２５\n";

/* The table with that separator and line end, in that encoding; the caller frees *out. */
static span_t write_table(char separator, const char *end, const char *charset, bool is_marked, char **out)
{
    char text[400] = "";
    size_t used = is_marked ? (size_t)snprintf(text, sizeof text, "\xEF\xBB\xBF") : 0;
    for (const char *at = TABLE; *at; at++) {
        if (*at == '\n')
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", end);
        else
            text[used++] = *at == '|' ? separator : *at;
    }
    *out = calloc(1, sizeof text * 2);
    iconv_t converter = iconv_open(charset, "UTF-8");
    char *from = text, *to = *out;
    size_t from_left = used, to_left = sizeof text * 2;
    cr_assert_eq(iconv(converter, &from, &from_left, &to, &to_left), 0);
    iconv_close(converter);
    return (span_t){(uint8_t *)*out, (size_t)(to - *out)};
}

static void expect_table(char separator, const char *end, const char *charset, bool is_marked)
{
    char *bytes = NULL;
    facts_reset();
    span_t span = write_table(separator, end, charset, is_marked, &bytes);
    cr_assert_eq(read_bytes("x.csv", span, &headquarters), STATUS_OK, "%c, %s: %s", separator, charset,
                 fault_lines(&faults));
    free(bytes);
    finish();
    cr_assert_eq(set.months[0].period, period_make(2025, 6));
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), 123450);
    cr_assert_eq(fact(set.months[0].facts, "showroom_visits"), 1225);
}

Test(wide, each_encoding_separator_and_line_end_gives_the_same)
{
    static const char *const ENDS[] = {"\n", "\r\n", "\r"};
    for (const char *separator = ",;\t"; *separator; separator++)
        for (size_t i = 0; i < 3; i++) {
            expect_table(*separator, ENDS[i], "UTF-8", false);
            expect_table(*separator, ENDS[i], "UTF-8", true);
            expect_table(*separator, ENDS[i], "GB18030", false);
            expect_table(*separator, ENDS[i], "UTF-16LE", true);
            expect_table(*separator, ENDS[i], "UTF-16BE", true);
        }
}

/* ---- Workbooks ---- */

Test(wide, a_workbook_holds_store_lines_on_one_sheet_and_consultants_on_another)
{
    cr_assert_eq(read_store(FILES "xlsx/wide.xlsx"), STATUS_OK, "%s", fault_lines(&faults));
    finish();
    cr_assert_eq(set.count, 8);
    static const int64_t SPENT[] = {123450, 230, 100000, 10, 5, 600, 700, 800};
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(set.months[i].period, period_make(2025, (int)i + 1));
        cr_assert_eq(fact(set.months[i].facts, "ad_spend"), SPENT[i], "month %zu", i + 1);
        cr_assert_eq(fact(set.months[i].facts, "showroom_visits"), 10 * ((int64_t)i + 1));
    }
    cr_assert_str_eq(set.sources[set.months[0].file], FILES "xlsx/wide.xlsx[门店]");
    cr_assert(set.months[0].line == 2 && set.months[7].line == 10);
    cr_assert(set.months[0].has_consultants && set.months[0].consultant_count == 2);
    cr_assert(set.months[1].has_consultants && !set.months[2].has_consultants);
}

Test(wide, date_cells_that_libreoffice_saved_are_months)
{
    cr_assert_eq(read_store(FILES "libreoffice/wide.xlsx"), STATUS_OK, "%s", fault_lines(&faults));
    finish();
    cr_assert_eq(set.count, 5);
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(set.months[i].period, period_make(2025, (int)i + 1));
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), 123450);
    cr_assert_eq(fact(set.months[1].facts, "ad_spend"), 10);
}

Test(wide, dates_may_count_from_1904)
{
    cr_assert_eq(read_store(FILES "xlsx/date1904.xlsx"), STATUS_OK, "%s", fault_lines(&faults));
    finish();
    cr_assert_eq(set.months[0].period, period_make(2025, 1));
}

Test(wide, a_strict_workbook_with_prefixes_and_streamed_parts_is_read)
{
    cr_assert_eq(read_store(FILES "xlsx/strict.xlsx"), STATUS_OK, "%s", fault_lines(&faults));
    finish();
    cr_assert_eq(fact(set.months[0].facts, "ad_spend"), 1250);
}

Test(wide, what_a_cell_shows_instead_of_a_figure_is_named)
{
    cr_assert_eq(read_store(FILES "xlsx/formulas.xlsx"), STATUS_INVALID);
    cr_assert_str_eq(
        fault_lines(&faults),
        "xlsx/formulas.xlsx:2:2: ad_spend: the file holds the formula '=1+2' without its result; open it in Excel or "
        "LibreOffice and save it\n"
        "xlsx/formulas.xlsx:2:3: showroom_visits: the file holds the formula '=' without its result; open it in Excel "
        "or LibreOffice and save it\n"
        "xlsx/formulas.xlsx:3:2: ad_spend: '#DIV/0!' is no number; correct it, or empty it where the figure is "
        "unknown\n"
        "xlsx/formulas.xlsx:3:3: showroom_visits: 'TRUE' is no number; correct it, or empty it where the figure is "
        "unknown\n"
        "xlsx/formulas.xlsx:4:1: period: '45717' is a date that Excel shows as a number; let Excel show it as a date, "
        "or write the month as YYYY-MM, 2025-06 for June 2025\n"
        "xlsx/formulas.xlsx:4:2: ad_spend: '1900-01-05' is no number; correct it, or empty it where the figure is "
        "unknown\n"
        "xlsx/formulas.xlsx:4:3: showroom_visits: '12:00:00' is no number; correct it, or empty it where the figure "
        "is unknown\n");
    facts_reset();
    cr_assert_eq(read_store(FILES "xlsx/recalculate.xlsx"), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(&faults), "xlsx/recalculate.xlsx:2:2: ad_spend: the file holds the formula "
                                           "'=SUM(C1:C9)' without its result; open it in Excel or LibreOffice and save "
                                           "it\n");
}
