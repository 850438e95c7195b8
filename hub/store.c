#include "hub/store_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const store_table_names[TABLE_COUNT] = {
#define TABLE_NAME(id, name) name,
    TABLE_LIST(TABLE_NAME)
#undef TABLE_NAME
};

size_t store_tables_of(uint32_t format)
{
    return format == 1 ? (size_t)TABLE_TOKENS : format == 2 ? (size_t)TABLE_EVENTS : (size_t)TABLE_COUNT;
}

status_t store_open_tables(MDB_txn *txn, unsigned flags, uint32_t format, MDB_dbi out[TABLE_COUNT])
{
    for (size_t i = 0; i < store_tables_of(format); i++) {
        int code = mdb_dbi_open(txn, store_table_names[i], flags, &out[i]);
        if (code != MDB_SUCCESS)
            return code == MDB_NOTFOUND ? STATUS_DAMAGED : environment_status(code);
    }
    return STATUS_OK;
}

static void head_encode(const store_head_t *head, uint8_t out[STORE_HEAD_SIZE])
{
    frame_put_u32(out, head->format);
    frame_put_u64(out + 4, head->epoch);
    frame_put_u64(out + 12, head->sequence);
    frame_put_u64(out + 20, head->catalog_digest);
    frame_put_u64(out + 28, head->network);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        frame_put_u64(out + 36 + 8 * i, head->counts[i]);
    frame_put_u64(out + 36 + 8 * TABLE_COUNT, head->event_ms);
    memcpy(out + 44 + 8 * TABLE_COUNT, head->event_hash, DIGEST_SIZE);
}

status_t store_head_decode(span_t payload, store_head_t *out)
{
    uint32_t format = payload.size < 4 ? 0 : frame_take_u32(payload.data);
    if (format > STORE_FORMAT)
        return STATUS_NEWER_FORMAT;
    size_t tables = store_tables_of(format), log_size = format < 3 ? 0 : 8 + DIGEST_SIZE;
    if (format == 0 || payload.size != 36 + 8 * tables + log_size)
        return STATUS_DAMAGED;
    store_head_t head = {.format = format,
                         .epoch = frame_take_u64(payload.data + 4),
                         .sequence = frame_take_u64(payload.data + 12),
                         .catalog_digest = frame_take_u64(payload.data + 20),
                         .network = frame_take_u64(payload.data + 28)};
    for (size_t i = 0; i < tables; i++)
        head.counts[i] = frame_take_u64(payload.data + 36 + 8 * i);
    if (log_size) {
        head.event_ms = frame_take_u64(payload.data + 36 + 8 * tables);
        memcpy(head.event_hash, payload.data + 44 + 8 * tables, DIGEST_SIZE);
    }
    *out = head;
    return STATUS_OK;
}

status_t store_load_head(MDB_txn *txn, MDB_dbi meta, store_head_t *out)
{
    MDB_val key = {sizeof STORE_HEAD_KEY - 1, (void *)STORE_HEAD_KEY}, value;
    int code = mdb_get(txn, meta, &key, &value);
    if (code != MDB_SUCCESS)
        return code == MDB_NOTFOUND ? STATUS_DAMAGED : environment_status(code);
    span_t payload;
    TRY(store_unframe(TABLE_META, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload));
    return store_head_decode(payload, out);
}

status_t store_find_head(MDB_txn *txn, store_head_t *out)
{
    MDB_dbi meta;
    int code = mdb_dbi_open(txn, store_table_names[TABLE_META], 0, &meta);
    if (code != MDB_SUCCESS)
        return code == MDB_NOTFOUND ? STATUS_DAMAGED : environment_status(code);
    return store_load_head(txn, meta, out);
}

status_t store_check_head(MDB_txn *txn, const MDB_dbi tables[TABLE_COUNT], const store_head_t *head, char *out_why,
                          size_t why_size)
{
    if (head->epoch != mdb_txn_id(txn)) {
        snprintf(out_why, why_size, "its last transaction is %llu, its records say %llu",
                 (unsigned long long)mdb_txn_id(txn), (unsigned long long)head->epoch);
        return STATUS_DAMAGED;
    }
    for (size_t i = 0; i < store_tables_of(head->format); i++) {
        MDB_stat stat;
        TRY(environment_status(mdb_stat(txn, tables[i], &stat)));
        if (stat.ms_entries != head->counts[i]) {
            snprintf(out_why, why_size, "table %s holds %zu records instead of %llu", store_table_names[i],
                     stat.ms_entries, (unsigned long long)head->counts[i]);
            return STATUS_DAMAGED;
        }
    }
    return STATUS_OK;
}

void store_close(store_t **store)
{
    if (!store || !*store)
        return;
    mdb_env_close((*store)->env);
    if ((*store)->lock >= 0)
        close((*store)->lock);
    free(*store);
    *store = NULL;
}

static void txn_abort(MDB_txn **txn)
{
    mdb_txn_abort(*txn);
    *txn = NULL;
}

/* Handles of the tables, kept by committing the transaction that opened them; then the head. */
static status_t open_checked(store_t *store, char *out_why, size_t why_size)
{
    CLEANUP(txn_abort) MDB_txn *txn = NULL;
    TRY(environment_status(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn)));
    store_head_t head;
    TRY(store_find_head(txn, &head));
    if (head.format != STORE_FORMAT) {
        snprintf(out_why, why_size,
                 "is of format %u, and this program serves format %d; `yardstick-hub run` upgrades it", head.format,
                 STORE_FORMAT);
        return STATUS_INVALID;
    }
    TRY(store_open_tables(txn, 0, STORE_FORMAT, store->tables));
    TRY(store_check_head(txn, store->tables, &head, out_why, why_size));
    store_txn_t reading = {.store = store, .txn = txn, .head = head};
    TRY(store_check_newest_event(&reading, out_why, why_size));
    return environment_commit(&txn);
}

static status_t open_inside(const char *directory, const store_options_t *options, store_t *store, char *out_why,
                            size_t why_size)
{
    unsigned format;
    TRY(store_check_format(directory, &format, out_why, why_size));
    TRY(store_take_lock(directory, &store->lock, out_why, why_size));
    TRY(store_check_file(directory, out_why, why_size));
    TRY(environment_open(directory, options->map_bytes, TABLE_COUNT, options->max_readers, 0, &store->env));
    int dead; /* slots of processes that ended without freeing them would pin old pages */
    TRY(environment_status(mdb_reader_check(store->env, &dead)));
    if (options->upgrades)
        TRY(store_upgrade(store, directory, format, options->now_ms, out_why, why_size));
    return open_checked(store, out_why, why_size);
}

/* Puts the place before a reason and what to do behind it; a reason that was not given is the status's own. */
static status_t explain(status_t status, const char *directory, const char *reason, char *out_why, size_t why_size)
{
    const char *advice = status == STATUS_DAMAGED ? "; restore the directory from a backup" : "";
    snprintf(out_why, why_size, "%s: %s%s", directory, *reason ? reason : status_text(status), advice);
    return status;
}

status_t store_open(const char *directory, const store_options_t *options, store_t **out, char *out_why,
                    size_t why_size)
{
    char reason[300] = "";
    CLEANUP(store_close) store_t *store = calloc(1, sizeof *store);
    if (!store)
        return explain(STATUS_NO_MEMORY, directory, "", out_why, why_size);
    store->lock = -1;
    status_t status = open_inside(directory, options, store, reason, sizeof reason);
    if (status != STATUS_OK)
        return explain(status, directory, reason, out_why, why_size);
    *out = store;
    store = NULL;
    return STATUS_OK;
}

unsigned store_upgraded_from(const store_t *store)
{
    return store->upgraded_from;
}

static status_t begin(store_t *store, bool writes, store_txn_t **out)
{
    CLEANUP(store_abort) store_txn_t *txn = calloc(1, sizeof *txn);
    if (!txn)
        return STATUS_NO_MEMORY;
    txn->store = store;
    txn->writes = writes;
    TRY(environment_status(mdb_txn_begin(store->env, NULL, writes ? 0 : MDB_RDONLY, &txn->txn)));
    TRY(store_load_head(txn->txn, store->tables[TABLE_META], &txn->head));
    txn->actor.is_hub = true;
    *out = txn;
    txn = NULL;
    return STATUS_OK;
}

status_t store_begin_write(store_t *store, store_txn_t **out)
{
    return begin(store, true, out);
}

status_t store_begin_read(store_t *store, store_txn_t **out)
{
    return begin(store, false, out);
}

void store_abort(store_txn_t **txn)
{
    if (!txn || !*txn)
        return;
    if ((*txn)->txn)
        mdb_txn_abort((*txn)->txn);
    free(*txn);
    *txn = NULL;
}

void store_extend_file(MDB_env *env)
{
    int file;
    struct stat status;
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_get_fd(env, &file) || mdb_env_info(env, &info) || mdb_env_stat(env, &stat) || fstat(file, &status))
        return;
    off_t size = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);
    if (status.st_size < size && ftruncate(file, size) != 0)
        return; /* the next commit tries again */
}

status_t store_head_write(store_txn_t *txn)
{
    uint8_t bytes[STORE_HEAD_SIZE];
    txn->head.epoch = mdb_txn_id(txn->txn);
    txn->head.counts[TABLE_META] = 1;
    head_encode(&txn->head, bytes);
    store_key_t key = store_key_of_bytes((const uint8_t *)STORE_HEAD_KEY, sizeof STORE_HEAD_KEY - 1);
    return store_put(txn, TABLE_META, &key, (span_t){bytes, sizeof bytes}, 0);
}

status_t store_commit(store_txn_t **txn)
{
    CLEANUP(store_abort) store_txn_t *ending = *txn;
    *txn = NULL;
    TRY(ending->failure);
    if (!ending->dirty)
        return STATUS_OK;
    TRY(store_flush_revisions(ending));
    TRY(store_head_write(ending));
    status_t status = environment_commit(&ending->txn);
    if (ending->has_disclosure) /* also where the commit failed: it may stand all the same */
        __atomic_fetch_add(&ending->store->disclosure_stamp, 1, __ATOMIC_RELEASE);
    if (status == STATUS_OK)
        store_extend_file(ending->store->env);
    return status;
}

uint64_t store_disclosure_stamp(const store_t *store)
{
    return __atomic_load_n(&store->disclosure_stamp, __ATOMIC_ACQUIRE);
}

status_t store_last_sequence(store_txn_t *txn, uint64_t *out)
{
    *out = txn->head.sequence;
    return STATUS_OK;
}

status_t store_counts(store_txn_t *txn, store_counts_t *out)
{
    const uint64_t *counts = txn->head.counts;
    *out = (store_counts_t){.format = txn->head.format,
                            .revisions = counts[TABLE_REVISIONS],
                            .dealer_months = counts[TABLE_CURRENT],
                            .answers = counts[TABLE_ANSWERS],
                            .keys = counts[TABLE_KEYS],
                            .catalogs = counts[TABLE_CATALOGS],
                            .networks = counts[TABLE_NETWORKS],
                            .tokens = counts[TABLE_TOKENS],
                            .events = counts[TABLE_EVENTS]};
    memcpy(out->event_hash, txn->head.event_hash, DIGEST_SIZE);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        out->records += counts[i];
    return STATUS_OK;
}

status_t store_forget_dead_readers(store_t *store, int *out_dead)
{
    return environment_status(mdb_reader_check(store->env, out_dead));
}

void store_sizes(store_t *store, uint64_t *out_used, uint64_t *out_map)
{
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    (void)mdb_env_info(store->env, &info);
    (void)mdb_env_stat(store->env, &stat);
    *out_used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
    *out_map = info.me_mapsize;
}
