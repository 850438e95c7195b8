/* What the files of core/disclosure*.c share; nobody else includes it. */
#pragma once

#include "core/disclosure.h"
#include "core/release_outline.h"

#define NO_SCOPE UINT32_MAX

/* The nation or a region of the viewer's, as a run of atoms (core/release_outline.h) and of slots. */
typedef struct {
    scope_t scope;
    uint32_t enter, leave; /* atoms */
    uint32_t first, end;   /* slots */
    uint32_t depth, size;  /* the nation: 0; contributors of the release at hand */
    uint32_t parent;       /* the innermost scope around it; the nation: NO_SCOPE */
    uint32_t turn;         /* place in the order of hiding: 0 goes first */
    uint32_t
        store_end;  /* its near stores end here in viewer.stores; they start where those of the scope before it end */
    bool is_listed; /* over one of the key's own stores */
    bool is_in;     /* of those that are still shown, at the step at hand */
} viewer_scope_t;

/* A store of an owner near the viewer. */
typedef struct {
    uint32_t slot, owner;
    uint32_t scope; /* the innermost that it lies in */
    bool is_known;
} near_store_t;

/* Who looks. */
typedef struct {
    uint8_t *is_known; /* [slot] */
    uint8_t *is_near;  /* [owner] */
    uint32_t *near;    /* near owners */
    uint32_t near_count;
    near_store_t *stores; /* by scope */
    uint32_t store_count;
    viewer_scope_t *scopes; /* in preorder, the nation first */
    size_t scope_count;
    uint32_t *turns; /* [scope_count]: indices into scopes, the first to be hidden first */
} viewer_t;

status_t viewer_init(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                     const exemplars_t *exemplars, viewer_t *out) NODISCARD;
void viewer_fini(viewer_t *viewer);
/* Sizes of the scopes in a release, and the order of hiding that follows. */
void viewer_turn_to(viewer_t *viewer, const releases_t *releases, size_t release);
/* Index into scopes, SIZE_MAX where it is none of the viewer's. */
size_t viewer_find_scope(const viewer_t *viewer, scope_t scope);

/* What failed first at one step of one fact. */
typedef struct {
    uint32_t scope;   /* index: its ring */
    uint32_t earlier; /* release; UINT32_MAX: the ring itself */
    tally_verdict_t verdict;
} ring_failure_t;

#define RING_ITSELF UINT32_MAX

struct disclosure {
    const releases_t *releases;
    const network_t *today;
    size_t last; /* the release that is shown */
    const month_t *month;
    disclosure_rule_t rule;
    size_t fact_count; /* of the catalog, so that its end needs nothing borrowed */
    const exemplars_t *exemplars;
    viewer_t viewer;
    tally_t tally;
    uint32_t *ring_of; /* [scope]: whose ring what lies in it, but in no scope below it, belongs to; of the trial
                          at hand */
    uint8_t *seen;     /* [fact][scope]: shown in an earlier release; it can still be subtracted */
    uint32_t *hidden;  /* [fact]: how many scopes are hidden for it, in the order of hiding */
    ring_failure_t **failures; /* [fact][step < hidden[fact]] */
    uint8_t *states;           /* [trial][scope] of the fact at hand: 1: its ring has passed */
};

/* ---- Sets of which little is known but what their near owners hold ---- */

static inline void near_add(tally_t *tally, const near_store_t *store, int64_t weight)
{
    if (weight >= 0)
        tally_add(tally, store->owner, weight, store->is_known);
}

/* The crowds of a set, from its total, its near stores in `near` (which is emptied), what the leaders of the set or of
 * a larger one tell of the other owners, and how many of these it has at least. No greatest sum is less than it is. */
void near_crowds(const viewer_t *viewer, tally_t *near, const leaders_t *leaders, int128_t total, uint32_t others,
                 crowd_t out[CROWD_COUNT]);

/* Whether the set passes for certain; false tells nothing. */
bool near_passes(const crowd_t crowds[CROWD_COUNT], const disclosure_rule_t *rule, bool counts);

/* ---- Rings ---- */

/* The fact at hand: its figures in a release, or what changed of it since an earlier one. */
typedef struct {
    disclosure_t *disclosure;
    size_t fact;
    uint32_t earlier;   /* the release; RING_ITSELF = the figures of the last */
    bool is_of_figures; /* of that release */
} trial_t;

/* Whose ring is what, as it stands; before rings are judged. */
void trial_begin(const trial_t *trial);

/* Whether a scope is one whose figures may be subtracted: still in, or seen in an earlier release; and (of an earlier
 * release) shown to anybody then. */
bool trial_holds(const trial_t *trial, size_t scope);

/* Tests the ring of a scope that the trial holds; an empty one passes. `greatest` is told where it fails only. */
tally_verdict_t trial_judge(const trial_t *trial, size_t scope);

/* ---- Benchmarks ---- */

struct release_cell;

/* The benchmark of a row with a direction in viewer.scopes[scope], whose average is or is not shown. */
status_t disclosure_benchmark(disclosure_t *disclosure, size_t row, size_t scope, bool average_is_shown,
                              const struct release_cell *cell, disclosure_figure_t *out) NODISCARD;
