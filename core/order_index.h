/* The order-statistic index of a month: for each row that many ask for, what stands in each scope, kept up to date
 * while facts change, so that figures need no pass over the stores. All that it answers is what the columns would,
 * digit for digit.
 *
 * Not in it, so that the columns answer: rows that are no sums of facts or quotients of two sums (core/linear_form.h),
 * or that hold a store whose side of the division exceeds LINEAR_MAX; circles, and regions of fewer than
 * ORDER_INDEX_LEAST stores; figures of a scope where an eligible store's denominator is negative.
 *
 * A row's part is built by whoever asks for it once that pays, and as far as the month's room for it goes. Any number
 * of threads may read and build in a month that nobody changes; who changes it is alone. */
#pragma once

#include "core/month.h"
#include "core/tables.h"

#define ORDER_INDEX_LEAST 64u

typedef struct order_index order_index_t;
typedef struct order_index_row order_index_row_t;

/* ---- For core/month.c ---- */

/* An index of no rows, without room, of a month that is laid out. NULL when out of memory. */
order_index_t *order_index_create(const month_t *month);
void order_index_destroy(order_index_t **index);

/* Around a change to one slot's flags or facts: what it was, then what it is. Where memory is short, or a side becomes
 * too large, the row leaves the index. `previous`: only facts of the month before change. */
void order_index_before(month_t *month, uint32_t slot, bool previous);
void order_index_after(month_t *month, uint32_t slot);

/* Copies the rows into the index of a clone that has equal columns, as far as memory and its room go. */
void order_index_copy(const month_t *month, month_t *clone);

/* ---- For who keeps months ---- */

/* How many bytes the rows may take together from now on; those that are there stay. May be told while others read. */
void order_index_allow(const month_t *month, size_t bytes);
size_t order_index_bytes(const month_t *month);
uint32_t order_index_row_count(const month_t *month);
/* Drops every row. Who calls is alone. */
void order_index_drop(month_t *month);
/* Before so many changes are made for one question: where changes cost more than the index saves, question after
 * question, every row is dropped, and building one again takes twice as many questions. Returns whether that is so. Who
 * calls is alone. */
bool order_index_weigh(month_t *month, size_t changes);

/* ---- For who asks ---- */

/* The row's part, or NULL: the columns then. `slots`: how many the columns must look at for this question; when they
 * have looked often enough, the part is built here. */
const order_index_row_t *order_index_find(const month_t *month, size_t row, uint64_t slots);

/* Whether rows in the index hold the scope. */
bool order_index_holds(const month_t *month, scope_t scope);

/* What a row is in a scope. Numbers are nearest doubles, NO_VALUE where there are none; the average and the benchmark
 * are also given exactly, as numerator and denominator (0: none). */
typedef struct {
    scope_statistics_t statistics; /* the benchmark is the pared mean, whoever is designated */
    int128_t average[2], benchmark[2];
} order_figures_t;

/* `part`: that of the row. False where the index cannot tell. */
bool order_index_figures(const month_t *month, size_t row, const order_index_row_t *part, scope_t scope,
                         const benchmark_rule_t *rule, order_figures_t *out);

/* The valued stores of a row in a scope, best first (rows without a direction: the greatest first), exactly equal ones
 * by dealer code. */
typedef struct {
    const month_t *month;
    const order_index_row_t *row;
    const struct order_list *list;
    uint32_t span, place;
    uint64_t key; /* of the store before */
    uint32_t before;
} order_cursor_t;

typedef struct {
    uint32_t dealer;
    double value;
    bool eligible;
    bool equal; /* exactly, to the one before */
} order_store_t;

/* False where the index does not hold the scope. */
bool order_index_open(const month_t *month, const order_index_row_t *row, scope_t scope, order_cursor_t *out);
/* False at the end. */
bool order_cursor_next(order_cursor_t *cursor, order_store_t *out);
