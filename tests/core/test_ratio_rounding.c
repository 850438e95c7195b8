#include "core/limits.h"
#include "core/ratio.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <math.h>

#define TRIALS 3000

/* Facts at random: small, as large as may be, zero, absent, and negative where that is allowed. */
static void fill(uint64_t *state, size_t count, int64_t *out)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = random_below(state, 12);
        int64_t small = (int64_t)random_below(state, 1000), large = (int64_t)random_below(state, FACT_VALUE_MAX);
        out[i] = kind == 0 ? FACT_ABSENT : kind == 1 ? 0 : kind < 4 ? large : kind < 6 ? -small : small;
    }
}

static bool is_same(double a, double b)
{
    return a == b && signbit(a) == signbit(b);
}

Test(ratio_rounding, gives_the_value_that_gmp_gives, .timeout = 60)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    uint64_t state = random_seed("ratio_rounding");
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    size_t values = 0;
    mpq_t exact, same;
    mpq_inits(exact, same, NULL);
    for (size_t trial = 0; trial < TRIALS; trial++) {
        fill(&state, 2 * catalog->fact_count, inputs);
        for (size_t row = 0; row < catalog->row_count; row++) {
            ratio_t ratio;
            ratio_outcome_t kind = ratio_evaluate(catalog->rows[row].formula, inputs, &ratio);
            bool has = formula_evaluate_store(catalog->rows[row].formula, inputs, exact);
            if (kind == RATIO_TOO_LARGE)
                continue;
            cr_assert_eq(has, kind == RATIO_VALUE, "%s", catalog->rows[row].id);
            if (!has)
                continue;
            values++;
            ratio_to_exact(ratio, same);
            cr_assert(mpq_equal(same, exact) && ratio.denominator > 0, "%s", catalog->rows[row].id);
            cr_assert(is_same(ratio_to_double(ratio), formula_to_double(exact)), "%s", catalog->rows[row].id);
        }
    }
    mpq_clears(exact, same, NULL);
    cr_assert(values > TRIALS, "%zu values", values);
}

Test(ratio_rounding, sums_are_divided_first, .timeout = 60)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    uint64_t state = random_seed("ratio_rounding");
    int128_t sums[2 * CATALOG_FACTS_MAX];
    mpq_t exact, same;
    mpq_inits(exact, same, NULL);
    for (size_t trial = 0; trial < TRIALS; trial++) {
        uint64_t divisor = 1 + random_below(&state, 12);
        for (size_t i = 0; i < 2 * catalog->fact_count; i++)
            sums[i] = random_below(&state, 20) ? (int128_t)random_below(&state, 100000) : SUM_ABSENT;
        for (size_t row = 0; row < catalog->row_count; row++) {
            ratio_t ratio;
            ratio_outcome_t kind = ratio_evaluate_sums(catalog->rows[row].formula, sums, divisor, &ratio);
            bool has = formula_evaluate_exact(catalog->rows[row].formula, sums, divisor, exact);
            cr_assert_eq(kind, has ? RATIO_VALUE : RATIO_NONE);
            if (!has)
                continue;
            ratio_to_exact(ratio, same);
            cr_assert(mpq_equal(same, exact), "%s", catalog->rows[row].id);
        }
    }
    mpq_clears(exact, same, NULL);
}

static int128_t random_number(uint64_t *state)
{
    int128_t number = (int128_t)random_below(state, UINT64_MAX) << random_below(state, 60);
    return random_below(state, 2) ? -number : number;
}

Test(ratio_rounding, differences_and_quotients_are_exact_or_do_not_fit, .timeout = 60)
{
    uint64_t state = random_seed("ratio_rounding");
    size_t fits = 0, large = 0;
    mpq_t a, b, exact, same;
    mpq_inits(a, b, exact, same, NULL);
    for (size_t trial = 0; trial < 10 * TRIALS; trial++) {
        ratio_t left = {random_number(&state) >> 40, 1 + (int128_t)random_below(&state, UINT64_C(1) << 50)};
        ratio_t right = {random_number(&state), random_below(&state, 2) ? left.denominator : 1}, out;
        bool divides = random_below(&state, 2) && right.numerator != 0;
        ratio_to_exact(left, a);
        ratio_to_exact(right, b);
        bool ok = divides ? ratio_divide(left, right, &out) : ratio_subtract(left, right, &out);
        fits += ok;
        large += !ok;
        if (!ok)
            continue;
        if (divides)
            mpq_div(exact, a, b);
        else
            mpq_sub(exact, a, b);
        ratio_to_exact(out, same);
        cr_assert(mpq_equal(same, exact) && out.denominator > 0);
        cr_assert(is_same(ratio_to_double(out), formula_to_double(exact)));
    }
    mpq_clears(a, b, exact, same, NULL);
    cr_assert(fits > TRIALS && large > TRIALS, "%zu fit, %zu do not", fits, large);
}

Test(ratio_rounding, ties_round_to_even_and_zero_has_no_sign)
{
    const int128_t big = (int128_t)1 << 53;
    cr_assert(is_same(ratio_to_double((ratio_t){big + 1, 1}), 0x1p53));
    cr_assert(is_same(ratio_to_double((ratio_t){big + 3, 1}), 0x1p53 + 4));
    cr_assert(is_same(ratio_to_double((ratio_t){(big << 60) + ((int128_t)1 << 60) + 1, 1}), 0x1.0000000000001p113));
    cr_assert(is_same(ratio_to_double((ratio_t){-(big + 1), 2}), -0x1p52));
    cr_assert(is_same(ratio_to_double((ratio_t){0, 7}), 0.0));
    cr_assert(is_same(ratio_to_double((ratio_t){1, 3}), 1.0 / 3));
}
