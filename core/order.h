/* One order of a row's stores for a whole month, best first, that every scope, rank and benchmark reads off (SPEC 2.4
 * to 2.7). Computed when first asked for and kept in the month. */
#pragma once

#include "core/month.h"

#define ORDER_EQUAL      1u /* exactly equal to the one before */
#define ORDER_ELIGIBLE   2u /* SPEC 2.5 */
#define ORDER_SLOT_BYTES (2 * sizeof(double) + sizeof(uint32_t) + sizeof(uint8_t))

/* The reported slots with a value, the best first (rows without a direction: the greatest first), exactly equal ones by
 * dealer code. */
typedef struct row_order {
    uint32_t count;
    uint32_t *slots;
    double *values;
    double *bases; /* denominators, correctly rounded; NULL where the row has none */
    uint8_t *marks;
} row_order_t;

/* The order of a row; any number of threads may ask for the same month. Borrowed from the month until it is changed or
 * destroyed. NULL when out of memory. */
const row_order_t *order_of_row(const month_t *month, size_t row);

/* Whether the stores at positions `earlier` <= `later` are exactly equal. Looks at the positions between. */
bool order_is_equal(const row_order_t *order, uint32_t earlier, uint32_t later);

/* Accepts NULL and *NULL; sets *order to NULL. */
void order_destroy(row_order_t **order);
