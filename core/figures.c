#include "core/figures.h"

#include "core/figures_columns.h"
#include "core/order.h"
#include "core/scratch.h"

struct figures {
    const month_t *month;
    scope_set_t set;
    columns_t *columns;
};

status_t figures_create(const month_t *month, const scope_t *scopes, size_t count, figures_t **out)
{
    CLEANUP(figures_destroy) figures_t *figures = calloc(1, sizeof *figures);
    if (!figures)
        return STATUS_NO_MEMORY;
    figures->month = month;
    TRY(scope_set_init(month, scopes, count, &figures->set));
    TRY(columns_create(&figures->set, &figures->columns));
    *out = figures;
    figures = NULL;
    return STATUS_OK;
}

void figures_destroy(figures_t **figures)
{
    if (!figures || !*figures)
        return;
    columns_destroy(&(*figures)->columns);
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

static void repeat_references(const references_t *from, references_t *out)
{
    out->n = from->n;
    out->benchmark_n = from->benchmark_n;
    out->has_average = from->has_average;
    mpq_set(out->average, from->average);
    mpq_set(out->benchmark, from->benchmark);
}

status_t figures_statistics(figures_t *figures, size_t row, const benchmark_rule_t *rule, scope_statistics_t *out)
{
    TRY(columns_statistics(figures->columns, row, rule, out));
    for (size_t i = 0; i < figures->set.count; i++)
        out[i] = out[figures->set.same_as[i]];
    return STATUS_OK;
}

status_t figures_references(figures_t *figures, size_t row, const benchmark_rule_t *rule, references_t *out)
{
    TRY(columns_references(figures->columns, row, rule, out));
    for (size_t i = 0; i < figures->set.count; i++)
        if (figures->set.same_as[i] != i)
            repeat_references(&out[figures->set.same_as[i]], &out[i]);
    return STATUS_OK;
}

status_t figures_ranked(figures_t *figures, size_t row, size_t scope, ranked_store_t *out, uint32_t *out_count)
{
    CLEANUP(order_destroy)
    row_order_t *order = order_make(figures->month, &figures->month->catalog->rows[row], figures_slots(figures, scope));
    if (!order)
        return STATUS_NO_MEMORY;
    uint32_t count = 0, last = 0; /* `last`: position in the order of the one ranked before */
    for (uint32_t i = 0; i < order->count; i++) {
        if (!(order->marks[i] & ORDER_ELIGIBLE))
            continue;
        bool equal = count > 0 && order_is_equal(order, last, i);
        out[count++] = (ranked_store_t){order->slots[i], equal, order->values[i]};
        last = i;
    }
    *out_count = count;
    return STATUS_OK;
}

status_t figures_benchmark_stores(figures_t *figures, size_t row, size_t scope, const benchmark_rule_t *rule,
                                  uint32_t *out_slots, uint32_t *out_count, mpq_t out)
{
    return columns_benchmark_stores(figures->columns, row, figures->set.same_as[scope], rule, out_slots, out_count,
                                    out);
}
