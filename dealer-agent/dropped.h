/* What files say no more of months that were filed from here before: a submission replaces its month whole, and a
 * column that was left out would go unseen. */
#pragma once

#include "client/facts_file.h"
#include "dealer-agent/outbox.h"

/* Warns of each month of the set of which the newest filing holds facts of the store, consultants, or facts of
 * consultants that its files leave out though they speak of the store, or of consultants; what the catalog does not
 * count any more is not missed. Failures are the outbox's, or STATUS_NO_MEMORY. */
status_t dropped_warn(outbox_t *outbox, const facts_set_t *set, const catalog_t *catalog, language_t language,
                      faults_t *warnings) NODISCARD;
