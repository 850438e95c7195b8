#include "hub/zap.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define ENDPOINT         "inproc://zeromq.zap.01"
#define FRAME_MAX        255
#define KEY_TEXT_SIZE    41
#define REQUEST_FRAMES   7
#define HOLD_NANOSECONDS 100000
#define BATCH            64 /* requests that are held together */

/* version, request id, domain, address, routing id, mechanism, credentials: the client's public key */
enum { FRAME_VERSION, FRAME_REQUEST, FRAME_DOMAIN, FRAME_ADDRESS, FRAME_IDENTITY, FRAME_MECHANISM, FRAME_KEY };

typedef struct {
    uint8_t bytes[FRAME_MAX];
    size_t size;
} frame_t;

typedef struct {
    frame_t asker; /* the connection that asks, as our ROUTER calls it */
    frame_t frames[REQUEST_FRAMES];
    int count; /* how many it had; those past the end are dropped */
} question_t;

struct zap {
    pthread_t thread;
    const char *domain;
    registry_t *registry; /* who gets in; NULL in the enrolment endpoint's context, where everybody does */
    void *socket;         /* the thread's, from its start */
    question_t questions[BATCH];
};

static bool has_more(void *socket)
{
    int more = 0;
    size_t size = sizeof more;
    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more;
}

/* Size of the frame as it was sent; -1 when there is none (ZMQ_DONTWAIT) or the context ends. */
static int receive_frame(void *socket, int flags, frame_t *out)
{
    int size;
    do
        size = zmq_recv(socket, out->bytes, FRAME_MAX, flags);
    while (size < 0 && errno == EINTR);
    out->size = size < 0 ? 0 : size > FRAME_MAX ? FRAME_MAX : (size_t)size;
    return size;
}

/* One request: who asks, an empty frame, then its own. False: none, or the context ends. */
static bool receive(void *socket, int flags, question_t *out)
{
    frame_t spare;
    out->count = 0;
    if (receive_frame(socket, flags, &out->asker) < 0 || (has_more(socket) && receive_frame(socket, 0, &spare) < 0))
        return false;
    while (has_more(socket)) {
        if (receive_frame(socket, 0, out->count < REQUEST_FRAMES ? &out->frames[out->count] : &spare) < 0)
            return false;
        out->count++;
    }
    return true;
}

static bool is_text(const frame_t *frame, const char *text)
{
    return frame->size == strlen(text) && memcmp(frame->bytes, text, frame->size) == 0;
}

static bool accepts(const zap_t *zap, const question_t *request)
{
    const frame_t *frames = request->frames;
    return request->count == REQUEST_FRAMES && is_text(&frames[FRAME_VERSION], "1.0") &&
           is_text(&frames[FRAME_DOMAIN], zap->domain) && is_text(&frames[FRAME_MECHANISM], "CURVE") &&
           frames[FRAME_KEY].size == KEY_SIZE &&
           (!zap->registry || registry_accepts(zap->registry, frames[FRAME_KEY].bytes));
}

static bool send_text(void *socket, const char *text, int flags)
{
    return zmq_send(socket, text, strlen(text), flags) >= 0;
}

/* The property that names a connection to our ROUTER: its length, its name, four bytes of length, its value. */
#define ROUTE_PROPERTY "\x08Identity\0\0\0\x11"
#define ROUTE_RANDOM   16

typedef struct {
    uint8_t bytes[sizeof ROUTE_PROPERTY - 1 + 1 + ROUTE_RANDOM];
} route_t;

/* A routing id that nobody can guess. A client's own wish would let it take another's place, or one of the numbers that
 * libzmq gives to those without a wish: it aborts the process over one that is taken (4.3.4). The name that is read
 * last counts: see let_client_be_read. */
static route_t make_route(void)
{
    route_t route;
    size_t head = sizeof ROUTE_PROPERTY - 1;
    memcpy(route.bytes, ROUTE_PROPERTY, head);
    route.bytes[head] = 1; /* libzmq's own begin with 0 */
    randombytes_buf(route.bytes + head + 1, ROUTE_RANDOM);
    return route;
}

static bool reply(const zap_t *zap, const question_t *request)
{
    bool accepted = accepts(zap, request);
    char user[KEY_TEXT_SIZE] = "";
    if (accepted)
        zmq_z85_encode(user, request->frames[FRAME_KEY].bytes, KEY_SIZE);
    route_t route = make_route();
    const frame_t *asker = &request->asker, *id = &request->frames[FRAME_REQUEST];
    return zmq_send(zap->socket, asker->bytes, asker->size, ZMQ_SNDMORE) >= 0 &&
           send_text(zap->socket, "", ZMQ_SNDMORE) && send_text(zap->socket, "1.0", ZMQ_SNDMORE) &&
           zmq_send(zap->socket, id->bytes, request->count > FRAME_REQUEST ? id->size : 0, ZMQ_SNDMORE) >= 0 &&
           send_text(zap->socket, accepted ? "200" : "300", ZMQ_SNDMORE) &&
           send_text(zap->socket, accepted ? "OK" : "this key is not admitted", ZMQ_SNDMORE) &&
           send_text(zap->socket, user, ZMQ_SNDMORE) &&
           zmq_send(zap->socket, route.bytes, accepted ? sizeof route.bytes : 0, 0) >= 0;
}

/* The I/O thread reads the client's properties right after it has asked us, and overwrites ours where our reply is
 * already there: where asking us took the processor from it. */
static void let_client_be_read(void)
{
    struct timespec moment = {0, HOLD_NANOSECONDS};
    nanosleep(&moment, NULL);
}

/* Held one by one they would be a queue of their own: on a busy machine a moment's sleep is many. */
static bool answer_batch(zap_t *zap)
{
    size_t count = 0;
    if (!receive(zap->socket, 0, &zap->questions[count++]))
        return false;
    while (count < BATCH && receive(zap->socket, ZMQ_DONTWAIT, &zap->questions[count]))
        count++;
    let_client_be_read();
    for (size_t i = 0; i < count; i++)
        if (!reply(zap, &zap->questions[i]))
            return false;
    return true;
}

static void *run(void *argument)
{
    zap_t *zap = argument;
    pthread_setname_np(pthread_self(), "zap");
    while (answer_batch(zap))
        ;
    zmq_close(zap->socket);
    return NULL;
}

static status_t start(void *zmq, const char *domain, registry_t *registry, zap_t **out)
{
    int linger = 0;
    zap_t *zap = calloc(1, sizeof *zap);
    if (!zap)
        return STATUS_NO_MEMORY;
    zap->domain = domain;
    zap->registry = registry;
    zap->socket = zmq_socket(zmq, ZMQ_ROUTER); /* a REP takes one request at a time */
    if (!zap->socket || zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_bind(zap->socket, ENDPOINT) != 0 || pthread_create(&zap->thread, NULL, run, zap) != 0) {
        if (zap->socket)
            zmq_close(zap->socket);
        free(zap);
        return STATUS_IO;
    }
    *out = zap;
    return STATUS_OK;
}

status_t zap_start(void *zmq, registry_t *registry, zap_t **out)
{
    assert(registry);
    return start(zmq, ZAP_DOMAIN, registry, out);
}

status_t zap_start_for_enrolment(void *zmq, zap_t **out)
{
    return start(zmq, ZAP_ENROLMENT_DOMAIN, NULL, out);
}

void zap_join(zap_t **zap)
{
    if (!zap || !*zap)
        return;
    pthread_join((*zap)->thread, NULL);
    free(*zap);
    *zap = NULL;
}
