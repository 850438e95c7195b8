/* Holding libzmq's listener: it has no call for it. The I/O thread hears of connections that wait through its epoll;
 * taken out of it, the listener is left alone, and what comes waits in the system's queue (`backlog`) in its order.
 * Which epoll, and what libzmq has written to it, the system tells (/proc/self/fdinfo). Any one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int fd, epoll; /* epoll -1 (or 0, before it was found): not found */
    uint32_t events;
    uint64_t data;
    bool is_held;
} listener_t;

/* Finds the epoll that watches the descriptor, waiting until there is one. False: none; it cannot be held. */
bool listener_find(listener_t *listener, int fd);

/* Holds it or lets it go. It must not be held when its socket is closed. False: as it was. */
bool listener_hold(listener_t *listener, bool holds);
