#include "core/pared.h"

#include <math.h>
#include <stdlib.h>

#define FEW        16  /* that are sorted by insertion */
#define ROUNDS_MAX 100 /* of partitioning, before all is sorted */

typedef struct {
    exact_order_t *exact;
    bool down;
} order_t;

pared_need_t pared_need(const benchmark_rule_t *rule, bool has_weights, uint32_t eligible, double total)
{
    uint64_t part =
        ((uint64_t)eligible * rule->share_numerator + rule->share_denominator - 1) / rule->share_denominator;
    uint64_t least = !has_weights && part > rule->least_stores ? part : rule->least_stores;
    pared_need_t need = {least > 0 ? least : 1, 0};
    if (has_weights) { /* whole weights reach the share where they reach it rounded up */
        int128_t share = (int128_t)total * rule->share_numerator + rule->share_denominator - 1;
        share /= rule->share_denominator;
        need.weight = rule->share_numerator > rule->share_denominator ? INFINITY : (double)share;
    }
    return need;
}

/* Below 0 where `a` comes before `b`; no two are equal. */
static int compare(const candidate_t *a, const candidate_t *b, const order_t *order)
{
    if (a->value != b->value)
        return (a->value > b->value) == order->down ? 1 : -1;
    int exactly = order->exact ? exact_order_of_stores(order->exact, a->slot, b->slot) : 0;
    return exactly ? exactly : (a->dealer > b->dealer) - (a->dealer < b->dealer);
}

static int compare_candidates(const void *left, const void *right, void *context)
{
    return compare(left, right, context);
}

static pared_held_t hold(pared_held_t held, const candidate_t *candidate)
{
    return (pared_held_t){held.count + 1, held.weight + candidate->weight};
}

/* Of sorted candidates. */
static size_t take_sorted(const pared_need_t *need, pared_held_t held, const candidate_t *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        held = hold(held, &candidates[i]);
        if (pared_suffices(need, held))
            return i + 1;
    }
    return count;
}

static void sort_few(candidate_t *candidates, size_t count, const order_t *order)
{
    for (size_t i = 1; i < count; i++) {
        candidate_t candidate = candidates[i];
        size_t at = i;
        for (; at > 0 && compare(&candidates[at - 1], &candidate, order) > 0; at--)
            candidates[at] = candidates[at - 1];
        candidates[at] = candidate;
    }
}

/* Never the last one. */
static candidate_t choose_pivot(const candidate_t *candidates, size_t count, const order_t *order)
{
    candidate_t few[3] = {candidates[0], candidates[count / 2], candidates[count - 1]};
    sort_few(few, 3, order);
    return few[1];
}

/* Brings those that come before the pivot, and the pivot itself, to the front; returns how many, and what they hold. */
static size_t partition(candidate_t *candidates, size_t count, const order_t *order, pared_held_t *held)
{
    candidate_t pivot = choose_pivot(candidates, count, order);
    size_t before = 0;
    for (size_t i = 0; i < count; i++) {
        candidate_t candidate = candidates[i];
        if (compare(&candidate, &pivot, order) > 0)
            continue;
        candidates[i] = candidates[before];
        candidates[before++] = candidate;
        *held = hold(*held, &candidate);
    }
    return before;
}

size_t pared_take(const pared_need_t *need, pared_held_t held, bool down, exact_order_t *exact, candidate_t *candidates,
                  size_t count)
{
    order_t order = {exact, down};
    size_t taken = 0;
    for (int round = 0; count > FEW && round < ROUNDS_MAX; round++) {
        pared_held_t with = held;
        size_t front = partition(candidates + taken, count, &order, &with);
        if (pared_suffices(need, with)) {
            count = front;
        } else {
            held = with;
            taken += front;
            count -= front;
        }
    }
    if (count > FEW)
        qsort_r(candidates + taken, count, sizeof *candidates, compare_candidates, &order);
    else
        sort_few(candidates + taken, count, &order);
    return taken + take_sorted(need, held, candidates + taken, count);
}

static int compare_values(const void *left, const void *right, void *context)
{
    return exact_order_of_values(context, ((const candidate_t *)left)->slot, ((const candidate_t *)right)->slot);
}

uint32_t pared_slot_at(exact_order_t *exact, candidate_t *candidates, size_t count, size_t place)
{
    qsort_r(candidates, count, sizeof *candidates, compare_values, exact);
    return candidates[place].slot;
}
