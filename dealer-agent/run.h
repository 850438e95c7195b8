/* `yardstick-agent run`: the daemon. It watches the inbox and the outbox's bell, keeps timers, and starts short-lived
 * children of its own program, at most one of each kind at a time:
 *   take     a whole file of the inbox
 *   deliver  at the start, when the bell rings or home.txt changes, and after a failure (dealer-agent/errand.h)
 *   report   after each deliver: what the hub refused, and the list of receipts
 *   results  after each deliver that reached the hub, and every --refresh
 * It holds no connection, reads no file of facts and no outbox, and waits for no child. One thread. */
#pragma once

#include "client/session.h"

/* Wrong usage that the table of commands cannot see. */
status_t run_daemon_check(session_t *session) NODISCARD;

/* Runs until SIGTERM or SIGINT; SIGHUP: try now whatever waits. STATUS_OK when it was told to end and every child has
 * ended; STATUS_CONFLICT where a daemon holds the home already; STATUS_IO where it cannot begin; each with its words.
 */
status_t run_daemon(session_t *session) NODISCARD;
