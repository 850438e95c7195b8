/* Which slots of a month a scope holds (SPEC 1), and how the scopes asked for lie within each other. */
#pragma once

#include "core/month.h"

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

/* A scope that is a run of slots, among others: runs of regions lie within each other or apart. */
typedef struct {
    size_t scope;   /* its place in the set */
    uint32_t depth; /* scopes around it */
    size_t end;     /* the nodes behind it up to this one lie within it */
} scope_node_t;

/* Several scopes of one month. */
typedef struct {
    const month_t *month;
    size_t count;
    scope_slots_t *scopes; /* [count]; empty where same_as says so */
    size_t *same_as;       /* [count]: the first scope that is the same one, mostly itself */
    scope_node_t *nodes;   /* the runs that hold any slot, each before those within it, those by their slots */
    size_t node_count;
} scope_set_t;

/* Scopes may be named twice. STATUS_NO_MEMORY. scope_set_fini frees it; fit for CLEANUP on a zeroed one. */
status_t scope_set_init(const month_t *month, const scope_t *scopes, size_t count, scope_set_t *out) NODISCARD;
void scope_set_fini(scope_set_t *set);

/* The node's slots, cut at the nodes right within it that hold at least `least` slots: a run before each of them, and
 * one behind the last, for which `child` is SIZE_MAX. Runs may be empty.
 *     for (scope_part_t part = scope_parts(set, node, 0); scope_part_next(&part);) */
typedef struct {
    uint32_t first, count;
    size_t child;
    /* The rest is scope_part_next's own. */
    const scope_set_t *set;
    size_t node, next;
    uint32_t least, at;
    bool is_done;
} scope_part_t;

scope_part_t scope_parts(const scope_set_t *set, size_t node, uint32_t least);
bool scope_part_next(scope_part_t *part);
