/* One request on its way through the hub. Threads hand the pointer over in inproc messages; who holds it owns it. */
#pragma once

#include "hub/refusal.h"
#include "hub/registry.h"

#define ROUTE_SIZE_MAX 255

typedef struct job {
    struct job *next;   /* in whoever's queue */
    arena_t *arena;     /* of the request */
    request_t *request; /* never NULL once it is dispatched */
    uint64_t request_id;
    principal_t *principal;       /* who asks, by its key; NULL where it enrols */
    bool enrols;                  /* came in by the enrolment endpoint (hub/enrolment.h) */
    uint8_t enrols_key[KEY_SIZE]; /* then: the connection's own key, */
    char enrols_from[46];         /* and the address that it comes from, as text */
    uint8_t route[ROUTE_SIZE_MAX];
    size_t route_size;
    size_t bytes;    /* memory that it holds while it waits */
    buffer_t answer; /* the encoded response */
    status_t status; /* of the answer */
    bool cuts;       /* the answer's sender then cuts the connections of `cut_key` */
    uint8_t cut_key[KEY_SIZE];
} job_t;

/* NULL when out of memory. */
job_t *job_create(void);
void job_destroy(job_t **job);
/* As a new one, with the memory of this one. */
void job_reset(job_t *job);

/* Encodes the answer; the response's id is the request's. Where that fails, an answer that says so is put in its place
 * (or none, when even that has no memory). */
void job_answer(job_t *job, response_t *response);

/* Answers with a refusal. Statuses that stay inside the process become STATUS_INTERNAL. */
void job_refuse(job_t *job, status_t status, const char *message, const char *where, const faults_t *faults);

/* Jobs in their order, linked by `next`. */
typedef struct {
    job_t *first, *last; /* NULL where it is empty */
} job_list_t;
void job_list_add(job_list_t *list, job_t *job);
job_t *job_list_take(job_list_t *list);

/* Sends the job to a thread's inproc socket; NULL is the word to stop. Sets *job to NULL. The inproc sockets have no
 * high-water mark: what may wait is bounded by the server. */
void job_send(void *socket, job_t **job);

/* Sends all of them as one message, and empties the list; nothing where it is empty. */
void job_send_list(void *socket, job_list_t *list);

/* Receives one: false where none waits (with `flags` ZMQ_DONTWAIT) or the context ends. Where the other side sends
 * lists it is the first of one, with the others behind `next`. */
bool job_receive(void *socket, int flags, job_t **out);
