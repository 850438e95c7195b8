/* From one format to the next, when a hub starts. */
#include "hub/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* One step makes what its format added; `txn` is the transaction of all of them, `from` the format before the first. */
typedef status_t step_t(store_txn_t *txn, uint32_t from);

/* 2: the table of enrolment tokens, empty. */
static status_t add_tokens(store_txn_t *txn, uint32_t from)
{
    (void)from;
    return store_open_tables(txn->txn, MDB_CREATE, 2, txn->store->tables);
}

/* Enters a record that was there before the log. */
static status_t adopt(store_txn_t *txn, store_table_t table, const store_key_t *key, span_t payload)
{
    char name[17];
    stored_event_t event = {.name = name};
    stored_key_t entry;
    stored_token_t token;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    switch (table) {
    case TABLE_REVISIONS:
        return store_note_revision(txn, frame_take_u64(key->bytes), payload);
    case TABLE_KEYS:
        TRY(stored_key_decode(payload, arena, &entry));
        return store_note_key(txn, &entry, key, payload);
    case TABLE_TOKENS:
        TRY(stored_token_decode(payload, arena, &token));
        return store_note_token(txn, &token, key, payload);
    case TABLE_CATALOGS:
        event.kind = EVENT_CATALOG;
        event.subject = "catalog";
        snprintf(name, sizeof name, "%016llx", (unsigned long long)frame_take_u64(key->bytes));
        break;
    default:
        event.name = "";
        event.kind = EVENT_NETWORK;
        event.subject = "network";
        event.number = (uint32_t)frame_take_u64(key->bytes);
        break;
    }
    return store_note_record(txn, &event, key, payload);
}

static status_t adopt_table(store_txn_t *txn, store_table_t table)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[table], &cursor)));
    MDB_val key, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        span_t payload;
        if (key.mv_size != 8 && key.mv_size != 32)
            return STATUS_DAMAGED;
        TRY(store_unframe(table, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
        store_key_t at = store_key_of_bytes(key.mv_data, key.mv_size);
        TRY(adopt(txn, table, &at, payload));
    }
    return code == MDB_NOTFOUND ? STATUS_OK : environment_status(code);
}

/* 3: the log, which begins with the upgrade and an entry for each thing that it finds. */
static status_t add_log(store_txn_t *txn, uint32_t from)
{
    static const store_table_t ADOPTED[] = {TABLE_CATALOGS, TABLE_NETWORKS, TABLE_KEYS, TABLE_TOKENS, TABLE_REVISIONS};
    stored_event_t event = {.kind = EVENT_UPGRADE, .subject = "upgrade", .number = from};
    TRY(store_open_tables(txn->txn, MDB_CREATE, 3, txn->store->tables));
    TRY(store_append_event(txn, &event));
    for (size_t i = 0; i < sizeof ADOPTED / sizeof *ADOPTED; i++)
        TRY(adopt_table(txn, ADOPTED[i]));
    return STATUS_OK;
}

static step_t *const STEPS[STORE_FORMAT] = {[1] = add_tokens, [2] = add_log}; /* by the format that it begins with */

static status_t run_steps(store_txn_t *txn)
{
    const uint32_t from = txn->head.format;
    TRY(store_open_tables(txn->txn, 0, from, txn->store->tables));
    for (; txn->head.format < STORE_FORMAT; txn->head.format++)
        TRY(STEPS[txn->head.format](txn, from));
    txn->dirty = true; /* the commit writes the head, in its new form */
    return STATUS_OK;
}

/* The number of the format in which the records are, as the newest transaction left them. */
static status_t begin(store_t *store, uint64_t now_ms, store_txn_t **out)
{
    CLEANUP(store_abort) store_txn_t *txn = calloc(1, sizeof *txn);
    if (!txn)
        return STATUS_NO_MEMORY;
    *txn = (store_txn_t){.store = store, .writes = true, .actor = {.time_ms = now_ms, .is_hub = true}};
    TRY(environment_status(mdb_txn_begin(store->env, NULL, 0, &txn->txn)));
    TRY(store_find_head(txn->txn, &txn->head));
    *out = txn;
    txn = NULL;
    return STATUS_OK;
}

static status_t upgrade(store_t *store, const char *directory, unsigned format, uint64_t now_ms, char *out_why,
                        size_t why_size)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(begin(store, now_ms, &txn));
    unsigned from = txn->head.format;
    if (format == STORE_FORMAT && from == STORE_FORMAT)
        return STATUS_OK;
    if (format != STORE_FORMAT)
        TRY(store_renew_format(directory, out_why, why_size));
    if (from != STORE_FORMAT) {
        TRY(run_steps(txn));
        TRY(store_commit(&txn));
    }
    store->upgraded_from = format < from ? format : from;
    return STATUS_OK;
}

status_t store_upgrade(store_t *store, const char *directory, unsigned format, uint64_t now_ms, char *out_why,
                       size_t why_size)
{
    status_t status = upgrade(store, directory, format, now_ms, out_why, why_size);
    if (status == STATUS_STORE_FULL)
        snprintf(out_why, why_size,
                 "there is no room for its upgrade to format %d; make room on its disk (or raise map_bytes) and run it "
                 "again: nothing is lost",
                 STORE_FORMAT);
    return status;
}
