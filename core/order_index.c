#include "core/order_index.h"

#include "core/order_index_internals.h"
#include "core/scratch.h"

#include <math.h>
#include <string.h>

/* Measured (docs/performance.md): so many changes cost what a question saves, at any size of the network; and changing
 * one in so many of the stores costs what building anew does. */
#define CHANGES_SAVED  400u
#define BUILT_PART     24u
#define HESITATION_MAX 6u

/* ---- Which lists there are ---- */

static void add_list(const month_t *month, order_index_t *index, uint32_t e)
{
    const region_t *region = &month->network->regions[index->places[e]];
    uint32_t first = month->region_first[region->enter], count = month->region_first[region->leave] - first;
    uint32_t above = region->parent == INDEX_NONE ? 0 : index->lists[region->parent], *list;
    list = &index->lists[index->places[e]];
    *list = INDEX_NONE;
    if (above != INDEX_NONE && index->count[above] == count) {
        *list = above;
    } else if (count >= ORDER_INDEX_LEAST) {
        *list = index->list_count++;
        index->first[*list] = first;
        index->count[*list] = count;
        index->entries += count;
    }
}

static void find_lists(const month_t *month, order_index_t *index)
{
    const network_t *network = month->network;
    index->list_count = 1;
    index->count[0] = month->count;
    index->entries = month->count;
    for (uint32_t region = 0; region < network->region_count; region++)
        index->places[network->regions[region].enter] = region;
    for (uint32_t e = 0; e < network->region_count; e++) /* parents come before what is below them */
        add_list(month, index, e);
}

order_index_t *order_index_create(const month_t *month)
{
    size_t rows = month->catalog->row_count + 1, regions = (size_t)month->network->region_count + 1;
    CLEANUP(order_index_destroy) order_index_t *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    index->rows = calloc(rows, sizeof *index->rows);
    index->asked = calloc(rows, sizeof *index->asked);
    index->changes = calloc(rows, sizeof *index->changes);
    index->first = calloc(regions, sizeof *index->first);
    index->count = calloc(regions, sizeof *index->count);
    index->lists = calloc(regions, sizeof *index->lists);
    index->places = calloc(regions, sizeof *index->places);
    if (!index->rows || !index->asked || !index->changes || !index->first || !index->count || !index->lists ||
        !index->places)
        return NULL;
    find_lists(month, index);
    order_index_t *made = index;
    index = NULL;
    return made;
}

static size_t count_rows(const month_t *month)
{
    return month->catalog->row_count;
}

static void drop_row(const month_t *month, size_t row, uint64_t asked)
{
    order_index_row_destroy(&month->index->rows[row], month->index->list_count);
    month->index->asked[row] = asked;
}

void order_index_drop(month_t *month)
{
    for (size_t row = 0; row < count_rows(month); row++)
        if (month->index->rows[row])
            drop_row(month, row, 0);
}

bool order_index_weigh(month_t *month, size_t changes)
{
    order_index_t *index = month->index;
    index->debt += changes;
    index->debt -= index->debt < CHANGES_SAVED ? index->debt : CHANGES_SAVED;
    if (index->debt <= month->count / BUILT_PART + BUILT_PART || !order_index_row_count(month))
        return false;
    order_index_drop(month);
    index->debt = 0;
    index->hesitation += index->hesitation < HESITATION_MAX;
    return true;
}

void order_index_destroy(order_index_t **index)
{
    if (!index || !*index)
        return;
    free((*index)->rows); /* of rows there are none any more: order_index_drop */
    free((*index)->asked);
    free((*index)->changes);
    free((*index)->first);
    free((*index)->count);
    free((*index)->lists);
    free((*index)->places);
    free(*index);
    *index = NULL;
}

/* ---- One slot ---- */

/* Preorder number of the region that the slot lies in itself; region_count: in none. */
static uint32_t place_of(const month_t *month, uint32_t slot)
{
    uint32_t low = 0, high = month->network->region_count + 1; /* the last start that is not behind the slot */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (month->region_first[middle] <= slot)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t order_index_lists_of(const month_t *month, uint32_t slot, uint32_t out[ORDER_LISTS_MAX])
{
    const order_index_t *index = month->index;
    uint32_t place = place_of(month, slot);
    uint32_t region = place < month->network->region_count ? index->places[place] : INDEX_NONE;
    size_t count = 0;
    for (; region != INDEX_NONE; region = month->network->regions[region].parent) {
        uint32_t list = index->lists[region];
        if (list != INDEX_NONE && list != 0 && (!count || out[count - 1] != list))
            out[count++] = list;
    }
    out[count++] = 0;
    return count;
}

linear_kind_t order_index_evaluate(const month_t *month, const order_index_row_t *row, uint32_t slot,
                                   linear_value_t *out)
{
    if (!(month->flags[slot] & MONTH_REPORTED))
        return LINEAR_ABSENT;
    return linear_form_evaluate(&row->form, (const int64_t *const *)month->columns, slot, out);
}

order_entry_t order_index_entry(const order_index_row_t *row, uint32_t dealer, linear_value_t value)
{
    bool eligible = order_index_is_eligible(row, value);
    double number = linear_to_double(value);
    return (order_entry_t){order_key(number, row->ties.down), dealer | (eligible ? ORDER_ENTRY_ELIGIBLE : 0), number,
                           value};
}

static int bits_of(int64_t side)
{
    return side ? 64 - __builtin_clzll((uint64_t)(side < 0 ? -side : side)) : 0;
}

/* Two quotients differ by 1 / (product of their denominators) at least, hence relatively by more than 2^-50 where
 * numerator and denominator have 50 bits together; two whole numbers over one power of ten likewise where they have 51.
 * Doubles tell those apart. */
void order_index_widen(order_index_row_t *row, linear_value_t value)
{
    int numerator = bits_of(value.numerator), denominator = bits_of(value.denominator);
    row->numerator_bits = numerator > row->numerator_bits ? numerator : row->numerator_bits;
    row->denominator_bits = denominator > row->denominator_bits ? denominator : row->denominator_bits;
    row->ties.keys_decide =
        row->form.denominators ? row->numerator_bits + row->denominator_bits <= 50 : row->numerator_bits <= 51;
}

/* ---- Changes ---- */

void order_index_before(month_t *month, uint32_t slot, bool previous)
{
    order_index_t *index = month->index;
    for (size_t i = 0; i < count_rows(month); i++) {
        const order_index_row_t *row = index->rows[i];
        order_change_t *change = &index->changes[i];
        change->is_asked = row && (!previous || row->reads_previous);
        if (change->is_asked)
            change->kind = order_index_evaluate(month, row, slot, &change->value);
    }
}

static void take_out(const month_t *month, order_index_row_t *row, order_list_t *list, uint32_t slot,
                     linear_value_t value)
{
    list->contributors--;
    list->numerator -= value.numerator;
    list->denominator -= value.denominator;
    if (!value.denominator)
        return;
    order_entry_t entry = order_index_entry(row, month->dealers[slot], value);
    order_list_remove(list, &row->pool, &row->ties, &entry);
}

static status_t put_in(const month_t *month, order_index_row_t *row, order_list_t *list, uint32_t slot,
                       linear_value_t value)
{
    list->contributors++;
    list->numerator += value.numerator;
    list->denominator += value.denominator;
    if (!value.denominator)
        return STATUS_OK;
    order_entry_t entry = order_index_entry(row, month->dealers[slot], value);
    return order_list_insert(list, &row->pool, &row->ties, &entry);
}

/* False where the row has to leave the index. */
static bool change_row(const month_t *month, order_index_row_t *row, uint32_t slot, const order_change_t *was,
                       const uint32_t *lists, size_t list_count)
{
    linear_value_t value = {0};
    linear_kind_t kind = order_index_evaluate(month, row, slot, &value);
    if (kind == LINEAR_BEYOND)
        return false;
    if (kind == was->kind && (kind == LINEAR_ABSENT ||
                              (value.numerator == was->value.numerator && value.denominator == was->value.denominator)))
        return true;
    for (size_t i = 0; i < list_count && was->kind == LINEAR_VALUE; i++)
        take_out(month, row, &row->lists[lists[i]], slot, was->value);
    if (kind == LINEAR_VALUE)
        order_index_widen(row, value);
    for (size_t i = 0; i < list_count; i++) {
        row->cells[lists[i]].state = CELL_STALE;
        if (kind == LINEAR_VALUE && put_in(month, row, &row->lists[lists[i]], slot, value) != STATUS_OK)
            return false;
    }
    return true;
}

void order_index_after(month_t *month, uint32_t slot)
{
    order_index_t *index = month->index;
    uint32_t lists[ORDER_LISTS_MAX];
    size_t list_count = 0;
    for (size_t i = 0; i < count_rows(month); i++) {
        if (!index->changes[i].is_asked)
            continue;
        if (!list_count)
            list_count = order_index_lists_of(month, slot, lists);
        if (!change_row(month, index->rows[i], slot, &index->changes[i], lists, list_count))
            drop_row(month, i, 0);
    }
}

/* ---- Room ---- */

void order_index_allow(const month_t *month, size_t bytes)
{
    __atomic_store_n(&month->index->room, bytes, __ATOMIC_RELAXED);
}

size_t order_index_bytes(const month_t *month)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count_rows(month); i++) {
        const order_index_row_t *row = __atomic_load_n(&month->index->rows[i], __ATOMIC_ACQUIRE);
        bytes += row ? order_index_row_bytes(row, month->index->list_count) : 0;
    }
    return bytes;
}

uint32_t order_index_row_count(const month_t *month)
{
    uint32_t count = 0;
    for (size_t i = 0; i < count_rows(month); i++)
        count += __atomic_load_n(&month->index->rows[i], __ATOMIC_ACQUIRE) != NULL;
    return count;
}
