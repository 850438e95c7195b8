/* Sums of doubles without any rounding: whatever the order, also when values are taken out again, the result is the
 * same (a small superaccumulator: Neal 2015, Fast exact summation using small and large superaccumulators). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXACT_SUM_CHUNKS 66u /* of 32 bits each: every double, and 2^31 times the largest one */

/* All zero: the sum of nothing. */
typedef struct {
    int64_t chunks[EXACT_SUM_CHUNKS]; /* chunk i counts 2^(32 i - 1075); carries wait in the upper half */
    uint32_t waiting;                 /* additions since the carries were settled */
} exact_sum_t;

/* Values are finite. */
void exact_sum_add(exact_sum_t *sum, double value);
void exact_sum_subtract(exact_sum_t *sum, double value);
void exact_sum_merge(exact_sum_t *sum, const exact_sum_t *other);

/* Nearest double (ties to even) of the sum / n, n >= 1. */
double exact_sum_over(const exact_sum_t *sum, uint32_t n);

/* What a mean is made of: the positive values and the magnitudes of the negative ones, so that it shows where they
 * cancel. */
typedef struct {
    exact_sum_t positive, negative;
} exact_mean_t;

void exact_mean_add(exact_mean_t *mean, double value);
void exact_mean_subtract(exact_mean_t *mean, double value);
void exact_mean_add_all(exact_mean_t *mean, const double *values, size_t count); /* NaN: none, passed over */
void exact_mean_merge(exact_mean_t *mean, const exact_mean_t *other);

/* Nearest double of the mean of the n >= 1 values that are in it. False where they cancel to less than a thousandth of
 * their magnitudes, so that the values' own rounding would show, or are beyond all doubles together. Both follow from
 * the values alone, not from their order. */
bool exact_mean_of(const exact_mean_t *mean, uint32_t n, double *out);
