/* What the files of core/disclosure*.c share; nobody else includes it. */
#pragma once

#include "core/disclosure.h"

/* The nation or a region of the viewer's, as a run of slots. */
typedef struct {
    scope_t scope;
    uint32_t enter, leave; /* preorder; the nation: 0, UINT32_MAX */
    uint32_t first, end;   /* slots */
    uint32_t depth, size;  /* the nation: 0; contributors */
    uint32_t turn;         /* place in the order of hiding: 0 goes first */
    bool is_listed;        /* over one of the key's own stores */
    bool is_in;            /* of those that are still shown, at the step at hand */
} viewer_scope_t;

/* Who looks. */
typedef struct {
    uint8_t *is_known;      /* [slot] */
    uint8_t *is_near;       /* [owner] */
    viewer_scope_t *scopes; /* in preorder, the nation first */
    size_t scope_count;
    uint32_t *turns; /* [scope_count]: indices into scopes, the first to be hidden first */
} viewer_t;

status_t viewer_init(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                     const exemplars_t *exemplars, viewer_t *out) NODISCARD;
void viewer_fini(viewer_t *viewer);
/* Index into scopes, SIZE_MAX where it is none of the viewer's. */
size_t viewer_find_scope(const viewer_t *viewer, scope_t scope);

/* What failed first at one step of one fact. */
typedef struct {
    uint32_t scope;   /* index: its ring */
    uint32_t earlier; /* release; UINT32_MAX: the ring itself */
    tally_verdict_t verdict;
} ring_failure_t;

/* Sums of a scope's stores, for the quick answer to what a benchmark leaves of it. */
typedef struct {
    bool is_made;
    crowd_t crowds[CROWD_COUNT];
} scope_crowds_t;

struct disclosure {
    const releases_t *releases;
    const network_t *today;
    const month_t *month;
    disclosure_rule_t rule;
    size_t fact_count; /* of the catalog, so that its end needs nothing borrowed */
    const exemplars_t *exemplars;
    viewer_t viewer;
    tally_t tally;
    uint8_t *seen;             /* [fact][scope]: shown in an earlier release; it can still be subtracted */
    uint32_t *hidden;          /* [fact]: how many scopes are hidden for it, in the order of hiding */
    ring_failure_t **failures; /* [fact][step < hidden[fact]] */
    scope_crowds_t *crowds;    /* [scope][fact] */
    uint32_t *picks;           /* room for positions in an order */
    uint32_t *taken;           /* room for a benchmark's slots */
    uint8_t *is_taken;         /* [slot]: of these; all 0 between calls */
};

/* How many scopes are hidden for each fact, and why. */
status_t disclosure_hide(disclosure_t *disclosure) NODISCARD;

/* The benchmark of a row with a direction in viewer.scopes[scope], whose average is or is not shown. */
status_t disclosure_benchmark(disclosure_t *disclosure, size_t row, size_t scope, bool average_is_shown,
                              const benchmark_rule_t *rule, disclosure_figure_t *out) NODISCARD;
