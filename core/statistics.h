/* Statistics of one row over some of a month's stores (SPEC 2.2 to 2.6). What decides is decided exactly; what is shown
 * is rounded by the caller. */
#pragma once

#include "core/scopes.h"
#include "core/tables.h"

/* ---- One store ---- */

/* Exact value of a row on 2 * fact_count inputs; as formula_evaluate_store. */
bool statistics_value(const row_t *row, const int64_t *inputs, mpq_t out) NODISCARD;

/* Whether a store that has a value is eligible (SPEC 2.5). */
bool statistics_is_eligible(const row_t *row, const int64_t *inputs);

/* The row's min_base (which it must have) as the nearest double. */
double statistics_min_base(const row_t *row);

/* own / reference - 1, with the sign of the row's direction (SPEC 2.8). False where there is none. */
bool statistics_gap(const row_t *row, const mpq_t own, const mpq_t reference, mpq_t out) NODISCARD;

/* ---- Many stores ---- */

/* The formula on the means over the scope's contributors. *out_n: how many those are, set in any case. False where it
 * has no value. */
bool statistics_average(const month_t *month, const row_t *row, const scope_slots_t *scope, mpq_t out,
                        uint32_t *out_n) NODISCARD;

/* Mean of the stores' own values, to 1e-12; NO_VALUE of none. `picks` are of this row. */
double statistics_mean(const month_t *month, const row_t *row, const picks_t *picks);

/* Quantile quarters/4 of the stores' own values, interpolated linearly at position (n-1)p (Hyndman & Fan 1996, type 7);
 * NO_VALUE of none. */
double statistics_quantile(const month_t *month, const row_t *row, const picks_t *picks, unsigned quarters);

/* The best eligible value; NO_VALUE where there is none or the row has no direction. */
double statistics_best(const row_t *row, const picks_t *picks);

/* The pared mean. Returns how many stores it is made of; 0 where there is no benchmark (`out` is then unspecified). */
uint32_t statistics_benchmark(const month_t *month, const row_t *row, const picks_t *picks,
                              const benchmark_rule_t *rule, mpq_t out);

/* The same; writes the slots of these stores, best first, to `out_slots` (room for picks->count; NULL: not asked). */
uint32_t statistics_benchmark_stores(const month_t *month, const row_t *row, const picks_t *picks,
                                     const benchmark_rule_t *rule, mpq_t out, uint32_t *out_slots);

/* The value of a designated store itself (SPEC 2.6). Returns 1, or 0 where there is none or the row has no direction.
 */
uint32_t statistics_exemplar(const month_t *month, const row_t *row, uint32_t dealer, mpq_t out);
