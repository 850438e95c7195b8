#include "client/connection.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define REQUESTS 300

typedef enum { BEHAVE_WELL, BUSY_AT_FIRST, ALWAYS_BUSY, BREAK_OFTEN, KEEP_SILENT, TALK_NONSENSE } behaviour_t;

/* A hub in a thread of its own: CURVE, no ZAP, receipts whose revision is the period's number. */
typedef struct {
    behaviour_t behaviour;
    home_t keys, home; /* its own keys; the client's home */
    void *context;
    char endpoint[64];
    atomic_bool is_over;
    atomic_size_t received;
    uint32_t last;           /* period's number of the request before, 0 after a break */
    atomic_size_t backwards; /* requests that came after one of a later period */
    pthread_t thread;
} hub_t;

static void *bind_socket(hub_t *hub, const char *endpoint)
{
    int on = 1, off = 0, wait = 20;
    void *socket = zmq_socket(hub->context, ZMQ_ROUTER);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, hub->keys.secret_key, HOME_KEY_SIZE);
    zmq_setsockopt(socket, ZMQ_LINGER, &off, sizeof off);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait, sizeof wait);
    while (zmq_bind(socket, endpoint) != 0 && !atomic_load(&hub->is_over))
        ; /* the port of a socket that is being closed comes free in a moment */
    return socket;
}

static response_t make_answer(hub_t *hub, const request_t *request, size_t number)
{
    response_t response = {.id = request->id, .status = STATUS_OK, .kind = RESPONSE_RECEIPT};
    bool is_busy = hub->behaviour == ALWAYS_BUSY || (hub->behaviour == BUSY_AT_FIRST && number % 3 == 0);
    if (is_busy)
        return (response_t){.id = request->id, .status = STATUS_BUSY, .message = "full"};
    uint32_t revision = period_to_number(request->withdrawal.period);
    response.receipt = (receipt_t){.outcome = OUTCOME_WITHDRAWN, .revision = revision};
    return response;
}

/* Reads one request and answers it; false where none came in time. */
static bool serve_one(hub_t *hub, void *socket)
{
    zmq_msg_t id, frame;
    zmq_msg_init(&id);
    zmq_msg_init(&frame);
    bool is_there = zmq_msg_recv(&id, socket, 0) >= 0 && zmq_msg_recv(&frame, socket, 0) >= 0;
    if (is_there && hub->behaviour != KEEP_SILENT) {
        size_t number = atomic_fetch_add(&hub->received, 1);
        arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
        request_t *request = NULL;
        uint64_t request_id;
        const char *why = "";
        status_t status =
            request_decode((span_t){zmq_msg_data(&frame), zmq_msg_size(&frame)}, arena, &request, &request_id, &why);
        buffer_t bytes = {0};
        if (status == STATUS_OK) {
            uint32_t period = period_to_number(request->withdrawal.period);
            atomic_fetch_add(&hub->backwards, period < hub->last);
            hub->last = period;
            response_t response = make_answer(hub, request, number);
            status = response_encode(&response, &bytes);
        }
        zmq_msg_send(&id, socket, ZMQ_SNDMORE);
        if (hub->behaviour == TALK_NONSENSE || status != STATUS_OK)
            zmq_send(socket, "\xff\xff\xff", 3, 0);
        else
            zmq_send(socket, bytes.data, bytes.size, 0);
        buffer_fini(&bytes);
        arena_destroy(&arena);
    }
    zmq_msg_close(&id);
    zmq_msg_close(&frame);
    return is_there;
}

static void *serve(void *argument)
{
    hub_t *hub = argument;
    void *socket = bind_socket(hub, hub->endpoint);
    size_t breaks = 0;
    while (!atomic_load(&hub->is_over)) {
        serve_one(hub, socket);
        if (hub->behaviour == BREAK_OFTEN && breaks < 6 && atomic_load(&hub->received) > (breaks + 1) * 45) {
            breaks++;
            zmq_close(socket);
            socket = bind_socket(hub, hub->endpoint);
            hub->last = 0;
        }
    }
    zmq_close(socket);
    return NULL;
}

static void start(hub_t *hub, behaviour_t behaviour)
{
    memset(hub, 0, sizeof *hub);
    hub->behaviour = behaviour;
    cr_assert_eq(home_make_keys(&hub->keys), STATUS_OK);
    cr_assert_eq(home_make_keys(&hub->home), STATUS_OK);
    memcpy(hub->home.hub_key, hub->keys.public_key, HOME_KEY_SIZE);
    hub->context = zmq_ctx_new();
    void *probe = zmq_socket(hub->context, ZMQ_ROUTER); /* finds a free port */
    size_t size = sizeof hub->endpoint;
    cr_assert_eq(zmq_bind(probe, "tcp://127.0.0.1:*"), 0);
    cr_assert_eq(zmq_getsockopt(probe, ZMQ_LAST_ENDPOINT, hub->endpoint, &size), 0);
    zmq_close(probe);
    cr_assert_eq(pthread_create(&hub->thread, NULL, serve, hub), 0);
}

static void stop(hub_t *hub)
{
    atomic_store(&hub->is_over, true);
    pthread_join(hub->thread, NULL);
    zmq_ctx_term(hub->context);
}

typedef struct {
    unsigned taken[REQUESTS];
    size_t wrong;
} calls_t;

static period_t period_of(size_t index)
{
    return period_make(2000, 1) + (period_t)index;
}

static status_t make(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    (void)context;
    *out = (request_t){.kind = REQUEST_WITHDRAW,
                       .withdrawal = {.dealer = "D1", .period = period_of(index), .why = "test"}};
    memset(out->withdrawal.id, 7, SUBMISSION_ID_SIZE);
    return STATUS_OK;
}

static status_t take(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)arena;
    calls_t *calls = context;
    calls->taken[index]++;
    calls->wrong += response->status != STATUS_OK || response->receipt.revision != period_to_number(period_of(index));
    return STATUS_OK;
}

/* Runs REQUESTS requests and returns how that ended; every fault line is in *faults. */
static status_t run(hub_t *hub, unsigned timeout_s, size_t count, calls_t *calls, faults_t *faults)
{
    connection_t *connection = NULL;
    cr_assert_eq(connection_open(&hub->home, hub->endpoint, timeout_s, &connection, faults), STATUS_OK);
    exchange_t exchange = {count, 0, calls, make, take};
    status_t status = connection_exchange(connection, &exchange, faults);
    connection_close(&connection);
    cr_assert_null(connection);
    return status;
}

static void expect_all_once(behaviour_t behaviour)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    hub_t hub;
    calls_t calls = {0};
    start(&hub, behaviour);
    cr_assert_eq(run(&hub, 20, REQUESTS, &calls, &faults), STATUS_OK, "%s",
                 faults.count ? faults.items[0].message : "");
    stop(&hub);
    cr_assert_eq(calls.wrong, 0);
    for (size_t i = 0; i < REQUESTS; i++)
        cr_assert_eq(calls.taken[i], 1, "request %zu was taken %u times", i, calls.taken[i]);
    size_t received = atomic_load(&hub.received);
    if (behaviour != BUSY_AT_FIRST)
        cr_assert_eq(atomic_load(&hub.backwards), 0, "%zu", atomic_load(&hub.backwards));
    if (behaviour == BEHAVE_WELL)
        cr_assert_eq(received, REQUESTS, "%zu", received);
    if (behaviour == BUSY_AT_FIRST)
        cr_assert_gt(received, REQUESTS, "%zu", received);
}

static void expect_failure(behaviour_t behaviour, status_t expected, const char *words)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    hub_t hub;
    calls_t calls = {0};
    start(&hub, behaviour);
    status_t status = run(&hub, 1, 1, &calls, &faults);
    stop(&hub);
    cr_assert_eq(status, expected, "%s", status_name(status));
    cr_assert_eq(faults.count, 1);
    cr_assert_not_null(strstr(faults.items[0].message, words), "%s", faults.items[0].message);
    cr_assert_eq(calls.taken[0], 0);
}

TestSuite(connection, .timeout = 60);

Test(connection, every_request_is_answered_once)
{
    expect_all_once(BEHAVE_WELL);
}

Test(connection, a_busy_hub_is_asked_again)
{
    expect_all_once(BUSY_AT_FIRST);
}

Test(connection, what_a_lost_connection_took_is_sent_again)
{
    expect_all_once(BREAK_OFTEN);
}

Test(connection, a_hub_that_stays_busy_is_named_so)
{
    expect_failure(ALWAYS_BUSY, STATUS_BUSY, "busy");
}

Test(connection, a_silent_hub_is_waited_for_and_given_up)
{
    expect_failure(KEEP_SILENT, STATUS_TIMED_OUT, "did not answer in 1 s");
}

Test(connection, an_unreadable_answer_ends_it)
{
    expect_failure(TALK_NONSENSE, STATUS_MALFORMED, "cannot be read");
}

Test(connection, a_hub_that_is_not_there_is_not_reached)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    hub_t hub;
    calls_t calls = {0};
    start(&hub, BEHAVE_WELL);
    stop(&hub);
    cr_assert_eq(run(&hub, 1, 1, &calls, &faults), STATUS_TIMED_OUT);
    cr_assert_not_null(strstr(faults.items[0].message, "not reached in 1 s: nothing answers there"), "%s",
                       faults.items[0].message);
    cr_assert_not_null(strstr(faults.items[0].message, hub.endpoint));
}

Test(connection, who_tries_once_gives_up_as_soon_as_nothing_takes_the_connection)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    hub_t hub;
    calls_t calls = {0};
    connection_t *connection = NULL;
    exchange_t exchange = {1, 1, &calls, make, take};
    start(&hub, BEHAVE_WELL);
    cr_assert_eq(connection_open(&hub.home, hub.endpoint, 3600, &connection, &faults), STATUS_OK);
    cr_assert_eq(connection_exchange(connection, &exchange, &faults), STATUS_OK);
    connection_try_once(connection); /* not before: the hub binds when its thread comes to it */
    stop(&hub);
    cr_assert_eq(connection_exchange(connection, &exchange, &faults), STATUS_TIMED_OUT);
    connection_close(&connection);
    cr_assert_not_null(strstr(faults.items[0].message, "not reached: nothing answers there"), "%s",
                       faults.items[0].message);
}

Test(connection, another_hubs_key_closes_the_handshake)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    hub_t hub;
    calls_t calls = {0};
    start(&hub, BEHAVE_WELL);
    memcpy(hub.home.hub_key, hub.home.public_key, HOME_KEY_SIZE);
    status_t status = run(&hub, 10, 1, &calls, &faults);
    stop(&hub);
    cr_assert_eq(status, STATUS_REFUSED_KEY, "%s", status_name(status));
    cr_assert_not_null(strstr(faults.items[0].message, hub.home.public_key));
}

static status_t make_too_large(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)context;
    (void)index;
    uint8_t *bytes = arena_alloc(arena, REQUEST_SIZE_MAX);
    cr_assert_not_null(bytes);
    memset(bytes, 'x', REQUEST_SIZE_MAX);
    *out = (request_t){.kind = REQUEST_INSTALL_CATALOG, .catalog_yaml = {bytes, REQUEST_SIZE_MAX}};
    return STATUS_OK;
}

Test(connection, a_request_over_the_limit_is_not_sent)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    hub_t hub;
    connection_t *connection = NULL;
    start(&hub, BEHAVE_WELL);
    cr_assert_eq(connection_open(&hub.home, hub.endpoint, 10, &connection, &faults), STATUS_OK);
    calls_t calls = {0};
    exchange_t exchange = {1, 1, &calls, make_too_large, take};
    cr_assert_eq(connection_exchange(connection, &exchange, &faults), STATUS_LIMIT);
    connection_close(&connection);
    stop(&hub);
    cr_assert_eq(atomic_load(&hub.received), 0);
    cr_assert_eq(faults.count, 1);
    cr_assert_not_null(strstr(faults.items[0].message, "split the input"), "%s", faults.items[0].message);
}
