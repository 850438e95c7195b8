/* One signature for many receipts: against bytes that another program made (signed.hex), and what breaks a proof. */
#include "proto/receipt_group.h"

#include "core/limits.h"
#include "support.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(do) cr_assert_eq((do), STATUS_OK)
#define MOST   70 /* every shape of a tree up to seven rows */

static const uint8_t HUB_KEY[KEY_SIZE] = {1, 2, 3}, SEED[SIGNING_SEED_SIZE] = {4, 5, 6};

static signing_keys_t keys_of_test(void)
{
    signing_keys_t keys;
    signing_keys_from_seed(SEED, &keys);
    return keys;
}

/* Receipt number `i` of all tests, as it is signed. */
static signed_receipt_t receipt_number(size_t i)
{
    static char dealers[MOST][CODE_LENGTH_MAX + 1];
    signed_receipt_t receipt = {.dealer = dealers[i],
                                .period = period_make(2025, 6),
                                .outcome = OUTCOME_ACCEPTED,
                                .revision = (uint32_t)i + 1,
                                .sequence = i,
                                .time_ms = 1751500800000};
    snprintf(dealers[i], sizeof dealers[i], "D%04zu", i);
    memcpy(receipt.hub_key, HUB_KEY, KEY_SIZE);
    memset(receipt.submission_id, (int)i, SUBMISSION_ID_SIZE);
    return receipt;
}

/* The signed group of the first `count` receipts, with the proof of each. */
typedef struct {
    arena_t *arena;
    receipt_group_t group;
    receipt_t proofs[MOST];
} made_t;

static void made_fini(made_t *made)
{
    arena_destroy(&made->arena);
}

static made_t make(size_t count)
{
    made_t made = {.arena = arena_create(1u << 20)};
    signing_keys_t keys = keys_of_test();
    OK(receipt_group_init(made.arena, count, &made.group));
    for (size_t i = 0; i < count; i++) {
        signed_receipt_t receipt = receipt_number(i);
        OK(receipt_group_add(&made.group, &receipt));
    }
    receipt_group_sign(&made.group, HUB_KEY, &keys);
    for (size_t i = 0; i < count; i++)
        OK(receipt_group_prove(&made.group, (uint32_t)i, &made.proofs[i]));
    return made;
}

static status_t verify(size_t i, const receipt_t *proof)
{
    signing_keys_t keys = keys_of_test();
    signed_receipt_t receipt = receipt_number(i);
    return receipt_group_verify(&receipt, proof, keys.public_key);
}

Test(receipt_group, each_receipt_of_each_size_is_proved)
{
    for (size_t count = 1; count <= MOST; count++) {
        CLEANUP(made_fini) made_t made = make(count);
        for (size_t i = 0; i < count; i++) {
            const receipt_t *proof = &made.proofs[i];
            cr_assert(proof->is_signed && proof->group_size == count && proof->group_index == i);
            cr_assert(receipt_group_is_whole(proof));
            cr_assert_eq(verify(i, proof), STATUS_OK, "%zu of %zu", i, count);
        }
    }
}

Test(receipt_group, a_proof_is_of_one_receipt_at_one_place_of_one_size)
{
    static const size_t COUNTS[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33};
    for (size_t c = 0; c < sizeof COUNTS / sizeof *COUNTS; c++) {
        size_t count = COUNTS[c];
        CLEANUP(made_fini) made_t made = make(count);
        for (size_t i = 0; i < count; i++) {
            receipt_t proof = made.proofs[i];
            for (size_t other = 0; other < count; other++)
                cr_assert_eq(verify(other, &proof) == STATUS_OK, other == i, "%zu, %zu of %zu", other, i, count);
            for (proof.group_index = 0; proof.group_index < count + 2; proof.group_index++)
                cr_assert_eq(verify(i, &proof) == STATUS_OK, proof.group_index == i, "%zu of %zu", i, count);
            proof.group_index = (uint32_t)i;
            for (proof.group_size = 0; proof.group_size < 2 * count + 2; proof.group_size++)
                cr_assert_eq(verify(i, &proof) == STATUS_OK, proof.group_size == count, "%zu of %zu", i, count);
        }
    }
}

Test(receipt_group, each_bit_of_path_and_signature_counts)
{
    static const size_t COUNTS[] = {1, 2, 3, 7, 35, 64, 65};
    for (size_t c = 0; c < sizeof COUNTS / sizeof *COUNTS; c++) {
        CLEANUP(made_fini) made_t made = make(COUNTS[c]);
        size_t last = COUNTS[c] - 1;
        receipt_t proof = made.proofs[last];
        uint8_t *path = (uint8_t *)proof.group_path.data;
        for (size_t bit = 0; bit < 8 * proof.group_path.size; bit++) {
            path[bit / 8] ^= (uint8_t)(1u << bit % 8);
            cr_assert_eq(verify(last, &proof), STATUS_DAMAGED, "bit %zu", bit);
            path[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * SIGNATURE_SIZE; bit++) {
            proof.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
            cr_assert_eq(verify(last, &proof), STATUS_DAMAGED, "bit %zu", bit);
            proof.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        OK(verify(last, &proof));
    }
}

Test(receipt_group, each_field_of_the_receipt_counts)
{
    CLEANUP(made_fini) made_t made = make(35);
    signing_keys_t keys = keys_of_test();
    for (size_t i = 0; i < RECEIPT_ALTERATIONS; i++) {
        signed_receipt_t altered = receipt_altered(receipt_number(20), i);
        cr_assert_eq(receipt_group_verify(&altered, &made.proofs[20], keys.public_key), STATUS_DAMAGED, "%zu", i);
    }
    signing_keys_t others;
    signing_keys_from_seed(HUB_KEY, &others);
    signed_receipt_t receipt = receipt_number(20);
    cr_assert_eq(receipt_group_verify(&receipt, &made.proofs[20], others.public_key), STATUS_DAMAGED);
    OK(verify(20, &made.proofs[20]));
}

Test(receipt_group, a_path_has_exactly_its_length)
{
    static uint8_t path[(RECEIPT_PATH_MAX + 1) * DIGEST_SIZE];
    for (size_t count = 1; count <= MOST; count++) {
        CLEANUP(made_fini) made_t made = make(count);
        for (size_t i = 0; i < count; i++) {
            receipt_t proof = made.proofs[i];
            size_t length = proof.group_path.size;
            memset(path, 0, sizeof path);
            memcpy(path, proof.group_path.data, length);
            for (size_t size = 0; size <= sizeof path; size += DIGEST_SIZE) {
                proof.group_path = (span_t){path, size};
                cr_assert_eq(verify(i, &proof), size == length ? STATUS_OK : STATUS_DAMAGED, "%zu", size);
            }
            proof.group_path.size = length + 1;
            cr_assert_eq(verify(i, &proof), STATUS_DAMAGED);
        }
    }
}

/* What is signed of a group and of a receipt begins differently, and so does what is hashed of a leaf and of a node. */
Test(receipt_group, no_signature_passes_as_one_of_the_other_form)
{
    CLEANUP(made_fini) made_t made = make(1);
    signing_keys_t keys = keys_of_test();
    signed_receipt_t receipt = receipt_number(0);
    receipt_t alone = {.is_signed = true};
    OK(signed_receipt_sign(&receipt, &keys, alone.signature));
    OK(signed_receipt_verify(&receipt, keys.public_key, alone.signature));
    cr_assert_eq(signed_receipt_verify(&receipt, keys.public_key, made.proofs[0].signature), STATUS_DAMAGED);
    cr_assert_eq(verify(0, &alone), STATUS_DAMAGED, "no size");
    alone.group_size = 1;
    cr_assert_eq(verify(0, &alone), STATUS_DAMAGED);
    memcpy(alone.signature, made.proofs[0].signature, SIGNATURE_SIZE);
    OK(verify(0, &alone));
}

/* What stands above two receipts, as if it were the receipt of a group half as large. */
Test(receipt_group, a_node_is_no_leaf)
{
    uint8_t bytes[1 + 2 * DIGEST_SIZE] = {0}, without_prefix[DIGEST_SIZE], as_leaf[DIGEST_SIZE];
    CLEANUP(made_fini) made_t made = make(2);
    memcpy(bytes + 1, made.group.nodes, sizeof bytes - 1);
    crypto_generichash(without_prefix, DIGEST_SIZE, bytes + 1, sizeof bytes - 1, NULL, 0);
    crypto_generichash(as_leaf, DIGEST_SIZE, bytes, sizeof bytes, NULL, 0);
    cr_assert(memcmp(made.group.nodes[2], without_prefix, DIGEST_SIZE) != 0);
    cr_assert(memcmp(made.group.nodes[2], as_leaf, DIGEST_SIZE) != 0);
}

Test(receipt_group, a_group_has_a_most)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(16u << 20);
    CLEANUP(arena_destroy) arena_t *small = arena_create(1000);
    receipt_group_t group;
    cr_assert_eq(receipt_group_init(arena, 0, &group), STATUS_LIMIT);
    cr_assert_eq(receipt_group_init(arena, RECEIPT_GROUP_MAX + 1, &group), STATUS_LIMIT);
    cr_assert_eq(receipt_group_init(small, RECEIPT_GROUP_MAX, &group), STATUS_NO_MEMORY);
    OK(receipt_group_init(arena, RECEIPT_GROUP_MAX, &group));
    signed_receipt_t receipt = receipt_number(0);
    for (size_t i = 0; i < RECEIPT_GROUP_MAX; i++)
        OK(receipt_group_add(&group, &receipt));
    cr_assert_eq(receipt_group_add(&group, &receipt), STATUS_LIMIT);
    signing_keys_t keys = keys_of_test();
    receipt_group_sign(&group, HUB_KEY, &keys);
    receipt_t proof = {0};
    OK(receipt_group_prove(&group, RECEIPT_GROUP_MAX - 1, &proof));
    cr_assert_eq(proof.group_path.size, RECEIPT_PATH_MAX * DIGEST_SIZE);
    cr_assert(receipt_group_is_whole(&proof));
    OK(verify(0, &proof));
    char dealer[CODE_LENGTH_MAX + 2] = "";
    memset(dealer, 'D', CODE_LENGTH_MAX + 1);
    receipt.dealer = dealer;
    OK(receipt_group_init(arena, 1, &group));
    cr_assert_eq(receipt_group_add(&group, &receipt), STATUS_LIMIT);
    cr_assert_eq(receipt_group_verify(&receipt, &proof, keys.public_key), STATUS_LIMIT);
}

Test(receipt_group, size_place_and_path_stand_together)
{
    static const uint8_t PATH[(RECEIPT_PATH_MAX + 1) * DIGEST_SIZE];
    static const struct {
        receipt_t receipt;
        bool is_whole;
    } CASES[] = {
        {{.is_signed = false}, true},
        {{.is_signed = true}, true},
        {{.is_signed = true, .group_index = 1}, false},
        {{.is_signed = true, .group_path = {PATH, DIGEST_SIZE}}, false},
        {{.is_signed = false, .group_size = 1}, false},
        {{.is_signed = true, .group_size = 1}, true},
        {{.is_signed = true, .group_size = 1, .group_index = 1}, false},
        {{.is_signed = true, .group_size = 2, .group_path = {PATH, DIGEST_SIZE - 1}}, false},
        {{.is_signed = true, .group_size = RECEIPT_GROUP_MAX, .group_path = {PATH, RECEIPT_PATH_MAX * DIGEST_SIZE}},
         true},
        {{.is_signed = true, .group_size = RECEIPT_GROUP_MAX, .group_path = {PATH, sizeof PATH}}, false},
        {{.is_signed = true, .group_size = RECEIPT_GROUP_MAX + 1}, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_assert_eq(receipt_group_is_whole(&CASES[i].receipt), CASES[i].is_whole, "%zu", i);
}
