#include "hub/exemplars.h"

#include "core/limits.h"

#include <string.h>

#define PREFIX "exemplar/"

typedef struct {
    store_txn_t *txn;
    const network_t *network;
    period_t period;
    arena_t *arena;
    exemplar_t *items;
    exemplar_entry_t *entries;
    size_t count;
} listing_t;

static status_t count_scope(void *context, const char *subject, uint64_t event)
{
    (void)subject, (void)event;
    ((listing_t *)context)->count++;
    return STATUS_OK;
}

/* The newest designation of a scope that has begun in the month: an older one stands where a newer one begins later. */
static status_t find_begun(const listing_t *listing, const char *subject, uint64_t most, stored_event_t *out)
{
    for (;;) {
        TRY(store_last_event(listing->txn, subject, most, listing->arena, out));
        if (out->period <= listing->period)
            return STATUS_OK;
        most = out->event - 1;
    }
}

static status_t add_standing(void *context, const char *subject, uint64_t event)
{
    listing_t *listing = context;
    stored_event_t found;
    scope_t scope;
    status_t status = find_begun(listing, subject, event, &found);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    uint32_t dealer = *found.dealer ? network_find_dealer(listing->network, found.dealer) : INDEX_NONE;
    if (dealer != INDEX_NONE && scope_parse(listing->network, found.scope, &scope) == STATUS_OK)
        listing->items[listing->count++] = (exemplar_t){.scope = scope, .dealer = dealer, .consented = found.flag};
    return STATUS_OK;
}

status_t exemplars_at(store_txn_t *txn, const network_t *network, period_t period, uint64_t most, arena_t *arena,
                      exemplars_t *out)
{
    listing_t listing = {.txn = txn, .network = network, .period = period, .arena = arena};
    TRY(store_scan_subjects(txn, PREFIX, most, count_scope, &listing));
    listing.items = arena_array(arena, listing.count, sizeof *listing.items);
    if (!listing.items)
        return STATUS_NO_MEMORY;
    listing.count = 0;
    TRY(store_scan_subjects(txn, PREFIX, most, add_standing, &listing));
    *out = (exemplars_t){listing.items, listing.count};
    return STATUS_OK;
}

static status_t add_newest(void *context, const char *subject, uint64_t event)
{
    (void)subject;
    listing_t *listing = context;
    stored_event_t found;
    TRY(store_get_event(listing->txn, event, listing->arena, &found));
    exemplar_entry_t *entry = &listing->entries[listing->count++];
    *entry = (exemplar_entry_t){
        .scope = found.scope,
        .dealer = found.dealer,
        .from = found.period,
        .consented = found.flag,
        .why = found.text,
        .time_ms = found.time_ms,
    };
    memcpy(entry->public_key, found.public_key, KEY_SIZE);
    return STATUS_OK;
}

status_t exemplars_list(store_txn_t *txn, arena_t *arena, exemplar_entry_t **out, size_t *out_count)
{
    listing_t listing = {.txn = txn, .arena = arena};
    TRY(store_scan_subjects(txn, PREFIX, UINT64_MAX, count_scope, &listing));
    listing.entries = arena_array(arena, listing.count, sizeof *listing.entries);
    if (!listing.entries)
        return STATUS_NO_MEMORY;
    listing.count = 0;
    TRY(store_scan_subjects(txn, PREFIX, UINT64_MAX, add_newest, &listing));
    *out = listing.entries;
    *out_count = listing.count;
    return STATUS_OK;
}
