#include "hub/front.h"

#include "hub/zap.h"

#include "core/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* Hidden in the headers of a non-draft build; Debian's library takes it, and front_self_test proves that it works. */
#define ZAP_ENFORCE_DOMAIN          93

#define CONNECTION_RECEIVE_MESSAGES 16
#define CURVE_FRAME_BYTES           33 /* name, nonce, authenticator and flags around an encrypted message */
#define FLUSH_MS                    5000

#define ENROLMENT_BACKLOG           128
#define ENROLMENT_FLUSH_MS          1000
#define ENROLMENT_RECEIVE_BYTES     8192 /* more than all that a connection has to send */

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((front_message_t *)0)->message), "room for a zmq_msg_t");

static bool set_int(void *socket, int option, int value)
{
    int taken = -1;
    size_t size = sizeof taken;
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0 &&
           zmq_getsockopt(socket, option, &taken, &size) == 0 && taken == value;
}

/* As set_int for an option that cannot be read back. */
static bool put_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_security(void *socket, const front_keys_t *keys, const char *domain)
{
    return set_int(socket, ZMQ_CURVE_SERVER, 1) &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, 40) == 0 &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) == 0 &&
           set_int(socket, ZAP_ENFORCE_DOMAIN, 1);
}

front_limits_t front_limits(const settings_t *settings)
{
    return (front_limits_t){
        .zap_domain = ZAP_DOMAIN,
        .frame_max = REQUEST_SIZE_MAX,
        .received = CONNECTION_RECEIVE_MESSAGES,
        /* A pipe tells its writer of what was read only each half of its mark, and a client may have requests_per_key
         * answers under way: below twice that, answers would be dropped for clients that do read. Of who sends far more
         * than that, some are dropped, busy ones too: libzmq reads a hundred small requests for each large answer that
         * it writes. */
        .answers = (int)settings->requests_per_key * 2 + 16,
        .backlog = (int)settings->backlog,
        .handshake_ms = (int)settings->handshake_ms,
        .heartbeat_ms = (int)settings->heartbeat_ms,
        .flush_ms = FLUSH_MS,
    };
}

front_limits_t front_limits_of_enrolment(const settings_t *settings)
{
    const uint32_t most_ms = ENROLL_SECONDS_MAX * 1000;
    return (front_limits_t){
        .zap_domain = ZAP_ENROLMENT_DOMAIN,
        .frame_max = ENROLL_SIZE_MAX,
        .received = ENROLL_MESSAGES_MAX,
        .answers = 2 * ENROLL_MESSAGES_MAX,
        .backlog = ENROLMENT_BACKLOG,
        .handshake_ms = (int)(settings->handshake_ms < most_ms ? settings->handshake_ms : most_ms),
        .flush_ms = ENROLMENT_FLUSH_MS,
        .receive_bytes = ENROLMENT_RECEIVE_BYTES,
    };
}

static bool set_limits(void *socket, const front_limits_t *limits)
{
    /* libzmq measures what is on the wire. */
    int64_t frame_max = limits->frame_max + CURVE_FRAME_BYTES;
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0 &&
           set_int(socket, ZMQ_RCVHWM, limits->received) && set_int(socket, ZMQ_SNDHWM, limits->answers) &&
           set_int(socket, ZMQ_BACKLOG, limits->backlog) && set_int(socket, ZMQ_HANDSHAKE_IVL, limits->handshake_ms) &&
           set_int(socket, ZMQ_HEARTBEAT_IVL, limits->heartbeat_ms) &&
           set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, limits->heartbeat_ms * 3) &&
           put_int(socket, ZMQ_HEARTBEAT_TTL, limits->heartbeat_ms * 3) &&
           set_int(socket, ZMQ_LINGER, limits->flush_ms) &&
           (!limits->receive_bytes || set_int(socket, ZMQ_RCVBUF, limits->receive_bytes));
}

void *front_make(void *zmq, const front_keys_t *keys, const front_limits_t *limits, const char **out_why)
{
    void *socket = zmq_socket(zmq, ZMQ_ROUTER);
    *out_why = "no socket";
    if (!socket)
        return NULL;
    /* HANDOVER 0: a client that takes another's routing id gets nothing. Who it is comes from ZAP alone. */
    if (put_int(socket, ZMQ_ROUTER_MANDATORY, 1) && put_int(socket, ZMQ_ROUTER_HANDOVER, 0) &&
        set_security(socket, keys, limits->zap_domain) && set_limits(socket, limits))
        return socket;
    *out_why = "libzmq does not take an option that the hub needs";
    zmq_close(socket);
    return NULL;
}

/* Why the endpoint was not bound: libzmq takes addresses and interfaces here, and says of any other word that there is
 * no such device. */
static const char *why_not_bound(int code)
{
    if (code == ENODEV || code == EADDRNOTAVAIL)
        return "this machine has no such address or interface; write one of its addresses, or * for all";
    return zmq_strerror(code);
}

bool front_bind(void *socket, const char *endpoint, char out_endpoint[300], const char **out_why)
{
    size_t size = 300;
    if (strchr(endpoint, '[') && !set_int(socket, ZMQ_IPV6, 1)) {
        *out_why = "libzmq has no IPv6";
        return false;
    }
    if (zmq_bind(socket, endpoint) != 0 || zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, out_endpoint, &size) != 0) {
        *out_why = why_not_bound(zmq_errno());
        return false;
    }
    return true;
}

void *front_open(void *zmq, const front_keys_t *keys, const front_limits_t *limits, const char *endpoint,
                 char out_endpoint[300], const char **out_why)
{
    void *socket = front_make(zmq, keys, limits, out_why);
    if (socket && !front_bind(socket, endpoint, out_endpoint, out_why)) {
        zmq_close(socket);
        return NULL;
    }
    return socket;
}

/* ---- the self test */

#define TEST_MONITOR "inproc://self-test"
#define TEST_MS      10000

static void close_socket(void **socket)
{
    if (*socket)
        zmq_close(*socket);
}

/* Before its reader is closed: an I/O thread that tells a monitor without a reader waits for ever. */
static void stop_monitor(void **monitored)
{
    if (*monitored)
        zmq_socket_monitor(*monitored, NULL, 0);
}

/* A client with a key that nobody knows, connecting. */
static void *knock(void *zmq, const front_keys_t *keys, const char *endpoint)
{
    char public_key[41], secret_key[41];
    void *client = zmq_socket(zmq, ZMQ_DEALER);
    if (client && zmq_curve_keypair(public_key, secret_key) == 0 && put_int(client, ZMQ_LINGER, 0) &&
        zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, keys->public_key, 40) == 0 &&
        zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, public_key, 40) == 0 &&
        zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, secret_key, 40) == 0 && zmq_connect(client, endpoint) == 0)
        return client;
    close_socket(&client);
    return NULL;
}

/* The first outcome of a handshake that the monitor tells of: 300 for a refusal by ZAP, 0 for anything else. */
static int await_refusal(void *monitor)
{
    struct {
        uint16_t event;
        uint32_t value;
    } __attribute__((packed)) told;
    char address[300];
    while (zmq_recv(monitor, &told, sizeof told, 0) == (int)sizeof told) {
        zmq_recv(monitor, address, sizeof address, 0);
        if (told.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            return (int)told.value;
        if (told.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            return 0;
    }
    return 0;
}

bool front_self_test(void *zmq, const front_keys_t *keys, const front_limits_t *limits, const char **out_why)
{
    char endpoint[300];
    const int events = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    CLEANUP(close_socket) void *front = front_open(zmq, keys, limits, "tcp://127.0.0.1:*", endpoint, out_why);
    if (!front)
        return false;
    *out_why = "the self test could not be set up";
    if (!put_int(front, ZMQ_LINGER, 0) || zmq_socket_monitor(front, TEST_MONITOR, events) != 0)
        return false;
    CLEANUP(close_socket) void *monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (!monitor || !put_int(monitor, ZMQ_LINGER, 0) || !put_int(monitor, ZMQ_RCVTIMEO, TEST_MS) ||
        zmq_connect(monitor, TEST_MONITOR) != 0)
        return false;
    CLEANUP(stop_monitor) __attribute__((unused)) void *monitored = front;
    CLEANUP(close_socket) void *client = knock(zmq, keys, endpoint);
    if (!client)
        return false;
    *out_why = "an unknown key was not refused at the handshake: libzmq's access check does not work on this machine";
    return await_refusal(monitor) == 300;
}

/* ---- frames */

static bool has_more(void *socket)
{
    int more = 0;
    size_t size = sizeof more;
    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more;
}

static void drop_rest(void *front)
{
    char byte;
    while (has_more(front) && zmq_recv(front, &byte, sizeof byte, 0) >= 0)
        ;
}

/* The payload frame alone still knows its connection's User-Id and file descriptor (libzmq 4.3.4). */
static bool read_sender(zmq_msg_t *payload, front_message_t *out)
{
    const char *user = zmq_msg_gets(payload, "User-Id");
    if (!user || strlen(user) != 40 || !zmq_z85_decode(out->key, user))
        return false;
    out->fd = zmq_msg_get(payload, ZMQ_SRCFD);
    out->payload = (span_t){zmq_msg_data(payload), zmq_msg_size(payload)};
    return true;
}

static front_receipt_t receive(void *front, front_message_t *out)
{
    int size = zmq_recv(front, out->route, sizeof out->route, ZMQ_DONTWAIT);
    if (size < 0)
        return FRONT_EMPTY;
    if (size > ROUTE_SIZE_MAX || !has_more(front)) {
        drop_rest(front);
        return FRONT_REFUSED;
    }
    out->route_size = (size_t)size;
    zmq_msg_t *payload = (zmq_msg_t *)(void *)out->message;
    zmq_msg_init(payload);
    bool good = zmq_msg_recv(payload, front, 0) >= 0 && !has_more(front) && read_sender(payload, out);
    if (good)
        return FRONT_MESSAGE;
    drop_rest(front);
    zmq_msg_close(payload);
    return FRONT_REFUSED;
}

front_receipt_t front_receive(void *front, hub_t *hub, front_message_t *out)
{
    front_receipt_t receipt = receive(front, out);
    if (receipt != FRONT_EMPTY)
        atomic_fetch_add(&hub->requests, 1);
    if (receipt == FRONT_REFUSED)
        atomic_fetch_add(&hub->refusals, 1);
    return receipt;
}

void front_end_message(front_message_t *message)
{
    zmq_msg_close((zmq_msg_t *)(void *)message->message);
}

/* An answer in libzmq's hands, and whose account it is on. */
typedef struct {
    principal_t *reader; /* NULL: who enrols has none */
    buffer_t bytes;
} sent_t;

/* From an I/O thread too, once the answer has left or is dropped. */
static void end_sent(void *data, void *hint)
{
    sent_t *sent = hint;
    (void)data;
    if (sent->reader)
        atomic_fetch_sub(&sent->reader->unread, sent->bytes.size);
    buffer_fini(&sent->bytes);
    free(sent);
}

/* The answer as a message that takes its bytes over. */
static bool wrap_answer(job_t *job, zmq_msg_t *out)
{
    sent_t *sent = job->answer.data ? malloc(sizeof *sent) : NULL;
    if (!sent)
        return false;
    *sent = (sent_t){job->principal, job->answer};
    if (zmq_msg_init_data(out, sent->bytes.data, sent->bytes.size, end_sent, sent) != 0) {
        free(sent);
        return false;
    }
    job->answer = (buffer_t){0};
    if (sent->reader)
        atomic_fetch_add(&sent->reader->unread, sent->bytes.size);
    return true;
}

bool front_send(void *front, job_t *job)
{
    zmq_msg_t payload;
    if (!wrap_answer(job, &payload))
        return false;
    bool sent = zmq_send(front, job->route, job->route_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
                zmq_msg_send(&payload, front, ZMQ_DONTWAIT) >= 0;
    if (!sent)
        zmq_msg_close(&payload);
    return sent;
}
