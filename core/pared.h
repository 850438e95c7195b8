/* Which stores a benchmark is made of (SPEC 2.6), without ordering them all. */
#pragma once

#include "core/exact_order.h"
#include "core/tables.h"

typedef struct {
    double value, weight; /* weight: the denominator, a whole number; unused where the row has none */
    uint32_t slot, dealer;
} candidate_t;

/* What the stores must come to: so many of them, and (where the row has denominators) so much weight together, the
 * share of the total that the rule wants. Weights are positive whole numbers whose total is below 2^53, so that sums of
 * them are exact; infinite where not even all come to it. */
typedef struct {
    uint64_t count;
    double weight;
} pared_need_t;

/* Stores and their weight together. */
typedef struct {
    uint64_t count;
    double weight;
} pared_held_t;

pared_need_t pared_need(const benchmark_rule_t *rule, bool has_weights, uint32_t eligible, double total);
static inline bool pared_suffices(const pared_need_t *need, pared_held_t held)
{
    return held.count >= need->count && held.weight >= need->weight;
}

/* Brings to the front those of the candidates, best first by the exact order and then by dealer, that are needed on top
 * of what `held` has: as few as suffice, or all. Returns how many. `exact` is NULL where equal values are exactly
 * equal. Expected O(count). */
size_t pared_take(const pared_need_t *need, pared_held_t held, bool down, exact_order_t *exact, candidate_t *candidates,
                  size_t count);

/* The slot whose value stands at a place of the ascending exact order among candidates (their slots alone count), which
 * are reordered. */
uint32_t pared_slot_at(exact_order_t *exact, candidate_t *candidates, size_t count, size_t place);
