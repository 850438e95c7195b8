/* What releases.c, release.c and release_parts.c share; nobody else includes it. */
#pragma once

#include "core/release.h"

/* The facts of the month itself that the rows of the catalog's tables read, ascending; returns how many. */
size_t release_needed(const catalog_t *catalog, uint16_t out[CATALOG_FACTS_MAX]);

/* Whether a slot's submission holds them all. */
bool release_is_complete(const month_t *month, const uint16_t *needed, size_t count, uint32_t slot);

/* A copy without the submissions that are not complete. NULL when out of memory. */
month_t *release_pare(const month_t *month, const uint16_t *needed, size_t count);

/* Whether both have the same dealers in the same slots, regions and facts. */
bool release_stands_on(const month_t *left, const month_t *right);

/* Owners that contribute in `left` or `right` (NULL: none) in each region with all below it, and in the nation, as
 * releases_t.region_owners. STATUS_NO_MEMORY. */
status_t release_count_owners(const month_t *left, const month_t *right, const uint32_t *slot_owners,
                              uint32_t owner_count, uint32_t **out) NODISCARD;

/* ---- Parts of a month (docs/disclosure.md, 4) ---- */

/* The large enough regions cut the slots into parts: out_parts[slot] = preorder number of the region that it lies in
 * the part of, region_count for the nation's. `live` is pared. */
status_t release_cut(const releases_t *releases, const month_t *live, const disclosure_rule_t *rule,
                     uint32_t *out_parts) NODISCARD;

/* ---- Every viewer that there can be ---- */

/* Who is in which circle in the month, and room to look at one viewer after the other. */
typedef struct {
    const releases_t *releases;
    uint32_t *circle_first, *circle_slots;     /* by circle: the slots of its members */
    uint32_t *slot_first, *slot_circles;       /* by slot: its circles */
    int64_t *weights;                          /* [slot]: of the differences at hand; -1: none */
    uint32_t *stores;                          /* [owner]: how many of these are its */
    uint32_t *looked_at, *near, *known;        /* [owner], [owner], [slot]: stamps */
    uint32_t *circle_looked_at, *circle_known; /* [circle]: likewise */
    uint32_t *candidates, *touched, *learned;  /* lists of owners, owners, slots */
    uint32_t judgement, viewing;               /* the stamps of now */
} viewers_t;

status_t viewers_init(const releases_t *releases, viewers_t *out) NODISCARD;
void viewers_fini(viewers_t *viewers);

/* The differences of one fact in one part, tested for every owner as the viewer. */
typedef struct {
    const uint32_t *slots; /* of the part, those that differ */
    const int64_t *weights;
    uint32_t count;
} differences_t;

/* The first verdict that fails, with its viewer (INDEX_NONE: anybody), or TALLY_PASSES. `tally` is empty before and
 * behind. */
void viewers_judge(viewers_t *viewers, const differences_t *differences, const disclosure_rule_t *rule, tally_t *tally,
                   tally_verdict_t *out, uint32_t *out_viewer);
