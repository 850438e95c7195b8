/* A month read from the store, and the counted reference that its readers share. */
#pragma once

#include "hub/months.h"

#include <pthread.h>

typedef struct month_share {
    pthread_mutex_t lock; /* over the references */
    pthread_cond_t left;  /* one reference is left */
    unsigned references;
    month_t *month;
    world_t *world;
} month_share_t;

/* One reference, the caller's. Takes the month over, also on failure. NULL when out of memory. */
month_share_t *month_share_make(month_t **month, world_t *world);
/* The last one frees it. Accepts NULL. */
void month_share_release(month_share_t *share);
/* Another reference, as a snapshot. */
month_snapshot_t month_share_snapshot(month_share_t *share);
/* Waits until the caller's reference is the only one, which nobody may copy meanwhile; at most so long. False where
 * there are still others. */
bool month_share_wait_alone(month_share_t *share, unsigned milliseconds);

/* What to read. */
typedef struct {
    period_t period;
    uint64_t sequence;           /* no revision after this one counts */
    const held_revision_t *held; /* of these dealers that revision instead, or nothing; by code */
    size_t held_count;
    const regions_view_t *view; /* NULL: regions as they were in that month */
} month_reading_t;

/* The month, with the month before where the catalog's rows use it (that one without `held`), in the order of the
 * world's catalog and network. */
status_t month_read(store_txn_t *txn, world_t *world, const month_reading_t *reading, month_t **out) NODISCARD;
