/* All filings of the outbox in one state, without holding more than a page of them. */
#pragma once

#include "dealer-agent/outbox.h"

typedef status_t (*outbox_visit_t)(void *context, const filing_t *filing);

/* Calls `visit` with each filing of that state, in order of number, as outbox_get_head gives it; it is gone when
 * `visit` returns, which may change the outbox. Ends with the first failure of `visit`, or of the outbox as
 * outbox_list. */
status_t outbox_each(outbox_t *outbox, filing_state_t state, outbox_visit_t visit, void *context) NODISCARD;
