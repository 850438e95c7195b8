#include "core/statistics.h"
#include "tests/core/random_network.h"
#include "tests/core/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>

typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *month;
    scope_slots_t nation;
    row_order_t *order; /* of the row dealt last */
    picks_t picks;
} case_t;

/* `count` stores of one region with the facts given. */
static void case_open(case_t *out, const int64_t (*facts)[5], uint32_t count)
{
    static char codes[64][4];
    network_region_line_t region = {"r", "", "", 2};
    network_dealer_line_t dealers[64];
    network_membership_line_t memberships[64];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(codes[i], sizeof codes[i], "D%02u", (unsigned)i % 100);
        dealers[i] = (network_dealer_line_t){codes[i], "", "", 0};
        memberships[i] = (network_membership_line_t){codes[i], "r", period_make(2025, 1), 0};
    }
    CLEANUP(faults_fini) faults_t faults = {0};
    *out = (case_t){.catalog = test_catalog()};
    cr_assert_eq(network_build(&(network_lines_t){&region, 1, dealers, count, memberships, count, NULL, 0},
                               &out->network, &faults),
                 STATUS_OK);
    out->month = month_create(out->catalog, out->network, period_make(2025, 6));
    for (uint32_t i = 0; i < count; i++)
        month_set(out->month, i, facts[i], false);
    cr_assert_eq(scope_slots_init(out->month, (scope_t){SCOPE_NATION, 0}, &out->nation), STATUS_OK);
}

static void case_close(case_t *open)
{
    order_destroy(&open->order);
    scope_slots_fini(&open->nation);
    month_destroy(&open->month);
    network_destroy(&open->network);
    catalog_destroy(&open->catalog);
}

static const picks_t *deal(case_t *open, const char *row, const row_t **out_row)
{
    size_t index = catalog_find_row(open->catalog, row);
    order_destroy(&open->order);
    open->order = order_make(open->month, &open->catalog->rows[index], &open->nation);
    cr_assert_not_null(open->order);
    open->picks = (picks_t){open->order, NULL, open->order->count};
    *out_row = &open->catalog->rows[index];
    return &open->picks;
}

#define LARGE INT64_C(1000000000000000)

/* n/(n-1) against (n-1)/(n-2): the doubles are equal or neighbours, the fractions are not. */
Test(statistics, fractions_that_share_a_double_are_still_told_apart)
{
    static const int64_t facts[][5] = {{0, LARGE - 1, LARGE, 0, 0},
                                       {0, LARGE - 2, LARGE - 1, 0, 0},
                                       {0, LARGE - 3, LARGE - 2, 0, 0},
                                       {0, LARGE - 2, LARGE - 1, 0, 0}};
    case_t open;
    const row_t *row;
    case_open(&open, facts, 4);
    const picks_t *picks = deal(&open, "rate", &row);
    const uint32_t slots[] = {2, 1, 3, 0};
    const uint8_t equal[] = {0, 0, ORDER_EQUAL, 0};
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(picks->order->slots[i], slots[i], "place %u", i);
        cr_assert_eq(picks->order->marks[i] & ORDER_EQUAL, equal[i], "place %u", i);
    }
    case_close(&open);
}

/* The same through a row that no shortcut covers: a sum of two quotients. */
Test(statistics, rows_beyond_the_shortcut_are_told_apart_too)
{
    static const int64_t facts[][5] = {{0, LARGE - 1, LARGE, 2, 1},
                                       {0, LARGE - 2, LARGE - 1, 2, 1},
                                       {0, LARGE - 3, LARGE - 2, 2, 1},
                                       {0, LARGE - 2, LARGE - 1, 4, 2}};
    case_t open;
    const row_t *row;
    case_open(&open, facts, 4);
    const picks_t *picks = deal(&open, "mixed", &row);
    const uint32_t slots[] = {2, 1, 3, 0};
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(picks->order->slots[i], slots[i], "place %u", i);
    cr_assert(order_is_equal(picks->order, 1, 2) && !order_is_equal(picks->order, 0, 2) &&
              !order_is_equal(picks->order, 2, 3));
    case_close(&open);
}

/* 1/3 - 1/3 in two writings: rounded they need not cancel, exactly they do. */
Test(statistics, values_that_cancel_have_an_exact_mean)
{
    static const int64_t facts[][5] = {{0, 3, 0, 100, 0}, {0, 21, 0, -700, 0}, {0, 1000, 0, 1, 0}};
    case_t open;
    const row_t *row;
    case_open(&open, facts, 3);
    const picks_t *picks = deal(&open, "margin", &row);
    cr_assert_float_eq(statistics_mean(open.month, row, &open.nation, picks), 1e-5 / 3, 1e-18);
    case_close(&open);
    case_open(&open, facts, 2);
    cr_assert(statistics_mean(open.month, row, &open.nation, deal(&open, "margin", &row)) == 0);
    case_close(&open);
}

Test(statistics, quantiles_between_two_signs_are_exact)
{
    static const int64_t facts[][5] = {{0, 3, 0, -100, 0}, {0, 999999999, 0, 33333333400, 0}};
    case_t open;
    const row_t *row;
    case_open(&open, facts, 2);
    const picks_t *picks = deal(&open, "margin", &row);
    mpq_t expected;
    mpq_init(expected);
    mpq_set_str(expected, "333333334/1999999998", 10); /* (333333334/999999999 - 1/3) / 2 */
    mpq_canonicalize(expected);
    mpq_t sixth;
    mpq_init(sixth);
    mpq_set_ui(sixth, 1, 6);
    mpq_sub(expected, expected, sixth);
    expect_near("median", true, expected, statistics_quantile(open.month, row, picks, 2));
    mpq_clears(expected, sixth, NULL);
    case_close(&open);
}

Test(statistics, a_denominator_at_min_base_is_eligible_and_one_below_is_not)
{
    static const int64_t facts[][5] = {{500, 3, 0, 0, 0}, {500, 2, 0, 0, 0}};
    case_t open;
    const row_t *row;
    case_open(&open, facts, 2);
    const picks_t *picks = deal(&open, "cost", &row); /* the lower cost is the better one */
    cr_assert(picks->order->slots[0] == 0 && picks->order->marks[0] & ORDER_ELIGIBLE);
    cr_assert(!(picks->order->marks[1] & ORDER_ELIGIBLE));
    cr_assert_float_eq(statistics_best(row, picks), 5.0 / 3, 1e-15);
    case_close(&open);
}
