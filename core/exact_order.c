#include "core/exact_order.h"

void exact_order_init(exact_order_t *exact, const month_t *month, const row_t *row)
{
    exact->month = month;
    exact->row = row;
    exact->kept_slot = INDEX_NONE;
    mpq_inits(exact->left, exact->right, NULL);
}

void exact_order_fini(exact_order_t *exact)
{
    mpq_clears(exact->left, exact->right, NULL);
}

/* The fraction of a slot; neighbours are asked for one after the other, so the last one is kept. */
static bool fraction_at(exact_order_t *exact, uint32_t slot, fraction_t *out)
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

int exact_order_of_values(exact_order_t *exact, uint32_t left, uint32_t right)
{
    fraction_t left_fraction, right_fraction;
    if (fraction_at(exact, left, &left_fraction) && fraction_at(exact, right, &right_fraction))
        return fraction_compare(left_fraction, right_fraction);
    month_inputs(exact->month, left, exact->left_inputs);
    month_inputs(exact->month, right, exact->right_inputs);
    if (!formula_evaluate_store(exact->row->formula, exact->left_inputs, exact->left) ||
        !formula_evaluate_store(exact->row->formula, exact->right_inputs, exact->right))
        return 0; /* never: both have a value */
    return mpq_cmp(exact->left, exact->right);
}

int exact_order_of_stores(exact_order_t *exact, uint32_t left, uint32_t right)
{
    int order = exact_order_of_values(exact, left, right);
    return exact->row->better == BETTER_DOWN ? order : -order;
}
