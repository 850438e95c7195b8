/* The releases of a month, read from the log and made ready for core/disclosure.h. */
#pragma once

#include "hub/past.h"

#include "core/release.h"

typedef struct {
    uint64_t event, time_ms;
} release_event_t;

typedef struct release_set {
    releases_t releases;
    release_event_t events[RELEASES_MAX];
    month_snapshot_t snapshots[RELEASES_MAX];
    const month_t *months[RELEASES_MAX];
    size_t count;
    uint64_t event, time_ms; /* of the last one */
    world_t *world;          /* network and catalog of all of them; held by the snapshots */
} release_set_t;

/* Those up to the event `most` (UINT64_MAX = all); *out_count 0 where there is none. */
status_t release_events_list(store_txn_t *txn, period_t period, uint64_t most, release_event_t out[RELEASES_MAX],
                             size_t *out_count) NODISCARD;

/* The same with their months, of contributors only: those that `earlier` (NULL: none) holds of them, else from `past`.
 * The rest is made anew each time (hub/release_sets.h keeps it). `out` must be zeroed; release_set_fini is fit for
 * CLEANUP. */
status_t release_set_extend(past_t *past, store_txn_t *txn, period_t period, uint64_t most,
                            const release_set_t *earlier, release_set_t *out) NODISCARD;
status_t release_set_read(past_t *past, store_txn_t *txn, period_t period, uint64_t most, release_set_t *out) NODISCARD;
void release_set_fini(release_set_t *set);

/* Memory that it holds; it grows while questions come. */
size_t release_set_bytes(const release_set_t *set);
