/* The protobuf encoding itself, read before protobuf-c sees it. protobuf-c 1.4.1 checks no UTF-8, cuts strings at a
 * NUL, and lets a short frame cost much memory; wire_check refuses all that on the bytes, so that what reaches
 * protobuf-c is bounded and clean. Internal to proto/. */
#pragma once

#include "core/arena.h"
#include "core/span.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#define WIRE_UNKNOWN_MAX 16 /* fields that this version does not know, in the whole frame */

typedef struct {
    uint32_t number;        /* 1 .. 2^29 - 1 */
    ProtobufCWireType type; /* one of the four that proto3 uses */
    uint64_t value;         /* of a varint */
    span_t payload;         /* of a length-prefixed one: its bytes; else the value's own bytes */
} wire_field_t;

/* Takes the next field off the front of *bytes. False where the bytes are none (or at their end: look at bytes->size
 * first). */
bool wire_next(span_t *bytes, wire_field_t *out);

/* Most elements of one list: fields that are not named have no cap but the memory budget. */
typedef struct {
    const ProtobufCMessageDescriptor *message;
    uint32_t number;
    size_t most;
} wire_cap_t;

typedef struct {
    const wire_cap_t *caps;
    size_t count;
} wire_caps_t;

/* Whether `frame` is one well-formed message of that kind: known wire types; each field at most once unless repeated,
 * one member of a oneof; clean UTF-8 (text_is_clean) in every string; lists within `caps`; at most WIRE_UNKNOWN_MAX
 * unknown fields with those of nested messages. STATUS_MALFORMED with *out_why (arena or static storage).
 * *out_unknown_body: the outermost message holds an unknown field; set on success. */
status_t wire_check(span_t frame, const ProtobufCMessageDescriptor *message, wire_caps_t caps, arena_t *arena,
                    bool *out_unknown_body, const char **out_why) NODISCARD;

/* Value of a varint field of the outermost message, as far as the bytes can be read; false where it was not met. */
bool wire_find_varint(span_t frame, uint32_t number, uint64_t *out);

/* Size of the bytes before the first field of that number: all of them where there is none or they cannot be read. */
size_t wire_size_before(span_t bytes, uint32_t number);
