/* The log of all that changed the store: events, chained by their hashes, and the index of their subjects. */
#include "hub/store_internal.h"

#include <stdio.h>
#include <string.h>

static void hash_u64(crypto_generichash_state *state, uint64_t number)
{
    uint8_t bytes[8];
    frame_put_u64(bytes, number);
    crypto_generichash_update(state, bytes, sizeof bytes);
}

void store_hash_record(crypto_generichash_state *state, const store_key_t *key, span_t payload)
{
    hash_u64(state, key->size);
    crypto_generichash_update(state, key->bytes, key->size);
    hash_u64(state, payload.size);
    crypto_generichash_update(state, payload.data, payload.size);
}

void store_hash_event(uint64_t event, span_t payload, uint8_t out[DIGEST_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    hash_u64(&state, event);
    crypto_generichash_update(&state, payload.data, payload.size);
    crypto_generichash_final(&state, out, DIGEST_SIZE);
}

void store_subject_of(const char *kind, const uint8_t bytes[32], char out[STORE_SUBJECT_SIZE])
{
    char hex[2 * 32 + 1];
    sodium_bin2hex(hex, sizeof hex, bytes, 32);
    snprintf(out, STORE_SUBJECT_SIZE, "%s/%s", kind, hex);
}

void store_set_actor(store_txn_t *txn, const store_actor_t *actor)
{
    txn->actor = *actor;
}

/* Key of an entry of `subjects`. */
static store_key_t key_of_subject(const char *subject, uint64_t event)
{
    store_key_t key = {.size = strlen(subject) + 1};
    memcpy(key.bytes, subject, key.size);
    frame_put_u64(key.bytes + key.size, event);
    key.size += 8;
    return key;
}

/* Enters it behind the newest, whatever is pending. */
static status_t append(store_txn_t *txn, stored_event_t *event)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    store_head_t *head = &txn->head;
    bool has_subject = event->subject && *event->subject;
    if (has_subject && strlen(event->subject) >= STORE_SUBJECT_SIZE)
        return STATUS_LIMIT;
    event->event = head->counts[TABLE_EVENTS] + 1;
    event->time_ms = txn->actor.time_ms > head->event_ms ? txn->actor.time_ms : head->event_ms;
    event->has_actor = !txn->actor.is_hub;
    event->role = txn->actor.role;
    memcpy(event->public_key, txn->actor.public_key, KEY_SIZE);
    event->is_first = event->event == 1;
    memcpy(event->before, head->event_hash, DIGEST_SIZE);
    event->sequence = head->sequence;
    event->network = head->network;
    event->catalog_digest = head->catalog_digest;
    txn->has_disclosure |= event->kind == EVENT_RELEASE || event->kind == EVENT_EXEMPLAR;
    TRY(stored_event_encode(event, &bytes));
    span_t payload = {bytes.data, bytes.size};
    store_key_t key = store_key_of_u64(event->event);
    TRY(store_put(txn, TABLE_EVENTS, &key, payload, MDB_APPEND));
    store_hash_event(event->event, payload, head->event_hash);
    head->event_ms = event->time_ms;
    if (!has_subject)
        return STATUS_OK;
    key = key_of_subject(event->subject, event->event);
    return store_put(txn, TABLE_SUBJECTS, &key, (span_t){(const uint8_t *)"", 0}, MDB_NOOVERWRITE);
}

status_t store_note_revision(store_txn_t *txn, uint64_t sequence, span_t payload)
{
    if (!txn->has_revisions) {
        crypto_generichash_init(&txn->revisions, NULL, 0, DIGEST_SIZE);
        txn->has_revisions = true;
        txn->first_sequence = sequence;
    }
    store_key_t key = store_key_of_u64(sequence);
    store_hash_record(&txn->revisions, &key, payload);
    return STATUS_OK;
}

/* One event for all of a transaction: each revision tells itself whose it is. */
status_t store_flush_revisions(store_txn_t *txn)
{
    if (!txn->has_revisions)
        return STATUS_OK;
    store_actor_t actor = txn->actor;
    stored_event_t event = {.kind = EVENT_REVISIONS, .has_digest = true, .first_sequence = txn->first_sequence};
    crypto_generichash_final(&txn->revisions, event.digest, DIGEST_SIZE);
    txn->has_revisions = false;
    txn->actor = (store_actor_t){.time_ms = actor.time_ms, .is_hub = true};
    status_t status = append(txn, &event);
    txn->actor = actor;
    return status;
}

status_t store_append_event(store_txn_t *txn, stored_event_t *event)
{
    TRY(store_flush_revisions(txn));
    return append(txn, event);
}

status_t store_note_record(store_txn_t *txn, stored_event_t *event, const store_key_t *key, span_t payload)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    store_hash_record(&state, key, payload);
    crypto_generichash_final(&state, event->digest, DIGEST_SIZE);
    event->has_digest = true;
    return store_append_event(txn, event);
}

void store_newest_event(const store_txn_t *txn, uint64_t *out_event, uint64_t *out_time_ms)
{
    *out_event = txn->head.counts[TABLE_EVENTS];
    *out_time_ms = txn->head.event_ms;
}

status_t store_get_event(store_txn_t *txn, uint64_t event, arena_t *arena, stored_event_t *out)
{
    store_key_t key = store_key_of_u64(event);
    span_t payload;
    TRY(store_get(txn, TABLE_EVENTS, &key, &payload));
    TRY(store_copy_payload(arena, &payload));
    TRY(stored_event_decode(payload, arena, out));
    out->event = event;
    return STATUS_OK;
}

status_t store_hash_of_event(store_txn_t *txn, uint64_t event, uint8_t out[DIGEST_SIZE])
{
    store_key_t key = store_key_of_u64(event);
    span_t payload;
    TRY(store_get(txn, TABLE_EVENTS, &key, &payload));
    store_hash_event(event, payload, out);
    return STATUS_OK;
}

/* A record of `subjects` holds nothing, but its checksum vouches for its key. */
static status_t check_entry(const MDB_val *key, const MDB_val *value)
{
    span_t payload;
    return store_unframe(TABLE_SUBJECTS, key->mv_data, key->mv_size, value->mv_data, value->mv_size, &payload);
}

/* The number in a subject's key, or NOT_FOUND where the key is another subject's. */
static status_t number_of(const MDB_val *key, const MDB_val *value, const char *subject, uint64_t *out)
{
    size_t size = strlen(subject) + 1;
    TRY(check_entry(key, value));
    if (key->mv_size != size + 8 || memcmp(key->mv_data, subject, size) != 0)
        return STATUS_NOT_FOUND;
    *out = frame_take_u64((const uint8_t *)key->mv_data + size);
    return STATUS_OK;
}

/* The entry of `subjects` at or behind a key, or the one before it. */
static status_t find_subject(store_txn_t *txn, const char *subject, uint64_t from, bool before, uint64_t *out)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    if (strlen(subject) >= STORE_SUBJECT_SIZE)
        return STATUS_NOT_FOUND;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_SUBJECTS], &cursor)));
    store_key_t start = key_of_subject(subject, from);
    MDB_val key = {start.size, start.bytes}, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (before && (code == MDB_SUCCESS || code == MDB_NOTFOUND))
        code = mdb_cursor_get(cursor, &key, &value, code == MDB_SUCCESS ? MDB_PREV : MDB_LAST);
    TRY(environment_status(code));
    return number_of(&key, &value, subject, out);
}

status_t store_last_event(store_txn_t *txn, const char *subject, uint64_t most, arena_t *arena, stored_event_t *out)
{
    uint64_t event;
    TRY(find_subject(txn, subject, most == UINT64_MAX ? most : most + 1, true, &event));
    return store_get_event(txn, event, arena, out);
}

status_t store_next_event(store_txn_t *txn, const char *subject, uint64_t after, arena_t *arena, stored_event_t *out)
{
    uint64_t event;
    TRY(find_subject(txn, subject, after + 1, false, &event));
    return store_get_event(txn, event, arena, out);
}

/* The subject of a key; it ends with its NUL. */
static const char *subject_of(const MDB_val *key)
{
    const uint8_t *end = memchr(key->mv_data, 0, key->mv_size);
    return end && (size_t)(end - (const uint8_t *)key->mv_data) + 9 == key->mv_size ? key->mv_data : NULL;
}

status_t store_scan_subjects(store_txn_t *txn, const char *prefix, uint64_t most, store_subject_visit_t *visit,
                             void *context)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    char held[STORE_SUBJECT_SIZE] = "";
    uint64_t last = 0;
    size_t size = strlen(prefix);
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_SUBJECTS], &cursor)));
    MDB_val key = {size, (void *)prefix}, value;
    int code = mdb_cursor_get(cursor, &key, &value, size ? MDB_SET_RANGE : MDB_FIRST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        TRY(check_entry(&key, &value));
        const char *subject = subject_of(&key);
        if (!subject || strlen(subject) >= sizeof held)
            return STATUS_DAMAGED;
        if (strncmp(subject, prefix, size) != 0)
            break;
        uint64_t event = frame_take_u64((const uint8_t *)key.mv_data + strlen(subject) + 1);
        if (event > most)
            continue;
        if (last && strcmp(held, subject) != 0)
            TRY(visit(context, held, last));
        memcpy(held, subject, strlen(subject) + 1);
        last = event;
    }
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
        return environment_status(code);
    return last ? visit(context, held, last) : STATUS_OK;
}

status_t store_event_at(store_txn_t *txn, uint64_t time_ms, uint64_t *out_event)
{
    uint64_t low = 0, high = txn->head.counts[TABLE_EVENTS]; /* the answer lies in them; 0 = none */
    while (low < high) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
        uint64_t middle = low + (high - low + 1) / 2;
        stored_event_t event;
        if (!arena)
            return STATUS_NO_MEMORY;
        TRY(store_get_event(txn, middle, arena, &event));
        if (event.time_ms <= time_ms)
            low = middle;
        else
            high = middle - 1;
    }
    *out_event = low;
    return low ? STATUS_OK : STATUS_NOT_FOUND;
}
