/* One signature for many receipts (README.md, section 4). They are the leaves of a Merkle tree as in RFC 6962, section
 * 2.1, with BLAKE2b-256 for its hash; the hub signs the root, and each receipt carries its way there: place, size and
 * the digests beside the way, from the leaf up. */
#pragma once

#include "core/arena.h"
#include "proto/signed.h"

#define RECEIPT_PATH_MAX 16 /* digests: of RECEIPT_GROUP_MAX receipts */

typedef struct {
    arena_t *arena;
    uint8_t (*nodes)[DIGEST_SIZE]; /* row by row: the leaves, then what stands above each two of them, last the root */
    uint32_t room, count;          /* leaves */
    uint8_t signature[SIGNATURE_SIZE];
} receipt_group_t;

/* Whether size, place and way of a receipt may stand together: none of them where it is not signed, or alone; the way
 * in whole digests. (Verifying asks for exactly as many as its place has.) */
bool receipt_group_is_whole(const receipt_t *receipt);

/* An empty group for at most `room` receipts; all its memory is the arena's. STATUS_LIMIT for none or more than
 * RECEIPT_GROUP_MAX, STATUS_NO_MEMORY. */
status_t receipt_group_init(arena_t *arena, size_t room, receipt_group_t *out) NODISCARD;

/* Takes a receipt as the next leaf; its index is the count before. STATUS_LIMIT where there is no room, or as
 * signed_receipt_body. */
status_t receipt_group_add(receipt_group_t *group, const signed_receipt_t *receipt) NODISCARD;

/* Signs what was added, at least one. The same receipts in the same order have the same signature. */
void receipt_group_sign(receipt_group_t *group, const uint8_t hub_key[KEY_SIZE], const signing_keys_t *keys);

/* Gives the receipt at that index the signature and its way, which is the arena's. STATUS_NO_MEMORY. */
status_t receipt_group_prove(const receipt_group_t *group, uint32_t index, receipt_t *out) NODISCARD;

/* Whether the proof that `proof` carries is of this receipt: STATUS_DAMAGED where its way has not exactly the length
 * that its place has, or the signature does not fit; STATUS_LIMIT as signed_receipt_body. */
status_t receipt_group_verify(const signed_receipt_t *receipt, const receipt_t *proof,
                              const uint8_t signing_key[SIGNING_KEY_SIZE]) NODISCARD;
