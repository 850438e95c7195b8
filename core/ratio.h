/* Exact values as ratios of whole numbers of 128 bits, for the figures of single stores: where the numbers are as small
 * as facts mostly are, without GMP. What does not fit is told, and left to formula_evaluate_exact and mpq_t. */
#pragma once

#include "core/formula.h"

/* denominator > 0; not in lowest terms. */
typedef struct {
    int128_t numerator, denominator;
} ratio_t;

typedef enum {
    RATIO_VALUE,
    RATIO_NONE,     /* an input is absent, or it divides by zero */
    RATIO_TOO_LARGE /* a number did not fit: nothing is known */
} ratio_outcome_t;

/* What formula_evaluate_store and formula_evaluate_exact give, in whole numbers. *out only with RATIO_VALUE. */
ratio_outcome_t ratio_evaluate(const formula_t *formula, const int64_t *inputs, ratio_t *out) NODISCARD;
ratio_outcome_t ratio_evaluate_sums(const formula_t *formula, const int128_t *inputs, uint64_t divisor,
                                    ratio_t *out) NODISCARD;

/* False where the result does not fit. `b` of a division is not zero. */
bool ratio_subtract(ratio_t a, ratio_t b, ratio_t *out) NODISCARD;
bool ratio_divide(ratio_t a, ratio_t b, ratio_t *out) NODISCARD;
bool ratio_multiply_by(ratio_t *a, uint32_t factor) NODISCARD;

/* -1, 0, 1: less, equal, greater. False where a number did not fit. */
bool ratio_compare(const ratio_t *left, const ratio_t *right, int *out) NODISCARD;

/* Nearest double (ties to even, never -0); what formula_to_double gives. */
double ratio_to_double(ratio_t a);

/* `out` must be initialised. */
void ratio_to_exact(ratio_t a, mpq_t out);
