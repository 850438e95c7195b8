#include "proto/receipt_group.h"

#include "core/limits.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(1u << RECEIPT_PATH_MAX == RECEIPT_GROUP_MAX, "the longest way");

#define GROUP_HEADER "yardstick-group-1\n"

/* What tells a leaf from what stands above two: none can pass as the other. */
enum { LEAF_PREFIX = 0, NODE_PREFIX = 1 };

typedef uint8_t digest_t[DIGEST_SIZE];

static status_t hash_leaf(const signed_receipt_t *receipt, digest_t out)
{
    uint8_t bytes[1 + SIGNED_RECEIPT_SIZE_MAX] = {LEAF_PREFIX};
    size_t size;
    TRY(signed_receipt_body(receipt, bytes + 1, &size));
    crypto_generichash(out, DIGEST_SIZE, bytes, 1 + size, NULL, 0);
    return STATUS_OK;
}

static void hash_node(const digest_t left, const digest_t right, digest_t out)
{
    uint8_t bytes[1 + 2 * DIGEST_SIZE] = {NODE_PREFIX};
    memcpy(bytes + 1, left, DIGEST_SIZE);
    memcpy(bytes + 1 + DIGEST_SIZE, right, DIGEST_SIZE);
    crypto_generichash(out, DIGEST_SIZE, bytes, sizeof bytes, NULL, 0);
}

/* The last of an odd row has nobody beside it and stands in the row above as it is. */
static uint32_t row_above(uint32_t count)
{
    return count / 2 + count % 2;
}

bool receipt_group_is_whole(const receipt_t *receipt)
{
    if (receipt->group_size == 0)
        return receipt->group_index == 0 && receipt->group_path.size == 0;
    return receipt->is_signed && receipt->group_size <= RECEIPT_GROUP_MAX &&
           receipt->group_index < receipt->group_size && receipt->group_path.size % DIGEST_SIZE == 0 &&
           receipt->group_path.size <= (size_t)RECEIPT_PATH_MAX * DIGEST_SIZE;
}

/* ---- what is signed */

#define ROOT_BODY_SIZE (sizeof GROUP_HEADER - 1 + KEY_SIZE + 4 + DIGEST_SIZE)

static void root_body(const uint8_t hub_key[KEY_SIZE], uint32_t count, const digest_t root, uint8_t out[ROOT_BODY_SIZE])
{
    const uint8_t size[] = {(uint8_t)(count >> 24), (uint8_t)(count >> 16), (uint8_t)(count >> 8), (uint8_t)count};
    memcpy(out, GROUP_HEADER, sizeof GROUP_HEADER - 1);
    out += sizeof GROUP_HEADER - 1;
    memcpy(out, hub_key, KEY_SIZE);
    memcpy(out + KEY_SIZE, size, sizeof size);
    memcpy(out + KEY_SIZE + sizeof size, root, DIGEST_SIZE);
}

/* ---- making one */

/* Nodes of all rows. */
static size_t node_count(uint32_t leaves)
{
    size_t total = leaves;
    for (uint32_t row = leaves; row > 1; total += row)
        row = row_above(row);
    return total;
}

status_t receipt_group_init(arena_t *arena, size_t room, receipt_group_t *out)
{
    if (room == 0 || room > RECEIPT_GROUP_MAX)
        return STATUS_LIMIT;
    receipt_group_t group = {.arena = arena, .room = (uint32_t)room};
    group.nodes = arena_array(arena, node_count(group.room), sizeof *group.nodes);
    if (!group.nodes)
        return STATUS_NO_MEMORY;
    *out = group;
    return STATUS_OK;
}

status_t receipt_group_add(receipt_group_t *group, const signed_receipt_t *receipt)
{
    if (group->count == group->room)
        return STATUS_LIMIT;
    TRY(hash_leaf(receipt, group->nodes[group->count]));
    group->count++;
    return STATUS_OK;
}

void receipt_group_sign(receipt_group_t *group, const uint8_t hub_key[KEY_SIZE], const signing_keys_t *keys)
{
    uint8_t body[ROOT_BODY_SIZE];
    assert(group->count > 0);
    digest_t *row = group->nodes;
    for (uint32_t count = group->count; count > 1; count = row_above(count)) {
        digest_t *above = row + count;
        for (uint32_t i = 0; i + 1 < count; i += 2)
            hash_node(row[i], row[i + 1], above[i / 2]);
        if (count % 2)
            memcpy(above[count / 2], row[count - 1], DIGEST_SIZE);
        row = above;
    }
    root_body(hub_key, group->count, *row, body);
    crypto_sign_detached(group->signature, NULL, body, sizeof body, keys->secret_key);
}

status_t receipt_group_prove(const receipt_group_t *group, uint32_t index, receipt_t *out)
{
    digest_t way[RECEIPT_PATH_MAX];
    const digest_t *row = (const digest_t *)group->nodes;
    size_t length = 0;
    assert(index < group->count);
    for (uint32_t count = group->count, place = index; count > 1; count = row_above(count), place /= 2) {
        if ((place ^ 1) < count)
            memcpy(way[length++], row[place ^ 1], DIGEST_SIZE);
        row += count;
    }
    char *path = arena_memdup(group->arena, way, length * DIGEST_SIZE);
    if (!path)
        return STATUS_NO_MEMORY;
    memcpy(out->signature, group->signature, SIGNATURE_SIZE);
    out->is_signed = true;
    out->group_size = group->count;
    out->group_index = index;
    out->group_path = (span_t){(const uint8_t *)path, length * DIGEST_SIZE};
    return STATUS_OK;
}

/* ---- proving one */

/* The root of a tree of that size that has `leaf` at that index; STATUS_DAMAGED where the way is too short or too long
 * for that place. */
static status_t climb(const digest_t leaf, const receipt_t *proof, digest_t out_root)
{
    span_t way = proof->group_path;
    digest_t node, beside;
    memcpy(node, leaf, DIGEST_SIZE);
    uint32_t place = proof->group_index;
    for (uint32_t count = proof->group_size; count > 1; count = row_above(count), place /= 2) {
        if ((place ^ 1) >= count)
            continue;
        if (way.size < DIGEST_SIZE)
            return STATUS_DAMAGED;
        memcpy(beside, way.data, DIGEST_SIZE);
        way = (span_t){way.data + DIGEST_SIZE, way.size - DIGEST_SIZE};
        if (place % 2)
            hash_node(beside, node, node);
        else
            hash_node(node, beside, node);
    }
    if (way.size)
        return STATUS_DAMAGED;
    memcpy(out_root, node, DIGEST_SIZE);
    return STATUS_OK;
}

status_t receipt_group_verify(const signed_receipt_t *receipt, const receipt_t *proof,
                              const uint8_t signing_key[SIGNING_KEY_SIZE])
{
    digest_t leaf, root;
    uint8_t body[ROOT_BODY_SIZE];
    TRY(hash_leaf(receipt, leaf));
    if (proof->group_size > RECEIPT_GROUP_MAX || proof->group_index >= proof->group_size)
        return STATUS_DAMAGED;
    TRY(climb(leaf, proof, root));
    root_body(receipt->hub_key, proof->group_size, root, body);
    return crypto_sign_verify_detached(proof->signature, body, sizeof body, signing_key) == 0 ? STATUS_OK
                                                                                              : STATUS_DAMAGED;
}
