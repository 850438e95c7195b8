#include "core/order_list.h"

#include "core/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MERGE_BELOW (ORDER_BLOCK / 4)     /* a block of fewer looks for a neighbour to join … */
#define MERGED_MAX  (3 * ORDER_BLOCK / 4) /* … where together they leave room for what comes */

/* ---- Keys ---- */

#define SIGN        (UINT64_C(1) << 63)

uint64_t order_key(double value, bool down)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t key = bits & SIGN ? ~bits : bits | SIGN;
    return down ? key : ~key;
}

double order_key_value(uint64_t key, bool down)
{
    double value;
    key = down ? key : ~key;
    uint64_t bits = key & SIGN ? key & ~SIGN : ~key;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- Blocks ---- */

static status_t pool_grow(order_pool_t *pool)
{
    uint32_t room = pool->room + pool->room / 8 + 8;
    order_block_t *blocks = realloc(pool->blocks, room * sizeof *blocks);
    if (!blocks)
        return STATUS_NO_MEMORY;
    pool->blocks = blocks;
    pool->room = room;
    return STATUS_OK;
}

/* The blocks may move. */
static status_t pool_take(order_pool_t *pool, uint32_t *out)
{
    if (pool->free != INDEX_NONE) {
        *out = pool->free;
        memcpy(&pool->free, pool->blocks[*out].dealers, sizeof pool->free);
        return STATUS_OK;
    }
    if (pool->count == pool->room)
        TRY(pool_grow(pool));
    *out = pool->count++;
    return STATUS_OK;
}

static void pool_give(order_pool_t *pool, uint32_t block)
{
    memcpy(pool->blocks[block].dealers, &pool->free, sizeof pool->free);
    pool->free = block;
}

void order_pool_fini(order_pool_t *pool)
{
    free(pool->blocks);
    *pool = (order_pool_t){.free = INDEX_NONE};
}

status_t order_list_copy(const order_list_t *list, order_pool_t *pool, order_list_t *out)
{
    order_span_t *spans = malloc(list->span_count * sizeof *spans + 1);
    if (!spans)
        return STATUS_NO_MEMORY;
    if (list->span_count)
        memcpy(spans, list->spans, list->span_count * sizeof *spans);
    *out = *list;
    out->spans = spans;
    out->span_room = list->span_count;
    pool->span_room += out->span_room;
    return STATUS_OK;
}

void order_list_fini(order_list_t *list)
{
    free(list->spans);
    *list = (order_list_t){0};
}

/* ---- Finding ---- */

static bool is_less_exactly(const order_ties_t *ties, uint32_t dealer, const order_entry_t *entry, bool *out_decided)
{
    linear_value_t value;
    linear_kind_t kind = linear_form_evaluate(ties->form, ties->columns, ties->slots[dealer], &value);
    assert(kind == LINEAR_VALUE);
    (void)kind;
    int order = linear_compare(value, entry->value);
    *out_decided = order != 0;
    return ties->down ? order < 0 : order > 0;
}

/* Whether a dealer of that key stands before the entry. Of the entry's own dealer it is false: its facts may be newer
 * than its place. */
static bool is_before(const order_ties_t *ties, uint64_t key, uint32_t dealer, const order_entry_t *entry)
{
    uint32_t own = entry->dealer & ORDER_ENTRY_DEALER;
    bool decided = false, before = false;
    dealer &= ORDER_ENTRY_DEALER;
    if (key != entry->key)
        return key < entry->key;
    if (!ties->keys_decide && dealer != own)
        before = is_less_exactly(ties, dealer, entry, &decided);
    return decided ? before : dealer < own;
}

/* The last span whose first entry does not stand behind the entry; 0 where all do. */
static uint32_t find_span(const order_list_t *list, const order_ties_t *ties, const order_entry_t *entry)
{
    uint32_t low = 0, high = list->span_count, own = entry->dealer & ORDER_ENTRY_DEALER;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        const order_span_t *span = &list->spans[middle];
        bool starts = (span->key == entry->key && (span->dealer & ORDER_ENTRY_DEALER) == own) ||
                      is_before(ties, span->key, span->dealer, entry);
        if (starts)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first place in the block that does not stand before the entry. */
static uint32_t find_place(const order_block_t *block, uint32_t count, const order_ties_t *ties,
                           const order_entry_t *entry)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_before(ties, block->keys[middle], block->dealers[middle], entry))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- Directory ---- */

static status_t open_span(order_list_t *list, order_pool_t *pool, uint32_t at, uint32_t block)
{
    if (list->span_count == list->span_room) {
        uint32_t room = list->span_room + list->span_room / 4 + 2;
        order_span_t *spans = realloc(list->spans, room * sizeof *spans);
        if (!spans)
            return STATUS_NO_MEMORY;
        list->spans = spans;
        pool->span_room += room - list->span_room;
        list->span_room = room;
    }
    memmove(&list->spans[at + 1], &list->spans[at], (list->span_count - at) * sizeof *list->spans);
    list->spans[at] = (order_span_t){.block = block};
    list->span_count++;
    return STATUS_OK;
}

static void close_span(order_list_t *list, order_pool_t *pool, uint32_t at)
{
    pool_give(pool, list->spans[at].block);
    list->span_count--;
    memmove(&list->spans[at], &list->spans[at + 1], (list->span_count - at) * sizeof *list->spans);
}

static status_t add_span(order_list_t *list, order_pool_t *pool, uint32_t at)
{
    uint32_t block;
    TRY(pool_take(pool, &block));
    status_t status = open_span(list, pool, at, block);
    if (status != STATUS_OK)
        pool_give(pool, block);
    return status;
}

static void head_span(order_span_t *span, const order_block_t *block)
{
    span->key = block->keys[0];
    span->dealer = block->dealers[0];
}

/* Adds (sign 1) or takes away (-1) an eligible entry's part. */
static void count_entry(order_list_t *list, order_span_t *span, const order_entry_t *entry, int sign)
{
    span->count = (uint16_t)(span->count + sign);
    list->count += (uint32_t)sign;
    if (!(entry->dealer & ORDER_ENTRY_ELIGIBLE))
        return;
    span->eligible = (uint16_t)(span->eligible + sign);
    span->sum.numerator += sign * entry->value.numerator;
    span->sum.denominator += sign * entry->value.denominator;
    list->eligible += (uint32_t)sign;
    list->base += sign * entry->value.denominator;
    if (entry->value.denominator < 0)
        list->negative += (uint32_t)sign;
}

static linear_value_t value_at(const order_ties_t *ties, uint32_t dealer, const order_entry_t *entry)
{
    linear_value_t value = entry->value;
    dealer &= ORDER_ENTRY_DEALER;
    if (dealer != (entry->dealer & ORDER_ENTRY_DEALER))
        (void)linear_form_evaluate(ties->form, ties->columns, ties->slots[dealer], &value);
    return value;
}

/* Moves what the entries from `from` on of one span count to the other. */
static void move_counts(order_span_t *span, order_span_t *to, const order_block_t *block, uint32_t from,
                        const order_ties_t *ties, const order_entry_t *entry)
{
    for (uint32_t i = from; i < span->count; i++) {
        to->count++;
        if (!(block->dealers[i] & ORDER_ENTRY_ELIGIBLE))
            continue;
        linear_value_t value = value_at(ties, block->dealers[i], entry);
        to->eligible++;
        to->sum.numerator += value.numerator;
        to->sum.denominator += value.denominator;
    }
    span->count = (uint16_t)from;
    span->eligible = (uint16_t)(span->eligible - to->eligible);
    span->sum.numerator -= to->sum.numerator;
    span->sum.denominator -= to->sum.denominator;
}

/* Halves a full span. */
static status_t split(order_list_t *list, order_pool_t *pool, uint32_t at, const order_ties_t *ties,
                      const order_entry_t *entry)
{
    TRY(add_span(list, pool, at + 1));
    order_span_t *span = &list->spans[at], *next = span + 1;
    order_block_t *block = &pool->blocks[span->block], *into = &pool->blocks[next->block];
    uint32_t half = span->count / 2, moved = span->count - half;
    memcpy(into->keys, block->keys + half, moved * sizeof *into->keys);
    memcpy(into->dealers, block->dealers + half, moved * sizeof *into->dealers);
    move_counts(span, next, block, half, ties, entry);
    head_span(next, into);
    return STATUS_OK;
}

/* Joins the span behind `at` to it. */
static void join(order_list_t *list, order_pool_t *pool, uint32_t at)
{
    order_span_t *span = &list->spans[at], *next = span + 1;
    order_block_t *block = &pool->blocks[span->block];
    const order_block_t *from = &pool->blocks[next->block];
    memcpy(block->keys + span->count, from->keys, next->count * sizeof *from->keys);
    memcpy(block->dealers + span->count, from->dealers, next->count * sizeof *from->dealers);
    span->count = (uint16_t)(span->count + next->count);
    span->eligible = (uint16_t)(span->eligible + next->eligible);
    span->sum.numerator += next->sum.numerator;
    span->sum.denominator += next->sum.denominator;
    close_span(list, pool, at + 1);
}

static bool can_join(const order_list_t *list, uint32_t at)
{
    return at + 1 < list->span_count && list->spans[at].count + list->spans[at + 1].count <= (int)MERGED_MAX;
}

/* ---- Changes ---- */

static void put(order_list_t *list, order_pool_t *pool, uint32_t at, uint32_t place, const order_entry_t *entry)
{
    order_span_t *span = &list->spans[at];
    order_block_t *block = &pool->blocks[span->block];
    uint32_t behind = span->count - place;
    memmove(block->keys + place + 1, block->keys + place, behind * sizeof *block->keys);
    memmove(block->dealers + place + 1, block->dealers + place, behind * sizeof *block->dealers);
    block->keys[place] = entry->key;
    block->dealers[place] = entry->dealer;
    count_entry(list, span, entry, 1);
    head_span(span, block);
    exact_mean_add(&list->values, entry->number);
}

status_t order_list_insert(order_list_t *list, order_pool_t *pool, const order_ties_t *ties, const order_entry_t *entry)
{
    if (!list->span_count)
        TRY(add_span(list, pool, 0));
    uint32_t at = find_span(list, ties, entry);
    if (list->spans[at].count == ORDER_BLOCK) {
        TRY(split(list, pool, at, ties, entry));
        at = find_span(list, ties, entry);
    }
    const order_span_t *span = &list->spans[at];
    put(list, pool, at, find_place(&pool->blocks[span->block], span->count, ties, entry), entry);
    return STATUS_OK;
}

void order_list_remove(order_list_t *list, order_pool_t *pool, const order_ties_t *ties, const order_entry_t *entry)
{
    uint32_t at = find_span(list, ties, entry);
    order_span_t *span = &list->spans[at];
    order_block_t *block = &pool->blocks[span->block];
    uint32_t place = find_place(block, span->count, ties, entry);
    assert(place < span->count && block->dealers[place] == entry->dealer);
    uint32_t behind = span->count - place - 1;
    memmove(block->keys + place, block->keys + place + 1, behind * sizeof *block->keys);
    memmove(block->dealers + place, block->dealers + place + 1, behind * sizeof *block->dealers);
    count_entry(list, span, entry, -1);
    exact_mean_subtract(&list->values, entry->number);
    if (!span->count) {
        close_span(list, pool, at);
        return;
    }
    head_span(span, block);
    if (span->count < MERGE_BELOW && can_join(list, at))
        join(list, pool, at);
    else if (span->count < MERGE_BELOW && at > 0 && can_join(list, at - 1))
        join(list, pool, at - 1);
}

status_t order_list_append(order_list_t *list, order_pool_t *pool, const order_entry_t *entry)
{
    if (!list->span_count || list->spans[list->span_count - 1].count >= ORDER_BLOCK - ORDER_BLOCK / 8) {
        TRY(add_span(list, pool, list->span_count));
        list->spans[list->span_count - 1].key = entry->key;
        list->spans[list->span_count - 1].dealer = entry->dealer;
    }
    order_span_t *span = &list->spans[list->span_count - 1];
    order_block_t *block = &pool->blocks[span->block];
    block->keys[span->count] = entry->key;
    block->dealers[span->count] = entry->dealer;
    count_entry(list, span, entry, 1);
    return STATUS_OK;
}
