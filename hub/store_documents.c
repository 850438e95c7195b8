/* Catalogs and networks: every one that ever was current. */
#include "hub/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    TRY(store_copy_payload(arena, &payload));
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

uint64_t store_network_number(const store_txn_t *txn)
{
    return txn->head.network;
}

status_t store_get_network(store_txn_t *txn, uint64_t number, arena_t *arena, network_lines_t *out)
{
    if (number == 0)
        number = txn->head.network;
    if (number == 0 || number == NETWORK_NONE)
        return STATUS_NOT_FOUND;
    store_key_t key = store_key_of_u64(number);
    span_t payload;
    TRY(store_must_exist(store_get(txn, TABLE_NETWORKS, &key, &payload)));
    if (payload.size < NETWORK_HEADER_SIZE)
        return STATUS_DAMAGED;
    payload = (span_t){payload.data + NETWORK_HEADER_SIZE, payload.size - NETWORK_HEADER_SIZE};
    TRY(store_copy_payload(arena, &payload));
    return stored_network_decode(payload, arena, out);
}
