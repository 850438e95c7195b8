#include "core/figures.h"

#include "core/figures_columns.h"
#include "core/linear_form.h"
#include "core/order.h"
#include "core/order_index.h"
#include "core/scratch.h"

#include <string.h>

struct figures {
    const month_t *month;
    scope_set_t set;
    scope_t *scopes;    /* [set.count] */
    uint64_t slots;     /* of all scopes, each once */
    columns_t *columns; /* made when first needed */
    /* Scopes that the index never holds; made when the first row is read off it. */
    figures_t *rest;
    size_t *rest_of; /* [rest->set.count]: their places here */
};

status_t figures_create(const month_t *month, const scope_t *scopes, size_t count, figures_t **out)
{
    CLEANUP(figures_destroy) figures_t *figures = calloc(1, sizeof *figures);
    if (!figures)
        return STATUS_NO_MEMORY;
    figures->month = month;
    figures->scopes = malloc((count + 1) * sizeof *figures->scopes);
    if (!figures->scopes)
        return STATUS_NO_MEMORY;
    if (count)
        memcpy(figures->scopes, scopes, count * sizeof *scopes);
    TRY(scope_set_init(month, scopes, count, &figures->set));
    for (size_t i = 0; i < count; i++)
        figures->slots += figures->set.scopes[i].count;
    *out = figures;
    figures = NULL;
    return STATUS_OK;
}

void figures_destroy(figures_t **figures)
{
    if (!figures || !*figures)
        return;
    figures_destroy(&(*figures)->rest);
    free((*figures)->rest_of);
    free((*figures)->scopes);
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

/* ---- From the columns ---- */

static status_t need_columns(figures_t *figures)
{
    return figures->columns ? STATUS_OK : columns_create(&figures->set, &figures->columns);
}

static void repeat_references(const references_t *from, references_t *out)
{
    out->n = from->n;
    out->benchmark_n = from->benchmark_n;
    out->has_average = from->has_average;
    mpq_set(out->average, from->average);
    mpq_set(out->benchmark, from->benchmark);
}

static status_t compute_statistics(figures_t *figures, size_t row, const benchmark_rule_t *rule,
                                   scope_statistics_t *out)
{
    TRY(need_columns(figures));
    TRY(columns_statistics(figures->columns, row, rule, out));
    for (size_t i = 0; i < figures->set.count; i++)
        out[i] = out[figures->set.same_as[i]];
    return STATUS_OK;
}

static status_t compute_references(figures_t *figures, size_t row, const benchmark_rule_t *rule, references_t *out)
{
    TRY(need_columns(figures));
    TRY(columns_references(figures->columns, row, rule, out));
    for (size_t i = 0; i < figures->set.count; i++)
        if (figures->set.same_as[i] != i)
            repeat_references(&out[figures->set.same_as[i]], &out[i]);
    return STATUS_OK;
}

static status_t compute_ranked(const figures_t *figures, size_t row, size_t scope, ranked_store_t *out,
                               uint32_t *out_count)
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

/* ---- From the index ---- */

static status_t make_rest(figures_t *figures)
{
    size_t count = 0, room = figures->set.count + 1;
    CLEANUP(scratch_free) scope_t *scopes = malloc(room * sizeof *scopes);
    CLEANUP(scratch_free) size_t *rest_of = malloc(room * sizeof *rest_of);
    if (!scopes || !rest_of)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < figures->set.count; i++) {
        if (figures->set.same_as[i] != i || order_index_holds(figures->month, figures->scopes[i]))
            continue;
        rest_of[count] = i;
        scopes[count++] = figures->scopes[i];
    }
    TRY(figures_create(figures->month, scopes, count, &figures->rest));
    figures->rest_of = rest_of;
    rest_of = NULL;
    return STATUS_OK;
}

/* Where a row's figures are in the index, and those of the scopes beside it in `rest`. *out_part is NULL where the
 * columns answer for all. */
static status_t find_part(figures_t *figures, size_t row, const order_index_row_t **out_part)
{
    *out_part = order_index_find(figures->month, row, figures->slots);
    return *out_part && !figures->rest ? make_rest(figures) : STATUS_OK;
}

static bool read_index(const figures_t *figures, size_t row, const order_index_row_t *part, size_t scope,
                       const benchmark_rule_t *rule, order_figures_t *out)
{
    return order_index_figures(figures->month, row, part, figures->scopes[scope], rule, out);
}

/* *out_done: false where the columns must answer for all. */
static status_t read_statistics(figures_t *figures, size_t row, const benchmark_rule_t *rule, scope_statistics_t *out,
                                bool *out_done)
{
    const order_index_row_t *part;
    order_figures_t read;
    *out_done = false;
    TRY(find_part(figures, row, &part));
    if (!part)
        return STATUS_OK;
    size_t rest_count = figures->rest->set.count, next = 0;
    CLEANUP(scratch_free) scope_statistics_t *rest = malloc((rest_count + 1) * sizeof *rest);
    if (!rest)
        return STATUS_NO_MEMORY;
    if (rest_count)
        TRY(compute_statistics(figures->rest, row, rule, rest));
    for (size_t i = 0; i < figures->set.count; i++) {
        size_t same = figures->set.same_as[i];
        if (same == i && next < rest_count && figures->rest_of[next] == i)
            out[i] = rest[next++];
        else if (same != i)
            out[i] = out[same];
        else if (read_index(figures, row, part, i, rule, &read))
            out[i] = read.statistics;
        else
            return STATUS_OK;
    }
    *out_done = true;
    return STATUS_OK;
}

status_t figures_statistics(figures_t *figures, size_t row, const benchmark_rule_t *rule, scope_statistics_t *out)
{
    bool done;
    TRY(read_statistics(figures, row, rule, out, &done));
    return done ? STATUS_OK : compute_statistics(figures, row, rule, out);
}

static void take_references(const order_figures_t *read, references_t *out)
{
    out->n = read->statistics.n;
    out->benchmark_n = read->statistics.benchmark_n;
    out->has_average = read->average[1] != 0;
    if (out->has_average)
        linear_sum_to_exact(read->average[0], read->average[1], out->average);
    if (out->benchmark_n)
        linear_sum_to_exact(read->benchmark[0], read->benchmark[1], out->benchmark);
}

/* False where one of the scopes is not to be had: a comparison asks for two, and the columns answer for both. */
static bool read_references(const figures_t *figures, size_t row, const benchmark_rule_t *rule, references_t *out)
{
    const order_index_row_t *part = order_index_find(figures->month, row, figures->slots);
    order_figures_t read;
    for (size_t i = 0; part && i < figures->set.count; i++) {
        if (!read_index(figures, row, part, i, rule, &read))
            return false;
        take_references(&read, &out[i]);
    }
    return part != NULL;
}

status_t figures_references(figures_t *figures, size_t row, const benchmark_rule_t *rule, references_t *out)
{
    return read_references(figures, row, rule, out) ? STATUS_OK : compute_references(figures, row, rule, out);
}

static uint32_t read_ranked(const month_t *month, order_cursor_t *cursor, ranked_store_t *out)
{
    order_store_t store;
    uint32_t count = 0;
    bool equal = false; /* all since the one ranked before are equal to it */
    while (order_cursor_next(cursor, &store)) {
        equal = equal && store.equal;
        if (!store.eligible)
            continue;
        out[count++] = (ranked_store_t){month->slots[store.dealer], equal, store.value};
        equal = true;
    }
    return count;
}

status_t figures_ranked(figures_t *figures, size_t row, size_t scope, ranked_store_t *out, uint32_t *out_count)
{
    size_t place = figures->set.same_as[scope];
    const order_index_row_t *part = order_index_find(figures->month, row, figures->set.scopes[place].count);
    order_cursor_t cursor;
    if (!part || !order_index_open(figures->month, part, figures->scopes[place], &cursor))
        return compute_ranked(figures, row, scope, out, out_count);
    *out_count = read_ranked(figures->month, &cursor, out);
    return STATUS_OK;
}

status_t figures_benchmark_stores(figures_t *figures, size_t row, size_t scope, const benchmark_rule_t *rule,
                                  uint32_t *out_slots, uint32_t *out_count, mpq_t out)
{
    TRY(need_columns(figures));
    return columns_benchmark_stores(figures->columns, row, figures->set.same_as[scope], rule, out_slots, out_count,
                                    out);
}
