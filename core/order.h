/* The order of a row's stores in a scope, best first (SPEC 2.5 to 2.7). */
#pragma once

#include "core/scopes.h"

#define ORDER_EQUAL    1u /* exactly equal to the one before */
#define ORDER_ELIGIBLE 2u /* SPEC 2.5 */

/* The reported slots with a value, the best first (rows without a direction: the greatest first), exactly equal ones by
 * dealer code. */
typedef struct row_order {
    uint32_t count;
    uint32_t *slots;
    double *values;
    double *bases; /* denominators, correctly rounded; NULL where the row has none */
    uint8_t *marks;
} row_order_t;

/* The part of an order that lies in one scope: positions in the order, ascending; NULL: all of it. */
typedef struct {
    const row_order_t *order;
    const uint32_t *positions;
    uint32_t count;
} picks_t;

static inline uint32_t picks_at(const picks_t *picks, uint32_t i)
{
    return picks->positions ? picks->positions[i] : i;
}

/* The order among a scope's slots. NULL when out of memory. The caller destroys it. */
row_order_t *order_make(const month_t *month, const row_t *row, const scope_slots_t *slots);
/* Accepts NULL and *NULL; sets *order to NULL. */
void order_destroy(row_order_t **order);

/* Whether the stores at positions `earlier` <= `later` are exactly equal. Looks at the positions between. */
bool order_is_equal(const row_order_t *order, uint32_t earlier, uint32_t later);
