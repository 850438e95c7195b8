/* Which key last spoke on which file descriptor, so that a revoked key's live connections can be cut: libzmq has no
 * call for it. A descriptor may have passed to another connection that has not spoken yet; that one is then cut by
 * mistake and connects again. The guard is that every message is checked against the registry. Server thread only. */
#pragma once

#include "hub/registry.h"

typedef struct {
    const principal_t **speakers; /* by descriptor */
    size_t count;
} connections_t;

/* Out of memory: it is not noted. */
void connections_note(connections_t *connections, int fd, const principal_t *principal);

/* Shuts down every connection of the key; returns how many. */
size_t connections_cut(connections_t *connections, const uint8_t key[KEY_SIZE]);

/* Shuts one down, in the turn in which its message was received. */
void connections_cut_one(int fd);

void connections_fini(connections_t *connections);
