/* The test of a set of stores before a figure of it is shown (SPEC 4.4; docs/disclosure.md, 2): weights added up by
 * owner, of all stores, of those of no owner near the viewer, and of those that the viewer does not know. Decided in
 * whole numbers. */
#pragma once

#include "core/formula.h"

typedef struct {
    uint32_t least_owners;     /* of all stores of a set */
    uint32_t least_others;     /* of those without the owners near the viewer */
    uint32_t p_percent;        /* what all but the two greatest must hold of the greatest */
    uint32_t benchmark_owners; /* of a benchmark's stores, without the owners near the viewer */
} disclosure_rule_t;

#define DISCLOSURE_RULE_DEFAULT ((disclosure_rule_t){5, 4, 15, 3})

/* ---- What decides: a set's owners in a few numbers ---- */

typedef struct {
    uint32_t owners;
    uint32_t greatest; /* the owner of `first`, the first added of equals */
    int128_t total, first, second;
} crowd_t;

#define CROWD_EMPTY ((crowd_t){0, UINT32_MAX, 0, 0, 0})

/* One owner more, `sum` >= 0. */
void crowd_add(crowd_t *crowd, uint32_t owner, int128_t sum);

typedef enum { TALLY_PASSES, TALLY_FEW_OWNERS, TALLY_ALL_ZERO, TALLY_DOMINATED } tally_failure_t;

/* Too few owners, nothing above zero, or all but the two greatest hold less than p % of the greatest. */
tally_failure_t crowd_judge(const crowd_t *crowd, uint32_t least_owners, uint32_t p_percent);

typedef enum { CROWD_ALL, CROWD_OTHERS, CROWD_STRANGERS, CROWD_COUNT } crowd_kind_t;

typedef struct {
    tally_failure_t failure;
    crowd_kind_t crowd; /* the first that fails */
    uint32_t greatest;  /* its greatest owner; UINT32_MAX where it is empty */
} tally_verdict_t;

/* The test of a set; without `counts`, its p% part only. An empty crowd fails. */
tally_verdict_t crowds_judge(const crowd_t crowds[CROWD_COUNT], const disclosure_rule_t *rule, bool counts);

/* ---- Adding up ---- */

/* Sums by owner of one set; used by one thread, emptied and used again. */
typedef struct {
    int128_t *sums;    /* [owner]: of all its stores in the set */
    int128_t *strange; /* [owner]: of those that the viewer does not know */
    uint8_t *marks;    /* [owner]: TALLY_HELD, TALLY_STRANGE */
    uint32_t *owners;  /* those in the set, in the order that they came */
    uint32_t count;
} tally_t;

#define TALLY_HELD    1u
#define TALLY_STRANGE 2u

/* Room for owners 0 … owner_count - 1, empty. STATUS_NO_MEMORY. tally_fini is fit for CLEANUP on a zeroed one. */
status_t tally_init(uint32_t owner_count, tally_t *out) NODISCARD;
void tally_fini(tally_t *tally);
void tally_clear(tally_t *tally);

/* One store more. `weight` >= 0. */
static inline void tally_add(tally_t *tally, uint32_t owner, int64_t weight, bool is_known)
{
    if (!tally->marks[owner]) {
        tally->owners[tally->count++] = owner;
        tally->sums[owner] = tally->strange[owner] = 0;
        tally->marks[owner] = TALLY_HELD;
    }
    tally->sums[owner] += weight;
    if (!is_known) {
        tally->strange[owner] += weight;
        tally->marks[owner] |= TALLY_STRANGE;
    }
}

/* The three crowds of the set; is_near[owner]: near the viewer. */
void tally_crowds(const tally_t *tally, const uint8_t *is_near, crowd_t out[CROWD_COUNT]);
