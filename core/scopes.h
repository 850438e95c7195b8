/* Which slots of a month a scope holds (SPEC 1), and one pass that deals an order out to many scopes. */
#pragma once

#include "core/order.h"

/* A run of slots, or (circles) a list. */
typedef struct {
    uint32_t first, count;
    uint32_t *slots; /* ascending, owned; NULL: the run of `count` from `first` */
} scope_slots_t;

/* STATUS_NO_MEMORY leaves *out untouched. scope_slots_fini frees it; fit for CLEANUP on a zeroed one. */
status_t scope_slots_init(const month_t *month, scope_t scope, scope_slots_t *out) NODISCARD;
void scope_slots_fini(scope_slots_t *slots);

/* How many of its stores have reported. */
uint32_t scope_slots_reported(const month_t *month, const scope_slots_t *slots);

static inline uint32_t scope_slot_at(const scope_slots_t *slots, uint32_t i)
{
    return slots->slots ? slots->slots[i] : slots->first + i;
}

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

/* Several scopes of one month. */
typedef struct {
    const month_t *month;
    size_t count;
    scope_slots_t *scopes; /* [count]; empty where same_as says so */
    size_t *same_as;       /* [count]: the first scope that is the same one, mostly itself */
    uint32_t *dealt_first; /* [month->count + 1]: where a slot's scopes start in dealt_to */
    uint32_t *dealt_to;    /* scopes that hold the slot, those of the whole month aside */
    size_t *picks_first;   /* [count]: where a scope's picks start in `positions` */
    uint32_t *positions;   /* the picks of the row that was dealt last */
    picks_t *picks;        /* [count]: likewise */
} scope_set_t;

/* Scopes may be named twice. STATUS_NO_MEMORY. scope_set_fini frees it; fit for CLEANUP on a zeroed one. */
status_t scope_set_init(const month_t *month, const scope_t *scopes, size_t count, scope_set_t *out) NODISCARD;
void scope_set_fini(scope_set_t *set);

/* Fills set->picks (not of repeated scopes) from the order, which must outlive their use. STATUS_NO_MEMORY. */
status_t scope_set_deal(scope_set_t *set, const row_order_t *order) NODISCARD;
