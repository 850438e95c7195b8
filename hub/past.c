#include "hub/past.h"

#include "hub/month_read.h"

#include <pthread.h>
#include <stdlib.h>

#define WORLDS_KEPT  4
#define EVENT_MEMORY (256ul << 20) /* a release that holds back every dealer */

typedef struct past_entry {
    struct past_entry *next;
    period_t period;
    uint64_t event;
    month_share_t *share;
} past_entry_t;

typedef struct {
    uint64_t network, catalog_digest, used;
    world_t *world;
} past_world_t;

struct past {
    pthread_mutex_t lock; /* over what follows; never held while the store is read */
    store_t *store;
    months_t *months;
    size_t bytes_max;
    past_entry_t *entries; /* the one that was used last is the first */
    past_world_t worlds[WORLDS_KEPT];
    uint64_t tick;
};

past_t *past_create(store_t *store, months_t *months, size_t bytes_max)
{
    past_t *past = calloc(1, sizeof *past);
    if (!past)
        return NULL;
    pthread_mutex_init(&past->lock, NULL);
    past->store = store;
    past->months = months;
    past->bytes_max = bytes_max;
    return past;
}

static void free_entries(past_entry_t *entry)
{
    while (entry) {
        past_entry_t *next = entry->next;
        month_share_release(entry->share);
        free(entry);
        entry = next;
    }
}

void past_destroy(past_t **past)
{
    if (!past || !*past)
        return;
    free_entries((*past)->entries);
    for (size_t i = 0; i < WORLDS_KEPT; i++)
        world_release(&(*past)->worlds[i].world);
    pthread_mutex_destroy(&(*past)->lock);
    free(*past);
    *past = NULL;
}

/* ---- worlds */

static bool is_of(const world_t *world, const stored_event_t *event)
{
    return world->number == event->network && world->catalog->digest == event->catalog_digest;
}

/* Today's where it is the same; else NULL. */
static world_t *share_world(past_t *past, const stored_event_t *event)
{
    world_t *world = past->months ? months_world(past->months) : NULL;
    if (world && !is_of(world, event))
        world_release(&world);
    return world;
}

/* The world of these numbers where it is kept, by itself or with a month; else NULL. */
static world_t *find_world(past_t *past, const stored_event_t *event)
{
    world_t *world = NULL;
    pthread_mutex_lock(&past->lock);
    for (size_t i = 0; i < WORLDS_KEPT && !world; i++) {
        past_world_t *kept = &past->worlds[i];
        if (!kept->world || kept->network != event->network || kept->catalog_digest != event->catalog_digest)
            continue;
        kept->used = ++past->tick;
        world = world_retain(kept->world);
    }
    for (past_entry_t *entry = past->entries; entry && !world; entry = entry->next)
        if (is_of(entry->share->world, event))
            world = world_retain(entry->share->world);
    pthread_mutex_unlock(&past->lock);
    return world;
}

/* In the place of the one that was used longest ago. */
static void keep_world(past_t *past, const stored_event_t *event, world_t *world)
{
    pthread_mutex_lock(&past->lock);
    past_world_t *oldest = past->worlds;
    for (size_t i = 1; i < WORLDS_KEPT; i++)
        if (past->worlds[i].used < oldest->used)
            oldest = &past->worlds[i];
    world_t *earlier = oldest->world;
    *oldest = (past_world_t){event->network, event->catalog_digest, ++past->tick, world_retain(world)};
    pthread_mutex_unlock(&past->lock);
    world_release(&earlier);
}

static status_t get_world(past_t *past, store_txn_t *txn, const stored_event_t *event, world_t **out)
{
    world_t *world = share_world(past, event);
    if (!world)
        world = find_world(past, event);
    if (!world) {
        TRY(world_load_at(txn, event->network ? event->network : NETWORK_NONE, event->catalog_digest, &world));
        keep_world(past, event, world);
    }
    *out = world;
    return STATUS_OK;
}

status_t past_world(past_t *past, uint64_t number, world_t **out)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    stored_event_t event;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_begin_read(past->store, &txn));
    TRY(store_get_event(txn, number, arena, &event));
    return get_world(past, txn, &event, out);
}

/* A month's releases are held against each other, so they all stand on network and catalog of the first. */
static status_t get_first_world(past_t *past, store_txn_t *txn, const stored_event_t *release, arena_t *arena,
                                world_t **out)
{
    stored_event_t first;
    TRY(store_next_event(txn, release->subject, 0, arena, &first));
    return get_world(past, txn, &first, out);
}

/* ---- months */

static bool find_month(past_t *past, period_t period, uint64_t event, month_snapshot_t *out)
{
    pthread_mutex_lock(&past->lock);
    past_entry_t **link = &past->entries;
    while (*link && ((*link)->period != period || (*link)->event != event))
        link = &(*link)->next;
    past_entry_t *entry = *link;
    if (entry) { /* to the front */
        *link = entry->next;
        entry->next = past->entries;
        past->entries = entry;
        *out = month_share_snapshot(entry->share);
    }
    pthread_mutex_unlock(&past->lock);
    return entry != NULL;
}

/* At the front; those that do not fit any more go. Two threads may have read the same month: both are kept, and the
 * newer one is found. */
static void keep_month(past_t *past, past_entry_t *entry)
{
    size_t bytes = 0;
    pthread_mutex_lock(&past->lock);
    entry->next = past->entries;
    past->entries = entry;
    past_entry_t **link = &past->entries;
    while (*link && (bytes += (*link)->share->month->bytes) <= past->bytes_max)
        link = &(*link)->next;
    past_entry_t *rest = *link;
    *link = NULL;
    pthread_mutex_unlock(&past->lock);
    free_entries(rest);
}

/* Fills the entry but for its link. */
static status_t read(past_t *past, period_t period, uint64_t number, past_entry_t *out)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    CLEANUP(world_release) world_t *world = NULL;
    stored_event_t event;
    month_t *month = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_begin_read(past->store, &txn));
    TRY(store_get_event(txn, number, arena, &event));
    bool is_release = event.kind == EVENT_RELEASE && event.period == period;
    TRY(is_release ? get_first_world(past, txn, &event, arena, &world) : get_world(past, txn, &event, &world));
    month_reading_t reading = {.period = period, .sequence = event.sequence};
    if (is_release) {
        reading.held = event.held;
        reading.held_count = event.held_count;
    }
    TRY(month_read(txn, world, &reading, &month));
    *out = (past_entry_t){
        .period = period,
        .event = number,
        .share = month_share_make(&month, world),
    };
    return out->share ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t past_month(past_t *past, period_t period, uint64_t event, month_snapshot_t *out)
{
    if (find_month(past, period, event, out))
        return STATUS_OK;
    past_entry_t found;
    TRY(read(past, period, event, &found));
    *out = month_share_snapshot(found.share);
    past_entry_t *entry = malloc(sizeof *entry);
    if (!entry) { /* it is not kept */
        month_share_release(found.share);
        return STATUS_OK;
    }
    *entry = found;
    keep_month(past, entry);
    return STATUS_OK;
}
