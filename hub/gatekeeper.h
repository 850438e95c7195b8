/* The thread that keeps the gate of the main endpoint (hub/gate.h): it hears of connections from the socket's monitor
 * and, where there are too many new ones, has libzmq's I/O thread not look at the listener for a while. When a crowd
 * has left, it gives the memory that served it back to the system. */
#pragma once

#include "hub/settings.h"

typedef struct gatekeeper gatekeeper_t;

/* Between the socket's making and its binding, so that no connection is missed. NULL where there is no thread or no
 * memory. The socket's owner calls this and gatekeeper_stop. */
gatekeeper_t *gatekeeper_start(void *zmq, void *front, const settings_t *settings);

/* Before the socket is closed. Leaves the gate open. Accepts NULL and *NULL. */
void gatekeeper_stop(gatekeeper_t **keeper);
