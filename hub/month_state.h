/* The life of a month (SPEC 5): open until headquarters closes it, as the log tells. */
#pragma once

#include "hub/store.h"

typedef struct {
    bool is_closed;
    uint64_t event, time_ms; /* of the closing or reopening that made it so; 0 = it was never closed */
} month_state_t;

/* The subject of a month's events: "month/202506"; likewise "release/202506". */
void month_subject(const char *kind, period_t period, char out[STORE_SUBJECT_SIZE]);

/* The month's state as of the event `most` (UINT64_MAX = now). */
status_t month_state_at(store_txn_t *txn, period_t period, uint64_t most, month_state_t *out) NODISCARD;
