/* Keys and values as bytes: a value is a version byte, what it holds, and a checksum. */
#include "hub/store_internal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Fixed and public: the checksum finds damage, it is no defence against a forger. */
static const uint8_t CHECKSUM_KEY[crypto_shorthash_KEYBYTES] = "yardstick-store";

void store_put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

void store_put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

uint32_t store_take_u32(const uint8_t *bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint64_t store_take_u64(const uint8_t *bytes)
{
    return (uint64_t)store_take_u32(bytes) << 32 | store_take_u32(bytes + 4);
}

static void key_add(store_key_t *key, const void *bytes, size_t size)
{
    assert(key->size + size <= sizeof key->bytes); /* codes are at most CODE_LENGTH_MAX: text_is_code */
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

static void key_add_u32(store_key_t *key, uint32_t value)
{
    uint8_t bytes[4];
    store_put_u32(bytes, value);
    key_add(key, bytes, sizeof bytes);
}

store_key_t store_key_of_u64(uint64_t number)
{
    store_key_t key = {.size = 8};
    store_put_u64(key.bytes, number);
    return key;
}

store_key_t store_key_of_bytes(const uint8_t *bytes, size_t size)
{
    store_key_t key = {.size = 0};
    key_add(&key, bytes, size);
    return key;
}

store_key_t store_key_of_month(period_t period, const char *dealer)
{
    store_key_t key = {.size = 0};
    key_add_u32(&key, period_to_number(period));
    key_add(&key, dealer, strlen(dealer));
    return key;
}

store_key_t store_key_of_history(const char *dealer, period_t period, uint32_t revision)
{
    store_key_t key = {.size = 0};
    key_add(&key, dealer, strlen(dealer) + 1);
    key_add_u32(&key, period_to_number(period));
    key_add_u32(&key, revision);
    return key;
}

store_key_t store_key_of_answer(const char *dealer, const uint8_t id[SUBMISSION_ID_SIZE])
{
    store_key_t key = {.size = 0};
    key_add(&key, dealer, strlen(dealer) + 1);
    key_add(&key, id, SUBMISSION_ID_SIZE);
    return key;
}

/* Two rounds, so that a value is hashed where it lies: the hash of table and key is half of the key for the value's. */
uint64_t store_checksum(store_table_t table, const uint8_t *key, size_t key_size, const uint8_t *value,
                        size_t value_size)
{
    uint8_t place[1 + 511], hash[crypto_shorthash_BYTES];
    size_t size = key_size < sizeof place - 1 ? key_size : sizeof place - 1;
    place[0] = (uint8_t)table;
    memcpy(place + 1, key, size);
    crypto_shorthash(hash, place, 1 + size, CHECKSUM_KEY);

    uint8_t value_key[crypto_shorthash_KEYBYTES];
    memcpy(value_key, hash, sizeof hash);
    memcpy(value_key + sizeof hash, CHECKSUM_KEY, sizeof value_key - sizeof hash);
    crypto_shorthash(hash, value, value_size, value_key);
    return store_take_u64(hash);
}

status_t store_unframe(store_table_t table, const uint8_t *key, size_t key_size, const uint8_t *value, size_t size,
                       span_t *out)
{
    if (size < FRAME_OVERHEAD)
        return STATUS_DAMAGED;
    if (store_checksum(table, key, key_size, value, size - 8) != store_take_u64(value + size - 8))
        return STATUS_DAMAGED;
    if (value[0] != FRAME_VERSION)
        return value[0] > FRAME_VERSION ? STATUS_NEWER_FORMAT : STATUS_DAMAGED;
    *out = (span_t){value + 1, size - FRAME_OVERHEAD};
    return STATUS_OK;
}

/* Remembers the first failure, so that a caller that went on cannot commit half of what it wanted. */
static status_t note(store_txn_t *txn, status_t status)
{
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && txn->failure == STATUS_OK)
        txn->failure = status;
    return status;
}

status_t store_get(store_txn_t *txn, store_table_t table, const store_key_t *key, span_t *out)
{
    MDB_val at = {key->size, (void *)key->bytes}, value;
    int code = mdb_get(txn->txn, txn->store->tables[table], &at, &value);
    if (code != MDB_SUCCESS)
        return note(txn, store_map_error(code));
    return note(txn, store_unframe(table, key->bytes, key->size, value.mv_data, value.mv_size, out));
}

status_t store_put(store_txn_t *txn, store_table_t table, const store_key_t *key, span_t payload, unsigned flags)
{
    MDB_val at = {key->size, (void *)key->bytes}, value = {payload.size + FRAME_OVERHEAD, NULL};
    MDB_stat before, after;
    MDB_dbi dbi = txn->store->tables[table];
    txn->dirty = true;
    TRY(note(txn, store_map_error(mdb_stat(txn->txn, dbi, &before))));
    TRY(note(txn, store_map_error(mdb_put(txn->txn, dbi, &at, &value, flags | MDB_RESERVE))));
    uint8_t *bytes = value.mv_data;
    bytes[0] = FRAME_VERSION;
    memcpy(bytes + 1, payload.data, payload.size);
    store_put_u64(bytes + 1 + payload.size, store_checksum(table, key->bytes, key->size, bytes, 1 + payload.size));
    TRY(note(txn, store_map_error(mdb_stat(txn->txn, dbi, &after))));
    txn->head.counts[table] += after.ms_entries - before.ms_entries;
    return STATUS_OK;
}

status_t store_get_u64(store_txn_t *txn, store_table_t table, const store_key_t *key, uint64_t *out)
{
    span_t payload;
    TRY(store_get(txn, table, key, &payload));
    if (payload.size != 8)
        return note(txn, STATUS_DAMAGED);
    *out = store_take_u64(payload.data);
    return STATUS_OK;
}

status_t store_put_u64_at(store_txn_t *txn, store_table_t table, const store_key_t *key, uint64_t value, unsigned flags)
{
    uint8_t bytes[8];
    store_put_u64(bytes, value);
    return store_put(txn, table, key, (span_t){bytes, sizeof bytes}, flags);
}
