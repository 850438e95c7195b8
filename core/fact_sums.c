#include "core/fact_sums.h"

#include <stdlib.h>

/* Facts that are summed in 64 bits before they go into 128: BLOCK * FACT_VALUE_MAX fits. */
#define BLOCK 4096u

static void count_reported(fact_sums_t *sums, size_t node)
{
    const uint8_t *flags = sums->set->month->flags;
    for (scope_part_t part = scope_parts(sums->set, node, 0); scope_part_next(&part);) {
        for (uint32_t i = 0; i < part.count; i++)
            sums->reported[node] += flags[part.first + i] & MONTH_REPORTED;
        if (part.child != SIZE_MAX)
            sums->reported[node] += sums->reported[part.child];
    }
}

status_t fact_sums_init(const scope_set_t *set, fact_sums_t *out)
{
    fact_sums_t sums = {.set = set};
    sums.facts = calloc(set->month->catalog->fact_count + 1, sizeof *sums.facts);
    sums.reported = calloc(set->node_count + 1, sizeof *sums.reported);
    if (!sums.facts || !sums.reported) {
        fact_sums_fini(&sums);
        return STATUS_NO_MEMORY;
    }
    for (size_t node = set->node_count; node-- > 0;)
        count_reported(&sums, node);
    *out = sums;
    return STATUS_OK;
}

void fact_sums_fini(fact_sums_t *sums)
{
    for (size_t i = 0; sums->facts && i < sums->set->month->catalog->fact_count; i++)
        free(sums->facts[i]);
    free(sums->facts);
    free(sums->reported);
    *sums = (fact_sums_t){0};
}

/* FACT_ABSENT has its highest bit and not the next one; a negative fact has both. */
static void add_block(const int64_t *column, uint32_t count, fact_sum_t *out)
{
    uint64_t sum = 0, absent = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t fact = (uint64_t)column[i], is_absent = (fact & ~(fact << 1)) >> 63;
        absent += is_absent;
        sum += fact & (is_absent - 1);
    }
    out->sum += (int64_t)sum;
    out->present += count - (uint32_t)absent;
}

static status_t sum_fact(fact_sums_t *sums, size_t fact)
{
    const scope_set_t *set = sums->set;
    const int64_t *column = set->month->columns[fact];
    fact_sum_t *made = calloc(set->node_count + 1, sizeof *made);
    if (!made)
        return STATUS_NO_MEMORY;
    for (size_t node = set->node_count; node-- > 0;)
        for (scope_part_t part = scope_parts(set, node, 0); scope_part_next(&part);) {
            for (uint32_t done = 0; done < part.count; done += BLOCK)
                add_block(column + part.first + done, part.count - done < BLOCK ? part.count - done : BLOCK,
                          &made[node]);
            if (part.child == SIZE_MAX)
                continue;
            made[node].sum += made[part.child].sum;
            made[node].present += made[part.child].present;
        }
    sums->facts[fact] = made;
    return STATUS_OK;
}

status_t fact_sums_cover(fact_sums_t *sums, const row_t *row, size_t node, bool *out)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(row->formula, &count);
    bool cover = count > 0;
    for (size_t i = 0; i < count && cover; i++) {
        cover = inputs[i] < sums->set->month->catalog->fact_count;
        if (cover && !sums->facts[inputs[i]])
            TRY(sum_fact(sums, inputs[i]));
        cover = cover && sums->facts[inputs[i]][node].present == sums->reported[node];
    }
    *out = cover;
    return STATUS_OK;
}

void fact_sums_contributors(const fact_sums_t *sums, const row_t *row, size_t node, contributors_t *out)
{
    contributors_begin(out, sums->set->month, row, NULL);
    for (size_t i = 0; i < out->input_count; i++)
        out->sums[out->inputs[i]] = sums->facts[out->inputs[i]][node].sum;
    out->n = sums->reported[node];
}
