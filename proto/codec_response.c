#include "core/limits.h"
#include "proto/codec_internals.h"
#include "proto/receipt_group.h"

#include <assert.h>

static_assert((int)RESPONSE_DESCRIPTION + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_DESCRIPTION,
              "kinds follow the numbers");
static_assert((int)RESPONSE_HEALTH + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_HEALTH, "kinds follow the field numbers");
static_assert((int)RESPONSE_MONTHS + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_MONTHS, "kinds follow the numbers");
static_assert((int)RESPONSE_DRIFT + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_DRIFT, "kinds follow the numbers");
static_assert((int)RESPONSE_EVENTS + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_EVENTS, "kinds follow the numbers");
static_assert((int)RESPONSE_VERIFICATION + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_VERIFICATION,
              "kinds follow the numbers");
static_assert((int)RESPONSE_ENROLLED + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_ENROLLED, "kinds follow the numbers");
static_assert((int)RESPONSE_COMMENTED + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_COMMENTED, "kinds follow the numbers");

static_assert((int)RESPONSE_COVERAGE_YEAR + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_COVERAGE_YEAR,
              "kinds follow the numbers");
static_assert((int)RESPONSE_WITNESSED + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_WITNESSED, "kinds follow the numbers");
static_assert((int)RESPONSE_NETWORK_CHANGES + 2 == (int)YARDSTICK__V1__RESPONSE__BODY_NETWORK_CHANGES,
              "kinds follow the numbers");

/* ---- reading */

static status_t read_description(reader_t *reader, const Yardstick__V1__Description *message, description_t *out)
{
    TRY(reader_choice(reader, "description.role", (uint32_t)message->role, ROLE_COUNT));
    *out = (description_t){
        .role = (role_t)message->role,
        .dealers = (const char **)message->dealers,
        .dealer_count = message->n_dealers,
        .region = message->region,
        .catalog_digest = message->catalog_digest,
        .hub_version = message->hub_version,
        .time_zone = message->time_zone,
        .time_ms = message->time_ms,
        .has_signing_key = message->signing_key.len > 0,
    };
    return reader_optional_bytes(reader, "description.signing_key", message->signing_key, SIGNING_KEY_SIZE,
                                 out->signing_key);
}

static status_t read_catalog(reader_t *reader, const Yardstick__V1__Catalog *message, response_t *out)
{
    out->catalog.digest = message->digest;
    out->catalog.yaml = (span_t){message->yaml.data, message->yaml.len};
    out->catalog.is_signed = message->signature.len > 0;
    return reader_optional_bytes(reader, "catalog.signature", message->signature, SIGNATURE_SIZE,
                                 out->catalog.signature);
}

status_t reader_receipt_group(reader_t *reader, uint32_t size, uint32_t index, ProtobufCBinaryData path, receipt_t *out)
{
    out->group_size = size;
    out->group_index = index;
    out->group_path = (span_t){path.data, path.len};
    if (receipt_group_is_whole(out))
        return STATUS_OK;
    return reader_refuse(reader, "receipt has place %u in a group of %u with a path of %zu bytes: that cannot be",
                         (unsigned)index, (unsigned)size, path.len);
}

/* Digest and signature come together. */
static status_t read_receipt_signature(reader_t *reader, const Yardstick__V1__Receipt *message, receipt_t *out)
{
    out->is_signed = message->signature.len > 0;
    if (out->is_signed != (message->facts_digest.len > 0))
        return reader_refuse(reader, "receipt has a %s without a %s", out->is_signed ? "signature" : "facts_digest",
                             out->is_signed ? "facts_digest" : "signature");
    TRY(reader_optional_bytes(reader, "receipt.facts_digest", message->facts_digest, DIGEST_SIZE, out->facts_digest));
    TRY(reader_optional_bytes(reader, "receipt.signature", message->signature, SIGNATURE_SIZE, out->signature));
    return reader_receipt_group(reader, message->group_size, message->group_index, message->group_path, out);
}

status_t receipt_read(reader_t *reader, const Yardstick__V1__Receipt *message, receipt_t *out)
{
    TRY(reader_choice(reader, "receipt.outcome", (uint32_t)message->outcome, OUTCOME_COUNT));
    check_warning_t *warnings;
    READ_ARRAY(reader->arena, message->n_warnings, warnings);
    for (size_t i = 0; i < message->n_warnings; i++) {
        const Yardstick__V1__CheckWarning *one = message->warnings[i];
        warnings[i].check = one->check;
        warnings[i].title[LANGUAGE_ZH] = one->title_zh;
        warnings[i].title[LANGUAGE_EN] = one->title_en;
    }
    *out = (receipt_t){
        .outcome = (outcome_t)message->outcome,
        .revision = message->revision,
        .sequence = message->sequence,
        .time_ms = message->time_ms,
        .late = message->late,
        .facts_dropped = message->facts_dropped,
        .consultants_dropped = message->consultants_dropped,
        .warnings = warnings,
        .warning_count = message->n_warnings,
    };
    return read_receipt_signature(reader, message, out);
}

static status_t read_key(reader_t *reader, const Yardstick__V1__Key *message, key_entry_t *out)
{
    TRY(reader_bytes(reader, "keys.public_key", message->public_key, KEY_SIZE, out->public_key));
    TRY(reader_choice(reader, "keys.role", (uint32_t)message->role, ROLE_COUNT));
    out->role = (role_t)message->role;
    out->dealers = (const char **)message->dealers;
    out->dealer_count = message->n_dealers;
    out->region = message->region;
    out->revoked = message->revoked;
    out->admitted_ms = message->admitted_ms;
    out->revoked_ms = message->revoked_ms;
    out->has_admitted_by = message->admitted_by.len > 0;
    return out->has_admitted_by
               ? reader_bytes(reader, "keys.admitted_by", message->admitted_by, KEY_SIZE, out->admitted_by)
               : STATUS_OK;
}

static status_t read_keys(reader_t *reader, const Yardstick__V1__KeyList *message, response_t *out)
{
    key_entry_t *keys;
    READ_ARRAY(reader->arena, message->n_keys, keys);
    for (size_t i = 0; i < message->n_keys; i++)
        TRY(read_key(reader, message->keys[i], &keys[i]));
    out->keys.items = keys;
    out->keys.count = message->n_keys;
    return STATUS_OK;
}

static status_t read_health(reader_t *reader, const Yardstick__V1__Health *message, health_t *out)
{
    TRY(reader_choice(reader, "health.self_check", (uint32_t)message->self_check, SELF_CHECK_COUNT));
    *out = (health_t){
        .uptime_ms = message->uptime_ms,
        .revisions = message->revisions,
        .stored_bytes = message->stored_bytes,
        .map_bytes = message->map_bytes,
        .keys = message->keys,
        .dealers = message->dealers,
        .commits_queued = message->commits_queued,
        .queries_queued = message->queries_queued,
        .requests = message->requests,
        .refusals = message->refusals,
        .busy = message->busy,
        .months_cached = message->months_cached,
        .month_bytes = message->month_bytes,
        .self_check = (self_check_t)message->self_check,
        .self_check_records = message->self_check_records,
        .self_check_ms = message->self_check_ms,
    };
    return STATUS_OK;
}

static status_t read_imported(reader_t *reader, const Yardstick__V1__Imported *message, imported_t *out)
{
    *out = (imported_t){.regions = message->regions,
                        .dealers = message->dealers,
                        .memberships = message->memberships,
                        .circles = message->circles,
                        .complete = message->complete};
    return change_counts_read(reader, message->changes, message->n_changes, &out->changes);
}

status_t response_body_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out)
{
    if (message->body_case == YARDSTICK__V1__RESPONSE__BODY__NOT_SET)
        return STATUS_OK; /* a refusal, or an answer that is only "done" */
    out->kind = (response_kind_t)((int)message->body_case - 2);
    switch (out->kind) {
    case RESPONSE_DESCRIPTION:
        return read_description(reader, message->description, &out->description);
    case RESPONSE_CATALOG:
        return read_catalog(reader, message->catalog, out);
    case RESPONSE_RECEIPT:
        return receipt_read(reader, message->receipt, &out->receipt);
    case RESPONSE_KEYS:
        return read_keys(reader, message->keys, out);
    case RESPONSE_NETWORK:
        return network_read(reader, message->network, &out->network);
    case RESPONSE_IMPORTED:
        return read_imported(reader, message->imported, &out->imported);
    case RESPONSE_HEALTH:
        return read_health(reader, message->health, &out->health);
    case RESPONSE_TOKENS:
        return token_page_read(reader, message->tokens, &out->tokens);
    case RESPONSE_ENROLLED:
        return enrolled_read(reader, message->enrolled, &out->enrolled);
    case RESPONSE_MONTHS:
    case RESPONSE_DRIFT:
        return month_response_read(reader, message, out);
    case RESPONSE_EVENTS:
    case RESPONSE_HISTORY:
    case RESPONSE_VERIFICATION:
        return audit_response_read(reader, message, out);
    case RESPONSE_WITNESSED:
        return witnessed_read(reader, message->witnessed, &out->witnessed);
    case RESPONSE_RELEASED:
    case RESPONSE_EXEMPLARS:
    case RESPONSE_DISCLOSURE:
        return release_response_read(reader, message, out);
    case RESPONSE_CHECKS:
    case RESPONSE_COMMENTED:
        return checks_response_read(reader, message, out);
    default:
        return answer_read(reader, message, out);
    }
}

/* ---- writing */

static status_t write_description(arena_t *arena, const description_t *description, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Description)YARDSTICK__V1__DESCRIPTION__INIT, out->description);
    out->description->role = (Yardstick__V1__Role)description->role;
    out->description->dealers = (char **)description->dealers;
    out->description->n_dealers = description->dealer_count;
    out->description->region = lend(description->region);
    out->description->catalog_digest = description->catalog_digest;
    out->description->hub_version = lend(description->hub_version);
    out->description->time_zone = lend(description->time_zone);
    out->description->time_ms = description->time_ms;
    out->description->signing_key =
        lend_bytes(description->signing_key, description->has_signing_key ? SIGNING_KEY_SIZE : 0);
    return STATUS_OK;
}

static status_t write_catalog(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Catalog)YARDSTICK__V1__CATALOG__INIT, out->catalog);
    out->catalog->digest = response->catalog.digest;
    out->catalog->yaml = lend_bytes(response->catalog.yaml.data, response->catalog.yaml.size);
    out->catalog->signature = lend_bytes(response->catalog.signature, response->catalog.is_signed ? SIGNATURE_SIZE : 0);
    return STATUS_OK;
}

status_t receipt_write(arena_t *arena, const receipt_t *receipt, Yardstick__V1__Receipt **out)
{
    WRITE_ONE(arena, (Yardstick__V1__Receipt)YARDSTICK__V1__RECEIPT__INIT, *out);
    (*out)->outcome = (Yardstick__V1__Outcome)receipt->outcome;
    (*out)->revision = receipt->revision;
    (*out)->sequence = receipt->sequence;
    (*out)->time_ms = receipt->time_ms;
    (*out)->late = receipt->late;
    (*out)->facts_dropped = receipt->facts_dropped;
    (*out)->consultants_dropped = receipt->consultants_dropped;
    (*out)->facts_digest = lend_bytes(receipt->facts_digest, receipt->is_signed ? DIGEST_SIZE : 0);
    (*out)->signature = lend_bytes(receipt->signature, receipt->is_signed ? SIGNATURE_SIZE : 0);
    (*out)->group_size = receipt->group_size;
    (*out)->group_index = receipt->group_index;
    (*out)->group_path = lend_bytes(receipt->group_path.data, receipt->group_path.size);
    Yardstick__V1__CheckWarning *items, initial = YARDSTICK__V1__CHECK_WARNING__INIT;
    WRITE_LIST(arena, receipt->warning_count, initial, items, (*out)->warnings);
    (*out)->n_warnings = receipt->warning_count;
    for (size_t i = 0; i < receipt->warning_count; i++) {
        items[i].check = lend(receipt->warnings[i].check);
        items[i].title_zh = lend(receipt->warnings[i].title[LANGUAGE_ZH]);
        items[i].title_en = lend(receipt->warnings[i].title[LANGUAGE_EN]);
    }
    return STATUS_OK;
}

static status_t write_keys(arena_t *arena, const key_entry_t *keys, size_t count, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__KeyList)YARDSTICK__V1__KEY_LIST__INIT, out->keys);
    Yardstick__V1__Key *items, initial = YARDSTICK__V1__KEY__INIT;
    WRITE_LIST(arena, count, initial, items, out->keys->keys);
    out->keys->n_keys = count;
    for (size_t i = 0; i < count; i++) {
        items[i].public_key = lend_bytes(keys[i].public_key, KEY_SIZE);
        items[i].role = (Yardstick__V1__Role)keys[i].role;
        items[i].dealers = (char **)keys[i].dealers;
        items[i].n_dealers = keys[i].dealer_count;
        items[i].region = lend(keys[i].region);
        items[i].revoked = keys[i].revoked;
        items[i].admitted_ms = keys[i].admitted_ms;
        items[i].admitted_by = lend_bytes(keys[i].admitted_by, keys[i].has_admitted_by ? KEY_SIZE : 0);
        items[i].revoked_ms = keys[i].revoked_ms;
    }
    return STATUS_OK;
}

static status_t write_imported(arena_t *arena, const imported_t *imported, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Imported)YARDSTICK__V1__IMPORTED__INIT, out->imported);
    out->imported->regions = imported->regions;
    out->imported->dealers = imported->dealers;
    out->imported->memberships = imported->memberships;
    out->imported->circles = imported->circles;
    out->imported->complete = imported->complete;
    return change_counts_write(arena, &imported->changes, &out->imported->changes, &out->imported->n_changes);
}

static status_t write_health(arena_t *arena, const health_t *health, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Health)YARDSTICK__V1__HEALTH__INIT, out->health);
    out->health->uptime_ms = health->uptime_ms;
    out->health->revisions = health->revisions;
    out->health->stored_bytes = health->stored_bytes;
    out->health->map_bytes = health->map_bytes;
    out->health->keys = health->keys;
    out->health->dealers = health->dealers;
    out->health->commits_queued = health->commits_queued;
    out->health->queries_queued = health->queries_queued;
    out->health->requests = health->requests;
    out->health->refusals = health->refusals;
    out->health->busy = health->busy;
    out->health->months_cached = health->months_cached;
    out->health->month_bytes = health->month_bytes;
    out->health->self_check = (Yardstick__V1__SelfCheck)health->self_check;
    out->health->self_check_records = health->self_check_records;
    out->health->self_check_ms = health->self_check_ms;
    return STATUS_OK;
}

status_t response_body_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    if (response->kind == RESPONSE_NONE)
        return STATUS_OK;
    out->body_case = (Yardstick__V1__Response__BodyCase)((int)response->kind + 2);
    switch (response->kind) {
    case RESPONSE_DESCRIPTION:
        return write_description(arena, &response->description, out);
    case RESPONSE_CATALOG:
        return write_catalog(arena, response, out);
    case RESPONSE_RECEIPT:
        return receipt_write(arena, &response->receipt, &out->receipt);
    case RESPONSE_KEYS:
        return write_keys(arena, response->keys.items, response->keys.count, out);
    case RESPONSE_NETWORK:
        WRITE_ONE(arena, (Yardstick__V1__Network)YARDSTICK__V1__NETWORK__INIT, out->network);
        return network_write(arena, &response->network, out->network);
    case RESPONSE_IMPORTED:
        return write_imported(arena, &response->imported, out);
    case RESPONSE_HEALTH:
        return write_health(arena, &response->health, out);
    case RESPONSE_TOKENS:
        return token_page_write(arena, &response->tokens, out);
    case RESPONSE_ENROLLED:
        return enrolled_write(arena, &response->enrolled, out);
    case RESPONSE_MONTHS:
    case RESPONSE_DRIFT:
        return month_response_write(arena, response, out);
    case RESPONSE_RELEASED:
    case RESPONSE_EXEMPLARS:
    case RESPONSE_DISCLOSURE:
        return release_response_write(arena, response, out);
    case RESPONSE_EVENTS:
    case RESPONSE_HISTORY:
    case RESPONSE_VERIFICATION:
        return audit_response_write(arena, response, out);
    case RESPONSE_WITNESSED:
        return witnessed_write(arena, &response->witnessed, out);
    case RESPONSE_CHECKS:
    case RESPONSE_COMMENTED:
        return checks_response_write(arena, response, out);
    default:
        return answer_write(arena, response, out);
    }
}
