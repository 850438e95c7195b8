/* The outbox's records: filings, what their states add to them, and the notes, as its tables hold them. Each function
 * works in the caller's transaction; STATUS_NOT_FOUND where a record is missing. */
#pragma once

#include "dealer-agent/outbox.h"
#include "dealer-agent/outbox_table.h"
#include "proto/outbox_values.h"

/* The table that holds the filings of a state. */
extern const outbox_table_t outbox_state_tables[FILING_STATE_COUNT];

/* A filing without its state. `with_facts` false: facts and consultants left out (counts 0). */
status_t outbox_record_filing(outbox_txn_t *txn, uint64_t number, bool with_facts, arena_t *arena,
                              filing_t *out) NODISCARD;

/* What its state adds to a filing; STATUS_NOT_FOUND where it is not in that state. */
status_t outbox_record_state(outbox_txn_t *txn, filing_state_t state, arena_t *arena, filing_t *out) NODISCARD;

/* Number of the newest filing of a month that is not aside. */
status_t outbox_record_latest(outbox_txn_t *txn, const char *dealer, period_t period, uint64_t *out) NODISCARD;

/* A filing, texts as outbox_add says; neither its state nor its month. */
status_t outbox_record_put_filing(outbox_txn_t *txn, const filing_t *filing) NODISCARD;

/* A filing's entry in `months`: whether it is there follows whether it is aside. */
status_t outbox_record_put_month(outbox_txn_t *txn, const filing_t *filing, bool is_aside) NODISCARD;

status_t outbox_record_put_waiting(outbox_txn_t *txn, uint64_t number) NODISCARD;
status_t outbox_record_put_receipt(outbox_txn_t *txn, uint64_t number, const outbox_receipt_t *receipt) NODISCARD;
status_t outbox_record_put_aside(outbox_txn_t *txn, uint64_t number, const outbox_aside_t *aside) NODISCARD;

/* Empty ones where there are none yet. */
status_t outbox_record_notes(outbox_txn_t *txn, arena_t *arena, outbox_notes_t *out) NODISCARD;
status_t outbox_record_put_notes(outbox_txn_t *txn, const outbox_notes_t *notes) NODISCARD;
/* Whose receipt came last. */
status_t outbox_record_note_delivered(outbox_txn_t *txn, uint64_t number) NODISCARD;

status_t outbox_record_witness(outbox_txn_t *txn, arena_t *arena, outbox_witness_t *out) NODISCARD;
status_t outbox_record_put_witness(outbox_txn_t *txn, const outbox_witness_t *witness) NODISCARD;

/* Number of the first filing with the same id: of one that was filed again the one that it repeats, else its own. */
status_t outbox_record_origin(outbox_txn_t *txn, const filing_t *filing, uint64_t *out) NODISCARD;

/* Number of the newest filing of the month that is not aside, where that is newer than `filing`; else 0. */
status_t outbox_record_newer(outbox_txn_t *txn, const filing_t *filing, uint64_t *out) NODISCARD;

/* What is stored of a receipt that is taken now. */
outbox_receipt_t outbox_receipt_now(const receipt_t *receipt, const uint8_t hub_key[KEY_SIZE],
                                    const uint8_t signing_key[SIGNING_KEY_SIZE]);

/* Takes a filing out of its state; the caller puts it into another. */
status_t outbox_record_leave(outbox_txn_t *txn, filing_state_t state, uint64_t number) NODISCARD;

/* Forgets one that is aside. */
status_t outbox_record_drop(outbox_txn_t *txn, uint64_t number) NODISCARD;

/* Those aside that a receipt for `newer` takes the place of: as old or older, of its store and month. */
status_t outbox_record_drop_superseded(outbox_txn_t *txn, const filing_t *newer) NODISCARD;

/* A copy of at most `most` bytes, cut between characters; whatever is not clean becomes '?'. NULL: out of memory. */
char *outbox_clean_copy(arena_t *arena, const char *text, size_t most);
