/* The values of one row over one scope's slots. */
#pragma once

#include "core/scopes.h"

/* Arrays are [slots.count], in the order of the scope's slots. */
typedef struct {
    const month_t *month;
    const row_t *row;
    const scope_slots_t *slots;
    formula_told_t told;
    double *values;  /* NaN: none */
    double *weights; /* where told.has_bases: denominators of the eligible, 0 of the others */
    /* A denominator that several rows in turn may have: kept for those of the same slots. */
    const formula_t *base_formula;
    const scope_slots_t *base_slots;
    formula_whole_t base;
    uint32_t base_until; /* places that are computed */
    size_t room;         /* slots that the arrays hold */
    int64_t **gathered;  /* of a list of slots: the columns that the formula needs, [2 * fact_count] */
    int64_t *gathered_block;
    size_t gathered_room;
} row_values_t;

/* Begins with a row over slots, which must outlive it; room is kept from one row to the next. STATUS_NO_MEMORY.
 * row_values_fini frees all; both take a zeroed one. */
status_t row_values_begin(row_values_t *values, const month_t *month, const row_t *row,
                          const scope_slots_t *slots) NODISCARD;
void row_values_fini(row_values_t *values);

/* How many of some values there are, and what their weights sum to. */
typedef struct {
    uint32_t valued, eligible;
    double weight; /* of all eligible together; from 2^53 on perhaps rounded */
} row_totals_t;

/* Computes the values at places `from` to from + count - 1, and adds them to the totals, which hold for what
 * row_values_are_plain says of all that are computed so far; as does `told`. */
status_t row_values_compute(row_values_t *values, uint32_t from, uint32_t count, row_totals_t *totals) NODISCARD;

/* The totals of computed values. */
void row_values_count(const row_values_t *values, uint32_t from, uint32_t count, row_totals_t *out);

/* Computes all. */
status_t row_values_load(row_values_t *values, const month_t *month, const row_t *row,
                         const scope_slots_t *slots) NODISCARD;

/* Computes some of the values from all over the scope, and puts them and their weights at the first *out_count places,
 * VALUES_SAMPLE at most: to be computed anew. */
#define VALUES_SAMPLE 256u
status_t row_values_sample(row_values_t *values, uint32_t *out_count) NODISCARD;

/* The denominators of the row loaded last, correctly rounded, NaN where there is none: [slots.count]. The row has them.
 */
status_t row_values_denominators(const row_values_t *values, double *out) NODISCARD;

/* Whether all denominators are known exactly, and positive, so that eligible stores are those of some weight. */
static inline bool row_values_are_plain(const row_values_t *values)
{
    return values->told.has_bases || !formula_denominator(values->row->formula);
}

/* Of plain ones. */
static inline bool row_values_is_eligible(const row_values_t *values, uint32_t at)
{
    return values->told.has_bases ? values->weights[at] > 0 : values->values[at] == values->values[at];
}
