/* How many connections are taken in at a time (SPEC 8: a crowd). A connection that has just been accepted wants a
 * handshake, which is arithmetic; where too many do so at once each takes so long that all are given up and come again,
 * and nobody gets in. So above `most` of them no more are accepted for a while: they wait in the system's queue, in the
 * order in which they came.
 *
 * A connection is new for NEW_MS, and then as long as it has sent what is not read yet: it waits for us. One that keeps
 * us waiting holds nobody up: it is not counted any longer, and its handshake's time runs out by itself. Nor is one
 * that goes on sending after its handshake.
 *
 * Nor are more accepted than there are descriptors for: libzmq would try again without end. Pure but for asking the
 * system, which the caller may replace; one thread. */
#pragma once

#include "hub/clock.h"

#include <stdbool.h>
#include <stddef.h>

#define GATE_NEW_MS 500

typedef struct {
    int fd;
    monotonic_time_t accepted;
} gate_newcomer_t;

typedef struct {
    size_t most;         /* new at a time */
    size_t most_held;    /* connections in all */
    uint64_t longest_ms; /* that a connection can be new: the time of a handshake */
    bool (*has_unread)(int fd);
    gate_newcomer_t *newcomers; /* in the order of their coming; the oldest first */
    size_t count, room;
    bool *is_held; /* by descriptor */
    size_t held, held_room;
} gate_t;

/* Whether the connection has sent what nobody has read; not where more of it was read than a handshake takes. */
bool gate_has_unread(int fd);

void gate_init(gate_t *gate, size_t most, size_t most_held, uint64_t longest_ms);
void gate_fini(gate_t *gate);

/* Out of memory: it is not counted. */
void gate_accepted(gate_t *gate, int fd, monotonic_time_t now);
void gate_ended(gate_t *gate, int fd);

/* Lets go of those that are new no more. */
void gate_look(gate_t *gate, monotonic_time_t now);

/* Whether another may be accepted. An open gate closes at the mark, a closed one opens below three quarters of it. */
bool gate_may_open(const gate_t *gate, bool is_open);
