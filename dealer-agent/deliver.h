/* From the outbox to the hub: one process of a home delivers at a time (dealer-agent/deliver_lock.h). */
#pragma once

#include "client/receipts.h"
#include "client/session.h"
#include "dealer-agent/outbox.h"
#include "dealer-agent/stores.h"

/* Reads the home anew (an address that was changed is taken up), connects, and asks the hub who this key is: pins its
 * signing key, keeps the stores, takes the catalog where it changed. Notes in the outbox that the hub answered, or why
 * it did not. On failure the connection is closed and session->faults has a line; STATUS_INVALID and
 * session->is_misused where the home is at fault. */
status_t deliver_reach(session_t *session, outbox_t *outbox, stores_t *out_stores) NODISCARD;

/* What became of the filings of one delivery. */
typedef struct {
    uint64_t *numbers; /* of those that were delivered or put aside, in order of settling; allocated */
    size_t count, room;
    size_t delivered, aside;
    faults_t stuck; /* why some still wait, a line for each kind */
} delivery_t;
void delivery_fini(delivery_t *delivery);

/* Sends again what the hub may have lost (dealer-agent/witness.h), then delivers what waits, in order of number; of one
 * store one at a time, the next only after its receipt, so that months arrive in their order. With the lock held, and a
 * session that deliver_reach made ready. A receipt is stored only where digest and signature bear out what was filed.
 * What cannot heal (the hub refuses it, or its catalog lacks a fact) is put aside; what may is left waiting, and with
 * it what the same store filed later: `stuck` says why. Other than STATUS_OK: the exchange ended early, with a line in
 * session->faults. Why filings wait is noted in the outbox. */
status_t deliver_run(session_t *session, outbox_t *outbox, delivery_t *delivery) NODISCARD;
