/* The values of one row over one scope's slots. */
#pragma once

#include "core/scopes.h"

/* Arrays are [slots.count], in the order of the scope's slots. */
typedef struct {
    const month_t *month;
    const row_t *row;
    const scope_slots_t *slots;
    formula_told_t told;
    double *values;     /* NaN: none */
    double *weights;    /* where told.has_bases: denominators of the eligible, 0 of the others */
    size_t room;        /* slots that the arrays hold */
    int64_t **gathered; /* of a list of slots: the columns that the formula needs, [2 * fact_count] */
    int64_t *gathered_block;
    size_t gathered_room;
} row_values_t;

/* Computes the values of a row, whose slots must outlive them; room is kept from one row to the next. STATUS_NO_MEMORY.
 * row_values_fini frees all; both take a zeroed one. */
status_t row_values_load(row_values_t *values, const month_t *month, const row_t *row,
                         const scope_slots_t *slots) NODISCARD;
/* The denominators of the row loaded last, correctly rounded, NaN where there is none: [slots.count]. The row has them.
 */
status_t row_values_denominators(const row_values_t *values, double *out) NODISCARD;

void row_values_fini(row_values_t *values);

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
