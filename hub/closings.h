/* Which months are closed, and which exceptions headquarters granted (SPEC 5), in memory as the log tells it: what a
 * submission costs is a look into a table, no read of the store. The writer thread's alone once it is loaded. */
#pragma once

#include "hub/store.h"

typedef struct closings closings_t;

/* All months open. NULL when out of memory. */
closings_t *closings_create(void);
void closings_destroy(closings_t **closings);

/* Takes over what the log says, at `now_ms`. Called once, on a new one. */
status_t closings_load(closings_t *closings, store_txn_t *txn, uint64_t now_ms) NODISCARD;

/* When the month was closed; 0 where it is open. */
uint64_t closings_closed_ms(const closings_t *closings, period_t period);

/* Until when the dealer may file that closed month all the same; 0 where it was granted nothing since the closing (or
 * it was taken back). It may be over. */
uint64_t closings_allowed_until(const closings_t *closings, const char *dealer, period_t period);

/* Closing and reopening both end the month's exceptions. After the commit of the deed; none can fail. */
void closings_close(closings_t *closings, period_t period, uint64_t time_ms);
void closings_reopen(closings_t *closings, period_t period);

/* Makes room for one more exception, before the commit; those that ended before `now_ms` make room first. STATUS_LIMIT
 * where GRANTS_MAX are open; STATUS_NO_MEMORY. */
status_t closings_reserve(closings_t *closings, uint64_t now_ms) NODISCARD;

/* After the commit: an exception until `until_ms` in place of an earlier one; 0 takes it back. There must be room for
 * one more. */
void closings_allow(closings_t *closings, const char *dealer, period_t period, uint64_t until_ms);
