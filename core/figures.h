/* Figures of a month's rows and scopes (SPEC 2.2 to 2.7), wherever they come from: the one place that knows whether a
 * figure is read off the month's index or computed from its columns. Both give the same digits:
 *  - a value is the nearest double of the exact one, hence doubles stand in the order of the exact values;
 *  - a mean is the nearest double of the exact sum of these doubles / n (core/exact_sum.h), and where they cancel, what
 *    statistics_mean_of makes of the scope's slots;
 *  - averages and benchmarks are exact until they are shown; which stores a benchmark is made of is decided exactly. */
#pragma once

#include "core/scopes.h"
#include "core/tables.h"

/* Some scopes of one month, and the room to compute in. For one thread; the month must outlive it. */
typedef struct figures figures_t;

/* Scopes may be named twice. STATUS_NO_MEMORY leaves *out untouched. */
status_t figures_create(const month_t *month, const scope_t *scopes, size_t count, figures_t **out) NODISCARD;
/* Accepts NULL and *NULL; sets *figures to NULL. */
void figures_destroy(figures_t **figures);

/* The slots of the scope at that place. Borrowed. */
const scope_slots_t *figures_slots(const figures_t *figures, size_t scope);

/* All statistics of a row: out[scope] for each scope. Knows of no exemplars. */
status_t figures_statistics(figures_t *figures, size_t row, const benchmark_rule_t *rule,
                            scope_statistics_t *out) NODISCARD;

/* What a store is compared with, exactly. */
typedef struct {
    uint32_t n, benchmark_n; /* contributors; stores of the benchmark, 0 where there is none */
    bool has_average;
    mpq_t average, benchmark; /* unspecified where there is none */
} references_t;

void references_init(references_t *references);
void references_fini(references_t *references);

/* Average and benchmark of a row: out[scope] for each scope, each initialised. Knows of no exemplars. */
status_t figures_references(figures_t *figures, size_t row, const benchmark_rule_t *rule, references_t *out) NODISCARD;

typedef struct {
    uint32_t slot;
    bool is_equal; /* exactly equal to the one before */
    double value;
} ranked_store_t;

/* The eligible stores of the scope at that place, best first, equal ones by dealer code, into `out` (room for all slots
 * of the scope); *out_count of them. The row has a direction. */
status_t figures_ranked(figures_t *figures, size_t row, size_t scope, ranked_store_t *out,
                        uint32_t *out_count) NODISCARD;

/* The stores of a row's benchmark in the scope at that place: their slots, in no order, into `out_slots` (room for all
 * slots of the scope); the benchmark itself, exactly, into `out`. *out_count is 0 where there is none. */
status_t figures_benchmark_stores(figures_t *figures, size_t row, size_t scope, const benchmark_rule_t *rule,
                                  uint32_t *out_slots, uint32_t *out_count, mpq_t out) NODISCARD;
