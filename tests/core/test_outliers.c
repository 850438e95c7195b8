/* Scores of values that were worked out by hand. */
#include "core/answers.h"
#include "core/outliers.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST         64

typedef struct {
    catalog_t *catalog;
    outlier_scale_t scale;
} case_t;

static case_t open_case(const char *row)
{
    case_t made = {.catalog = test_catalog()};
    made.scale = outlier_scale_of(made.catalog, &made.catalog->rows[catalog_find_row(made.catalog, row)]);
    return made;
}

static void close_case(case_t *open)
{
    catalog_destroy(&open->catalog);
}

/* The score of a value among others of base `base_of_others`. */
static double score(const case_t *of, bool is_relative, const double *others, size_t count, double base_of_others,
                    outlier_point_t own)
{
    outlier_point_t points[MOST];
    double room[MOST];
    cr_assert_leq(count, MOST);
    for (size_t i = 0; i < count; i++)
        points[i] = (outlier_point_t){others[i], base_of_others};
    outlier_reference_t reference = outlier_reference(&of->scale, is_relative, points, count, room);
    return outlier_score(&of->scale, &reference, own);
}

static void assert_near(double actual, double expected)
{
    cr_assert_float_eq(actual, expected, 1e-3, "%.6f instead of %.6f", actual, expected);
}

static const double RATES[] = {0.10, 0.12, 0.11, 0.13, 0.09, 0.11}; /* median 0.11, MAD 0.01 */
static const double HUNDREDS[] = {100, 100, 100, 100, 100, 100};

Test(outliers, median_and_mad_are_those_of_the_points_that_count)
{
    CLEANUP(close_case) case_t rate = open_case("rate");
    outlier_point_t points[COUNT(RATES) + 2];
    double room[COUNT(points)];
    for (size_t i = 0; i < COUNT(RATES); i++)
        points[i] = (outlier_point_t){RATES[i], 50 + 10 * (double)i};
    points[6] = (outlier_point_t){0.9, 4};        /* 4 visits: less than OUTLIER_BASE_MIN */
    points[7] = (outlier_point_t){NO_VALUE, 100}; /* no value */
    outlier_reference_t reference = outlier_reference(&rate.scale, false, points, COUNT(points), room);
    cr_assert_eq(reference.count, 6);
    assert_near(reference.median, 0.11);
    assert_near(reference.spread, 0.014826);
    assert_near(reference.base, 75);
}

Test(outliers, a_share_is_allowed_what_chance_makes_of_its_base)
{
    CLEANUP(close_case) case_t rate = open_case("rate");
    /* sqrt(100 * 0.11 * 0.89) / 100 = 0.0312890 is more than 1.4826 * 0.01: 0.2 / 0.031289. */
    assert_near(score(&rate, false, RATES, COUNT(RATES), 100, (outlier_point_t){0.31, 100}), 6.39202);
    /* The same jump of a quarter of the base: 0.2 / (sqrt(25 * 0.11 * 0.89) / 25), below the threshold. */
    assert_near(score(&rate, false, RATES, COUNT(RATES), 100, (outlier_point_t){0.31, 25}), 3.19601);
    cr_assert(!outlier_counts(&rate.scale, (outlier_point_t){0.31, 4}));
    cr_assert(outlier_counts(&rate.scale, (outlier_point_t){0.31, 5}));
}

Test(outliers, the_rows_min_base_decides_where_it_has_one)
{
    CLEANUP(close_case) case_t cost = open_case("cost"); /* money / visits, min_base 3 */
    cr_assert(outlier_counts(&cost.scale, (outlier_point_t){10, 3}));
    cr_assert(!outlier_counts(&cost.scale, (outlier_point_t){10, 2}));
    cr_assert(!outlier_counts(&cost.scale, (outlier_point_t){10, NO_VALUE}));
}

Test(outliers, an_amount_for_each_of_few_things_varies_with_their_root)
{
    CLEANUP(close_case) case_t cost = open_case("cost");
    /* 100 / sqrt(25) = 20: 100 above. */
    assert_near(score(&cost, false, HUNDREDS, COUNT(HUNDREDS), 25, (outlier_point_t){200, 25}), 5);
    assert_near(score(&cost, false, HUNDREDS, COUNT(HUNDREDS), 25, (outlier_point_t){200, 4}), 2);
}

Test(outliers, a_spread_among_large_bases_grows_for_a_small_one)
{
    CLEANUP(close_case) case_t nested = open_case("nested"); /* its denominator is a ratio: no chance is known */
    static const double VALUES[] = {8, 9, 10, 10, 11, 12};   /* median 10, MAD 1 */
    assert_near(score(&nested, false, VALUES, COUNT(VALUES), 1, (outlier_point_t){20, 1}), 10 / 1.4826);
    assert_near(score(&nested, false, VALUES, COUNT(VALUES), 1, (outlier_point_t){20, 0.25}), 10 / 1.4826 / 2);
    assert_near(score(&nested, false, VALUES, COUNT(VALUES), 1, (outlier_point_t){20, 4}), 10 / 1.4826);
}

Test(outliers, a_doubling_and_a_halving_weigh_alike)
{
    CLEANUP(close_case) case_t money = open_case("money");
    static const double VALUES[] = {50, 100, 100, 200, 25, 400}; /* logarithms: MAD ln 2 */
    double up = score(&money, true, VALUES, COUNT(VALUES), NO_VALUE, (outlier_point_t){1600, NO_VALUE});
    double down = score(&money, true, VALUES, COUNT(VALUES), NO_VALUE, (outlier_point_t){6.25, NO_VALUE});
    assert_near(up, 4 / 1.4826);
    assert_near(down, -up);
}

Test(outliers, a_mad_of_zero_has_a_floor)
{
    CLEANUP(close_case) case_t money = open_case("money");
    /* ln 1.10 / ln 1.05 and ln 2 / ln 1.05. */
    assert_near(score(&money, true, HUNDREDS, COUNT(HUNDREDS), NO_VALUE, (outlier_point_t){110, NO_VALUE}), 1.95349);
    assert_near(score(&money, true, HUNDREDS, COUNT(HUNDREDS), NO_VALUE, (outlier_point_t){200, NO_VALUE}), 14.20670);
    cr_assert_eq(score(&money, true, HUNDREDS, COUNT(HUNDREDS), NO_VALUE, (outlier_point_t){100, NO_VALUE}), 0);
}

Test(outliers, a_count_is_allowed_its_root)
{
    CLEANUP(close_case) case_t visits = open_case("visits");
    static const double FEW[] = {4, 4, 4, 4, 4, 4};
    assert_near(score(&visits, true, HUNDREDS, COUNT(HUNDREDS), NO_VALUE, (outlier_point_t){200, NO_VALUE}), 6.93147);
    assert_near(score(&visits, true, FEW, COUNT(FEW), NO_VALUE, (outlier_point_t){8, NO_VALUE}), 1.38629);
    assert_near(score(&visits, false, FEW, COUNT(FEW), NO_VALUE, (outlier_point_t){0, NO_VALUE}), -2);
}

Test(outliers, a_zero_is_judged_on_the_rows_own_scale_and_scores_are_cut)
{
    CLEANUP(close_case) case_t money = open_case("money");
    static const double VALUES[] = {80, 90, 100, 100, 110, 120}; /* median 100, MAD 10 */
    assert_near(score(&money, false, VALUES, COUNT(VALUES), NO_VALUE, (outlier_point_t){0, NO_VALUE}), -100 / 14.826);
    cr_assert_eq(score(&money, false, HUNDREDS, COUNT(HUNDREDS), NO_VALUE, (outlier_point_t){-900, NO_VALUE}),
                 -OUTLIER_SCORE_MAX);
}

Test(outliers, something_where_there_was_nothing_has_a_score_of_its_own)
{
    CLEANUP(close_case) case_t money = open_case("money");
    static const double NOTHING[] = {0, 0, 0, 0, 0, 0};
    cr_assert_eq(score(&money, false, NOTHING, COUNT(NOTHING), NO_VALUE, (outlier_point_t){1, NO_VALUE}),
                 OUTLIER_SCORE_NEW);
    cr_assert_eq(score(&money, false, NOTHING, COUNT(NOTHING), NO_VALUE, (outlier_point_t){0, NO_VALUE}), 0);
}
