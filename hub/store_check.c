/* What store_verify asks of every record of one snapshot, and of the tables among each other. */
#include "hub/store_internal.h"

#include "core/catalog.h"
#include "core/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static status_t damaged(store_check_t *check, const char *format, ...) PRINTF(2, 3);
static status_t damaged(store_check_t *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->why, check->why_size, format, arguments);
    va_end(arguments);
    return STATUS_DAMAGED;
}

status_t store_check_table(store_check_t *check, store_table_t table, store_check_record_t *visit)
{
    CLEANUP(environment_close_cursor) MDB_cursor *cursor = NULL;
    TRY(environment_status(mdb_cursor_open(check->txn.txn, check->txn.store->tables[table], &cursor)));
    uint64_t count = 0;
    MDB_val key, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        span_t payload;
        check->met++;
        if (++count % 1024 == 0 && check->tick)
            check->tick(check->context);
        status_t status = store_unframe(table, key.mv_data, key.mv_size, value.mv_data, value.mv_size, &payload);
        if (status == STATUS_OK)
            status = visit(check, &key, payload);
        if (status == STATUS_DAMAGED && !*check->why)
            return damaged(check, "table %s: record %llu is damaged", store_table_names[table],
                           (unsigned long long)count);
        TRY(status);
    }
    if (code != MDB_NOTFOUND)
        return environment_status(code);
    if (count != check->txn.head.counts[table])
        return damaged(check, "table %s holds %llu records instead of %llu", store_table_names[table],
                       (unsigned long long)count, (unsigned long long)check->txn.head.counts[table]);
    return STATUS_OK;
}

static bool presence_agrees(const packed_facts_t *facts)
{
    size_t count = 0;
    for (size_t i = 0; i < facts->presence.size; i++)
        count += (size_t)__builtin_popcount(facts->presence.data[i]);
    return count == facts->count;
}

/* The catalog in whose order a revision's facts stand. */
static status_t check_digest(store_check_t *check, uint64_t digest)
{
    if (digest == check->catalog_seen)
        return STATUS_OK;
    span_t payload;
    store_key_t key = store_key_of_u64(digest);
    if (store_get(&check->txn, TABLE_CATALOGS, &key, &payload) != STATUS_OK)
        return STATUS_DAMAGED;
    check->catalog_seen = digest;
    return STATUS_OK;
}

/* Sequences are consecutive; `history` points back at each. As both tables hold as many records, no entry of `history`
 * points anywhere else. */
static status_t check_revision(store_check_t *check, const MDB_val *key, span_t payload)
{
    if (key->mv_size != 8 || frame_take_u64(key->mv_data) != ++check->sequence)
        return damaged(check, "revision %llu is missing", (unsigned long long)check->sequence);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    stored_revision_t revision;
    TRY(stored_revision_decode(payload, true, arena, &revision));
    bool sound = text_is_code(revision.dealer) && revision.period != PERIOD_NONE && revision.revision > 0 &&
                 presence_agrees(&revision.facts);
    for (size_t i = 0; i < revision.consultant_count; i++)
        sound = sound && presence_agrees(&revision.consultants[i].facts);
    if (!sound)
        return STATUS_DAMAGED;
    if (!revision.withdrawn)
        TRY(check_digest(check, revision.catalog_digest));

    uint64_t sequence;
    store_key_t at = store_key_of_history(revision.dealer, revision.period, revision.revision);
    if (store_get_u64(&check->txn, TABLE_HISTORY, &at, &sequence) != STATUS_OK || sequence != check->sequence)
        return damaged(check, "revision %llu is not in the history of its month", (unsigned long long)check->sequence);
    return STATUS_OK;
}

/* The last entry of a month's history must be what `current` points at. */
static status_t end_month(store_check_t *check)
{
    const store_key_t *last = &check->history;
    if (last->size == 0)
        return STATUS_OK;
    size_t dealer_size = strlen((const char *)last->bytes);
    store_key_t key = {.size = 0};
    memcpy(key.bytes, last->bytes + dealer_size + 1, 4);
    memcpy(key.bytes + 4, last->bytes, dealer_size);
    key.size = 4 + dealer_size;
    uint64_t sequence;
    check->months++;
    if (store_get_u64(&check->txn, TABLE_CURRENT, &key, &sequence) != STATUS_OK || sequence != check->history_sequence)
        return damaged(check, "month %u of dealer %.64s does not name its newest revision", frame_take_u32(key.bytes),
                       (const char *)last->bytes);
    return STATUS_OK;
}

/* Revision numbers of each month are 1, 2, 3 …, in the order of their sequences. */
static status_t check_history(store_check_t *check, const MDB_val *key, span_t payload)
{
    const uint8_t *end = memchr(key->mv_data, 0, key->mv_size);
    if (!end || key->mv_size > CODE_LENGTH_MAX + 9 || (const uint8_t *)key->mv_data + key->mv_size - end != 9 ||
        payload.size != 8)
        return STATUS_DAMAGED;
    store_key_t *last = &check->history;
    uint32_t number = frame_take_u32(end + 5);
    uint64_t sequence = frame_take_u64(payload.data);
    bool same_month = last->size == key->mv_size && memcmp(last->bytes, key->mv_data, key->mv_size - 4) == 0;
    if (!same_month)
        TRY(end_month(check));
    uint32_t before = same_month ? frame_take_u32(last->bytes + last->size - 4) : 0;
    if (number != before + 1 || (same_month && sequence <= check->history_sequence))
        return damaged(check, "dealer %.64s lacks revision %u of month %u", (const char *)key->mv_data, before + 1,
                       frame_take_u32(end + 1));
    *last = store_key_of_bytes(key->mv_data, key->mv_size);
    check->history_sequence = sequence;
    return STATUS_OK;
}

static status_t check_current(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)check;
    return key->mv_size > 4 && payload.size == 8 ? STATUS_OK : STATUS_DAMAGED;
}

static status_t check_answer(store_check_t *check, const MDB_val *key, span_t payload)
{
    const uint8_t *end = memchr(key->mv_data, 0, key->mv_size);
    if (!end || (const uint8_t *)key->mv_data + key->mv_size - end != 1 + SUBMISSION_ID_SIZE)
        return STATUS_DAMAGED;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    stored_answer_t answer;
    TRY(stored_answer_decode(payload, arena, &answer));
    bool may_lack = answer.outcome == OUTCOME_UNCHANGED;
    if (answer.sequence > check->txn.head.sequence || (answer.sequence == 0 && !may_lack))
        return damaged(check, "an answer names revision %llu, which does not exist",
                       (unsigned long long)answer.sequence);
    return STATUS_OK;
}

static status_t check_key(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)check;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    stored_key_t entry;
    if (key->mv_size != KEY_SIZE)
        return STATUS_DAMAGED;
    return stored_key_decode(payload, arena, &entry);
}

/* A token that was used names a key that is a dealer's; only an unused one was revoked. */
static status_t check_token(store_check_t *check, const MDB_val *key, span_t payload)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_RECORD_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    stored_token_t token;
    stored_key_t user;
    if (key->mv_size != DIGEST_SIZE)
        return STATUS_DAMAGED;
    TRY(stored_token_decode(payload, arena, &token));
    if (token.entry.dealer_count == 0 || token.entry.expires_ms <= token.entry.made_ms ||
        (token.entry.used_ms && token.entry.revoked_ms))
        return STATUS_DAMAGED;
    if (!token.entry.used_ms)
        return STATUS_OK;
    status_t status = store_get_key(&check->txn, token.entry.used_by, arena, &user);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && user.entry.role != ROLE_DEALER))
        return damaged(check, "a token names a dealer's key that does not exist");
    return status;
}

static status_t check_catalog(store_check_t *check, const MDB_val *key, span_t payload)
{
    if (key->mv_size != 8 || payload.size < CATALOG_HEADER_SIZE)
        return STATUS_DAMAGED;
    span_t yaml = {payload.data + CATALOG_HEADER_SIZE, payload.size - CATALOG_HEADER_SIZE};
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    status_t status = catalog_load(yaml, &catalog, &faults);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK || catalog->digest != frame_take_u64(key->mv_data))
        return damaged(check, "catalog %016llx cannot be loaded", (unsigned long long)frame_take_u64(key->mv_data));
    check->has_catalog = check->has_catalog || catalog->digest == check->txn.head.catalog_digest;
    return STATUS_OK;
}

static status_t check_network(store_check_t *check, const MDB_val *key, span_t payload)
{
    if (key->mv_size != 8 || frame_take_u64(key->mv_data) != ++check->network || payload.size < NETWORK_HEADER_SIZE)
        return STATUS_DAMAGED;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_NETWORK_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    network_lines_t lines;
    span_t bytes = {payload.data + NETWORK_HEADER_SIZE, payload.size - NETWORK_HEADER_SIZE};
    return stored_network_decode(bytes, arena, &lines);
}

static status_t check_meta(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)check;
    store_head_t head;
    return key->mv_size == strlen(STORE_HEAD_KEY) ? store_head_decode(payload, &head) : STATUS_DAMAGED;
}

status_t store_check_records(store_check_t *check)
{
    const store_head_t *head = &check->txn.head;
    TRY(store_check_table(check, TABLE_META, check_meta));
    TRY(store_check_table(check, TABLE_CATALOGS, check_catalog));
    TRY(store_check_table(check, TABLE_NETWORKS, check_network));
    TRY(store_check_table(check, TABLE_KEYS, check_key));
    if (store_tables_of(head->format) > TABLE_TOKENS)
        TRY(store_check_table(check, TABLE_TOKENS, check_token));
    TRY(store_check_table(check, TABLE_REVISIONS, check_revision));
    TRY(store_check_table(check, TABLE_HISTORY, check_history));
    TRY(end_month(check));
    TRY(store_check_table(check, TABLE_CURRENT, check_current));
    TRY(store_check_table(check, TABLE_ANSWERS, check_answer));
    if (check->sequence != head->sequence || head->counts[TABLE_HISTORY] != head->counts[TABLE_REVISIONS])
        return damaged(check, "the newest revision is %llu instead of %llu", (unsigned long long)check->sequence,
                       (unsigned long long)head->sequence);
    if (check->months != head->counts[TABLE_CURRENT])
        return damaged(check, "table current names months that have no history");
    if (head->catalog_digest && !check->has_catalog)
        return damaged(check, "the current catalog is missing");
    if (check->network != head->network)
        return damaged(check, "the current network is missing");
    return store_check_log(check);
}
