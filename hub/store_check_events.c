/* What verifying asks of the log: that it is one chain, and that the other tables hold what it tells and nothing else.
 */
#include "hub/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAMAGED(check, ...) (snprintf((check)->why, (check)->why_size, __VA_ARGS__), STATUS_DAMAGED)

/* Whether the record has the digest that an event gives it. */
static status_t check_digest(store_check_t *check, store_table_t table, const store_key_t *key,
                             const stored_event_t *event)
{
    crypto_generichash_state state;
    uint8_t digest[DIGEST_SIZE];
    span_t payload;
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    if (store_get(&check->txn, table, key, &payload) != STATUS_OK)
        return DAMAGED(check, "event %llu of the log tells of a record of table %s that is not there",
                       (unsigned long long)event->event, store_table_names[table]);
    store_hash_record(&state, key, payload);
    crypto_generichash_final(&state, digest, DIGEST_SIZE);
    if (!event->has_digest || memcmp(digest, event->digest, DIGEST_SIZE) != 0)
        return DAMAGED(check, "event %llu of the log was made with another record of table %s than stands there now",
                       (unsigned long long)event->event, store_table_names[table]);
    return STATUS_OK;
}

static status_t check_revisions(store_check_t *check, const stored_event_t *event)
{
    crypto_generichash_state state;
    uint8_t digest[DIGEST_SIZE];
    if (event->first_sequence != check->log.sequence + 1 || event->sequence < event->first_sequence)
        return DAMAGED(check, "event %llu of the log does not go on where the one before ended: revision %llu",
                       (unsigned long long)event->event, (unsigned long long)check->log.sequence);
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    for (uint64_t sequence = event->first_sequence; sequence <= event->sequence; sequence++) {
        span_t payload;
        store_key_t key = store_key_of_u64(sequence);
        if (store_get(&check->txn, TABLE_REVISIONS, &key, &payload) != STATUS_OK)
            return DAMAGED(check, "event %llu of the log tells of revision %llu, which is not there",
                           (unsigned long long)event->event, (unsigned long long)sequence);
        store_hash_record(&state, &key, payload);
        if (++check->work % 1024 == 0 && check->tick)
            check->tick(check->context);
    }
    crypto_generichash_final(&state, digest, DIGEST_SIZE);
    if (!event->has_digest || memcmp(digest, event->digest, DIGEST_SIZE) != 0)
        return DAMAGED(check, "event %llu of the log was made with other revisions than stand there now: %llu to %llu",
                       (unsigned long long)event->event, (unsigned long long)event->first_sequence,
                       (unsigned long long)event->sequence);
    check->log.sequence = event->sequence;
    return STATUS_OK;
}

/* Networks are numbered 1, 2, 3 …, each entered once. */
static status_t check_network(store_check_t *check, const stored_event_t *event)
{
    store_key_t key = store_key_of_u64(event->number);
    if (event->number != check->log.network + 1)
        return DAMAGED(check, "event %llu of the log tells of network %u, and the one before was %llu",
                       (unsigned long long)event->event, event->number, (unsigned long long)check->log.network);
    check->log.network = event->number;
    return check_digest(check, TABLE_NETWORKS, &key, event);
}

/* Keys and tokens change: that they stand as the last event about each tells is asked of the records (check_told).
 * Here: that the record is there. */
static status_t check_record_of(store_check_t *check, store_table_t table, const char *kind,
                                const stored_event_t *event)
{
    store_key_t key;
    span_t payload;
    size_t lead = strlen(kind) + 1;
    if (strncmp(event->subject, kind, lead - 1) != 0 || event->subject[lead - 1] != '/' ||
        sodium_hex2bin(key.bytes, sizeof key.bytes, event->subject + lead, strlen(event->subject + lead), NULL,
                       &key.size, NULL) != 0)
        return DAMAGED(check, "event %llu of the log names no %s", (unsigned long long)event->event, kind);
    if (store_get(&check->txn, table, &key, &payload) != STATUS_OK)
        return DAMAGED(check, "event %llu of the log tells of a record of table %s that is not there",
                       (unsigned long long)event->event, store_table_names[table]);
    return STATUS_OK;
}

static status_t check_content(store_check_t *check, const stored_event_t *event)
{
    store_key_t key;
    switch (event->kind) {
    case EVENT_REVISIONS:
        return check_revisions(check, event);
    case EVENT_CATALOG:
        key = store_key_of_u64(strtoull(event->name, NULL, 16));
        return check_digest(check, TABLE_CATALOGS, &key, event);
    case EVENT_NETWORK:
        return check_network(check, event);
    case EVENT_KEY:
        return check_record_of(check, TABLE_KEYS, "key", event);
    case EVENT_TOKEN:
        return check_record_of(check, TABLE_TOKENS, "token", event);
    default:
        return STATUS_OK;
    }
}

/* Whether the event is found under its subject. */
static status_t check_index(store_check_t *check, arena_t *arena, const stored_event_t *event)
{
    stored_event_t found;
    if (!*event->subject)
        return STATUS_OK;
    check->log.subjects++;
    status_t status = store_last_event(&check->txn, event->subject, event->event, arena, &found);
    if (status != STATUS_OK || found.event != event->event)
        return DAMAGED(check, "event %llu of the log is not found under its subject", (unsigned long long)event->event);
    return STATUS_OK;
}

static status_t check_expected(store_check_t *check)
{
    const log_expectation_t *expected = check->expected;
    if (!expected || expected->event != check->log.event || memcmp(expected->hash, check->log.hash, DIGEST_SIZE) == 0)
        return STATUS_OK;
    return DAMAGED(check,
                   "event %llu of the log has another hash than when it was seen: the log was written anew since then, "
                   "up to there",
                   (unsigned long long)expected->event);
}

static status_t check_event(store_check_t *check, const MDB_val *key, span_t payload)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
    stored_event_t event;
    uint64_t number = check->log.event + 1;
    if (!arena)
        return STATUS_NO_MEMORY;
    if (key->mv_size != 8 || frame_take_u64(key->mv_data) != number)
        return DAMAGED(check, "event %llu of the log is missing", (unsigned long long)number);
    TRY(stored_event_decode(payload, arena, &event));
    event.event = number;
    if (event.is_first != (number == 1) || memcmp(event.before, check->log.hash, DIGEST_SIZE) != 0)
        return DAMAGED(check, "event %llu of the log does not follow from the one before it: the log was changed there",
                       (unsigned long long)number);
    if (event.time_ms < check->log.time_ms)
        return DAMAGED(check, "event %llu of the log is of an earlier time than the one before it",
                       (unsigned long long)number);
    store_hash_event(number, payload, check->log.hash);
    check->log.event = number;
    check->log.time_ms = event.time_ms;
    check->work++;
    TRY(check_index(check, arena, &event));
    TRY(check_content(check, &event));
    return check_expected(check);
}

static status_t check_subject(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)check;
    const uint8_t *end = memchr(key->mv_data, 0, key->mv_size);
    return end && (size_t)(end - (const uint8_t *)key->mv_data) + 9 == key->mv_size && payload.size == 0
               ? STATUS_OK
               : STATUS_DAMAGED;
}

/* Whether the log tells of a key or a token as it stands. */
static status_t check_told(store_check_t *check, const char *kind, store_table_t table, const MDB_val *key)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    if (key->mv_size != 32)
        return STATUS_DAMAGED;
    store_subject_of(kind, key->mv_data, subject);
    store_key_t at = store_key_of_bytes(key->mv_data, key->mv_size);
    status_t status = store_last_event(&check->txn, subject, UINT64_MAX, arena, &event);
    if (status == STATUS_NOT_FOUND)
        return DAMAGED(check, "the log does not tell of a record of table %s", store_table_names[table]);
    TRY(status);
    return check_digest(check, table, &at, &event);
}

static status_t check_key_told(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)payload;
    return check_told(check, "key", TABLE_KEYS, key);
}

static status_t check_token_told(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)payload;
    return check_told(check, "token", TABLE_TOKENS, key);
}

/* Whether any event tells of the catalog: there are few of them. */
static status_t check_catalog_told(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)payload;
    stored_event_t event = {.event = 0};
    if (key->mv_size != 8)
        return STATUS_DAMAGED;
    for (uint64_t digest = frame_take_u64(key->mv_data);;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
        if (!arena)
            return STATUS_NO_MEMORY;
        status_t status = store_next_event(&check->txn, "catalog", event.event, arena, &event);
        if (status == STATUS_NOT_FOUND)
            return DAMAGED(check, "the log does not tell of catalog %016llx", (unsigned long long)digest);
        TRY(status);
        if (strtoull(event.name, NULL, 16) == digest)
            return STATUS_OK;
    }
}

/* The last event leads to what is current. */
static status_t check_last(store_check_t *check)
{
    const store_head_t *head = &check->txn.head;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
    stored_event_t last;
    if (!arena)
        return STATUS_NO_MEMORY;
    if (check->log.event == 0)
        return STATUS_OK;
    TRY(store_must_exist(store_get_event(&check->txn, check->log.event, arena, &last)));
    if (last.sequence != head->sequence || last.network != head->network || last.catalog_digest != head->catalog_digest)
        return DAMAGED(check, "the log does not tell of what is current: its last event is %llu",
                       (unsigned long long)last.event);
    return STATUS_OK;
}

status_t store_check_newest_event(store_txn_t *txn, char *out_why, size_t why_size)
{
    const store_head_t *head = &txn->head;
    uint8_t hash[DIGEST_SIZE];
    store_check_t check = {.txn = *txn, .why = out_why, .why_size = why_size, .log.event = head->counts[TABLE_EVENTS]};
    if (check.log.event == 0)
        return STATUS_OK;
    if (store_hash_of_event(&check.txn, check.log.event, hash) != STATUS_OK ||
        memcmp(hash, head->event_hash, DIGEST_SIZE) != 0)
        return DAMAGED(&check, "the log does not end as it was left: its last event is damaged");
    return check_last(&check);
}

static status_t check_end(store_check_t *check)
{
    const store_head_t *head = &check->txn.head;
    if (check->log.event != head->counts[TABLE_EVENTS] || check->log.time_ms != head->event_ms ||
        memcmp(check->log.hash, head->event_hash, DIGEST_SIZE) != 0)
        return DAMAGED(check, "the log does not end as it was left: its last event is %llu",
                       (unsigned long long)check->log.event);
    if (check->expected && check->expected->event > check->log.event)
        return DAMAGED(check, "the log ends with event %llu, and event %llu was seen: it was cut",
                       (unsigned long long)check->log.event, (unsigned long long)check->expected->event);
    if (check->log.sequence != head->sequence)
        return DAMAGED(check, "the log tells of revisions up to %llu, and the newest is %llu",
                       (unsigned long long)check->log.sequence, (unsigned long long)head->sequence);
    if (check->log.network != head->network)
        return DAMAGED(check, "the log tells of networks up to %llu, and the newest is %llu",
                       (unsigned long long)check->log.network, (unsigned long long)head->network);
    if (check->log.subjects != head->counts[TABLE_SUBJECTS])
        return DAMAGED(check, "the log's index names events that are not about its subjects");
    TRY(check_last(check));
    TRY(store_check_table(check, TABLE_KEYS, check_key_told));
    TRY(store_check_table(check, TABLE_TOKENS, check_token_told));
    return store_check_table(check, TABLE_CATALOGS, check_catalog_told);
}

status_t store_check_log(store_check_t *check)
{
    if (store_tables_of(check->txn.head.format) <= TABLE_EVENTS)
        return STATUS_OK;
    TRY(store_check_table(check, TABLE_SUBJECTS, check_subject));
    TRY(store_check_table(check, TABLE_EVENTS, check_event));
    return check_end(check);
}

/* From the mark on, until the budget is used up. */
static status_t check_part(store_check_t *check, size_t budget)
{
    while (check->log.event < check->txn.head.counts[TABLE_EVENTS] && check->work < budget) {
        store_key_t key = store_key_of_u64(check->log.event + 1);
        MDB_val at = {key.size, key.bytes};
        span_t payload;
        status_t status = store_get(&check->txn, TABLE_EVENTS, &key, &payload);
        if (status == STATUS_NOT_FOUND || status == STATUS_DAMAGED)
            return DAMAGED(check, "event %llu of the log is %s", (unsigned long long)check->log.event + 1,
                           status == STATUS_DAMAGED ? "damaged" : "missing");
        TRY(status);
        TRY(check_event(check, &at, payload));
    }
    return STATUS_OK;
}

status_t store_verify_log(store_txn_t *txn, const log_expectation_t *expected, size_t budget, log_mark_t *mark,
                          bool *out_complete, char *out_why, size_t why_size)
{
    store_check_t check = {.txn = *txn, .why = out_why, .why_size = why_size, .log = *mark, .expected = expected};
    *out_why = 0;
    if (mark->event > txn->head.counts[TABLE_EVENTS])
        return DAMAGED(&check, "the log ends with event %llu, and event %llu was seen: it was cut",
                       (unsigned long long)txn->head.counts[TABLE_EVENTS], (unsigned long long)mark->event);
    status_t status = check_part(&check, budget);
    bool complete = status == STATUS_OK && check.log.event == txn->head.counts[TABLE_EVENTS];
    if (complete)
        status = check_end(&check);
    if (status == STATUS_DAMAGED && !*out_why)
        snprintf(out_why, why_size, "a record is damaged behind event %llu of the log",
                 (unsigned long long)check.log.event);
    *mark = check.log;
    *out_complete = complete;
    return status;
}
