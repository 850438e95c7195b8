#include "core/order.h"

#include "core/exact_order.h"
#include "core/row_values.h"
#include "core/scratch.h"
#include "core/statistics.h"

#include <math.h>
#include <string.h>

typedef struct {
    uint64_t key; /* orders as the value does, the best first */
    uint32_t dealer;
    uint32_t at; /* place of the slot in its scope */
} entry_t;

/* ---- Keys ---- */

/* A number whose unsigned order is the order of the doubles. */
static uint64_t key_of(double value, bool down)
{
    uint64_t bits;
    value += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &value, sizeof bits);
    uint64_t key = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return down ? key : ~key;
}

#define DIGIT_BITS    11u
#define DIGIT_COUNT   (1u << DIGIT_BITS)
#define DEALER_PASSES 3u /* of 32 bits, before those of 64 */
#define PASSES        9u

static unsigned digit_of(const entry_t *entry, unsigned pass)
{
    uint64_t digits = pass < DEALER_PASSES ? (uint64_t)entry->dealer >> (pass * DIGIT_BITS)
                                           : entry->key >> ((pass - DEALER_PASSES) * DIGIT_BITS);
    return (unsigned)digits & (DIGIT_COUNT - 1);
}

static void count_digits(const entry_t *entries, uint32_t count, unsigned first_pass, uint32_t (*counts)[DIGIT_COUNT])
{
    memset(counts, 0, PASSES * sizeof *counts);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned pass = first_pass; pass < PASSES; pass++)
            counts[pass][digit_of(&entries[i], pass)]++;
}

static bool is_by_dealer(const entry_t *entries, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (entries[i - 1].dealer > entries[i].dealer)
            return false;
    return true;
}

/* By key, then by dealer: least significant digit first, stable; a digit that all share costs no pass. `spare`: room
 * for `count` more. Returns where the result is, `entries` or `spare`. */
static entry_t *sort_entries(entry_t *entries, entry_t *spare, uint32_t count)
{
    uint32_t counts[PASSES][DIGIT_COUNT];
    unsigned first_pass = is_by_dealer(entries, count) ? DEALER_PASSES : 0;
    count_digits(entries, count, first_pass, counts);
    entry_t *from = entries, *to = spare;
    for (unsigned pass = first_pass; pass < PASSES && count; pass++) {
        if (counts[pass][digit_of(&from[0], pass)] == count)
            continue;
        for (uint32_t digit = 0, sum = 0; digit < DIGIT_COUNT; digit++) {
            uint32_t here = counts[pass][digit];
            counts[pass][digit] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < count; i++)
            to[counts[pass][digit_of(&from[i], pass)]++] = from[i];
        entry_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* ---- Exact order among equal doubles ---- */

typedef struct {
    exact_order_t exact;
    const scope_slots_t *slots;
} settling_t;

static int compare_exactly(settling_t *settling, const entry_t *a, const entry_t *b)
{
    return exact_order_of_stores(&settling->exact, scope_slot_at(settling->slots, a->at),
                                 scope_slot_at(settling->slots, b->at));
}

static int compare_entries(const void *left, const void *right, void *context)
{
    const entry_t *a = left, *b = right;
    int order = compare_exactly(context, a, b);
    return order ? order : (a->dealer > b->dealer) - (a->dealer < b->dealer);
}

/* Puts entries whose doubles are equal into their exact order, and marks the equal ones. They come by dealer. */
static void settle_run(settling_t *settling, entry_t *entries, uint8_t *marks, uint32_t count)
{
    bool sorted = true;
    for (uint32_t i = 1; i < count && sorted; i++) {
        int order = compare_exactly(settling, &entries[i - 1], &entries[i]);
        sorted = order <= 0;
        marks[i] = order == 0 ? ORDER_EQUAL : 0;
    }
    if (sorted)
        return;
    qsort_r(entries, count, sizeof *entries, compare_entries, settling);
    for (uint32_t i = 1; i < count; i++)
        marks[i] = compare_exactly(settling, &entries[i - 1], &entries[i]) == 0 ? ORDER_EQUAL : 0;
}

/* `marks` is zeroed. */
static void settle_neighbours(const row_values_t *values, entry_t *entries, uint8_t *marks, uint32_t count)
{
    if (values->told.is_told) {
        for (uint32_t i = 1; i < count; i++)
            marks[i] = entries[i].key == entries[i - 1].key ? ORDER_EQUAL : 0;
        return;
    }
    settling_t settling = {.slots = values->slots};
    exact_order_init(&settling.exact, values->month, values->row);
    for (uint32_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && entries[last].key == entries[last - 1].key; last++)
            ;
        if (last - first > 1)
            settle_run(&settling, entries + first, marks + first, last - first);
    }
    exact_order_fini(&settling.exact);
}

/* ---- One row ---- */

static row_order_t *order_allocate(uint32_t count)
{
    row_order_t *order = calloc(1, sizeof *order);
    if (!order)
        return NULL;
    order->count = count;
    order->slots = malloc(((size_t)count + 1) * sizeof *order->slots);
    order->values = malloc(((size_t)count + 1) * sizeof *order->values);
    order->marks = calloc((size_t)count + 1, sizeof *order->marks);
    if (!order->slots || !order->values || !order->marks)
        order_destroy(&order);
    return order;
}

void order_destroy(row_order_t **order)
{
    if (!order || !*order)
        return;
    free((*order)->slots);
    free((*order)->values);
    free((*order)->bases);
    free((*order)->marks);
    free(*order);
    *order = NULL;
}

/* The slots with a value; returns how many. */
static uint32_t collect(const row_values_t *values, entry_t *out)
{
    bool down = values->row->better == BETTER_DOWN;
    uint32_t count = 0;
    for (uint32_t at = 0; at < values->slots->count; at++) {
        uint32_t dealer = values->month->dealers[scope_slot_at(values->slots, at)];
        out[count] = (entry_t){key_of(values->values[at], down), dealer, at};
        count += !isnan(values->values[at]);
    }
    return count;
}

/* Keeps the denominators, where the row has them. */
static status_t keep_bases(const row_values_t *values, const entry_t *entries, row_order_t *order)
{
    if (!formula_denominator(values->row->formula))
        return STATUS_OK;
    order->bases = malloc(((size_t)order->count + 1) * sizeof *order->bases);
    CLEANUP(scratch_free) double *bases = malloc(((size_t)values->slots->count + 1) * sizeof *bases);
    if (!order->bases || !bases)
        return STATUS_NO_MEMORY;
    TRY(row_values_denominators(values, bases));
    for (uint32_t i = 0; i < order->count; i++)
        order->bases[i] = bases[entries[i].at];
    return STATUS_OK;
}

static bool reaches_min_base(const month_t *month, const row_t *row, uint32_t slot)
{
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    month_inputs(month, slot, inputs);
    return statistics_is_eligible(row, inputs);
}

static void mark_eligible(const row_values_t *values, const entry_t *entries, row_order_t *order)
{
    const row_t *row = values->row;
    double least = row->has_min_base ? statistics_min_base(row) : 0;
    for (uint32_t i = 0; i < order->count; i++) {
        bool eligible = true;
        if (row_values_are_plain(values))
            eligible = row_values_is_eligible(values, entries[i].at);
        else if (row->has_min_base) /* both are correctly rounded: equal ones may still differ */
            eligible = order->bases[i] == least ? reaches_min_base(values->month, row, order->slots[i])
                                                : order->bases[i] > least;
        order->marks[i] |= eligible ? ORDER_ELIGIBLE : 0;
    }
}

static row_order_t *arrange(const row_values_t *values)
{
    size_t room = (size_t)values->slots->count + 1;
    CLEANUP(scratch_free) entry_t *entries = malloc(2 * room * sizeof *entries);
    if (!entries)
        return NULL;
    CLEANUP(order_destroy) row_order_t *order = order_allocate(collect(values, entries));
    if (!order)
        return NULL;
    entry_t *sorted = sort_entries(entries, entries + room, order->count);
    settle_neighbours(values, sorted, order->marks, order->count);
    for (uint32_t i = 0; i < order->count; i++) {
        order->slots[i] = scope_slot_at(values->slots, sorted[i].at);
        order->values[i] = values->values[sorted[i].at];
    }
    if (keep_bases(values, sorted, order) != STATUS_OK)
        return NULL;
    mark_eligible(values, sorted, order);
    row_order_t *made = order;
    order = NULL;
    return made;
}

row_order_t *order_make(const month_t *month, const row_t *row, const scope_slots_t *slots)
{
    CLEANUP(row_values_fini) row_values_t values = {0};
    return row_values_load(&values, month, row, slots) == STATUS_OK ? arrange(&values) : NULL;
}

bool order_is_equal(const row_order_t *order, uint32_t earlier, uint32_t later)
{
    while (later > earlier && order->marks[later] & ORDER_EQUAL)
        later--;
    return later <= earlier;
}
