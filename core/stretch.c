#include "core/stretch.h"

#include "core/select.h"
#include "core/statistics.h"

#include <math.h>
#include <stdlib.h>

#define WHOLE_MAX 0x1p53

/* Of a front: fewer stores are not dealt out once more. */
#define FEW       128u

static void free_arrays(stretch_row_t *row)
{
    free(row->buckets);
    free(row->front_buckets);
    free(row->places);
    free(row->scratch);
    free(row->candidates);
}

status_t stretch_row_reserve(stretch_row_t *row, size_t count)
{
    if (count < row->room)
        return STATUS_OK;
    free_arrays(row);
    row->room = count + 1;
    row->buckets = malloc(row->room * sizeof *row->buckets);
    row->front_buckets = malloc(row->room * sizeof *row->front_buckets);
    row->places = malloc(row->room * sizeof *row->places);
    row->scratch = malloc(row->room * sizeof *row->scratch);
    row->candidates = malloc(row->room * sizeof *row->candidates);
    bool made = row->buckets && row->front_buckets && row->places && row->scratch && row->candidates;
    return made ? front_reserve(&row->front, count) : STATUS_NO_MEMORY;
}

void stretch_row_fini(stretch_row_t *row)
{
    row_values_fini(&row->values);
    front_fini(&row->front);
    free_arrays(row);
    *row = (stretch_row_t){0};
}

static const double *values_of(const stretch_t *stretch)
{
    return stretch->row->values.values + stretch->from;
}

/* ---- Order statistics ---- */

/* Goes on to the bucket that holds a place of the ascending order. */
static void find_bucket(stretch_t *stretch, uint32_t place)
{
    if (stretch->bucket == BUCKET_NONE || place < stretch->before) {
        stretch->bucket = BUCKET_NONE + 1;
        stretch->before = 0;
    }
    while (stretch->before + stretch->dealt[stretch->bucket] <= place)
        stretch->before += stretch->dealt[stretch->bucket++];
}

static void look_over(stretch_t *stretch)
{
    const double *scratch = stretch->row->scratch;
    stretch->is_one = true;
    for (uint32_t i = 1; i < stretch->opened && stretch->is_one; i++)
        stretch->is_one = scratch[i] == scratch[0];
}

static void open_all(stretch_t *stretch)
{
    const double *values = values_of(stretch);
    double *scratch = stretch->row->scratch;
    stretch->opened = 0;
    for (uint32_t i = 0; i < stretch->count; i++) {
        scratch[stretch->opened] = values[i];
        stretch->opened += values[i] == values[i];
    }
    look_over(stretch);
}

static void open_bucket(stretch_t *stretch, unsigned bucket)
{
    stretch_row_t *row = stretch->row;
    size_t count = buckets_collect(row->buckets + stretch->from, stretch->count, bucket, bucket, row->places);
    for (size_t i = 0; i < count; i++)
        row->scratch[i] = values_of(stretch)[row->places[i]];
    stretch->opened = (uint32_t)count;
    look_over(stretch);
}

/* Among the opened values. Places mostly come in their order, so that what is behind the last one is enough. */
static double select_opened(stretch_t *stretch, uint32_t place)
{
    double *scratch = stretch->row->scratch;
    if (stretch->is_one)
        return scratch[0];
    uint32_t from = place >= stretch->settled ? stretch->settled : 0;
    stretch->settled = place;
    return select_value(scratch + from, stretch->opened - from, place - from);
}

/* The value at a place of the ascending order, which there is. */
static double value_at(stretch_t *stretch, uint32_t place)
{
    double value;
    if (place < stretch->before || place - stretch->before >= stretch->opened) {
        stretch->opened = stretch->settled = 0;
        if (!stretch->dealt) {
            open_all(stretch);
            return select_opened(stretch, place);
        }
        find_bucket(stretch, place);
        if (stretch->row->values.told.is_whole && bucket_map_value(stretch->row->map, stretch->bucket, &value))
            return value;
        open_bucket(stretch, stretch->bucket);
    }
    return select_opened(stretch, place - stretch->before);
}

/* A slot whose exact value stands at a place of the ascending order, where its double is known. */
static uint32_t slot_at(const stretch_t *stretch, uint32_t place, double value)
{
    const stretch_row_t *row = stretch->row;
    const scope_slots_t *slots = row->values.slots;
    size_t equal = 0;
    for (uint32_t i = stretch->from; i < stretch->from + stretch->count; i++) {
        place -= row->values.values[i] < value;
        if (row->values.values[i] == value)
            row->candidates[equal++] = (candidate_t){.slot = scope_slot_at(slots, i)};
    }
    if (row->values.told.is_told)
        return row->candidates[0].slot;
    return pared_slot_at(row->exact, row->candidates, equal, place);
}

static double quantile(stretch_t *stretch, unsigned quarters)
{
    if (stretch->totals.valued == 0)
        return NO_VALUE;
    const row_values_t *values = &stretch->row->values;
    quantile_place_t place = statistics_quantile_place(stretch->totals.valued, quarters);
    double below = value_at(stretch, place.low), above = place.part ? value_at(stretch, place.high) : below;
    if (statistics_is_one_sign(below, above, place.part))
        return statistics_between(below, above, place.part);
    return statistics_between_slots(values->month, values->row, slot_at(stretch, place.low, below),
                                    slot_at(stretch, place.high, above), place.part);
}

void stretch_quantiles(stretch_t *stretch, scope_statistics_t *out)
{
    out->p25 = quantile(stretch, 1);
    out->median = quantile(stretch, 2);
    out->p75 = quantile(stretch, 3);
}

/* ---- Best and benchmark ---- */

/* The best stores, as far as they are needed: those that are taken at any rate, in row->places, and the candidates. */
typedef struct {
    pared_held_t held;
    size_t candidates;
    double best;
} taken_t;

static double better_of(double a, double b, bool down)
{
    if (a != a)
        return b;
    return (b < a) == down ? b : a;
}

static void add_candidate(const stretch_t *stretch, uint32_t at, double weight, taken_t *taken)
{
    const row_values_t *values = &stretch->row->values;
    uint32_t slot = scope_slot_at(values->slots, at);
    double value = values->values[at];
    stretch->row->candidates[taken->candidates++] = (candidate_t){value, weight, slot, values->month->dealers[slot]};
    taken->best = better_of(taken->best, value, values->row->better == BETTER_DOWN);
}

static taken_t take_all(const stretch_t *stretch)
{
    const row_values_t *values = &stretch->row->values;
    taken_t taken = {{0, 0}, 0, NO_VALUE};
    for (uint32_t at = stretch->from; at < stretch->from + stretch->count; at++)
        if (row_values_is_eligible(values, at))
            add_candidate(stretch, at, values->told.has_bases ? values->weights[at] : 1, &taken);
    return taken;
}

static taken_t take_front(const stretch_t *stretch)
{
    const front_t *front = &stretch->row->front;
    taken_t taken = {{0, 0}, 0, NO_VALUE};
    for (uint32_t i = stretch->front_from; i < stretch->front_from + stretch->front_count; i++)
        add_candidate(stretch, front->places[i], front->weights[i], &taken);
    return taken;
}

/* Of the front, dealt out: stores of buckets better than the last one that is needed are taken, its own are candidates.
 * `held`: what the better ones come to. */
static taken_t take_buckets(const stretch_t *stretch, unsigned last, pared_held_t held)
{
    stretch_row_t *row = stretch->row;
    const front_t *front = &row->front;
    taken_t taken = {held, 0, NO_VALUE};
    double best = -INFINITY;
    uint32_t count = 0;
    for (uint32_t i = stretch->front_from; i < stretch->front_from + stretch->front_count; i++) {
        unsigned bucket = row->front_buckets[i];
        row->places[count] = scope_slot_at(row->values.slots, front->places[i]);
        count += bucket > last;
        best = front->values[i] > best ? front->values[i] : best;
        if (bucket == last)
            add_candidate(stretch, front->places[i], front->weights[i], &taken);
    }
    taken.best = front->down ? -best : best;
    return taken;
}

static pared_held_t hold(pared_held_t held, uint32_t count, double weight)
{
    return (pared_held_t){held.count + count, held.weight + weight};
}

static taken_t deal_front(const stretch_t *stretch, const pared_need_t *need)
{
    stretch_row_t *row = stretch->row;
    const front_t *front = &row->front;
    uint32_t from = stretch->front_from, count = stretch->front_count, counts[BUCKET_ROOM] = {0};
    double weights[BUCKET_ROOM] = {0};
    pared_held_t better = {0, 0}, held = {0, 0};
    unsigned last = BUCKETS + 1;
    buckets_deal(front->map, front->values + from, count, row->front_buckets + from, counts);
    buckets_weigh(row->front_buckets + from, front->weights + from, count, weights);
    while (last > 1 && !pared_suffices(need, held)) {
        better = held;
        last--;
        held = hold(held, counts[last], weights[last]);
    }
    if (count < stretch->totals.eligible && !pared_suffices(need, held))
        return take_all(stretch);
    return take_buckets(stretch, last, better);
}

static taken_t take_needed(const stretch_t *stretch, const pared_need_t *need)
{
    const front_t *front = &stretch->row->front;
    pared_held_t held = {0, 0};
    if (stretch->front_count >= FEW)
        return deal_front(stretch, need);
    for (uint32_t i = stretch->front_from; i < stretch->front_from + stretch->front_count; i++)
        held = hold(held, 1, front->weights[i]);
    bool is_enough = held.count == stretch->totals.eligible || pared_suffices(need, held);
    return is_enough ? take_front(stretch) : take_all(stretch);
}

bool stretch_benchmark(const stretch_t *stretch, const benchmark_rule_t *rule, contributors_t *out, double *out_best)
{
    stretch_row_t *row = stretch->row;
    const row_values_t *values = &row->values;
    if (!row_values_are_plain(values) || !(stretch->totals.weight < WHOLE_MAX))
        return false;
    *out_best = NO_VALUE;
    if (stretch->totals.eligible == 0)
        return true;
    pared_need_t need = pared_need(rule, values->told.has_bases, stretch->totals.eligible, stretch->totals.weight);
    taken_t taken = take_needed(stretch, &need);
    *out_best = taken.best;
    if (stretch->totals.eligible < rule->least_eligible)
        return true;
    size_t count = pared_take(&need, taken.held, values->row->better == BETTER_DOWN,
                              values->told.is_told ? NULL : row->exact, row->candidates, taken.candidates);
    contributors_add_slots(out, row->places, taken.held.count);
    for (size_t i = 0; i < count; i++)
        contributors_add_slot(out, row->candidates[i].slot);
    return true;
}
