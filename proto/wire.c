#include "proto/wire.h"

#include "core/text.h"

#include <assert.h>

#define VARINT_BYTES_MAX 10
#define NUMBER_MAX       ((1u << 29) - 1)
#define FIELDS_MAX       64 /* of one message in our schemas */

static bool take_bytes(span_t *bytes, uint64_t size, span_t *out)
{
    if (size > bytes->size)
        return false;
    *out = (span_t){bytes->data, (size_t)size};
    bytes->data += size;
    bytes->size -= (size_t)size;
    return true;
}

static bool take_varint(span_t *bytes, size_t most, span_t *out_bytes, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes->size && i < most; i++) {
        value |= (uint64_t)(bytes->data[i] & 0x7F) << (7 * i);
        if (!(bytes->data[i] & 0x80)) {
            *out = value;
            return take_bytes(bytes, i + 1, out_bytes);
        }
    }
    return false;
}

static bool take_payload(span_t *bytes, wire_field_t *field)
{
    uint64_t length;
    switch ((int)field->type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return take_varint(bytes, VARINT_BYTES_MAX, &field->payload, &field->value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return take_bytes(bytes, 8, &field->payload);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        return take_varint(bytes, 5, &field->payload, &length) && take_bytes(bytes, length, &field->payload);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return take_bytes(bytes, 4, &field->payload);
    default:
        return false; /* groups are not part of proto3 */
    }
}

bool wire_next(span_t *bytes, wire_field_t *out)
{
    span_t tag_bytes, rest = *bytes;
    uint64_t tag;
    if (!take_varint(&rest, 5, &tag_bytes, &tag) || tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
        return false;
    wire_field_t field = {.number = (uint32_t)(tag >> 3), .type = (ProtobufCWireType)(tag & 7)};
    if (!take_payload(&rest, &field))
        return false;
    *bytes = rest;
    *out = field;
    return true;
}

typedef struct {
    wire_caps_t caps;
    arena_t *arena;
    size_t unknown;
    const char *why;
} walk_t; /* what one wire_check carries through the nested messages */

static status_t refuse(walk_t *check, const ProtobufCMessageDescriptor *message, const char *field, const char *what)
{
    const char *why = arena_printf(check->arena, "%s%s%s %s", message->short_name, *field ? "." : "", field, what);
    check->why = why ? why : what;
    return STATUS_MALFORMED;
}

static ProtobufCWireType wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    default:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    }
}

/* Elements of a packed list; false where its bytes are none. */
static bool packed_count(span_t payload, ProtobufCWireType element, size_t *out)
{
    size_t width = element == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : element == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 0;
    if (width) {
        *out = payload.size / width;
        return payload.size % width == 0;
    }
    size_t count = 0;
    uint64_t value;
    for (span_t one; payload.size; count++)
        if (!take_varint(&payload, VARINT_BYTES_MAX, &one, &value))
            return false;
    *out = count;
    return true;
}

/* How many values the field brings: 1, or those of a packed list. False for a wire type that is not the field's. */
static bool count_values(const ProtobufCFieldDescriptor *descriptor, const wire_field_t *field, size_t *out)
{
    ProtobufCWireType expected = wire_type_of(descriptor->type);
    *out = 1;
    if (field->type == expected)
        return true;
    return descriptor->label == PROTOBUF_C_LABEL_REPEATED && field->type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED &&
           packed_count(field->payload, expected, out);
}

static size_t cap_of(wire_caps_t caps, const ProtobufCMessageDescriptor *message, uint32_t number)
{
    for (size_t i = 0; i < caps.count; i++)
        if (caps.caps[i].message == message && caps.caps[i].number == number)
            return caps.caps[i].most;
    return SIZE_MAX;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *message, uint32_t number)
{
    for (unsigned i = 0; i < message->n_fields; i++)
        if (message->fields[i].id == number)
            return &message->fields[i];
    return NULL;
}

typedef struct {
    size_t counts[FIELDS_MAX];
    bool oneof; /* a member of the oneof was met; our messages have at most one oneof */
} tally_t;

/* A field at most once, one member of a oneof, lists within their caps. (protobuf would take the last, or merge
 * messages past every cap.) */
static status_t tally_field(walk_t *check, tally_t *tally, const ProtobufCMessageDescriptor *message,
                            const ProtobufCFieldDescriptor *descriptor, size_t values)
{
    size_t *count = &tally->counts[descriptor - message->fields];
    *count += values;
    if (descriptor->label == PROTOBUF_C_LABEL_REPEATED)
        return *count > cap_of(check->caps, message, descriptor->id)
                   ? refuse(check, message, descriptor->name, "has more elements than allowed")
                   : STATUS_OK;
    if (*count > 1)
        return refuse(check, message, descriptor->name, "is there twice");
    if (!(descriptor->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return STATUS_OK;
    if (tally->oneof)
        return refuse(check, message, descriptor->name, "is a second body");
    tally->oneof = true;
    return STATUS_OK;
}

static status_t check_message(walk_t *check, span_t bytes, const ProtobufCMessageDescriptor *message);

static status_t check_field(walk_t *check, tally_t *tally, const ProtobufCMessageDescriptor *message,
                            const wire_field_t *field)
{
    const ProtobufCFieldDescriptor *descriptor = find_field(message, field->number);
    if (!descriptor)
        return ++check->unknown > WIRE_UNKNOWN_MAX ? refuse(check, message, "", "has too many unknown fields")
                                                   : STATUS_OK;
    size_t values;
    if (!count_values(descriptor, field, &values))
        return refuse(check, message, descriptor->name, "has another type");
    TRY(tally_field(check, tally, message, descriptor, values));
    if (descriptor->type == PROTOBUF_C_TYPE_STRING && !text_is_clean(field->payload))
        return refuse(check, message, descriptor->name, "is not UTF-8, or holds a NUL or control characters");
    return descriptor->type == PROTOBUF_C_TYPE_MESSAGE ? check_message(check, field->payload, descriptor->descriptor)
                                                       : STATUS_OK;
}

/* Recursion ends: no message of our schemas holds itself. */
static status_t check_message(walk_t *check, span_t bytes, const ProtobufCMessageDescriptor *message)
{
    assert(message->n_fields <= FIELDS_MAX);
    tally_t tally = {0};
    wire_field_t field;
    while (bytes.size) {
        if (!wire_next(&bytes, &field))
            return refuse(check, message, "", "is cut off or is no protobuf message");
        TRY(check_field(check, &tally, message, &field));
    }
    return STATUS_OK;
}

static bool has_unknown(span_t frame, const ProtobufCMessageDescriptor *message)
{
    for (wire_field_t field; frame.size && wire_next(&frame, &field);)
        if (!find_field(message, field.number))
            return true;
    return false;
}

status_t wire_check(span_t frame, const ProtobufCMessageDescriptor *message, wire_caps_t caps, arena_t *arena,
                    bool *out_unknown_body, const char **out_why)
{
    walk_t check = {.caps = caps, .arena = arena};
    status_t status = check_message(&check, frame, message);
    if (status != STATUS_OK)
        *out_why = check.why;
    else
        *out_unknown_body = has_unknown(frame, message);
    return status;
}

bool wire_find_varint(span_t frame, uint32_t number, uint64_t *out)
{
    for (wire_field_t field; frame.size && wire_next(&frame, &field);) {
        if (field.number != number || field.type != PROTOBUF_C_WIRE_TYPE_VARINT)
            continue;
        *out = field.value;
        return true;
    }
    return false;
}

size_t wire_size_before(span_t bytes, uint32_t number)
{
    span_t rest = bytes;
    wire_field_t field;
    while (rest.size) {
        size_t before = bytes.size - rest.size;
        if (!wire_next(&rest, &field))
            break;
        if (field.number == number)
            return before;
    }
    return bytes.size;
}
