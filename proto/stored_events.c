/* The entries of the hub's log (stored.proto: Event). */
#include "proto/stored_internals.h"

#include "core/limits.h"

#include <string.h>

const char *const event_kind_names[EVENT_KIND_COUNT] = {
    "none",  "revisions", "key",   "token",   "catalog",  "network", "settings",
    "close", "reopen",    "allow", "release", "exemplar", "comment", "upgrade",
};

static const wire_cap_t CAPS[] = {
    {&yardstick__stored__v1__event__descriptor, 20, NETWORK_DEALERS_MAX},
    {&yardstick__stored__v1__event__descriptor, 21, EVENT_NUMBERS_MAX},
};

status_t stored_event_encode(const stored_event_t *event, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    Yardstick__Stored__V1__Event message = YARDSTICK__STORED__V1__EVENT__INIT;
    Yardstick__Stored__V1__HeldRevision *items, initial = YARDSTICK__STORED__V1__HELD_REVISION__INIT;
    message.time_ms = event->time_ms;
    message.kind = (uint32_t)event->kind;
    message.role = (uint32_t)(event->has_actor ? event->role : ROLE_NONE);
    message.public_key = lend_bytes(event->public_key, event->has_actor ? KEY_SIZE : 0);
    message.before = lend_bytes(event->before, event->is_first ? 0 : DIGEST_SIZE);
    message.digest = lend_bytes(event->digest, event->has_digest ? DIGEST_SIZE : 0);
    message.sequence = event->sequence;
    message.network = event->network;
    message.catalog_digest = event->catalog_digest;
    message.first_sequence = event->first_sequence;
    message.subject = lend(event->subject);
    message.dealer = lend(event->dealer);
    message.period = event->period > 0 ? period_to_number(event->period) : 0;
    message.revision = event->revision;
    message.scope = lend(event->scope);
    message.name = lend(event->name);
    message.text = lend(event->text);
    message.until_ms = event->until_ms;
    message.number = event->number;
    message.flag = event->flag;
    message.numbers = (uint32_t *)event->numbers;
    message.n_numbers = event->number_count;
    WRITE_LIST(arena, event->held_count, initial, items, message.held);
    message.n_held = event->held_count;
    for (size_t i = 0; i < event->held_count; i++) {
        items[i].dealer = lend(event->held[i].dealer);
        items[i].sequence = event->held[i].sequence;
    }
    return writer_pack(&message.base, STORED_VALUE_SIZE_MAX, out);
}

static status_t read_held(reader_t *reader, const Yardstick__Stored__V1__Event *message, stored_event_t *out)
{
    held_revision_t *held;
    READ_ARRAY(reader->arena, message->n_held, held);
    for (size_t i = 0; i < message->n_held; i++) {
        TRY(reader_code(reader, "held", message->held[i]->dealer));
        held[i] = (held_revision_t){message->held[i]->dealer, message->held[i]->sequence};
    }
    out->held = held;
    out->held_count = message->n_held;
    return STATUS_OK;
}

static status_t read_event(reader_t *reader, span_t bytes, stored_event_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    wire_caps_t caps = {CAPS, sizeof CAPS / sizeof *CAPS};
    TRY(stored_unpack(reader, bytes, &yardstick__stored__v1__event__descriptor, caps, &unpacked));
    const Yardstick__Stored__V1__Event *message = (const Yardstick__Stored__V1__Event *)unpacked;
    stored_event_t event = {
        .time_ms = message->time_ms,
        .kind = (event_kind_t)message->kind,
        .has_actor = message->public_key.len > 0,
        .role = (role_t)message->role,
        .is_first = message->before.len == 0,
        .has_digest = message->digest.len > 0,
        .sequence = message->sequence,
        .network = message->network,
        .catalog_digest = message->catalog_digest,
        .first_sequence = message->first_sequence,
        .subject = message->subject,
        .dealer = message->dealer,
        .revision = message->revision,
        .scope = message->scope,
        .name = message->name,
        .text = message->text,
        .until_ms = message->until_ms,
        .number = message->number,
        .flag = message->flag,
        .numbers = message->numbers,
        .number_count = message->n_numbers,
    };
    TRY(reader_choice(reader, "kind", message->kind, EVENT_KIND_COUNT));
    TRY(reader_choice(reader, "role", message->role, ROLE_COUNT));
    TRY(reader_optional_bytes(reader, "public_key", message->public_key, KEY_SIZE, event.public_key));
    TRY(reader_optional_bytes(reader, "before", message->before, DIGEST_SIZE, event.before));
    TRY(reader_optional_bytes(reader, "digest", message->digest, DIGEST_SIZE, event.digest));
    TRY(reader_optional_period(reader, "period", message->period, &event.period));
    TRY(read_held(reader, message, &event));
    *out = event;
    return STATUS_OK;
}

status_t stored_event_decode(span_t bytes, arena_t *arena, stored_event_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_event(&reader, bytes, out));
}
