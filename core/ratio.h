/* Exact values as ratios of whole numbers of 128 bits, for the figures of single stores: where the numbers are as small
 * as facts mostly are, without GMP. What does not fit is told, and left to formula_evaluate_exact and mpq_t. */
#pragma once

#include "core/formula.h"

/* denominator > 0; not in lowest terms. */
typedef struct {
    int128_t numerator, denominator;
} ratio_t;

typedef enum { RATIO_VALUE, RATIO_NONE, RATIO_TOO_LARGE } ratio_kind_t;

/* What formula_evaluate_store and formula_evaluate_exact give. RATIO_NONE: there is no value. */
ratio_kind_t ratio_of_store(const formula_t *formula, const int64_t *inputs, ratio_t *out) NODISCARD;
ratio_kind_t ratio_of_sums(const formula_t *formula, const int128_t *inputs, uint64_t divisor, ratio_t *out) NODISCARD;

/* False where the result does not fit. `b` of a division is not zero. */
bool ratio_subtract(ratio_t a, ratio_t b, ratio_t *out) NODISCARD;
bool ratio_divide(ratio_t a, ratio_t b, ratio_t *out) NODISCARD;
bool ratio_multiply_by(ratio_t *a, uint32_t factor) NODISCARD;

/* Nearest double (ties to even, never -0); what formula_to_double gives. */
double ratio_to_double(ratio_t a);

/* `out` must be initialised. */
void ratio_to_exact(ratio_t a, mpq_t out);
