/* A socket that clients talk to: a ROUTER with CURVE. Its options stand here and nowhere else; its frames are read and
 * written here. One thread. */
#pragma once

#include "hub/hub.h"
#include "hub/job.h"
#include "hub/settings.h"

typedef struct {
    char public_key[41], secret_key[41]; /* Z85 */
} front_keys_t;

/* What differs between the main endpoint and the one of enrolment (hub/enrolment.h). */
typedef struct {
    const char *zap_domain;
    int64_t frame_max;              /* bytes of a message */
    int received, answers;          /* messages of a connection that wait to be read, and to leave */
    int backlog;                    /* connections that wait to be accepted */
    int handshake_ms, heartbeat_ms; /* heartbeat 0: none */
    int flush_ms;                   /* how long answers may take to leave when the hub ends */
    int receive_bytes;              /* the system's buffer for a connection; 0 = as the system says */
} front_limits_t;
front_limits_t front_limits(const settings_t *settings);
front_limits_t front_limits_of_enrolment(const settings_t *settings);

/* A ROUTER, or NULL with *out_why (a clause, static or for this thread until its next call). */
void *front_make(void *zmq, const front_keys_t *keys, const front_limits_t *limits, const char **out_why);

/* Binds it. `endpoint`: port 0 or `*` lets the system choose; *out_endpoint is where it listens. False with *out_why.
 */
bool front_bind(void *front, const char *endpoint, char out_endpoint[300], const char **out_why);

/* Both. */
void *front_open(void *zmq, const front_keys_t *keys, const front_limits_t *limits, const char *endpoint,
                 char out_endpoint[300], const char **out_why);

/* Proves at start-up that an unknown key is refused, on a twin socket on loopback with the same options: libzmq lets
 * everybody in when an option was not taken (STACK: CURVE fails open). False with *out_why. */
bool front_self_test(void *zmq, const front_keys_t *keys, const front_limits_t *limits, const char **out_why);

typedef struct {
    uint8_t route[ROUTE_SIZE_MAX];
    size_t route_size;
    uint8_t key[KEY_SIZE];
    int fd;              /* of the connection, for cutting it in this same turn; -1 unknown */
    span_t payload;      /* until front_end_message */
    uint8_t message[64]; /* zmq_msg_t */
} front_message_t;

typedef enum { FRONT_MESSAGE, FRONT_REFUSED, FRONT_EMPTY } front_receipt_t;

/* One message, without waiting, counted among the hub's requests. FRONT_REFUSED: it was not routing id and one frame,
 * or carried no User-Id; dropped, and counted among the refusals. */
front_receipt_t front_receive(void *front, hub_t *hub, front_message_t *out);
void front_end_message(front_message_t *message);

/* Sends the job's answer, whose bytes go to libzmq. False where the client is gone or does not read: the answer is
 * dropped, and the client asks again. Never waits. */
bool front_send(void *front, job_t *job);
