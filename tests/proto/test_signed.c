/* What the hub signs, against bytes that another program made (signed.hex), and what breaks a signature. */
#include "proto/signed.h"

#include "core/limits.h"
#include "proto/receipt_group.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(do) cr_assert_eq((do), STATUS_OK)
#define JUNE   period_make(2025, 6)

/* ---- the vectors */

/* The bytes of that name in signed.hex; returns how many. */
static size_t vector(const char *name, uint8_t *out, size_t most)
{
    char line[2000];
    size_t length = strlen(name), size = 0;
    FILE *file = fopen(TEST_DATA "/signed.hex", "r");
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) && (strncmp(line, name, length) != 0 || line[length] != ' '))
        line[0] = '\0';
    fclose(file);
    cr_assert_neq(line[0], '\0', "signed.hex has no %s", name);
    for (const char *hex = line + length + 1; hex[0] > ' '; hex += 2, size++) {
        char byte[3] = {hex[0], hex[1], '\0'};
        cr_assert_lt(size, most);
        out[size] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return size;
}

static void assert_vector(const char *name, const char *what, const uint8_t *bytes, size_t size)
{
    char whole[40];
    uint8_t wanted[2000];
    snprintf(whole, sizeof whole, "%s%s", name, what);
    cr_assert_eq(vector(whole, wanted, sizeof wanted), size, "%s", whole);
    cr_assert_arr_eq(wanted, bytes, size, "%s", whole);
}

static signing_keys_t keys_of_vectors(void)
{
    uint8_t seed[SIGNING_SEED_SIZE];
    signing_keys_t keys;
    cr_assert_eq(vector("seed", seed, sizeof seed), sizeof seed);
    signing_keys_from_seed(seed, &keys);
    return keys;
}

static const named_fact_t FILED_FACTS[] = {{"showroom_visits", 0, 219}, {"ad_spend", 2, 4658723}};
static const named_fact_t FILED_OWN[] = {{"showroom_visits", 0, 40}};
static const named_consultant_t FILED_PEOPLE[] = {{"C1", FILED_OWN, 1}};
static const named_facts_t FILED = {FILED_FACTS, 2, FILED_PEOPLE, 1};

static const named_fact_t UNCHANGED_FACTS[] = {
    {"zero", 0, 0}, {"balance", 6, -FACT_VALUE_MAX}, {"Zero", 1, FACT_VALUE_MAX}};
static const named_fact_t UNCHANGED_OWN[] = {{"zero", 0, 5}, {"zero", 0, 1}, {"balance", 6, -1}};
static const named_consultant_t UNCHANGED_PEOPLE[] = {{"顾问-2", UNCHANGED_OWN, 1}, {"C1", UNCHANGED_OWN + 1, 2}};
static const named_facts_t UNCHANGED = {UNCHANGED_FACTS, 3, UNCHANGED_PEOPLE, 2};

static const struct {
    const char *name;
    const named_facts_t *facts;
    const char *dealer;
    uint32_t period;
    receipt_t receipt;
} RECEIPTS[] = {
    {"filed",
     &FILED,
     "D0001",
     202506,
     {.outcome = OUTCOME_ACCEPTED, .revision = 1, .sequence = 7, .time_ms = 1751500800000}},
    {"unchanged",
     &UNCHANGED,
     "上海-7",
     219912,
     {.outcome = OUTCOME_UNCHANGED,
      .revision = UINT32_MAX,
      .sequence = UINT64_MAX,
      .time_ms = UINT64_MAX,
      .late = true}},
    {"withdrawn",
     NULL,
     "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
     190001,
     {.outcome = OUTCOME_WITHDRAWN, .revision = 2, .sequence = 0x0123456789abcdef, .late = true}},
};

/* The receipt of a vector, whole, with its digest. */
static signed_receipt_t receipt_of_vector(size_t i)
{
    uint8_t hub_key[KEY_SIZE], id[SUBMISSION_ID_SIZE];
    cr_assert_eq(vector("hub_key", hub_key, sizeof hub_key), sizeof hub_key);
    for (size_t j = 0; j < sizeof id; j++)
        id[j] = (uint8_t)j;
    receipt_t receipt = RECEIPTS[i].receipt;
    OK(signed_facts_digest(RECEIPTS[i].facts, receipt.facts_digest));
    return signed_receipt_of(hub_key, &receipt, RECEIPTS[i].dealer, period_from_number(RECEIPTS[i].period), id);
}

Test(signed_things, receipts_are_signed_to_the_byte_as_another_program_does)
{
    signing_keys_t keys = keys_of_vectors();
    assert_vector("signing_key", "", keys.public_key, SIGNING_KEY_SIZE);
    for (size_t i = 0; i < sizeof RECEIPTS / sizeof *RECEIPTS; i++) {
        uint8_t body[SIGNED_RECEIPT_SIZE_MAX], signature[SIGNATURE_SIZE];
        size_t size;
        signed_receipt_t receipt = receipt_of_vector(i);
        assert_vector(RECEIPTS[i].name, "_digest", receipt.facts_digest, DIGEST_SIZE);
        OK(signed_receipt_body(&receipt, body, &size));
        assert_vector(RECEIPTS[i].name, "_body", body, size);
        OK(signed_receipt_sign(&receipt, &keys, signature));
        assert_vector(RECEIPTS[i].name, "_signature", signature, SIGNATURE_SIZE);
        OK(signed_receipt_verify(&receipt, keys.public_key, signature));
    }
}

/* The receipts of the vectors as one group, in their order. */
static receipt_group_t group_of_vectors(arena_t *arena)
{
    receipt_group_t group;
    signing_keys_t keys = keys_of_vectors();
    OK(receipt_group_init(arena, sizeof RECEIPTS / sizeof *RECEIPTS, &group));
    for (size_t i = 0; i < sizeof RECEIPTS / sizeof *RECEIPTS; i++) {
        signed_receipt_t receipt = receipt_of_vector(i);
        OK(receipt_group_add(&group, &receipt));
    }
    receipt_group_sign(&group, receipt_of_vector(0).hub_key, &keys);
    return group;
}

Test(signed_things, a_group_is_signed_to_the_byte_as_another_program_does)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    receipt_group_t group = group_of_vectors(arena);
    assert_vector("group_signature", "", group.signature, SIGNATURE_SIZE);
    for (size_t i = 0; i < sizeof RECEIPTS / sizeof *RECEIPTS; i++) {
        receipt_t proof = {0};
        assert_vector(RECEIPTS[i].name, "_leaf", group.nodes[i], DIGEST_SIZE);
        OK(receipt_group_prove(&group, (uint32_t)i, &proof));
        assert_vector(RECEIPTS[i].name, "_path", proof.group_path.data, proof.group_path.size);
    }
}

Test(signed_things, a_catalog_is_signed_to_the_byte_as_another_program_does)
{
    signing_keys_t keys = keys_of_vectors();
    uint8_t yaml[100], hub_key[KEY_SIZE], signature[SIGNATURE_SIZE];
    size_t size = vector("catalog_yaml", yaml, sizeof yaml);
    vector("hub_key", hub_key, sizeof hub_key);
    signed_catalog_sign(hub_key, (span_t){yaml, size}, &keys, signature);
    assert_vector("catalog_signature", "", signature, SIGNATURE_SIZE);
    OK(signed_catalog_verify(hub_key, (span_t){yaml, size}, keys.public_key, signature));
    cr_assert_eq(signed_catalog_verify(hub_key, (span_t){yaml, size - 1}, keys.public_key, signature), STATUS_DAMAGED);
    yaml[0] ^= 1;
    cr_assert_eq(signed_catalog_verify(hub_key, (span_t){yaml, size}, keys.public_key, signature), STATUS_DAMAGED);
    yaml[0] ^= 1;
    hub_key[31] ^= 1;
    cr_assert_eq(signed_catalog_verify(hub_key, (span_t){yaml, size}, keys.public_key, signature), STATUS_DAMAGED);
}

/* ---- receipts */

Test(signed_things, each_field_of_a_receipt_is_under_the_signature)
{
    signing_keys_t keys = keys_of_vectors();
    signed_receipt_t receipt = receipt_of_vector(0);
    uint8_t signature[SIGNATURE_SIZE];
    OK(signed_receipt_sign(&receipt, &keys, signature));
    for (size_t i = 0; i < RECEIPT_ALTERATIONS; i++) {
        signed_receipt_t altered = receipt_altered(receipt, i);
        cr_assert_eq(signed_receipt_verify(&altered, keys.public_key, signature), STATUS_DAMAGED, "%zu", i);
    }
    OK(signed_receipt_verify(&receipt, keys.public_key, signature));
    for (size_t bit = 0; bit < 8 * SIGNATURE_SIZE; bit++) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(signed_receipt_verify(&receipt, keys.public_key, signature), STATUS_DAMAGED, "bit %zu", bit);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    signing_keys_t others;
    signing_keys_from_seed(receipt.hub_key, &others);
    cr_assert_eq(signed_receipt_verify(&receipt, others.public_key, signature), STATUS_DAMAGED);
}

Test(signed_things, a_dealer_s_code_has_a_length)
{
    signing_keys_t keys = keys_of_vectors();
    signed_receipt_t receipt = receipt_of_vector(0);
    uint8_t signature[SIGNATURE_SIZE] = {0};
    char dealer[CODE_LENGTH_MAX + 2] = "";
    receipt.dealer = dealer;
    cr_assert_eq(signed_receipt_sign(&receipt, &keys, signature), STATUS_LIMIT);
    memset(dealer, 'D', CODE_LENGTH_MAX);
    OK(signed_receipt_sign(&receipt, &keys, signature));
    memset(dealer, 'D', CODE_LENGTH_MAX + 1);
    cr_assert_eq(signed_receipt_sign(&receipt, &keys, signature), STATUS_LIMIT);
    cr_assert_eq(signed_receipt_verify(&receipt, keys.public_key, signature), STATUS_LIMIT);
}

/* Checks a vector's receipt, as it was kept, against `facts`. */
static status_t check(size_t i, const receipt_t *kept, const named_facts_t *facts)
{
    signing_keys_t keys = keys_of_vectors();
    signed_receipt_t whole = receipt_of_vector(i);
    return signed_receipt_check(whole.hub_key, keys.public_key, kept, whole.dealer, whole.period, whole.submission_id,
                                facts);
}

static receipt_t kept_receipt(size_t i)
{
    signing_keys_t keys = keys_of_vectors();
    signed_receipt_t whole = receipt_of_vector(i);
    receipt_t kept = RECEIPTS[i].receipt;
    memcpy(kept.facts_digest, whole.facts_digest, DIGEST_SIZE);
    OK(signed_receipt_sign(&whole, &keys, kept.signature));
    kept.is_signed = true;
    return kept;
}

Test(signed_things, a_receipt_is_checked_against_what_was_sent)
{
    for (size_t i = 0; i < sizeof RECEIPTS / sizeof *RECEIPTS; i++) {
        receipt_t kept = kept_receipt(i);
        OK(check(i, &kept, RECEIPTS[i].facts));
        cr_assert_eq(check(i, &kept, i == 0 ? &UNCHANGED : &FILED), STATUS_DAMAGED);
        kept.is_signed = false;
        cr_assert_eq(check(i, &kept, RECEIPTS[i].facts), STATUS_DAMAGED);
        kept.is_signed = true;
        kept.revision ^= 1;
        cr_assert_eq(check(i, &kept, RECEIPTS[i].facts), STATUS_DAMAGED);
    }
    receipt_t filed = kept_receipt(0), withdrawn = kept_receipt(2);
    cr_assert_eq(check(0, &filed, NULL), STATUS_DAMAGED);
    cr_assert_eq(check(2, &withdrawn, &(named_facts_t){0}), STATUS_DAMAGED, "facts that are none are no withdrawal");
}

Test(signed_things, a_receipt_of_a_group_is_checked_against_what_was_sent)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    receipt_group_t group = group_of_vectors(arena);
    for (size_t i = 0; i < sizeof RECEIPTS / sizeof *RECEIPTS; i++) {
        receipt_t kept = kept_receipt(i);
        OK(receipt_group_prove(&group, (uint32_t)i, &kept));
        OK(check(i, &kept, RECEIPTS[i].facts));
        cr_assert_eq(check(i, &kept, i == 0 ? &UNCHANGED : &FILED), STATUS_DAMAGED);
        kept.revision ^= 1;
        cr_assert_eq(check(i, &kept, RECEIPTS[i].facts), STATUS_DAMAGED);
        kept.revision ^= 1;
        kept.group_size = 0; /* as if it were signed alone */
        cr_assert_eq(check(i, &kept, RECEIPTS[i].facts), STATUS_DAMAGED);
        receipt_t alone = kept_receipt(i);
        kept.group_size = group.count;
        memcpy(kept.signature, alone.signature, SIGNATURE_SIZE);
        cr_assert_eq(check(i, &kept, RECEIPTS[i].facts), STATUS_DAMAGED);
    }
}

/* ---- digests */

static void assert_same(const named_facts_t *left, const named_facts_t *right, bool is_same)
{
    uint8_t a[DIGEST_SIZE], b[DIGEST_SIZE];
    OK(signed_facts_digest(left, a));
    OK(signed_facts_digest(right, b));
    cr_assert_eq(memcmp(a, b, DIGEST_SIZE) == 0, is_same);
}

Test(signed_things, a_digest_does_not_depend_on_any_order)
{
    const named_fact_t facts[] = {FILED_FACTS[1], FILED_FACTS[0]};
    assert_same(&FILED, &(named_facts_t){facts, 2, FILED_PEOPLE, 1}, true);
    const named_fact_t own[] = {UNCHANGED_OWN[2], UNCHANGED_OWN[1]};
    const named_consultant_t people[] = {{"C1", own, 2}, UNCHANGED_PEOPLE[0]};
    assert_same(&UNCHANGED, &(named_facts_t){UNCHANGED_FACTS, 3, people, 2}, true);
}

Test(signed_things, whatever_else_changes_changes_the_digest)
{
    const named_fact_t facts[][2] = {{FILED_FACTS[0], {"ad_spend", 2, 4658724}},
                                     {FILED_FACTS[0], {"ad_spend", 1, 4658723}},
                                     {FILED_FACTS[0], {"ad_spent", 2, 4658723}},
                                     {FILED_FACTS[0], {"ad_spend", 2, -4658723}}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        assert_same(&FILED, &(named_facts_t){facts[i], 2, FILED_PEOPLE, 1}, false);
    const named_consultant_t other[] = {{"C2", FILED_OWN, 1}}, same_as_store[] = {{"C1", FILED_FACTS, 1}};
    assert_same(&FILED, &(named_facts_t){FILED_FACTS, 1, FILED_PEOPLE, 1}, false);
    assert_same(&FILED, &(named_facts_t){FILED_FACTS, 2, NULL, 0}, false);
    assert_same(&FILED, &(named_facts_t){FILED_FACTS, 2, other, 1}, false);
    assert_same(&FILED, &(named_facts_t){FILED_FACTS, 2, same_as_store, 1}, false);
    assert_same(&(named_facts_t){0}, NULL, true);
}

Test(signed_things, what_stands_twice_has_no_digest)
{
    uint8_t digest[DIGEST_SIZE];
    const named_fact_t facts[] = {FILED_FACTS[0], FILED_FACTS[1], FILED_FACTS[0]};
    const named_consultant_t people[] = {FILED_PEOPLE[0], {"C2", FILED_OWN, 1}, FILED_PEOPLE[0]};
    const named_consultant_t inside[] = {{"C1", facts, 3}};
    cr_assert_eq(signed_facts_digest(&(named_facts_t){facts, 3, NULL, 0}, digest), STATUS_INVALID);
    cr_assert_eq(signed_facts_digest(&(named_facts_t){facts, 2, people, 3}, digest), STATUS_INVALID);
    cr_assert_eq(signed_facts_digest(&(named_facts_t){facts, 2, inside, 1}, digest), STATUS_INVALID);
    OK(signed_facts_digest(&(named_facts_t){facts, 2, people, 2}, digest));
}

Test(signed_things, a_digest_ends_at_the_caps)
{
    static char codes[CONSULTANTS_MAX + 1][8];
    static named_fact_t facts[CATALOG_FACTS_MAX + 1];
    static named_consultant_t people[CONSULTANTS_MAX + 1];
    uint8_t digest[DIGEST_SIZE];
    for (size_t i = 0; i < CONSULTANTS_MAX + 1; i++) {
        snprintf(codes[i], sizeof codes[i], "c%zu", i);
        people[i] = (named_consultant_t){codes[i], facts, CATALOG_FACTS_MAX};
        if (i < CATALOG_FACTS_MAX + 1)
            facts[i] = (named_fact_t){codes[i], FACT_DECIMALS_MAX, 1};
    }
    OK(signed_facts_digest(&(named_facts_t){facts, CATALOG_FACTS_MAX, people, CONSULTANTS_MAX}, digest));
    named_facts_t many = {facts, CATALOG_FACTS_MAX + 1, people, CONSULTANTS_MAX};
    cr_assert_eq(signed_facts_digest(&many, digest), STATUS_LIMIT);
    many = (named_facts_t){facts, CATALOG_FACTS_MAX, people, CONSULTANTS_MAX + 1};
    cr_assert_eq(signed_facts_digest(&many, digest), STATUS_LIMIT);
    facts[0].decimals++;
    cr_assert_eq(signed_facts_digest(&(named_facts_t){facts, 1, NULL, 0}, digest), STATUS_LIMIT);
    char name[CODE_LENGTH_MAX + 2] = "";
    facts[0] = (named_fact_t){name, 0, 1};
    for (size_t length = 0; length <= CODE_LENGTH_MAX + 1; length++) {
        const named_consultant_t person = {name, FILED_OWN, 1};
        memset(name, 'n', length);
        status_t wanted = length > 0 && length <= CODE_LENGTH_MAX ? STATUS_OK : STATUS_LIMIT;
        cr_assert_eq(signed_facts_digest(&(named_facts_t){facts, 1, NULL, 0}, digest), wanted, "%zu", length);
        cr_assert_eq(signed_facts_digest(&(named_facts_t){FILED_OWN, 1, &person, 1}, digest), wanted, "%zu", length);
    }
}

/* ---- catalogs */

static row_t first_rows[] = {{.id = "ad_spend", .decimals = 2}, {.id = "gone"}, {.id = "showroom_visits"}};
static row_t second_rows[] = {{.id = "new"}, {.id = "showroom_visits"}, {.id = "ad_spend", .decimals = 2}};
static const catalog_t FIRST = {.rows = first_rows, .row_count = 3, .fact_count = 3};
static const catalog_t SECOND = {.rows = second_rows, .row_count = 3, .fact_count = 3};

Test(signed_things, a_digest_does_not_depend_on_the_catalog_s_order)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    named_facts_t first = {0}, second = {0};
    const packed_consultant_t people[] = {{"C1", {{(const uint8_t *)"\x04", 1}, (int64_t[]){40}, 1}}};
    const packed_consultant_t again[] = {{"C1", {{(const uint8_t *)"\x02", 1}, (int64_t[]){40}, 1}}};
    const packed_facts_t facts = {{(const uint8_t *)"\x05", 1}, (int64_t[]){4658723, 219}, 2};
    const packed_facts_t other = {{(const uint8_t *)"\x06", 1}, (int64_t[]){219, 4658723}, 2};
    OK(signed_name_facts(&FIRST, &facts, people, 1, arena, &first));
    OK(signed_name_facts(&SECOND, &other, again, 1, arena, &second));
    cr_assert(first.count == 2 && first.consultant_count == 1 && first.consultants[0].count == 1);
    assert_same(&first, &second, true);
    assert_same(&first, &FILED, true);
}

Test(signed_things, facts_that_do_not_fit_the_catalog_have_no_names)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    CLEANUP(arena_destroy) arena_t *spent = arena_create(16);
    named_facts_t named;
    const packed_facts_t beyond = {{(const uint8_t *)"\x08", 1}, (int64_t[]){1}, 1};
    const packed_facts_t facts = {{(const uint8_t *)"\x05", 1}, (int64_t[]){4658723, 219}, 2};
    cr_assert_eq(signed_name_facts(&FIRST, &beyond, NULL, 0, arena, &named), STATUS_INVALID);
    cr_assert_eq(signed_name_facts(&FIRST, &facts, NULL, 0, spent, &named), STATUS_NO_MEMORY);
}
