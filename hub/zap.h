/* Who gets past the handshake (ZAP, RFC 27): a thread of its own that answers libzmq's questions from the registry. An
 * unknown or revoked key is told 300 (try again later: a client that is admitted afterwards gets in); a known one 200,
 * with its public key in Z85 as User-Id. */
#pragma once

#include "hub/registry.h"

#define ZAP_DOMAIN           "yardstick"
#define ZAP_ENROLMENT_DOMAIN "yardstick-enrolment"

typedef struct zap zap_t;

/* Binds the ZAP endpoint of the context and starts the thread; returns once it is bound. Must come before any CURVE
 * server socket is bound: without an answerer libzmq 4.3.4 lets everybody in. STATUS_NO_MEMORY or STATUS_IO. */
status_t zap_start(void *zmq, registry_t *registry, zap_t **out) NODISCARD;

/* The same for a context of the enrolment endpoint's own: every key gets in, of that endpoint's domain only. */
status_t zap_start_for_enrolment(void *zmq, zap_t **out) NODISCARD;

/* After zmq_ctx_shutdown: waits for the thread to end. Accepts NULL and *NULL. */
void zap_join(zap_t **zap);
