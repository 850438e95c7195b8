#include "hub/enrolment.h"

#include "hub/guard.h"
#include "hub/log.h"
#include "hub/worker.h"
#include "hub/zap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define MONITOR       "inproc://accepted"
#define WAITING_MAX   64  /* jobs that are under way; with as many, messages wait in libzmq */
#define TURN_MESSAGES 64  /* read before answers are looked after again */
#define TICK_MS       100 /* between two looks at the connections that are held */
#define PARTING_MS    200 /* that an answer has to leave before its connection is cut */
#define IDLE_MS       1000
#define REPORT_MS     60000

enum { POLL_SERVER, POLL_MONITOR, POLL_FRONT, POLL_COUNT };

typedef struct {
    enrolment_t *enrolment;
    hub_t *hub;
    void *server; /* in the hub's context */
    void *zmq;    /* the rest is in this one */
    zap_t *zap;
    void *front, *monitor;
    uint16_t port;
    guard_t guard;
    size_t waiting; /* jobs that the server has */
    bool stopping;
    /* Since the last lines about them: */
    size_t cuts[GUARD_OFTEN + 1];   /* connections that were not taken */
    size_t unknown, no_good;        /* tokens that were never made, and that are good no more */
    char refused[INET6_ADDRSTRLEN]; /* where the last of these came from */
    monotonic_time_t reported;
} state_t;

/* ---- connections */

/* Whether the descriptor is a connection to this endpoint; who is at its other end. It may have been closed and be
 * another one's by now, as the events of it come late. */
static bool find_peer(const state_t *state, int fd, struct sockaddr_storage *out)
{
    struct sockaddr_storage own = {0}, peer = {0};
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    if (getsockname(fd, (struct sockaddr *)&own, &own_size) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_size) != 0)
        return false;
    uint16_t port = own.ss_family == AF_INET    ? ((struct sockaddr_in *)(void *)&own)->sin_port
                    : own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&own)->sin6_port
                                                : 0;
    *out = peer;
    return ntohs(port) == state->port;
}

static bool is_still(const state_t *state, const guard_connection_t *connection)
{
    struct sockaddr_storage peer;
    return find_peer(state, connection->fd, &peer) && memcmp(&peer, &connection->peer, sizeof peer) == 0;
}

static void cut(const state_t *state, int fd)
{
    struct sockaddr_storage peer;
    if (find_peer(state, fd, &peer))
        shutdown(fd, SHUT_RDWR);
}

static void take_connection(state_t *state, int fd)
{
    struct sockaddr_storage peer;
    if (!find_peer(state, fd, &peer))
        return; /* gone already */
    guard_verdict_t verdict = guard_take(&state->guard, fd, &peer, clock_monotonic());
    if (verdict == GUARD_TAKEN)
        return;
    state->cuts[verdict]++;
    cut(state, fd);
}

/* What the monitor tells: number and descriptor in one frame, the endpoint in a second. */
static void watch(state_t *state)
{
    struct {
        uint16_t event;
        int32_t fd;
    } __attribute__((packed)) told;
    char address[300];
    while (zmq_recv(state->monitor, &told, sizeof told, ZMQ_DONTWAIT) == (int)sizeof told) {
        (void)!zmq_recv(state->monitor, address, sizeof address, ZMQ_DONTWAIT);
        if (told.event == ZMQ_EVENT_ACCEPTED)
            take_connection(state, told.fd);
        else
            guard_release(&state->guard, told.fd);
    }
}

/* libzmq keeps the parts of a message until its last one, outside every mark; so the bytes of a connection are counted
 * by the system. */
static bool has_sent_too_much(const guard_connection_t *connection)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_bytes_received > ENROLL_BYTES_MAX;
}

/* Those whose time is over are cut, and let go of where they have ended without a word. */
static void look_after(state_t *state)
{
    monotonic_time_t now = clock_monotonic();
    for (size_t i = state->guard.count; i-- > 0;) {
        const guard_connection_t *connection = &state->guard.connections[i];
        if (now.ms < connection->until.ms && !has_sent_too_much(connection))
            continue;
        if (is_still(state, connection))
            shutdown(connection->fd, SHUT_RDWR);
        else
            guard_release(&state->guard, connection->fd);
    }
}

/* A line of each kind a minute at most, whatever the flood. */
static void report(state_t *state)
{
    monotonic_time_t now = clock_monotonic();
    size_t all = state->cuts[GUARD_FULL] + state->cuts[GUARD_OF_ADDRESS] + state->cuts[GUARD_OFTEN];
    size_t refused = state->unknown + state->no_good;
    if (all + refused == 0 || (state->reported.ms && now.ms - state->reported.ms < REPORT_MS))
        return;
    if (all)
        log_event(LOG_WARNING, "enrolment_cut", "%s=%zu %s=%zu %s=%zu", guard_verdict_names[GUARD_FULL],
                  state->cuts[GUARD_FULL], guard_verdict_names[GUARD_OF_ADDRESS], state->cuts[GUARD_OF_ADDRESS],
                  guard_verdict_names[GUARD_OFTEN], state->cuts[GUARD_OFTEN]);
    if (refused)
        log_event(LOG_WARNING, "enrolment_refused", "unknown=%zu no_good=%zu last_from=\"%s\"", state->unknown,
                  state->no_good, state->refused);
    memset(state->cuts, 0, sizeof state->cuts);
    state->unknown = state->no_good = 0;
    state->reported = now;
}

/* ---- messages */

/* Ends the job. */
static void send_answer(state_t *state, job_t *job)
{
    front_send(state->front, job); /* false: the client is gone; it asks again */
    job_destroy(&job);
}

/* A token that does not admit is counted: guesses, and tokens in the wrong hands. */
static void note_answer(state_t *state, const job_t *job)
{
    bool is_unknown = job->status == STATUS_UNKNOWN;
    if (!is_unknown && job->status != STATUS_NOT_ALLOWED && job->status != STATUS_CONFLICT)
        return;
    state->unknown += is_unknown;
    state->no_good += !is_unknown;
    memcpy(state->refused, job->enrols_from, sizeof state->refused);
}

/* Ends the job; its connection is cut once the answer has had time to leave. */
static void send_off(state_t *state, job_t *job, guard_connection_t *connection, status_t status, const char *why)
{
    uint64_t until = clock_monotonic().ms + PARTING_MS;
    if (connection->until.ms > until)
        connection->until.ms = until;
    connection->messages = ENROLL_MESSAGES_MAX; /* what else it sends is not read */
    atomic_fetch_add(&state->hub->refusals, 1);
    job_refuse(job, status, why, NULL, NULL);
    send_answer(state, job);
}

static void format_address(const struct sockaddr_storage *peer, char out[INET6_ADDRSTRLEN])
{
    const void *address = peer->ss_family == AF_INET
                              ? (const void *)&((const struct sockaddr_in *)(const void *)peer)->sin_addr
                              : &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
    if (!inet_ntop(peer->ss_family, address, out, INET6_ADDRSTRLEN))
        *out = '\0';
}

static job_t *make_job(const front_message_t *message, const guard_connection_t *connection)
{
    job_t *job = job_create();
    if (!job)
        return NULL;
    memcpy(job->route, message->route, message->route_size);
    job->route_size = message->route_size;
    job->enrols = true;
    memcpy(job->enrols_key, message->key, KEY_SIZE);
    format_address(&connection->peer, job->enrols_from);
    return job;
}

static void read_request(state_t *state, const front_message_t *message, guard_connection_t *connection)
{
    const char *why = NULL;
    job_t *job = make_job(message, connection);
    if (!job)
        return; /* no memory for an answer either; the client asks again */
    status_t status = request_decode(message->payload, job->arena, &job->request, &job->request_id, &why);
    if (status != STATUS_OK || job->request->kind != REQUEST_ENROLL) {
        send_off(state, job, connection, STATUS_MALFORMED,
                 status == STATUS_OK ? "this endpoint takes enrolments only; everything else goes to the hub's main one"
                                     : why);
        return;
    }
    state->waiting++;
    job_send(state->server, &job);
}

static bool read_message(state_t *state)
{
    front_message_t message;
    front_receipt_t receipt = front_receive(state->front, state->hub, &message);
    if (receipt != FRONT_MESSAGE)
        return receipt == FRONT_REFUSED;
    watch(state); /* what is told of a connection comes before its messages */
    guard_connection_t *connection = guard_find(&state->guard, message.fd);
    if (connection && connection->messages < ENROLL_MESSAGES_MAX) {
        connection->messages++;
        read_request(state, &message, connection);
    } else {
        atomic_fetch_add(&state->hub->refusals, 1);
        cut(state, message.fd);
    }
    front_end_message(&message);
    return true;
}

static void read_messages(state_t *state)
{
    for (unsigned i = 0; i < TURN_MESSAGES && state->waiting < WAITING_MAX && read_message(state); i++)
        ;
}

static void take_answers(state_t *state)
{
    job_t *job;
    while (job_receive(state->server, ZMQ_DONTWAIT, &job)) {
        if (!job) {
            state->stopping = true;
            continue;
        }
        state->waiting--;
        note_answer(state, job);
        send_answer(state, job);
    }
}

/* ---- the loop */

static void serve(state_t *state)
{
    while (!state->stopping || state->waiting) {
        zmq_pollitem_t items[POLL_COUNT] = {
            [POLL_SERVER] = {state->server, 0, ZMQ_POLLIN, 0},
            [POLL_MONITOR] = {state->monitor, 0, ZMQ_POLLIN, 0},
            [POLL_FRONT] = {state->front, 0, ZMQ_POLLIN, 0},
        };
        bool reads = !state->stopping && state->waiting < WAITING_MAX;
        zmq_poll(items, reads ? POLL_COUNT : POLL_FRONT, state->guard.count ? TICK_MS : IDLE_MS);
        take_answers(state);
        watch(state);
        if (!state->stopping)
            read_messages(state);
        look_after(state);
        report(state);
    }
}

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/* The monitor is joined before the endpoint is bound, so that no connection is missed. Its queue is bounded: who
 * connects faster than is read here waits for it in the I/O thread, which is nobody else's. */
static bool open_monitor(state_t *state)
{
    state->monitor = zmq_socket(state->zmq, ZMQ_PAIR);
    return state->monitor && set_int(state->monitor, ZMQ_LINGER, 0) && set_int(state->monitor, ZMQ_RCVHWM, 1) &&
           zmq_socket_monitor(state->front, MONITOR, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) == 0 &&
           zmq_connect(state->monitor, MONITOR) == 0;
}

static bool open_all(state_t *state)
{
    enrolment_t *enrolment = state->enrolment;
    front_limits_t limits = front_limits_of_enrolment(state->hub->settings);
    enrolment->why = "no memory or no socket";
    state->zmq = zmq_ctx_new();
    if (!state->zmq || zap_start_for_enrolment(state->zmq, &state->zap) != STATUS_OK)
        return false;
    state->front = front_make(state->zmq, enrolment->keys, &limits, &enrolment->why);
    if (!state->front || !open_monitor(state) ||
        !front_bind(state->front, enrolment->endpoint, enrolment->bound, &enrolment->why))
        return false;
    state->port = (uint16_t)strtoul(strrchr(enrolment->bound, ':') + 1, NULL, 10);
    atomic_store(&state->hub->enrolment_port, state->port);
    return true;
}

/* The context is told first: an I/O thread that waits for the monitor to be read then goes on, and stopping a monitor
 * waits for such an I/O thread. What is to be sent yet still leaves, until the context is ended. */
static void close_all(state_t *state)
{
    atomic_store(&state->hub->enrolment_port, 0);
    if (!state->zmq)
        return;
    zmq_ctx_shutdown(state->zmq);
    zap_join(&state->zap);
    if (state->front)
        zmq_close(state->front);
    if (state->monitor)
        zmq_close(state->monitor);
    while (zmq_ctx_term(state->zmq) != 0 && zmq_errno() == EINTR)
        ;
}

void *enrolment_run(void *argument)
{
    enrolment_t *enrolment = argument;
    job_t *word = NULL;
    bool is_open = false;
    pthread_setname_np(pthread_self(), "enrolment");
    state_t *state = calloc(1, sizeof *state);
    void *server = worker_socket(enrolment->hub->zmq, ENROLMENT_SOCKET, false);
    enrolment->why = "no memory or no socket";
    if (state && server) {
        state->enrolment = enrolment;
        state->hub = enrolment->hub;
        state->server = server;
        state->guard.per_minute = enrolment->hub->settings->enroll_per_minute;
        is_open = open_all(state);
        if (is_open) {
            job_send(server, &word);
            serve(state);
        }
        close_all(state);
    }
    free(state);
    if (!server)
        return NULL;
    if (is_open)
        job_send(server, &word);
    else
        zmq_send(server, "", 0, 0);
    zmq_close(server);
    return NULL;
}
