/* What came for a month since a moment. */
#include "hub/store_internal.h"

#include "core/limits.h"

#include <string.h>

static void cursor_close(MDB_cursor **cursor)
{
    if (*cursor)
        mdb_cursor_close(*cursor);
}

/* An entry of `current`, handed to `visit` where it names a later revision. */
static status_t visit_entry(const MDB_val *key, const MDB_val *value, uint64_t after, store_change_visit_t *visit,
                            void *context)
{
    char dealer[CODE_LENGTH_MAX + 1];
    span_t payload;
    size_t size = key->mv_size - 4;
    TRY(store_unframe(TABLE_CURRENT, key->mv_data, key->mv_size, value->mv_data, value->mv_size, &payload));
    if (payload.size != 8 || size > CODE_LENGTH_MAX)
        return STATUS_DAMAGED;
    uint64_t sequence = frame_take_u64(payload.data);
    if (sequence <= after)
        return STATUS_OK;
    memcpy(dealer, (const char *)key->mv_data + 4, size);
    dealer[size] = '\0';
    return visit(context, dealer, sequence);
}

status_t store_scan_changes(store_txn_t *txn, period_t period, uint64_t after, store_change_visit_t *visit,
                            void *context)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(txn->txn, txn->store->tables[TABLE_CURRENT], &cursor)));
    store_key_t month = store_key_of_month(period, "");
    MDB_val key = {month.size, month.bytes}, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && key.mv_size > month.size && memcmp(key.mv_data, month.bytes, month.size) == 0) {
        TRY(visit_entry(&key, &value, after, visit, context));
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? STATUS_OK : environment_status(code);
}
