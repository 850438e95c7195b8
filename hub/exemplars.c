#include "hub/exemplars.h"

#include "core/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX     "exemplar/"
#define LOG_MEMORY (256ul << 20)

/* ---- the log's, in memory */

typedef struct {
    const char *scope, *dealer; /* dealer "": withdrawn */
    period_t from;
    bool consented;
    uint64_t event;
} designation_t;

struct exemplar_log {
    pthread_mutex_t lock; /* over what follows */
    store_t *store;
    arena_t *arena;       /* of the designations; NULL: never read */
    uint64_t stamp;       /* the store's, before they were read */
    designation_t *items; /* by subject, those of one as they came */
    size_t count;
};

exemplar_log_t *exemplar_log_create(store_t *store)
{
    exemplar_log_t *log = calloc(1, sizeof *log);
    if (!log)
        return NULL;
    pthread_mutex_init(&log->lock, NULL);
    log->store = store;
    return log;
}

void exemplar_log_destroy(exemplar_log_t **log)
{
    if (!log || !*log)
        return;
    arena_destroy(&(*log)->arena);
    pthread_mutex_destroy(&(*log)->lock);
    free(*log);
    *log = NULL;
}

/* What a scan of the log fills. */
typedef struct {
    store_txn_t *txn;
    arena_t *arena;
    designation_t *items;
    exemplar_entry_t *entries;
    size_t count;
} listing_t;

static status_t count_scope(void *context, const char *subject, uint64_t event)
{
    (void)subject, (void)event;
    ((listing_t *)context)->count++;
    return STATUS_OK;
}

/* All events of a subject; without `items` they are counted only. */
static status_t add_events(void *context, const char *subject, uint64_t last)
{
    listing_t *listing = context;
    stored_event_t found = {0};
    while (found.event < last) {
        TRY(store_next_event(listing->txn, subject, found.event, listing->arena, &found));
        if (listing->items)
            listing->items[listing->count] =
                (designation_t){found.scope, found.dealer, found.period, found.flag, found.event};
        listing->count++;
    }
    return STATUS_OK;
}

static status_t read_log(store_t *store, arena_t *arena, designation_t **out, size_t *out_count)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(store, &txn));
    listing_t listing = {.txn = txn, .arena = arena};
    TRY(store_scan_subjects(txn, PREFIX, UINT64_MAX, add_events, &listing));
    listing.items = arena_array(arena, listing.count + 1, sizeof *listing.items);
    if (!listing.items)
        return STATUS_NO_MEMORY;
    listing.count = 0;
    TRY(store_scan_subjects(txn, PREFIX, UINT64_MAX, add_events, &listing));
    *out = listing.items;
    *out_count = listing.count;
    return STATUS_OK;
}

/* Under the lock; what comes of it is short, and rarely asked for. */
static status_t refresh(exemplar_log_t *log)
{
    uint64_t stamp = store_disclosure_stamp(log->store);
    if (log->arena && log->stamp == stamp)
        return STATUS_OK;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(LOG_MEMORY);
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(read_log(log->store, arena, &log->items, &log->count));
    arena_destroy(&log->arena);
    log->arena = arena;
    log->stamp = stamp;
    arena = NULL;
    return STATUS_OK;
}

/* The newest designation of a scope that has begun in the month: an older one stands where a newer one begins later.
 * They are those from `first` to before `end`. */
static const designation_t *find_begun(const exemplar_log_t *log, size_t first, size_t end, period_t period,
                                       uint64_t most)
{
    for (size_t i = end; i-- > first;)
        if (log->items[i].event <= most && log->items[i].from <= period)
            return &log->items[i];
    return NULL;
}

static status_t list_standing(const exemplar_log_t *log, const network_t *network, period_t period, uint64_t most,
                              arena_t *arena, exemplars_t *out)
{
    exemplar_t *items = arena_array(arena, log->count + 1, sizeof *items);
    size_t count = 0;
    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t first = 0, end; first < log->count; first = end) {
        scope_t scope;
        for (end = first + 1; end < log->count && strcmp(log->items[end].scope, log->items[first].scope) == 0; end++)
            ;
        const designation_t *found = find_begun(log, first, end, period, most);
        uint32_t dealer = found && *found->dealer ? network_find_dealer(network, found->dealer) : INDEX_NONE;
        if (dealer != INDEX_NONE && scope_parse(network, found->scope, &scope) == STATUS_OK)
            items[count++] = (exemplar_t){.scope = scope, .dealer = dealer, .consented = found->consented};
    }
    *out = (exemplars_t){items, count};
    return STATUS_OK;
}

status_t exemplars_at(exemplar_log_t *log, const network_t *network, period_t period, uint64_t most, arena_t *arena,
                      exemplars_t *out)
{
    pthread_mutex_lock(&log->lock);
    status_t status = refresh(log);
    if (status == STATUS_OK)
        status = list_standing(log, network, period, most, arena, out);
    pthread_mutex_unlock(&log->lock);
    return status;
}

/* ---- for headquarters */

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
