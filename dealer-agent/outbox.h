/* The outbox: every filing that this agent took over, from acceptance to the hub's receipt and for good after it
 * (SPEC 7). LMDB in HOME/outbox, default durability: what a function added or moved is on disk when it returns.
 *
 * A filing is waiting, then delivered (its receipt is stored) or aside (the hub refused it for good; a person decides,
 * or a newer filing of the month that the hub takes).
 * It changes from one to the other in one transaction. Delivered ones are kept: they are what receipts are proved with.
 * What was filed again because the hub had lost it is a filing of its own with the same id (outbox_witness.h).
 *
 * Several processes may have one open at a time; each opens it once, and not before a fork whose child goes on with it.
 * One thread. Transactions are short, and what is read is copied out.
 *
 * Beside LMDB's files: FORMAT ("yardstick-outbox 1\n", written last when an outbox is made), write.lock (flock: one
 * writer, or one who checks the file), bell (opened for writing and closed by whoever adds or retries: IN_CLOSE_WRITE
 * for a watcher), deliver.lock (dealer-agent/deliver.h).
 *
 * Damage is found when the outbox is opened (every page) and when a record is read (its checksum): STATUS_DAMAGED. A
 * full disk or map is STATUS_STORE_FULL: nothing was changed, and the same call succeeds when there is room again.
 * Where another process writes for longer than OUTBOX_LOCK_WAIT_MS (outbox_files.h), opening and whatever changes
 * something give STATUS_BUSY, likewise without a change. Other failures: STATUS_NOT_FOUND as said below,
 * STATUS_NO_MEMORY, STATUS_IO, STATUS_NEWER_FORMAT. */
#pragma once

#include "core/arena.h"
#include "proto/message.h"

typedef struct outbox outbox_t;

typedef enum { FILING_WAITING, FILING_DELIVERED, FILING_ASIDE, FILING_STATE_COUNT } filing_state_t;
/* "waiting", "delivered", "aside". */
extern const char *const filing_state_names[FILING_STATE_COUNT];

/* A month's facts, or its withdrawal, as it was taken over. */
typedef struct {
    uint64_t number; /* from 1, in the order of acceptance, never reused */
    filing_state_t state;
    uint8_t id[SUBMISSION_ID_SIZE]; /* as the hub knows it; the same however often it is sent */
    const char *dealer;
    period_t period;
    bool is_withdrawal;
    const char *why;    /* of a withdrawal; else "" */
    const char *source; /* the file that it came from; "" = none */
    uint32_t line;      /* in it, with the column, as filed_month_t; 0 = none */
    uint32_t column;
    uint64_t time_ms; /* taken over, by this machine's clock */
    named_facts_t facts;

    /* FILING_DELIVERED */
    receipt_t receipt;
    uint8_t hub_key[KEY_SIZE];             /* the hub's, with which the receipt was taken; */
    uint8_t signing_key[SIGNING_KEY_SIZE]; /* zeros where the receipt is not signed */

    /* FILING_ASIDE */
    status_t refused;   /* the hub's status, or INVALID where it cannot even be sent */
    const char *reason; /* in words; may have several lines */

    uint64_t settled_ms; /* delivered or put aside, by this machine's clock; 0 while it waits */
} filing_t;

/* Whether the home has an outbox. */
bool outbox_exists(const char *home_directory);

/* Opens HOME/outbox, made where missing. On failure `faults` says what, where and what to do. *out only on success. */
status_t outbox_open(const char *home_directory, outbox_t **out, faults_t *faults) NODISCARD;
void outbox_close(outbox_t **outbox);

/* Says a failure of the functions below in words: what, where and what to do. Returns `status`. */
status_t outbox_explain(const outbox_t *outbox, status_t status, faults_t *faults) NODISCARD;

/* Adds filings, all or none; sets number, id, time and state of each; rings the bell. Of `source` and `why` bytes that
 * are no clean UTF-8 become '?', and what is over TEXT_LENGTH_MAX is cut. STATUS_INVALID: a dealer that is no code, a
 * period that is none, a fact twice, or more facts or consultants than core/limits.h allows. */
status_t outbox_add(outbox_t *outbox, filing_t *filings, size_t count) NODISCARD;

/* One filing in whatever state; STATUS_NOT_FOUND. All memory from `arena`. */
status_t outbox_get(outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out) NODISCARD;

/* The same without facts and consultants (counts 0); and its state alone. */
status_t outbox_get_head(outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out) NODISCARD;
status_t outbox_read_state(outbox_t *outbox, uint64_t number, filing_state_t *out) NODISCARD;

/* The newest filing of a store's month that is not aside (it may be a withdrawal); STATUS_NOT_FOUND. */
status_t outbox_find_latest(outbox_t *outbox, const char *dealer, period_t period, arena_t *arena,
                            filing_t *out) NODISCARD;

/* Number of the newest filing of the month that is not aside, where that is newer than `filing` (what was filed again
 * is as old as what it repeats); 0 = there is none. */
status_t outbox_find_newer(outbox_t *outbox, const filing_t *filing, uint64_t *out) NODISCARD;

/* Filings of a state in order of number, beginning behind `after`, at most `most`. As outbox_get_head
 * gives them. */
status_t outbox_list(outbox_t *outbox, filing_state_t state, uint64_t after, size_t most, arena_t *arena,
                     filing_t **out, size_t *out_count) NODISCARD;

/* A receipt, and the number of the filing that it is for. */
typedef struct {
    uint64_t number;
    receipt_t receipt;
} filing_receipt_t;

/* WAITING -> DELIVERED, all or none of them, in one transaction. STATUS_NOT_FOUND where one does not wait. A receipt
 * also forgets those of the same store and month that are aside and older: the hub now has what was to correct them. */
status_t outbox_put_receipts(outbox_t *outbox, const filing_receipt_t *receipts, size_t count,
                             const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE]) NODISCARD;

/* WAITING -> ASIDE (of `reason` bytes that are no clean UTF-8 become '?', and what is over OUTBOX_REASON_MAX is cut).
 * STATUS_NOT_FOUND where it does not wait. */
status_t outbox_put_aside(outbox_t *outbox, uint64_t number, status_t refused, const char *reason) NODISCARD;

/* ASIDE -> WAITING with its old number and id; rings the bell. STATUS_NOT_FOUND where it is not aside; STATUS_CONFLICT
 * where a newer filing of the same month waits or is delivered, which it would undo. */
status_t outbox_retry(outbox_t *outbox, uint64_t number) NODISCARD;

/* Forgets a filing that is aside. STATUS_NOT_FOUND where none is. */
status_t outbox_drop(outbox_t *outbox, uint64_t number) NODISCARD;

#define OUTBOX_REASON_MAX 8000 /* bytes */
#define OUTBOX_ERROR_SIZE 500  /* with NUL */

typedef struct {
    uint64_t waiting, delivered, aside;
    uint64_t oldest_waiting_ms;         /* when the first of those that wait was taken over; 0 = none waits */
    uint64_t last_delivered;            /* number of the filing whose receipt came last; 0 = none */
    uint64_t last_contact_ms;           /* the hub answered; 0 = never */
    uint64_t unreached_since_ms;        /* the first try since then that did not reach it; 0 = none failed */
    char last_error[OUTBOX_ERROR_SIZE]; /* of a delivery, in words of its language; "" = none since the last good one */
    uint64_t last_error_ms;
    uint64_t changes; /* grows with every transaction */
} outbox_status_t;

status_t outbox_read_status(outbox_t *outbox, outbox_status_t *out) NODISCARD;

/* The hub answered: no longer unreached. */
status_t outbox_note_contact(outbox_t *outbox) NODISCARD;

/* A delivery failed, in words (cut to fit); `is_unreached`: the hub gave no answer at all. "" forgets the last error.
 */
status_t outbox_note_error(outbox_t *outbox, bool is_unreached, const char *words) NODISCARD;
