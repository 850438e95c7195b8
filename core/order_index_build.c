/* Building a row's part: the values sorted once for the nation and dealt out, in that order, to the regions. */
#include "core/order_index.h"

#include "core/order_index_internals.h"
#include "core/scratch.h"

#include <string.h>

/* Slots that columns must have looked at, as multiples of what the part would hold, before it is built: from there on
 * the columns have cost about as much as building it does (docs/performance.md). */
#define ASKED_LEAST 6u
#define ASKED_STEPS                                                                                                    \
    8u /* rows that are asked for together are built over so many questions, so that none waits for all */

/* ---- An empty row ---- */

/* The least denominator in the form's units, rounded up; beyond LINEAR_MAX all are the same. */
static int64_t least_of(const row_t *row, unsigned decimals)
{
    int64_t least = row->min_base_units;
    for (unsigned i = row->min_base_decimals; i < decimals && least <= LINEAR_MAX && least >= -LINEAR_MAX; i++)
        least *= 10;
    for (unsigned i = decimals; i < row->min_base_decimals; i++)
        least = least / 10 + (least > 0 && least % 10 > 0);
    return least;
}

static bool reads_previous(const month_t *month, const row_t *row)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(row->formula, &count);
    return count && inputs[count - 1] >= month->catalog->fact_count;
}

void order_index_row_destroy(order_index_row_t **row, uint32_t list_count)
{
    if (!row || !*row)
        return;
    for (uint32_t i = 0; (*row)->lists && i < list_count; i++)
        order_list_fini(&(*row)->lists[i]);
    free((*row)->lists);
    free((*row)->cells);
    order_pool_fini(&(*row)->pool);
    linear_form_fini(&(*row)->form);
    free(*row);
    *row = NULL;
}

order_index_row_t *order_index_row_create(const month_t *month, size_t index, bool *out_fits)
{
    const row_t *row = &month->catalog->rows[index];
    uint32_t list_count = month->index->list_count;
    order_index_row_t *made = calloc(1, sizeof *made);
    status_t status = made ? linear_form_init(row->formula, &made->form) : STATUS_NO_MEMORY;
    *out_fits = status != STATUS_INVALID;
    if (made) {
        made->pool.free = INDEX_NONE;
        made->lists = calloc(list_count, sizeof *made->lists);
        made->cells = calloc(list_count, sizeof *made->cells);
    }
    if (status != STATUS_OK || !made->lists || !made->cells) {
        order_index_row_destroy(&made, list_count);
        return NULL;
    }
    made->ties = (order_ties_t){.form = &made->form,
                                .columns = (const int64_t *const *)month->columns,
                                .slots = month->slots,
                                .down = row->better == BETTER_DOWN,
                                .keys_decide = true};
    made->is_fact = row->is_fact;
    made->has_direction = row->better != BETTER_NEITHER;
    made->reads_previous = reads_previous(month, row);
    made->has_least = row->has_min_base;
    made->least = row->has_min_base ? least_of(row, made->form.decimals) : 0;
    return made;
}

size_t order_index_row_bytes(const order_index_row_t *row, uint32_t list_count)
{
    return sizeof *row + list_count * (sizeof *row->lists + sizeof *row->cells) +
           row->pool.room * sizeof *row->pool.blocks + row->pool.span_room * sizeof(order_span_t);
}

size_t order_index_row_estimate(const month_t *month)
{
    const order_index_t *index = month->index;
    uint64_t blocks = index->entries / (ORDER_BLOCK - ORDER_BLOCK / 8) + index->list_count;
    return sizeof(order_index_row_t) + index->list_count * (sizeof(order_list_t) + sizeof(order_cell_t)) +
           (blocks + blocks / 8) * (sizeof(order_block_t) + sizeof(order_span_t));
}

/* ---- Sorting ---- */

typedef struct {
    uint64_t key;
    uint32_t slot, dealer;
} sorted_t;

#define DIGIT_BITS  11u
#define DIGIT_COUNT (1u << DIGIT_BITS)
#define PASSES      6u

static unsigned digit_of(uint64_t key, unsigned pass)
{
    return (unsigned)(key >> (pass * DIGIT_BITS)) & (DIGIT_COUNT - 1);
}

static void count_digits(const sorted_t *items, uint32_t count, uint32_t counts[PASSES][DIGIT_COUNT])
{
    memset(counts, 0, PASSES * sizeof counts[0]);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned pass = 0; pass < PASSES; pass++)
            counts[pass][digit_of(items[i].key, pass)]++;
}

static void sort_pass(const sorted_t *from, sorted_t *to, uint32_t count, unsigned pass, uint32_t *counts)
{
    for (uint32_t digit = 0, sum = 0; digit < DIGIT_COUNT; digit++) {
        uint32_t here = counts[digit];
        counts[digit] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++)
        to[counts[digit_of(from[i].key, pass)]++] = from[i];
}

/* By key, least significant digit first, stable; a digit that all share costs no pass. Returns which of the two arrays
 * holds the result. */
static sorted_t *sort_keys(sorted_t *items, sorted_t *spare, uint32_t count)
{
    uint32_t counts[PASSES][DIGIT_COUNT];
    count_digits(items, count, counts);
    for (unsigned pass = 0; pass < PASSES && count; pass++) {
        if (counts[pass][digit_of(items[0].key, pass)] == count)
            continue;
        sort_pass(items, spare, count, pass, counts[pass]);
        sorted_t *swap = items;
        items = spare;
        spare = swap;
    }
    return items;
}

/* ---- Building ---- */

/* The lists of a region's own slots. */
typedef struct {
    uint32_t lists[ORDER_LISTS_MAX];
    size_t count;
} lists_t;

typedef struct {
    const month_t *month;
    order_index_row_t *row;
    lists_t *lists;         /* by place: a region's preorder number, or region_count */
    uint32_t *places;       /* by slot */
    linear_value_t *values; /* by slot; denominator 0 where there is none */
    uint64_t *keys;         /* likewise */
    sorted_t *items;
    uint32_t count;
} build_t;

static int compare_exactly(const void *left, const void *right, void *context)
{
    const build_t *build = context;
    const sorted_t *a = left, *b = right;
    int order = linear_compare(build->values[a->slot], build->values[b->slot]);
    if (order)
        return build->row->ties.down ? order : -order;
    return (a->dealer > b->dealer) - (a->dealer < b->dealer);
}

static void settle_ties(build_t *build)
{
    sorted_t *items = build->items;
    for (uint32_t first = 0, last; first < build->count; first = last) {
        for (last = first + 1; last < build->count && items[last].key == items[first].key; last++)
            ;
        if (last - first > 1)
            qsort_r(items + first, last - first, sizeof *items, compare_exactly, build);
    }
}

/* What the contributors of a region's own slots come to. */
typedef struct {
    uint32_t count;
    int128_t numerator, denominator;
    exact_mean_t values;
} sums_t;

static void add_sums(const build_t *build, uint32_t place, const sums_t *sums)
{
    for (size_t i = 0; i < build->lists[place].count; i++) {
        order_list_t *list = &build->row->lists[build->lists[place].lists[i]];
        list->contributors += sums->count;
        list->numerator += sums->numerator;
        list->denominator += sums->denominator;
        exact_mean_merge(&list->values, &sums->values);
    }
}

/* Evaluates the slots from `first` up to `end`, those of one place. False where a side is beyond what fits. */
static bool evaluate_place(build_t *build, uint32_t place, uint32_t first, uint32_t end)
{
    sums_t sums = {0};
    for (uint32_t slot = first; slot < end; slot++) {
        linear_value_t value;
        linear_kind_t kind = order_index_evaluate(build->month, build->row, slot, &value);
        build->places[slot] = place;
        if (kind == LINEAR_BEYOND)
            return false;
        if (kind == LINEAR_ABSENT)
            continue;
        order_index_widen(build->row, value);
        sums.count++;
        sums.numerator += value.numerator;
        sums.denominator += value.denominator;
        build->values[slot] = value;
        if (!value.denominator)
            continue;
        double number = linear_to_double(value);
        build->keys[slot] = order_key(number, build->row->ties.down);
        exact_mean_add(&sums.values, number);
    }
    add_sums(build, place, &sums);
    return true;
}

static bool evaluate(build_t *build)
{
    const month_t *month = build->month;
    uint32_t places = month->network->region_count + 1;
    for (uint32_t place = 0; place < places; place++) {
        uint32_t first = month->region_first[place],
                 end = place + 1 < places ? month->region_first[place + 1] : month->count;
        if (first == end)
            continue;
        build->lists[place].count = order_index_lists_of(month, first, build->lists[place].lists);
        if (!evaluate_place(build, place, first, end))
            return false;
    }
    return true;
}

/* The valued stores by dealer code. */
static void collect(build_t *build)
{
    const month_t *month = build->month;
    for (uint32_t dealer = 0; dealer < month->network->dealer_count; dealer++) {
        uint32_t slot = month->slots[dealer];
        if (slot != INDEX_NONE && build->values[slot].denominator)
            build->items[build->count++] = (sorted_t){build->keys[slot], slot, dealer};
    }
}

#define AHEAD 16u /* items whose values are fetched before their turn: they lie anywhere */

static status_t deal(const build_t *build)
{
    for (uint32_t i = 0; i < build->count; i++) {
        uint32_t slot = build->items[i].slot;
        linear_value_t value = build->values[slot];
        if (i + AHEAD < build->count) {
            __builtin_prefetch(&build->values[build->items[i + AHEAD].slot]);
            __builtin_prefetch(&build->places[build->items[i + AHEAD].slot]);
        }
        bool eligible = order_index_is_eligible(build->row, value);
        order_entry_t entry = {.key = build->items[i].key,
                               .dealer = build->items[i].dealer | (eligible ? ORDER_ENTRY_ELIGIBLE : 0),
                               .value = value};
        const lists_t *lists = &build->lists[build->places[slot]];
        for (size_t k = 0; k < lists->count; k++)
            TRY(order_list_append(&build->row->lists[lists->lists[k]], &build->row->pool, &entry));
    }
    return STATUS_OK;
}

static status_t fill(build_t *build, bool *out_fits)
{
    size_t room = (size_t)build->month->count + 1, places = (size_t)build->month->network->region_count + 1;
    CLEANUP(scratch_free) linear_value_t *values = calloc(room, sizeof *values);
    CLEANUP(scratch_free) uint64_t *keys = malloc(room * sizeof *keys);
    CLEANUP(scratch_free) uint32_t *place_of = malloc(room * sizeof *place_of);
    CLEANUP(scratch_free) lists_t *lists = malloc(places * sizeof *lists);
    CLEANUP(scratch_free) sorted_t *items = malloc(room * sizeof *items);
    CLEANUP(scratch_free) sorted_t *spare = malloc(room * sizeof *spare);
    if (!values || !keys || !place_of || !lists || !items || !spare)
        return STATUS_NO_MEMORY;
    build->values = values;
    build->keys = keys;
    build->places = place_of;
    build->lists = lists;
    build->items = items;
    *out_fits = evaluate(build);
    if (!*out_fits)
        return STATUS_INVALID;
    collect(build);
    build->items = sort_keys(items, spare, build->count);
    if (!build->row->ties.keys_decide)
        settle_ties(build);
    return deal(build);
}

order_index_row_t *order_index_row_build(const month_t *month, size_t row, bool *out_fits)
{
    order_index_row_t *made = order_index_row_create(month, row, out_fits);
    build_t build = {.month = month, .row = made};
    if (made && fill(&build, out_fits) != STATUS_OK)
        order_index_row_destroy(&made, month->index->list_count);
    return made;
}

/* ---- When ---- */

static bool has_room(const month_t *month)
{
    size_t room = __atomic_load_n(&month->index->room, __ATOMIC_RELAXED);
    return room && order_index_bytes(month) + order_index_row_estimate(month) <= room;
}

const order_index_row_t *order_index_find(const month_t *month, size_t row, uint64_t slots)
{
    order_index_t *index = month->index;
    order_index_row_t *found = __atomic_load_n(&index->rows[row], __ATOMIC_ACQUIRE);
    if (found || !__atomic_load_n(&index->room, __ATOMIC_RELAXED))
        return found;
    uint64_t asked = __atomic_load_n(&index->asked[row], __ATOMIC_RELAXED), next = asked + slots;
    if (asked == ORDER_ASKED_NEVER)
        return NULL;
    bool builds = next >= (ASKED_LEAST + row % ASKED_STEPS) * index->entries << index->hesitation && has_room(month);
    /* Where another thread was faster, its question counts. */
    if (!__atomic_compare_exchange_n(&index->asked[row], &asked, builds ? ORDER_ASKED_NEVER : next, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) ||
        !builds)
        return NULL;
    bool fits = true;
    /* One that was built and counted anew since it was not found here stays. */
    order_index_row_t *made = __atomic_load_n(&index->rows[row], __ATOMIC_ACQUIRE);
    if (!made)
        made = order_index_row_build(month, row, &fits);
    __atomic_store_n(&index->rows[row], made, __ATOMIC_RELEASE);
    if (fits)
        __atomic_store_n(&index->asked[row], 0, __ATOMIC_RELEASE);
    return made;
}

/* ---- Copying ---- */

static status_t copy_row(const order_index_row_t *row, uint32_t list_count, order_index_row_t *copy)
{
    order_pool_fini(&copy->pool);
    copy->pool = row->pool;
    copy->pool.span_room = 0;
    copy->pool.room = copy->pool.count = row->pool.count;
    copy->pool.blocks = malloc((size_t)row->pool.count * sizeof *copy->pool.blocks + 1);
    if (!copy->pool.blocks)
        return STATUS_NO_MEMORY;
    if (row->pool.count)
        memcpy(copy->pool.blocks, row->pool.blocks, row->pool.count * sizeof *copy->pool.blocks);
    copy->numerator_bits = row->numerator_bits;
    copy->denominator_bits = row->denominator_bits;
    copy->ties.keys_decide = row->ties.keys_decide;
    for (uint32_t i = 0; i < list_count; i++)
        TRY(order_list_copy(&row->lists[i], &copy->pool, &copy->lists[i]));
    return STATUS_OK;
}

void order_index_copy(const month_t *month, month_t *clone)
{
    clone->index->hesitation = month->index->hesitation;
    clone->index->debt = month->index->debt;
    order_index_allow(clone, __atomic_load_n(&month->index->room, __ATOMIC_RELAXED));
    for (size_t i = 0; i < month->catalog->row_count; i++) {
        const order_index_row_t *row = __atomic_load_n(&month->index->rows[i], __ATOMIC_ACQUIRE);
        uint64_t asked = __atomic_load_n(&month->index->asked[i], __ATOMIC_RELAXED);
        bool fits;
        if (!row) {
            clone->index->asked[i] = asked == ORDER_ASKED_NEVER ? 0 : asked;
            continue;
        }
        order_index_row_t *copy = order_index_row_create(clone, i, &fits);
        if (copy && copy_row(row, month->index->list_count, copy) != STATUS_OK)
            order_index_row_destroy(&copy, month->index->list_count);
        clone->index->rows[i] = copy;
    }
}
