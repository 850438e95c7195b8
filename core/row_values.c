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
    free(values->base.values);
    values->base_formula = NULL;
    values->room = count + 1;
    values->values = malloc(values->room * sizeof *values->values);
    values->weights = malloc(values->room * sizeof *values->weights);
    values->base.values = malloc(values->room * sizeof *values->base.values);
    return values->values && values->weights && values->base.values ? STATUS_OK : STATUS_NO_MEMORY;
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

static const int64_t *const *columns_of(const row_values_t *values)
{
    return (const int64_t *const *)(values->slots->slots ? values->gathered : values->month->columns);
}

/* Keeps the denominator that is there, where the row has the same; otherwise begins with its own. */
static void begin_base(row_values_t *values)
{
    const formula_t *formula = formula_denominator(values->row->formula);
    if (!formula || !formula_is_compound(formula) || formula_holds_division(formula))
        return;
    if (values->base_formula && values->base_slots == values->slots && formula_is_same(values->base_formula, formula))
        return;
    values->base_formula = formula;
    values->base_slots = values->slots;
    values->base.bound = 0;
    values->base_until = 0;
}

status_t row_values_begin(row_values_t *values, const month_t *month, const row_t *row, const scope_slots_t *slots)
{
    values->month = month;
    values->row = row;
    values->slots = slots;
    values->told = FORMULA_TOLD_ALL;
    TRY(make_room(values, slots->count));
    begin_base(values);
    return slots->slots ? gather(values) : STATUS_OK;
}

/* ---- Computing ---- */

/* Stores that reported nothing have no value even where the formula needs nothing of the month. */
static void drop_unreported(row_values_t *values, uint32_t from, uint32_t count)
{
    size_t inputs;
    const uint16_t *needed = formula_inputs(values->row->formula, &inputs);
    if (inputs && needed[0] < values->month->catalog->fact_count)
        return;
    for (uint32_t i = from; i < from + count; i++) {
        if (values->month->flags[scope_slot_at(values->slots, i)] & MONTH_REPORTED)
            continue;
        values->values[i] = NAN;
        values->weights[i] = 0;
    }
}

/* Denominators become weights. */
static void weigh(row_values_t *values, uint32_t from, uint32_t count)
{
    double least = least_base(values->row, values->told.base_scale), *weights = values->weights + from;
    uint64_t negative = 0;
    for (uint32_t i = 0; i < count; i++) {
        double base = weights[i];
        negative |= base < 0;
        weights[i] = base >= least ? base : 0;
    }
    if (negative && !values->row->has_min_base)
        values->told.has_bases = false;
}

/* The row's denominator at the places, where it is kept and exact; *out has no values where it is not. */
static status_t find_base(row_values_t *values, uint32_t from, uint32_t count, formula_whole_t *out)
{
    const formula_t *formula = formula_denominator(values->row->formula);
    size_t first = values->slots->slots ? 0 : values->slots->first;
    *out = (formula_whole_t){0};
    if (!formula || values->base_slots != values->slots || !values->base_formula ||
        !formula_is_same(values->base_formula, formula) || from > values->base_until)
        return STATUS_OK;
    formula_whole_t base = values->base;
    base.values += from;
    if (from + count > values->base_until) {
        TRY(formula_evaluate_whole(formula, columns_of(values), first + from, count, &base));
        values->base.scale = base.scale;
        values->base.bound = base.bound;
        values->base_until = from + count;
    }
    if (base.bound < 0x1p53)
        *out = base;
    return STATUS_OK;
}

status_t row_values_compute(row_values_t *values, uint32_t from, uint32_t count)
{
    size_t first = values->slots->slots ? 0 : values->slots->first;
    formula_whole_t base;
    TRY(find_base(values, from, count, &base));
    TRY(formula_evaluate_with_bases(values->row->formula, columns_of(values), first + from, count,
                                    base.values ? &base : NULL, values->values + from, values->weights + from,
                                    &values->told));
    drop_unreported(values, from, count);
    if (values->told.has_bases)
        weigh(values, from, count);
    return STATUS_OK;
}

status_t row_values_load(row_values_t *values, const month_t *month, const row_t *row, const scope_slots_t *slots)
{
    TRY(row_values_begin(values, month, row, slots));
    return row_values_compute(values, 0, slots->count);
}

status_t row_values_sample(const row_values_t *values, double *out, uint32_t *out_count)
{
    const uint32_t runs = 8, run = VALUES_SAMPLE / runs, count = values->slots->count;
    size_t first = values->slots->slots ? 0 : values->slots->first;
    *out_count = 0;
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t from = (uint32_t)((uint64_t)count * i / runs), size = count - from < run ? count - from : run;
        TRY(formula_evaluate_columns(values->row->formula, columns_of(values), first + from, size, out + *out_count));
        *out_count += size;
    }
    return STATUS_OK;
}

status_t row_values_denominators(const row_values_t *values, double *out)
{
    const scope_slots_t *slots = values->slots;
    return formula_evaluate_columns(formula_denominator(values->row->formula), columns_of(values),
                                    slots->slots ? 0 : slots->first, slots->count, out);
}

void row_values_fini(row_values_t *values)
{
    free(values->values);
    free(values->weights);
    free(values->base.values);
    free(values->gathered);
    free(values->gathered_block);
    *values = (row_values_t){0};
}
