/* Dates and times as people type them. */
#include "core/moment.h"

#include <criterion/criterion.h>

Test(moment, a_date_is_its_end_and_a_time_without_a_zone_is_the_network_s)
{
    moment_t moment;
    cr_assert(moment_parse("2025-06-30", &moment));
    cr_assert(moment.ms == 0 && moment.day == 20250630 && moment.minute == MOMENT_DAY_MINUTES);
    cr_assert(moment_parse("2024-02-29 18:05", &moment));
    cr_assert(moment.ms == 0 && moment.day == 20240229 && moment.minute == 18 * 60 + 5);
    cr_assert(moment_parse("2025-06-30T00:00", &moment));
    cr_assert(moment.day == 20250630 && moment.minute == 0);
}

Test(moment, a_time_with_a_zone_is_a_moment_of_the_world_s)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } CASES[] = {
        {"2025-06-30T16:00:00Z", UINT64_C(1751299200000)},      {"2025-06-30T16:00Z", UINT64_C(1751299200000)},
        {"2025-07-01T00:00+08:00", UINT64_C(1751299200000)},    {"2025-06-30 12:00:07-04:00", UINT64_C(1751299207000)},
        {"2025-07-01T05:45:00+05:45", UINT64_C(1751328000000)}, {"1970-01-01T00:01:00Z", 60000},
        {"2000-02-29T23:59:59Z", UINT64_C(951868799000)},       {"2199-12-31T23:59:59Z", UINT64_C(7258118399000)},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        moment_t moment = {0};
        cr_assert(moment_parse(CASES[i].text, &moment), "%s", CASES[i].text);
        cr_assert_eq(moment.ms, CASES[i].ms, "%s: %llu", CASES[i].text, (unsigned long long)moment.ms);
    }
}

Test(moment, anything_else_is_none)
{
    static const char *const TEXTS[] = {
        "",
        "2025",
        "2025-06",
        "2025-6-30",
        "2025-06-31",
        "2025-02-29",
        "2025-13-01",
        "2025-00-01",
        "2025-06-00",
        "1969-12-31",
        "2200-01-01",
        "2025-06-30 ",
        "2025-06-30T",
        "2025-06-30T24:00",
        "2025-06-30T18:60",
        "2025-06-30T18:00:60Z",
        "2025-06-30T18:00:00",
        "2025-06-30T18",
        "2025-06-30T18:00z",
        "2025-06-30T18:00+8",
        "2025-06-30T18:00+15:00",
        "2025-06-30T18:00Zx",
        "1970-01-01T00:00Z",
        "tomorrow",
        "２025-06-30",
        "2025-06-30 18:00 ",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        moment_t moment = {.ms = 7};
        cr_assert(!moment_parse(TEXTS[i], &moment), "%s", TEXTS[i]);
        cr_assert_eq(moment.ms, 7, "untouched");
    }
}
