/* Figures and orders read off the index. */
#include "core/order_index.h"

#include "core/order_index_internals.h"
#include "core/statistics.h"

#include <assert.h>
#include <math.h>

static uint32_t list_of(const month_t *month, scope_t scope)
{
    if (scope.kind == SCOPE_CIRCLE)
        return INDEX_NONE;
    return scope.kind == SCOPE_NATION ? 0 : month->index->lists[scope.index];
}

bool order_index_holds(const month_t *month, scope_t scope)
{
    return list_of(month, scope) != INDEX_NONE;
}

/* ---- Quantiles ---- */

/* A walk over the directory, onwards only. */
typedef struct {
    const order_index_row_t *row;
    const order_list_t *list;
    uint32_t span, passed; /* passed: entries in the spans before */
} walk_t;

static void walk_to(walk_t *walk, uint32_t place, double *out_value, uint32_t *out_dealer)
{
    const order_span_t *spans = walk->list->spans;
    for (; place - walk->passed >= spans[walk->span].count; walk->span++)
        walk->passed += spans[walk->span].count;
    const order_block_t *block = &walk->row->pool.blocks[spans[walk->span].block];
    *out_value = order_key_value(block->keys[place - walk->passed], walk->row->ties.down);
    *out_dealer = block->dealers[place - walk->passed] & ORDER_ENTRY_DEALER;
}

static double read_quantile(walk_t *walk, const month_t *month, const row_t *row, unsigned quarters)
{
    uint32_t last = walk->list->count - 1;
    double below, above;
    uint32_t below_dealer, above_dealer;
    quantile_place_t place = statistics_quantile_place(walk->list->count, quarters);
    if (walk->row->ties.down) {
        walk_to(walk, place.low, &below, &below_dealer);
        walk_to(walk, place.high, &above, &above_dealer);
    } else { /* the list begins with the greatest */
        walk_to(walk, last - place.high, &above, &above_dealer);
        walk_to(walk, last - place.low, &below, &below_dealer);
    }
    if (statistics_is_one_sign(below, above, place.part))
        return statistics_between(below, above, place.part);
    return statistics_between_slots(month, row, month->slots[below_dealer], month->slots[above_dealer], place.part);
}

static void read_quantiles(const month_t *month, const row_t *row, const order_index_row_t *part,
                           const order_list_t *list, scope_statistics_t *out)
{
    walk_t walk = {.row = part, .list = list};
    double *const upwards[] = {&out->p25, &out->median, &out->p75};
    for (unsigned i = 0; i < 3; i++) {
        unsigned quarters = part->ties.down ? 1 + i : 3 - i; /* in the list's order */
        *upwards[quarters - 1] = list->count ? read_quantile(&walk, month, row, quarters) : NO_VALUE;
    }
}

/* ---- Best and benchmark ---- */

static double read_best(const order_index_row_t *row, const order_list_t *list)
{
    uint32_t span = 0, place = 0;
    if (!row->has_direction || !list->eligible)
        return NO_VALUE;
    while (!list->spans[span].eligible)
        span++;
    const order_block_t *block = &row->pool.blocks[list->spans[span].block];
    while (!(block->dealers[place] & ORDER_ENTRY_ELIGIBLE))
        place++;
    return order_key_value(block->keys[place], row->ties.down);
}

/* What the stores taken so far come to, and what they must reach. */
typedef struct {
    const benchmark_rule_t *rule;
    bool by_share; /* of the denominators */
    uint64_t least;
    int128_t needed; /* share of the denominators, times the rule's own denominator */
    uint32_t taken;
    int128_t numerator, denominator;
} pared_t;

static pared_t pared_begin(const order_index_row_t *row, const order_list_t *list, const benchmark_rule_t *rule)
{
    pared_t pared = {.rule = rule, .by_share = row->form.denominators != NULL, .least = rule->least_stores};
    uint64_t part =
        ((uint64_t)list->eligible * rule->share_numerator + rule->share_denominator - 1) / rule->share_denominator;
    if (!pared.by_share && part > pared.least)
        pared.least = part;
    pared.needed = list->base * rule->share_numerator;
    return pared;
}

static void take(pared_t *pared, uint32_t count, linear_value_t sum)
{
    pared->taken += count;
    pared->numerator += sum.numerator;
    pared->denominator += sum.denominator;
}

static bool is_enough(const pared_t *pared)
{
    return pared->taken >= pared->least &&
           (!pared->by_share || pared->denominator * pared->rule->share_denominator >= pared->needed);
}

#define AHEAD 12u /* entries whose facts are fetched before their turn: they lie anywhere in the columns */

static void fetch_facts(const month_t *month, const order_index_row_t *row, const order_block_t *block, uint32_t place)
{
    uint32_t slot = month->slots[block->dealers[place] & ORDER_ENTRY_DEALER];
    for (size_t i = 0; i < row->form.count; i++)
        __builtin_prefetch(&row->ties.columns[row->form.inputs[i]][slot]);
}

/* Takes the entries of a span one by one until they are enough. */
static bool take_entries(const month_t *month, const order_index_row_t *row, const order_span_t *span, pared_t *pared)
{
    const order_block_t *block = &row->pool.blocks[span->block];
    for (uint32_t i = 0; i < AHEAD && i < span->count; i++)
        fetch_facts(month, row, block, i);
    for (uint32_t i = 0; i < span->count; i++) {
        linear_value_t value;
        if (i + AHEAD < span->count)
            fetch_facts(month, row, block, i + AHEAD);
        if (!(block->dealers[i] & ORDER_ENTRY_ELIGIBLE))
            continue;
        uint32_t slot = month->slots[block->dealers[i] & ORDER_ENTRY_DEALER];
        linear_kind_t kind = linear_form_evaluate(&row->form, row->ties.columns, slot, &value);
        assert(kind == LINEAR_VALUE);
        (void)kind;
        take(pared, 1, value);
        if (is_enough(pared))
            return true;
    }
    return false;
}

/* Where no denominator is negative, what is taken only grows: a whole span after which it is not enough is passed over.
 * False where it may shrink. */
static bool read_benchmark(const month_t *month, const order_index_row_t *row, const order_list_t *list,
                           const benchmark_rule_t *rule, order_figures_t *out)
{
    out->statistics.benchmark = NO_VALUE;
    if (!row->has_direction || list->eligible == 0 || list->eligible < rule->least_eligible)
        return true;
    if (list->negative)
        return false;
    pared_t pared = pared_begin(row, list, rule);
    for (uint32_t i = 0; i < list->span_count; i++) {
        pared_t before = pared;
        take(&pared, list->spans[i].eligible, list->spans[i].sum);
        if (!is_enough(&pared))
            continue;
        pared = before;
        if (take_entries(month, row, &list->spans[i], &pared))
            break;
    }
    out->statistics.benchmark_n = pared.taken;
    out->statistics.benchmark = linear_sum_to_double(pared.numerator, pared.denominator);
    out->benchmark[0] = pared.numerator;
    out->benchmark[1] = pared.denominator;
    return true;
}

/* ---- Cells ---- */

static bool compute(const month_t *month, const row_t *row, const order_index_row_t *part, scope_t scope,
                    const order_list_t *list, const benchmark_rule_t *rule, order_figures_t *out)
{
    CLEANUP(scope_slots_fini) scope_slots_t slots = {0};
    order_figures_t figures = {.statistics = {.n = list->contributors, .valued = list->count, .average = NO_VALUE}};
    scope_statistics_t *statistics = &figures.statistics;
    if (scope_slots_init(month, scope, &slots) != STATUS_OK || !read_benchmark(month, part, list, rule, &figures))
        return false;
    if (list->contributors && list->denominator) {
        figures.average[0] = list->numerator;
        figures.average[1] = list->denominator;
        statistics->average = linear_sum_to_double(list->numerator, list->denominator);
    }
    /* A fact's average is the mean of its values, and exact. */
    statistics->mean =
        part->is_fact ? statistics->average : statistics_mean_of(month, row, &slots, &list->values, list->count);
    read_quantiles(month, row, part, list, statistics);
    statistics->best = read_best(part, list);
    *out = figures;
    return true;
}

static bool is_same_rule(const benchmark_rule_t *a, const benchmark_rule_t *b)
{
    return a->share_numerator == b->share_numerator && a->share_denominator == b->share_denominator &&
           a->least_stores == b->least_stores && a->least_eligible == b->least_eligible;
}

static void keep(order_cell_t *cell, const benchmark_rule_t *rule, const order_figures_t *figures)
{
    uint32_t stale = CELL_STALE;
    if (!__atomic_compare_exchange_n(&cell->state, &stale, CELL_FILLING, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    cell->rule = *rule;
    cell->figures = *figures;
    __atomic_store_n(&cell->state, CELL_READY, __ATOMIC_RELEASE);
}

bool order_index_figures(const month_t *month, size_t row, const order_index_row_t *part, scope_t scope,
                         const benchmark_rule_t *rule, order_figures_t *out)
{
    uint32_t place = list_of(month, scope);
    if (place == INDEX_NONE)
        return false;
    const order_list_t *list = &part->lists[place];
    order_cell_t *cell = &part->cells[place];
    if (__atomic_load_n(&cell->state, __ATOMIC_ACQUIRE) == CELL_READY && is_same_rule(&cell->rule, rule)) {
        *out = cell->figures;
        return true;
    }
    if (!compute(month, &month->catalog->rows[row], part, scope, list, rule, out))
        return false;
    keep(cell, rule, out);
    return true;
}

/* ---- In order ---- */

bool order_index_open(const month_t *month, const order_index_row_t *row, scope_t scope, order_cursor_t *out)
{
    uint32_t place = list_of(month, scope);
    if (place == INDEX_NONE)
        return false;
    *out = (order_cursor_t){.month = month, .row = row, .list = &row->lists[place], .before = INDEX_NONE};
    return true;
}

static bool is_equal(const order_cursor_t *cursor, uint64_t key, uint32_t dealer)
{
    const order_ties_t *ties = &cursor->row->ties;
    linear_value_t value, before;
    if (cursor->before == INDEX_NONE || key != cursor->key)
        return false;
    if (ties->keys_decide)
        return true;
    return linear_form_evaluate(ties->form, ties->columns, ties->slots[dealer], &value) == LINEAR_VALUE &&
           linear_form_evaluate(ties->form, ties->columns, ties->slots[cursor->before], &before) == LINEAR_VALUE &&
           linear_compare(value, before) == 0;
}

bool order_cursor_next(order_cursor_t *cursor, order_store_t *out)
{
    if (cursor->span == cursor->list->span_count)
        return false;
    const order_span_t *span = &cursor->list->spans[cursor->span];
    const order_block_t *block = &cursor->row->pool.blocks[span->block];
    uint64_t key = block->keys[cursor->place];
    uint32_t dealer = block->dealers[cursor->place] & ORDER_ENTRY_DEALER;
    *out = (order_store_t){.dealer = dealer,
                           .value = order_key_value(key, cursor->row->ties.down),
                           .eligible = block->dealers[cursor->place] & ORDER_ENTRY_ELIGIBLE,
                           .equal = is_equal(cursor, key, dealer)};
    cursor->key = key;
    cursor->before = dealer;
    if (++cursor->place == span->count) {
        cursor->span++;
        cursor->place = 0;
    }
    return true;
}
