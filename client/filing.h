/* Sends months of facts to the hub, pipelined, and withdraws them. */
#pragma once

#include "client/facts_file.h"
#include "client/session.h"

/* Reads the files of the command line (its arguments, and --consultants) into `set` and checks them against the
 * session's catalog; --year and --zeros say how. Every fault of every file is in session->faults, errors of the
 * catalog's checks too; warnings go to `warnings`, both in the session's language; notes about files without faults to
 * standard error. `dealers` as in facts_set_read. STATUS_INVALID where there is a fault. */
status_t filing_read(session_t *session, const char *const *dealers, size_t dealer_count, facts_set_t *set,
                     faults_t *warnings) NODISCARD;

/* Submits every month of the set and prints the receipts (client/receipts.h). Each has a submission id of its own,
 * which a repetition after a lost connection keeps. STATUS_INVALID where the hub refused one: the line of each is in
 * session->faults, with its place in the file. */
status_t filing_send(session_t *session, const facts_set_t *set, bool is_brief) NODISCARD;

/* Withdraws one month and prints the receipt. */
status_t filing_withdraw(session_t *session, const char *dealer, period_t period, const char *why) NODISCARD;
