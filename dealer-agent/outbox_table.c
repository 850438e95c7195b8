#include "dealer-agent/outbox_table.h"

#include "dealer-agent/outbox_files.h"
#include "storage/environment.h"
#include "storage/pages.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const uint8_t SECRET[FRAME_SECRET_SIZE] = "yardstick-outbo";

static const char *const TABLE_NAMES[OUTBOX_TABLE_COUNT] = {
#define TABLE_NAME(id, name) name,
    OUTBOX_TABLE_LIST(TABLE_NAME)
#undef TABLE_NAME
};

struct outbox_tables {
    MDB_env *env;
    MDB_dbi dbis[OUTBOX_TABLE_COUNT];
    int lock;
};

struct outbox_txn {
    outbox_tables_t *tables;
    MDB_txn *txn;
    bool writes, is_dirty;
    status_t failure; /* the first but NOT_FOUND: commit then refuses */
    outbox_head_t head;
};

/* ---- keys */

static void key_add(outbox_key_t *key, const void *bytes, size_t size)
{
    assert(key->size + size <= sizeof key->bytes);
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

static void key_add_number(outbox_key_t *key, uint64_t number)
{
    uint8_t bytes[8];
    frame_put_u64(bytes, number);
    key_add(key, bytes, sizeof bytes);
}

outbox_key_t outbox_key_of_number(uint64_t number)
{
    outbox_key_t key = {.size = 0};
    key_add_number(&key, number);
    return key;
}

outbox_key_t outbox_key_of_name(const char *name)
{
    outbox_key_t key = {.size = 0};
    key_add(&key, name, strlen(name));
    return key;
}

outbox_key_t outbox_key_of_month(const char *dealer, period_t period, uint64_t number)
{
    outbox_key_t key = {.size = 0};
    uint8_t month[4];
    frame_put_u32(month, period_to_number(period));
    key_add(&key, dealer, strlen(dealer) + 1);
    key_add(&key, month, sizeof month);
    key_add_number(&key, number);
    return key;
}

uint64_t outbox_key_number(const outbox_key_t *key)
{
    return key->size >= 8 ? frame_take_u64(key->bytes + key->size - 8) : 0;
}

static frame_place_t place_of(outbox_table_t table, const outbox_key_t *key)
{
    return (frame_place_t){SECRET, (uint8_t)table, {key->bytes, key->size}};
}

/* ---- the head */

static void head_encode(const outbox_head_t *head, uint8_t out[OUTBOX_HEAD_SIZE])
{
    frame_put_u32(out, head->format);
    frame_put_u64(out + 4, head->epoch);
    frame_put_u64(out + 12, head->number);
}

static status_t head_decode(span_t payload, outbox_head_t *out)
{
    if (payload.size != OUTBOX_HEAD_SIZE)
        return STATUS_DAMAGED;
    outbox_head_t head = {.format = frame_take_u32(payload.data),
                          .epoch = frame_take_u64(payload.data + 4),
                          .number = frame_take_u64(payload.data + 12)};
    if (head.format != OUTBOX_FORMAT)
        return head.format > OUTBOX_FORMAT ? STATUS_NEWER_FORMAT : STATUS_DAMAGED;
    *out = head;
    return STATUS_OK;
}

static status_t load_head(outbox_txn_t *txn)
{
    outbox_key_t key = outbox_key_of_name(OUTBOX_HEAD_KEY);
    span_t payload;
    status_t status = outbox_txn_get(txn, OUTBOX_TABLE_META, &key, &payload);
    if (status == STATUS_NOT_FOUND)
        return STATUS_DAMAGED;
    TRY(status);
    return head_decode(payload, &txn->head);
}

static status_t write_head(outbox_txn_t *txn)
{
    uint8_t bytes[OUTBOX_HEAD_SIZE];
    outbox_key_t key = outbox_key_of_name(OUTBOX_HEAD_KEY);
    txn->head.epoch = mdb_txn_id(txn->txn);
    head_encode(&txn->head, bytes);
    return outbox_txn_put(txn, OUTBOX_TABLE_META, &key, (span_t){bytes, sizeof bytes});
}

/* ---- transactions */

/* -1: the caller holds it. */
static status_t take_lock(int lock)
{
    return lock < 0 ? STATUS_OK : outbox_lock(lock);
}

/* Without the head, which a new outbox does not have yet. */
static status_t begin_raw(outbox_tables_t *tables, bool writes, outbox_txn_t **out)
{
    outbox_txn_t *txn = calloc(1, sizeof *txn);
    if (!txn)
        return STATUS_NO_MEMORY;
    txn->tables = tables;
    status_t status = writes ? take_lock(tables->lock) : STATUS_OK;
    txn->writes = writes && status == STATUS_OK;
    if (status == STATUS_OK)
        status = environment_status(mdb_txn_begin(tables->env, NULL, writes ? 0 : MDB_RDONLY, &txn->txn));
    if (status != STATUS_OK) {
        txn->txn = NULL;
        outbox_txn_abort(&txn);
        return status;
    }
    *out = txn;
    return STATUS_OK;
}

status_t outbox_txn_begin(outbox_tables_t *tables, bool writes, outbox_txn_t **out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(begin_raw(tables, writes, &txn));
    TRY(load_head(txn));
    *out = txn;
    txn = NULL;
    return STATUS_OK;
}

void outbox_txn_abort(outbox_txn_t **txn)
{
    if (!txn || !*txn)
        return;
    if ((*txn)->txn)
        mdb_txn_abort((*txn)->txn);
    if ((*txn)->writes && (*txn)->tables->lock >= 0)
        flock((*txn)->tables->lock, LOCK_UN);
    free(*txn);
    *txn = NULL;
}

status_t outbox_txn_commit(outbox_txn_t **txn)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *ending = *txn;
    *txn = NULL;
    TRY(ending->failure);
    if (!ending->is_dirty)
        return STATUS_OK;
    TRY(write_head(ending));
    return environment_commit(&ending->txn);
}

outbox_head_t *outbox_txn_head(outbox_txn_t *txn)
{
    return &txn->head;
}

/* ---- records */

/* Remembers the first failure, so that a caller that went on cannot commit half of what it wanted. */
static status_t note(outbox_txn_t *txn, status_t status)
{
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && txn->failure == STATUS_OK)
        txn->failure = status;
    return status;
}

static MDB_val lend_key(const outbox_key_t *key)
{
    return (MDB_val){key->size, (void *)key->bytes};
}

status_t outbox_txn_get(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, span_t *out)
{
    MDB_val at = lend_key(key), value;
    TRY(note(txn, environment_status(mdb_get(txn->txn, txn->tables->dbis[table], &at, &value))));
    frame_place_t place = place_of(table, key);
    return note(txn, frame_read(&place, (span_t){value.mv_data, value.mv_size}, out));
}

status_t outbox_txn_put(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, span_t payload)
{
    MDB_val at = lend_key(key), value = {payload.size + FRAME_OVERHEAD, NULL};
    txn->is_dirty = true;
    TRY(note(txn, environment_status(mdb_put(txn->txn, txn->tables->dbis[table], &at, &value, MDB_RESERVE))));
    frame_place_t place = place_of(table, key);
    frame_write(&place, payload, value.mv_data);
    return STATUS_OK;
}

status_t outbox_txn_delete(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key)
{
    MDB_val at = lend_key(key);
    TRY(note(txn, environment_status(mdb_del(txn->txn, txn->tables->dbis[table], &at, NULL))));
    txn->is_dirty = true;
    return STATUS_OK;
}

status_t outbox_txn_count(outbox_txn_t *txn, outbox_table_t table, uint64_t *out)
{
    MDB_stat stat;
    TRY(note(txn, environment_status(mdb_stat(txn->txn, txn->tables->dbis[table], &stat))));
    *out = stat.ms_entries;
    return STATUS_OK;
}

static status_t take_key(outbox_txn_t *txn, const MDB_val *from, outbox_key_t *out)
{
    if (from->mv_size > sizeof out->bytes)
        return note(txn, STATUS_DAMAGED);
    out->size = from->mv_size;
    memcpy(out->bytes, from->mv_data, from->mv_size);
    return STATUS_OK;
}

status_t outbox_txn_next(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, outbox_key_t *out)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    MDB_val at = lend_key(key), value;
    TRY(note(txn, environment_status(mdb_cursor_open(txn->txn, txn->tables->dbis[table], &cursor))));
    TRY(note(txn, environment_status(mdb_cursor_get(cursor, &at, &value, MDB_SET_RANGE))));
    return take_key(txn, &at, out);
}

status_t outbox_txn_last(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, outbox_key_t *out)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    MDB_val at = lend_key(key), value;
    TRY(note(txn, environment_status(mdb_cursor_open(txn->txn, txn->tables->dbis[table], &cursor))));
    int code = mdb_cursor_get(cursor, &at, &value, MDB_SET_RANGE);
    bool is_behind = code == MDB_SUCCESS && (at.mv_size != key->size || memcmp(at.mv_data, key->bytes, key->size) != 0);
    if (code == MDB_NOTFOUND || is_behind)
        code = mdb_cursor_get(cursor, &at, &value, is_behind ? MDB_PREV : MDB_LAST);
    TRY(note(txn, environment_status(code)));
    return take_key(txn, &at, out);
}

/* ---- opening */

static status_t read_head(span_t value, uint64_t *out_txn)
{
    outbox_key_t key = outbox_key_of_name(OUTBOX_HEAD_KEY);
    frame_place_t place = place_of(OUTBOX_TABLE_META, &key);
    outbox_head_t head;
    span_t payload;
    TRY(frame_read(&place, value, &payload));
    TRY(head_decode(payload, &head));
    *out_txn = head.epoch;
    return STATUS_OK;
}

status_t outbox_tables_check(const char *directory, char *out_why, size_t why_size)
{
    const pages_rules_t rules = {
        .head_table = TABLE_NAMES[OUTBOX_TABLE_META], .head_key = OUTBOX_HEAD_KEY, .read_head = read_head};
    return pages_check_all(directory, &rules, out_why, why_size);
}

/* Slots of processes that ended without freeing them would pin old pages. */
static status_t open_env(const char *directory, size_t map_bytes, MDB_env **out)
{
    CLEANUP(environment_close) MDB_env *env = NULL;
    int dead;
    TRY(environment_open(directory, map_bytes, OUTBOX_TABLE_COUNT, 0, 0, &env));
    TRY(environment_status(mdb_reader_check(env, &dead)));
    *out = env;
    env = NULL;
    return STATUS_OK;
}

/* Handles of the tables, kept by committing the transaction that opened them. */
static status_t open_tables(outbox_txn_t *txn, unsigned flags)
{
    for (size_t i = 0; i < OUTBOX_TABLE_COUNT; i++) {
        int code = mdb_dbi_open(txn->txn, TABLE_NAMES[i], flags, &txn->tables->dbis[i]);
        if (code != MDB_SUCCESS)
            return code == MDB_NOTFOUND ? STATUS_DAMAGED : environment_status(code);
    }
    return STATUS_OK;
}

static status_t make_tables(outbox_txn_t **txn)
{
    TRY(open_tables(*txn, MDB_CREATE));
    (*txn)->head.format = OUTBOX_FORMAT;
    (*txn)->is_dirty = true;
    return outbox_txn_commit(txn);
}

static status_t load_tables(outbox_txn_t **txn)
{
    TRY(open_tables(*txn, 0));
    TRY(load_head(*txn));
    return environment_commit(&(*txn)->txn);
}

status_t outbox_tables_open(const char *directory, size_t map_bytes, int lock, bool is_new, outbox_tables_t **out)
{
    CLEANUP(outbox_tables_close) outbox_tables_t *tables = calloc(1, sizeof *tables);
    if (!tables)
        return STATUS_NO_MEMORY;
    tables->lock = -1;
    TRY(open_env(directory, map_bytes, &tables->env));
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    /* Whoever died at the very end of a commit left LMDB's note of the newest transaction behind it, and readers see
     * the one before; the next writer sets that right, also where it writes nothing. */
    TRY(begin_raw(tables, true, &txn));
    outbox_txn_abort(&txn);
    TRY(begin_raw(tables, is_new, &txn));
    TRY(is_new ? make_tables(&txn) : load_tables(&txn));
    tables->lock = lock;
    *out = tables;
    tables = NULL;
    return STATUS_OK;
}

void outbox_tables_close(outbox_tables_t **tables)
{
    if (!tables || !*tables)
        return;
    environment_close(&(*tables)->env);
    free(*tables);
    *tables = NULL;
}
