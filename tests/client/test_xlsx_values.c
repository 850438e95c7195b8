#include "client/xlsx_values.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

TestSuite(xlsx_values, .timeout = 10);

static void expect_number(const char *stored, const char *want)
{
    char text[VALUE_TEXT_SIZE] = "untouched";
    bool is_number = value_format_number(stored, text);
    cr_assert_str_eq(is_number ? text : "none", want, "%s", stored);
}

Test(xlsx_values, a_number_is_its_fifteen_digits_without_an_exponent)
{
    expect_number("0", "0");
    expect_number("-0", "0");
    expect_number("0.000", "0");
    expect_number("1234.5", "1234.5");
    expect_number("-12.50", "-12.5");
    expect_number("4.5999999999999996", "4.6");
    expect_number("0.10000000000000001", "0.1");
    expect_number("50.300000000000004", "50.3");
    expect_number("999999999999999.9", "1000000000000000");
    expect_number("0.99999999999999999", "1");
    expect_number("9.9999999999999995E-2", "0.1");
    expect_number("123456789012345", "123456789012345");
    expect_number("1234567890123456", "1234567890123460");
    expect_number("1E+3", "1000");
    expect_number("1.5e-3", "0.0015");
    expect_number("1.2345E2", "123.45");
    expect_number("+7", "7");
    expect_number("007", "7");
    expect_number("1E21", "1000000000000000000000");
    expect_number(".5", "0.5");
    expect_number("5.", "5");
}

Test(xlsx_values, numbers_reach_as_far_as_a_spreadsheets)
{
    char text[VALUE_TEXT_SIZE];
    cr_assert(value_format_number("-1.79769313486231E307", text));
    cr_assert_eq(strlen(text), 1 + 308);
    cr_assert(value_format_number("-2.2250738585072314E-300", text));
    cr_assert_eq(strlen(text), strlen("-0.") + 299 + 15);
    expect_number("1E308", "none");
    expect_number("1E309", "none");
    expect_number("1E-310", "none");
    expect_number("1E99999999999999999999", "none");
}

Test(xlsx_values, what_is_no_number_is_left)
{
    static const char *const TEXTS[] = {"",     "-",  ".",  "e5",    "1e",  "1e+", "1,5",
                                        "0x10", "1 ", " 1", "1.2.3", "nan", "inf", "--1"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        expect_number(TEXTS[i], "none");
    char digits[VALUE_TEXT_SIZE + 2];
    memset(digits, '0', sizeof digits);
    digits[VALUE_TEXT_SIZE] = '\0';
    expect_number(digits, "0");
    digits[VALUE_TEXT_SIZE] = '0';
    digits[VALUE_TEXT_SIZE + 1] = '\0';
    expect_number(digits, "none");
}

#define WHOLE (SHOWS_YEAR | SHOWS_MONTH | SHOWS_DAY)

static void expect_date(const char *stored, unsigned shows, bool is_1904, const char *want)
{
    char text[VALUE_TEXT_SIZE];
    bool is_date = value_format_date(stored, shows, is_1904, text);
    cr_assert_str_eq(is_date ? text : "none", want, "%s", stored);
}

Test(xlsx_values, a_days_number_is_a_date)
{
    expect_date("45809", WHOLE, false, "2025-06-01");
    expect_date("45809.999", WHOLE, false, "2025-06-01");
    expect_date("44347", WHOLE, true, "2025-06-01");
    expect_date("1", WHOLE, false, "1900-01-01");
    expect_date("59", WHOLE, false, "1900-02-28");
    expect_date("60", WHOLE, false, "none"); /* 1900-02-29, which there never was */
    expect_date("61", WHOLE, false, "1900-03-01");
    expect_date("36585", WHOLE, false, "2000-02-29");
    expect_date("25569", WHOLE, false, "1970-01-01");
    expect_date("2958465", WHOLE, false, "9999-12-31");
    expect_date("2958466", WHOLE, false, "none");
    expect_date("0", WHOLE, false, "none");
    expect_date("0", WHOLE, true, "1904-01-01");
    expect_date("-1", WHOLE, false, "none");
    expect_date("1E9", WHOLE, false, "none");
    expect_date("x", WHOLE, false, "none");
}

Test(xlsx_values, a_date_is_what_its_format_shows_of_it)
{
    expect_date("45838", SHOWS_YEAR | SHOWS_MONTH, false, "2025-06-30");
    expect_date("45838", SHOWS_MONTH, false, "6月");
    expect_date("45838", SHOWS_MONTH | SHOWS_DAY, false, "6月30日");
    expect_date("45838", SHOWS_DAY, false, "30日");
    expect_date("45838", SHOWS_YEAR, false, "2025年");
    expect_date("6", SHOWS_MONTH_SIGN, false, "6月");
    expect_date("12", SHOWS_MONTH_SIGN, true, "12月");
    expect_date("13", SHOWS_MONTH_SIGN, false, "none");
    expect_date("0", SHOWS_MONTH_SIGN, false, "none");
    expect_date("1.5", SHOWS_MONTH_SIGN, false, "none");
    expect_date("0.5", SHOWS_TIME, false, "12:00:00");
    expect_date("1.75", SHOWS_TIME, false, "42:00:00");
    expect_date("45838.5", WHOLE | SHOWS_TIME, false, "2025-06-30");
}

Test(xlsx_values, codes_say_what_they_show)
{
    static const struct {
        const char *code;
        unsigned shows;
    } CODES[] = {
        {"General", 0},
        {"0.00", 0},
        {"#,##0.00_);[Red]\\(#,##0.00\\)", 0},
        {"0.00E+00", 0},
        {"0%", 0},
        {"@", 0},
        {"\"yyyy\"0", 0},
        {"\\d0", 0},
        {"_d0*m", 0},
        {"G/通用格式", 0},
        {"#,##0\"元\"", 0},
        {"[Magenta]0", 0},
        {"yyyy\\-mm\\-dd", WHOLE},
        {"yyyy\"年\"m\"月\"", SHOWS_YEAR | SHOWS_MONTH},
        {"[$-404]e/m/d", WHOLE},
        {"[$-409]mmm\\-yy;@", SHOWS_YEAR | SHOWS_MONTH},
        {"m\"月\"", SHOWS_MONTH},
        {"m\"月\"d\"日\"", SHOWS_MONTH | SHOWS_DAY},
        {"MMMM", SHOWS_MONTH},
        {"d", SHOWS_DAY},
        {"h:mm", SHOWS_TIME},
        {"mm:ss.0", SHOWS_TIME},
        {"[h]:mm:ss", SHOWS_TIME},
        {"[mm]:ss", SHOWS_TIME},
        {"AM/PM h:mm", SHOWS_TIME},
        {"上午/下午h\"时\"mm\"分\"", SHOWS_TIME},
        {"yyyy-mm-dd hh:mm", WHOLE | SHOWS_TIME},
        {"m/d/yy h:mm", WHOLE | SHOWS_TIME},
        {"0\"月\"", SHOWS_MONTH_SIGN},
        {"General\"月\";@", SHOWS_MONTH_SIGN},
        {"##\\月", SHOWS_MONTH_SIGN},
        {"0\"月份数\"", 0},
        {"\"月\"", 0},
        {"0;yyyy", 0}, /* of negative numbers */
        {"", 0},
        {"\"open", 0},
        {"[open", 0},
        {"\\", 0},
    };
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        cr_assert_eq(value_code_shows(CODES[i].code), CODES[i].shows, "%s", CODES[i].code);
}

Test(xlsx_values, a_multiple_that_a_code_only_writes_is_told_from_one_by_which_it_divides)
{
    static const struct {
        const char *code, *multiple;
    } CODES[] = {
        {"0.00\"万\"", "万"},
        {"#,##0.00 \"万元\"", "万"},
        {"0.0万", "万"},
        {"General\"万\"", "万"},
        {"0\\千", "千"},
        {"0!亿", "亿"},
        {"0\"百万\"", "百万"},
        {"[红色]0\"万\";-0", "万"},
        {"#,##0\"K\"", "K"},
        {"0.0,\"万\"", NULL},
        {"0!.0,\"万\"", NULL},
        {"0\\.0,万元", NULL},
        {"0\".\"0000\"万元\"", NULL},
        {"#,##0,\"K\"", NULL},
        {"#,##0,,\"百万\"", NULL},
        {"[>=10000]0!.0,\"万\";0", NULL},
        {"0;\"万\"0", NULL}, /* of negative numbers */
        {"_万0*千", NULL},
        {"#,##0.00\"元\"", NULL},
        {"0\"Mark\"", NULL},
        {"General", NULL},
        {"[万", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        const char *found = value_code_multiple(CODES[i].code), *want = CODES[i].multiple;
        cr_assert(want ? found && strcmp(found, want) == 0 : !found, "%s: %s", CODES[i].code, found ? found : "none");
    }
}

Test(xlsx_values, formats_that_every_workbook_knows)
{
    cr_assert_eq(value_builtin_shows(0), 0);
    cr_assert_eq(value_builtin_shows(4), 0);
    cr_assert_eq(value_builtin_shows(14), WHOLE);
    cr_assert_eq(value_builtin_shows(17), SHOWS_YEAR | SHOWS_MONTH);
    cr_assert_eq(value_builtin_shows(20), SHOWS_TIME);
    cr_assert_eq(value_builtin_shows(28), SHOWS_MONTH | SHOWS_DAY);
    cr_assert_eq(value_builtin_shows(57), SHOWS_YEAR | SHOWS_MONTH);
    cr_assert_eq(value_builtin_shows(58), SHOWS_MONTH | SHOWS_DAY);
    cr_assert_eq(value_builtin_shows(59), 0);
    cr_assert_eq(value_builtin_shows(164), 0);
}
