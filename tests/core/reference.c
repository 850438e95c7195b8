#include "tests/core/reference.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static bool holds(const month_t *month, uint32_t dealer, scope_t scope)
{
    uint32_t region = network_region_of(month->network, dealer, month->period);
    if (region == INDEX_NONE)
        return false;
    if (scope.kind == SCOPE_CIRCLE)
        return network_circle_holds(month->network, scope.index, dealer, month->period);
    while (scope.kind == SCOPE_REGION && region != scope.index && region != INDEX_NONE)
        region = month->network->regions[region].parent;
    return region != INDEX_NONE;
}

static bool reaches_base(const row_t *row, const mpq_t base)
{
    mpq_t least;
    mpq_init(least);
    mpz_set_si(mpq_numref(least), row->min_base_units);
    mpz_ui_pow_ui(mpq_denref(least), 10, row->min_base_decimals);
    mpq_canonicalize(least);
    bool reaches = !row->has_min_base || mpq_cmp(base, least) >= 0;
    mpq_clear(least);
    return reaches;
}

static void evaluate(reference_store_t *store, const month_t *month, const row_t *row)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(row->formula, &count);
    month_inputs(month, store->slot, store->inputs);
    store->reported = store->has_all = month->flags[store->slot] & MONTH_REPORTED;
    for (size_t i = 0; i < count; i++)
        store->has_all &= store->inputs[inputs[i]] != FACT_ABSENT;
    mpq_inits(store->value, store->base, NULL);
    store->valued = store->has_all && formula_evaluate_store(row->formula, store->inputs, store->value);
    const formula_t *denominator = formula_denominator(row->formula);
    if (store->valued && denominator)
        cr_assert(formula_evaluate_store(denominator, store->inputs, store->base));
    store->eligible = store->valued && reaches_base(row, store->base);
}

static bool better_at_start;

static int compare_stores(const void *left, const void *right)
{
    const reference_store_t *a = *(reference_store_t *const *)left, *b = *(reference_store_t *const *)right;
    int order = mpq_cmp(a->value, b->value) * (better_at_start ? 1 : -1);
    return order ? order : (a->dealer > b->dealer) - (a->dealer < b->dealer);
}

void reference_open(reference_t *reference, const month_t *month, size_t row, scope_t scope)
{
    reference->count = reference->valued = 0;
    for (uint32_t dealer = 0; dealer < month->network->dealer_count; dealer++) {
        if (!holds(month, dealer, scope))
            continue;
        cr_assert(reference->count < REFERENCE_STORES_MAX);
        reference_store_t *store = &reference->stores[reference->count++];
        *store = (reference_store_t){.slot = month->slots[dealer], .dealer = dealer};
        evaluate(store, month, &month->catalog->rows[row]);
        if (store->valued)
            reference->best_first[reference->valued++] = store;
    }
    better_at_start = month->catalog->rows[row].better == BETTER_DOWN;
    qsort(reference->best_first, reference->valued, sizeof *reference->best_first, compare_stores);
}

void reference_close(reference_t *reference)
{
    for (size_t i = 0; i < reference->count; i++)
        mpq_clears(reference->stores[i].value, reference->stores[i].base, NULL);
}

bool reference_average(const reference_t *reference, const row_t *row, mpq_t out, uint32_t *out_n)
{
    int128_t sums[16] = {0};
    *out_n = 0;
    for (size_t i = 0; i < reference->count; i++) {
        if (!reference->stores[i].has_all)
            continue;
        ++*out_n;
        for (size_t k = 0; k < 10; k++)
            sums[k] += reference->stores[i].inputs[k] == FACT_ABSENT ? 0 : reference->stores[i].inputs[k];
    }
    return *out_n && formula_evaluate_exact(row->formula, sums, *out_n, out);
}

static void divide_by(mpq_t value, unsigned long divisor)
{
    mpq_t by;
    mpq_init(by);
    mpq_set_ui(by, divisor, 1);
    mpq_div(value, value, by);
    mpq_clear(by);
}

bool reference_mean(const reference_t *reference, mpq_t out)
{
    mpq_set_ui(out, 0, 1);
    for (size_t i = 0; i < reference->valued; i++)
        mpq_add(out, out, reference->best_first[i]->value);
    if (reference->valued)
        divide_by(out, reference->valued);
    return reference->valued;
}

bool reference_quantile(const reference_t *reference, bool best_is_least, unsigned quarters, mpq_t out)
{
    if (reference->valued == 0)
        return false;
    size_t n = reference->valued, low = (n - 1) * quarters / 4, part = (n - 1) * quarters % 4, high = low + (part > 0);
    if (!best_is_least) {
        low = n - 1 - low;
        high = n - 1 - high;
    }
    mpq_sub(out, reference->best_first[high]->value, reference->best_first[low]->value);
    divide_by(out, 4);
    mpq_t times;
    mpq_init(times);
    mpq_set_ui(times, part, 1);
    mpq_mul(out, out, times);
    mpq_add(out, out, reference->best_first[low]->value);
    mpq_clear(times);
    return true;
}

static bool is_enough(size_t taken, size_t eligible, bool by_base, const mpq_t held, const mpq_t total,
                      const benchmark_rule_t *rule)
{
    if (taken < rule->least_stores)
        return false;
    if (!by_base)
        return taken * rule->share_denominator >= eligible * rule->share_numerator;
    mpq_t needed;
    mpq_init(needed);
    mpq_set_ui(needed, rule->share_numerator, rule->share_denominator);
    mpq_canonicalize(needed);
    mpq_mul(needed, needed, total);
    bool enough = mpq_cmp(held, needed) >= 0;
    mpq_clear(needed);
    return enough;
}

uint32_t reference_benchmark(const reference_t *reference, const row_t *row, const benchmark_rule_t *rule, mpq_t out)
{
    size_t eligible = 0, taken = 0;
    bool by_base = formula_denominator(row->formula), has = false;
    int128_t sums[16] = {0};
    mpq_t total, held;
    mpq_inits(total, held, NULL);
    for (size_t i = 0; i < reference->valued; i++) {
        eligible += reference->best_first[i]->eligible;
        if (reference->best_first[i]->eligible)
            mpq_add(total, total, reference->best_first[i]->base);
    }
    if (row->better != BETTER_NEITHER && eligible >= rule->least_eligible) {
        for (size_t i = 0; i < reference->valued && !is_enough(taken, eligible, by_base, held, total, rule); i++) {
            const reference_store_t *store = reference->best_first[i];
            if (!store->eligible)
                continue;
            taken++;
            mpq_add(held, held, store->base);
            for (size_t k = 0; k < 10; k++)
                sums[k] += store->inputs[k] == FACT_ABSENT ? 0 : store->inputs[k];
        }
        has = taken && formula_evaluate_exact(row->formula, sums, taken, out);
    }
    mpq_clears(total, held, NULL);
    return has ? (uint32_t)taken : 0;
}

void expect_near(const char *what, bool has, const mpq_t expected, double got)
{
    if (!has) {
        cr_assert(isnan(got), "%s: %.17g, and there is no value", what, got);
        return;
    }
    cr_assert(!isnan(got), "%s: no value", what);
    mpq_t difference, bound;
    mpq_inits(difference, bound, NULL);
    mpq_set_d(difference, got);
    mpq_sub(difference, difference, expected);
    mpq_abs(difference, difference);
    mpq_set_d(bound, 1e-12);
    mpq_mul(bound, bound, expected);
    mpq_abs(bound, bound);
    bool near = mpq_cmp(difference, bound) <= 0;
    cr_assert(near, "%s: %.17g, and the exact value is %.17g", what, got, mpq_get_d(expected));
    mpq_clears(difference, bound, NULL);
}
