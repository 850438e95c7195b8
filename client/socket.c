#include "client/socket.h"

#include "core/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A closed handshake is believed at the second time: the first may have met a hub that was just going down. */
#define REFUSALS_MAX 2
#define HANDSHAKE_MS 15000 /* longer than the hub's (5 s), so that it is the hub who ends a handshake that hangs */
#define HANGING_MS   3000
#define PAUSE_MS     100
#define PAUSE_MAX_MS 5000

#define EVENTS                                                                                                         \
    (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |        \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

monotonic_t monotonic_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (monotonic_t){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

static bool set_number(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_keys(void *socket, const home_t *home)
{
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, home->hub_key, HOME_KEY_SIZE) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, home->public_key, HOME_KEY_SIZE) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, home->secret_key, HOME_KEY_SIZE) == 0;
}

/* No routing id: the hub knows us by our key (STACK 0.2). IMMEDIATE: nothing is queued for a hub that is not there. */
static bool set_options(void *socket, const home_t *home)
{
    int64_t frame_max = RESPONSE_SIZE_MAX;
    return set_number(socket, ZMQ_LINGER, 0) && set_number(socket, ZMQ_IMMEDIATE, 1) &&
           set_number(socket, ZMQ_SNDHWM, 64) && set_number(socket, ZMQ_RCVHWM, 64) &&
           set_number(socket, ZMQ_RECONNECT_IVL, 200) && set_number(socket, ZMQ_RECONNECT_IVL_MAX, 5000) &&
           set_number(socket, ZMQ_CONNECT_TIMEOUT, 5000) && set_number(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
           set_number(socket, ZMQ_HEARTBEAT_IVL, 10000) && set_number(socket, ZMQ_HEARTBEAT_TIMEOUT, 30000) &&
           set_number(socket, ZMQ_HEARTBEAT_TTL, 30000) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0 &&
           set_number(socket, ZMQ_IPV6, 1) && set_keys(socket, home);
}

static void close_socket(socket_t *socket)
{
    if (socket->socket)
        zmq_socket_monitor(socket->socket, NULL, 0);
    if (socket->monitor)
        zmq_close(socket->monitor);
    if (socket->socket)
        zmq_close(socket->socket);
    socket->monitor = socket->socket = NULL;
    socket->is_ready = false;
}

/* The monitor is joined before connecting, so that no event is missed. */
static bool open_socket(socket_t *socket)
{
    char name[48];
    snprintf(name, sizeof name, "inproc://monitor-%u", socket->made++);
    socket->socket = zmq_socket(socket->context, ZMQ_DEALER);
    socket->monitor = zmq_socket(socket->context, ZMQ_PAIR);
    bool is_open = socket->socket && socket->monitor && set_options(socket->socket, socket->home) &&
                   zmq_socket_monitor(socket->socket, name, EVENTS) == 0 &&
                   set_number(socket->monitor, ZMQ_LINGER, 0) && zmq_connect(socket->monitor, name) == 0 &&
                   zmq_connect(socket->socket, socket->endpoint) == 0;
    int reason = errno;
    if (!is_open)
        close_socket(socket);
    errno = reason;
    return is_open;
}

static status_t add_unopened(const socket_t *socket, faults_t *faults)
{
    faults_add(faults, 0, 0, "no connection to %s can be made: %s", socket->endpoint, zmq_strerror(errno));
    return STATUS_IO;
}

status_t socket_init(socket_t *socket, const home_t *home, const char *endpoint, faults_t *faults)
{
    *socket = (socket_t){.home = home};
    snprintf(socket->endpoint, sizeof socket->endpoint, "%s", endpoint);
    socket->context = zmq_ctx_new();
    if (!socket->context || !open_socket(socket)) {
        status_t status = add_unopened(socket, faults);
        socket_fini(socket);
        return status;
    }
    return STATUS_OK;
}

void socket_fini(socket_t *socket)
{
    close_socket(socket);
    if (socket->context)
        zmq_ctx_term(socket->context);
    socket->context = NULL;
}

status_t socket_wait(socket_t *socket, bool to_write, int64_t wait_ms, faults_t *faults)
{
    int64_t open_in = socket->open_at.ms - monotonic_now().ms;
    if (!socket->socket && open_in <= 0 && !open_socket(socket))
        return add_unopened(socket, faults);
    zmq_pollitem_t items[] = {{socket->monitor, 0, ZMQ_POLLIN, 0},
                              {socket->socket, 0, (short)(to_write ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN), 0}};
    if (!socket->socket && wait_ms > open_in)
        wait_ms = open_in;
    if (zmq_poll(items, socket->socket ? 2 : 0, wait_ms < 0 ? 0 : wait_ms) < 0 && errno != EINTR) {
        faults_add(faults, 0, 0, "waiting for %s failed: %s", socket->endpoint, zmq_strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

status_t socket_send(socket_t *socket, span_t frame)
{
    if (!socket->socket)
        return STATUS_BUSY;
    return zmq_send(socket->socket, frame.data, frame.size, ZMQ_DONTWAIT) < 0 ? STATUS_BUSY : STATUS_OK;
}

bool socket_receive(socket_t *socket, zmq_msg_t *out)
{
    bool is_part = false;
    while (socket->socket && zmq_msg_recv(out, socket->socket, ZMQ_DONTWAIT) >= 0) {
        if (!is_part && !zmq_msg_more(out))
            return true;
        is_part = zmq_msg_more(out);
    }
    return false;
}

/* The number of the next event; 0 where there is none. The monitor sends number and value in one frame, the endpoint in
 * a second. */
static int next_event(void *monitor)
{
    uint8_t bytes[6] = {0}, rest[ENDPOINT_SIZE];
    if (zmq_recv(monitor, bytes, sizeof bytes, ZMQ_DONTWAIT) != sizeof bytes)
        return 0;
    (void)!zmq_recv(monitor, rest, sizeof rest, ZMQ_DONTWAIT);
    uint16_t event;
    memcpy(&event, bytes, sizeof event);
    return event;
}

static void lose(socket_t *socket)
{
    close_socket(socket);
    unsigned doublings = socket->losses < 6 ? socket->losses : 6;
    int64_t pause = PAUSE_MS << doublings;
    if (pause > PAUSE_MAX_MS)
        pause = PAUSE_MAX_MS;
    socket->losses++;
    socket->open_at.ms = monotonic_now().ms + pause / 2 + arc4random_uniform((uint32_t)pause);
}

/* Closed by our own time limit: they keep silent. By the hub's: libzmq now and then leaves a refused key hanging until
 * then. At once: a refusal, or a hub that was just going down. */
static void note_closed_handshake(socket_t *socket)
{
    int64_t after = monotonic_now().ms - socket->connected_at.ms;
    if (after < HANGING_MS)
        socket->refusals++;
    else if (after < HANDSHAKE_MS - 500)
        socket->refusals = REFUSALS_MAX;
}

/* Takes one event in; true where the connection is lost. */
static bool note_event(socket_t *socket, int event)
{
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        socket->has_connected = true;
        socket->has_missed = false;
        socket->connected_at = monotonic_now();
        return false;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        socket->is_ready = true;
        socket->refusals = socket->losses = 0;
        return false;
    case ZMQ_EVENT_CONNECT_RETRIED: /* nothing listens: whoever closed a handshake before is gone */
        socket->refusals = 0;
        socket->has_connected = false;
        socket->has_missed = true;
        return false;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        socket->speaks_other = true;
        return true;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        socket->refusals = REFUSALS_MAX;
        return true;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        note_closed_handshake(socket);
        return true;
    default: /* ZMQ_EVENT_DISCONNECTED */
        return true;
    }
}

status_t socket_check(socket_t *socket)
{
    bool is_lost = false;
    for (int event; socket->monitor && !is_lost && (event = next_event(socket->monitor)) != 0;)
        is_lost = note_event(socket, event);
    if (!is_lost)
        return STATUS_OK;
    lose(socket);
    return socket->refusals >= REFUSALS_MAX ? STATUS_REFUSED_KEY : STATUS_IO;
}
