/* Each agent is a witness of its hub's log. It keeps the newest entry that it heard (number and hash), asks at each
 * delivery whether that still stands, and files again what the hub has lost: after a restored backup or snapshot the
 * log has another history than the one that acknowledged our filings.
 *
 *   the entry stands    what has a receipt of a later revision than the entry tells of (a delivery was cut off before
 *                       the entry was asked for) is sent again;
 *   it does not, or     the newest filing of each month is sent again.
 *   none is known       where that was late and corrects one that was in time, that one before it, so that the
 *                       month does not become late.
 *
 * Sent again is the same submission with its old id and with its first receipt: a hub that still has it
 * answers as the first time, which changes nothing there and leaves nothing here; one that has it no more takes it in
 * the order in which it was filed at first, so that it undoes nothing that headquarters or another agent of the store
 * filed since. The new receipt stands beside the earlier one (dealer-agent/outbox_witness.h). Only filings that this
 * very hub (by its CURVE key) acknowledged are sent, of stores that the key still has. The new entry is kept once all
 * of it is settled, so whatever cuts this off only repeats it.
 *
 * A hub that does not know the question is left alone. */
#pragma once

#include "client/session.h"
#include "dealer-agent/outbox_witness.h"

typedef struct {
    filing_t filing;  /* as it was acknowledged at first, without its facts */
    receipt_t latest; /* what the hub answered last */
    bool is_replaced; /* by the newest of its month, and before it only to show that the store was in time */
} refiling_t;

typedef struct {
    bool is_answered; /* else there is nothing to do */
    bool is_kept;     /* the entry that was kept stands; else all is sent again */
    uint8_t hub_key[KEY_SIZE];
    witnessed_t head;         /* as heard first */
    outbox_witness_t witness; /* as kept */
    uint64_t *left;           /* filings that stay as they are, `left_count` of them */
    size_t left_count, left_room;
    arena_t *arena; /* the caller's */
} witness_t;

/* Asks the hub, and notes in the outbox where its log is another one. What *out holds comes from `arena`. Failures are
 * those of the exchange and of the outbox, with a line in session->faults. */
status_t witness_ask(session_t *session, outbox_t *outbox, arena_t *arena, witness_t *out) NODISCARD;

/* What is to be sent again, by number. */
status_t witness_list(session_t *session, outbox_t *outbox, witness_t *witness, refiling_t **out,
                      size_t *out_count) NODISCARD;

/* The newest of each store and month of `count` delivered filings, whose pointers are put in another order (those with
 * the same id are one), where the receipt is this hub's, and of a later revision than `sequence`; and what it replaced
 * where only that was in time; by number. Pure.
 * `out`: room for `count`; returns how many. */
size_t witness_select(const filing_t **filings, size_t count, const uint8_t hub_key[KEY_SIZE], uint64_t sequence,
                      refiling_t *out) NODISCARD;

/* Whether a receipt says that nothing was lost: it is the one that we have. */
bool witness_is_same(const receipt_t *have, const receipt_t *receipt);

/* A filing stays as it is, though the log does not tell of it: the hub refused it. */
status_t witness_leave(witness_t *witness, uint64_t number) NODISCARD;

/* Keeps the entry once everything was settled. `has_sent`: something was sent since the first question, so the hub is
 * asked once more. */
status_t witness_keep(session_t *session, outbox_t *outbox, witness_t *witness, bool has_sent) NODISCARD;

#define WITNESS_WORDS_SIZE 800

/* What happened to the hub's log, and what it had lost, in a sentence; "" where nothing did. Times are local. */
void witness_words(const outbox_witness_t *witness, language_t language, char out[WITNESS_WORDS_SIZE]);

/* Whether that is over, and was not told yet. */
bool witness_is_news(const outbox_witness_t *witness);

/* For who only reads: asks, and where something is to be sent again rings the outbox's bell. Nothing where another
 * process delivers, which asks by itself. Failures as witness_ask. */
status_t witness_look(session_t *session, outbox_t *outbox) NODISCARD;
