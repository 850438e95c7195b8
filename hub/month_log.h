/* What the log tells of a month's life (SPEC 5), for questions about it. */
#pragma once

#include "hub/store.h"

/* The month's last closing, whatever came after it. STATUS_NOT_FOUND: it was never closed. Memory from `arena`. */
status_t month_log_closing(store_txn_t *txn, period_t period, arena_t *arena, stored_event_t *out) NODISCARD;

/* The exception that an EVENT_ALLOW granted, with who granted it; borrows the event's texts. */
exception_t month_log_exception(const stored_event_t *event);

/* The exception under which a revision (its sequence) of a closed month was filed. STATUS_NOT_FOUND: the month was open
 * then. Memory from `arena`. */
status_t month_log_exception_of(store_txn_t *txn, const char *dealer, period_t period, uint64_t sequence,
                                arena_t *arena, exception_t *out) NODISCARD;

/* All exceptions that hold at `now_ms` for closed months from `first` to `last`, in the order of dealers, then months.
 * Arrays from `arena`. */
typedef struct {
    exception_t exception;
    period_t period;
} month_exception_t;
status_t month_log_list_exceptions(store_txn_t *txn, period_t first, period_t last, uint64_t now_ms, arena_t *arena,
                                   month_exception_t **out, size_t *out_count) NODISCARD;
