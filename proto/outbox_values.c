#include "proto/outbox_values.h"

#include "core/limits.h"
#include "proto/receipt_group.h"
#include "proto/stored_internals.h"

#include "outbox.pb-c.h"

static const wire_cap_t CAPS[] = {
    {&yardstick__outbox__v1__receipt__descriptor, 8, CATALOG_CHECKS_MAX},
};
static const wire_caps_t outbox_caps = {CAPS, sizeof CAPS / sizeof *CAPS};

static status_t unpack(reader_t *reader, span_t bytes, const ProtobufCMessageDescriptor *descriptor,
                       ProtobufCMessage **out)
{
    return stored_unpack(reader, bytes, descriptor, outbox_caps, out);
}

/* ---- receipts */

static status_t write_warnings(const receipt_t *receipt, arena_t *arena, Yardstick__Outbox__V1__Receipt *out)
{
    Yardstick__Outbox__V1__Warning *items, initial = YARDSTICK__OUTBOX__V1__WARNING__INIT;
    if (receipt->warning_count > CATALOG_CHECKS_MAX)
        return STATUS_INVALID;
    WRITE_LIST(arena, receipt->warning_count, initial, items, out->warnings);
    out->n_warnings = receipt->warning_count;
    for (size_t i = 0; i < receipt->warning_count; i++) {
        const check_warning_t *one = &receipt->warnings[i];
        if (!stored_is_clean(one->check) || !stored_is_clean(one->title[LANGUAGE_ZH]) ||
            !stored_is_clean(one->title[LANGUAGE_EN]))
            return STATUS_INVALID;
        items[i].check = lend(one->check);
        items[i].title_zh = lend(one->title[LANGUAGE_ZH]);
        items[i].title_en = lend(one->title[LANGUAGE_EN]);
    }
    return STATUS_OK;
}

status_t outbox_receipt_encode(const outbox_receipt_t *receipt, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    const receipt_t *from = &receipt->receipt;
    Yardstick__Outbox__V1__Receipt message = YARDSTICK__OUTBOX__V1__RECEIPT__INIT;
    message.outcome = (uint32_t)from->outcome;
    message.revision = from->revision;
    message.sequence = from->sequence;
    message.time_ms = from->time_ms;
    message.late = from->late;
    message.facts_dropped = from->facts_dropped;
    message.consultants_dropped = from->consultants_dropped;
    message.facts_digest = lend_bytes(from->facts_digest, from->is_signed ? DIGEST_SIZE : 0);
    message.signature = lend_bytes(from->signature, from->is_signed ? SIGNATURE_SIZE : 0);
    message.group_size = from->group_size;
    message.group_index = from->group_index;
    message.group_path = lend_bytes(from->group_path.data, from->group_path.size);
    message.hub_key = lend_bytes(receipt->hub_key, KEY_SIZE);
    message.signing_key = lend_bytes(receipt->signing_key, from->is_signed ? SIGNING_KEY_SIZE : 0);
    message.taken_ms = receipt->taken_ms;
    if (from->outcome >= OUTCOME_COUNT || !receipt_group_is_whole(from))
        return STATUS_INVALID;
    TRY(write_warnings(from, arena, &message));
    return writer_pack(&message.base, OUTBOX_VALUE_SIZE_MAX, out);
}

static status_t read_warnings(reader_t *reader, const Yardstick__Outbox__V1__Receipt *message, receipt_t *out)
{
    check_warning_t *warnings;
    READ_ARRAY(reader->arena, message->n_warnings, warnings);
    for (size_t i = 0; i < message->n_warnings; i++) {
        warnings[i].check = message->warnings[i]->check;
        warnings[i].title[LANGUAGE_ZH] = message->warnings[i]->title_zh;
        warnings[i].title[LANGUAGE_EN] = message->warnings[i]->title_en;
    }
    out->warnings = warnings;
    out->warning_count = message->n_warnings;
    return STATUS_OK;
}

static status_t read_signature(reader_t *reader, const Yardstick__Outbox__V1__Receipt *message, outbox_receipt_t *out)
{
    out->receipt.is_signed = message->signature.len > 0;
    TRY(reader_receipt_group(reader, message->group_size, message->group_index, message->group_path, &out->receipt));
    if (!out->receipt.is_signed && message->facts_digest.len == 0 && message->signing_key.len == 0)
        return STATUS_OK;
    TRY(reader_bytes(reader, "facts_digest", message->facts_digest, DIGEST_SIZE, out->receipt.facts_digest));
    TRY(reader_bytes(reader, "signature", message->signature, SIGNATURE_SIZE, out->receipt.signature));
    return reader_bytes(reader, "signing_key", message->signing_key, SIGNING_KEY_SIZE, out->signing_key);
}

static status_t read_receipt(reader_t *reader, span_t bytes, outbox_receipt_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__outbox__v1__receipt__descriptor, &unpacked));
    const Yardstick__Outbox__V1__Receipt *message = (const Yardstick__Outbox__V1__Receipt *)unpacked;
    outbox_receipt_t receipt = {
        .receipt =
            {
                .outcome = (outcome_t)message->outcome,
                .revision = message->revision,
                .sequence = message->sequence,
                .time_ms = message->time_ms,
                .late = message->late,
                .facts_dropped = message->facts_dropped,
                .consultants_dropped = message->consultants_dropped,
            },
        .taken_ms = message->taken_ms,
    };
    TRY(reader_choice(reader, "outcome", message->outcome, OUTCOME_COUNT));
    TRY(reader_bytes(reader, "hub_key", message->hub_key, KEY_SIZE, receipt.hub_key));
    TRY(read_signature(reader, message, &receipt));
    TRY(read_warnings(reader, message, &receipt.receipt));
    *out = receipt;
    return STATUS_OK;
}

status_t outbox_receipt_decode(span_t bytes, arena_t *arena, outbox_receipt_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_receipt(&reader, bytes, out));
}

/* ---- what was put aside */

status_t outbox_aside_encode(const outbox_aside_t *aside, buffer_t *out)
{
    if (!stored_is_clean(aside->reason))
        return STATUS_INVALID;
    Yardstick__Outbox__V1__Aside message = YARDSTICK__OUTBOX__V1__ASIDE__INIT;
    message.status = (uint32_t)aside->status;
    message.reason = lend(aside->reason);
    message.time_ms = aside->time_ms;
    return writer_pack(&message.base, OUTBOX_VALUE_SIZE_MAX, out);
}

static status_t read_aside(reader_t *reader, span_t bytes, outbox_aside_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__outbox__v1__aside__descriptor, &unpacked));
    const Yardstick__Outbox__V1__Aside *message = (const Yardstick__Outbox__V1__Aside *)unpacked;
    *out = (outbox_aside_t){(status_t)message->status, message->reason, message->time_ms};
    return STATUS_OK;
}

status_t outbox_aside_decode(span_t bytes, arena_t *arena, outbox_aside_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_aside(&reader, bytes, out));
}

/* ---- notes */

status_t outbox_notes_encode(const outbox_notes_t *notes, buffer_t *out)
{
    if (!stored_is_clean(notes->last_error))
        return STATUS_INVALID;
    Yardstick__Outbox__V1__Notes message = YARDSTICK__OUTBOX__V1__NOTES__INIT;
    message.last_contact_ms = notes->last_contact_ms;
    message.unreached_since_ms = notes->unreached_since_ms;
    message.last_error = lend(notes->last_error);
    message.last_error_ms = notes->last_error_ms;
    message.last_delivered = notes->last_delivered;
    return writer_pack(&message.base, OUTBOX_VALUE_SIZE_MAX, out);
}

static status_t read_notes(reader_t *reader, span_t bytes, outbox_notes_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__outbox__v1__notes__descriptor, &unpacked));
    const Yardstick__Outbox__V1__Notes *message = (const Yardstick__Outbox__V1__Notes *)unpacked;
    *out = (outbox_notes_t){
        .last_contact_ms = message->last_contact_ms,
        .unreached_since_ms = message->unreached_since_ms,
        .last_error_ms = message->last_error_ms,
        .last_delivered = message->last_delivered,
        .last_error = message->last_error,
    };
    return STATUS_OK;
}

status_t outbox_notes_decode(span_t bytes, arena_t *arena, outbox_notes_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_notes(&reader, bytes, out));
}

/* ---- the hub's log */

status_t outbox_witness_encode(const outbox_witness_t *witness, buffer_t *out)
{
    Yardstick__Outbox__V1__Witness message = YARDSTICK__OUTBOX__V1__WITNESS__INIT;
    message.hub_key = lend_bytes(witness->hub_key, KEY_SIZE);
    message.event = witness->event;
    message.hash = lend_bytes(witness->hash, witness->event ? DIGEST_SIZE : 0);
    message.sequence = witness->sequence;
    message.heard_ms = witness->heard_ms;
    message.left = (uint64_t *)witness->left;
    message.n_left = witness->left_count;
    message.broken_ms = witness->broken_ms;
    message.again = witness->again;
    message.again_ms = witness->again_ms;
    message.refused = witness->refused;
    message.told_ms = witness->told_ms;
    return writer_pack(&message.base, OUTBOX_VALUE_SIZE_MAX, out);
}

static status_t read_witness(reader_t *reader, span_t bytes, outbox_witness_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__outbox__v1__witness__descriptor, &unpacked));
    const Yardstick__Outbox__V1__Witness *message = (const Yardstick__Outbox__V1__Witness *)unpacked;
    outbox_witness_t witness = {
        .event = message->event,
        .sequence = message->sequence,
        .heard_ms = message->heard_ms,
        .left = message->left,
        .left_count = message->n_left,
        .broken_ms = message->broken_ms,
        .again = message->again,
        .again_ms = message->again_ms,
        .refused = message->refused,
        .told_ms = message->told_ms,
    };
    TRY(reader_bytes(reader, "hub_key", message->hub_key, KEY_SIZE, witness.hub_key));
    TRY(reader_bytes(reader, "hash", message->hash, message->event ? DIGEST_SIZE : 0, witness.hash));
    *out = witness;
    return STATUS_OK;
}

status_t outbox_witness_decode(span_t bytes, arena_t *arena, outbox_witness_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_witness(&reader, bytes, out));
}
