#include "core/figures_columns.h"

#include "core/fact_sums.h"
#include "core/scratch.h"
#include "core/statistics.h"
#include "core/stretch.h"

#include <math.h>
#include <string.h>

/* Fewer slots than this are neither dealt into buckets nor kept apart from those around them. */
#define FEW   128u
#define CHUNK 2048u /* values that are computed and dealt at a time */

/* What is gathered of one scope on the way through those within it. */
typedef struct {
    uint32_t buckets[BUCKET_ROOM]; /* counts */
    exact_mean_t mean;
    contributors_t contributors; /* where the facts' own sums do not do */
    row_totals_t totals;
    uint32_t front_from;
} layer_t;

struct columns {
    const scope_set_t *set;
    fact_sums_t sums;
    stretch_row_t shared;
    exact_order_t exact;
    layer_t *layers; /* by depth */
    mpq_t value;
    /* The row at hand. */
    const row_t *row;
    const benchmark_rule_t *rule;
    scope_statistics_t *cells; /* what is asked for: one of these two */
    references_t *references;
    bool is_covered; /* contributors are read off the facts' sums */
};

/* ---- Making ---- */

static uint32_t depth_of(const scope_set_t *set)
{
    uint32_t depth = 0;
    for (size_t i = 0; i < set->node_count; i++)
        if (set->nodes[i].depth > depth)
            depth = set->nodes[i].depth;
    return depth;
}

status_t columns_create(const scope_set_t *set, columns_t **out)
{
    CLEANUP(columns_destroy) columns_t *columns = calloc(1, sizeof *columns);
    if (!columns)
        return STATUS_NO_MEMORY;
    mpq_init(columns->value);
    exact_order_init(&columns->exact, set->month, NULL);
    columns->set = set;
    columns->layers = malloc((depth_of(set) + 1) * sizeof *columns->layers);
    if (!columns->layers)
        return STATUS_NO_MEMORY;
    TRY(fact_sums_init(set, &columns->sums));
    *out = columns;
    columns = NULL;
    return STATUS_OK;
}

void columns_destroy(columns_t **columns)
{
    if (!columns || !*columns)
        return;
    columns_t *doomed = *columns;
    fact_sums_fini(&doomed->sums);
    stretch_row_fini(&doomed->shared);
    exact_order_fini(&doomed->exact);
    mpq_clear(doomed->value);
    free(doomed->layers);
    free(doomed);
    *columns = NULL;
}

/* ---- One scope of the row at hand ---- */

/* The benchmark's stores by ordering all, where denominators are no whole numbers, negative or very large. */
static status_t order_benchmark(const columns_t *columns, const scope_slots_t *slots, uint32_t *out_slots,
                                uint32_t *out_count, double *out_best, mpq_t out)
{
    CLEANUP(order_destroy) row_order_t *order = order_make(columns->set->month, columns->row, slots);
    if (!order)
        return STATUS_NO_MEMORY;
    picks_t picks = {order, NULL, order->count};
    *out_best = statistics_best(columns->row, &picks);
    *out_count = statistics_benchmark_stores(columns->set->month, columns->row, &picks, columns->rule, out, out_slots);
    return STATUS_OK;
}

static status_t take_benchmark(const columns_t *columns, const stretch_t *stretch, const scope_slots_t *slots,
                               uint32_t *out_slots, uint32_t *out_count, double *out_best, mpq_t out)
{
    contributors_t taken;
    *out_count = 0;
    *out_best = NO_VALUE;
    if (columns->row->better == BETTER_NEITHER)
        return STATUS_OK;
    contributors_begin(&taken, columns->set->month, columns->row, out_slots);
    if (!stretch_benchmark(stretch, columns->rule, &taken, out_best))
        return order_benchmark(columns, slots, out_slots, out_count, out_best, out);
    *out_count = contributors_average(&taken, out) ? taken.n : 0;
    return STATUS_OK;
}

static status_t fill_references(const columns_t *columns, const stretch_t *stretch, const scope_slots_t *slots,
                                const contributors_t *contributors, references_t *out)
{
    double best;
    out->n = contributors->n;
    out->has_average = contributors_average(contributors, out->average);
    return take_benchmark(columns, stretch, slots, NULL, &out->benchmark_n, &best, out->benchmark);
}

static status_t fill_cell(columns_t *columns, stretch_t *stretch, const scope_slots_t *slots,
                          const contributors_t *contributors, const exact_mean_t *mean, scope_statistics_t *out)
{
    *out = (scope_statistics_t){.n = contributors->n, .valued = stretch->totals.valued, .average = NO_VALUE};
    if (contributors_average(contributors, columns->value))
        out->average = formula_to_double(columns->value);
    /* A fact's average is the mean of its values, and exact. */
    out->mean = columns->row->is_fact
                    ? out->average
                    : statistics_mean_of(columns->set->month, columns->row, slots, mean, stretch->totals.valued);
    stretch_quantiles(stretch, out);
    TRY(take_benchmark(columns, stretch, slots, NULL, &out->benchmark_n, &out->best, columns->value));
    out->benchmark = out->benchmark_n ? formula_to_double(columns->value) : NO_VALUE;
    return STATUS_OK;
}

static bool wants_mean(const columns_t *columns)
{
    return columns->cells && !columns->row->is_fact;
}

static bool wants_values(const columns_t *columns)
{
    return columns->cells || columns->row->better != BETTER_NEITHER;
}

static bool wants_front(const columns_t *columns)
{
    return columns->row->better != BETTER_NEITHER;
}

/* A scope's part of the row's values. `layer` is NULL where it has few. */
static stretch_t begin_stretch(columns_t *columns, const scope_slots_t *slots, const layer_t *layer)
{
    stretch_row_t *shared = &columns->shared;
    uint32_t from = slots->slots ? 0 : slots->first - shared->values.slots->first;
    stretch_t stretch = {.row = shared, .from = from, .count = slots->count};
    if (layer) {
        stretch.dealt = columns->cells ? layer->buckets : NULL;
        stretch.totals = layer->totals;
        stretch.front_from = layer->front_from;
        stretch.front_count = shared->front.count - layer->front_from;
    } else {
        row_values_count(&shared->values, from, slots->count, &stretch.totals);
    }
    return stretch;
}

static status_t fill(columns_t *columns, size_t scope, const layer_t *layer, const contributors_t *contributors,
                     const exact_mean_t *mean)
{
    const scope_slots_t *slots = &columns->set->scopes[scope];
    stretch_t stretch = {.row = &columns->shared};
    if (wants_values(columns))
        stretch = begin_stretch(columns, slots, layer);
    if (columns->cells)
        return fill_cell(columns, &stretch, slots, contributors, mean, &columns->cells[scope]);
    return fill_references(columns, &stretch, slots, contributors, &columns->references[scope]);
}

/* ---- The scopes of one root ---- */

static void begin_layer(const columns_t *columns, layer_t *layer)
{
    if (columns->cells)
        memset(layer->buckets, 0, sizeof layer->buckets);
    if (wants_mean(columns))
        layer->mean = (exact_mean_t){0};
    layer->totals = (row_totals_t){0};
    layer->front_from = columns->shared.front.count;
    contributors_begin(&layer->contributors, columns->set->month, columns->row, NULL);
}

/* Adds some computed values. */
static void add_values(columns_t *columns, layer_t *layer, uint32_t from, uint32_t count)
{
    stretch_row_t *shared = &columns->shared;
    const double *values = shared->values.values + from;
    const double *weights = shared->values.told.has_bases ? shared->values.weights + from : NULL;
    if (wants_front(columns))
        front_append(&shared->front, values, weights, from, count);
    if (columns->cells)
        buckets_deal(shared->map, values, count, shared->buckets + from, layer->buckets);
    if (wants_mean(columns))
        exact_mean_add_all(&layer->mean, values, count);
}

/* Computes values and adds them while they are at hand. */
static status_t compute_values(columns_t *columns, layer_t *layer, uint32_t from, uint32_t count)
{
    for (uint32_t done = 0; done < count && wants_values(columns); done += CHUNK) {
        uint32_t size = count - done < CHUNK ? count - done : CHUNK;
        TRY(row_values_compute(&columns->shared.values, from + done, size, &layer->totals));
        add_values(columns, layer, from + done, size);
    }
    return STATUS_OK;
}

static void merge_layer(const columns_t *columns, layer_t *layer, const layer_t *inner)
{
    for (size_t i = 0; columns->cells && i < BUCKET_ROOM; i++)
        layer->buckets[i] += inner->buckets[i];
    layer->totals.valued += inner->totals.valued;
    layer->totals.eligible += inner->totals.eligible;
    layer->totals.weight += inner->totals.weight;
    if (wants_mean(columns))
        exact_mean_merge(&layer->mean, &inner->mean);
    contributors_merge(&layer->contributors, &inner->contributors);
}

static const scope_slots_t *slots_of(const columns_t *columns, size_t node)
{
    return &columns->set->scopes[columns->set->nodes[node].scope];
}

/* A scope of many slots, after those of many slots within it. The tree of regions bounds how deep this goes. */
static status_t run_large(columns_t *columns, size_t node)
{
    const scope_node_t *at = &columns->set->nodes[node];
    layer_t *layer = &columns->layers[at->depth];
    uint32_t first = columns->shared.values.slots->first;
    begin_layer(columns, layer);
    for (scope_part_t part = scope_parts(columns->set, node, FEW); scope_part_next(&part);) {
        TRY(compute_values(columns, layer, part.first - first, part.count));
        if (!columns->is_covered)
            contributors_add_run(&layer->contributors, part.first, part.count);
        if (part.child == SIZE_MAX)
            continue;
        TRY(run_large(columns, part.child));
        merge_layer(columns, layer, &columns->layers[columns->set->nodes[part.child].depth]);
    }
    contributors_t covered;
    if (columns->is_covered)
        fact_sums_contributors(&columns->sums, columns->row, node, &covered);
    return fill(columns, at->scope, layer, columns->is_covered ? &covered : &layer->contributors, &layer->mean);
}

static status_t run_small(columns_t *columns, size_t node)
{
    const scope_slots_t *slots = slots_of(columns, node);
    contributors_t contributors;
    exact_mean_t mean = {0};
    if (columns->is_covered) {
        fact_sums_contributors(&columns->sums, columns->row, node, &contributors);
    } else {
        contributors_begin(&contributors, columns->set->month, columns->row, NULL);
        contributors_add(&contributors, slots);
    }
    if (wants_mean(columns))
        exact_mean_add_all(&mean, columns->shared.values.values + slots->first - columns->shared.values.slots->first,
                           slots->count);
    return fill(columns, columns->set->nodes[node].scope, NULL, &contributors, &mean);
}

/* Judges by a sample how to deal the values out, and how many of the best to collect. */
static status_t make_maps(columns_t *columns)
{
    stretch_row_t *shared = &columns->shared;
    uint32_t count;
    TRY(row_values_sample(&shared->values, &count));
    const double *weights = shared->values.told.has_bases ? shared->values.weights : NULL;
    if (wants_front(columns))
        front_begin(&shared->front, columns->row->better == BETTER_DOWN, columns->rule, shared->values.values, weights,
                    count);
    shared->map = bucket_map_make(shared->values.values, count, shared->values.told.is_whole);
    return STATUS_OK;
}

/* Makes ready to compute the values of a root's slots; computes them where they are few. */
static status_t begin_values(columns_t *columns, const scope_slots_t *slots)
{
    stretch_row_t *shared = &columns->shared;
    shared->values.slots = slots;
    if (!wants_values(columns))
        return STATUS_OK;
    TRY(stretch_row_reserve(shared, slots->count));
    TRY(row_values_begin(&shared->values, columns->set->month, columns->row, slots));
    columns->exact.row = columns->row;
    columns->exact.kept_slot = INDEX_NONE;
    shared->exact = &columns->exact;
    row_totals_t totals = {0};
    return slots->count < FEW ? row_values_compute(&shared->values, 0, slots->count, &totals) : make_maps(columns);
}

static status_t run_root(columns_t *columns, size_t root)
{
    const scope_slots_t *slots = slots_of(columns, root);
    TRY(fact_sums_cover(&columns->sums, columns->row, root, &columns->is_covered));
    TRY(begin_values(columns, slots));
    if (slots->count >= FEW)
        TRY(run_large(columns, root));
    for (size_t node = root; node < columns->set->nodes[root].end; node++)
        if (slots_of(columns, node)->count < FEW)
            TRY(run_small(columns, node));
    return STATUS_OK;
}

/* A scope by itself, a list of slots perhaps; returns its layer, NULL where it has too few slots for one. */
static status_t load_alone(columns_t *columns, const scope_slots_t *slots, layer_t **out)
{
    *out = NULL;
    TRY(begin_values(columns, slots));
    if (slots->count < FEW)
        return STATUS_OK;
    *out = &columns->layers[0];
    begin_layer(columns, *out);
    return compute_values(columns, *out, 0, slots->count);
}

static status_t run_list(columns_t *columns, size_t scope)
{
    const scope_slots_t *slots = &columns->set->scopes[scope];
    layer_t *layer;
    contributors_t contributors;
    exact_mean_t mean = {0};
    TRY(load_alone(columns, slots, &layer));
    contributors_begin(&contributors, columns->set->month, columns->row, NULL);
    contributors_add(&contributors, slots);
    if (wants_mean(columns) && !layer)
        exact_mean_add_all(&mean, columns->shared.values.values, slots->count);
    return fill(columns, scope, layer, &contributors, layer ? &layer->mean : &mean);
}

/* ---- All scopes ---- */

static void fill_empty(columns_t *columns, size_t scope)
{
    const double none = NO_VALUE;
    if (columns->cells)
        columns->cells[scope] = (scope_statistics_t){0, 0, 0, none, none, none, none, none, none, none};
    if (columns->references)
        columns->references[scope].n = columns->references[scope].benchmark_n = 0;
    if (columns->references)
        columns->references[scope].has_average = false;
}

static status_t run(columns_t *columns, size_t row, const benchmark_rule_t *rule)
{
    const scope_set_t *set = columns->set;
    columns->row = &set->month->catalog->rows[row];
    columns->rule = rule;
    for (size_t i = 0; i < set->count; i++) {
        if (set->same_as[i] == i && set->scopes[i].count == 0)
            fill_empty(columns, i);
        else if (set->same_as[i] == i && set->scopes[i].slots)
            TRY(run_list(columns, i));
    }
    for (size_t root = 0; root < set->node_count; root = set->nodes[root].end)
        TRY(run_root(columns, root));
    return STATUS_OK;
}

status_t columns_statistics(columns_t *columns, size_t row, const benchmark_rule_t *rule, scope_statistics_t *out)
{
    columns->cells = out;
    columns->references = NULL;
    return run(columns, row, rule);
}

status_t columns_references(columns_t *columns, size_t row, const benchmark_rule_t *rule, references_t *out)
{
    columns->cells = NULL;
    columns->references = out;
    return run(columns, row, rule);
}

status_t columns_benchmark_stores(columns_t *columns, size_t row, size_t scope, const benchmark_rule_t *rule,
                                  uint32_t *out_slots, uint32_t *out_count, mpq_t out)
{
    const scope_slots_t *slots = &columns->set->scopes[scope];
    layer_t *layer;
    double best;
    columns->cells = NULL;
    columns->references = NULL;
    columns->row = &columns->set->month->catalog->rows[row];
    columns->rule = rule;
    *out_count = 0;
    if (!wants_values(columns)) /* of a row without a direction, which has no benchmark */
        return STATUS_OK;
    TRY(load_alone(columns, slots, &layer));
    stretch_t stretch = begin_stretch(columns, slots, layer);
    return take_benchmark(columns, &stretch, slots, out_slots, out_count, &best, out);
}
