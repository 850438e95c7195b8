/* Files of facts from the command line: read, checked, and (by headquarters, which has no outbox) sent at once. */
#pragma once

#include "client/facts_file.h"
#include "client/session.h"

/* Reads the files of the command line (its arguments, and --consultants) into `set` and checks them against the
 * session's catalog; --year and --zeros say how. Every fault of every file is in session->faults, errors of the
 * catalog's checks too; warnings, also of months that have not begun, go to `warnings`, what was left out to `notes`,
 * all in the session's language. `dealers` as in facts_set_read; `filed_before` may be NULL. STATUS_INVALID where there
 * is a fault. */
status_t filing_read(session_t *session, const char *const *dealers, size_t dealer_count,
                     const filed_before_t *filed_before, facts_set_t *set, faults_t *warnings,
                     faults_t *notes) NODISCARD;

/* The month that it is by this machine's clock and time zone. */
period_t filing_this_month(void);

/* Submits every month of the set and prints the receipts (client/receipts.h). Each has a submission id of its own,
 * which a repetition after a lost connection keeps. STATUS_INVALID where the hub refused one: the line of each is in
 * session->faults, with its place in the file. */
status_t filing_send(session_t *session, const facts_set_t *set, bool is_brief) NODISCARD;

/* Prints what is no fault, one line each: "KIND: FILE:LINE: …", on standard error behind the program's name. */
void filing_print_notes(const session_t *session, const char *kind, const faults_t *notes, FILE *out);
