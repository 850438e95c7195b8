#include "proto/outbox_values.h"

#include "core/limits.h"
#include "proto/codec_internals.h"
#include "proto/receipt_group.h"

#include "outbox.pb-c.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_FIELD  10 /* of a filing: the first of its facts */
#define PRESENCE_MAX (CATALOG_FACTS_MAX / 8)

static const wire_cap_t CAPS[] = {
    {&yardstick__outbox__v1__filing__descriptor, NAMES_FIELD, CATALOG_FACTS_MAX},
    {&yardstick__outbox__v1__filing__descriptor, 12, CATALOG_FACTS_MAX},
    {&yardstick__outbox__v1__filing__descriptor, 13, CONSULTANTS_MAX},
    {&yardstick__outbox__v1__consultant__descriptor, 3, CATALOG_FACTS_MAX},
    {&yardstick__outbox__v1__receipt__descriptor, 8, CATALOG_CHECKS_MAX},
};
static const wire_caps_t outbox_caps = {CAPS, sizeof CAPS / sizeof *CAPS};

/* What a reader calls malformed is, in a store, damage. */
static status_t as_stored(status_t status)
{
    return status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED ? STATUS_DAMAGED : status;
}

static status_t unpack(reader_t *reader, span_t bytes, const ProtobufCMessageDescriptor *descriptor,
                       ProtobufCMessage **out)
{
    bool unknown = false;
    return reader_unpack(reader, bytes, descriptor, outbox_caps, &unknown, out);
}

static bool is_clean(const char *text)
{
    return !text || text_is_clean((span_t){(const uint8_t *)text, strlen(text)});
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorts the texts. */
static bool holds_one_twice(const char **texts, size_t count)
{
    if (count)
        qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t i = 1; i < count; i++)
        if (strcmp(texts[i], texts[i - 1]) == 0)
            return true;
    return false;
}

/* ---- filings: writing */

/* The names of all facts of one filing, each once. */
typedef struct {
    named_fact_t items[CATALOG_FACTS_MAX];
    size_t count;
} names_t;

/* Index of a fact's name, added where it is new; SIZE_MAX where there is no room, or where the name stands with other
 * decimals. `hint`: where it is probably found, since lists mostly have one order. */
static size_t name_index(names_t *names, const named_fact_t *fact, size_t hint)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t at = (hint + i) % names->count;
        const char *id = names->items[at].id;
        if (id == fact->id || strcmp(id, fact->id) == 0)
            return names->items[at].decimals == fact->decimals ? at : SIZE_MAX;
    }
    if (names->count == CATALOG_FACTS_MAX)
        return SIZE_MAX;
    names->items[names->count] = *fact;
    return names->count++;
}

static bool fact_is_sound(const named_fact_t *fact)
{
    return text_is_id(fact->id) && fact->decimals <= FACT_DECIMALS_MAX && fact->value <= FACT_VALUE_MAX &&
           fact->value >= -FACT_VALUE_MAX;
}

/* Facts as a bitmap over the names and the values in their order. STATUS_INVALID for a fact that is none, or twice. */
static status_t pack_facts(names_t *names, const named_fact_t *facts, size_t count, arena_t *arena, packed_facts_t *out)
{
    int64_t values[CATALOG_FACTS_MAX];
    uint8_t *presence;
    READ_ARRAY(arena, PRESENCE_MAX, presence);
    size_t at = SIZE_MAX, packed_count = 0;
    for (size_t i = 0; i < count; i++) {
        at = fact_is_sound(&facts[i]) ? name_index(names, &facts[i], at + 1) : SIZE_MAX;
        if (at == SIZE_MAX || presence[at / 8] >> (at % 8) & 1)
            return STATUS_INVALID;
        presence[at / 8] |= (uint8_t)(1u << (at % 8));
        values[at] = facts[i].value;
    }
    int64_t *packed;
    READ_ARRAY(arena, count, packed);
    for (size_t i = 0; i < names->count; i++)
        if (presence[i / 8] >> (i % 8) & 1)
            packed[packed_count++] = values[i];
    *out = (packed_facts_t){{presence, (names->count + 7) / 8}, packed, packed_count};
    return STATUS_OK;
}

static status_t write_consultants(names_t *names, const named_facts_t *facts, arena_t *arena,
                                  Yardstick__Outbox__V1__Filing *out)
{
    Yardstick__Outbox__V1__Consultant *items, initial = YARDSTICK__OUTBOX__V1__CONSULTANT__INIT;
    const char **codes;
    if (facts->consultant_count > CONSULTANTS_MAX)
        return STATUS_INVALID;
    READ_ARRAY(arena, facts->consultant_count, codes);
    WRITE_LIST(arena, facts->consultant_count, initial, items, out->consultants);
    out->n_consultants = facts->consultant_count;
    for (size_t i = 0; i < facts->consultant_count; i++) {
        const named_consultant_t *one = &facts->consultants[i];
        packed_facts_t packed;
        TRY(pack_facts(names, one->facts, one->count, arena, &packed));
        items[i].consultant = lend(codes[i] = one->consultant);
        items[i].presence = lend_bytes(packed.presence.data, packed.presence.size);
        items[i].values = (int64_t *)packed.values;
        items[i].n_values = packed.count;
        if (!text_is_code(one->consultant))
            return STATUS_INVALID;
    }
    return holds_one_twice(codes, facts->consultant_count) ? STATUS_INVALID : STATUS_OK;
}

static status_t write_names(const names_t *names, arena_t *arena, Yardstick__Outbox__V1__Filing *out)
{
    Yardstick__Outbox__V1__FactName *items, initial = YARDSTICK__OUTBOX__V1__FACT_NAME__INIT;
    WRITE_LIST(arena, names->count, initial, items, out->names);
    out->n_names = names->count;
    for (size_t i = 0; i < names->count; i++) {
        items[i].id = lend(names->items[i].id);
        items[i].decimals = names->items[i].decimals;
    }
    return STATUS_OK;
}

static status_t write_facts(const named_facts_t *facts, arena_t *arena, Yardstick__Outbox__V1__Filing *out)
{
    names_t names = {.count = 0};
    packed_facts_t packed;
    TRY(pack_facts(&names, facts->facts, facts->count, arena, &packed));
    out->presence = lend_bytes(packed.presence.data, packed.presence.size);
    out->values = (int64_t *)packed.values;
    out->n_values = packed.count;
    TRY(write_consultants(&names, facts, arena, out));
    return write_names(&names, arena, out);
}

status_t outbox_filing_encode(const outbox_filing_t *filing, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = writer_arena();
    if (!arena)
        return STATUS_NO_MEMORY;
    if (!text_is_code(filing->dealer) || filing->period < period_make(PERIOD_YEAR_MIN, 1) ||
        filing->period > period_make(PERIOD_YEAR_MAX, 12) || !is_clean(filing->why) || !is_clean(filing->source))
        return STATUS_INVALID;
    Yardstick__Outbox__V1__Filing message = YARDSTICK__OUTBOX__V1__FILING__INIT;
    message.id = lend_bytes(filing->id, SUBMISSION_ID_SIZE);
    message.dealer = lend(filing->dealer);
    message.period = period_to_number(filing->period);
    message.withdrawal = filing->is_withdrawal;
    message.why = lend(filing->why);
    message.source = lend(filing->source);
    message.line = filing->line;
    message.column = filing->column;
    message.time_ms = filing->time_ms;
    TRY(write_facts(&filing->facts, arena, &message));
    return writer_pack(&message.base, OUTBOX_VALUE_SIZE_MAX, out);
}

/* ---- filings: reading */

static status_t unpack_facts(reader_t *reader, const Yardstick__Outbox__V1__Filing *message,
                             ProtobufCBinaryData presence, const int64_t *values, size_t count,
                             const named_fact_t **out, size_t *out_count)
{
    packed_facts_t packed;
    TRY(reader_facts(reader, presence, values, count, &packed));
    named_fact_t *facts;
    READ_ARRAY(reader->arena, count, facts);
    size_t taken = 0;
    for (size_t i = 0; i < presence.len * 8; i++) {
        if (!(presence.data[i / 8] >> (i % 8) & 1))
            continue;
        if (i >= message->n_names)
            return reader_refuse(reader, "presence names fact %zu of %zu", i, message->n_names);
        facts[taken] = (named_fact_t){message->names[i]->id, message->names[i]->decimals, values[taken]};
        if (!fact_is_sound(&facts[taken++]))
            return reader_refuse(reader, "%s is no fact", message->names[i]->id);
    }
    *out = facts;
    *out_count = taken;
    return STATUS_OK;
}

static status_t check_names(reader_t *reader, const Yardstick__Outbox__V1__Filing *message)
{
    const char **ids, **codes;
    READ_ARRAY(reader->arena, message->n_names, ids);
    READ_ARRAY(reader->arena, message->n_consultants, codes);
    for (size_t i = 0; i < message->n_names; i++)
        ids[i] = message->names[i]->id;
    for (size_t i = 0; i < message->n_consultants; i++)
        codes[i] = message->consultants[i]->consultant;
    if (holds_one_twice(ids, message->n_names) || holds_one_twice(codes, message->n_consultants))
        return reader_refuse(reader, "a name stands twice");
    return STATUS_OK;
}

static status_t read_facts(reader_t *reader, const Yardstick__Outbox__V1__Filing *message, named_facts_t *out)
{
    TRY(check_names(reader, message));
    TRY(unpack_facts(reader, message, message->presence, message->values, message->n_values, &out->facts, &out->count));
    named_consultant_t *consultants;
    READ_ARRAY(reader->arena, message->n_consultants, consultants);
    for (size_t i = 0; i < message->n_consultants; i++) {
        const Yardstick__Outbox__V1__Consultant *one = message->consultants[i];
        TRY(reader_code(reader, "consultant", one->consultant));
        consultants[i].consultant = one->consultant;
        TRY(unpack_facts(reader, message, one->presence, one->values, one->n_values, &consultants[i].facts,
                         &consultants[i].count));
    }
    out->consultants = consultants;
    out->consultant_count = message->n_consultants;
    return STATUS_OK;
}

static status_t read_filing(reader_t *reader, span_t bytes, outbox_filing_t *out)
{
    ProtobufCMessage *unpacked = NULL;
    TRY(unpack(reader, bytes, &yardstick__outbox__v1__filing__descriptor, &unpacked));
    const Yardstick__Outbox__V1__Filing *message = (const Yardstick__Outbox__V1__Filing *)unpacked;
    outbox_filing_t filing = {
        .dealer = message->dealer,
        .is_withdrawal = message->withdrawal,
        .why = message->why,
        .source = message->source,
        .line = message->line,
        .column = message->column,
        .time_ms = message->time_ms,
    };
    TRY(reader_bytes(reader, "id", message->id, SUBMISSION_ID_SIZE, filing.id));
    TRY(reader_code(reader, "dealer", message->dealer));
    TRY(reader_period(reader, "period", message->period, &filing.period));
    TRY(read_facts(reader, message, &filing.facts));
    *out = filing;
    return STATUS_OK;
}

status_t outbox_filing_decode(span_t bytes, bool with_facts, arena_t *arena, outbox_filing_t *out)
{
    if (!with_facts)
        bytes.size = wire_size_before(bytes, NAMES_FIELD);
    reader_t reader = {.arena = arena};
    return as_stored(read_filing(&reader, bytes, out));
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
        if (!is_clean(one->check) || !is_clean(one->title[LANGUAGE_ZH]) || !is_clean(one->title[LANGUAGE_EN]))
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
    if (!is_clean(aside->reason))
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
    if (!is_clean(notes->last_error))
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
