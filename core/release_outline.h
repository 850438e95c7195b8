/* What a month's releases hold that does not depend on who looks, worked out when first asked for and kept with them:
 * which stores differ, and of each fact an outline of its weights by region. Most sets of stores are judged by it, for
 * any viewer, without a look at the stores. For releases.c and core/disclosure*.c; any number of threads may ask.
 *
 * Regions are told by place: the preorder number of a region, region_count for the nation. A region without those below
 * it is an atom; behind the last region's comes that of the stores that count in no region. */
#pragma once

#include "core/release.h"

/* ---- Greatest owners of a set ---- */

#define LEADERS_MAX 8

typedef struct {
    struct {
        int128_t sum;
        uint32_t owner;
    } items[LEADERS_MAX]; /* the greatest first */
    uint32_t count;       /* below LEADERS_MAX: these are all */
} leaders_t;

/* Of all owners in the tally. */
void leaders_take(const tally_t *tally, leaders_t *out);

/* Adds the two greatest that are not near to an empty crowd, or two as great as they may be where the leaders do not
 * tell. Whoever is tested against a part of the set may count on neither being less there. */
void leaders_add(const leaders_t *leaders, const uint8_t *is_near, crowd_t *crowd);

/* ---- Stores that differ ---- */

typedef struct {
    uint32_t *slots; /* ascending: those that differ in any needed fact */
    uint32_t count;
} release_changes_t;

/* Between two releases, earlier < later. NULL when out of memory. */
const release_changes_t *release_changes(const releases_t *releases, size_t earlier, size_t later);

/* Place of the first of them from `slot` on. */
uint32_t release_changes_from(const release_changes_t *changes, uint32_t slot);

/* ---- Outlines ---- */

#define OUTLINE_WITNESSES 6u

/* Of one fact's weights in a release, or (sizes of the differences) between two. */
typedef struct {
    int128_t *totals;                         /* [atoms + 1]: of all slots before the atom's */
    uint32_t *stores;                         /* [atoms + 1]: how many of these have a weight */
    uint32_t (*witnesses)[OUTLINE_WITNESSES]; /* [atom]: owners of stores with a weight, each once; INDEX_NONE behind
                                                 the last */
    leaders_t *leaders;                       /* [outline_large_places]: of a place with all below it */
} outline_t;

/* earlier == later: of the release itself. NULL when out of memory. */
const outline_t *release_outline(const releases_t *releases, size_t earlier, size_t later, size_t fact);

/* The leaders of a place; NULL where so few stores lie in it that it is not worth while. */
const leaders_t *outline_leaders(const releases_t *releases, const outline_t *outline, uint32_t place);

/* A slot's weight in it; -1: none. */
static inline int64_t release_weight(const releases_t *releases, size_t earlier, size_t later, size_t fact,
                                     uint32_t slot)
{
    if (earlier != later)
        return release_difference(releases->months[earlier], releases->months[later], fact, slot);
    int64_t value = releases->months[later]->columns[fact][slot];
    return value == FACT_ABSENT ? -1 : value < 0 ? -value : value;
}

/* First slot of an atom; of region_count + 1: where the slots end. */
uint32_t release_slot_of_atom(const releases_t *releases, uint32_t atom);

/* Contributors of a release in all atoms before this one. */
uint32_t release_contributors_before(const releases_t *releases, size_t release, uint32_t atom);

/* ---- Keeping it ---- */

struct release_cell;

/* What releases_t.kept points to. The pointers are set once, by whoever made it first. */
struct release_kept {
    uint32_t atoms;  /* region_count + 1 */
    uint32_t *large; /* [place]: its index among the large ones; INDEX_NONE: it is small */
    uint32_t large_count;
    uint32_t *contributors[RELEASES_MAX]; /* [atoms + 1] */
    release_changes_t *changes[RELEASES_MAX][RELEASES_MAX];
    outline_t **outlines[RELEASES_MAX][RELEASES_MAX]; /* [fact]; NULL where later < earlier */
    struct release_cell **cells[RELEASES_MAX];        /* [row][place]; internals of release_cells.c */
    size_t cell_count;                                /* of a release */
    size_t bytes;                                     /* of all that is kept; atomic */
};

status_t release_kept_create(const releases_t *releases, struct release_kept **out) NODISCARD;
void release_kept_destroy(const releases_t *releases, struct release_kept **kept);
