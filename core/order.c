#include "core/order.h"

#include "core/fraction.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct {
    uint64_t key; /* orders as the value does, the best first */
    uint32_t dealer, slot;
} entry_t;

typedef struct {
    const month_t *month;
    const row_t *row;
    int64_t left_inputs[2 * CATALOG_FACTS_MAX], right_inputs[2 * CATALOG_FACTS_MAX];
    mpq_t left, right;
    fraction_t kept;
    uint32_t kept_slot;
} exact_t;

/* ---- Keys ---- */

static bool down_is_better(const row_t *row)
{
    return row->better == BETTER_DOWN;
}

/* A number whose unsigned order is the order of the doubles. */
static uint64_t key_of(double value, bool down)
{
    uint64_t bits;
    value += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &value, sizeof bits);
    uint64_t key = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return down ? key : ~key;
}

static double value_of(uint64_t key, bool down)
{
    double value;
    key = down ? key : ~key;
    uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define DIGIT_BITS  11u
#define DIGIT_COUNT (1u << DIGIT_BITS)
#define PASSES      6u

static unsigned digit_of(uint64_t key, unsigned pass)
{
    return (unsigned)(key >> (pass * DIGIT_BITS)) & (DIGIT_COUNT - 1);
}

/* Least significant digit first, stable; a digit that all keys share costs no pass. `spare`: room for `count` more.
 * Leaves the result in `entries`. */
static void sort_entries(entry_t *entries, entry_t *spare, uint32_t count)
{
    static const unsigned passes = PASSES;
    uint32_t counts[PASSES][DIGIT_COUNT];
    memset(counts, 0, sizeof counts);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned pass = 0; pass < passes; pass++)
            counts[pass][digit_of(entries[i].key, pass)]++;
    entry_t *from = entries, *to = spare;
    for (unsigned pass = 0; pass < passes && count; pass++) {
        if (counts[pass][digit_of(from[0].key, pass)] == count)
            continue;
        for (uint32_t digit = 0, sum = 0; digit < DIGIT_COUNT; digit++) {
            uint32_t here = counts[pass][digit];
            counts[pass][digit] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < count; i++)
            to[counts[pass][digit_of(from[i].key, pass)]++] = from[i];
        entry_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, count * sizeof *entries);
}

/* ---- Exact order among neighbours ---- */

/* The fraction of a slot; neighbours are asked for one after the other, so the last one is kept. */
static bool fraction_at(exact_t *exact, uint32_t slot, fraction_t *out)
{
    if (slot != exact->kept_slot) {
        const int64_t *const *columns = (const int64_t *const *)exact->month->columns;
        exact->kept_slot = INDEX_NONE;
        if (!fraction_of(exact->row->formula, columns, slot, &exact->kept))
            return false;
        exact->kept_slot = slot;
    }
    *out = exact->kept;
    return true;
}

static int compare_values(exact_t *exact, uint32_t left, uint32_t right)
{
    fraction_t left_fraction, right_fraction;
    if (fraction_at(exact, left, &left_fraction) && fraction_at(exact, right, &right_fraction))
        return fraction_compare(left_fraction, right_fraction);
    month_inputs(exact->month, left, exact->left_inputs);
    month_inputs(exact->month, right, exact->right_inputs);
    if (!formula_evaluate_store(exact->row->formula, exact->left_inputs, exact->left) ||
        !formula_evaluate_store(exact->row->formula, exact->right_inputs, exact->right))
        return 0; /* never: the columns said that both have a value */
    return mpq_cmp(exact->left, exact->right);
}

/* Below 0 where `left` is better than `right`, 0 where they are exactly equal. */
static int compare_exactly(exact_t *exact, uint32_t left, uint32_t right)
{
    int order = compare_values(exact, left, right);
    return down_is_better(exact->row) ? order : -order;
}

static int compare_entries(const void *left, const void *right, void *context)
{
    const entry_t *a = left, *b = right;
    int order = compare_exactly(context, a->slot, b->slot);
    return order ? order : (a->dealer > b->dealer) - (a->dealer < b->dealer);
}

/* Puts entries whose doubles are equal into their exact order, and marks the equal ones. `marks` is
 * zeroed. */
static void settle_run(exact_t *exact, entry_t *entries, uint8_t *marks, uint32_t count)
{
    bool sorted = true;
    for (uint32_t i = 1; i < count && sorted; i++) {
        int order = compare_exactly(exact, entries[i - 1].slot, entries[i].slot);
        sorted = order < 0 || (order == 0 && entries[i - 1].dealer < entries[i].dealer);
        marks[i] = sorted && order == 0 ? ORDER_EQUAL : 0;
    }
    if (sorted)
        return;
    qsort_r(entries, count, sizeof *entries, compare_entries, exact);
    for (uint32_t i = 1; i < count; i++)
        marks[i] = compare_exactly(exact, entries[i - 1].slot, entries[i].slot) == 0 ? ORDER_EQUAL : 0;
}

static void settle_neighbours(const month_t *month, const row_t *row, entry_t *entries, uint8_t *marks, uint32_t count)
{
    exact_t exact = {.month = month, .row = row, .kept_slot = INDEX_NONE};
    mpq_inits(exact.left, exact.right, NULL);
    for (uint32_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && entries[last].key == entries[last - 1].key; last++)
            ;
        if (last - first > 1)
            settle_run(&exact, entries + first, marks + first, last - first);
    }
    mpq_clears(exact.left, exact.right, NULL);
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

/* The reported slots with a value, by dealer code; returns how many. */
static uint32_t collect(const month_t *month, const row_t *row, const double *values, entry_t *out)
{
    uint32_t count = 0;
    for (uint32_t dealer = 0; dealer < month->network->dealer_count; dealer++) {
        uint32_t slot = month->slots[dealer];
        if (slot == INDEX_NONE || !(month->flags[slot] & MONTH_REPORTED) || isnan(values[slot]))
            continue;
        out[count++] = (entry_t){key_of(values[slot], down_is_better(row)), dealer, slot};
    }
    return count;
}

static bool reaches_min_base(const month_t *month, const row_t *row, uint32_t slot)
{
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    month_inputs(month, slot, inputs);
    return statistics_is_eligible(row, inputs);
}

/* Keeps the denominators, where the row has them; `values` is room for those of every slot. */
static status_t keep_bases(const month_t *month, const row_t *row, double *values, row_order_t *order)
{
    const formula_t *denominator = formula_denominator(row->formula);
    if (!denominator)
        return STATUS_OK;
    order->bases = malloc(((size_t)order->count + 1) * sizeof *order->bases);
    if (!order->bases)
        return STATUS_NO_MEMORY;
    TRY(formula_evaluate_columns(denominator, (const int64_t *const *)month->columns, 0, month->count, values));
    for (uint32_t i = 0; i < order->count; i++)
        order->bases[i] = values[order->slots[i]];
    return STATUS_OK;
}

static void mark_eligible(const month_t *month, const row_t *row, row_order_t *order)
{
    double least = row->has_min_base ? statistics_min_base(row) : 0, doubt = fabs(least) * 1e-14;
    for (uint32_t i = 0; i < order->count; i++) {
        assert(!row->has_min_base || order->bases);
        bool eligible = !row->has_min_base || order->bases[i] >= least;
        if (row->has_min_base && fabs(order->bases[i] - least) <= doubt)
            eligible = reaches_min_base(month, row, order->slots[i]);
        order->marks[i] |= eligible ? ORDER_ELIGIBLE : 0;
    }
}

static row_order_t *order_compute(const month_t *month, const row_t *row)
{
    size_t room = (size_t)month->count + 1;
    CLEANUP(scratch_free) double *values = malloc(room * sizeof *values);
    CLEANUP(scratch_free) entry_t *entries = malloc(room * sizeof *entries);
    CLEANUP(scratch_free) entry_t *spare = malloc(room * sizeof *spare);
    if (!values || !entries || !spare ||
        formula_evaluate_columns(row->formula, (const int64_t *const *)month->columns, 0, month->count, values) !=
            STATUS_OK)
        return NULL;
    CLEANUP(order_destroy) row_order_t *order = order_allocate(collect(month, row, values, entries));
    if (!order)
        return NULL;
    sort_entries(entries, spare, order->count);
    settle_neighbours(month, row, entries, order->marks, order->count);
    for (uint32_t i = 0; i < order->count; i++) {
        order->slots[i] = entries[i].slot;
        order->values[i] = value_of(entries[i].key, down_is_better(row));
    }
    if (keep_bases(month, row, values, order) != STATUS_OK)
        return NULL;
    mark_eligible(month, row, order);
    row_order_t *made = order;
    order = NULL;
    return made;
}

const row_order_t *order_of_row(const month_t *month, size_t row)
{
    row_order_t **place = &month->orders[row];
    row_order_t *order = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (order)
        return order;
    CLEANUP(order_destroy) row_order_t *made = order_compute(month, &month->catalog->rows[row]);
    if (!made)
        return NULL;
    /* Two threads may have computed the same; the first to publish wins. */
    if (!__atomic_compare_exchange_n(place, &order, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return order;
    order = made;
    made = NULL;
    return order;
}

bool order_is_equal(const row_order_t *order, uint32_t earlier, uint32_t later)
{
    while (later > earlier && order->marks[later] & ORDER_EQUAL)
        later--;
    return later <= earlier;
}
