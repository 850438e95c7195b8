/* What the hub signs (Ed25519, libsodium) and what its signatures cover: byte for byte in proto/README.md, section 4.
 * Pure; any thread. */
#pragma once

#include "core/catalog.h"
#include "proto/codec.h"

#define SIGNING_SEED_SIZE   32
#define SIGNING_SECRET_SIZE 64

/* The hub's signing key pair. */
typedef struct {
    uint8_t public_key[SIGNING_KEY_SIZE];
    uint8_t secret_key[SIGNING_SECRET_SIZE];
} signing_keys_t;

/* The pair that follows from a seed; the same for the same seed. */
void signing_keys_from_seed(const uint8_t seed[SIGNING_SEED_SIZE], signing_keys_t *out);
/* Wipes it; fit for CLEANUP. */
void signing_keys_fini(signing_keys_t *keys);

/* Digest of a month's facts, which depends neither on their order nor on a catalog's: BLAKE2b-256 of
 * "yardstick-facts-1\n"; u32 count of the store's facts, each in byte order of ids: u8 length, id, u8 decimals, i64
 * value; u32 count of consultants, each in byte order of codes: u8 length, code, then u32 count and facts likewise; all
 * numbers big-endian. `facts` NULL: a withdrawal, both counts 0.
 * STATUS_INVALID where an id or a consultant stands twice, STATUS_LIMIT where there are more than CATALOG_FACTS_MAX
 * facts or CONSULTANTS_MAX consultants, a name is empty or over CODE_LENGTH_MAX, or decimals over FACT_DECIMALS_MAX. */
status_t signed_facts_digest(const named_facts_t *facts, uint8_t out[DIGEST_SIZE]) NODISCARD;

/* Packed facts by their names in the catalog that they were packed for. Arrays come from `arena`, ids are the
 * catalog's, codes the consultants'. STATUS_INVALID where the facts do not fit the catalog, STATUS_NO_MEMORY. */
status_t signed_name_facts(const catalog_t *catalog, const packed_facts_t *facts,
                           const packed_consultant_t *consultants, size_t consultant_count, arena_t *arena,
                           named_facts_t *out) NODISCARD;

/* All that a receipt proves. */
typedef struct {
    uint8_t hub_key[KEY_SIZE]; /* the hub's CURVE public key */
    const char *dealer;
    period_t period;
    outcome_t outcome;
    uint32_t revision;
    uint64_t sequence, time_ms;
    bool late;
    uint8_t submission_id[SUBMISSION_ID_SIZE];
    uint8_t facts_digest[DIGEST_SIZE];
} signed_receipt_t;

#define SIGNED_RECEIPT_SIZE_MAX 191

/* The bytes that are signed: "yardstick-receipt-1\n"; hub's CURVE key; u8 length, dealer; u32 period YYYYMM; u8
 * outcome; u32 revision; u64 sequence; u64 time; u8 late; submission id; facts digest. STATUS_LIMIT where the dealer is
 * empty or over CODE_LENGTH_MAX. */
status_t signed_receipt_body(const signed_receipt_t *receipt, uint8_t out[SIGNED_RECEIPT_SIZE_MAX],
                             size_t *out_size) NODISCARD;

/* STATUS_LIMIT as above. The same receipt and key give the same signature. */
status_t signed_receipt_sign(const signed_receipt_t *receipt, const signing_keys_t *keys,
                             uint8_t out[SIGNATURE_SIZE]) NODISCARD;

/* STATUS_DAMAGED where the signature is not that key's over that receipt; STATUS_LIMIT as above. */
status_t signed_receipt_verify(const signed_receipt_t *receipt, const uint8_t signing_key[SIGNING_KEY_SIZE],
                               const uint8_t signature[SIGNATURE_SIZE]) NODISCARD;

/* A receipt as it travels, with what it does not repeat. The dealer is borrowed. */
signed_receipt_t signed_receipt_of(const uint8_t hub_key[KEY_SIZE], const receipt_t *receipt, const char *dealer,
                                   period_t period, const uint8_t id[SUBMISSION_ID_SIZE]);

/* A receipt as it came (or was kept), signed alone or in a group, against what was sent: `facts` NULL for a withdrawal,
 * whose outcome must be OUTCOME_WITHDRAWN, as that of facts must not. STATUS_DAMAGED where it is not signed, the digest
 * is not that of these facts, or the signature does not fit; else as signed_facts_digest. */
status_t signed_receipt_check(const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE],
                              const receipt_t *receipt, const char *dealer, period_t period,
                              const uint8_t id[SUBMISSION_ID_SIZE], const named_facts_t *facts) NODISCARD;

/* A catalog: the signature covers "yardstick-catalog-1\n", the hub's CURVE key, and BLAKE2b-256 of the YAML text. */
void signed_catalog_sign(const uint8_t hub_key[KEY_SIZE], span_t yaml, const signing_keys_t *keys,
                         uint8_t out[SIGNATURE_SIZE]);
/* STATUS_DAMAGED where it does not fit. */
status_t signed_catalog_verify(const uint8_t hub_key[KEY_SIZE], span_t yaml,
                               const uint8_t signing_key[SIGNING_KEY_SIZE],
                               const uint8_t signature[SIGNATURE_SIZE]) NODISCARD;
