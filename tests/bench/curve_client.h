/* The client's side of ZMTP 3.1 with CURVE (rfc.zeromq.org/spec/37 and /26), as libzmq's DEALER speaks it, over bytes
 * that the caller moves: for a bench that plays many clients from one thread, each of them one descriptor. What a
 * client can compute before it connects is computed in curve_prepare, so that it costs the measured time nothing: in
 * the field a client's arithmetic runs on its own machine. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t public_key[32], secret_key[32];             /* its own */
    uint8_t transient_public[32], transient_secret[32]; /* of its next connection */
    uint8_t hello_key[32];                              /* shared by the transient key and the server's */
} curve_identity_t;

/* Fills the transient part for one connection; the pair of keys is there. */
void curve_prepare(curve_identity_t *identity, const uint8_t server_key[32]);

#define CURVE_INPUT_MAX  2048 /* bytes of what is read and not taken yet */
#define CURVE_OUTPUT_MAX 2048 /* bytes of what one step may send */

typedef enum { CURVE_GREETING, CURVE_HELLO, CURVE_INITIATE, CURVE_READY } curve_phase_t;

typedef struct {
    curve_phase_t phase;
    uint8_t key[32]; /* shared by both transient keys */
    uint64_t nonce;
    uint8_t input[CURVE_INPUT_MAX];
    size_t input_size;
} curve_t;

typedef struct {
    uint8_t bytes[CURVE_OUTPUT_MAX];
    size_t size;
} curve_output_t;

/* What to send once TCP is connected. */
void curve_start(curve_t *curve, curve_output_t *out);

/* Looks at what has come into `input` during the handshake; appends what is to be sent. False: the other side does not
 * speak this. Again until it sends nothing and the phase stays. */
bool curve_step(curve_t *curve, const curve_identity_t *identity, const uint8_t server_key[32], curve_output_t *out);

/* One message, when ready. */
bool curve_seal(curve_t *curve, const uint8_t *message, size_t size, curve_output_t *out);

typedef enum { CURVE_NOTHING, CURVE_MESSAGE, CURVE_BROKEN } curve_taken_t;
/* The next message that has come whole, into `out` (room for CURVE_INPUT_MAX bytes); the server's signs of life are
 * skipped. */
curve_taken_t curve_open(curve_t *curve, uint8_t *out, size_t *out_size);

/* One server's part of a handshake: the operations of libzmq's curve_server.cpp (4.3.4), without any input or output.
 * Returns a byte that depends on all of them. */
uint8_t curve_server_arithmetic(const uint8_t server_secret[32], const uint8_t server_public[32],
                                const curve_identity_t *client);
