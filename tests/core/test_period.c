#include "core/period.h"

#include <criterion/criterion.h>

TestSuite(period, .timeout = 10);

Test(period, months_count_on_across_years)
{
    cr_assert_eq(period_make(2025, 1) - 1, period_make(2024, 12));
    cr_assert_eq(period_year(period_make(2025, 12)), 2025);
    cr_assert_eq(period_month(period_make(2025, 12)), 12);
}

Test(period, years_and_months_outside_are_none)
{
    cr_assert_eq(period_make(1899, 12), PERIOD_NONE);
    cr_assert_neq(period_make(1900, 1), PERIOD_NONE);
    cr_assert_neq(period_make(2199, 12), PERIOD_NONE);
    cr_assert_eq(period_make(2200, 1), PERIOD_NONE);
    cr_assert_eq(period_make(2025, 0), PERIOD_NONE);
    cr_assert_eq(period_make(2025, 13), PERIOD_NONE);
}

Test(period, text_reads_back)
{
    char text[PERIOD_TEXT_SIZE];
    period_t period = 7;
    period_format(period_make(2025, 6), text);
    cr_assert_str_eq(text, "2025-06");
    cr_assert(period_parse(text, &period));
    cr_assert_eq(period, period_make(2025, 6));
}

Test(period, other_text_is_refused)
{
    static const char *const TEXTS[] = {"",        "2025",    "2025-6",      "2025-006", "2025-13",
                                        "2025-00", "2025/06", "2025-06 ",    " 2025-06", "202506",
                                        "-025-06", "2025--6", "２０２５-06", "1899-12"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        period_t period = 7;
        cr_assert(!period_parse(TEXTS[i], &period), "%s is accepted", TEXTS[i]);
        cr_assert_eq(period, 7);
    }
}

Test(period, numbers_read_back_and_others_are_none)
{
    cr_assert_eq(period_to_number(period_make(2025, 6)), 202506);
    cr_assert_eq(period_from_number(202506), period_make(2025, 6));
    static const uint32_t NUMBERS[] = {0, 6, 2025, 202500, 202513, 189912, 220001, 4294967295u};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        cr_assert_eq(period_from_number(NUMBERS[i]), PERIOD_NONE, "%u is accepted", NUMBERS[i]);
}
