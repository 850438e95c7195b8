/* Keys and values as bytes: a value is a version byte, what it holds, and a checksum. */
#include "hub/store_internal.h"

#include <assert.h>
#include <string.h>

static const uint8_t SECRET[FRAME_SECRET_SIZE] = "yardstick-store";

static void key_add(store_key_t *key, const void *bytes, size_t size)
{
    assert(key->size + size <= sizeof key->bytes); /* codes are at most CODE_LENGTH_MAX: text_is_code */
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

static void key_add_u32(store_key_t *key, uint32_t value)
{
    uint8_t bytes[4];
    frame_put_u32(bytes, value);
    key_add(key, bytes, sizeof bytes);
}

store_key_t store_key_of_u64(uint64_t number)
{
    store_key_t key = {.size = 8};
    frame_put_u64(key.bytes, number);
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

static frame_place_t place_of(store_table_t table, const uint8_t *key, size_t key_size)
{
    return (frame_place_t){SECRET, (uint8_t)table, {key, key_size}};
}

uint64_t store_checksum(store_table_t table, const uint8_t *key, size_t key_size, const uint8_t *value,
                        size_t value_size)
{
    frame_place_t place = place_of(table, key, key_size);
    return frame_checksum(&place, (span_t){value, value_size});
}

status_t store_unframe(store_table_t table, const uint8_t *key, size_t key_size, const uint8_t *value, size_t size,
                       span_t *out)
{
    frame_place_t place = place_of(table, key, key_size);
    return frame_read(&place, (span_t){value, size}, out);
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
        return note(txn, environment_status(code));
    return note(txn, store_unframe(table, key->bytes, key->size, value.mv_data, value.mv_size, out));
}

status_t store_put(store_txn_t *txn, store_table_t table, const store_key_t *key, span_t payload, unsigned flags)
{
    MDB_val at = {key->size, (void *)key->bytes}, value = {payload.size + FRAME_OVERHEAD, NULL};
    MDB_stat before, after;
    MDB_dbi dbi = txn->store->tables[table];
    txn->dirty = true;
    TRY(note(txn, environment_status(mdb_stat(txn->txn, dbi, &before))));
    TRY(note(txn, environment_status(mdb_put(txn->txn, dbi, &at, &value, flags | MDB_RESERVE))));
    frame_place_t place = place_of(table, key->bytes, key->size);
    frame_write(&place, payload, value.mv_data);
    TRY(note(txn, environment_status(mdb_stat(txn->txn, dbi, &after))));
    txn->head.counts[table] += after.ms_entries - before.ms_entries;
    return STATUS_OK;
}

status_t store_get_u64(store_txn_t *txn, store_table_t table, const store_key_t *key, uint64_t *out)
{
    span_t payload;
    TRY(store_get(txn, table, key, &payload));
    if (payload.size != 8)
        return note(txn, STATUS_DAMAGED);
    *out = frame_take_u64(payload.data);
    return STATUS_OK;
}

status_t store_put_u64_at(store_txn_t *txn, store_table_t table, const store_key_t *key, uint64_t value, unsigned flags)
{
    uint8_t bytes[8];
    frame_put_u64(bytes, value);
    return store_put(txn, table, key, (span_t){bytes, sizeof bytes}, flags);
}

status_t store_copy_payload(arena_t *arena, span_t *payload)
{
    char *copy = arena_memdup(arena, payload->data, payload->size);
    if (!copy)
        return STATUS_NO_MEMORY;
    payload->data = (const uint8_t *)copy;
    return STATUS_OK;
}

status_t store_must_exist(status_t status)
{
    return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}
