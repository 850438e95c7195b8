/* What the codec's files share. Internal to proto/: the only folder that knows generated code.
 *
 * Decoding: protobuf-c unpacks into the caller's arena, and the result borrows its strings and arrays, so each byte is
 * copied once. Encoding: protobuf-c's structs are built in an arena of their own, borrow the caller's strings and
 * arrays, and are packed into one allocation. */
#pragma once

#include "proto/codec.h"
#include "proto/wire.h"

#include "stored.pb-c.h"
#include "yardstick.pb-c.h"

/* ---- decoding (codec.c) */

typedef struct {
    arena_t *arena;
    const char *why; /* set by whatever returns STATUS_MALFORMED */
} reader_t;

/* Sets reader->why and returns STATUS_MALFORMED. */
status_t reader_refuse(reader_t *reader, const char *format, ...) PRINTF(2, 3) NODISCARD;

/* wire_check and unpacking. STATUS_MALFORMED, or STATUS_NO_MEMORY where the arena is spent. */
status_t reader_unpack(reader_t *reader, span_t frame, const ProtobufCMessageDescriptor *descriptor, wire_caps_t caps,
                       bool *out_unknown_body, ProtobufCMessage **out) NODISCARD;

/* `what` names the field for the peer. Each refuses with STATUS_MALFORMED. */
status_t reader_code(reader_t *reader, const char *what, const char *text) NODISCARD;
status_t reader_codes(reader_t *reader, const char *what, char **texts, size_t count) NODISCARD;
status_t reader_optional_code(reader_t *reader, const char *what, const char *text) NODISCARD;
status_t reader_text(reader_t *reader, const char *what, const char *text, size_t least, size_t most) NODISCARD;
status_t reader_period(reader_t *reader, const char *what, uint32_t number, period_t *out) NODISCARD;
/* 0 gives PERIOD_NONE. */
status_t reader_optional_period(reader_t *reader, const char *what, uint32_t number, period_t *out) NODISCARD;
status_t reader_choice(reader_t *reader, const char *what, uint32_t value, uint32_t count) NODISCARD;
status_t reader_bytes(reader_t *reader, const char *what, ProtobufCBinaryData bytes, size_t size,
                      uint8_t *out) NODISCARD;
/* Or none, which leaves `out`. */
status_t reader_optional_bytes(reader_t *reader, const char *what, ProtobufCBinaryData bytes, size_t size,
                               uint8_t *out) NODISCARD;
status_t reader_facts(reader_t *reader, ProtobufCBinaryData presence, const int64_t *values, size_t count,
                      packed_facts_t *out) NODISCARD;

/* An array of `count` zeroed elements, or STATUS_NO_MEMORY out of the calling function. */
#define READ_ARRAY(arena, count, pointer)                                                                              \
    do {                                                                                                               \
        (pointer) = arena_array((arena), (count), sizeof *(pointer));                                                  \
        if (!(pointer))                                                                                                \
            return STATUS_NO_MEMORY;                                                                                   \
    } while (0)

/* ---- encoding (codec.c) */

/* An arena without a budget, for the structs of one encoding. NULL when out of memory. */
arena_t *writer_arena(void);

/* Packs into one allocation. STATUS_LIMIT where it would take more than `most` bytes. */
status_t writer_pack(const ProtobufCMessage *message, size_t most, buffer_t *out) NODISCARD;

/* protobuf-c's structs are not const, but packing does not write to what they borrow. */
static inline char *lend(const char *text)
{
    return (char *)(text ? text : "");
}

static inline ProtobufCBinaryData lend_bytes(const uint8_t *data, size_t size)
{
    return (ProtobufCBinaryData){size, (uint8_t *)data};
}

/* `count` structs of one message and an array of pointers to them, each set to `initial`, as repeated fields want them.
 */
#define WRITE_LIST(arena, count_, initial, items, pointers)                                                            \
    do {                                                                                                               \
        READ_ARRAY((arena), (count_), (items));                                                                        \
        (pointers) = arena_array((arena), (count_), sizeof(void *));                                                   \
        if (!(pointers))                                                                                               \
            return STATUS_NO_MEMORY;                                                                                   \
        for (size_t list_ = 0; list_ < (count_); list_++) {                                                            \
            (items)[list_] = (initial);                                                                                \
            (pointers)[list_] = &(items)[list_];                                                                       \
        }                                                                                                              \
    } while (0)

/* One struct of a message, set to `initial`. */
#define WRITE_ONE(arena, initial, pointer)                                                                             \
    do {                                                                                                               \
        READ_ARRAY((arena), 1, (pointer));                                                                             \
        *(pointer) = (initial);                                                                                        \
    } while (0)

/* ---- bodies */

/* codec_request.c */
extern const wire_caps_t request_caps;
status_t request_body_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out) NODISCARD;
status_t request_body_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out) NODISCARD;

/* codec_response.c */
status_t response_body_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out) NODISCARD;
status_t response_body_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out) NODISCARD;
/* A receipt, also in a request. */
status_t receipt_read(reader_t *reader, const Yardstick__V1__Receipt *message, receipt_t *out) NODISCARD;
status_t receipt_write(arena_t *arena, const receipt_t *receipt, Yardstick__V1__Receipt **out) NODISCARD;
/* Size, place and way of a receipt whose signature was read; the way is borrowed. */
status_t reader_receipt_group(reader_t *reader, uint32_t size, uint32_t index, ProtobufCBinaryData path,
                              receipt_t *out) NODISCARD;

/* codec_answers.c: the answers to queries */
status_t answer_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out) NODISCARD;
status_t answer_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out) NODISCARD;

/* codec_network.c */
status_t network_read(reader_t *reader, const Yardstick__V1__Network *message, network_lines_t *out) NODISCARD;
status_t network_write(arena_t *arena, const network_lines_t *lines, Yardstick__V1__Network *out) NODISCARD;

#define SCOPE_LENGTH_MAX (CODE_LENGTH_MAX + 7) /* "region:" and "circle:" */

/* codec_releases.c */
status_t release_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out) NODISCARD;
status_t release_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out) NODISCARD;
status_t release_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out) NODISCARD;
status_t release_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out) NODISCARD;
/* codec_coverage.c: the coverage of a year, what a network changes, and by which regions an answer was computed */
status_t regions_read(reader_t *reader, const Yardstick__V1__RegionsOfToday *message, answer_regions_t *out) NODISCARD;
status_t regions_write(arena_t *arena, const answer_regions_t *regions, Yardstick__V1__RegionsOfToday **out) NODISCARD;
status_t coverage_year_read(reader_t *reader, const Yardstick__V1__CoverageYearAnswer *message,
                            const coverage_year_answer_t **out) NODISCARD;
status_t coverage_year_write(arena_t *arena, const coverage_year_answer_t *answer,
                             Yardstick__V1__Response *out) NODISCARD;
status_t network_changes_read(reader_t *reader, const Yardstick__V1__NetworkChanges *message,
                              network_changes_t *out) NODISCARD;
status_t network_changes_write(arena_t *arena, const network_changes_t *changes,
                               Yardstick__V1__Response *out) NODISCARD;
status_t change_counts_read(reader_t *reader, Yardstick__V1__ChangeCount *const *items, size_t count,
                            network_changes_t *out) NODISCARD;
status_t change_counts_write(arena_t *arena, const network_changes_t *changes, Yardstick__V1__ChangeCount ***out,
                             size_t *out_count) NODISCARD;

/* codec_tokens.c: enrolment */
status_t token_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out) NODISCARD;
status_t token_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out) NODISCARD;
status_t token_page_read(reader_t *reader, const Yardstick__V1__TokenList *message, token_page_t *out) NODISCARD;
status_t token_page_write(arena_t *arena, const token_page_t *page, Yardstick__V1__Response *out) NODISCARD;
status_t enrolled_read(reader_t *reader, const Yardstick__V1__Enrolled *message, enrolled_t *out) NODISCARD;
status_t enrolled_write(arena_t *arena, const enrolled_t *enrolled, Yardstick__V1__Response *out) NODISCARD;

/* codec_months.c: the life of a month */
status_t month_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out) NODISCARD;
status_t month_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out) NODISCARD;
status_t month_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out) NODISCARD;
status_t month_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out) NODISCARD;

/* codec_audit.c: the log, its verification, a month's history */
status_t audit_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out) NODISCARD;
status_t audit_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out) NODISCARD;
status_t audit_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out) NODISCARD;
status_t audit_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out) NODISCARD;

/* codec_witness.c: the newest entry of the log, for those who keep it */
status_t witness_request_read(reader_t *reader, const Yardstick__V1__Witness *message, witness_query_t *out) NODISCARD;
status_t witness_request_write(arena_t *arena, const witness_query_t *query, Yardstick__V1__Request *out) NODISCARD;
status_t witnessed_read(reader_t *reader, const Yardstick__V1__Witnessed *message, witnessed_t *out) NODISCARD;
status_t witnessed_write(arena_t *arena, const witnessed_t *answer, Yardstick__V1__Response *out) NODISCARD;

/* codec_checks.c: findings and dealers' comments */
status_t checks_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out) NODISCARD;
status_t checks_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out) NODISCARD;
status_t checks_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out) NODISCARD;
status_t checks_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out) NODISCARD;

/* codec_request.c: each a scope's text. */
status_t reader_scopes(reader_t *reader, const char *what, char **scopes, size_t count) NODISCARD;
