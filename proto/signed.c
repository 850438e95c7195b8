#include "proto/signed.h"

#include "core/limits.h"
#include "proto/receipt_group.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static_assert(SIGNING_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");
static_assert(SIGNING_SEED_SIZE == crypto_sign_SEEDBYTES, "Ed25519");
static_assert(SIGNING_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "Ed25519");
static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");
static_assert(DIGEST_SIZE == crypto_generichash_BYTES, "BLAKE2b-256");

#define FACTS_HEADER   "yardstick-facts-1\n"
#define RECEIPT_HEADER "yardstick-receipt-1\n"
#define CATALOG_HEADER "yardstick-catalog-1\n"

void signing_keys_from_seed(const uint8_t seed[SIGNING_SEED_SIZE], signing_keys_t *out)
{
    crypto_sign_seed_keypair(out->public_key, out->secret_key, seed);
}

void signing_keys_fini(signing_keys_t *keys)
{
    sodium_memzero(keys, sizeof *keys);
}

static status_t verify(const uint8_t *bytes, size_t size, const uint8_t *signing_key, const uint8_t *signature)
{
    return crypto_sign_verify_detached(signature, bytes, size, signing_key) == 0 ? STATUS_OK : STATUS_DAMAGED;
}

/* `size` bytes of a number, the highest first. */
static uint8_t *put_number(uint8_t *out, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(number >> 8 * (size - 1 - i));
    return out + size;
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

/* u8 length and the bytes of a name that was measured. */
static uint8_t *put_name(uint8_t *out, const char *name)
{
    size_t size = strlen(name);
    out = put_number(out, size, 1);
    return put_bytes(out, name, size);
}

static bool is_name(const char *name)
{
    size_t size = strnlen(name, CODE_LENGTH_MAX + 1);
    return size > 0 && size <= CODE_LENGTH_MAX;
}

/* ---- facts */

typedef crypto_generichash_state hash_t;

static void hash_number(hash_t *hash, uint32_t number)
{
    uint8_t bytes[4];
    put_number(bytes, number, sizeof bytes);
    crypto_generichash_update(hash, bytes, sizeof bytes);
}

static int compare_facts(const void *left, const void *right)
{
    const named_fact_t *const *a = left, *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

static void hash_fact(hash_t *hash, const named_fact_t *fact)
{
    uint8_t bytes[1 + CODE_LENGTH_MAX + 1 + 8];
    uint8_t *end = put_name(bytes, fact->id);
    end = put_number(end, fact->decimals, 1);
    end = put_number(end, (uint64_t)fact->value, 8);
    crypto_generichash_update(hash, bytes, (size_t)(end - bytes));
}

static status_t hash_facts(hash_t *hash, const named_fact_t *facts, size_t count)
{
    const named_fact_t *sorted[CATALOG_FACTS_MAX];
    if (count > CATALOG_FACTS_MAX)
        return STATUS_LIMIT;
    for (size_t i = 0; i < count; i++) {
        if (!is_name(facts[i].id) || facts[i].decimals > FACT_DECIMALS_MAX)
            return STATUS_LIMIT;
        sorted[i] = &facts[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_facts);
    hash_number(hash, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(sorted[i]->id, sorted[i - 1]->id) == 0)
            return STATUS_INVALID;
        hash_fact(hash, sorted[i]);
    }
    return STATUS_OK;
}

static int compare_consultants(const void *left, const void *right)
{
    const named_consultant_t *const *a = left, *const *b = right;
    return strcmp((*a)->consultant, (*b)->consultant);
}

static status_t hash_consultants(hash_t *hash, const named_consultant_t *consultants, size_t count)
{
    const named_consultant_t *sorted[CONSULTANTS_MAX];
    uint8_t name[1 + CODE_LENGTH_MAX];
    if (count > CONSULTANTS_MAX)
        return STATUS_LIMIT;
    for (size_t i = 0; i < count; i++) {
        if (!is_name(consultants[i].consultant))
            return STATUS_LIMIT;
        sorted[i] = &consultants[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_consultants);
    hash_number(hash, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(sorted[i]->consultant, sorted[i - 1]->consultant) == 0)
            return STATUS_INVALID;
        crypto_generichash_update(hash, name, (size_t)(put_name(name, sorted[i]->consultant) - name));
        TRY(hash_facts(hash, sorted[i]->facts, sorted[i]->count));
    }
    return STATUS_OK;
}

status_t signed_facts_digest(const named_facts_t *facts, uint8_t out[DIGEST_SIZE])
{
    static const named_facts_t NONE;
    hash_t hash;
    if (!facts)
        facts = &NONE;
    crypto_generichash_init(&hash, NULL, 0, DIGEST_SIZE);
    crypto_generichash_update(&hash, (const uint8_t *)FACTS_HEADER, strlen(FACTS_HEADER));
    TRY(hash_facts(&hash, facts->facts, facts->count));
    TRY(hash_consultants(&hash, facts->consultants, facts->consultant_count));
    crypto_generichash_final(&hash, out, DIGEST_SIZE);
    return STATUS_OK;
}

/* Unpacks one set and keeps what is present. */
static status_t name_facts(const catalog_t *catalog, const packed_facts_t *packed, arena_t *arena,
                           const named_fact_t **out, size_t *out_count)
{
    int64_t values[CATALOG_FACTS_MAX];
    size_t fact, count = 0;
    const char *why;
    TRY(packed_facts_unpack(packed, catalog, values, &fact, &why));
    named_fact_t *named = arena_array(arena, packed->count, sizeof *named);
    if (!named)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < catalog->fact_count; i++)
        if (values[i] != FACT_ABSENT)
            named[count++] = (named_fact_t){catalog->rows[i].id, catalog->rows[i].decimals, values[i]};
    *out = named;
    *out_count = count;
    return STATUS_OK;
}

status_t signed_name_facts(const catalog_t *catalog, const packed_facts_t *facts,
                           const packed_consultant_t *consultants, size_t consultant_count, arena_t *arena,
                           named_facts_t *out)
{
    named_facts_t named = {.consultant_count = consultant_count};
    named_consultant_t *people = arena_array(arena, consultant_count, sizeof *people);
    if (!people)
        return STATUS_NO_MEMORY;
    TRY(name_facts(catalog, facts, arena, &named.facts, &named.count));
    for (size_t i = 0; i < consultant_count; i++) {
        people[i].consultant = consultants[i].consultant;
        TRY(name_facts(catalog, &consultants[i].facts, arena, &people[i].facts, &people[i].count));
    }
    named.consultants = people;
    *out = named;
    return STATUS_OK;
}

/* ---- receipts */

static_assert(sizeof RECEIPT_HEADER - 1 + KEY_SIZE + 1 + CODE_LENGTH_MAX + 4 + 1 + 4 + 8 + 8 + 1 + SUBMISSION_ID_SIZE +
                      DIGEST_SIZE ==
                  SIGNED_RECEIPT_SIZE_MAX,
              "the longest body");

status_t signed_receipt_body(const signed_receipt_t *receipt, uint8_t out[SIGNED_RECEIPT_SIZE_MAX], size_t *out_size)
{
    if (!is_name(receipt->dealer))
        return STATUS_LIMIT;
    uint8_t *end = put_bytes(out, RECEIPT_HEADER, strlen(RECEIPT_HEADER));
    end = put_bytes(end, receipt->hub_key, KEY_SIZE);
    end = put_name(end, receipt->dealer);
    end = put_number(end, period_to_number(receipt->period), 4);
    end = put_number(end, (uint64_t)receipt->outcome, 1);
    end = put_number(end, receipt->revision, 4);
    end = put_number(end, receipt->sequence, 8);
    end = put_number(end, receipt->time_ms, 8);
    end = put_number(end, receipt->late, 1);
    end = put_bytes(end, receipt->submission_id, SUBMISSION_ID_SIZE);
    end = put_bytes(end, receipt->facts_digest, DIGEST_SIZE);
    *out_size = (size_t)(end - out);
    return STATUS_OK;
}

status_t signed_receipt_sign(const signed_receipt_t *receipt, const signing_keys_t *keys, uint8_t out[SIGNATURE_SIZE])
{
    uint8_t body[SIGNED_RECEIPT_SIZE_MAX];
    size_t size;
    TRY(signed_receipt_body(receipt, body, &size));
    crypto_sign_detached(out, NULL, body, size, keys->secret_key);
    return STATUS_OK;
}

status_t signed_receipt_verify(const signed_receipt_t *receipt, const uint8_t signing_key[SIGNING_KEY_SIZE],
                               const uint8_t signature[SIGNATURE_SIZE])
{
    uint8_t body[SIGNED_RECEIPT_SIZE_MAX];
    size_t size;
    TRY(signed_receipt_body(receipt, body, &size));
    return verify(body, size, signing_key, signature);
}

signed_receipt_t signed_receipt_of(const uint8_t hub_key[KEY_SIZE], const receipt_t *receipt, const char *dealer,
                                   period_t period, const uint8_t id[SUBMISSION_ID_SIZE])
{
    signed_receipt_t whole = {
        .dealer = dealer,
        .period = period,
        .outcome = receipt->outcome,
        .revision = receipt->revision,
        .sequence = receipt->sequence,
        .time_ms = receipt->time_ms,
        .late = receipt->late,
    };
    memcpy(whole.hub_key, hub_key, KEY_SIZE);
    memcpy(whole.submission_id, id, SUBMISSION_ID_SIZE);
    memcpy(whole.facts_digest, receipt->facts_digest, DIGEST_SIZE);
    return whole;
}

status_t signed_receipt_check(const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE],
                              const receipt_t *receipt, const char *dealer, period_t period,
                              const uint8_t id[SUBMISSION_ID_SIZE], const named_facts_t *facts)
{
    uint8_t digest[DIGEST_SIZE];
    TRY(signed_facts_digest(facts, digest));
    if (!receipt->is_signed || (receipt->outcome == OUTCOME_WITHDRAWN) != !facts ||
        memcmp(receipt->facts_digest, digest, DIGEST_SIZE) != 0)
        return STATUS_DAMAGED;
    signed_receipt_t whole = signed_receipt_of(hub_key, receipt, dealer, period, id);
    return receipt->group_size ? receipt_group_verify(&whole, receipt, signing_key)
                               : signed_receipt_verify(&whole, signing_key, receipt->signature);
}

/* ---- catalogs */

#define CATALOG_BODY_SIZE (sizeof CATALOG_HEADER - 1 + KEY_SIZE + DIGEST_SIZE)

static void catalog_body(const uint8_t *hub_key, span_t yaml, uint8_t out[CATALOG_BODY_SIZE])
{
    uint8_t *end = put_bytes(out, CATALOG_HEADER, strlen(CATALOG_HEADER));
    end = put_bytes(end, hub_key, KEY_SIZE);
    crypto_generichash(end, DIGEST_SIZE, yaml.data, yaml.size, NULL, 0);
}

void signed_catalog_sign(const uint8_t hub_key[KEY_SIZE], span_t yaml, const signing_keys_t *keys,
                         uint8_t out[SIGNATURE_SIZE])
{
    uint8_t body[CATALOG_BODY_SIZE];
    catalog_body(hub_key, yaml, body);
    crypto_sign_detached(out, NULL, body, sizeof body, keys->secret_key);
}

status_t signed_catalog_verify(const uint8_t hub_key[KEY_SIZE], span_t yaml,
                               const uint8_t signing_key[SIGNING_KEY_SIZE], const uint8_t signature[SIGNATURE_SIZE])
{
    uint8_t body[CATALOG_BODY_SIZE];
    catalog_body(hub_key, yaml, body);
    return verify(body, sizeof body, signing_key, signature);
}
