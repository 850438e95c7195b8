#include "client/moments.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static uint64_t time_of(const char *text, bool ends)
{
    log_place_t moment = {0};
    cr_assert(log_place_parse(text, ends, &moment), "%s", text);
    cr_assert_eq(moment.event, 0);
    return moment.time_ms;
}

Test(moments, a_time_is_read_to_the_millisecond)
{
    use_zone("Asia/Shanghai");
    cr_assert_eq(time_of("2025-06-10T01:30:00.250Z", false), UINT64_C(1749519000250));
    cr_assert_eq(time_of("2025-06-10T09:30:00.250", true), UINT64_C(1749519000250));
    cr_assert_eq(time_of("2025-06-10 09:30", false), UINT64_C(1749519000000));
    cr_assert_eq(time_of("2025-06-10 09:30", true), UINT64_C(1749519059999));
    cr_assert_eq(time_of("2025-06-10T09:30:00", true), UINT64_C(1749519000999));
    cr_assert_eq(time_of("2025-06-10", true) - time_of("2025-06-10", false), 86399999);
    cr_assert_eq(time_of("2025-06-11", false) - time_of("2025-06-10", true), 1);
}

Test(moments, an_entry_is_named_by_its_number)
{
    log_place_t moment;
    cr_assert(log_place_parse("#17", false, &moment));
    cr_assert(moment.event == 17 && moment.time_ms == 0);
}

Test(moments, a_time_may_say_its_zone_or_be_of_a_given_one)
{
    static const struct {
        const char *text, *zone;
        bool ends, is_local;
        uint64_t ms;
    } CASES[] = {
        {"2025-06-10T09:30+08:00", "UTC", false, false, UINT64_C(1749519000000)},
        {"2025-06-09T20:00:00.250-05:30", "UTC", false, false, UINT64_C(1749519000250)},
        {"2025-06-10T01:30Z", "Asia/Shanghai", false, false, UINT64_C(1749519000000)},
        {"2025-06-10T09:30", "Asia/Shanghai", false, true, UINT64_C(1749519000000)},
        {"2025-06-10T01:30", "UTC", false, true, UINT64_C(1749519000000)},
        {"2025-06-10", "Asia/Shanghai", true, true, UINT64_C(1749571199999)},
        {"2025-03-30", "Europe/Berlin", true, true, UINT64_C(1743371999999)}, /* of 23 hours */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        log_place_t moment = {0};
        cr_assert_eq(log_place_is_local(CASES[i].text), CASES[i].is_local, "%s", CASES[i].text);
        cr_assert(log_place_parse_in(CASES[i].text, CASES[i].ends, CASES[i].zone, &moment));
        cr_assert_eq(moment.time_ms, CASES[i].ms, "%s: %llu", CASES[i].text, (unsigned long long)moment.time_ms);
    }
    cr_assert(!log_place_is_local("#7") && !log_place_is_local("now"));
}

Test(moments, anything_else_is_none)
{
    static const char *const NONE[] = {"",
                                       "#",
                                       "#0",
                                       "#017",
                                       "#-1",
                                       "#1x",
                                       "17",
                                       "2025-06",
                                       "2025-13-01",
                                       "2025-00-01",
                                       "2025-04-31",
                                       "2025-06-10T",
                                       "2025-06-10T24:00",
                                       "2025-06-10T09:60",
                                       "2025-06-10T09:30:00.25",
                                       "2025-06-10Z",
                                       "2025-06-10+08:00",
                                       "2025-06-10T09:30+0800",
                                       "2025-06-10T09:30+24:00",
                                       "2025-06-10T09:30Z+08:00",
                                       " 2025-06-10",
                                       "1969-12-31",
                                       "now"};
    log_place_t moment;
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++)
        cr_assert(!log_place_parse(NONE[i], false, &moment), "%s", NONE[i]);
}
