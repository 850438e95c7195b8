/* A query worker: a thread that takes one job at a time from its inproc socket, answers it, and hands it back. */
#pragma once

#include "hub/hub.h"
#include "hub/job.h"

typedef struct {
    hub_t *hub;
    const char *endpoint; /* inproc; the server has bound it */
} worker_t;

/* Thread function; `worker` (worker_t *) must outlive it. Says that it is ready with a NULL job; ends at the word to
 * stop. */
void *worker_run(void *worker);

/* A PAIR socket for jobs, bound or connected to an inproc endpoint, without high-water marks. NULL where libzmq has no
 * more. */
void *worker_socket(void *zmq, const char *endpoint, bool binds);
