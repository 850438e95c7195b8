/* Statistics of one row over some of a month's stores (SPEC 2.2 to 2.6). What decides is decided exactly; what is shown
 * is rounded by the caller. */
#pragma once

#include "core/contributors.h"
#include "core/exact_sum.h"
#include "core/order.h"
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

/* Mean of the stores' own values, of which there are n in `sums`; NO_VALUE of none. Where the sums cancel, it is
 * computed anew from the exact values in the order of the scope's slots. */
double statistics_mean_of(const month_t *month, const row_t *row, const scope_slots_t *scope, const exact_mean_t *sums,
                          uint32_t n);

/* The same of the stores in `picks`, which are of this row and scope. */
double statistics_mean(const month_t *month, const row_t *row, const scope_slots_t *scope, const picks_t *picks);

/* Quantile quarters/4 of n >= 1 values stands at position (n-1)p, counted from the least (Hyndman & Fan 1996, type 7):
 * part/4 of the way from `low` to `high`; both are the same where part is 0. */
typedef struct {
    uint32_t low, high;
    unsigned part;
} quantile_place_t;
quantile_place_t statistics_quantile_place(uint32_t n, unsigned quarters);

/* The value there. `below` and `above` are the values at both places, of one sign or part 0; where they are not,
 * the slots at these places in the exact order tell. */
bool statistics_is_one_sign(double below, double above, unsigned part);
double statistics_between(double below, double above, unsigned part);
double statistics_between_slots(const month_t *month, const row_t *row, uint32_t below, uint32_t above, unsigned part);

/* Quantile of the stores' own values; NO_VALUE of none. */
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
