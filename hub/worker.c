#include "hub/worker.h"

#include "hub/log.h"
#include "hub/queries.h"

#include <pthread.h>
#include <zmq.h>

void *worker_socket(void *zmq, const char *endpoint, bool binds)
{
    int none = 0;
    void *socket = zmq_socket(zmq, ZMQ_PAIR);
    if (!socket)
        return NULL;
    if (zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none) == 0 &&
        zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none) == 0 &&
        zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) == 0 &&
        (binds ? zmq_bind(socket, endpoint) : zmq_connect(socket, endpoint)) == 0)
        return socket;
    zmq_close(socket);
    return NULL;
}

void *worker_run(void *argument)
{
    const worker_t *worker = argument;
    void *socket = worker_socket(worker->hub->zmq, worker->endpoint, false);
    job_t *job = NULL;
    pthread_setname_np(pthread_self(), "query");
    if (!socket) {
        log_event(LOG_ERROR, "worker", "reason=\"no socket\"");
        return NULL;
    }
    job_send(socket, &job); /* ready */
    while (job_receive(socket, 0, &job) && job) {
        query_answer(worker->hub, job);
        job_send(socket, &job);
    }
    zmq_close(socket);
    return NULL;
}
