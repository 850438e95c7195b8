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

struct zap {
    pthread_t thread;
    const char *domain;
    registry_t *registry; /* who gets in; NULL in the enrolment endpoint's context, where everybody does */
    void *socket;         /* the thread's, from its start */
};

/* version, request id, domain, address, routing id, mechanism, credentials: the client's public key */
enum { FRAME_VERSION, FRAME_REQUEST, FRAME_DOMAIN, FRAME_ADDRESS, FRAME_IDENTITY, FRAME_MECHANISM, FRAME_KEY };

typedef struct {
    uint8_t bytes[FRAME_MAX];
    size_t size;
} frame_t;

static bool has_more(void *socket)
{
    int more = 0;
    size_t size = sizeof more;
    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more;
}

/* Size of the frame as it was sent, -1 when the context ends. */
static int receive_frame(void *socket, frame_t *out)
{
    int size;
    do
        size = zmq_recv(socket, out->bytes, FRAME_MAX, 0);
    while (size < 0 && errno == EINTR);
    out->size = size < 0 ? 0 : size > FRAME_MAX ? FRAME_MAX : (size_t)size;
    return size;
}

/* One request into `frames`: how many it had (those past the end are dropped), -1 when the context ends. */
static int receive(void *socket, frame_t frames[REQUEST_FRAMES])
{
    int count = 0;
    frame_t spare;
    do {
        if (receive_frame(socket, count < REQUEST_FRAMES ? &frames[count] : &spare) < 0)
            return -1;
        count++;
    } while (has_more(socket));
    return count;
}

static bool is_text(const frame_t *frame, const char *text)
{
    return frame->size == strlen(text) && memcmp(frame->bytes, text, frame->size) == 0;
}

static bool accepts(const zap_t *zap, const frame_t *frames, int count)
{
    return count == REQUEST_FRAMES && is_text(&frames[FRAME_VERSION], "1.0") &&
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

static bool reply(const zap_t *zap, const frame_t *frames, int count)
{
    bool accepted = accepts(zap, frames, count);
    char user[KEY_TEXT_SIZE] = "";
    if (accepted)
        zmq_z85_encode(user, frames[FRAME_KEY].bytes, KEY_SIZE);
    route_t route = make_route();
    const frame_t *request = &frames[FRAME_REQUEST];
    return send_text(zap->socket, "1.0", ZMQ_SNDMORE) &&
           zmq_send(zap->socket, request->bytes, count > FRAME_REQUEST ? request->size : 0, ZMQ_SNDMORE) >= 0 &&
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

static void *run(void *argument)
{
    zap_t *zap = argument;
    pthread_setname_np(pthread_self(), "zap");
    frame_t frames[REQUEST_FRAMES];
    for (;;) {
        int count = receive(zap->socket, frames);
        let_client_be_read();
        if (count < 0 || !reply(zap, frames, count))
            break;
    }
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
    zap->socket = zmq_socket(zmq, ZMQ_REP);
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
