/* The socket below client/connection.c: made, watched through its monitor, and made anew when it is lost. */
#pragma once

#include "client/home.h"
#include "core/span.h"

#include <zmq.h>

typedef struct {
    int64_t ms;
} monotonic_t;

monotonic_t monotonic_now(void);

typedef struct {
    const home_t *home;
    char endpoint[ENDPOINT_SIZE];
    void *context, *socket, *monitor; /* socket and monitor are NULL while a lost connection waits for its next try */
    unsigned made;                    /* sockets so far: names the monitor's endpoint */
    unsigned refusals;                /* handshakes that the other side closed, one after the other */
    unsigned losses;                  /* connections lost since the last good handshake */
    bool has_connected;               /* TCP: something listened at the last try, */
    bool has_missed;                  /* or nothing did */
    bool is_ready;                    /* the handshake is done */
    bool speaks_other;                /* something else than ZeroMQ answered */
    monotonic_t connected_at;         /* TCP, the last time */
    monotonic_t open_at;              /* when the next socket is made, where there is none */
} socket_t;

/* STATUS_IO with a line in `faults`. */
status_t socket_init(socket_t *socket, const home_t *home, const char *endpoint, faults_t *faults) NODISCARD;
void socket_fini(socket_t *socket);

/* Waits at most `wait_ms` until something can be read (or written, with `to_write`) or has happened; opens a socket
 * where one is due. */
status_t socket_wait(socket_t *socket, bool to_write, int64_t wait_ms, faults_t *faults) NODISCARD;

/* Sends a frame. STATUS_BUSY: not now. */
status_t socket_send(socket_t *socket, span_t frame) NODISCARD;

/* One frame that waits, into an initialised message; false where there is none. Messages of more than one frame are
 * skipped. */
bool socket_receive(socket_t *socket, zmq_msg_t *out);

/* Looks at what the monitor saw. STATUS_IO: the connection was lost, a new one comes later; everything unanswered is
 * lost with it. STATUS_REFUSED_KEY: the hub closed the handshake, and again on a second try. */
status_t socket_check(socket_t *socket) NODISCARD;
