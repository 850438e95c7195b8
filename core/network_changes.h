/* What an import changes: two networks compared by code. Pure. */
#pragma once

#include "core/arena.h"
#include "core/network.h"

/* Kind, and what `from` and `to` hold ("" = none). `code` is the region's or the dealer's. */
#define NETWORK_CHANGES(X)                                                                                             \
    X(REGION_ADDED, "region_added")       /* to: its parent, "" = the nation */                                        \
    X(REGION_DROPPED, "region_dropped")   /* from: its parent */                                                       \
    X(REGION_MOVED, "region_moved")       /* parents */                                                                \
    X(REGION_RENAMED, "region_renamed")   /* names */                                                                  \
    X(DEALER_ADDED, "dealer_added")       /* to: its name */                                                           \
    X(DEALER_DROPPED, "dealer_dropped")   /* from: its name */                                                         \
    X(DEALER_RENAMED, "dealer_renamed")   /* names */                                                                  \
    X(OWNER_CHANGED, "owner_changed")     /* owners */                                                                 \
    X(OPENING, "opening")                 /* to: region */                                                             \
    X(MOVE, "move")                       /* regions */                                                                \
    X(CLOSING, "closing")                 /* from: region */                                                           \
    X(CIRCLE_JOINED, "circle_joined")     /* to: circle */                                                             \
    X(CIRCLE_LEFT, "circle_left")         /* from: circle */                                                           \
    X(KEY_DEALER_GONE, "key_dealer_gone") /* code: a public key; from: the dealer that it names */                     \
    X(KEY_REGION_GONE, "key_region_gone") /* code: a public key; from: the region that it names */

typedef enum {
#define CHANGE_ENUM(name, text) CHANGE_##name,
    NETWORK_CHANGES(CHANGE_ENUM)
#undef CHANGE_ENUM
        CHANGE_KIND_COUNT
} network_change_kind_t;
/* "region_added" … */
extern const char *const network_change_names[CHANGE_KIND_COUNT];

typedef struct {
    network_change_kind_t kind;
    const char *code, *from, *to;
    period_t period, until; /* of openings, moves, closings and circles: these months otherwise than now; PERIOD_NONE =
                               unbounded */
    bool rewrites;          /* months that are over would be told otherwise than before */
} network_change_t;

typedef struct {
    period_t today;         /* months before it are over */
    network_change_t *list; /* those that rewrite history first, then by kind; at most NETWORK_CHANGES_MAX */
    size_t count;
    uint32_t counts[CHANGE_KIND_COUNT];   /* of all, listed or not */
    uint32_t rewrites[CHANGE_KIND_COUNT]; /* of these, those that rewrite history */
} network_changes_t;

/* What `next` changes of `current` in the month `today`. Openings, moves and closings are told by months, whatever
 * lines the two files have. A month that is over is rewritten where a dealer would have lain elsewhere in it, where a
 * circle would have held another, and by any move or loss of a region (the tree has no dates); nothing is where
 * `current` has no dealers. All memory, texts too, comes from `arena`; STATUS_NO_MEMORY leaves *out undefined. */
status_t network_changes_find(const network_t *current, const network_t *next, period_t today, arena_t *arena,
                              network_changes_t *out) NODISCARD;

/* Adds one more, counted and (below the cap) listed; its texts are copied. */
status_t network_changes_add(network_changes_t *changes, const network_change_t *change, arena_t *arena) NODISCARD;
