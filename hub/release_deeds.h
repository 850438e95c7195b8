/* Releases are made (SPEC 4.3): by order, at a month's closing, and on set days after its end. Writer thread only. */
#pragma once

#include "hub/hub.h"

/* What came of making one. */
typedef struct {
    uint32_t release; /* its number; 0: there is nothing to release, *waiting tells what waits */
    uint64_t time_ms;
    uint32_t taken;
    const char **waiting; /* dealers, by code; of the arena */
    size_t waiting_count;
} release_made_t;

/* Makes the month's next release of what `txn` sees and enters it in the log, without committing. STATUS_LIMIT where
 * the month has RELEASES_MAX already. */
status_t release_make(hub_t *hub, store_txn_t *txn, world_t *world, period_t period, arena_t *arena,
                      release_made_t *out) NODISCARD;

/* What is due by the clock: the releases of last month that its settings ask for. *tried remembers between calls for
 * which day it was done; what failed is tried again at the next call. */
status_t release_tick(hub_t *hub, uint32_t *tried) NODISCARD;
