/* The commands `submit`, `withdraw` and `check` (SPEC 6). What is filed goes into the outbox, and from there to the
 * hub. */
#pragma once

#include "client/session.h"

/* Reads and checks files, puts what they change into the outbox, delivers it or waits for whoever is at it, and prints
 * the receipts. Without a line to the hub: offline, with the catalog and stores as last seen; what waits is
 * STATUS_TIMED_OUT. With --no-wait it ends when it is in the outbox. */
status_t submit_command(session_t *session) NODISCARD;

/* The same for the withdrawal of one month. */
status_t withdraw_command(session_t *session) NODISCARD;
status_t withdraw_check(session_t *session) NODISCARD;

/* Reads and checks files against the catalog, the stores and the months before that this home knows. Sends and keeps
 * nothing. */
status_t check_command(session_t *session) NODISCARD;
