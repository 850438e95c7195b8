/* The releases that questions ask for, kept with all that was worked out of them for whoever asked before
 * (core/release.h), so that a question of another dealer costs no read of the store and little else. Any thread. */
#pragma once

#include "hub/release_set.h"

typedef struct release_sets release_sets_t;

/* `bytes_max`: sets beyond it are dropped, least recently used first; months that `past` keeps too are counted by both.
 * NULL when out of memory. Both are borrowed. */
release_sets_t *release_sets_create(store_t *store, past_t *past, size_t bytes_max);
void release_sets_destroy(release_sets_t **sets);

/* The first `count` releases of a month; the set may hold later ones. */
typedef struct {
    const release_set_t *set; /* NULL where count is 0 */
    size_t count;
    uint64_t time_ms; /* of the last of these */
    struct kept_set *kept;
} release_hold_t;

/* Those up to the event `most` (UINT64_MAX = all): none that was acknowledged before is missing. The caller ends it
 * with release_hold_end, which is fit for CLEANUP on a zeroed one. */
status_t release_sets_get(release_sets_t *sets, period_t period, uint64_t most, release_hold_t *out) NODISCARD;
void release_hold_end(release_hold_t *hold);
