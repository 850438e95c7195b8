/* Months and due days in the network's time zone. */
#include "hub/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define HOUR UINT64_C(3600000)
/* 2025-07-01 00:00 in Shanghai is 2025-06-30 16:00 UTC. */
#define JULY ((wall_time_t){UINT64_C(1751299200000)})

Test(clock, a_month_begins_when_it_does_in_the_time_zone)
{
    cr_assert(clock_init("Asia/Shanghai"));
    cr_assert_eq(clock_period(JULY), period_make(2025, 7));
    cr_assert_eq(clock_period((wall_time_t){JULY.ms - 1}), period_make(2025, 6));
    cr_assert(clock_init("America/New_York"));
    cr_assert_eq(clock_period(JULY), period_make(2025, 6));
}

Test(clock, a_month_is_late_when_the_due_day_of_the_next_is_over)
{
    cr_assert(clock_init("Asia/Shanghai"));
    wall_time_t eleventh = {JULY.ms + 10 * 24 * HOUR};
    cr_assert(!clock_is_late(period_make(2025, 6), 10, (wall_time_t){eleventh.ms - 1}));
    cr_assert(clock_is_late(period_make(2025, 6), 10, eleventh));
    cr_assert(clock_is_late(period_make(2025, 5), 10, JULY));
    cr_assert(!clock_is_late(period_make(2025, 7), 10, eleventh));
}

Test(clock, a_day_s_moment_is_that_of_the_time_zone)
{
    wall_time_t moment = {0};
    char text[CLOCK_TEXT_SIZE];
    cr_assert(clock_init("Asia/Shanghai"));
    cr_assert(clock_moment(20250701, 0, &moment));
    cr_assert_eq(moment.ms, JULY.ms);
    cr_assert(clock_moment(20250701, 61, &moment));
    cr_assert_eq(moment.ms, JULY.ms + 61 * 60000);
    cr_assert(clock_moment(20250630, CLOCK_DAY_MINUTES, &moment));
    cr_assert_eq(moment.ms, JULY.ms - 1, "the day's last millisecond");
    cr_assert_str_eq(clock_format(moment.ms, text), "2025-06-30 23:59 +08:00");
    cr_assert_str_eq(clock_format(UINT64_C(253402300800000) * 10, text), "", "too long a year");
    static const uint32_t NO_DAYS[] = {0, 20250631, 20250229, 20250700, 20251301, 18991231, UINT32_MAX};
    for (size_t i = 0; i < sizeof NO_DAYS / sizeof *NO_DAYS; i++)
        cr_assert(!clock_moment(NO_DAYS[i], 0, &moment), "%u", NO_DAYS[i]);
    cr_assert(!clock_moment(20250630, CLOCK_DAY_MINUTES + 1, &moment));
    cr_assert_eq(moment.ms, JULY.ms - 1, "untouched");
}

Test(clock, an_hour_that_is_skipped_or_comes_twice_is_one_moment_of_its_day)
{
    wall_time_t first = {0}, end = {0};
    cr_assert(clock_init("America/New_York"));
    cr_assert(clock_moment(20250309, 0, &first) && clock_moment(20250309, CLOCK_DAY_MINUTES, &end));
    cr_assert_eq(end.ms + 1 - first.ms, 23 * HOUR);
    cr_assert(clock_moment(20251102, 0, &first) && clock_moment(20251102, CLOCK_DAY_MINUTES, &end));
    cr_assert_eq(end.ms + 1 - first.ms, 25 * HOUR);
}

Test(clock, an_unknown_zone_is_no_utc)
{
    cr_assert(!clock_init("Asia/Nowhere"));
    cr_assert(!clock_init("../../etc/passwd"));
    cr_assert(!clock_init(""));
}

Test(clock, a_test_may_stop_it)
{
    cr_assert_eq(setenv("YARDSTICK_TEST_NOW_MS", "1751299200000", 1), 0);
    cr_assert(clock_init("Asia/Shanghai"));
    cr_assert_eq(clock_wall().ms, JULY.ms);
}
