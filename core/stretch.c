#include "core/stretch.h"

#include "core/select.h"
#include "core/statistics.h"

#include <math.h>
#include <stdlib.h>

#define WHOLE_MAX 0x1p53

status_t stretch_row_reserve(stretch_row_t *row, size_t count)
{
    if (count < row->room)
        return STATUS_OK;
    free(row->buckets);
    free(row->places);
    free(row->scratch);
    free(row->candidates);
    row->room = count + 1;
    row->buckets = malloc(row->room * sizeof *row->buckets);
    row->places = malloc(row->room * sizeof *row->places);
    row->scratch = malloc(row->room * sizeof *row->scratch);
    row->candidates = malloc(row->room * sizeof *row->candidates);
    return row->buckets && row->places && row->scratch && row->candidates ? STATUS_OK : STATUS_NO_MEMORY;
}

void stretch_row_fini(stretch_row_t *row)
{
    row_values_fini(&row->values);
    free(row->buckets);
    free(row->places);
    free(row->scratch);
    free(row->candidates);
    *row = (stretch_row_t){0};
}

static const double *values_of(const stretch_t *stretch)
{
    return stretch->row->values.values + stretch->from;
}

/* ---- How many there are ---- */

static void count_dealt(stretch_t *stretch)
{
    stretch->valued = stretch->count - stretch->dealt->counts[BUCKET_NONE];
    for (unsigned i = 0; i < BUCKETS; i++)
        stretch->weight += stretch->dealt->weights[i];
    if (!stretch->row->values.told.has_bases)
        stretch->eligible = stretch->valued;
}

static void count_few(stretch_t *stretch)
{
    const row_values_t *values = &stretch->row->values;
    for (uint32_t i = stretch->from; i < stretch->from + stretch->count; i++) {
        stretch->valued += values->values[i] == values->values[i];
        stretch->eligible += row_values_is_eligible(values, i);
        if (values->told.has_bases)
            stretch->weight += values->weights[i];
    }
}

stretch_t stretch_begin(stretch_row_t *row, const scope_slots_t *slots, const buckets_t *dealt, uint32_t eligible)
{
    uint32_t from = slots->slots ? 0 : slots->first - row->values.slots->first;
    stretch_t stretch = {.row = row, .from = from, .count = slots->count, .dealt = dealt, .eligible = eligible};
    if (dealt)
        count_dealt(&stretch);
    else
        count_few(&stretch);
    return stretch;
}

/* ---- Order statistics ---- */

/* The bucket that holds a place of the ascending order, and how many values stand before it. */
static unsigned find_bucket(const stretch_t *stretch, uint32_t place, uint32_t *out_before)
{
    unsigned bucket = 0;
    uint32_t before = 0;
    while (before + stretch->dealt->counts[bucket] <= place)
        before += stretch->dealt->counts[bucket++];
    *out_before = before;
    return bucket;
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
    stretch->bucket = bucket;
    look_over(stretch);
}

/* The value at a place of the ascending order, which there is. */
static double value_at(stretch_t *stretch, uint32_t place)
{
    double value;
    if (place - stretch->before >= stretch->opened) {
        if (!stretch->dealt) {
            open_all(stretch);
        } else {
            stretch->opened = 0;
            unsigned bucket = find_bucket(stretch, place, &stretch->before);
            if (stretch->row->values.told.is_whole && bucket_map_value(stretch->row->map, bucket, &value))
                return value;
            open_bucket(stretch, bucket);
        }
    }
    double *scratch = stretch->row->scratch;
    return stretch->is_one ? scratch[0] : select_value(scratch, stretch->opened, place - stretch->before);
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
    if (stretch->valued == 0)
        return NO_VALUE;
    const row_values_t *values = &stretch->row->values;
    quantile_place_t place = statistics_quantile_place(stretch->valued, quarters);
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

/* The best stores, as far as they may be needed: those of better buckets, which are all taken, and those of the last
 * bucket, of which some may be. */
typedef struct {
    uint32_t *slots; /* of better buckets; in the row's places */
    pared_held_t held;
    size_t candidates;
    double best;
} front_t;

static double better_of(double a, double b, bool down)
{
    if (a != a)
        return b;
    return (b < a) == down ? b : a;
}

static void add_candidate(const stretch_t *stretch, uint32_t at, front_t *front)
{
    const row_values_t *values = &stretch->row->values;
    uint32_t slot = scope_slot_at(values->slots, at);
    double weight = values->told.has_bases ? values->weights[at] : 0;
    stretch->row->candidates[front->candidates++] =
        (candidate_t){values->values[at], weight, slot, values->month->dealers[slot]};
}

/* Takes the eligible of the buckets up to and with `last`, seen from the best one. */
static front_t take_buckets(const stretch_t *stretch, unsigned last)
{
    stretch_row_t *row = stretch->row;
    const row_values_t *values = &row->values;
    bool down = values->row->better == BETTER_DOWN;
    front_t front = {row->places, {0, 0}, 0, NO_VALUE};
    size_t count = buckets_collect(row->buckets + stretch->from, stretch->count, down ? 0 : last,
                                   down ? last : BUCKETS - 1, row->places);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = stretch->from + row->places[i];
        if (!row_values_is_eligible(values, at))
            continue;
        front.best = better_of(front.best, values->values[at], down);
        if (row->buckets[at] == last) {
            add_candidate(stretch, at, &front);
            continue;
        }
        front.slots[front.held.count++] = scope_slot_at(values->slots, at);
        front.held.weight += values->told.has_bases ? values->weights[at] : 0;
    }
    return front;
}

static front_t take_all(const stretch_t *stretch)
{
    const row_values_t *values = &stretch->row->values;
    front_t front = {stretch->row->places, {0, 0}, 0, NO_VALUE};
    for (uint32_t at = stretch->from; at < stretch->from + stretch->count; at++) {
        if (!row_values_is_eligible(values, at))
            continue;
        front.best = better_of(front.best, values->values[at], values->row->better == BETTER_DOWN);
        add_candidate(stretch, at, &front);
    }
    return front;
}

/* The last bucket that is needed for that many stores and their weight, if all stores of the buckets were eligible. */
static unsigned last_bucket(const stretch_t *stretch, const pared_need_t *need, uint64_t least)
{
    bool down = stretch->row->values.row->better == BETTER_DOWN;
    pared_need_t wanted = *need;
    pared_held_t held = {0, 0};
    wanted.least = least;
    for (unsigned i = 0; i < BUCKETS; i++) {
        unsigned bucket = down ? i : BUCKETS - 1 - i;
        held.count += stretch->dealt->counts[bucket];
        held.weight += stretch->dealt->weights[bucket];
        if (stretch->dealt->counts[bucket] && pared_suffices(&wanted, held))
            return bucket;
    }
    return down ? BUCKETS - 1 : 0;
}

/* Wide enough to hold all stores that are needed, or all that there are. */
static front_t take_front(const stretch_t *stretch, const pared_need_t *need)
{
    if (!stretch->dealt)
        return take_all(stretch);
    uint64_t least = need->least, wanted = need->least < stretch->eligible ? need->least : stretch->eligible;
    for (;;) {
        front_t front = take_buckets(stretch, last_bucket(stretch, need, least));
        uint64_t count = front.held.count + front.candidates;
        if (count >= wanted)
            return front;
        least += wanted - count; /* so many of the buckets' stores were not eligible, at least */
    }
}

bool stretch_benchmark(const stretch_t *stretch, const benchmark_rule_t *rule, contributors_t *out, double *out_best)
{
    stretch_row_t *row = stretch->row;
    bool has_weights = row->values.told.has_bases;
    if (!row_values_are_plain(&row->values) || !(stretch->weight < WHOLE_MAX))
        return false;
    *out_best = NO_VALUE;
    if (stretch->eligible == 0)
        return true;
    pared_need_t need = pared_need(rule, has_weights, stretch->eligible, stretch->weight);
    front_t front = take_front(stretch, &need);
    *out_best = front.best;
    if (stretch->eligible < rule->least_eligible)
        return true;
    size_t taken = pared_take(&need, front.held, row->values.row->better == BETTER_DOWN,
                              row->values.told.is_told ? NULL : row->exact, row->candidates, front.candidates);
    contributors_add_slots(out, front.slots, front.held.count);
    for (size_t i = 0; i < taken; i++)
        contributors_add_slot(out, row->candidates[i].slot);
    return true;
}
