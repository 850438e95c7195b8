/* Formulas that are sums of facts with whole factors, or one such sum divided by another: most rows of a catalog. For
 * these the formula of sums is the sum of the stores' own numerators over that of their own denominators, so that
 * whatever adds up needs two whole numbers of each store and no facts. */
#pragma once

#include "core/formula.h"

/* Numerators and denominators beyond it do not fit: below it a quotient of doubles is rounded once. */
#define LINEAR_MAX ((INT64_C(1) << 52) - 1)

typedef struct {
    const uint16_t *inputs; /* borrowed from the formula */
    size_t count;
    int64_t *numerators;            /* [count]: factors */
    int64_t *denominators;          /* [count]: factors; NULL where the formula is no division */
    int64_t numerator, denominator; /* what is added; without a division the denominator is 10^decimals */
    unsigned decimals;              /* both sides are whole numbers over 10^decimals */
} linear_form_t;

/* One store's two sides: its value is numerator / denominator (none where that is 0). */
typedef struct {
    int64_t numerator, denominator;
} linear_value_t;

typedef enum { LINEAR_VALUE, LINEAR_ABSENT, LINEAR_BEYOND } linear_kind_t;

/* STATUS_INVALID where the formula is none of these, or its factors do not fit; STATUS_NO_MEMORY. linear_form_fini
 * frees it; fit for a zeroed one. */
status_t linear_form_init(const formula_t *formula, linear_form_t *out) NODISCARD;
void linear_form_fini(linear_form_t *form);

/* The sides of one slot of columns (as formula_evaluate_columns takes them). LINEAR_ABSENT where a fact is,
 * LINEAR_BEYOND where a side exceeds LINEAR_MAX; *out is then unspecified. */
linear_kind_t linear_form_evaluate(const linear_form_t *form, const int64_t *const *columns, size_t slot,
                                   linear_value_t *out);

/* Nearest double (ties to even; no negative zero); NaN where the denominator is 0. */
double linear_to_double(linear_value_t value);

/* Below 0, 0, above 0: left is less than, equal to, greater than right. No denominator is 0. */
int linear_compare(linear_value_t left, linear_value_t right);

/* The same of sums of sides; the denominator is not 0. */
double linear_sum_to_double(int128_t numerator, int128_t denominator);
void linear_sum_to_exact(int128_t numerator, int128_t denominator, mpq_t out);
