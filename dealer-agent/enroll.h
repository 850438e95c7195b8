/* The command `enroll`: makes the home with its key pair, and has the hub admit the key with a one-time token. */
#pragma once

#include "client/session.h"

/* A token that cannot be one is said so before anything is made or opened; on the command line it is overwritten once
 * it is read. The home of `--home` is made with a new key pair, or taken where it is one of the token's hub; only the
 * public key leaves it, by the connection's handshake. A connection that is cut or closed is tried again, with growing
 * pauses, until --timeout (else a minute, a quarter of an hour where a hub is there that has too many at once); the hub
 * answers the same key with the same token as the first time. Afterwards the home holds the stores (stores.txt) and the
 * hub's endpoint by which it enrolled. */
status_t enroll_run(session_t *session) NODISCARD;
