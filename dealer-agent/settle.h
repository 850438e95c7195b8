/* Waiting until filings are settled, for the commands that a person waits at; and what became of them, on paper. */
#pragma once

#include "client/receipts.h"
#include "dealer-agent/deliver.h"

/* Delivers what waits, on the session's connection where it has one (else after deliver_reach). Where another process
 * is at it, waits until that one has settled all of `numbers` (count 0: until it ends, then delivers too), or has made
 * no progress for --timeout. As deliver_run. */
status_t settle(session_t *session, outbox_t *outbox, const uint64_t *numbers, size_t count,
                delivery_t *delivery) NODISCARD;

/* What became of a filing, as a receipt's line. Strings are the filing's. */
receipt_line_t settle_line(const filing_t *filing);

/* The same of many, read from the outbox; strings come from `arena`. What was refused adds its lines to
 * session->faults, with its place in the file. */
status_t settle_read_lines(session_t *session, outbox_t *outbox, const uint64_t *numbers, size_t count, arena_t *arena,
                           receipt_line_t *out) NODISCARD;

/* How a command ends after its lines were printed: STATUS_INVALID where one was refused (settle_read_lines has said
 * why), STATUS_TIMED_OUT, in words with `why` (NULL: none), where one waits; else STATUS_OK. */
status_t settle_conclude(session_t *session, const receipt_line_t *lines, size_t count, const char *why) NODISCARD;
