/* How a month's index lies in memory. For core/order_index*.c only. */
#pragma once

#include "core/limits.h"
#include "core/order_index.h"
#include "core/order_list.h"

/* Figures that were computed and still hold. Readers fill it: whoever moves `state` from STALE to FILLING. */
enum { CELL_STALE, CELL_FILLING, CELL_READY };
typedef struct {
    uint32_t state; /* atomic */
    benchmark_rule_t rule;
    order_figures_t figures;
} order_cell_t;

struct order_index_row {
    linear_form_t form;
    order_ties_t ties;
    bool is_fact, has_direction, reads_previous, has_least;
    int64_t least;                        /* of the denominator, for eligible stores (SPEC 2.5) */
    int numerator_bits, denominator_bits; /* of the largest sides ever held */
    order_pool_t pool;
    order_list_t *lists; /* [index->list_count] */
    order_cell_t *cells; /* likewise */
};

/* What a row was for a slot before the change at hand. */
typedef struct {
    bool is_asked;
    linear_kind_t kind;
    linear_value_t value;
} order_change_t;

#define ORDER_ASKED_NEVER UINT64_MAX /* the row does not fit the index, or somebody builds it */

struct order_index {
    order_index_row_t **rows; /* [catalog->row_count]; published atomically */
    uint64_t *asked;          /* likewise: slots that columns looked at; atomic */
    size_t room;              /* atomic */
    uint64_t debt;            /* changes that cost more than questions saved */
    uint32_t hesitation;      /* times that the questions must be before a row is built, 1 << this */
    uint32_t list_count;      /* list 0: the nation's */
    uint32_t *first, *count;  /* [list_count]: slots */
    uint32_t *lists;          /* by region: its list, shared by regions of the same slots; INDEX_NONE: none */
    uint32_t *places;         /* by preorder number: the region */
    uint64_t entries;         /* slots of all lists together */
    order_change_t *changes;  /* [catalog->row_count] */
};

#define ORDER_LISTS_MAX (NETWORK_DEPTH_MAX + 2)

/* The lists that hold a slot; returns how many. */
size_t order_index_lists_of(const month_t *month, uint32_t slot, uint32_t out[ORDER_LISTS_MAX]);

/* The sides of a slot: LINEAR_ABSENT also where nothing is reported. */
linear_kind_t order_index_evaluate(const month_t *month, const order_index_row_t *row, uint32_t slot,
                                   linear_value_t *out);
static inline bool order_index_is_eligible(const order_index_row_t *row, linear_value_t value)
{
    return !row->has_least || value.denominator >= row->least;
}
/* The entry of a store whose denominator is not 0. */
order_entry_t order_index_entry(const order_index_row_t *row, uint32_t dealer, linear_value_t value);
/* Takes note of a value that is going to be held. */
void order_index_widen(order_index_row_t *row, linear_value_t value);

/* NULL when out of memory, or (*out_fits false) where the row does not fit the index. */
order_index_row_t *order_index_row_build(const month_t *month, size_t row, bool *out_fits);
/* An empty one, likewise. */
order_index_row_t *order_index_row_create(const month_t *month, size_t row, bool *out_fits);
void order_index_row_destroy(order_index_row_t **row, uint32_t list_count);
size_t order_index_row_bytes(const order_index_row_t *row, uint32_t list_count);
/* What building it will take. */
size_t order_index_row_estimate(const month_t *month);
