#include "core/number.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(number, .timeout = 10);

static int64_t parse(const char *text, unsigned decimals)
{
    int64_t units = -77;
    const char *reason = "";
    cr_assert_eq(number_parse_fact(text, decimals, true, &units, &reason), STATUS_OK, "%s: %s", text, reason);
    return units;
}

Test(number, facts_are_read_as_people_write_them)
{
    cr_assert_eq(parse("0", 0), 0);
    cr_assert_eq(parse("1,234.5", 2), 123450);
    cr_assert_eq(parse("1234567", 0), 1234567);
    cr_assert_eq(parse("12,345,678", 0), 12345678);
    cr_assert_eq(parse("１２３", 0), 123);
    cr_assert_eq(parse(" 42\t", 0), 42);
    cr_assert_eq(parse("　42　", 0), 42);
    cr_assert_eq(parse("-3.10", 1), -31);
    cr_assert_eq(parse("5.000", 0), 5);
    cr_assert_eq(parse("007", 0), 7);
    cr_assert_eq(parse("0.000001", 6), 1);
}

static void assert_refused(const char *text, unsigned decimals, bool is_signed, const char *part)
{
    int64_t units = -77;
    const char *reason = "";
    cr_assert_eq(number_parse_fact(text, decimals, is_signed, &units, &reason), STATUS_INVALID, "%s is accepted", text);
    cr_assert(strstr(reason, part), "%s: %s", text, reason);
    cr_assert_eq(units, -77);
}

Test(number, anything_else_is_refused_with_a_reason)
{
    static const char *const TEXTS[] = {"",        " ",      "x",   "1 000", "1,23",   "1234,567", "12,3456", ",123",
                                        "1,",      "1,,234", ".5",  "5.",    "1.2.3",  "1e3",      "+5",      "0x10",
                                        "#DIV/0!", "—",      "--1", "-",     "1,234,", "1.5,000",  "五",      "∞",
                                        "1\n2",    "nan",    "5%",  "¥5",    "1'000"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        assert_refused(TEXTS[i], 2, true, "is no number");
    assert_refused("-1", 0, false, "negative");
    assert_refused("1.5", 0, true, "whole");
    assert_refused("1.001", 2, true, "more than 2 decimals");
}

Test(number, facts_reach_the_limit_and_no_further)
{
    cr_assert_eq(parse("1000000000000000", 0), FACT_VALUE_MAX);
    cr_assert_eq(parse("-1,000,000,000,000,000", 0), -FACT_VALUE_MAX);
    cr_assert_eq(parse("10000000000000.00", 2), FACT_VALUE_MAX);
    assert_refused("1000000000000001", 0, true, "too large");
    assert_refused("10000000000000.01", 2, true, "too large");
    assert_refused("99999999999999999999999999999999999999999", 0, true, "too large");
    char digits[400];
    memset(digits, '9', sizeof digits);
    digits[sizeof digits - 1] = '\0';
    assert_refused(digits, 6, true, "");
}

Test(number, decimals_are_digits_and_a_point)
{
    int64_t units = 0;
    unsigned decimals = 0;
    cr_assert_eq(number_parse_decimal("12.50", &units, &decimals), STATUS_OK);
    cr_assert(units == 1250 && decimals == 2);
    cr_assert_eq(number_parse_decimal("999999999999999", &units, &decimals), STATUS_OK);
    cr_assert(units == 999999999999999 && decimals == 0);
    static const char *const TEXTS[] = {
        "", ".", "1.", ".5", "-1", "1,000", "1e3", "1 ", "1234567890123456", "1.234567890123456", "1.2.3"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        cr_assert_eq(number_parse_decimal(TEXTS[i], &units, &decimals), STATUS_INVALID, "%s is accepted", TEXTS[i]);
}

static void assert_fact_text(int64_t units, unsigned decimals, const char *wanted)
{
    char text[32];
    number_format_fact(units, decimals, text, sizeof text);
    cr_assert_str_eq(text, wanted);
}

Test(number, facts_are_written_exactly)
{
    assert_fact_text(123450, 2, "1234.50");
    assert_fact_text(-5, 2, "-0.05");
    assert_fact_text(0, 0, "0");
    assert_fact_text(7, 6, "0.000007");
    assert_fact_text(INT64_MIN, 0, "-9223372036854775808");
}

static void assert_double_text(double value, const char *wanted)
{
    char text[32];
    number_format_double(value, text, sizeof text);
    cr_assert_str_eq(text, wanted);
}

Test(number, doubles_are_written_shortest)
{
    assert_double_text(0.1, "0.1");
    assert_double_text(1.0 / 3, "0.3333333333333333");
    assert_double_text(0.1 + 0.2, "0.30000000000000004");
    assert_double_text(-0.0, "0");
    assert_double_text(-1500, "-1500");
    assert_double_text(999999999999999, "999999999999999");
    assert_double_text(1e15, "1e+15");
    assert_double_text(1e-7, "1e-07");
}

Test(number, doubles_read_back_the_same)
{
    unsigned long state = 20250601;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double value;
        memcpy(&value, &state, sizeof value);
        if (value - value != 0)
            continue; /* infinite or none */
        char text[32];
        number_format_double(value, text, sizeof text);
        cr_assert_eq(strtod(text, NULL), value, "%s, seed 20250601", text);
    }
}
