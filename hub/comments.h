/* What dealers say about their own submissions: entries of the log under "comment/DEALER/YYYYMM" (EVENT_COMMENT; flag:
 * it is about a check, not a row), each about one revision and never changed. */
#pragma once

#include "hub/administration_internal.h"

#include "core/limits.h"

/* All comments on a dealer's month, the oldest first, whatever revision they are about; at most COMMENTS_MAX. */
status_t comments_list(store_txn_t *txn, const char *dealer, period_t period, arena_t *arena,
                       stored_event_t out[COMMENTS_MAX], size_t *out_count) NODISCARD;

/* The newest one on that row (or check) of that revision; NULL where there is none. */
const stored_event_t *comments_find(const stored_event_t *comments, size_t count, uint32_t revision, bool is_check,
                                    const char *name);

/* The request `comment`: a dealer's, about the current revision of its own store. Writer thread only. */
status_t comments_add(change_t *change) NODISCARD;
