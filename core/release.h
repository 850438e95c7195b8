/* Releases: the states of a month that dealers are shown figures of (SPEC 4.3; docs/disclosure.md, 1 and 4).
 *
 * A month's releases are held against each other, so all of them, and the live month that the next one is made of, must
 * stand on the network and the catalog of the first: the caller keeps these two and reads each of the months on them.
 */
#pragma once

#include "core/limits.h"
#include "core/month.h"
#include "core/owners.h"
#include "core/tally.h"

#include <stdatomic.h>

/* All releases of a month, and what is worked out of them once for all viewers: at once, or (`kept`) when it is first
 * asked for. Read-only to whoever uses it, and any number of threads may. */
typedef struct {
    const catalog_t *catalog; /* borrowed */
    const network_t *network; /* borrowed */
    period_t period;
    size_t count;
    size_t fact_count;                     /* of the catalog, so that the end needs nothing borrowed */
    const month_t *months[RELEASES_MAX];   /* of contributors only: whoever reports in them contributes */
    month_t *pared[RELEASES_MAX];          /* those of `months` that had to be copied to leave others out */
    owners_t owners;                       /* the network's */
    uint32_t *slot_owners;                 /* [slots of a month] */
    uint32_t *region_owners[RELEASES_MAX]; /* [preorder number of a region]: owners that contribute in it with all below
                                              it; [region_count]: in the nation */
    uint16_t needed[CATALOG_FACTS_MAX];    /* facts that the tables' rows read of the month itself, ascending */
    size_t needed_count;
    struct release_kept *kept; /* internals of core/release_outline.h */
} releases_t;

/* `months`: count >= 1 months in the releases' order, borrowed as long as `out` lives; release_first and release_next
 * make them, or the caller makes them anew from what is stored (submissions that are not complete are left out here).
 * STATUS_LIMIT for more than RELEASES_MAX, STATUS_CONFLICT where they do not stand on one network and catalog (or one
 * equal to it), STATUS_NO_MEMORY. releases_fini is fit for CLEANUP on a zeroed one. */
status_t releases_init(const month_t *const *months, size_t count, releases_t *out) NODISCARD;
void releases_fini(releases_t *releases);

/* A copy of the month without the submissions that are not complete, for whoever keeps it and gives it to more than one
 * releases_init; *out NULL where there are none such. STATUS_NO_MEMORY. */
status_t release_leave_out(const month_t *month, month_t **out) NODISCARD;

/* Makes at once what does not depend on who looks and is else made when it is first asked for. False where `stop`
 * became true meanwhile (it is looked at often) or memory is short: the rest is made when asked for. */
bool releases_outline(const releases_t *releases, const atomic_bool *stop);

/* Memory that it takes beside the months that were given; it grows while questions come. */
size_t releases_bytes(const releases_t *releases);

/* How much a fact of a slot differs between two months, absent counting as 0, signs left out; -1: not at all. A fact
 * that came or left as 0 differs by 0. */
static inline int64_t release_difference(const month_t *left, const month_t *right, size_t fact, uint32_t slot)
{
    int64_t a = left->columns[fact][slot], b = right->columns[fact][slot];
    if (a == b)
        return -1;
    int64_t difference = (a == FACT_ABSENT ? 0 : a) - (b == FACT_ABSENT ? 0 : b);
    return difference < 0 ? -difference : difference;
}

/* ---- Making one ---- */

typedef enum { CHANGE_FILED, CHANGE_CORRECTED, CHANGE_WITHDRAWN } release_change_kind_t;

typedef enum {
    WAIT_NONE,       /* taken over */
    WAIT_PART,       /* with all that is left of its part */
    WAIT_STANDS_OUT, /* alone: its owner's change stands out */
} release_wait_t;

/* What a store that contributed, or would, has filed, corrected or withdrawn since the last release. */
typedef struct {
    uint32_t dealer;
    release_change_kind_t kind;
    release_wait_t wait;
    /* Why it waits: */
    scope_t part;            /* the nation or a region, less the large enough regions below it */
    size_t fact;             /* index */
    size_t earlier;          /* the release, of those before, from which it would differ so */
    tally_verdict_t verdict; /* `greatest` as releases_t.owners numbers it */
    uint32_t viewer;         /* the owner who could tell; INDEX_NONE: anybody */
} release_change_t;

typedef struct {
    month_t *month;            /* the release, of contributors only; NULL: nobody contributes, so there is none */
    release_change_t *changes; /* by dealer index; none of a first release */
    size_t change_count, held_count;
} release_t;

/* The first release: all that is filed in `live`. STATUS_NO_MEMORY. release_fini is fit for CLEANUP on a zeroed one;
 * whoever takes `month` over sets it to NULL. */
status_t release_first(const month_t *live, release_t *out) NODISCARD;

/* The one after `releases`: what of `live` passes; the rest stands as in the last. All waits or nothing has changed
 * where held_count == change_count: then it equals the last release, and the caller need not keep it. STATUS_LIMIT
 * where the month has RELEASES_MAX of them, STATUS_CONFLICT as releases_init, STATUS_NO_MEMORY. */
status_t release_next(const releases_t *releases, const month_t *live, const disclosure_rule_t *rule,
                      release_t *out) NODISCARD;
void release_fini(release_t *release);
