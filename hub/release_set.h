/* The releases of a month, read from the log and made ready for core/disclosure.h. */
#pragma once

#include "hub/past.h"

#include "core/release.h"

typedef struct release_set {
    releases_t releases;
    month_snapshot_t snapshots[RELEASES_MAX];
    const month_t *months[RELEASES_MAX];
    size_t count;
    uint64_t event, time_ms; /* of the last one */
    world_t *world;          /* network and catalog of all of them; held by the snapshots */
} release_set_t;

/* Those up to the event `most` (UINT64_MAX = all); count 0 where there is none. `out` must be zeroed; release_set_fini
 * is fit for CLEANUP. Its months are kept by `past`; the rest is made anew each time. */
status_t release_set_read(past_t *past, store_txn_t *txn, period_t period, uint64_t most, release_set_t *out) NODISCARD;
void release_set_fini(release_set_t *set);
