/* Values in LMDB as bytes: a version byte, what the value holds, and a checksum over table, key and value, so that a
 * damaged value is found, and one that was moved to another key or table too. */
#pragma once

#include "core/span.h"
#include "core/status.h"

enum { FRAME_VERSION = 1, FRAME_OVERHEAD = 1 + 8, FRAME_SECRET_SIZE = 16 };

/* Whose values they are. `secret` is fixed and public: the checksum finds damage, it is no defence against a forger. */
typedef struct {
    const uint8_t *secret; /* FRAME_SECRET_SIZE bytes */
    uint8_t table;
    span_t key;
} frame_place_t;

/* SipHash-2-4 over table, key and `value` (version byte and payload). */
uint64_t frame_checksum(const frame_place_t *place, span_t value);

/* Writes payload.size + FRAME_OVERHEAD bytes. */
void frame_write(const frame_place_t *place, span_t payload, uint8_t *out);

/* What a value holds between its version byte and its checksum; *out borrows from `value`. STATUS_DAMAGED, or
 * STATUS_NEWER_FORMAT for a version that this program does not know (with a right checksum). */
status_t frame_read(const frame_place_t *place, span_t value, span_t *out) NODISCARD;

/* Numbers, big-endian, so that byte order is sort order. */
void frame_put_u32(uint8_t *out, uint32_t value);
void frame_put_u64(uint8_t *out, uint64_t value);
uint32_t frame_take_u32(const uint8_t *bytes);
uint64_t frame_take_u64(const uint8_t *bytes);
