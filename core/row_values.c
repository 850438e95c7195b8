#include "core/row_values.h"

#include <math.h>
#include <stdlib.h>

/* min_base in units of 10^-scale, rounded up: a whole number reaches the one where it reaches the other. */
static double least_base(const row_t *row, int scale)
{
    if (!row->has_min_base)
        return -INFINITY;
    int128_t least = row->min_base_units, divisor = 1;
    for (int i = (int)row->min_base_decimals; i < scale; i++)
        least *= 10;
    for (int i = scale; i < (int)row->min_base_decimals; i++)
        divisor *= 10;
    int128_t whole = least / divisor;
    return (double)(whole + (least > whole * divisor));
}

static status_t make_room(row_values_t *values, size_t count)
{
    if (count < values->room)
        return STATUS_OK;
    free(values->values);
    free(values->weights);
    values->room = count + 1;
    values->values = malloc(values->room * sizeof *values->values);
    values->weights = malloc(values->room * sizeof *values->weights);
    return values->values && values->weights ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The columns that the formula needs, of a list of slots. */
static status_t gather(row_values_t *values)
{
    size_t inputs, all = 2 * values->month->catalog->fact_count, count = values->slots->count;
    const uint16_t *needed = formula_inputs(values->row->formula, &inputs);
    if (!values->gathered && !(values->gathered = calloc(all + 1, sizeof *values->gathered)))
        return STATUS_NO_MEMORY;
    if (inputs * count >= values->gathered_room) {
        free(values->gathered_block);
        values->gathered_room = inputs * count + 1;
        values->gathered_block = malloc(values->gathered_room * sizeof *values->gathered_block);
        if (!values->gathered_block)
            return STATUS_NO_MEMORY;
    }
    for (size_t k = 0; k < inputs; k++) {
        int64_t *column = values->gathered_block + k * count;
        for (size_t i = 0; i < count; i++)
            column[i] = values->month->columns[needed[k]][values->slots->slots[i]];
        values->gathered[needed[k]] = column;
    }
    return STATUS_OK;
}

/* Stores that reported nothing have no value even where the formula needs nothing of the month. */
static void drop_unreported(row_values_t *values)
{
    size_t inputs;
    const uint16_t *needed = formula_inputs(values->row->formula, &inputs);
    if (inputs && needed[0] < values->month->catalog->fact_count)
        return;
    for (uint32_t i = 0; i < values->slots->count; i++) {
        if (values->month->flags[scope_slot_at(values->slots, i)] & MONTH_REPORTED)
            continue;
        values->values[i] = NAN;
        values->weights[i] = 0;
    }
}

/* Denominators become weights. */
static void weigh(row_values_t *values)
{
    double least = least_base(values->row, values->told.base_scale);
    uint64_t negative = 0;
    for (uint32_t i = 0; i < values->slots->count; i++) {
        double base = values->weights[i];
        negative |= base < 0;
        values->weights[i] = base >= least ? base : 0;
    }
    if (negative && !values->row->has_min_base)
        values->told.has_bases = false;
}

static status_t load(row_values_t *values)
{
    const scope_slots_t *slots = values->slots;
    const int64_t *const *columns = (const int64_t *const *)values->month->columns;
    TRY(make_room(values, slots->count));
    if (slots->slots) {
        TRY(gather(values));
        columns = (const int64_t *const *)values->gathered;
    }
    return formula_evaluate_with_bases(values->row->formula, columns, slots->slots ? 0 : slots->first, slots->count,
                                       values->values, values->weights, &values->told);
}

status_t row_values_load(row_values_t *values, const month_t *month, const row_t *row, const scope_slots_t *slots)
{
    values->month = month;
    values->row = row;
    values->slots = slots;
    TRY(load(values));
    drop_unreported(values);
    if (values->told.has_bases)
        weigh(values);
    return STATUS_OK;
}

status_t row_values_denominators(const row_values_t *values, double *out)
{
    const scope_slots_t *slots = values->slots;
    int64_t **columns = slots->slots ? values->gathered : values->month->columns;
    return formula_evaluate_columns(formula_denominator(values->row->formula), (const int64_t *const *)columns,
                                    slots->slots ? 0 : slots->first, slots->count, out);
}

void row_values_fini(row_values_t *values)
{
    free(values->values);
    free(values->weights);
    free(values->gathered);
    free(values->gathered_block);
    *values = (row_values_t){0};
}
