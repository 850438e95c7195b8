/* The server thread: owns the ROUTER and the near end of every other thread's socket, decodes requests, refuses at once
 * what can be refused, hands changes to the writer and questions to an idle worker, and sends all answers. It starts
 * and ends the writer, the workers and, where it is set, the enrolment thread, whose jobs go through it to the writer.
 */
#pragma once

#include "hub/front.h"
#include "hub/hub.h"

#define SERVER_CONTROL "inproc://control"

typedef struct {
    hub_t *hub;
    const front_keys_t *keys;
    const char *endpoint; /* to bind */
    char enrolling[300];  /* out: where enrolments are taken; "" = nowhere */
    char why[600];        /* out: why it could not serve, a clause */
    bool clean;           /* out: all that was taken up was answered, and nothing failed */
} server_t;

/* Thread function; `server` (server_t *) must outlive it. On the control socket (PAIR, bound by the other end before)
 * it sends the endpoint that it serves at; then a message to it means stop. An empty message from it means that it has
 * ended, or could not begin. */
void *server_run(void *server);
