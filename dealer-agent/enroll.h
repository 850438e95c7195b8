/* The command `enroll`: makes the home with its key pair, and has the hub admit the key with a one-time token. */
#pragma once

#include "client/session.h"

/* A token that cannot be one is said so before anything is made or opened. */
status_t enroll_check(session_t *session) NODISCARD;

/* The home of `--home` is made with a new key pair, or taken where it is one of the token's hub; only the public key
 * leaves it, by the connection's handshake. A connection that is cut or closed is tried again, with growing pauses,
 * until --timeout; the hub answers the same key with the same token as the first time. Afterwards the home holds the
 * stores (stores.txt). */
status_t enroll_run(session_t *session) NODISCARD;
