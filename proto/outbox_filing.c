/* What was filed, by name, as the outbox keeps it. */
#include "core/limits.h"
#include "proto/outbox_values.h"
#include "proto/stored_internals.h"

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
};
static const wire_caps_t filing_caps = {CAPS, sizeof CAPS / sizeof *CAPS};

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

/* ---- writing */

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
        filing->period > period_make(PERIOD_YEAR_MAX, 12) || !stored_is_clean(filing->why) ||
        !stored_is_clean(filing->source))
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

/* ---- reading */

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
    TRY(stored_unpack(reader, bytes, &yardstick__outbox__v1__filing__descriptor, filing_caps, &unpacked));
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
