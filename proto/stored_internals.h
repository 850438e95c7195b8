/* What the codecs of the store's values, and of the outbox's, share. */
#pragma once

#include "proto/codec_internals.h"
#include "proto/stored.h"

#include <string.h>

#define STORED_VALUE_SIZE_MAX RESPONSE_SIZE_MAX

/* What a reader calls malformed is, in a store, damage. */
static inline status_t as_stored(status_t status)
{
    return status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED ? STATUS_DAMAGED : status;
}

static inline status_t stored_unpack(reader_t *reader, span_t bytes, const ProtobufCMessageDescriptor *descriptor,
                                     wire_caps_t caps, ProtobufCMessage **out)
{
    bool unknown = false;
    return reader_unpack(reader, bytes, descriptor, caps, &unknown, out);
}

/* NULL is "". */
static inline bool stored_is_clean(const char *text)
{
    return !text || text_is_clean((span_t){(const uint8_t *)text, strlen(text)});
}
