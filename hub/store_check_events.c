/* What store_verify asks of the log: that it is one chain, and that the other tables hold what it tells. */
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
    if (event->first_sequence != check->logged + 1 || event->sequence < event->first_sequence)
        return DAMAGED(check, "event %llu of the log does not go on where the one before ended: revision %llu",
                       (unsigned long long)event->event, (unsigned long long)check->logged);
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    for (uint64_t sequence = event->first_sequence; sequence <= event->sequence; sequence++) {
        span_t payload;
        store_key_t key = store_key_of_u64(sequence);
        if (store_get(&check->txn, TABLE_REVISIONS, &key, &payload) != STATUS_OK)
            return DAMAGED(check, "event %llu of the log tells of revision %llu, which is not there",
                           (unsigned long long)event->event, (unsigned long long)sequence);
        store_hash_record(&state, &key, payload);
    }
    crypto_generichash_final(&state, digest, DIGEST_SIZE);
    if (!event->has_digest || memcmp(digest, event->digest, DIGEST_SIZE) != 0)
        return DAMAGED(check, "event %llu of the log was made with other revisions than stand there now: %llu to %llu",
                       (unsigned long long)event->event, (unsigned long long)event->first_sequence,
                       (unsigned long long)event->sequence);
    check->logged = event->sequence;
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
        key = store_key_of_u64(event->number);
        return check_digest(check, TABLE_NETWORKS, &key, event);
    default: /* keys and tokens change: their last event is what counts (store_check_logged) */
        return STATUS_OK;
    }
}

status_t store_check_event(store_check_t *check, const MDB_val *key, span_t payload)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
    stored_event_t event, found;
    if (!arena)
        return STATUS_NO_MEMORY;
    if (key->mv_size != 8 || frame_take_u64(key->mv_data) != ++check->event)
        return DAMAGED(check, "event %llu of the log is missing", (unsigned long long)check->event);
    TRY(stored_event_decode(payload, arena, &event));
    event.event = check->event;
    if (event.is_first != (check->event == 1) || memcmp(event.before, check->event_hash, DIGEST_SIZE) != 0)
        return DAMAGED(check, "event %llu of the log does not follow from the one before it: the log was changed there",
                       (unsigned long long)check->event);
    if (event.time_ms < check->event_ms)
        return DAMAGED(check, "event %llu of the log is of an earlier time than the one before it",
                       (unsigned long long)check->event);
    store_hash_event(check->event, payload, check->event_hash);
    check->event_ms = event.time_ms;
    if (*event.subject) {
        check->subjects++;
        status_t status = store_last_event(&check->txn, event.subject, check->event, arena, &found);
        if (status != STATUS_OK || found.event != check->event)
            return DAMAGED(check, "event %llu of the log is not found under its subject",
                           (unsigned long long)check->event);
    }
    return check_content(check, &event);
}

status_t store_check_subject(store_check_t *check, const MDB_val *key, span_t payload)
{
    (void)check;
    const uint8_t *end = memchr(key->mv_data, 0, key->mv_size);
    return end && (size_t)(end - (const uint8_t *)key->mv_data) + 9 == key->mv_size && payload.size == 0
               ? STATUS_OK
               : STATUS_DAMAGED;
}

status_t store_check_logged(store_check_t *check, const char *kind, store_table_t table, const MDB_val *key)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(STORED_EVENT_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    if (check->txn.head.format < 3)
        return STATUS_OK;
    store_subject_of(kind, key->mv_data, subject);
    store_key_t at = store_key_of_bytes(key->mv_data, key->mv_size);
    status_t status = store_last_event(&check->txn, subject, UINT64_MAX, arena, &event);
    if (status == STATUS_NOT_FOUND)
        return DAMAGED(check, "the log does not tell of a record of table %s", store_table_names[table]);
    TRY(status);
    return check_digest(check, table, &at, &event);
}

status_t store_check_log_end(store_check_t *check)
{
    const store_head_t *head = &check->txn.head;
    if (check->event != head->counts[TABLE_EVENTS] || check->event_ms != head->event_ms ||
        memcmp(check->event_hash, head->event_hash, DIGEST_SIZE) != 0)
        return DAMAGED(check, "the log does not end as it was left: its last event is %llu",
                       (unsigned long long)check->event);
    if (check->logged != head->sequence)
        return DAMAGED(check, "the log tells of revisions up to %llu, and the newest is %llu",
                       (unsigned long long)check->logged, (unsigned long long)head->sequence);
    if (check->subjects != head->counts[TABLE_SUBJECTS])
        return DAMAGED(check, "the log's index names events that are not about its subjects");
    return STATUS_OK;
}
