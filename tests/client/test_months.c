#include "client/months.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(months, .timeout = 10);

/* "2025-06", "06" (without a year), "2025-06|2024-06", "2025-06|25.6." (or a day), "serial", "". */
static const char *reading(const char *text)
{
    static char out[60];
    month_t month = month_read(text);
    char first[PERIOD_TEXT_SIZE] = "", second[PERIOD_TEXT_SIZE] = "";
    if (month.period != PERIOD_NONE)
        period_format(month.period, first);
    if (month.second != PERIOD_NONE)
        period_format(month.second, second);
    if (month.kind == MONTH_ALONE)
        snprintf(out, sizeof out, "%02d", month.month);
    else if (month.kind == MONTH_TURNED)
        snprintf(out, sizeof out, "write %s", first);
    else if (month.kind == MONTH_AMBIGUOUS && *second)
        snprintf(out, sizeof out, "%s|%s", first, second);
    else if (month.kind == MONTH_AMBIGUOUS)
        snprintf(out, sizeof out, "%s|%d.%d.", first, month.day, month.month);
    else
        snprintf(out, sizeof out, "%s", month.kind == MONTH_SERIAL ? "serial" : first);
    return out;
}

static void expect(const char *want, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(reading(texts[i]), want, "'%s' is read as '%s'", texts[i], reading(texts[i]));
}

#define EXPECT(want, ...)                                                                                              \
    expect(want, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

Test(months, every_form_with_one_reading_is_taken)
{
    EXPECT("2025-06", "2025-06", "2025-6", "2025/6", "2025/06", "2025.06", "2025.6", "202506", "2025年6月",
           "2025年06月", "2025年6月份", "2025年六月", "2025 年 6 月", " 2025-06 ", "２０２５－０６", "２０２５年６月",
           "2025–06", "2025年6");
    EXPECT("2025-06", "Jun 2025", "JUN-2025", "June 2025", "june, 2025", "Jun.2025", "2025 Jun", "2025-Jun", "06/2025",
           "6-2025");
    EXPECT("2025-06", "2025-06-30", "2025/6/1", "2025.6.30", "2025年6月30日", "2025年6月1号", "20250630",
           "30 June 2025", "June 30, 2025", "30-Jun-2025", "2025-Jun-30");
    EXPECT("2025-06", "2025-06-30T00:00:00", "2025-06-30 00:00:00", "2025/6/1 0:00", "2025-06-30T08:30:00.000");
    EXPECT("2024-02", "2024-02-29");
    EXPECT("2025-10", "2025.10", "2025年十月", "202510");
    EXPECT("2025-12", "2025年十二月", "Dec 2025");
}

Test(months, a_month_may_stand_without_its_year)
{
    EXPECT("06", "6月", "06月", "６月", "6 月", "六月", "6月份", "Jun", "JUNE", "june.", "6月1日", "6月30日");
    EXPECT("01", "1月", "一月", "Jan", "January");
    EXPECT("09", "Sep", "Sept", "September");
    EXPECT("11", "11月", "十一月");
}

Test(months, two_readings_are_both_named)
{
    EXPECT("2025-06|25.6.", "Jun-25", "Jun 25", "25-Jun", "25 June", "25-06", "25/6", "06-25", "25.06");
    EXPECT("2006-06|6.6.", "Jun-06", "06-06");
    EXPECT("2025-07|2025-06", "06/07/2025", "6-7-2025", "06.07.2025");
    EXPECT("2006-07|2007-06", "06-07", "6/7");
    EXPECT("2025-06|2001-06", "25-6-1", "25/06/01");
    EXPECT("2006-07|2008-07", "06/07/08");
    EXPECT("2025-01|2025-10", "2025.1");
    EXPECT("2006-06|2025-06", "25-Jun-06");
}

Test(months, a_year_that_is_not_first_or_not_whole_must_be_turned)
{
    EXPECT("write 2025-06", "30/06/2025", "06/30/2025", "25年6月", "25年6月30日", "06/06/2025", "25-Jun-25");
    EXPECT("write 2032-06", "Jun-32", "32-06");
}

Test(months, a_days_number_is_known_as_such)
{
    EXPECT("serial", "45809", "45809.5", "４５８０９");
}

Test(months, anything_else_is_none)
{
    EXPECT("", "", " ", "2025", "2025-13", "2025-00", "2025-06-31", "2025-02-29", "20250631", "202513", "13月", "0月",
           "6", "06", "Juni", "Q2", "2025-6-", "2025--06", "-2025-06", "2025年", "6月31日", "June 31, 2025", "一",
           "十三月", "合计", "1899-06", "2200-01", "123456789012", "2025-06-30 noon", "12:30", "T", "2025 06",
           "20 25-06", "2025-06-30 00:00:00 and a great deal more than that", "Jun Jul", "月", "13-14", "2025-006",
           "#DIV/0!", "1,234");
    cr_assert_eq(month_read("20").kind, MONTH_NONE);
    cr_assert_eq(month_read("2025-06\xFF").kind, MONTH_NONE);
}

Test(months, what_could_be_a_figure_is_marked)
{
    cr_assert(month_read("202506").is_number && month_read("2025.06").is_number && month_read("45809").is_number);
    cr_assert(!month_read("2025-06").is_number && !month_read("6月").is_number && !month_read("2025.06.01").is_number);
}

static void expect_years(const char *path, int first, int second)
{
    month_year_t year = month_year_of(path, 0);
    cr_assert(year.named[0] == first && year.named[1] == second, "%s: %d, %d", path, year.named[0], year.named[1]);
}

Test(months, the_year_stands_in_the_files_name_once)
{
    expect_years("D0002-2025.csv", 2025, 0);
    expect_years("/data/2024/D0002-2025.csv", 2025, 0);
    expect_years("销售KPI2025年.xlsx", 2025, 0);
    expect_years("KPI２０２５.xlsx", 2025, 0);
    expect_years("2025-2025.csv", 2025, 0);
    expect_years("KPI-202506.csv", 2025, 0);
    expect_years("KPI_20250630.csv", 2025, 0);
    expect_years("2024-2025.csv", 2024, 2025);
    expect_years("20232024-2025-2026.csv", 2025, 2026);
    expect_years("2023 2024 2025.csv", 2023, 2024);
    expect_years("D20251.csv", 0, 0);
    expect_years("1999.csv", 0, 0);
    expect_years("202513.csv", 0, 0);
    expect_years("2025/sheet.csv", 0, 0);
}

/* The fault of a month that cannot be placed, or its period. */
static void expect_place(const char *text, const char *path, int given, const char *title, const char *want)
{
    faults_t faults = {0};
    month_t month = month_read(text);
    month_year_t year = month_year_of(path, given);
    period_t period = PERIOD_NONE;
    char got[500];
    if (month_place(&month, &year, title, text, 3, 1, &faults, &period))
        period_format(period, got);
    else
        fault_format(&faults.items[0], got, sizeof got);
    cr_assert_str_eq(got, want);
    cr_assert_eq(faults.count, period == PERIOD_NONE);
    faults_fini(&faults);
}

Test(months, a_year_comes_from_the_cell_the_option_or_the_name)
{
    expect_place("2025-06", "x.csv", 0, "", "2025-06");
    expect_place("2025-06", "2024.csv", 0, "", "2025-06");
    expect_place("6月", "x-2025.csv", 0, "", "2025-06");
    expect_place("6月", "2023-2024.csv", 2025, "", "2025-06");
    expect_place("6月", "x.csv", 0, "period",
                 "3:1: period: '6月' names no year, and neither does the file's name; put the year into the name (as "
                 "in KPI-2025), or give --year");
    expect_place("6月", "2024-2025.csv", 0, "",
                 "3:1: '6月' names no year, and the file's name holds both 2024 and 2025; leave one of them in the "
                 "name, or give --year");
    expect_place("2024-06", "2024.csv", 2025, "",
                 "3:1: '2024-06' is of another year than --year 2025; correct the one or the other");
}

Test(months, what_is_refused_says_what_to_write)
{
    expect_place("Jun-25", "2025.csv", 0, "月份",
                 "3:1: 月份: 'Jun-25' can be 2025-06 or day 25 of month 6; write 202506 where that month is "
                 "meant, in Excel into cells of the format Text");
    expect_place("06/07/2025", "2025.csv", 0, "",
                 "3:1: '06/07/2025' can be 2025-07 or 2025-06; write the one that is meant in that form");
    expect_place("30/06/2025", "2025.csv", 0, "",
                 "3:1: '30/06/2025' must have its year first and in four digits; write it as 2025-06");
    expect_place("45809", "2025.csv", 0, "",
                 "3:1: '45809' is a date that Excel shows as a number; let Excel show it as a date, or write the month "
                 "as YYYY-MM, 2025-06 for June 2025");
    expect_place("soon", "2025.csv", 0, "", "3:1: 'soon' is no month; write it as YYYY-MM, 2025-06 for June 2025");
}
