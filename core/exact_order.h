/* Two stores' values of a row told apart exactly, where their doubles are equal. */
#pragma once

#include "core/fraction.h"
#include "core/limits.h"
#include "core/month.h"

typedef struct {
    const month_t *month;
    const row_t *row;
    int64_t left_inputs[2 * CATALOG_FACTS_MAX], right_inputs[2 * CATALOG_FACTS_MAX];
    mpq_t left, right;
    fraction_t kept;
    uint32_t kept_slot;
} exact_order_t;

void exact_order_init(exact_order_t *exact, const month_t *month, const row_t *row);
void exact_order_fini(exact_order_t *exact);

/* -1, 0, 1: the value of the slot `left` is less than, equal to, greater than that of `right`. Both have one. */
int exact_order_of_values(exact_order_t *exact, uint32_t left, uint32_t right);

/* The same by the row's direction: below 0 where `left` is better. */
int exact_order_of_stores(exact_order_t *exact, uint32_t left, uint32_t right);
