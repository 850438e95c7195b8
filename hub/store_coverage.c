/* What stands for a dealer's month, told without decoding its facts: for a year of all dealers at once. */
#include "hub/store_internal.h"

#include "core/limits.h"

#include <string.h>

/* The indices, and the revisions that they name. */
typedef struct {
    MDB_cursor *index, *revisions;
    store_table_t table;
} look_t;

static void look_close(look_t *look)
{
    if (look->index)
        mdb_cursor_close(look->index);
    if (look->revisions)
        mdb_cursor_close(look->revisions);
}

static status_t look_open(store_txn_t *txn, store_table_t table, look_t *look)
{
    const MDB_dbi *tables = txn->store->tables;
    look->table = table;
    TRY(environment_status(mdb_cursor_open(txn->txn, tables[table], &look->index)));
    return environment_status(mdb_cursor_open(txn->txn, tables[TABLE_REVISIONS], &look->revisions));
}

/* How the revision was filed that an entry of the index names. */
static status_t look_at(const look_t *look, const MDB_val *key, const MDB_val *value, filed_t *out)
{
    span_t payload;
    bool late = false, withdrawn = false;
    TRY(store_unframe(look->table, key->mv_data, key->mv_size, value->mv_data, value->mv_size, &payload));
    if (payload.size != 8)
        return STATUS_DAMAGED;
    store_key_t place = store_key_of_u64(frame_take_u64(payload.data));
    MDB_val at = {place.size, place.bytes}, record;
    int code = mdb_cursor_get(look->revisions, &at, &record, MDB_SET);
    if (code != MDB_SUCCESS)
        return code == MDB_NOTFOUND ? STATUS_DAMAGED : environment_status(code);
    TRY(store_unframe(TABLE_REVISIONS, place.bytes, place.size, record.mv_data, record.mv_size, &payload));
    TRY(stored_revision_peek(payload, &late, &withdrawn));
    *out = withdrawn ? FILED_WITHDRAWN : late ? FILED_LATE : FILED_ON_TIME;
    return STATUS_OK;
}

static status_t visit_one(const look_t *look, const MDB_val *key, const MDB_val *value, store_filed_visit_t *visit,
                          void *context)
{
    char dealer[CODE_LENGTH_MAX + 1];
    size_t size = key->mv_size - 4;
    filed_t filed = FILED_NOTHING;
    if (size > CODE_LENGTH_MAX)
        return STATUS_DAMAGED;
    memcpy(dealer, (const char *)key->mv_data + 4, size);
    dealer[size] = '\0';
    TRY(look_at(look, key, value, &filed));
    return visit(context, dealer, filed);
}

status_t store_scan_filed(store_txn_t *txn, period_t period, store_filed_visit_t *visit, void *context)
{
    CLEANUP(look_close) look_t look = {0};
    TRY(look_open(txn, TABLE_CURRENT, &look));
    store_key_t month = store_key_of_month(period, "");
    MDB_val key = {month.size, month.bytes}, value;
    int code = mdb_cursor_get(look.index, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && key.mv_size > month.size && memcmp(key.mv_data, month.bytes, month.size) == 0) {
        TRY(visit_one(&look, &key, &value, visit, context));
        code = mdb_cursor_get(look.index, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? STATUS_OK : environment_status(code);
}

/* ---- first and last month */

/* The month of an entry of `history`; PERIOD_NONE where it is another dealer's. */
static period_t month_of(const MDB_val *key, const char *dealer)
{
    size_t size = strlen(dealer) + 1;
    if (key->mv_size != size + 8 || memcmp(key->mv_data, dealer, size) != 0)
        return PERIOD_NONE;
    const uint8_t *at = (const uint8_t *)key->mv_data + size;
    return period_from_number((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
}

/* The last entry before `end`: of the month that it is in, the newest revision. NOT_FOUND where that is another
 * dealer's. */
static status_t step_back(const look_t *look, const char *dealer, store_key_t end, MDB_val *key, MDB_val *value,
                          period_t *out)
{
    *key = (MDB_val){end.size, end.bytes};
    int code = mdb_cursor_get(look->index, key, value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS || code == MDB_NOTFOUND)
        code = mdb_cursor_get(look->index, key, value, code == MDB_SUCCESS ? MDB_PREV : MDB_LAST);
    if (code == MDB_NOTFOUND)
        return STATUS_NOT_FOUND;
    TRY(environment_status(code));
    *out = month_of(key, dealer);
    return *out == PERIOD_NONE ? STATUS_NOT_FOUND : STATUS_OK;
}

static bool stands(filed_t filed)
{
    return filed == FILED_ON_TIME || filed == FILED_LATE;
}

static status_t find_last(const look_t *look, const char *dealer, store_may_t *may, void *context, period_t *out)
{
    store_key_t end = store_key_of_history(dealer, period_make(PERIOD_YEAR_MAX, 12), UINT32_MAX);
    for (;;) {
        MDB_val key, value;
        period_t month;
        filed_t filed = FILED_NOTHING;
        TRY(step_back(look, dealer, end, &key, &value, &month));
        if (may(context, month))
            TRY(look_at(look, &key, &value, &filed));
        *out = month;
        if (stands(filed))
            return STATUS_OK;
        end = store_key_of_history(dealer, month, 0);
    }
}

/* The first month is found by its first revision; what stands is its newest. */
static status_t find_first(const look_t *look, const char *dealer, store_may_t *may, void *context, period_t *out)
{
    store_key_t begin = store_key_of_history(dealer, period_make(PERIOD_YEAR_MIN, 1), 0);
    for (;;) {
        MDB_val key = {begin.size, begin.bytes}, value;
        period_t month;
        filed_t filed = FILED_NOTHING;
        TRY(environment_status(mdb_cursor_get(look->index, &key, &value, MDB_SET_RANGE)));
        if ((month = month_of(&key, dealer)) == PERIOD_NONE)
            return STATUS_NOT_FOUND;
        begin = store_key_of_history(dealer, month, UINT32_MAX);
        if (may(context, month)) {
            TRY(step_back(look, dealer, begin, &key, &value, &month));
            TRY(look_at(look, &key, &value, &filed));
        }
        *out = month;
        if (stands(filed))
            return STATUS_OK;
    }
}

status_t store_find_reports(store_txn_t *txn, const char *dealer, store_may_t *may, void *context, period_t *out_first,
                            period_t *out_last)
{
    CLEANUP(look_close) look_t look = {0};
    period_t first = PERIOD_NONE, last = PERIOD_NONE;
    TRY(look_open(txn, TABLE_HISTORY, &look));
    status_t status = find_first(&look, dealer, may, context, &first);
    if (status == STATUS_OK)
        status = find_last(&look, dealer, may, context, &last);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    *out_first = status == STATUS_OK ? first : PERIOD_NONE;
    *out_last = status == STATUS_OK ? last : PERIOD_NONE;
    return STATUS_OK;
}
