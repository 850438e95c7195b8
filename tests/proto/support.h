/* Frames built by hand, so that tests do not depend on the encoder that they test; and what the tests share. */
#pragma once

#include "proto/codec.h"
#include "proto/signed.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct {
    uint8_t bytes[400000];
    size_t size;
} frame_t;

/* An empty frame in static storage: one at a time for each slot 0..2. */
frame_t *frame_new(unsigned slot);
void frame_varint(frame_t *frame, uint64_t value);
void frame_number(frame_t *frame, uint32_t field, uint64_t value);
void frame_bytes(frame_t *frame, uint32_t field, const void *bytes, size_t size);
void frame_text(frame_t *frame, uint32_t field, const char *text);
void frame_nest(frame_t *frame, uint32_t field, const frame_t *inner);

/* Wraps `body` as field `field` of a request with id 7. */
frame_t *frame_request(uint32_t field, const frame_t *body);

typedef struct {
    status_t status;
    uint64_t id;
    const char *why;
    request_t *request;
    arena_t *arena;
} decoded_t;

/* Decodes with a request's budget; the memory is kept until the test's process ends or decoded_fini. */
decoded_t decode_bytes(const uint8_t *bytes, size_t size);
decoded_t decode_frame(const frame_t *frame);
void decoded_fini(decoded_t *decoded);

/* Encodes, decodes, encodes: asserts that it works and that both encodings are equal. The second decoding is returned.
 */
decoded_t request_round(const request_t *request);

typedef struct {
    response_t *response;
    arena_t *arena;
} answered_t;
answered_t response_round(const response_t *response);
void answered_fini(answered_t *answered);

/* A submission that is whole: id 00..0f, D0001, 2025-06, two facts. */
void frame_submission(frame_t *frame);

/* Asserts the status and that the reason names `part`. */
void expect_refused(const frame_t *frame, status_t status, const char *part);

/* The receipt with one thing altered, a different one for each `i` below RECEIPT_ALTERATIONS: every part of its body.
 * It is of a dealer with another code than D9999 and D99990, accepted, and not late. */
#define RECEIPT_ALTERATIONS 11
signed_receipt_t receipt_altered(signed_receipt_t receipt, size_t i);
