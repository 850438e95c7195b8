#include "core/row_values.h"

#include "core/pairs.h"

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

/* Several pairs side by side, so that no sum waits for the one before. */
#define PAIRS 2u
#define SIDE  (2 * PAIRS)

static uint32_t count_marks(const pair_marks_t *marks)
{
    int64_t count = 0;
    for (size_t k = 0; k < PAIRS; k++)
        count -= marks[k][0] + marks[k][1];
    return (uint32_t)count;
}

static uint32_t count_valued(const double *values, uint32_t count)
{
    pair_marks_t marks[PAIRS] = {{0}};
    uint32_t i = 0, rest = 0;
    for (; i + SIDE <= count; i += SIDE)
        for (size_t k = 0; k < PAIRS; k++)
            marks[k] += pair_valued(pair_load(values + i + 2 * k));
    for (; i < count; i++)
        rest += !isnan(values[i]);
    return count_marks(marks) + rest;
}

/* Denominators become weights: those below the least that is eligible become 0. False where one is negative. */
static bool weigh(double *weights, uint32_t count, double least, row_totals_t *totals)
{
    pair_marks_t marks[PAIRS] = {{0}}, negative = {0};
    pair_t sums[PAIRS] = {{0}}, least_pair = {least, least};
    uint32_t i = 0;
    for (; i + SIDE <= count; i += SIDE)
        for (size_t k = 0; k < PAIRS; k++) {
            pair_t weight = pair_load(weights + i + 2 * k);
            weight = pair_keep(weight, weight >= least_pair);
            negative |= weight < 0;
            marks[k] += weight > 0;
            sums[k] += weight;
            pair_store(weight, weights + i + 2 * k);
        }
    bool is_sound = !(negative[0] | negative[1]);
    totals->eligible += count_marks(marks);
    for (size_t k = 0; k < PAIRS; k++)
        totals->weight += sums[k][0] + sums[k][1];
    for (; i < count; i++) {
        weights[i] = weights[i] >= least ? weights[i] : 0;
        is_sound &= weights[i] >= 0;
        totals->eligible += weights[i] > 0;
        totals->weight += weights[i];
    }
    return is_sound;
}

static void make_weights(row_values_t *values, uint32_t from, uint32_t count, row_totals_t *totals)
{
    double least = least_base(values->row, values->told.base_scale);
    if (!weigh(values->weights + from, count, least, totals))
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

status_t row_values_compute(row_values_t *values, uint32_t from, uint32_t count, row_totals_t *totals)
{
    size_t first = values->slots->slots ? 0 : values->slots->first;
    formula_whole_t base;
    TRY(find_base(values, from, count, &base));
    TRY(formula_evaluate_with_bases(values->row->formula, columns_of(values), first + from, count,
                                    base.values ? &base : NULL, values->values + from, values->weights + from,
                                    &values->told));
    drop_unreported(values, from, count);
    uint32_t valued = count_valued(values->values + from, count);
    totals->valued += valued;
    if (values->told.has_bases)
        make_weights(values, from, count, totals);
    else
        totals->eligible += valued;
    return STATUS_OK;
}

void row_values_count(const row_values_t *values, uint32_t from, uint32_t count, row_totals_t *out)
{
    *out = (row_totals_t){.valued = count_valued(values->values + from, count)};
    for (uint32_t i = from; i < from + count; i++) {
        out->eligible += row_values_is_eligible(values, i);
        out->weight += values->told.has_bases ? values->weights[i] : 0;
    }
}

status_t row_values_load(row_values_t *values, const month_t *month, const row_t *row, const scope_slots_t *slots)
{
    row_totals_t totals = {0};
    TRY(row_values_begin(values, month, row, slots));
    return row_values_compute(values, 0, slots->count, &totals);
}

status_t row_values_sample(row_values_t *values, uint32_t *out_count)
{
    const uint32_t runs = 8, run = VALUES_SAMPLE / runs, count = values->slots->count;
    size_t first = values->slots->slots ? 0 : values->slots->first;
    uint32_t size = 0;
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t from = (uint32_t)((uint64_t)count * i / runs), more = count - from < run ? count - from : run;
        if (more > count - size)
            more = count - size;
        TRY(formula_evaluate_with_bases(values->row->formula, columns_of(values), first + from, more, NULL,
                                        values->values + size, values->weights + size, &values->told));
        size += more;
    }
    row_totals_t totals = {0};
    if (values->told.has_bases)
        make_weights(values, 0, size, &totals);
    *out_count = size;
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
