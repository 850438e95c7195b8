/* The newest entry of the log, and whether one that was seen earlier stands in it. */
#include "proto/codec_internals.h"

static status_t read_entry(reader_t *reader, const char *what, uint64_t event, ProtobufCBinaryData hash,
                           uint8_t out[DIGEST_SIZE])
{
    if ((event == 0) != (hash.len == 0))
        return reader_refuse(reader, "%s goes with an entry, and only with one", what);
    return reader_optional_bytes(reader, what, hash, DIGEST_SIZE, out);
}

status_t witness_request_read(reader_t *reader, const Yardstick__V1__Witness *message, witness_query_t *out)
{
    out->event = message->event;
    return read_entry(reader, "witness.hash", message->event, message->hash, out->hash);
}

status_t witness_request_write(arena_t *arena, const witness_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Witness)YARDSTICK__V1__WITNESS__INIT, out->witness);
    out->witness->event = query->event;
    out->witness->hash = lend_bytes(query->hash, query->event ? DIGEST_SIZE : 0);
    return STATUS_OK;
}

status_t witnessed_read(reader_t *reader, const Yardstick__V1__Witnessed *message, witnessed_t *out)
{
    out->event = message->event;
    out->sequence = message->sequence;
    out->is_known = message->known;
    return read_entry(reader, "witnessed.hash", message->event, message->hash, out->hash);
}

status_t witnessed_write(arena_t *arena, const witnessed_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Witnessed)YARDSTICK__V1__WITNESSED__INIT, out->witnessed);
    out->witnessed->event = answer->event;
    out->witnessed->hash = lend_bytes(answer->hash, answer->event ? DIGEST_SIZE : 0);
    out->witnessed->sequence = answer->sequence;
    out->witnessed->known = answer->is_known;
    return STATUS_OK;
}
