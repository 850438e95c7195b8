/* A shortcut to exact comparison: two stores' values of one row as fractions of whole numbers, where those are small
 * enough. */
#pragma once

#include "core/formula.h"

/* numerator / denominator is the store's value times a positive factor that is the same for all stores; denominator >
 * 0. */
typedef struct {
    int64_t numerator, denominator;
} fraction_t;

/* The fraction of store `slot`. False where the formula divides elsewhere than in its top operation, a number does not
 * fit, or there is no value: then formula_evaluate_store tells. `columns` as in formula_evaluate_columns. */
bool fraction_of(const formula_t *formula, const int64_t *const *columns, size_t slot, fraction_t *out) NODISCARD;

/* -1, 0, 1: less, equal, greater. */
int fraction_compare(fraction_t left, fraction_t right);
