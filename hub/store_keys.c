/* Who may come in: keys, and the tokens with which agents enrol. */
#include "hub/store_internal.h"

#include <stdio.h>
#include <string.h>

/* Codes with blanks between, in `arena`. */
static const char *join(arena_t *arena, const char **codes, size_t count)
{
    size_t size = 1, length = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(codes[i]) + 1;
    char *text = arena_array(arena, size, 1);
    for (size_t i = 0; text && i < count; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%s", i ? " " : "", codes[i]);
    return text;
}

status_t store_note_key(store_txn_t *txn, const stored_key_t *key, const store_key_t *at, span_t payload)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    const key_entry_t *entry = &key->entry;
    char subject[STORE_SUBJECT_SIZE];
    const char *stores = arena ? join(arena, entry->dealers, entry->dealer_count) : NULL;
    if (!stores)
        return STATUS_NO_MEMORY;
    store_subject_of("key", at->bytes, subject);
    stored_event_t event = {.kind = EVENT_KEY,
                            .subject = subject,
                            .name = role_names[entry->role],
                            .text = stores,
                            .scope = entry->region,
                            .flag = entry->revoked};
    return store_note_record(txn, &event, at, payload);
}

status_t store_note_token(store_txn_t *txn, const stored_token_t *token, const store_key_t *at, span_t payload)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    const token_entry_t *entry = &token->entry;
    char subject[STORE_SUBJECT_SIZE];
    const char *stores = arena ? join(arena, entry->dealers, entry->dealer_count) : NULL;
    if (!stores)
        return STATUS_NO_MEMORY;
    store_subject_of("token", at->bytes, subject);
    stored_event_t event = {.kind = EVENT_TOKEN,
                            .subject = subject,
                            .name = entry->revoked_ms ? "revoked"
                                    : entry->used_ms  ? "used"
                                                      : "made",
                            .text = stores,
                            .until_ms = entry->expires_ms};
    return store_note_record(txn, &event, at, payload);
}

status_t store_put_key(store_txn_t *txn, const uint8_t public_key[KEY_SIZE], const stored_key_t *key)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(stored_key_encode(key, &bytes));
    store_key_t at = store_key_of_bytes(public_key, KEY_SIZE);
    span_t payload = {bytes.data, bytes.size};
    TRY(store_put(txn, TABLE_KEYS, &at, payload, 0));
    return store_note_key(txn, key, &at, payload);
}

static status_t read_key(arena_t *arena, const uint8_t *public_key, span_t payload, stored_key_t *out)
{
    TRY(store_copy_payload(arena, &payload));
    TRY(stored_key_decode(payload, arena, out));
    memcpy(out->entry.public_key, public_key, KEY_SIZE);
    return STATUS_OK;
}

status_t store_get_key(store_txn_t *txn, const uint8_t public_key[KEY_SIZE], arena_t *arena, stored_key_t *out)
{
    span_t payload;
    store_key_t at = store_key_of_bytes(public_key, KEY_SIZE);
    TRY(store_get(txn, TABLE_KEYS, &at, &payload));
    return read_key(arena, public_key, payload, out);
}

/* Calls `take` with each record of the table, and checks that there are as many as the head says. */
typedef status_t take_t(void *context, const uint8_t *public_key, span_t payload);
static status_t walk_keys(store_txn_t *txn, take_t *take, void *context)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_KEYS], &cursor)));
    size_t expected = txn->head.counts[TABLE_KEYS], count = 0;
    MDB_val key, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        span_t payload;
        if (count++ == expected || key.mv_size != KEY_SIZE)
            return STATUS_DAMAGED;
        TRY(store_unframe(TABLE_KEYS, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
        TRY(take(context, key.mv_data, payload));
    }
    if (code != MDB_NOTFOUND)
        return environment_status(code);
    return count == expected ? STATUS_OK : STATUS_DAMAGED;
}

typedef struct {
    store_key_visit_t *visit;
    void *context;
} key_scan_t;

/* Memory for one at a time. */
static status_t visit_key(void *context, const uint8_t *public_key, span_t payload)
{
    const key_scan_t *scan = context;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    stored_key_t key;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(read_key(arena, public_key, payload, &key));
    return scan->visit(scan->context, &key);
}

status_t store_scan_keys(store_txn_t *txn, store_key_visit_t *visit, void *context)
{
    key_scan_t scan = {visit, context};
    return walk_keys(txn, visit_key, &scan);
}

typedef struct {
    arena_t *arena;
    stored_key_t *keys;
    size_t count;
} key_list_t;

static status_t list_key(void *context, const uint8_t *public_key, span_t payload)
{
    key_list_t *list = context;
    return read_key(list->arena, public_key, payload, &list->keys[list->count++]);
}

status_t store_list_keys(store_txn_t *txn, arena_t *arena, stored_key_t **out, size_t *out_count)
{
    key_list_t list = {.arena = arena, .keys = arena_array(arena, txn->head.counts[TABLE_KEYS], sizeof *list.keys)};
    if (!list.keys)
        return STATUS_NO_MEMORY;
    TRY(walk_keys(txn, list_key, &list));
    *out = list.keys;
    *out_count = list.count;
    return STATUS_OK;
}

status_t store_put_token(store_txn_t *txn, const stored_token_t *token)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(stored_token_encode(token, &bytes));
    store_key_t at = store_key_of_bytes(token->entry.digest, DIGEST_SIZE);
    span_t payload = {bytes.data, bytes.size};
    TRY(store_put(txn, TABLE_TOKENS, &at, payload, 0));
    return store_note_token(txn, token, &at, payload);
}

static status_t read_token(arena_t *arena, const uint8_t *digest, span_t payload, stored_token_t *out)
{
    TRY(store_copy_payload(arena, &payload));
    TRY(stored_token_decode(payload, arena, out));
    memcpy(out->entry.digest, digest, DIGEST_SIZE);
    return STATUS_OK;
}

status_t store_get_token(store_txn_t *txn, const uint8_t digest[DIGEST_SIZE], arena_t *arena, stored_token_t *out)
{
    span_t payload;
    store_key_t at = store_key_of_bytes(digest, DIGEST_SIZE);
    TRY(store_get(txn, TABLE_TOKENS, &at, &payload));
    return read_token(arena, digest, payload, out);
}

/* The first token behind `after`, or of all. */
static int seek_token(MDB_cursor *cursor, const uint8_t *after, MDB_val *key, MDB_val *value)
{
    if (!after)
        return mdb_cursor_get(cursor, key, value, MDB_FIRST);
    *key = (MDB_val){DIGEST_SIZE, (void *)after};
    int code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS && key->mv_size == DIGEST_SIZE && memcmp(key->mv_data, after, DIGEST_SIZE) == 0)
        code = mdb_cursor_get(cursor, key, value, MDB_NEXT);
    return code;
}

status_t store_list_tokens(store_txn_t *txn, const uint8_t *after, size_t most, arena_t *arena, stored_token_t **out,
                           size_t *out_count, bool *out_more)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_TOKENS], &cursor)));
    size_t count = 0;
    stored_token_t *tokens = arena_array(arena, most, sizeof *tokens);
    if (!tokens)
        return STATUS_NO_MEMORY;
    MDB_val key, value;
    int code = seek_token(cursor, after, &key, &value);
    for (; code == MDB_SUCCESS && count < most; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        span_t payload;
        if (key.mv_size != DIGEST_SIZE)
            return STATUS_DAMAGED;
        TRY(store_unframe(TABLE_TOKENS, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
        TRY(read_token(arena, key.mv_data, payload, &tokens[count++]));
    }
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
        return environment_status(code);
    *out = tokens;
    *out_count = count;
    *out_more = code == MDB_SUCCESS;
    return STATUS_OK;
}
