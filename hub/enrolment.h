/* The second endpoint, at which agents that nobody knows yet enrol with one-time tokens (proto/README.md, section 8).
 * A thread of its own, with a libzmq context, an I/O thread and a ZAP answerer of its own: whatever comes in here, the
 * main endpoint's rule that an unknown key is refused at the handshake stands in another context.
 *
 * It takes one kind of request, `enroll`, of at most ENROLL_SIZE_MAX bytes; the key that is admitted is the
 * connection's own, so that who asks holds the private one. What else comes is answered malformed, and the connection
 * cut. Connections are few, short and counted by address (hub/guard.h). A request goes as a job through the server to
 * the writer, in its place in the order, and its answer comes back the same way. */
#pragma once

#include "hub/front.h"
#include "hub/hub.h"

#define ENROLMENT_SOCKET "inproc://enrolment"

typedef struct {
    hub_t *hub;
    const front_keys_t *keys;
    const char *endpoint; /* to bind */
    char bound[300];      /* out: where it listens */
    const char *why;      /* out: why it could not, a clause */
} enrolment_t;

/* Thread function; `enrolment` (enrolment_t *) must outlive it. On its inproc socket (PAIR, bound by the server before)
 * it says that it is ready with a NULL job, or that it could not begin with an empty message. A NULL job from the
 * server means stop: it takes nothing more, waits for the answers to what it has sent, and ends with a NULL job. */
void *enrolment_run(void *enrolment);
