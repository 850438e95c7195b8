#include "dealer-agent/receipt_json.h"

#include "client/files.h"
#include "client/listing.h"
#include "core/limits.h"
#include "core/number.h"
#include "core/scratch.h"
#include "proto/receipt_group.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/* ---- writing */

json_t *receipt_json_head(const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:b}", "number",
                     listing_number(filing->number), "dealer", filing->dealer, "period", listing_period(filing->period),
                     "outcome", outcome_names[receipt->outcome], "revision", listing_number(receipt->revision),
                     "sequence", listing_number(receipt->sequence), "late", receipt->late, "time",
                     listing_time(receipt->time_ms), "taken_over", listing_time(filing->time_ms), "delivered",
                     listing_time(filing->settled_ms), "source", filing->source, "line", listing_line(filing->line),
                     "signed", receipt->is_signed);
}

static json_t *facts_json(const named_fact_t *facts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        char amount[32];
        number_format_fact(facts[i].value, facts[i].decimals, amount, sizeof amount);
        json_array_append_new(array,
                              json_pack("{s:s, s:i, s:I, s:s}", "id", facts[i].id, "decimals", (int)facts[i].decimals,
                                        "value", (json_int_t)facts[i].value, "amount", amount));
    }
    return array;
}

static json_t *consultants_json(const named_facts_t *facts)
{
    json_t *array = json_array();
    for (size_t i = 0; i < facts->consultant_count; i++) {
        const named_consultant_t *one = &facts->consultants[i];
        json_array_append_new(
            array, json_pack("{s:s, s:o}", "consultant", one->consultant, "facts", facts_json(one->facts, one->count)));
    }
    return array;
}

static json_t *warnings_json(const receipt_t *receipt, language_t language)
{
    json_t *array = json_array();
    for (size_t i = 0; i < receipt->warning_count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s}", "check", receipt->warnings[i].check, "title",
                                               receipt->warnings[i].title[language]));
    return array;
}

/* Which receipts share the signature; null where it is of this one alone. */
static json_t *group_json(const receipt_t *receipt)
{
    if (receipt->group_size == 0)
        return json_null();
    json_t *path = json_array();
    for (size_t i = 0; i < receipt->group_path.size; i += DIGEST_SIZE)
        json_array_append_new(path, listing_hex(receipt->group_path.data + i, DIGEST_SIZE));
    return json_pack("{s:o, s:o, s:o}", "size", listing_number(receipt->group_size), "index",
                     listing_number(receipt->group_index), "path", path);
}

static void set_proof(json_t *object, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    json_object_set_new(object, "outcome_code", json_integer(receipt->outcome));
    json_object_set_new(object, "time_ms", listing_number(receipt->time_ms));
    json_object_set_new(object, "submission_id", listing_hex(filing->id, SUBMISSION_ID_SIZE));
    json_object_set_new(object, "hub_key", listing_hex(filing->hub_key, KEY_SIZE));
    bool is_signed = receipt->is_signed;
    json_object_set_new(object, "signing_key",
                        is_signed ? listing_hex(filing->signing_key, SIGNING_KEY_SIZE) : json_null());
    json_object_set_new(object, "facts_digest",
                        is_signed ? listing_hex(receipt->facts_digest, DIGEST_SIZE) : json_null());
    json_object_set_new(object, "signature", is_signed ? listing_hex(receipt->signature, SIGNATURE_SIZE) : json_null());
    json_object_set_new(object, "group", group_json(receipt));
}

json_t *receipt_json_whole(const filing_t *filing, language_t language)
{
    json_t *object = receipt_json_head(filing);
    if (!object)
        return NULL;
    set_proof(object, filing);
    json_object_set_new(object, "withdrawal", json_boolean(filing->is_withdrawal));
    json_object_set_new(object, "why", listing_text(filing->is_withdrawal ? filing->why : NULL));
    json_object_set_new(object, "facts_dropped", json_integer(filing->receipt.facts_dropped));
    json_object_set_new(object, "consultants_dropped", json_integer(filing->receipt.consultants_dropped));
    json_object_set_new(object, "warnings", warnings_json(&filing->receipt, language));
    json_object_set_new(object, "facts", facts_json(filing->facts.facts, filing->facts.count));
    json_object_set_new(object, "consultants", consultants_json(&filing->facts));
    return object;
}

/* ---- reading */

/* Of one file; the first key whose value is not as it should be, NULL = none yet. */
typedef struct {
    arena_t *arena;
    const char *flaw;
} reading_t;

static void json_free(json_t **json)
{
    json_decref(*json);
}

static void expect(reading_t *reading, bool is_good, const char *key)
{
    if (!is_good && !reading->flaw)
        reading->flaw = key;
}

static const char *text_at(reading_t *reading, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    const char *copy = text ? arena_strdup(reading->arena, text) : NULL;
    expect(reading, copy != NULL, key);
    return copy ? copy : "";
}

static uint64_t number_at(reading_t *reading, const json_t *object, const char *key, uint64_t most)
{
    const json_t *value = json_object_get(object, key);
    json_int_t number = json_integer_value(value);
    expect(reading, json_is_integer(value) && number >= 0 && (uint64_t)number <= most, key);
    return (uint64_t)number;
}

static void take_hex(reading_t *reading, const json_t *value, const char *key, uint8_t *out, size_t size)
{
    const char *text = json_string_value(value);
    size_t found = 0;
    bool is_hex = text && strlen(text) == 2 * size &&
                  sodium_hex2bin(out, size, text, 2 * size, NULL, &found, NULL) == 0 && found == size;
    expect(reading, is_hex, key);
}

static void hex_at(reading_t *reading, const json_t *object, const char *key, uint8_t *out, size_t size)
{
    take_hex(reading, json_object_get(object, key), key, out, size);
}

/* How many elements the array of that name has; *out = `size` bytes for each, 0 and NULL where it is none, has more
 * than `most`, or memory is out. */
static size_t array_at(reading_t *reading, const json_t *object, const char *key, size_t most, size_t size, void **out)
{
    const json_t *array = json_object_get(object, key);
    size_t count = json_array_size(array);
    *out = json_is_array(array) && count <= most ? arena_array(reading->arena, count, size) : NULL;
    expect(reading, *out != NULL, key);
    return *out ? count : 0;
}

static size_t facts_at(reading_t *reading, const json_t *object, const named_fact_t **out)
{
    void *room;
    size_t count = array_at(reading, object, "facts", CATALOG_FACTS_MAX, sizeof(named_fact_t), &room);
    named_fact_t *facts = room;
    for (size_t i = 0; i < count; i++) {
        const json_t *fact = json_array_get(json_object_get(object, "facts"), i),
                     *value = json_object_get(fact, "value");
        json_int_t number = json_integer_value(value);
        expect(reading, json_is_integer(value) && number >= -FACT_VALUE_MAX && number <= FACT_VALUE_MAX, "value");
        facts[i] = (named_fact_t){text_at(reading, fact, "id"),
                                  (unsigned)number_at(reading, fact, "decimals", FACT_DECIMALS_MAX), number};
    }
    *out = facts;
    return count;
}

static void take_facts(reading_t *reading, const json_t *object, named_facts_t *out)
{
    void *room;
    out->count = facts_at(reading, object, &out->facts);
    size_t count = array_at(reading, object, "consultants", CONSULTANTS_MAX, sizeof(named_consultant_t), &room);
    named_consultant_t *people = room;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(json_object_get(object, "consultants"), i);
        people[i].consultant = text_at(reading, one, "consultant");
        people[i].count = facts_at(reading, one, &people[i].facts);
    }
    out->consultants = people;
    out->consultant_count = count;
}

static void take_group(reading_t *reading, const json_t *group, receipt_t *receipt)
{
    void *room;
    if (!group || json_is_null(group)) /* signed alone */
        return;
    size_t count = array_at(reading, group, "path", RECEIPT_PATH_MAX, DIGEST_SIZE, &room);
    for (size_t i = 0; i < count; i++)
        take_hex(reading, json_array_get(json_object_get(group, "path"), i), "path", (uint8_t *)room + i * DIGEST_SIZE,
                 DIGEST_SIZE);
    receipt->group_size = (uint32_t)number_at(reading, group, "size", RECEIPT_GROUP_MAX);
    receipt->group_index = (uint32_t)number_at(reading, group, "index", RECEIPT_GROUP_MAX);
    receipt->group_path = (span_t){room, count * DIGEST_SIZE};
    expect(reading, receipt->group_size && receipt_group_is_whole(receipt), "group");
}

/* An unsigned one has none. */
static void take_proof(reading_t *reading, const json_t *object, filing_t *out)
{
    receipt_t *receipt = &out->receipt;
    receipt->is_signed = !json_is_null(json_object_get(object, "signature"));
    if (!receipt->is_signed)
        return;
    hex_at(reading, object, "signature", receipt->signature, SIGNATURE_SIZE);
    hex_at(reading, object, "facts_digest", receipt->facts_digest, DIGEST_SIZE);
    hex_at(reading, object, "signing_key", out->signing_key, SIGNING_KEY_SIZE);
    take_group(reading, json_object_get(object, "group"), receipt);
}

static void take_filing(reading_t *reading, const json_t *object, filing_t *out)
{
    receipt_t *receipt = &out->receipt;
    const char *month = text_at(reading, object, "period");
    expect(reading, period_parse(month, &out->period), "period");
    out->dealer = text_at(reading, object, "dealer");
    out->why = out->source = "";
    hex_at(reading, object, "submission_id", out->id, SUBMISSION_ID_SIZE);
    hex_at(reading, object, "hub_key", out->hub_key, KEY_SIZE);
    receipt->outcome = (outcome_t)number_at(reading, object, "outcome_code", OUTCOME_COUNT - 1);
    receipt->revision = (uint32_t)number_at(reading, object, "revision", UINT32_MAX);
    receipt->sequence = number_at(reading, object, "sequence", INT64_MAX);
    receipt->time_ms = number_at(reading, object, "time_ms", INT64_MAX);
    receipt->late = json_is_true(json_object_get(object, "late"));
    expect(reading, json_is_boolean(json_object_get(object, "late")), "late");
    out->is_withdrawal = receipt->outcome == OUTCOME_WITHDRAWN;
    take_proof(reading, object, out);
    take_facts(reading, object, &out->facts);
}

/* What a reader sees must be what is proved: the words that stand beside the numbers follow from them. */
static void compare_words(reading_t *reading, const json_t *object, const filing_t *filing)
{
    static const char *const KEYS[] = {"outcome", "time", "withdrawal", "facts", "consultants"};
    CLEANUP(json_free) json_t *right = receipt_json_whole(filing, LANGUAGE_EN);
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        expect(reading, json_equal(json_object_get(object, KEYS[i]), json_object_get(right, KEYS[i])), KEYS[i]);
}

static status_t load(span_t bytes, json_t **out, faults_t *faults)
{
    const char *text = (const char *)bytes.data;
    json_error_t error;
    size_t lead = bytes.size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* as Windows' editors save it */
    *out = json_loadb(text + lead, bytes.size - lead, JSON_REJECT_DUPLICATES, &error);
    if (*out)
        return STATUS_OK;
    faults_add(faults, error.line > 0 ? (uint32_t)error.line : 0, error.column > 0 ? (uint32_t)error.column : 0,
               "is no JSON (%s); make it with `yardstick-agent receipts show NUMBER --format json`", error.text);
    return STATUS_INVALID;
}

status_t receipt_json_read_bytes(span_t bytes, arena_t *arena, filing_t *out, faults_t *faults)
{
    CLEANUP(json_free) json_t *object = NULL;
    reading_t reading = {arena, NULL};
    filing_t filing = {.state = FILING_DELIVERED};
    TRY(load(bytes, &object, faults));
    take_filing(&reading, object, &filing);
    if (!reading.flaw)
        compare_words(&reading, object, &filing);
    if (reading.flaw) {
        faults_add(faults, 0, 0,
                   "\"%s\" is missing, or is not as `yardstick-agent receipts show NUMBER --format json` writes it",
                   reading.flaw);
        return STATUS_INVALID;
    }
    *out = filing;
    return STATUS_OK;
}

status_t receipt_json_read(const char *path, arena_t *arena, filing_t *out, faults_t *faults)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    status_t status = files_read(path, INPUT_SIZE_MAX, &text, &size);
    if (status == STATUS_OK)
        return receipt_json_read_bytes((span_t){(const uint8_t *)text, size}, arena, out, faults);
    if (status == STATUS_LIMIT)
        faults_add(faults, 0, 0, "is larger than %u MiB, so it holds no receipt; name another file",
                   INPUT_SIZE_MAX >> 20);
    else if (status == STATUS_IO)
        faults_add(faults, 0, 0, "cannot be read: %s", faults_text(faults, strerror(errno)));
    return status == STATUS_NO_MEMORY ? status : STATUS_INVALID;
}
