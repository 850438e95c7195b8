#include "core/exact_sum.h"

#include "core/formula.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS       2000
#define VALUES_MAX 40

static uint64_t state;

static uint64_t draw(void)
{
    uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void seed_runs(void)
{
    const char *given = getenv("YARDSTICK_SEED");
    state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "exact_sum: YARDSTICK_SEED=%llu\n", (unsigned long long)state);
}

/* Doubles of one run: of any size or of like size, of few or of many bits, so that ties and cancelling happen. */
static double random_double(int spread, bool coarse)
{
    double fraction = coarse ? (double)(draw() % 16) : (double)(draw() >> 11);
    double value = ldexp(fraction, spread ? (int)(draw() % (unsigned)spread) - spread * 21 / 40 : 0);
    return draw() % 3 == 0 ? -value : value;
}

static double exactly_over(const double *values, size_t count, uint32_t n)
{
    mpq_t sum, term;
    mpq_inits(sum, term, NULL);
    for (size_t i = 0; i < count; i++) {
        mpq_set_d(term, values[i]);
        mpq_add(sum, sum, term);
    }
    mpq_set_ui(term, n, 1);
    mpq_div(sum, sum, term);
    double nearest = formula_to_double(sum);
    mpq_clears(sum, term, NULL);
    return nearest;
}

Test(exact_sum, sums_are_the_nearest_doubles_of_the_exact_ones)
{
    static const int SPREADS[] = {0, 4, 60, 600, 2040};
    seed_runs();
    for (int run = 0; run < RUNS; run++) {
        double values[VALUES_MAX];
        size_t count = draw() % (VALUES_MAX + 1);
        int spread = SPREADS[draw() % 5];
        bool coarse = draw() % 2;
        uint32_t n = draw() % 4 == 0 ? UINT32_MAX - (uint32_t)(draw() % 9) : 1 + (uint32_t)(draw() % 50);
        exact_sum_t sum = {0};
        for (size_t i = 0; i < count; i++)
            exact_sum_add(&sum, values[i] = random_double(spread, coarse));
        double expected = exactly_over(values, count, n), got = exact_sum_over(&sum, n);
        cr_assert_eq(got, expected, "run %d, %zu values over %u: %a, not %a", run, count, n, got, expected);
    }
}

Test(exact_sum, the_smallest_and_the_largest_doubles_are_summed)
{
    exact_sum_t sum = {0};
    exact_sum_add(&sum, DBL_TRUE_MIN);
    cr_assert_eq(exact_sum_over(&sum, 1), DBL_TRUE_MIN);
    cr_assert_eq(exact_sum_over(&sum, 2), 0); /* a tie, to even */
    exact_sum_add(&sum, DBL_TRUE_MIN);
    exact_sum_add(&sum, DBL_TRUE_MIN);
    cr_assert_eq(exact_sum_over(&sum, 2), 2 * DBL_TRUE_MIN);
    for (int i = 0; i < 1000; i++)
        exact_sum_add(&sum, DBL_MAX);
    cr_assert_eq(exact_sum_over(&sum, 1000), DBL_MAX);
    cr_assert(isinf(exact_sum_over(&sum, 1)));
    for (int i = 0; i < 1000; i++)
        exact_sum_subtract(&sum, DBL_MAX);
    cr_assert_eq(exact_sum_over(&sum, 3), DBL_TRUE_MIN);
}

/* 2^54 + 2 lies midway between two doubles and goes to the even one; anything above it, however small, does not. */
Test(exact_sum, what_is_left_of_a_division_breaks_a_tie)
{
    for (int exponent = 1; exponent < 200; exponent++) {
        exact_sum_t sum = {0};
        exact_sum_add(&sum, 3 * 0x1p54);
        exact_sum_add(&sum, 3);
        cr_assert_eq(exact_sum_over(&sum, 3), 0x1p54);
        exact_sum_add(&sum, 3);
        cr_assert_eq(exact_sum_over(&sum, 3), 0x1p54);
        exact_sum_add(&sum, ldexp(1, -exponent));
        cr_assert_eq(exact_sum_over(&sum, 3), 0x1p54 + 4, "2^-%d", exponent);
    }
}

/* More additions to one chunk than it has room for between two settlings. */
Test(exact_sum, many_additions_do_not_spill)
{
    exact_sum_t sum = {0};
    double value = nextafter(2, 0);
    for (int i = 0; i < 100000; i++)
        exact_sum_add(&sum, value);
    cr_assert_eq(exact_sum_over(&sum, 100000), value);
    for (int i = 0; i < 100001; i++)
        exact_sum_subtract(&sum, value);
    cr_assert_eq(exact_sum_over(&sum, 1), -value);
}

/* In whatever order, merged or one by one, with others put in and taken out again. */
Test(exact_sum, means_do_not_depend_on_how_they_came_about)
{
    seed_runs();
    for (int run = 0; run < RUNS; run++) {
        double values[VALUES_MAX], noise = random_double(600, false), left = -1, right = -2;
        size_t count = 1 + draw() % VALUES_MAX, cut = draw() % count;
        exact_mean_t forward = {0}, first = {0}, second = {0};
        for (size_t i = 0; i < count; i++)
            exact_mean_add(&forward, values[i] = random_double(60, run % 2));
        exact_mean_add_all(&first, values, cut);
        exact_mean_add(&first, noise);
        for (size_t i = count; i > cut; i--)
            exact_mean_add(&second, values[i - 1]);
        exact_mean_merge(&second, &first);
        exact_mean_subtract(&second, noise);
        bool has = exact_mean_of(&forward, (uint32_t)count, &left);
        cr_assert_eq(exact_mean_of(&second, (uint32_t)count, &right), has);
        cr_assert(!has || (left == right && left == exactly_over(values, count, (uint32_t)count)));
    }
}

/* Many values at once: of like sizes, of any, with one far off, tiny or negative among them. */
Test(exact_sum, many_values_at_once_are_summed_as_one_by_one)
{
    static double values[5000];
    seed_runs();
    for (int run = 0; run < 300; run++) {
        size_t count = draw() % 5000;
        int spread = (int)(draw() % 5) * 20, shift = draw() % 4 ? 0 : (int)(draw() % 1900) - 1000;
        bool coarse = draw() % 2, some_negative = draw() % 4 == 0;
        exact_mean_t together = {0}, one_by_one = {0};
        uint32_t valued = 0;
        for (size_t i = 0; i < count; i++) {
            double value = ldexp(random_double(spread, coarse), shift - 53);
            values[i] = draw() % 20 == 0 ? NAN : some_negative && draw() % 500 == 0 ? -fabs(value) : fabs(value);
            if (draw() % 3000 == 0)
                values[i] = ldexp(1 + (double)(draw() % 1000) / 1000, (int)(draw() % 1900) - 1000);
            if (isnan(values[i]))
                continue;
            exact_mean_add(&one_by_one, values[i]);
            valued++;
        }
        exact_mean_add_all(&together, values, count);
        double left = -1, right = -1;
        bool has = exact_mean_of(&one_by_one, valued + 1, &left);
        cr_assert_eq(exact_mean_of(&together, valued + 1, &right), has, "run %d", run);
        cr_assert_eq(left, right, "run %d: %a, not %a", run, right, left);
        for (size_t i = 0; i < count; i++)
            if (!isnan(values[i]))
                exact_mean_subtract(&together, values[i]);
        cr_assert_eq(exact_sum_over(&together.positive, 1), 0, "run %d", run);
        cr_assert_eq(exact_sum_over(&together.negative, 1), 0, "run %d", run);
    }
}

Test(exact_sum, a_mean_whose_values_cancel_is_told)
{
    double mean = 5;
    exact_mean_t sums = {0};
    cr_assert(exact_mean_of(&sums, 3, &mean) && mean == 0);
    exact_mean_add_all(&sums, (double[]){1000, NAN, -997}, 3);
    cr_assert(exact_mean_of(&sums, 2, &mean) && mean == 1.5);
    exact_mean_add(&sums, -3);
    cr_assert(!exact_mean_of(&sums, 3, &mean) && mean == 1.5);
}
