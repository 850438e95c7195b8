/* Bytes <-> messages. Decoding is bounded and strict: the frame's size, the memory that decoding takes (the arena's
 * budget), unknown fields (at most 16), clean UTF-8 in every string, list lengths (core/limits.h), enums and periods in
 * range, presence bitmaps that agree with their values. No logging. */
#pragma once

#include "core/arena.h"
#include "proto/message.h"

/* Encoded bytes, owned; free with buffer_fini (fit for CLEANUP). */
typedef struct {
    uint8_t *data;
    size_t size;
} buffer_t;
void buffer_fini(buffer_t *buffer);

/* Reads a request frame into `arena`. STATUS_MALFORMED (or STATUS_UNSUPPORTED for a body that this version does not
 * know) with a message for the peer in *out_why (arena or static storage) and, where it could be read, *out_id (else
 * 0). A spent budget is MALFORMED too. The decoded request borrows nothing from `frame`. */
status_t request_decode(span_t frame, arena_t *arena, request_t **out, uint64_t *out_id,
                        const char **out_why) NODISCARD;
/* STATUS_LIMIT for what would be larger than REQUEST_SIZE_MAX (RESPONSE_SIZE_MAX), STATUS_UNSUPPORTED for kind
 * REQUEST_NONE. Values are not checked: the receiver does. In response_encode, unclean bytes in the texts for people
 * become '?', and a status above 63 travels as INTERNAL. */
status_t request_encode(const request_t *request, buffer_t *out) NODISCARD;

/* The client's side. STATUS_MALFORMED or STATUS_NO_MEMORY (budget or memory spent) with *out_why. An answer without a
 * body has kind RESPONSE_NONE: a refusal, a request that is answered by its status alone, or a body that this version
 * does not know. A status number that this version does not know is passed on. */
status_t response_decode(span_t frame, arena_t *arena, response_t **out, const char **out_why) NODISCARD;
status_t response_encode(const response_t *response, buffer_t *out) NODISCARD;

/* Facts against a catalog's order. Unpacking: `out` has fact_count values, FACT_ABSENT where absent; STATUS_INVALID
 * with *out_why when the bitmap names a fact that the catalog does not have, or a value is out of range
 * (FACT_VALUE_MAX) or negative where the fact is not signed; *out_fact is that fact's index, or ROW_NONE where the
 * bitmap and the catalog or the number of values do not fit. Packing: presence and values are allocated from `arena`.
 */
status_t packed_facts_unpack(const packed_facts_t *packed, const catalog_t *catalog, int64_t *out, size_t *out_fact,
                             const char **out_why) NODISCARD;
status_t packed_facts_pack(const int64_t *facts, size_t fact_count, arena_t *arena, packed_facts_t *out) NODISCARD;
