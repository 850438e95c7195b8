#include "core/figures.h"

#include "core/scratch.h"
#include "core/statistics.h"

struct figures {
    const month_t *month;
    scope_set_t set;
};

status_t figures_create(const month_t *month, const scope_t *scopes, size_t count, figures_t **out)
{
    CLEANUP(figures_destroy) figures_t *figures = calloc(1, sizeof *figures);
    if (!figures)
        return STATUS_NO_MEMORY;
    figures->month = month;
    TRY(scope_set_init(month, scopes, count, &figures->set));
    *out = figures;
    figures = NULL;
    return STATUS_OK;
}

void figures_destroy(figures_t **figures)
{
    if (!figures || !*figures)
        return;
    scope_set_fini(&(*figures)->set);
    free(*figures);
    *figures = NULL;
}

const scope_slots_t *figures_slots(const figures_t *figures, size_t scope)
{
    return &figures->set.scopes[figures->set.same_as[scope]];
}

void references_init(references_t *references)
{
    mpq_inits(references->average, references->benchmark, NULL);
}

void references_fini(references_t *references)
{
    mpq_clears(references->average, references->benchmark, NULL);
}

/* ---- From the columns ---- */

static status_t deal(figures_t *figures, size_t row)
{
    const row_order_t *order = order_of_row(figures->month, row);
    if (!order)
        return STATUS_NO_MEMORY;
    scope_set_deal(&figures->set, order);
    return STATUS_OK;
}

static scope_statistics_t compute_cell(const figures_t *figures, const row_t *row, size_t scope,
                                       const benchmark_rule_t *rule, mpq_t value)
{
    const month_t *month = figures->month;
    const picks_t *picks = &figures->set.picks[scope];
    scope_statistics_t cell = {.valued = picks->count, .average = NO_VALUE, .benchmark = NO_VALUE};
    if (statistics_average(month, row, &figures->set.scopes[scope], value, &cell.n))
        cell.average = formula_to_double(value);
    /* A fact's average is the mean of its values, and exact. */
    cell.mean = row->is_fact ? cell.average : statistics_mean(month, row, &figures->set.scopes[scope], picks);
    cell.p25 = statistics_quantile(month, row, picks, 1);
    cell.median = statistics_quantile(month, row, picks, 2);
    cell.p75 = statistics_quantile(month, row, picks, 3);
    cell.best = statistics_best(row, picks);
    cell.benchmark_n = statistics_benchmark(month, row, picks, rule, value);
    if (cell.benchmark_n)
        cell.benchmark = formula_to_double(value);
    return cell;
}

status_t figures_statistics(figures_t *figures, size_t index, const benchmark_rule_t *rule, scope_statistics_t *out)
{
    const row_t *row = &figures->month->catalog->rows[index];
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    TRY(deal(figures, index));
    for (size_t i = 0; i < figures->set.count; i++) {
        size_t same = figures->set.same_as[i];
        out[i] = same == i ? compute_cell(figures, row, i, rule, value) : out[same];
    }
    return STATUS_OK;
}

status_t figures_references(figures_t *figures, size_t index, const benchmark_rule_t *rule, references_t *out)
{
    const row_t *row = &figures->month->catalog->rows[index];
    if (row->better != BETTER_NEITHER)
        TRY(deal(figures, index));
    for (size_t i = 0; i < figures->set.count; i++) {
        size_t same = figures->set.same_as[i];
        out[i].benchmark_n = 0;
        out[i].has_average =
            statistics_average(figures->month, row, &figures->set.scopes[same], out[i].average, &out[i].n);
        if (row->better != BETTER_NEITHER)
            out[i].benchmark_n =
                statistics_benchmark(figures->month, row, &figures->set.picks[same], rule, out[i].benchmark);
    }
    return STATUS_OK;
}

status_t figures_ranked(figures_t *figures, size_t row, size_t scope, ranked_store_t *out, uint32_t *out_count)
{
    TRY(deal(figures, row));
    const picks_t *picks = &figures->set.picks[figures->set.same_as[scope]];
    const row_order_t *order = picks->order;
    uint32_t count = 0, last = 0; /* `last`: position in the order of the one ranked before */
    for (uint32_t i = 0; i < picks->count; i++) {
        uint32_t at = picks_at(picks, i);
        if (!(order->marks[at] & ORDER_ELIGIBLE))
            continue;
        bool equal = count > 0 && order_is_equal(order, last, at);
        out[count++] = (ranked_store_t){order->slots[at], equal, order->values[at]};
        last = at;
    }
    *out_count = count;
    return STATUS_OK;
}

status_t figures_benchmark_stores(figures_t *figures, size_t row, size_t scope, const benchmark_rule_t *rule,
                                  uint32_t *out_slots, uint32_t *out_count, mpq_t out)
{
    TRY(deal(figures, row));
    const picks_t *picks = &figures->set.picks[figures->set.same_as[scope]];
    *out_count =
        statistics_benchmark_stores(figures->month, &figures->month->catalog->rows[row], picks, rule, out, out_slots);
    return STATUS_OK;
}
