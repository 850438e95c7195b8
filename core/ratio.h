/* A shortcut to exact evaluation of one store's facts, for what is checked with every submission: fractions of whole
 * numbers of 128 bits, without memory of their own. What does not fit is left to formula_evaluate_store. */
#pragma once

#include "core/formula_build.h"

typedef struct {
    int128_t numerator, denominator; /* denominator > 0; not reduced */
} ratio_t;

typedef enum {
    RATIO_VALUE,
    RATIO_NONE,     /* an input is absent, or it divides by zero */
    RATIO_TOO_LARGE /* a number did not fit: nothing is known */
} ratio_outcome_t;

/* *out only with RATIO_VALUE. `inputs` as in formula_evaluate_store. */
ratio_outcome_t ratio_evaluate(const formula_t *formula, const int64_t *inputs, ratio_t *out);

/* -1, 0, 1: less, equal, greater. False where a number did not fit. */
bool ratio_compare(const ratio_t *left, const ratio_t *right, int *out) NODISCARD;
