/* Revisions of dealers' months, the indices that lead to them, and what their ids were answered. */
#include "hub/store_internal.h"

#include "core/limits.h"

#include <string.h>

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

/* The revision that an index names. */
static status_t read_revision(store_txn_t *txn, uint64_t sequence, bool with_consultants, arena_t *arena,
                              stored_revision_t *out)
{
    span_t payload;
    store_key_t key = store_key_of_u64(sequence);
    TRY(store_must_exist(store_get(txn, TABLE_REVISIONS, &key, &payload)));
    TRY(store_copy_payload(arena, &payload));
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

status_t store_get_sequence_of(store_txn_t *txn, const char *dealer, period_t period, uint32_t revision, uint64_t *out)
{
    store_key_t key = store_key_of_history(dealer, period, revision);
    return store_get_u64(txn, TABLE_HISTORY, &key, out);
}

status_t store_get_revision(store_txn_t *txn, const char *dealer, period_t period, uint32_t revision, arena_t *arena,
                            stored_revision_t *out)
{
    uint64_t sequence;
    TRY(store_get_sequence_of(txn, dealer, period, revision, &sequence));
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
    return code == MDB_NOTFOUND ? STATUS_NOT_FOUND : environment_status(code);
}

status_t store_get_sequence_at(store_txn_t *txn, const char *dealer, period_t period, uint64_t most, uint64_t *out)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_HISTORY], &cursor)));
    return find_sequence_at(cursor, dealer, period, most, out);
}

status_t store_get_revision_at(store_txn_t *txn, const char *dealer, period_t period, uint64_t sequence,
                               bool with_consultants, arena_t *arena, stored_revision_t *out)
{
    uint64_t found;
    TRY(store_get_sequence_at(txn, dealer, period, sequence, &found));
    return read_revision(txn, found, with_consultants, arena, out);
}

status_t store_has_revisions(store_txn_t *txn, const char *dealer, bool *out)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_HISTORY], &cursor)));
    MDB_val key = {strlen(dealer) + 1, (void *)dealer}, value;
    span_t payload;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
        return environment_status(code);
    if (code == MDB_SUCCESS) /* it vouches for the key */
        TRY(store_unframe(TABLE_HISTORY, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
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
    environment_close_cursor(&scan->current);
    environment_close_cursor(&scan->history);
    environment_close_cursor(&scan->revisions);
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
    TRY(store_must_exist(environment_status(mdb_cursor_get(scan->revisions, &at, &record, MDB_SET))));
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
    TRY(environment_status(mdb_cursor_open(txn->txn, tables[TABLE_CURRENT], &scan.current)));
    TRY(environment_status(mdb_cursor_open(txn->txn, tables[TABLE_HISTORY], &scan.history)));
    TRY(environment_status(mdb_cursor_open(txn->txn, tables[TABLE_REVISIONS], &scan.revisions)));
    store_key_t month = store_key_of_month(period, "");
    MDB_val key = {month.size, month.bytes}, value;
    int code = mdb_cursor_get(scan.current, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && key.mv_size > month.size && memcmp(key.mv_data, month.bytes, month.size) == 0) {
        TRY(visit_one(&scan, &key, &value));
        code = mdb_cursor_get(scan.current, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? STATUS_OK : environment_status(code);
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
    TRY(store_copy_payload(arena, &payload));
    return stored_answer_decode(payload, arena, out);
}
