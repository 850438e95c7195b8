/* The statistics of SPEC section 2, slow and plain: one exact value for each store, sorted and summed as the text says.
 */
#pragma once

#include "core/tables.h"

#define REFERENCE_STORES_MAX 64

typedef struct {
    uint32_t slot, dealer;
    bool reported, has_all, valued, eligible;
    int64_t inputs[16];
    mpq_t value, base; /* base: the denominator; 0 where there is none */
} reference_store_t;

typedef struct {
    reference_store_t stores[REFERENCE_STORES_MAX]; /* of the scope, by dealer code */
    size_t count;
    reference_store_t *best_first[REFERENCE_STORES_MAX]; /* the valued ones, ties by dealer code */
    size_t valued;
} reference_t;

void reference_open(reference_t *reference, const month_t *month, size_t row, scope_t scope);
void reference_close(reference_t *reference);

/* False where there is none. */
bool reference_average(const reference_t *reference, const row_t *row, mpq_t out, uint32_t *out_n);
bool reference_mean(const reference_t *reference, mpq_t out);
bool reference_quantile(const reference_t *reference, bool best_is_least, unsigned quarters, mpq_t out);
uint32_t reference_benchmark(const reference_t *reference, const row_t *row, const benchmark_rule_t *rule, mpq_t out);

/* Fails the test unless `got` is the nearest answer to 1e-12 relative (NO_VALUE where `has` is false). */
void expect_near(const char *what, bool has, const mpq_t expected, double got);
