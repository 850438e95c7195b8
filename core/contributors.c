#include "core/contributors.h"

#include <string.h>

/* Slots that are summed in 64 bits before they go into 128: BLOCK * FACT_VALUE_MAX fits. */
#define BLOCK 4096u

void contributors_begin(contributors_t *contributors, const month_t *month, const row_t *row, uint32_t *slots)
{
    contributors->month = month;
    contributors->row = row;
    contributors->inputs = formula_inputs(row->formula, &contributors->input_count);
    contributors->n = 0;
    contributors->slots = slots;
    for (size_t i = 0; i < contributors->input_count; i++)
        contributors->sums[contributors->inputs[i]] = 0;
}

/* Sets mask[i] to all ones where the slot's submission holds every needed fact, else to 0. */
static void mask_run(const contributors_t *contributors, uint32_t first, uint32_t count, int64_t *mask)
{
    const uint8_t *flags = contributors->month->flags + first;
    for (uint32_t i = 0; i < count; i++)
        mask[i] = -(int64_t)(flags[i] & MONTH_REPORTED);
    for (size_t k = 0; k < contributors->input_count; k++) {
        const int64_t *column = contributors->month->columns[contributors->inputs[k]] + first;
        for (uint32_t i = 0; i < count; i++)
            mask[i] &= -(int64_t)(column[i] != FACT_ABSENT);
    }
}

static void add_block(contributors_t *contributors, uint32_t first, uint32_t count)
{
    int64_t mask[BLOCK], n = 0;
    mask_run(contributors, first, count, mask);
    for (uint32_t i = 0; i < count; i++)
        n -= mask[i];
    contributors->n += (uint32_t)n;
    for (size_t k = 0; k < contributors->input_count; k++) {
        const int64_t *column = contributors->month->columns[contributors->inputs[k]] + first;
        int64_t sum = 0;
        for (uint32_t i = 0; i < count; i++)
            sum += column[i] & mask[i];
        contributors->sums[contributors->inputs[k]] += sum;
    }
}

void contributors_add_run(contributors_t *contributors, uint32_t first, uint32_t count)
{
    for (uint32_t done = 0; done < count; done += BLOCK)
        add_block(contributors, first + done, count - done < BLOCK ? count - done : BLOCK);
}

void contributors_add_slot(contributors_t *contributors, uint32_t slot)
{
    for (size_t k = 0; k < contributors->input_count; k++)
        contributors->sums[contributors->inputs[k]] += contributors->month->columns[contributors->inputs[k]][slot];
    if (contributors->slots)
        contributors->slots[contributors->n] = slot;
    contributors->n++;
}

void contributors_add_slots(contributors_t *contributors, const uint32_t *slots, size_t count)
{
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t last = count - first < BLOCK ? count : first + BLOCK;
        for (size_t k = 0; k < contributors->input_count; k++) {
            const int64_t *column = contributors->month->columns[contributors->inputs[k]];
            int64_t sum = 0;
            for (size_t i = first; i < last; i++)
                sum += column[slots[i]];
            contributors->sums[contributors->inputs[k]] += sum;
        }
    }
    if (contributors->slots && count)
        memcpy(contributors->slots + contributors->n, slots, count * sizeof *slots);
    contributors->n += (uint32_t)count;
}

void contributors_add(contributors_t *contributors, const scope_slots_t *scope)
{
    if (!scope->slots)
        contributors_add_run(contributors, scope->first, scope->count);
    for (uint32_t i = 0; scope->slots && i < scope->count; i++)
        add_block(contributors, scope->slots[i], 1);
}

void contributors_merge(contributors_t *contributors, const contributors_t *other)
{
    for (size_t k = 0; k < contributors->input_count; k++)
        contributors->sums[contributors->inputs[k]] += other->sums[contributors->inputs[k]];
    contributors->n += other->n;
}

bool contributors_average(const contributors_t *contributors, mpq_t out)
{
    return contributors->n &&
           formula_evaluate_exact(contributors->row->formula, contributors->sums, contributors->n, out);
}
