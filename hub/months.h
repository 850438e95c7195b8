/* The months in memory: one column table for each period that was asked for, in the current world; handed out as
 * counted, immutable snapshots. What commits is told to the cache before it is acknowledged, so that who asks after an
 * acknowledgement sees it. Any thread; no function blocks longer than the reading of one month from the store.
 *
 * A month that is missing is read from the store by the thread that asks; what commits meanwhile is noted and applied
 * after, by its sequence. Noted deltas are applied when the month is next asked for: in place as soon as nobody holds
 * the snapshot, or after a few milliseconds to a copy.
 *
 * A month that is asked for often gets an index (core/order_index.h), which is kept up to date with it; both count
 * towards `bytes_max`, and indexes never take more than half of that. */
#pragma once

#include "hub/world.h"

typedef struct months months_t;

typedef struct {
    const month_t *month;
    world_t *world; /* the one that the month was made in; held as long as the snapshot */
    struct month_share *share;
} month_snapshot_t;

/* What one commit changed: the facts of a dealer's month, in the order of the current world's catalog. */
typedef struct {
    uint64_t sequence;
    period_t period;
    uint32_t dealer;      /* index in the current world's network; INDEX_NONE: none of its dealers, nothing to do */
    const int64_t *facts; /* NULL: withdrawn; copied */
    bool late;
} month_delta_t;

/* Takes over the reference to the world (sets it to NULL). `bytes_max`: months beyond it are dropped, least recently
 * used first. NULL when out of memory. */
months_t *months_create(store_t *store, world_t **world, size_t bytes_max);
void months_destroy(months_t **months);

/* The current world, retained for the caller. */
world_t *months_world(months_t *months);

/* A new world, taken over; drops every month. Writer thread only. */
void months_set_world(months_t *months, world_t **world);

/* After the commit and before its acknowledgement. Cannot fail: where memory is short, the month is dropped and read
 * again. Writer thread only. */
void months_apply(months_t *months, const month_delta_t *deltas, size_t count);

/* A snapshot of a period in the current world. STATUS_CONFLICT where the current world changed meanwhile (ask again);
 * STATUS_NO_MEMORY; what the store says. The caller ends it with months_release. */
status_t months_acquire(months_t *months, period_t period, month_snapshot_t *out) NODISCARD;
/* The same, laid out by the regions that the view tells (core/regions_view.h); a month of its own in memory. */
status_t months_acquire_viewed(months_t *months, period_t period, const regions_view_t *view,
                               month_snapshot_t *out) NODISCARD;
/* Fit for CLEANUP; accepts a zeroed snapshot. */
void months_release(month_snapshot_t *snapshot);

void months_measure(months_t *months, uint32_t *out_count, uint64_t *out_bytes);
