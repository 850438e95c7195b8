/* What a file changes: from months that were read to filings for the outbox. */
#pragma once

#include "client/facts_file.h"
#include "dealer-agent/outbox.h"

typedef struct {
    filing_t *filings; /* to be added: by dealer, then period */
    size_t count;
    filing_t *unchanged; /* the newest filings of the months that were left out: they hold the same (as outbox_get) */
    size_t unchanged_count;
} composition_t;

/* Turns a set of months that was read into filings: each month's facts, and its consultants. A month whose files say
 * nothing of consultants keeps those of the newest filing of that month; one whose files hold only lines of consultants
 * keeps that filing's facts. What equals the newest filing of its month is left out, unless another hub than that of
 * `hub_key` (as in home_t) took it; NULL: nothing is left out. Strings and facts are the set's, the catalog's and the
 * arena's.
 *
 * STATUS_INVALID, with a fault by file and line for each, where a month would not fit into a request
 * (REQUEST_SIZE_MAX); other failures are the outbox's, with a fault too. */
status_t compose_filings(outbox_t *outbox, const facts_set_t *set, const catalog_t *catalog, const char *hub_key,
                         arena_t *arena, composition_t *out, faults_t *faults) NODISCARD;

/* What was filed before, from the outbox, for readers and checks of files (client/facts_file.h). */
typedef struct {
    outbox_t *outbox;
    const catalog_t *catalog;
    status_t failure; /* the first of the outbox's; OK = none */
} compose_before_t;
filed_before_t compose_before(compose_before_t *context);
