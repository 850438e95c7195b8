/* The connection to the hub: one DEALER with CURVE (STACK: the agent's settings), its monitor, and a pipelined exchange
 * that outlives lost connections. One thread owns it. */
#pragma once

#include "client/home.h"
#include "proto/codec.h"

typedef struct connection connection_t;

/* Opens a socket to `endpoint` as `home`; connecting goes on in the background. `timeout_s`: how long without any
 * progress until a request is given up. STATUS_IO where libzmq refuses (faults says why). */
status_t connection_open(const home_t *home, const char *endpoint, unsigned timeout_s, connection_t **out,
                         faults_t *faults) NODISCARD;

/* For a caller that comes again by itself: from now on an exchange ends, as when its time is over, as soon as nothing
 * takes a try to connect. Else libzmq tries again each few seconds, and all who lost one hub would be back together. */
void connection_try_once(connection_t *connection);

void connection_close(connection_t **connection);

/* Many requests, answered in any order. */
typedef struct {
    size_t count;
    size_t window; /* most unanswered ones at a time; 0 = 64 */
    void *context;
    /* Fills request number `index` (its id is set by the exchange). Called again, and must give the same, when it is
     * sent again. */
    status_t (*make)(void *context, size_t index, arena_t *arena, request_t *out);
    /* Takes the final answer to it: once for each index. The response ends with the call, unless this takes its memory
     * by setting *arena to NULL. Other than STATUS_OK ends the exchange with that. */
    status_t (*take)(void *context, size_t index, const response_t *response, arena_t **arena);
} exchange_t;

/* Sends them all and waits for the answers, `window` at a time. busy, store_full and stopping are sent again with
 * growing pauses; after a lost connection everything unanswered is sent again on a new one (the hub answers a repeated
 * submission id as the first time). Ends when the time-out has passed since the last answer taken. STATUS_TIMED_OUT:
 * not reached, or no answer; STATUS_REFUSED_KEY: the hub closed the handshake; STATUS_BUSY, _STORE_FULL, _STOPPING:
 * that to the last; STATUS_LIMIT: a request over REQUEST_SIZE_MAX; STATUS_MALFORMED: an answer that cannot be read;
 * each with a line in `faults`. */
status_t connection_exchange(connection_t *connection, const exchange_t *exchange, faults_t *faults) NODISCARD;

/* One answer with its memory; fit for CLEANUP. */
typedef struct {
    arena_t *arena;
    const response_t *response;
} answer_t;
void answer_fini(answer_t *answer);

/* One request, whose id is set here. STATUS_OK: an answer came, whatever its status says. Else as connection_exchange.
 */
status_t connection_request(connection_t *connection, const request_t *request, answer_t *out,
                            faults_t *faults) NODISCARD;
