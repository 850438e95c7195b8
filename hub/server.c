#include "hub/server.h"

#include "hub/access.h"
#include "hub/connections.h"
#include "hub/enrolment.h"
#include "hub/gatekeeper.h"
#include "hub/log.h"
#include "hub/queries.h"
#include "hub/questions.h"
#include "hub/worker.h"
#include "hub/writer.h"

#include "core/limits.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define WORKERS_MAX       64
#define WAITING_BYTES_MAX (256ul << 20) /* memory of all requests that wait; above it busy */
#define UNREAD_BYTES_MAX  (32ul << 20)  /* answers that a key has not read; above it busy */
#define TURN_MESSAGES     1024          /* read from clients at most before all else is looked after again */
#define LOOK_MESSAGES     128           /* between two looks for answers meanwhile, so that workers have to do */
#define CROWD_MESSAGES    10            /* read in one turn: then others are on their way, and are awaited */
#define CROWD_NANOSECONDS 500000        /* for so long */
#define SPARE_JOBS        1024          /* kept for what comes next */
#define START_MS          10000         /* for a thread to say that it is ready */
#define IDLE_MS           1000

enum { POLL_FRONT, POLL_CONTROL, POLL_WRITER, POLL_WORKERS }; /* behind them that of enrolment, where it is open */

typedef struct {
    worker_t worker;
    char endpoint[32];
    pthread_t thread;
    void *socket;
    bool started, busy;
} seat_t;

typedef struct {
    hub_t *hub;
    void *front, *control, *writer;
    pthread_t writer_thread;
    bool writer_started;
    seat_t seats[WORKERS_MAX];
    size_t seat_count;
    questions_t questions;
    size_t running;      /* questions that workers hold */
    size_t changes;      /* jobs that the writer holds or is about to get */
    job_list_t outgoing; /* those that it is about to get */
    job_list_t spare;    /* jobs that have ended */
    size_t spare_count;
    size_t bytes; /* memory of all of them */
    connections_t connections;
    gatekeeper_t *gatekeeper;
    enrolment_t enrolment;
    pthread_t enrolment_thread;
    void *enrolment_socket;
    bool enrolment_started, enrolment_open; /* open: until it says that it has ended */
    bool stopping;
} state_t;

/* ---- answers */

static job_t *new_job(state_t *state)
{
    job_t *job = job_list_take(&state->spare);
    if (!job)
        return job_create();
    state->spare_count--;
    return job;
}

static void end_job(state_t *state, job_t *job)
{
    if (state->spare_count == SPARE_JOBS) {
        job_destroy(&job);
        return;
    }
    job_reset(job);
    job_list_add(&state->spare, job);
    state->spare_count++;
}

/* Ends the job. */
static void send_answer(state_t *state, job_t *job)
{
    if (job->status == STATUS_BUSY)
        atomic_fetch_add(&state->hub->busy, 1);
    else if (job->status != STATUS_OK)
        atomic_fetch_add(&state->hub->refusals, 1);
    front_send(state->front, job); /* false: the client is gone, or its answers fill its queue; it asks again */
    if (job->cuts) {
        size_t cut = connections_cut(&state->connections, job->cut_key);
        log_event(LOG_INFO, "cut", "connections=%zu", cut);
    }
    end_job(state, job);
}

/* An answered enrolment goes back to the thread that it came from. */
static void hand_back(state_t *state, job_t *job)
{
    state->bytes -= job->bytes;
    if (job->status != STATUS_OK)
        atomic_fetch_add(&state->hub->refusals, 1);
    job_send(state->enrolment_socket, &job);
}

/* An answered job comes back from its thread. */
static void take_back(state_t *state, job_t *job)
{
    if (job->enrols) {
        hand_back(state, job);
        return;
    }
    job->principal->unanswered--;
    job->principal->changes -= !query_is(job->request->kind);
    job->principal->bytes -= job->bytes;
    state->bytes -= job->bytes;
    send_answer(state, job);
}

static void refuse_now(state_t *state, job_t *job, status_t status, const char *message)
{
    job_refuse(job, status, message, NULL, NULL);
    send_answer(state, job);
}

/* ---- questions */

/* Whether it has not read so much that more answers would only take memory. */
static bool is_deaf(const principal_t *principal)
{
    return atomic_load(&principal->unread) >= UNREAD_BYTES_MAX;
}

static void give_question(state_t *state, seat_t *seat)
{
    job_t *job = questions_take(&state->questions);
    if (is_deaf(job->principal)) {
        job_refuse(job, STATUS_BUSY, NULL, NULL, NULL);
        take_back(state, job);
        return;
    }
    state->running++;
    seat->busy = true;
    job_send(seat->socket, &job);
}

static void give_questions(state_t *state)
{
    for (size_t i = 0; i < state->seat_count; i++)
        while (state->questions.count && !state->seats[i].busy)
            give_question(state, &state->seats[i]);
    atomic_store(&state->hub->queries_queued, state->questions.count + state->running);
}

static void take_answers(state_t *state)
{
    job_t *job;
    while (job_receive(state->writer, ZMQ_DONTWAIT, &job)) {
        for (job_t *next; job; job = next) {
            next = job->next;
            state->changes--;
            take_back(state, job);
        }
    }
    atomic_store(&state->hub->commits_queued, state->changes);
    for (size_t i = 0; i < state->seat_count; i++)
        if (job_receive(state->seats[i].socket, ZMQ_DONTWAIT, &job)) {
            state->seats[i].busy = false;
            state->running--;
            take_back(state, job);
        }
    give_questions(state);
}

/* ---- requests */

/* Whether the key has its share already: nobody may hold more of a queue or of the memory than is still free in it, so
 * that a few who flood leave room for all others. */
static bool is_full(const state_t *state, const job_t *job)
{
    const settings_t *settings = state->hub->settings;
    const principal_t *principal = job->principal;
    bool is_question = query_is(job->request->kind);
    size_t room = is_question ? settings->query_queue : settings->commit_queue;
    size_t taken = is_question ? state->questions.count : state->changes;
    size_t own = is_question ? principal->unanswered - principal->changes : principal->changes;
    return principal->unanswered >= settings->requests_per_key || own + taken >= room ||
           principal->bytes + job->bytes + state->bytes > WAITING_BYTES_MAX || is_deaf(principal);
}

/* The decoded request goes where it belongs, or is refused here. */
static void dispatch(state_t *state, job_t *job)
{
    char message[200];
    request_kind_t kind = job->request->kind;
    role_t role = job->principal->role;
    job->bytes = sizeof *job + arena_used(job->arena);
    if (state->stopping) {
        refuse_now(state, job, STATUS_STOPPING, NULL);
    } else if (!access_role_may(role, kind)) {
        snprintf(message, sizeof message, "a key of role %s may not send %s", role_names[role],
                 request_kind_names[kind]);
        refuse_now(state, job, STATUS_NOT_ALLOWED, message);
    } else if (is_full(state, job)) {
        refuse_now(state, job, STATUS_BUSY, NULL);
    } else {
        job->principal->unanswered++;
        job->principal->changes += !query_is(kind);
        job->principal->bytes += job->bytes;
        state->bytes += job->bytes;
        if (query_is(kind)) {
            questions_add(&state->questions, job);
        } else {
            state->changes++;
            job_list_add(&state->outgoing, job);
        }
    }
}

static void read_request(state_t *state, const front_message_t *message, principal_t *principal)
{
    job_t *job = new_job(state);
    const char *why = NULL;
    if (!job)
        return; /* no memory for an answer either; the client asks again */
    memcpy(job->route, message->route, message->route_size);
    job->route_size = message->route_size;
    job->principal = principal;
    status_t status = request_decode(message->payload, job->arena, &job->request, &job->request_id, &why);
    if (status == STATUS_OK) {
        job->request_id = job->request->id;
        dispatch(state, job);
    } else {
        refuse_now(state, job, status, why);
    }
}

static bool read_message(state_t *state)
{
    front_message_t message;
    front_receipt_t receipt = front_receive(state->front, state->hub, &message);
    if (receipt != FRONT_MESSAGE)
        return receipt == FRONT_REFUSED;
    principal_t *principal = registry_find(state->hub->registry, message.key);
    if (principal && !atomic_load(&principal->revoked)) {
        connections_note(&state->connections, message.fd, principal);
        read_request(state, &message, principal);
    } else { /* revoked since its handshake */
        atomic_fetch_add(&state->hub->refusals, 1);
        connections_cut_one(message.fd);
    }
    front_end_message(&message);
    return true;
}

/* How many there were. */
static unsigned read_messages(state_t *state)
{
    unsigned count = 0;
    while (count < TURN_MESSAGES && read_message(state))
        if (++count % LOOK_MESSAGES == 0)
            take_answers(state);
    job_send_list(state->writer, &state->outgoing);
    give_questions(state);
    return count;
}

/* Where many come, each that is read alone costs a wake-up here, in the I/O thread and in the writer. Not while
 * questions wait for a worker: one that ends would idle. */
static void await_company(const state_t *state, unsigned count)
{
    const struct timespec moment = {0, CROWD_NANOSECONDS};
    if (count >= CROWD_MESSAGES && count < TURN_MESSAGES && !state->questions.count)
        nanosleep(&moment, NULL);
}

/* ---- enrolments */

/* A change as any other, but of nobody's account: its own thread lets few of them through. */
static void forward_enrolment(state_t *state, job_t *job)
{
    job->bytes = sizeof *job + arena_used(job->arena);
    state->bytes += job->bytes;
    if (state->stopping || state->changes >= state->hub->settings->commit_queue || state->bytes > WAITING_BYTES_MAX) {
        job_refuse(job, state->stopping ? STATUS_STOPPING : STATUS_BUSY, NULL, NULL, NULL);
        hand_back(state, job);
        return;
    }
    state->changes++;
    job_list_add(&state->outgoing, job);
}

static void take_enrolments(state_t *state)
{
    job_t *job;
    while (state->enrolment_open && job_receive(state->enrolment_socket, ZMQ_DONTWAIT, &job)) {
        if (job)
            forward_enrolment(state, job);
        else
            state->enrolment_open = false;
    }
    job_send_list(state->writer, &state->outgoing);
}

/* ---- the loop */

static void begin_stop(state_t *state, const char *why)
{
    if (!state->stopping)
        log_event(LOG_INFO, "stopping", "reason=%s changes=%zu questions=%zu", why, state->changes,
                  state->questions.count + state->running);
    job_t *stop = NULL;
    if (!state->stopping && state->enrolment_open)
        job_send(state->enrolment_socket, &stop);
    state->stopping = true;
}

static void serve(state_t *state)
{
    zmq_pollitem_t items[POLL_WORKERS + WORKERS_MAX + 1] = {
        [POLL_FRONT] = {state->front, 0, ZMQ_POLLIN, 0},
        [POLL_CONTROL] = {state->control, 0, ZMQ_POLLIN, 0},
        [POLL_WRITER] = {state->writer, 0, ZMQ_POLLIN, 0},
    };
    for (size_t i = 0; i < state->seat_count; i++)
        items[POLL_WORKERS + i] = (zmq_pollitem_t){state->seats[i].socket, 0, ZMQ_POLLIN, 0};
    int count = POLL_WORKERS + (int)state->seat_count;
    items[count] = (zmq_pollitem_t){state->enrolment_socket, 0, ZMQ_POLLIN, 0};
    char word;
    while (!state->stopping || state->changes || state->running || state->questions.count || state->enrolment_open) {
        zmq_poll(items, count + state->enrolment_open, IDLE_MS);
        if (zmq_recv(state->control, &word, sizeof word, ZMQ_DONTWAIT) >= 0)
            begin_stop(state, atomic_load(&state->hub->failed) ? "damage" : "signal");
        take_answers(state);
        if (atomic_load(&state->hub->failed))
            begin_stop(state, "failure");
        unsigned messages = read_messages(state);
        take_enrolments(state);
        await_company(state, messages);
    }
}

/* ---- starting and ending */

static bool await_ready(void *socket)
{
    int limit = START_MS, none = -1;
    job_t *ready;
    return zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit) == 0 && job_receive(socket, 0, &ready) &&
           zmq_setsockopt(socket, ZMQ_RCVTIMEO, &none, sizeof none) == 0;
}

static bool start_writer(state_t *state)
{
    state->writer = worker_socket(state->hub->zmq, WRITER_ENDPOINT, true);
    if (!state->writer || pthread_create(&state->writer_thread, NULL, writer_run, state->hub) != 0)
        return false;
    state->writer_started = true;
    return await_ready(state->writer);
}

static bool start_workers(state_t *state)
{
    for (size_t i = 0; i < state->hub->settings->query_workers && i < WORKERS_MAX; i++) {
        seat_t *seat = &state->seats[i];
        snprintf(seat->endpoint, sizeof seat->endpoint, "inproc://worker-%zu", i);
        seat->worker = (worker_t){.hub = state->hub, .endpoint = seat->endpoint};
        seat->socket = worker_socket(state->hub->zmq, seat->endpoint, true);
        state->seat_count = i + 1;
        if (!seat->socket || pthread_create(&seat->thread, NULL, worker_run, &seat->worker) != 0)
            return false;
        seat->started = true;
        if (!await_ready(seat->socket))
            return false;
    }
    return true;
}

static bool start_enrolment(state_t *state, server_t *server)
{
    enrolment_t *enrolment = &state->enrolment;
    const char *endpoint = state->hub->settings->enroll_listen;
    if (!*endpoint)
        return true;
    *enrolment = (enrolment_t){.hub = state->hub, .keys = server->keys, .endpoint = endpoint, .why = "no thread"};
    state->enrolment_socket = worker_socket(state->hub->zmq, ENROLMENT_SOCKET, true);
    state->enrolment_started =
        state->enrolment_socket && pthread_create(&state->enrolment_thread, NULL, enrolment_run, enrolment) == 0;
    state->enrolment_open = state->enrolment_started && await_ready(state->enrolment_socket);
    if (state->enrolment_open)
        snprintf(server->enrolling, sizeof server->enrolling, "%s", enrolment->bound);
    else
        snprintf(server->why, sizeof server->why, "enrolments cannot be taken at %s: %s", endpoint, enrolment->why);
    return state->enrolment_open;
}

/* The word to stop, and the end of the thread. */
static void end_thread(void **socket, bool started, pthread_t thread)
{
    job_t *stop = NULL;
    if (started) {
        job_send(*socket, &stop);
        pthread_join(thread, NULL);
    }
    if (*socket)
        zmq_close(*socket);
    *socket = NULL;
}

static bool open_front(state_t *state, server_t *server, char endpoint[300])
{
    const char *why = "";
    const front_limits_t limits = front_limits(state->hub->settings);
    void *zmq = state->hub->zmq;
    if (front_self_test(zmq, server->keys, &limits, &why))
        state->front = front_make(zmq, server->keys, &limits, &why);
    if (state->front && !(state->gatekeeper = gatekeeper_start(zmq, state->front, state->hub->settings)))
        why = "no thread or no memory";
    bool is_bound = state->gatekeeper && front_bind(state->front, server->endpoint, endpoint, &why);
    if (!is_bound)
        snprintf(server->why, sizeof server->why, "cannot serve at %s: %s", server->endpoint, why);
    return is_bound;
}

static bool start(state_t *state, server_t *server, char endpoint[300])
{
    snprintf(server->why, sizeof server->why, "cannot serve at %s: no thread or no memory", server->endpoint);
    return start_writer(state) && start_workers(state) && open_front(state, server, endpoint) &&
           start_enrolment(state, server);
}

static void end(state_t *state)
{
    if (state->enrolment_started) /* it has been told to stop, or could not begin */
        pthread_join(state->enrolment_thread, NULL);
    if (state->enrolment_socket)
        zmq_close(state->enrolment_socket);
    end_thread(&state->writer, state->writer_started, state->writer_thread);
    for (size_t i = 0; i < state->seat_count; i++)
        end_thread(&state->seats[i].socket, state->seats[i].started, state->seats[i].thread);
    connections_fini(&state->connections);
    for (job_t *job; (job = job_list_take(&state->spare));)
        job_destroy(&job);
    gatekeeper_stop(&state->gatekeeper);
    if (state->front)
        zmq_close(state->front); /* lingers until the answers have left, at most the socket's limit */
}

void *server_run(void *argument)
{
    server_t *server = argument;
    char endpoint[300] = "";
    pthread_setname_np(pthread_self(), "server");
    state_t state = {.hub = server->hub, .control = worker_socket(server->hub->zmq, SERVER_CONTROL, false)};
    if (!state.control)
        return NULL;
    if (start(&state, server, endpoint)) {
        zmq_send(state.control, endpoint, strlen(endpoint), 0);
        serve(&state);
        server->clean = !atomic_load(&server->hub->failed);
    }
    end(&state);
    zmq_send(state.control, "", 0, 0);
    zmq_close(state.control);
    return NULL;
}
