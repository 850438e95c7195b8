/* Which results are asked for. */
#pragma once

#include "dealer-agent/outbox.h"
#include "dealer-agent/stores.h"

typedef struct {
    const char *dealer;
    period_t period;
} results_month_t;

typedef struct {
    const char *dealer;
    int year;
} results_year_t;

/* Each store with each month, in order of code and month, each once. STATUS_LIMIT with more than RESULTS_MONTHS_MAX;
 * STATUS_NO_MEMORY. The codes are borrowed. */
status_t results_months_cross(const char *const *dealers, size_t dealer_count, const period_t *periods,
                              size_t period_count, arena_t *arena, results_month_t **out, size_t *out_count) NODISCARD;

/* The months that were delivered, of `dealer`, NULL: of each store; in that order too. Those that were withdrawn since
 * are among them: what lies on the desk of such a month is no longer so. The newest RESULTS_RECENT_MONTHS of each
 * store, and older ones that were delivered at `since_ms` (this machine's clock) or later (0 = all), or of which
 * `folder` has no workbook. STATUS_LIMIT where more than `most` were delivered, whatever is chosen of them; else as
 * outbox_list. */
status_t results_delivered(outbox_t *outbox, const char *dealer, uint64_t since_ms, const char *folder, size_t most,
                           arena_t *arena, results_month_t **out, size_t *out_count) NODISCARD;

/* The months of the command line: every --period of --dealer, else of each of the key's stores, which it asks the hub
 * for. Without --period those of results_delivered; of stores that the key lost only where --dealer names one, else a
 * line on standard output says that they are left out. */
status_t results_months(session_t *session, stores_t *stores, uint64_t since_ms, const char *folder, arena_t *arena,
                        results_month_t **out, size_t *out_count) NODISCARD;

/* The years that the months touch, in their order, each once for a store. `months` as results_months gives them. */
status_t results_years(const results_month_t *months, size_t count, arena_t *arena, results_year_t **out,
                       size_t *out_count) NODISCARD;
