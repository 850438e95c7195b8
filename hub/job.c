#include "hub/job.h"

#include "core/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

job_t *job_create(void)
{
    job_t *job = calloc(1, sizeof *job);
    if (job && !(job->arena = arena_create(REQUEST_MEMORY_MAX)))
        job_destroy(&job);
    return job;
}

void job_destroy(job_t **job)
{
    if (!job || !*job)
        return;
    arena_destroy(&(*job)->arena);
    buffer_fini(&(*job)->answer);
    free(*job);
    *job = NULL;
}

void job_reset(job_t *job)
{
    arena_t *arena = job->arena;
    arena_reset(arena);
    buffer_fini(&job->answer);
    memset(job, 0, sizeof *job);
    job->arena = arena;
}

void job_list_add(job_list_t *list, job_t *job)
{
    job->next = NULL;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

job_t *job_list_take(job_list_t *list)
{
    job_t *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->last = NULL;
    job->next = NULL;
    return job;
}

void job_answer(job_t *job, response_t *response)
{
    response->id = job->request_id;
    buffer_fini(&job->answer);
    job->status = response->status;
    if (response_encode(response, &job->answer) == STATUS_OK)
        return;
    response_t failure = {.id = response->id, .status = STATUS_INTERNAL, .message = status_text(STATUS_INTERNAL)};
    job->status = STATUS_INTERNAL;
    job->answer = (buffer_t){0};
    /* Without memory for these few bytes the client gets none and asks again. */
    if (response_encode(&failure, &job->answer) != STATUS_OK)
        job->answer = (buffer_t){0};
}

void job_refuse(job_t *job, status_t status, const char *message, const char *where, const faults_t *faults)
{
    if (status >= STATUS_NO_MEMORY)
        status = STATUS_INTERNAL;
    response_t response = {
        .status = status,
        .message = message && *message ? message : status_text(status),
        .where = where,
        .faults = faults ? faults->items : NULL,
        .fault_count = faults ? faults->count : 0,
    };
    job_answer(job, &response);
}

void job_send(void *socket, job_t **job)
{
    int rc;
    do
        rc = zmq_send(socket, job, sizeof *job, 0);
    while (rc < 0 && errno == EINTR);
    assert(rc == (int)sizeof *job);
    *job = NULL;
}

void job_send_list(void *socket, job_list_t *list)
{
    job_t *first = list->first;
    *list = (job_list_t){0};
    if (first)
        job_send(socket, &first);
}

bool job_receive(void *socket, int flags, job_t **out)
{
    job_t *job;
    int rc;
    do
        rc = zmq_recv(socket, &job, sizeof job, flags);
    while (rc < 0 && errno == EINTR);
    if (rc != (int)sizeof job)
        return false;
    *out = job;
    return true;
}
