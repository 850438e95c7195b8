#include "dealer-agent/results_months.h"

#include "support.h"

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

/* ---- What was delivered ---- */

static directory_t home;
static outbox_t *outbox;

/* Adds a month and delivers it. */
static void deliver(const char *dealer, period_t period, int64_t value)
{
    receipt_t receipt = receipt_of(1);
    uint64_t number = add_one(outbox, dealer, period, value);
    OK(put_receipt(outbox, number, &receipt));
}

static uint64_t settled_of(uint64_t number)
{
    filing_t filing;
    OK(outbox_get(outbox, number, arena, &filing));
    return filing.settled_ms;
}

static void begin_outbox(void)
{
    begin();
    home = directory_make();
    outbox = outbox_at(&home);
}

static void end_outbox(void)
{
    outbox_close(&outbox);
    directory_remove(&home);
    end();
}

TestSuite(results_delivered, .init = begin_outbox, .fini = end_outbox, .timeout = 60);

Test(results_delivered, are_the_newest_of_each_store_and_those_that_came_since)
{
    period_t newest = period_make(2025, 6);
    for (int i = 0; i < RESULTS_RECENT_MONTHS + 2; i++) {
        deliver("A", newest - i, i);
        deliver("B", newest - 12 * i, i);
    }
    OK(results_delivered(outbox, NULL, 0, 100, arena, &months, &count));
    cr_assert_eq(count, 2 * (RESULTS_RECENT_MONTHS + 2), "all of them");
    OK(results_delivered(outbox, NULL, UINT64_MAX, 100, arena, &months, &count));
    cr_assert_eq(count, 2 * RESULTS_RECENT_MONTHS);
    for (size_t i = 0; i < count; i++) {
        period_t back = RESULTS_RECENT_MONTHS - 1 - (period_t)i % RESULTS_RECENT_MONTHS;
        bool is_first = i < RESULTS_RECENT_MONTHS;
        cr_assert_str_eq(months[i].dealer, is_first ? "A" : "B");
        cr_assert_eq(months[i].period, newest - (is_first ? back : 12 * back));
    }
    OK(results_delivered(outbox, "A", UINT64_MAX, 100, arena, &months, &count));
    cr_assert_eq(count, RESULTS_RECENT_MONTHS);
}

Test(results_delivered, an_older_month_that_came_since_is_among_them)
{
    period_t newest = period_make(2025, 6);
    for (int i = 0; i < RESULTS_RECENT_MONTHS; i++)
        deliver("A", newest - i, i);
    deliver("A", newest - 50, 1);
    uint64_t since = settled_of(RESULTS_RECENT_MONTHS + 1);
    OK(results_delivered(outbox, NULL, since, 100, arena, &months, &count));
    cr_assert_eq(count, RESULTS_RECENT_MONTHS + 1);
    cr_assert_eq(months[0].period, newest - 50);
    OK(results_delivered(outbox, NULL, since + 1, 100, arena, &months, &count));
    cr_assert_eq(count, RESULTS_RECENT_MONTHS);
}

Test(results_delivered, a_run_may_have_its_cap_of_months_however_often_they_came)
{
    for (int i = 0; i < 3; i++)
        deliver("A", JUNE + i, i);
    deliver("A", JUNE, 5);
    OK(results_delivered(outbox, NULL, 0, 3, arena, &months, &count));
    cr_assert_eq(count, 3);
    cr_assert_eq(results_delivered(outbox, NULL, 0, 2, arena, &months, &count), STATUS_LIMIT);
    deliver("B", JUNE, 1);
    cr_assert_eq(results_delivered(outbox, NULL, 0, 3, arena, &months, &count), STATUS_LIMIT);
    OK(results_delivered(outbox, "A", 0, 3, arena, &months, &count));
}
