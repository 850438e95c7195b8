#include "storage/frame.h"

#include <sodium.h>
#include <string.h>

#define KEY_SIZE_MAX 511 /* LMDB's */

_Static_assert(FRAME_SECRET_SIZE == crypto_shorthash_KEYBYTES, "SipHash's key");

void frame_put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

void frame_put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

uint32_t frame_take_u32(const uint8_t *bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint64_t frame_take_u64(const uint8_t *bytes)
{
    return (uint64_t)frame_take_u32(bytes) << 32 | frame_take_u32(bytes + 4);
}

/* In two rounds, so that a value is hashed where it lies: the hash of table and key is half of the key for
 * the value's. */
uint64_t frame_checksum(const frame_place_t *place, span_t value)
{
    uint8_t bytes[1 + KEY_SIZE_MAX], hash[crypto_shorthash_BYTES];
    size_t size = place->key.size < KEY_SIZE_MAX ? place->key.size : KEY_SIZE_MAX;
    bytes[0] = place->table;
    if (size)
        memcpy(bytes + 1, place->key.data, size);
    crypto_shorthash(hash, bytes, 1 + size, place->secret);

    uint8_t value_key[crypto_shorthash_KEYBYTES];
    memcpy(value_key, hash, sizeof hash);
    memcpy(value_key + sizeof hash, place->secret, sizeof value_key - sizeof hash);
    crypto_shorthash(hash, value.data, value.size, value_key);
    return frame_take_u64(hash);
}

void frame_write(const frame_place_t *place, span_t payload, uint8_t *out)
{
    out[0] = FRAME_VERSION;
    if (payload.size)
        memcpy(out + 1, payload.data, payload.size);
    frame_put_u64(out + 1 + payload.size, frame_checksum(place, (span_t){out, 1 + payload.size}));
}

status_t frame_read(const frame_place_t *place, span_t value, span_t *out)
{
    if (value.size < FRAME_OVERHEAD)
        return STATUS_DAMAGED;
    if (frame_checksum(place, (span_t){value.data, value.size - 8}) != frame_take_u64(value.data + value.size - 8))
        return STATUS_DAMAGED;
    if (value.data[0] != FRAME_VERSION)
        return value.data[0] > FRAME_VERSION ? STATUS_NEWER_FORMAT : STATUS_DAMAGED;
    *out = (span_t){value.data + 1, value.size - FRAME_OVERHEAD};
    return STATUS_OK;
}
