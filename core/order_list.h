/* The valued stores of one row in one scope, best first, kept in order while single ones come and go: sorted blocks of
 * few entries under a directory that knows of each block how many it holds and what they sum up to. Finding a place
 * costs two binary searches, changing it one block; an order statistic or a prefix sum is a walk over the directory.
 * Whoever changes a list is alone; any number of threads may read one that nobody changes. */
#pragma once

#include "core/exact_sum.h"
#include "core/linear_form.h"

#define ORDER_BLOCK          128u

#define ORDER_ENTRY_ELIGIBLE (UINT32_C(1) << 31) /* in `dealer` (SPEC 2.5) */
#define ORDER_ENTRY_DEALER   (ORDER_ENTRY_ELIGIBLE - 1)

typedef struct {
    uint64_t keys[ORDER_BLOCK];    /* as order_key makes them: the best is the least */
    uint32_t dealers[ORDER_BLOCK]; /* dealer index, ORDER_ENTRY_ELIGIBLE */
} order_block_t;

/* Blocks of all lists of a row. */
typedef struct {
    order_block_t *blocks;
    uint32_t count, room; /* blocks in use or free; allocated */
    uint32_t free;        /* first of those given back, INDEX_NONE: none */
    size_t span_room;     /* of the directories of its lists, allocated */
} order_pool_t;

/* One block, as the directory knows it. */
typedef struct {
    uint64_t key; /* its first entry */
    uint32_t dealer;
    uint32_t block;
    uint16_t count, eligible;
    linear_value_t sum; /* over the eligible */
} order_span_t;

typedef struct order_list {
    order_span_t *spans; /* in order; none is empty */
    uint32_t span_count, span_room;
    uint32_t count, eligible;
    uint32_t negative; /* eligible ones whose denominator is below zero */
    int128_t base;     /* denominators of the eligible */
    /* Of all contributors (SPEC 2.2), valued or not: */
    uint32_t contributors;
    int128_t numerator, denominator;
    exact_mean_t values; /* of the valued */
} order_list_t;

/* What decides between entries with one key, and whose facts are behind them. */
typedef struct {
    const linear_form_t *form;
    const int64_t *const *columns;
    const uint32_t *slots; /* by dealer */
    bool down;             /* less is better */
    bool keys_decide;      /* equal keys mean equal values */
} order_ties_t;

typedef struct {
    uint64_t key;
    uint32_t dealer; /* with its mark */
    double number;   /* the value's nearest double, which the key stands for */
    linear_value_t value;
} order_entry_t;

/* A number whose unsigned order is that of the values, the best first (without a direction: the greatest first). */
uint64_t order_key(double value, bool down);
double order_key_value(uint64_t key, bool down);

/* Puts an entry in, or takes out the one of that dealer, whose facts may have changed since: `entry` tells what they
 * were. STATUS_NO_MEMORY leaves the list as it was. */
status_t order_list_insert(order_list_t *list, order_pool_t *pool, const order_ties_t *ties,
                           const order_entry_t *entry) NODISCARD;
void order_list_remove(order_list_t *list, order_pool_t *pool, const order_ties_t *ties, const order_entry_t *entry);

/* Puts an entry behind all others, and leaves list->values to the caller. STATUS_NO_MEMORY likewise. */
status_t order_list_append(order_list_t *list, order_pool_t *pool, const order_entry_t *entry) NODISCARD;

/* A copy, whose blocks are those of a copied pool. STATUS_NO_MEMORY leaves *out empty. */
status_t order_list_copy(const order_list_t *list, order_pool_t *pool, order_list_t *out) NODISCARD;

void order_list_fini(order_list_t *list);
void order_pool_fini(order_pool_t *pool);
