/* The domain's operations: what is written where (the tables are described in hub/store.h). */
#include "hub/store_internal.h"

#include "core/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cursor_close(MDB_cursor **cursor)
{
    if (*cursor)
        mdb_cursor_close(*cursor);
}

/* The month's index entry must be there for each revision but the first, and must not be there for the first. */
static status_t point_current(store_txn_t *txn, const stored_revision_t *revision, uint64_t sequence)
{
    store_key_t key = store_key_of_month(revision->period, revision->dealer);
    uint64_t before;
    if (revision->revision == 1)
        return store_put_u64_at(txn, TABLE_CURRENT, &key, sequence, MDB_NOOVERWRITE);
    status_t status = store_get_u64(txn, TABLE_CURRENT, &key, &before);
    if (status == STATUS_NOT_FOUND)
        return txn->failure = STATUS_CONFLICT;
    TRY(status);
    return store_put_u64_at(txn, TABLE_CURRENT, &key, sequence, 0);
}

status_t store_put_revision(store_txn_t *txn, const stored_revision_t *revision, uint64_t *out_sequence)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(stored_revision_encode(revision, &bytes));
    uint64_t sequence = txn->head.sequence + 1;
    store_key_t key = store_key_of_u64(sequence);
    TRY(store_put(txn, TABLE_REVISIONS, &key, (span_t){bytes.data, bytes.size}, MDB_APPEND));
    TRY(point_current(txn, revision, sequence));
    key = store_key_of_history(revision->dealer, revision->period, revision->revision);
    TRY(store_put_u64_at(txn, TABLE_HISTORY, &key, sequence, MDB_NOOVERWRITE));
    txn->head.sequence = sequence;
    *out_sequence = sequence;
    return store_note_revision(txn, sequence, (span_t){bytes.data, bytes.size});
}

/* A payload that outlives the transaction. */
static status_t copy_payload(arena_t *arena, span_t *payload)
{
    char *copy = arena_memdup(arena, payload->data, payload->size);
    if (!copy)
        return STATUS_NO_MEMORY;
    payload->data = (const uint8_t *)copy;
    return STATUS_OK;
}

/* What an index names must be there. */
static status_t must_exist(status_t status)
{
    return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}

/* The revision that an index names. */
static status_t read_revision(store_txn_t *txn, uint64_t sequence, bool with_consultants, arena_t *arena,
                              stored_revision_t *out)
{
    span_t payload;
    store_key_t key = store_key_of_u64(sequence);
    TRY(must_exist(store_get(txn, TABLE_REVISIONS, &key, &payload)));
    TRY(copy_payload(arena, &payload));
    return stored_revision_decode(payload, with_consultants, arena, out);
}

status_t store_get_current(store_txn_t *txn, const char *dealer, period_t period, bool with_consultants, arena_t *arena,
                           stored_revision_t *out)
{
    uint64_t sequence;
    store_key_t key = store_key_of_month(period, dealer);
    TRY(store_get_u64(txn, TABLE_CURRENT, &key, &sequence));
    return read_revision(txn, sequence, with_consultants, arena, out);
}

status_t store_get_revision(store_txn_t *txn, const char *dealer, period_t period, uint32_t revision, arena_t *arena,
                            stored_revision_t *out)
{
    uint64_t sequence;
    store_key_t key = store_key_of_history(dealer, period, revision);
    TRY(store_get_u64(txn, TABLE_HISTORY, &key, &sequence));
    return read_revision(txn, sequence, true, arena, out);
}

status_t store_get_sequence(store_txn_t *txn, uint64_t sequence, bool with_consultants, arena_t *arena,
                            stored_revision_t *out)
{
    return read_revision(txn, sequence, with_consultants, arena, out);
}

/* The newest sequence, at most `most`, in the history of a month, by a cursor of `history`. */
static status_t find_sequence_at(MDB_cursor *cursor, const char *dealer, period_t period, uint64_t most, uint64_t *out)
{
    store_key_t end = store_key_of_history(dealer, period, UINT32_MAX);
    MDB_val key = {end.size, end.bytes}, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS || code == MDB_NOTFOUND)
        code = mdb_cursor_get(cursor, &key, &value, code == MDB_SUCCESS ? MDB_PREV : MDB_LAST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_PREV)) {
        span_t payload;
        if (key.mv_size != end.size || memcmp(key.mv_data, end.bytes, end.size - 4) != 0)
            return STATUS_NOT_FOUND;
        TRY(store_unframe(TABLE_HISTORY, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
        if (payload.size != 8)
            return STATUS_DAMAGED;
        *out = frame_take_u64(payload.data);
        if (*out <= most)
            return STATUS_OK;
    }
    return code == MDB_NOTFOUND ? STATUS_NOT_FOUND : store_map_error(code);
}

status_t store_get_revision_at(store_txn_t *txn, const char *dealer, period_t period, uint64_t sequence,
                               bool with_consultants, arena_t *arena, stored_revision_t *out)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    uint64_t found;
    TRY(store_map_error(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_HISTORY], &cursor)));
    TRY(find_sequence_at(cursor, dealer, period, sequence, &found));
    return read_revision(txn, found, with_consultants, arena, out);
}

status_t store_has_revisions(store_txn_t *txn, const char *dealer, bool *out)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    TRY(store_map_error(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_HISTORY], &cursor)));
    MDB_val key = {strlen(dealer) + 1, (void *)dealer}, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
        return store_map_error(code);
    *out = code == MDB_SUCCESS && key.mv_size > strlen(dealer) && memcmp(key.mv_data, dealer, strlen(dealer) + 1) == 0;
    return STATUS_OK;
}

/* One scan of a month. */
typedef struct {
    MDB_cursor *current, *history, *revisions;
    period_t period;
    uint64_t most; /* the newest sequence that counts */
    store_visit_t *visit;
    void *context;
} scan_t;

static void scan_close(scan_t *scan)
{
    cursor_close(&scan->current);
    cursor_close(&scan->history);
    cursor_close(&scan->revisions);
}

/* The revision that an entry of `current` names, or where that is a later one, the one before it that counts. */
static status_t find_counting(const scan_t *scan, const MDB_val *key, uint64_t newest, uint64_t *out)
{
    char dealer[CODE_LENGTH_MAX + 1];
    size_t size = key->mv_size - 4;
    *out = newest;
    if (newest <= scan->most)
        return STATUS_OK;
    if (size > CODE_LENGTH_MAX)
        return STATUS_DAMAGED;
    memcpy(dealer, (const char *)key->mv_data + 4, size);
    dealer[size] = 0;
    return find_sequence_at(scan->history, dealer, scan->period, scan->most, out);
}

/* What an entry of `current` leads to, handed to `visit`. Memory for one at a time. */
static status_t visit_one(const scan_t *scan, const MDB_val *key, const MDB_val *value)
{
    span_t payload;
    uint64_t sequence;
    TRY(store_unframe(TABLE_CURRENT, key->mv_data, key->mv_size, value->mv_data, value->mv_size, &payload));
    if (payload.size != 8)
        return STATUS_DAMAGED;
    status_t status = find_counting(scan, key, frame_take_u64(payload.data), &sequence);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* filed later */
    TRY(status);
    store_key_t place = store_key_of_u64(sequence);
    MDB_val at = {place.size, place.bytes}, record;
    TRY(must_exist(store_map_error(mdb_cursor_get(scan->revisions, &at, &record, MDB_SET))));
    TRY(store_unframe(TABLE_REVISIONS, place.bytes, place.size, record.mv_data, record.mv_size, &payload));

    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    stored_revision_t revision;
    TRY(stored_revision_decode(payload, false, arena, &revision));
    return scan->visit(scan->context, &revision);
}

status_t store_scan_month_at(store_txn_t *txn, period_t period, uint64_t sequence, store_visit_t *visit, void *context)
{
    CLEANUP(scan_close) scan_t scan = {.period = period, .most = sequence, .visit = visit, .context = context};
    const MDB_dbi *tables = txn->store->tables;
    TRY(store_map_error(mdb_cursor_open(txn->txn, tables[TABLE_CURRENT], &scan.current)));
    TRY(store_map_error(mdb_cursor_open(txn->txn, tables[TABLE_HISTORY], &scan.history)));
    TRY(store_map_error(mdb_cursor_open(txn->txn, tables[TABLE_REVISIONS], &scan.revisions)));
    store_key_t month = store_key_of_month(period, "");
    MDB_val key = {month.size, month.bytes}, value;
    int code = mdb_cursor_get(scan.current, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && key.mv_size > month.size && memcmp(key.mv_data, month.bytes, month.size) == 0) {
        TRY(visit_one(&scan, &key, &value));
        code = mdb_cursor_get(scan.current, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? STATUS_OK : store_map_error(code);
}

status_t store_scan_month(store_txn_t *txn, period_t period, store_visit_t *visit, void *context)
{
    return store_scan_month_at(txn, period, UINT64_MAX, visit, context);
}

status_t store_put_answer(store_txn_t *txn, const char *dealer, const uint8_t id[SUBMISSION_ID_SIZE],
                          const stored_answer_t *answer)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(stored_answer_encode(answer, &bytes));
    store_key_t key = store_key_of_answer(dealer, id);
    return store_put(txn, TABLE_ANSWERS, &key, (span_t){bytes.data, bytes.size}, MDB_NOOVERWRITE);
}

status_t store_get_answer(store_txn_t *txn, const char *dealer, const uint8_t id[SUBMISSION_ID_SIZE], arena_t *arena,
                          stored_answer_t *out)
{
    span_t payload;
    store_key_t key = store_key_of_answer(dealer, id);
    TRY(store_get(txn, TABLE_ANSWERS, &key, &payload));
    TRY(copy_payload(arena, &payload));
    return stored_answer_decode(payload, arena, out);
}

status_t store_put_key(store_txn_t *txn, const uint8_t public_key[KEY_SIZE], const stored_key_t *key)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(stored_key_encode(key, &bytes));
    store_key_t at = store_key_of_bytes(public_key, KEY_SIZE);
    span_t payload = {bytes.data, bytes.size};
    char subject[STORE_SUBJECT_SIZE];
    store_subject_of("key", public_key, subject);
    stored_event_t event = {.kind = EVENT_KEY, .subject = subject, .flag = key->entry.revoked};
    TRY(store_put(txn, TABLE_KEYS, &at, payload, 0));
    return store_note_record(txn, &event, &at, payload);
}

static status_t read_key(arena_t *arena, const uint8_t *public_key, span_t payload, stored_key_t *out)
{
    TRY(copy_payload(arena, &payload));
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

status_t store_list_keys(store_txn_t *txn, arena_t *arena, stored_key_t **out, size_t *out_count)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    TRY(store_map_error(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_KEYS], &cursor)));
    size_t expected = txn->head.counts[TABLE_KEYS], count = 0;
    stored_key_t *keys = arena_array(arena, expected, sizeof *keys);
    if (!keys)
        return STATUS_NO_MEMORY;
    MDB_val key, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        span_t payload;
        if (count == expected || key.mv_size != KEY_SIZE)
            return STATUS_DAMAGED;
        TRY(store_unframe(TABLE_KEYS, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
        TRY(read_key(arena, key.mv_data, payload, &keys[count++]));
    }
    if (code != MDB_NOTFOUND)
        return store_map_error(code);
    if (count != expected)
        return STATUS_DAMAGED;
    *out = keys;
    *out_count = count;
    return STATUS_OK;
}

status_t store_put_token(store_txn_t *txn, const stored_token_t *token)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(stored_token_encode(token, &bytes));
    store_key_t at = store_key_of_bytes(token->entry.digest, DIGEST_SIZE);
    span_t payload = {bytes.data, bytes.size};
    char subject[STORE_SUBJECT_SIZE];
    store_subject_of("token", token->entry.digest, subject);
    stored_event_t event = {.kind = EVENT_TOKEN, .subject = subject};
    TRY(store_put(txn, TABLE_TOKENS, &at, payload, 0));
    return store_note_record(txn, &event, &at, payload);
}

static status_t read_token(arena_t *arena, const uint8_t *digest, span_t payload, stored_token_t *out)
{
    TRY(copy_payload(arena, &payload));
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
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    TRY(store_map_error(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_TOKENS], &cursor)));
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
        return store_map_error(code);
    *out = tokens;
    *out_count = count;
    *out_more = code == MDB_SUCCESS;
    return STATUS_OK;
}

/* A record of catalogs or networks: a fixed number of big-endian numbers, then the bytes. */
static status_t make_document(const uint64_t *numbers, size_t number_count, span_t bytes, buffer_t *out)
{
    out->size = 8 * number_count + bytes.size;
    out->data = malloc(out->size);
    if (!out->data)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < number_count; i++)
        frame_put_u64(out->data + 8 * i, numbers[i]);
    memcpy(out->data + 8 * number_count, bytes.data, bytes.size);
    return STATUS_OK;
}

status_t store_put_catalog(store_txn_t *txn, uint64_t digest, span_t yaml, uint64_t time_ms)
{
    CLEANUP(buffer_fini) buffer_t whole = {0};
    store_key_t key = store_key_of_u64(digest);
    span_t payload;
    char name[17];
    status_t status = store_get(txn, TABLE_CATALOGS, &key, &payload);
    if (status ==
        STATUS_NOT_FOUND) { /* a catalog that comes back keeps the number and time of its first installation */
        uint64_t numbers[] = {txn->head.counts[TABLE_CATALOGS] + 1, time_ms};
        TRY(make_document(numbers, 2, yaml, &whole));
        payload = (span_t){whole.data, whole.size};
        status = store_put(txn, TABLE_CATALOGS, &key, payload, 0);
    }
    TRY(status);
    txn->dirty = true;
    txn->head.catalog_digest = digest;
    snprintf(name, sizeof name, "%016llx", (unsigned long long)digest);
    stored_event_t event = {.kind = EVENT_CATALOG, .subject = "catalog", .name = name};
    return store_note_record(txn, &event, &key, payload);
}

status_t store_get_catalog(store_txn_t *txn, uint64_t digest, arena_t *arena, span_t *out_yaml)
{
    if (digest == 0)
        digest = txn->head.catalog_digest;
    if (digest == 0)
        return STATUS_NOT_FOUND;
    store_key_t key = store_key_of_u64(digest);
    span_t payload;
    TRY(store_get(txn, TABLE_CATALOGS, &key, &payload));
    if (payload.size < CATALOG_HEADER_SIZE)
        return STATUS_DAMAGED;
    payload = (span_t){payload.data + CATALOG_HEADER_SIZE, payload.size - CATALOG_HEADER_SIZE};
    TRY(copy_payload(arena, &payload));
    *out_yaml = payload;
    return STATUS_OK;
}

status_t store_put_network(store_txn_t *txn, const network_lines_t *lines, uint64_t time_ms)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    CLEANUP(buffer_fini) buffer_t whole = {0};
    TRY(stored_network_encode(lines, &bytes));
    uint64_t number = txn->head.network + 1;
    store_key_t key = store_key_of_u64(number);
    TRY(make_document(&time_ms, 1, (span_t){bytes.data, bytes.size}, &whole));
    TRY(store_put(txn, TABLE_NETWORKS, &key, (span_t){whole.data, whole.size}, 0));
    txn->head.network = number;
    stored_event_t event = {.kind = EVENT_NETWORK, .subject = "network", .number = (uint32_t)number};
    return store_note_record(txn, &event, &key, (span_t){whole.data, whole.size});
}

status_t store_get_network(store_txn_t *txn, uint64_t number, arena_t *arena, network_lines_t *out)
{
    if (number == 0)
        number = txn->head.network;
    if (number == 0)
        return STATUS_NOT_FOUND;
    store_key_t key = store_key_of_u64(number);
    span_t payload;
    TRY(must_exist(store_get(txn, TABLE_NETWORKS, &key, &payload)));
    if (payload.size < NETWORK_HEADER_SIZE)
        return STATUS_DAMAGED;
    payload = (span_t){payload.data + NETWORK_HEADER_SIZE, payload.size - NETWORK_HEADER_SIZE};
    TRY(copy_payload(arena, &payload));
    return stored_network_decode(payload, arena, out);
}
