/* What the hub answered to submissions and withdrawals, on paper. */
#pragma once

#include "client/session.h"

typedef struct {
    const char *dealer;
    period_t period;
    uint64_t number; /* in the agent's outbox; 0 = none */
    bool is_waiting; /* there; else without an answer, where it has none */
    bool is_answered;
    status_t status;    /* OK, or why it was refused */
    const char *reason; /* of a refusal */
    receipt_t receipt;  /* where the status is OK */
} receipt_line_t;

typedef struct {
    size_t accepted, unchanged, withdrawn, refused, waiting, unanswered, warned;
} receipt_counts_t;

/* Takes an answer into a line; strings are copied to `arena`. STATUS_NO_MEMORY; STATUS_MALFORMED where the answer is no
 * receipt. */
status_t receipt_take(receipt_line_t *line, const response_t *response, arena_t *arena) NODISCARD;

receipt_counts_t receipts_count(const receipt_line_t *lines, size_t count);

/* Prints them in the session's format, with a closing line of counts. `is_brief`: a table shows only what was refused,
 * has no answer or carries warnings. */
status_t receipts_print(const session_t *session, const receipt_line_t *lines, size_t count, bool is_brief) NODISCARD;
