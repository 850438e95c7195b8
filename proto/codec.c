#include "proto/codec.h"

#include "core/limits.h"
#include "proto/codec_internals.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_SIZE 400

void buffer_fini(buffer_t *buffer)
{
    free(buffer->data);
    *buffer = (buffer_t){0};
}

/* ---- readers */

status_t reader_refuse(reader_t *reader, const char *format, ...)
{
    char text[WHY_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *why = arena_strdup(reader->arena, text);
    reader->why = why ? why : "a field breaks a rule";
    return STATUS_MALFORMED;
}

typedef struct {
    arena_t *arena;
    bool spent;
} allocator_t;

static void *allocator_alloc(void *data, size_t size)
{
    allocator_t *allocator = data;
    void *bytes = arena_alloc(allocator->arena, size);
    allocator->spent |= !bytes;
    return bytes;
}

static void allocator_free(void *data, void *bytes)
{
    (void)data, (void)bytes; /* the arena frees all at once */
}

status_t reader_unpack(reader_t *reader, span_t frame, const ProtobufCMessageDescriptor *descriptor, wire_caps_t caps,
                       bool *out_unknown_body, ProtobufCMessage **out)
{
    TRY(wire_check(frame, descriptor, caps, reader->arena, out_unknown_body, &reader->why));
    allocator_t state = {reader->arena, false};
    ProtobufCAllocator allocator = {allocator_alloc, allocator_free, &state};
    static const uint8_t nothing[1];
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, &allocator, frame.size, frame.data ? frame.data : nothing);
    if (!message) {
        reader->why = "the message cannot be read";
        return state.spent ? STATUS_NO_MEMORY : STATUS_MALFORMED;
    }
    *out = message;
    return STATUS_OK;
}

status_t reader_code(reader_t *reader, const char *what, const char *text)
{
    if (text_is_code(text))
        return STATUS_OK;
    return reader_refuse(
        reader, "%s is no code: 1 to %d bytes without blanks around, commas, colons, quotes or control characters",
        what, CODE_LENGTH_MAX);
}

status_t reader_codes(reader_t *reader, const char *what, char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(reader_code(reader, what, texts[i]));
    return STATUS_OK;
}

status_t reader_optional_code(reader_t *reader, const char *what, const char *text)
{
    return *text ? reader_code(reader, what, text) : STATUS_OK;
}

status_t reader_text(reader_t *reader, const char *what, const char *text, size_t least, size_t most)
{
    size_t length = strlen(text);
    if (length >= least && length <= most)
        return STATUS_OK;
    return reader_refuse(reader, "%s takes %zu bytes: %zu to %zu are allowed", what, length, least, most);
}

status_t reader_period(reader_t *reader, const char *what, uint32_t number, period_t *out)
{
    period_t period = period_from_number(number);
    if (period == PERIOD_NONE)
        return reader_refuse(reader, "%s %u is no month: it takes a number like 202506", what, (unsigned)number);
    *out = period;
    return STATUS_OK;
}

status_t reader_optional_period(reader_t *reader, const char *what, uint32_t number, period_t *out)
{
    if (number)
        return reader_period(reader, what, number, out);
    *out = PERIOD_NONE;
    return STATUS_OK;
}

status_t reader_choice(reader_t *reader, const char *what, uint32_t value, uint32_t count)
{
    return value < count ? STATUS_OK : reader_refuse(reader, "%s %u is not known", what, (unsigned)value);
}

status_t reader_bytes(reader_t *reader, const char *what, ProtobufCBinaryData bytes, size_t size, uint8_t *out)
{
    if (bytes.len != size)
        return reader_refuse(reader, "%s has %zu bytes: it takes exactly %zu", what, bytes.len, size);
    if (size)
        memcpy(out, bytes.data, size);
    return STATUS_OK;
}

status_t reader_optional_bytes(reader_t *reader, const char *what, ProtobufCBinaryData bytes, size_t size, uint8_t *out)
{
    return bytes.len ? reader_bytes(reader, what, bytes, size, out) : STATUS_OK;
}

status_t reader_facts(reader_t *reader, ProtobufCBinaryData presence, const int64_t *values, size_t count,
                      packed_facts_t *out)
{
    if (presence.len > CATALOG_FACTS_MAX / 8)
        return reader_refuse(reader, "presence has %zu bytes: at most %d are allowed", presence.len,
                             CATALOG_FACTS_MAX / 8);
    size_t named = 0;
    for (size_t i = 0; i < presence.len; i++)
        named += (size_t)__builtin_popcount(presence.data[i]);
    if (named != count)
        return reader_refuse(reader, "presence names %zu facts, but there are %zu values", named, count);
    *out = (packed_facts_t){{presence.data, presence.len}, values, count};
    return STATUS_OK;
}

/* ---- writers */

arena_t *writer_arena(void)
{
    return arena_create(SIZE_MAX / 4);
}

status_t writer_pack(const ProtobufCMessage *message, size_t most, buffer_t *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > most)
        return STATUS_LIMIT;
    uint8_t *data = malloc(size ? size : 1);
    if (!data)
        return STATUS_NO_MEMORY;
    *out = (buffer_t){data, protobuf_c_message_pack(message, data)};
    return STATUS_OK;
}

/* ---- requests */

static status_t request_read(reader_t *reader, span_t frame, request_t **out)
{
    if (frame.size > REQUEST_SIZE_MAX)
        return reader_refuse(reader, "the frame has %zu bytes: at most %d are allowed", frame.size, REQUEST_SIZE_MAX);
    bool unknown_body = false;
    ProtobufCMessage *unpacked = NULL;
    TRY(reader_unpack(reader, frame, &yardstick__v1__request__descriptor, request_caps, &unknown_body, &unpacked));
    const Yardstick__V1__Request *message = (const Yardstick__V1__Request *)unpacked;
    if (message->body_case == YARDSTICK__V1__REQUEST__BODY__NOT_SET) {
        reader->why = unknown_body ? "this hub does not know that request" : "the request has no body";
        return unknown_body ? STATUS_UNSUPPORTED : STATUS_MALFORMED;
    }
    request_t *request;
    READ_ARRAY(reader->arena, 1, request);
    request->id = message->request_id;
    TRY(request_body_read(reader, message, request));
    *out = request;
    return STATUS_OK;
}

status_t request_decode(span_t frame, arena_t *arena, request_t **out, uint64_t *out_id, const char **out_why)
{
    reader_t reader = {.arena = arena};
    uint64_t id = 0;
    if (frame.size <= REQUEST_SIZE_MAX)
        (void)wire_find_varint(frame, 1, &id);
    *out_id = id;
    status_t status = request_read(&reader, frame, out);
    if (status == STATUS_NO_MEMORY) {
        reader.why = "the request takes more memory to read than is allowed: send smaller parts";
        status = STATUS_MALFORMED;
    }
    if (status != STATUS_OK)
        *out_why = reader.why;
    return status;
}

status_t request_encode(const request_t *request, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    Yardstick__V1__Request message = YARDSTICK__V1__REQUEST__INIT;
    message.request_id = request->id;
    TRY(request_body_write(arena, request, &message));
    return writer_pack(&message.base, REQUEST_SIZE_MAX, out);
}

/* ---- responses */

/* Texts for people may quote what a stranger wrote; a peer refuses what is not clean, so unclean bytes become '?'. */
static status_t write_clean(arena_t *arena, const char *text, char **out)
{
    size_t size = text ? strlen(text) : 0;
    if (text_is_clean((span_t){(const uint8_t *)text, size})) {
        *out = lend(text);
        return STATUS_OK;
    }
    char *copy = arena_memdup(arena, text, size);
    if (!copy)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)copy[i] < 0x20 || (unsigned char)copy[i] >= 0x7F)
            copy[i] = '?';
    *out = copy;
    return STATUS_OK;
}

static status_t write_faults(arena_t *arena, const response_t *response, Yardstick__V1__Status *out)
{
    Yardstick__V1__Fault *items, initial = YARDSTICK__V1__FAULT__INIT;
    WRITE_LIST(arena, response->fault_count, initial, items, out->faults);
    out->n_faults = response->fault_count;
    for (size_t i = 0; i < response->fault_count; i++) {
        const fault_t *fault = &response->faults[i];
        TRY(write_clean(arena, fault->source, &items[i].source));
        TRY(write_clean(arena, fault->message, &items[i].message));
        items[i].line = fault->line;
        items[i].column = fault->column;
    }
    return STATUS_OK;
}

static status_t read_faults(reader_t *reader, const Yardstick__V1__Status *status, response_t *out)
{
    fault_t *faults;
    READ_ARRAY(reader->arena, status->n_faults, faults);
    for (size_t i = 0; i < status->n_faults; i++) {
        const Yardstick__V1__Fault *fault = status->faults[i];
        faults[i] = (fault_t){*fault->source ? fault->source : NULL, fault->line, fault->column, fault->message};
    }
    out->faults = faults;
    out->fault_count = status->n_faults;
    return STATUS_OK;
}

static status_t read_status(reader_t *reader, const Yardstick__V1__Status *status, response_t *out)
{
    out->message = "";
    if (!status)
        return STATUS_OK;
    /* A number that this version does not name is passed on: status_text has words for it. */
    TRY(reader_choice(reader, "status.code", status->code, 64));
    out->status = (status_t)status->code;
    out->message = status->message;
    out->where = *status->where ? status->where : NULL;
    return read_faults(reader, status, out);
}

static status_t response_read(reader_t *reader, span_t frame, response_t **out)
{
    if (frame.size > RESPONSE_SIZE_MAX)
        return reader_refuse(reader, "the frame has %zu bytes: at most %d are allowed", frame.size, RESPONSE_SIZE_MAX);
    bool unknown_body = false;
    ProtobufCMessage *unpacked = NULL;
    TRY(reader_unpack(reader, frame, &yardstick__v1__response__descriptor, (wire_caps_t){0}, &unknown_body, &unpacked));
    const Yardstick__V1__Response *message = (const Yardstick__V1__Response *)unpacked;
    response_t *response;
    READ_ARRAY(reader->arena, 1, response);
    response->id = message->request_id;
    TRY(read_status(reader, message->status, response));
    TRY(response_body_read(reader, message, response));
    *out = response;
    return STATUS_OK;
}

status_t response_decode(span_t frame, arena_t *arena, response_t **out, const char **out_why)
{
    reader_t reader = {.arena = arena};
    status_t status = response_read(&reader, frame, out);
    if (status != STATUS_OK)
        *out_why = status == STATUS_NO_MEMORY ? "the answer takes more memory than is allowed" : reader.why;
    return status;
}

status_t response_encode(const response_t *response, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    Yardstick__V1__Response message = YARDSTICK__V1__RESPONSE__INIT;
    Yardstick__V1__Status status = YARDSTICK__V1__STATUS__INIT;
    message.request_id = response->id;
    message.status = &status;
    status.code = (uint32_t)response->status < 64 ? (uint32_t)response->status : STATUS_INTERNAL;
    TRY(write_clean(arena, response->message, &status.message));
    TRY(write_clean(arena, response->where, &status.where));
    TRY(write_faults(arena, response, &status));
    TRY(response_body_write(arena, response, &message));
    return writer_pack(&message.base, RESPONSE_SIZE_MAX, out);
}
