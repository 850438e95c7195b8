/* One delivery under way, and what becomes of each answer of the hub: a receipt stored, a refusal put aside, a store
 * whose filings wait. */
#pragma once

#include "dealer-agent/deliver.h"
#include "dealer-agent/witness.h"

#define WAVE 16 /* of as many stores, in flight at a time: each is in memory with all its consultants */

typedef struct {
    filing_t filing;
    request_t request;
    unsigned catalog_changes;
    bool is_settled;
    const refiling_t *again; /* NULL: it waits; else it was delivered once, and may be lost */
} parcel_t;

typedef struct {
    session_t *session;
    outbox_t *outbox;
    delivery_t *delivery;
    bool is_pinned;
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE];
    arena_t *arena; /* names of the stores that are blocked, and what the witness knows */
    const char **blocked;
    size_t blocked_count, blocked_room;
    parcel_t *wave[WAVE];
    filing_receipt_t receipts[WAVE]; /* receipts that came for the wave and are not stored yet, */
    arena_t *answers[WAVE];          /* and their memory */
    size_t receipt_count;
    bool has_new_catalog; /* the hub said so */
    witness_t witness;
    bool has_sent;
} courier_t;

void courier_fini(courier_t *courier);

/* Says a failure of the outbox in session->faults; returns `status`. */
status_t courier_explain(courier_t *courier, status_t status) NODISCARD;

/* Whether something of that store waits, so that what it filed later waits too. */
bool courier_is_blocked(const courier_t *courier, const char *dealer);

/* What cannot heal: aside, for a person. Settles the parcel. */
status_t courier_put_aside(courier_t *courier, parcel_t *parcel, status_t refused, const char *reason) NODISCARD;

/* The hub's answer to a parcel of the wave. A receipt is kept, with its memory (*arena, then NULL), until the wave is
 * over; that of what was sent again is stored at once. */
status_t courier_take(courier_t *courier, parcel_t *parcel, const response_t *response, arena_t **arena) NODISCARD;

/* Stores the receipts of a wave with one sync of the disk, and forgets them whether that worked or not: the hub is only
 * asked again. */
status_t courier_store_receipts(courier_t *courier) NODISCARD;
