#include "client/connection.h"

#include "client/socket.h"
#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_DEFAULT    64
#define BUSY_PAUSE_MS     50
#define BUSY_PAUSE_MAX_MS 2000
#define RECEIVE_BURST     64 /* answers read before the time is looked at again */

struct connection {
    socket_t socket;
    unsigned timeout_s;
    bool tries_once;
    uint64_t next_id;
};

/* A request that has no final answer yet. */
typedef struct {
    size_t index;
    uint64_t id;
    bool is_sent;
    monotonic_t send_at; /* not before */
    unsigned refusals;   /* times it was put off */
    status_t put_off;    /* with what, the last time */
} slot_t;

typedef struct {
    connection_t *connection;
    const exchange_t *exchange;
    faults_t *faults;
    slot_t *slots;
    size_t room, used;
    size_t next; /* index of the first request that has no slot yet */
    monotonic_t progress;
} run_t;

status_t connection_open(const home_t *home, const char *endpoint, unsigned timeout_s, connection_t **out,
                         faults_t *faults)
{
    connection_t *connection = calloc(1, sizeof *connection);
    if (!connection)
        return STATUS_NO_MEMORY;
    connection->timeout_s = timeout_s;
    connection->next_id = 1;
    status_t status = socket_init(&connection->socket, home, endpoint, faults);
    if (status != STATUS_OK) {
        free(connection);
        return status;
    }
    *out = connection;
    return STATUS_OK;
}

void connection_try_once(connection_t *connection)
{
    connection->tries_once = true;
}

void connection_close(connection_t **connection)
{
    if (!connection || !*connection)
        return;
    socket_fini(&(*connection)->socket);
    free(*connection);
    *connection = NULL;
}

static bool is_passing(status_t status)
{
    return status == STATUS_BUSY || status == STATUS_STORE_FULL || status == STATUS_STOPPING;
}

static void put_off(slot_t *slot, status_t status)
{
    int64_t pause = (int64_t)BUSY_PAUSE_MS << (slot->refusals < 6 ? slot->refusals : 6);
    if (pause > BUSY_PAUSE_MAX_MS)
        pause = BUSY_PAUSE_MAX_MS;
    slot->refusals++;
    slot->put_off = status;
    slot->is_sent = false;
    slot->send_at.ms = monotonic_now().ms + pause / 2 + arc4random_uniform((uint32_t)pause);
}

/* Makes and sends one request. STATUS_BUSY: not now. */
static status_t send_slot(run_t *run, slot_t *slot)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(4 * REQUEST_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    request_t request = {0};
    TRY(run->exchange->make(run->exchange->context, slot->index, arena, &request));
    request.id = slot->id = run->connection->next_id;
    CLEANUP(buffer_fini) buffer_t frame = {0};
    status_t status = request_encode(&request, &frame);
    if (status == STATUS_LIMIT)
        faults_add(run->faults, 0, 0, "a request would have more than %d bytes; split the input", REQUEST_SIZE_MAX);
    TRY(status);
    TRY(socket_send(&run->connection->socket, (span_t){frame.data, frame.size}));
    run->connection->next_id++;
    slot->is_sent = true;
    return STATUS_OK;
}

static void fill_window(run_t *run)
{
    while (run->used < run->room && run->next < run->exchange->count)
        run->slots[run->used++] = (slot_t){.index = run->next++};
}

/* Sends what is due. *out_blocked: the socket takes no more now; *out_wait_ms: until the next one that waits for its
 * time. */
static status_t send_due(run_t *run, bool *out_blocked, int64_t *out_wait_ms)
{
    int64_t now = monotonic_now().ms;
    *out_blocked = false;
    for (size_t i = 0; i < run->used; i++) {
        slot_t *slot = &run->slots[i];
        if (slot->is_sent || *out_blocked)
            continue;
        int64_t wait = slot->send_at.ms - now;
        if (wait > 0) {
            *out_wait_ms = wait < *out_wait_ms ? wait : *out_wait_ms;
            continue;
        }
        status_t status = send_slot(run, slot);
        *out_blocked = status == STATUS_BUSY;
        if (status != STATUS_OK && !*out_blocked)
            return status;
    }
    return STATUS_OK;
}

/* One answer: to its slot, which ends with it unless the hub asks to come again. */
static status_t take_answer(run_t *run, span_t frame)
{
    /* The hub is who we said it must be, so this only keeps a mistake of its from taking all memory. */
    CLEANUP(arena_destroy) arena_t *arena = arena_create(frame.size * 16 + REQUEST_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    response_t *response = NULL;
    const char *why = "";
    status_t status = response_decode(frame, arena, &response, &why);
    if (status != STATUS_OK) {
        faults_add(run->faults, 0, 0, "the hub's answer cannot be read (%s); its version may be another", why);
        return STATUS_MALFORMED;
    }
    size_t at = 0;
    while (at < run->used && !(run->slots[at].is_sent && run->slots[at].id == response->id))
        at++;
    if (at == run->used && response->id == 0 && response->status != STATUS_OK) {
        faults_add(run->faults, 0, 0, "the hub cannot read what was sent (%s): %s", status_name(response->status),
                   response->message ? response->message : "");
        return STATUS_MALFORMED;
    }
    if (at == run->used)
        return STATUS_OK; /* to a request of before */
    if (is_passing(response->status)) {
        put_off(&run->slots[at], response->status);
        return STATUS_OK;
    }
    size_t index = run->slots[at].index;
    /* The rest keep their order, in which they are sent, and sent again: a store's months follow one another. */
    memmove(&run->slots[at], &run->slots[at + 1], (--run->used - at) * sizeof *run->slots);
    run->progress = monotonic_now();
    return run->exchange->take(run->exchange->context, index, response, &arena);
}

static status_t receive_all(run_t *run)
{
    for (int i = 0; i < RECEIVE_BURST; i++) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        bool is_there = socket_receive(&run->connection->socket, &message);
        status_t status =
            is_there ? take_answer(run, (span_t){zmq_msg_data(&message), zmq_msg_size(&message)}) : STATUS_OK;
        zmq_msg_close(&message);
        if (status != STATUS_OK || !is_there)
            return status;
    }
    return STATUS_OK;
}

static status_t add_refused_key(const run_t *run)
{
    const socket_t *socket = &run->connection->socket;
    faults_add(
        run->faults, 0, 0,
        "the hub at %s closed the handshake: it does not admit this key, %s (have headquarters admit it), or its "
        "own key is another than hub_key in %s/home.txt (compare that with what `yardstick-hub key DIR` prints "
        "there)",
        socket->endpoint, socket->home->public_key, socket->home->directory);
    return STATUS_REFUSED_KEY;
}

static const char *unreached_reason(const socket_t *socket)
{
    if (socket->speaks_other)
        return TRANSLATED("something else than a hub answers there; check --hub");
    if (socket->has_connected)
        return TRANSLATED("connections are taken there, but no handshake came to its end; check --hub, and that this "
                          "key is admitted");
    return TRANSLATED("nothing answers there; check that the hub runs and that --hub names it");
}

static status_t add_timed_out(const run_t *run)
{
    const socket_t *socket = &run->connection->socket;
    unsigned seconds = run->connection->timeout_s;
    for (size_t i = 0; i < run->used; i++) {
        status_t status = run->slots[i].put_off;
        if (status == STATUS_OK)
            continue;
        faults_add(run->faults, 0, 0, "the hub at %s answers %s for %u s now: %s", socket->endpoint,
                   status_name(status), seconds, faults_text(run->faults, status_text(status)));
        return status;
    }
    if (socket->refusals)
        return add_refused_key(run);
    if (socket->is_ready)
        faults_add(run->faults, 0, 0, "hub %s did not answer in %u s; try again, or give it longer with --timeout",
                   socket->endpoint, seconds);
    else
        faults_add(run->faults, 0, 0, "hub %s not reached in %u s: %s", socket->endpoint, seconds,
                   faults_text(run->faults, unreached_reason(socket)));
    return STATUS_TIMED_OUT;
}

static status_t check_connection(run_t *run)
{
    const socket_t *socket = &run->connection->socket;
    status_t status = socket_check(&run->connection->socket);
    if (status == STATUS_REFUSED_KEY)
        return add_refused_key(run);
    if (socket->has_missed && run->connection->tries_once) {
        faults_add(run->faults, 0, 0, "hub %s not reached: %s", socket->endpoint, unreached_reason(socket));
        return STATUS_TIMED_OUT;
    }
    if (status != STATUS_OK)
        for (size_t i = 0; i < run->used; i++)
            run->slots[i].is_sent = false;
    return STATUS_OK;
}

/* One turn: send, wait, receive, look at the connection. Answers come before the news that the connection is lost. */
static status_t turn(run_t *run)
{
    int64_t wait = run->progress.ms + (int64_t)run->connection->timeout_s * 1000 - monotonic_now().ms;
    if (wait <= 0)
        return add_timed_out(run);
    bool is_blocked;
    fill_window(run);
    TRY(send_due(run, &is_blocked, &wait));
    TRY(socket_wait(&run->connection->socket, is_blocked, wait, run->faults));
    TRY(receive_all(run));
    return check_connection(run);
}

status_t connection_exchange(connection_t *connection, const exchange_t *exchange, faults_t *faults)
{
    size_t room = exchange->window ? exchange->window : WINDOW_DEFAULT;
    run_t run = {connection, exchange, faults, calloc(room, sizeof *run.slots), room, 0, 0, monotonic_now()};
    status_t status = run.slots ? STATUS_OK : STATUS_NO_MEMORY;
    while (status == STATUS_OK && (run.used || run.next < exchange->count))
        status = turn(&run);
    free(run.slots);
    return status;
}

typedef struct {
    const request_t *request;
    answer_t *answer;
} single_t;

static status_t make_single(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)index;
    (void)arena;
    *out = *((single_t *)context)->request;
    return STATUS_OK;
}

static status_t take_single(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)index;
    *((single_t *)context)->answer = (answer_t){*arena, response};
    *arena = NULL;
    return STATUS_OK;
}

status_t connection_request(connection_t *connection, const request_t *request, answer_t *out, faults_t *faults)
{
    answer_t answer = {0};
    single_t single = {request, &answer};
    exchange_t exchange = {1, 1, &single, make_single, take_single};
    TRY(connection_exchange(connection, &exchange, faults));
    *out = answer;
    return STATUS_OK;
}

void answer_fini(answer_t *answer)
{
    arena_destroy(&answer->arena);
    answer->response = NULL;
}
