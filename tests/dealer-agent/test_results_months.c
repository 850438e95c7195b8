#include "dealer-agent/results_months.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static arena_t *arena;
static results_month_t *months;
static size_t count;

static void begin(void)
{
    arena = arena_create(1u << 22);
}

static void end(void)
{
    arena_destroy(&arena);
}

TestSuite(results_months, .init = begin, .fini = end);

Test(results_months, each_store_has_each_month_once_and_in_order)
{
    static const char *const DEALERS[] = {"B", "A"};
    period_t may = period_make(2025, 5), june = period_make(2025, 6);
    period_t periods[] = {june, may, june};
    cr_assert_eq(results_months_cross(DEALERS, 2, periods, 3, arena, &months, &count), STATUS_OK);
    cr_assert_eq(count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_eq(months[i].dealer, i < 2 ? "A" : "B");
        cr_assert_eq(months[i].period, i % 2 ? june : may);
    }
}

Test(results_months, no_months_are_none)
{
    cr_assert_eq(results_months_cross(NULL, 0, NULL, 0, arena, &months, &count), STATUS_OK);
    cr_assert_eq(count, 0);
}

Test(results_months, a_run_has_a_cap)
{
    static const char *dealers[RESULTS_MONTHS_MAX + 1];
    period_t june = period_make(2025, 6);
    for (size_t i = 0; i <= RESULTS_MONTHS_MAX; i++)
        dealers[i] = arena_printf(arena, "D%05zu", i);
    cr_assert_eq(results_months_cross(dealers, RESULTS_MONTHS_MAX, &june, 1, arena, &months, &count), STATUS_OK);
    cr_assert_eq(count, RESULTS_MONTHS_MAX);
    cr_assert_eq(results_months_cross(dealers, RESULTS_MONTHS_MAX + 1, &june, 1, arena, &months, &count), STATUS_LIMIT);
}

Test(results_months, years_are_those_that_the_months_touch)
{
    static const char *const DEALERS[] = {"A", "B"};
    period_t periods[] = {period_make(2024, 12), period_make(2025, 1), period_make(2025, 6)};
    results_year_t *years = NULL;
    size_t year_count = 0;
    cr_assert_eq(results_months_cross(DEALERS, 2, periods, 3, arena, &months, &count), STATUS_OK);
    cr_assert_eq(results_years(months, count, arena, &years, &year_count), STATUS_OK);
    cr_assert_eq(year_count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_eq(years[i].dealer, DEALERS[i / 2]);
        cr_assert_eq(years[i].year, i % 2 ? 2025 : 2024);
    }
}
