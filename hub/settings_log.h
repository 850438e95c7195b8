/* The settings that decide figures, as the log keeps them (EVENT_SETTINGS), so that a figure of a past moment is
 * computed by the rules of that moment. This is the one place that says how such an event is laid out: its `name` is
 * the time zone, its `numbers` are those of settings_number_t in that order, its `text` says them all by their names.
 * New ones are added at the end; an event that is shorter was entered by an earlier version, which had no such setting.
 */
#pragma once

#include "hub/settings.h"
#include "hub/store.h"

#define SETTINGS_SUBJECT "settings"

typedef enum {
    SETTINGS_SHARE_NUMERATOR, /* benchmark_share, as benchmark_rule_t holds it */
    SETTINGS_SHARE_DENOMINATOR,
    SETTINGS_LEAST_STORES,
    SETTINGS_LEAST_ELIGIBLE,
    SETTINGS_DUE_DAY,
    SETTINGS_NUMBER_COUNT
} settings_number_t;

/* Enters those of `settings` where they are others than the newest event's; a hub does so at each start. */
status_t settings_enter(store_txn_t *txn, const settings_t *settings, bool *out_entered) NODISCARD;

/* The benchmark rule as it was at an event of the log (UINT64_MAX: as it is). Before the first entry (a store of an
 * earlier format kept none): that of the first entry, and without any the default. */
status_t settings_benchmark_at(store_txn_t *txn, uint64_t event, benchmark_rule_t *out) NODISCARD;
