#include "client/times.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static void in_shanghai(void)
{
    setenv("TZ", "CST-8", 1);
    tzset();
}

TestSuite(times, .init = in_shanghai);

Test(times, people_see_their_own_time_and_programs_utc)
{
    char text[TIMES_SIZE];
    cr_assert_str_eq(times_local(UINT64_C(1749519000250), text), "2025-06-10 09:30:00");
    cr_assert_str_eq(times_iso(UINT64_C(1749519000250), text), "2025-06-10T01:30:00.250Z");
}

Test(times, no_time_is_a_dash_or_nothing)
{
    char text[TIMES_SIZE];
    cr_assert_str_eq(times_local(0, text), "—");
    cr_assert_null(times_iso(0, text));
    cr_assert_str_eq(times_local_of_iso("", text), "—");
    cr_assert_str_eq(times_local_of_iso("yesterday", text), "—");
}

Test(times, what_was_written_for_programs_is_shown_to_people)
{
    char text[TIMES_SIZE];
    cr_assert_str_eq(times_local_of_iso("2025-06-10T01:30:00.250Z", text), "2025-06-10 09:30:00");
}
