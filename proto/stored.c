#include "proto/stored_internals.h"

#include "core/limits.h"

#include <string.h>

#define CONSULTANTS_FIELD 15

static const wire_cap_t CAPS[] = {
    {&yardstick__stored__v1__revision__descriptor, 13, CATALOG_FACTS_MAX},
    {&yardstick__stored__v1__revision__descriptor, 14, CATALOG_CHECKS_MAX},
    {&yardstick__stored__v1__revision__descriptor, CONSULTANTS_FIELD, CONSULTANTS_MAX},
    {&yardstick__stored__v1__consultant_facts__descriptor, 3, CATALOG_FACTS_MAX},
    {&yardstick__stored__v1__answer__descriptor, 7, CATALOG_CHECKS_MAX},
    {&yardstick__stored__v1__key__descriptor, 2, KEY_DEALERS_MAX},
    {&yardstick__stored__v1__token__descriptor, 1, KEY_DEALERS_MAX},
};
static const wire_caps_t stored_caps = {CAPS, sizeof CAPS / sizeof *CAPS};

static status_t unpack(reader_t *reader, span_t bytes, const ProtobufCMessageDescriptor *descriptor,
                       ProtobufCMessage **out)
{
    return stored_unpack(reader, bytes, descriptor, stored_caps, out);
}

/* ---- revisions */

/* What Revision.late holds; the first two are the false and true that earlier stores have there. */
enum { IN_TIME, LATE, LATE_CORRECTION, LATE_COUNT };

static status_t write_consultants(arena_t *arena, const stored_revision_t *revision,
                                  Yardstick__Stored__V1__Revision *out)
{
    Yardstick__Stored__V1__ConsultantFacts *items, initial = YARDSTICK__STORED__V1__CONSULTANT_FACTS__INIT;
    WRITE_LIST(arena, revision->consultant_count, initial, items, out->consultants);
    out->n_consultants = revision->consultant_count;
    for (size_t i = 0; i < revision->consultant_count; i++) {
        const packed_facts_t *facts = &revision->consultants[i].facts;
        items[i].consultant = lend(revision->consultants[i].consultant);
        items[i].presence = lend_bytes(facts->presence.data, facts->presence.size);
        items[i].facts = (int64_t *)facts->values;
        items[i].n_facts = facts->count;
    }
    return STATUS_OK;
}

status_t stored_revision_encode(const stored_revision_t *revision, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    Yardstick__Stored__V1__Revision message = YARDSTICK__STORED__V1__REVISION__INIT;
    message.dealer = lend(revision->dealer);
    message.period = period_to_number(revision->period);
    message.revision = revision->revision;
    message.submission_id = lend_bytes(revision->submission_id, SUBMISSION_ID_SIZE);
    message.time_ms = revision->time_ms;
    message.public_key = lend_bytes(revision->public_key, KEY_SIZE);
    message.role = (uint32_t)revision->role;
    message.late = !revision->late ? IN_TIME : revision->filed_in_time ? LATE_CORRECTION : LATE;
    message.withdrawn = revision->withdrawn;
    message.why = lend(revision->why);
    message.catalog_digest = revision->catalog_digest;
    message.presence = lend_bytes(revision->facts.presence.data, revision->facts.presence.size);
    message.facts = (int64_t *)revision->facts.values;
    message.n_facts = revision->facts.count;
    message.warnings = (char **)revision->warnings;
    message.n_warnings = revision->warning_count;
    message.filed_ms = revision->filed_ms;
    TRY(write_consultants(arena, revision, &message));
    return writer_pack(&message.base, STORED_VALUE_SIZE_MAX, out);
}

static status_t read_consultants(reader_t *reader, const Yardstick__Stored__V1__Revision *message,
                                 stored_revision_t *out)
{
    packed_consultant_t *consultants;
    READ_ARRAY(reader->arena, message->n_consultants, consultants);
    for (size_t i = 0; i < message->n_consultants; i++) {
        const Yardstick__Stored__V1__ConsultantFacts *one = message->consultants[i];
        TRY(reader_code(reader, "consultant", one->consultant));
        consultants[i].consultant = one->consultant;
        TRY(reader_facts(reader, one->presence, one->facts, one->n_facts, &consultants[i].facts));
    }
    out->consultants = consultants;
    out->consultant_count = message->n_consultants;
    return STATUS_OK;
}

static status_t read_revision(reader_t *reader, span_t bytes, stored_revision_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__stored__v1__revision__descriptor, &unpacked));
    const Yardstick__Stored__V1__Revision *message = (const Yardstick__Stored__V1__Revision *)unpacked;
    stored_revision_t revision = {
        .dealer = message->dealer,
        .revision = message->revision,
        .time_ms = message->time_ms,
        .role = (role_t)message->role,
        .late = message->late != 0,
        .filed_in_time = message->late == LATE_CORRECTION,
        .withdrawn = message->withdrawn,
        .why = message->why,
        .catalog_digest = message->catalog_digest,
        .warnings = (const char **)message->warnings,
        .warning_count = message->n_warnings,
        .filed_ms = message->filed_ms,
    };
    TRY(reader_code(reader, "dealer", message->dealer));
    TRY(reader_period(reader, "period", message->period, &revision.period));
    TRY(reader_bytes(reader, "submission_id", message->submission_id, SUBMISSION_ID_SIZE, revision.submission_id));
    TRY(reader_bytes(reader, "public_key", message->public_key, KEY_SIZE, revision.public_key));
    TRY(reader_choice(reader, "role", message->role, ROLE_COUNT));
    TRY(reader_choice(reader, "late", message->late, LATE_COUNT));
    TRY(reader_facts(reader, message->presence, message->facts, message->n_facts, &revision.facts));
    TRY(read_consultants(reader, message, &revision));
    *out = revision;
    return STATUS_OK;
}

status_t stored_revision_decode(span_t bytes, bool with_consultants, arena_t *arena, stored_revision_t *out)
{
    if (!with_consultants)
        bytes.size = wire_size_before(bytes, CONSULTANTS_FIELD);
    reader_t reader = {.arena = arena};
    return as_stored(read_revision(&reader, bytes, out));
}

/* Fields stand in the order of their numbers, as we write them: behind `withdrawn` there is nothing to learn. */
status_t stored_revision_peek(span_t bytes, bool *out_late, bool *out_withdrawn)
{
    enum { LATE_FIELD = 8, WITHDRAWN_FIELD = 9 };
    bool late = false, withdrawn = false;
    while (bytes.size) {
        wire_field_t field;
        if (!wire_next(&bytes, &field))
            return STATUS_DAMAGED;
        if (field.number > WITHDRAWN_FIELD)
            break;
        late |= field.number == LATE_FIELD && field.value;
        withdrawn |= field.number == WITHDRAWN_FIELD && field.value;
    }
    *out_late = late;
    *out_withdrawn = withdrawn;
    return STATUS_OK;
}

/* ---- answers */

status_t stored_answer_encode(const stored_answer_t *answer, buffer_t *out)
{
    Yardstick__Stored__V1__Answer message = YARDSTICK__STORED__V1__ANSWER__INIT;
    message.period = period_to_number(answer->period);
    message.outcome = (uint32_t)answer->outcome;
    message.revision = answer->revision;
    message.sequence = answer->sequence;
    message.time_ms = answer->time_ms;
    message.late = answer->late;
    message.facts_dropped = answer->facts_dropped;
    message.consultants_dropped = answer->consultants_dropped;
    message.warnings = (char **)answer->warnings;
    message.n_warnings = answer->warning_count;
    message.catalog_digest = answer->catalog_digest;
    return writer_pack(&message.base, STORED_VALUE_SIZE_MAX, out);
}

static status_t read_answer(reader_t *reader, span_t bytes, stored_answer_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__stored__v1__answer__descriptor, &unpacked));
    const Yardstick__Stored__V1__Answer *message = (const Yardstick__Stored__V1__Answer *)unpacked;
    stored_answer_t answer = {
        .outcome = (outcome_t)message->outcome,
        .revision = message->revision,
        .sequence = message->sequence,
        .time_ms = message->time_ms,
        .late = message->late,
        .facts_dropped = message->facts_dropped,
        .consultants_dropped = message->consultants_dropped,
        .warnings = (const char **)message->warnings,
        .warning_count = message->n_warnings,
        .catalog_digest = message->catalog_digest,
    };
    TRY(reader_period(reader, "period", message->period, &answer.period));
    TRY(reader_choice(reader, "outcome", message->outcome, OUTCOME_COUNT));
    *out = answer;
    return STATUS_OK;
}

status_t stored_answer_decode(span_t bytes, arena_t *arena, stored_answer_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_answer(&reader, bytes, out));
}

/* ---- keys */

status_t stored_key_encode(const stored_key_t *key, buffer_t *out)
{
    Yardstick__Stored__V1__Key message = YARDSTICK__STORED__V1__KEY__INIT;
    message.role = (uint32_t)key->entry.role;
    message.dealers = (char **)key->entry.dealers;
    message.n_dealers = key->entry.dealer_count;
    message.region = lend(key->entry.region);
    message.revoked = key->entry.revoked;
    message.admitted_ms = key->entry.admitted_ms;
    message.admitted_by = lend_bytes(key->entry.admitted_by, key->entry.has_admitted_by ? KEY_SIZE : 0);
    message.revoked_ms = key->entry.revoked_ms;
    message.revoked_by = lend_bytes(key->revoked_by, key->has_revoked_by ? KEY_SIZE : 0);
    return writer_pack(&message.base, STORED_VALUE_SIZE_MAX, out);
}

static status_t read_optional_key(reader_t *reader, const char *what, ProtobufCBinaryData bytes, bool *out_has,
                                  uint8_t *out)
{
    *out_has = bytes.len > 0;
    return bytes.len ? reader_bytes(reader, what, bytes, KEY_SIZE, out) : STATUS_OK;
}

static status_t read_key(reader_t *reader, span_t bytes, stored_key_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__stored__v1__key__descriptor, &unpacked));
    const Yardstick__Stored__V1__Key *message = (const Yardstick__Stored__V1__Key *)unpacked;
    stored_key_t key = {0};
    TRY(reader_choice(reader, "role", message->role, ROLE_COUNT));
    TRY(read_optional_key(reader, "admitted_by", message->admitted_by, &key.entry.has_admitted_by,
                          key.entry.admitted_by));
    TRY(read_optional_key(reader, "revoked_by", message->revoked_by, &key.has_revoked_by, key.revoked_by));
    key.entry.role = (role_t)message->role;
    key.entry.dealers = (const char **)message->dealers;
    key.entry.dealer_count = message->n_dealers;
    key.entry.region = message->region;
    key.entry.revoked = message->revoked;
    key.entry.admitted_ms = message->admitted_ms;
    key.entry.revoked_ms = message->revoked_ms;
    *out = key;
    return STATUS_OK;
}

status_t stored_key_decode(span_t bytes, arena_t *arena, stored_key_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_key(&reader, bytes, out));
}

/* ---- tokens */

status_t stored_token_encode(const stored_token_t *token, buffer_t *out)
{
    const token_entry_t *entry = &token->entry;
    Yardstick__Stored__V1__Token message = YARDSTICK__STORED__V1__TOKEN__INIT;
    message.dealers = (char **)entry->dealers;
    message.n_dealers = entry->dealer_count;
    message.made_ms = entry->made_ms;
    message.made_by = lend_bytes(entry->made_by, KEY_SIZE);
    message.expires_ms = entry->expires_ms;
    message.used_ms = entry->used_ms;
    message.used_by = lend_bytes(entry->used_by, entry->used_ms ? KEY_SIZE : 0);
    message.revoked_ms = entry->revoked_ms;
    message.revoked_by = lend_bytes(token->revoked_by, entry->revoked_ms ? KEY_SIZE : 0);
    return writer_pack(&message.base, STORED_VALUE_SIZE_MAX, out);
}

static status_t read_token(reader_t *reader, span_t bytes, stored_token_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__stored__v1__token__descriptor, &unpacked));
    const Yardstick__Stored__V1__Token *message = (const Yardstick__Stored__V1__Token *)unpacked;
    stored_token_t token = {.entry = {.dealers = (const char **)message->dealers,
                                      .dealer_count = message->n_dealers,
                                      .made_ms = message->made_ms,
                                      .expires_ms = message->expires_ms,
                                      .used_ms = message->used_ms,
                                      .revoked_ms = message->revoked_ms}};
    TRY(reader_codes(reader, "dealers", message->dealers, message->n_dealers));
    TRY(reader_bytes(reader, "made_by", message->made_by, KEY_SIZE, token.entry.made_by));
    TRY(reader_bytes(reader, "used_by", message->used_by, message->used_ms ? KEY_SIZE : 0, token.entry.used_by));
    TRY(reader_bytes(reader, "revoked_by", message->revoked_by, message->revoked_ms ? KEY_SIZE : 0, token.revoked_by));
    *out = token;
    return STATUS_OK;
}

status_t stored_token_decode(span_t bytes, arena_t *arena, stored_token_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_token(&reader, bytes, out));
}

/* ---- networks */

status_t stored_network_encode(const network_lines_t *lines, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    Yardstick__V1__Network message = YARDSTICK__V1__NETWORK__INIT;
    TRY(network_write(arena, lines, &message));
    return writer_pack(&message.base, STORED_VALUE_SIZE_MAX, out);
}

static status_t read_network(reader_t *reader, span_t bytes, network_lines_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__v1__network__descriptor, &unpacked));
    return network_read(reader, (const Yardstick__V1__Network *)unpacked, out);
}

status_t stored_network_decode(span_t bytes, arena_t *arena, network_lines_t *out)
{
    reader_t reader = {.arena = arena};
    return as_stored(read_network(&reader, bytes, out));
}
