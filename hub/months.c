#include "hub/months.h"

#include "hub/month_notes.h"
#include "hub/month_read.h"

#include "core/order_index.h"

#include <pthread.h>
#include <stdlib.h>

/* How long an update waits for those who still read the month before it copies it: they are quick, and a copy of a
 * large month with its index takes longer than this (docs/performance.md). */
#define READERS_WAIT_MS 10u

typedef struct entry {
    struct entry *next;
    period_t period;
    regions_view_t view;
    month_share_t *share; /* NULL while it is being read */
    uint64_t sequence;    /* newest revision that the reading saw */
    uint64_t used;        /* tick of the last use */
    bool busy;            /* one thread reads or changes it, without the lock */
    bool dropped;         /* out of the list: the busy thread frees it */
    bool measured;        /* the next two hold until it is handed out again */
    uint64_t month_bytes, index_bytes;
    month_notes_t notes;
} entry_t;

struct months {
    pthread_mutex_t lock;   /* over everything here; never held while the store is read */
    pthread_cond_t settled; /* an entry is no longer busy */
    store_t *store;
    world_t *world;
    entry_t *entries;
    entry_t *doomed; /* dropped; who has the lock frees them after it (leave) */
    size_t bytes_max;
    uint64_t tick;
};

static void free_entry(entry_t *entry)
{
    month_share_release(entry->share);
    month_notes_fini(&entry->notes);
    free(entry);
}

/* Lets the lock go, then frees what was dropped meanwhile: giving back a large month takes milliseconds. */
static void leave(months_t *months)
{
    entry_t *doomed = months->doomed;
    months->doomed = NULL;
    pthread_mutex_unlock(&months->lock);
    while (doomed) {
        entry_t *next = doomed->next;
        free_entry(doomed);
        doomed = next;
    }
}

static void doom(months_t *months, entry_t *entry)
{
    entry->next = months->doomed;
    months->doomed = entry;
}

months_t *months_create(store_t *store, world_t **world, size_t bytes_max)
{
    months_t *months = calloc(1, sizeof *months);
    if (!months) {
        world_release(world);
        return NULL;
    }
    pthread_mutex_init(&months->lock, NULL);
    pthread_cond_init(&months->settled, NULL);
    months->store = store;
    months->bytes_max = bytes_max;
    months->world = *world;
    *world = NULL;
    return months;
}

/* Out of the list; who is busy with it dooms it. */
static void drop(months_t *months, entry_t *entry)
{
    entry_t **link = &months->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry->dropped = true;
    if (!entry->busy)
        doom(months, entry);
}

void months_destroy(months_t **months)
{
    if (!months || !*months)
        return;
    pthread_mutex_lock(&(*months)->lock);
    while ((*months)->entries)
        drop(*months, (*months)->entries);
    leave(*months);
    world_release(&(*months)->world);
    pthread_cond_destroy(&(*months)->settled);
    pthread_mutex_destroy(&(*months)->lock);
    free(*months);
    *months = NULL;
}

world_t *months_world(months_t *months)
{
    pthread_mutex_lock(&months->lock);
    world_t *world = world_retain(months->world);
    pthread_mutex_unlock(&months->lock);
    return world;
}

void months_set_world(months_t *months, world_t **world)
{
    pthread_mutex_lock(&months->lock);
    world_t *earlier = months->world;
    months->world = *world;
    while (months->entries)
        drop(months, months->entries);
    pthread_cond_broadcast(&months->settled);
    leave(months);
    *world = NULL;
    world_release(&earlier);
}

static entry_t *find(months_t *months, period_t period, const regions_view_t *view)
{
    entry_t *entry = months->entries;
    while (entry && (entry->period != period || entry->view.today != view->today || entry->view.viewer != view->viewer))
        entry = entry->next;
    return entry;
}

static entry_t *add(months_t *months, period_t period, const regions_view_t *view)
{
    entry_t *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->period = period;
    entry->view = *view;
    entry->next = months->entries;
    months->entries = entry;
    return entry;
}

/* ---- what commits */

static void note_for_period(months_t *months, const month_delta_t *delta, period_t period, bool previous)
{
    for (entry_t *entry = months->entries, *next; entry; entry = next) {
        next = entry->next;
        if (entry->period == period &&
            !month_notes_add(&entry->notes, delta, months->world->catalog->fact_count, previous))
            drop(months, entry);
    }
}

void months_apply(months_t *months, const month_delta_t *deltas, size_t count)
{
    pthread_mutex_lock(&months->lock);
    for (size_t i = 0; i < count; i++) {
        if (deltas[i].dealer == INDEX_NONE)
            continue;
        note_for_period(months, &deltas[i], deltas[i].period, false);
        if (months->world->catalog->rows_use_previous)
            note_for_period(months, &deltas[i], deltas[i].period + 1, true);
    }
    leave(months);
}

/* ---- who asks */

static status_t read_month(store_t *store, world_t *world, const entry_t *entry, month_t **out, uint64_t *out_sequence)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(store, &txn));
    TRY(store_last_sequence(txn, out_sequence));
    const month_reading_t reading = {.period = entry->period, .sequence = *out_sequence, .view = &entry->view};
    return month_read(txn, world, &reading, out);
}

static void settle(months_t *months, entry_t *entry)
{
    entry->busy = false;
    pthread_cond_broadcast(&months->settled);
}

/* Reads a busy entry's month, with the lock let go meanwhile. */
static status_t fill(months_t *months, entry_t *entry, world_t *world)
{
    month_t *month = NULL;
    uint64_t sequence = 0;
    pthread_mutex_unlock(&months->lock);
    status_t status = read_month(months->store, world, entry, &month, &sequence);
    month_share_t *share = status == STATUS_OK ? month_share_make(&month, world) : NULL;
    pthread_mutex_lock(&months->lock);
    entry->share = share;
    entry->sequence = sequence;
    return status != STATUS_OK ? status : share ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Applies what is noted to a busy entry, with the lock let go meanwhile: to a copy where somebody goes on reading the
 * month. */
static status_t update(months_t *months, entry_t *entry)
{
    CLEANUP(month_notes_fini) month_notes_t notes = entry->notes;
    entry->notes = (month_notes_t){0};
    pthread_mutex_unlock(&months->lock);

    month_share_t *share = entry->share;
    /* Nobody can take a new reference while the entry is busy. */
    if (!month_share_wait_alone(share, READERS_WAIT_MS)) {
        month_t *copy = month_clone(share->month);
        share = copy ? month_share_make(&copy, share->world) : NULL;
    }
    if (share) {
        (void)order_index_weigh(share->month, notes.count);
        month_notes_apply(&notes, entry->sequence, share->month);
    }
    if (share && share != entry->share) {
        month_share_release(entry->share);
        entry->share = share;
    }
    pthread_mutex_lock(&months->lock);
    return share ? STATUS_OK : STATUS_NO_MEMORY;
}

/* ---- how much memory */

/* Months are many, with many rows each; what nobody reads does not grow. False: it is not to be counted. */
static bool measure(entry_t *entry)
{
    if (entry->busy || !entry->share)
        return false;
    if (!entry->measured) {
        entry->measured = month_share_wait_alone(entry->share, 0);
        entry->month_bytes = entry->share->month->bytes;
        entry->index_bytes = order_index_bytes(entry->share->month);
    }
    return true;
}

static uint64_t cached_bytes(const months_t *months, uint32_t *out_count)
{
    uint64_t bytes = 0;
    *out_count = 0;
    for (entry_t *entry = months->entries; entry; entry = entry->next)
        if (measure(entry)) {
            bytes += entry->month_bytes + entry->index_bytes;
            ++*out_count;
        }
    return bytes;
}

/* The least recently used ones go until the rest fits. */
static void evict(months_t *months)
{
    uint32_t count;
    while (cached_bytes(months, &count) > months->bytes_max) {
        entry_t *oldest = NULL;
        for (entry_t *entry = months->entries; entry; entry = entry->next)
            if (!entry->busy && (!oldest || entry->used < oldest->used))
                oldest = entry;
        if (!oldest)
            return;
        drop(months, oldest);
    }
}

/* Tells a month how large its index may become: what is left, and no more than half of all for indexes. Whoever asks
 * for it builds as far as that goes; should several at once build beyond it, the next one evicts. */
static void allow_index(const months_t *months, const entry_t *entry)
{
    uint64_t others = entry->share->month->bytes, indexes = 0;
    for (entry_t *other = months->entries; other; other = other->next) {
        if (other == entry || !measure(other))
            continue;
        others += other->month_bytes + other->index_bytes;
        indexes += other->index_bytes;
    }
    uint64_t left = months->bytes_max > others ? months->bytes_max - others : 0;
    uint64_t half = months->bytes_max / 2 > indexes ? months->bytes_max / 2 - indexes : 0;
    order_index_allow(entry->share->month, left < half ? left : half);
}

static void hand_out(months_t *months, entry_t *entry, month_snapshot_t *out)
{
    entry->used = ++months->tick;
    entry->measured = false;
    allow_index(months, entry);
    *out = month_share_snapshot(entry->share);
}

/* Does the work that makes the entry fresh, and hands it out. What commits after the work began need not be in it. */
static status_t refresh(months_t *months, entry_t *entry, month_snapshot_t *out)
{
    world_t *world = world_retain(months->world);
    entry->busy = true;
    status_t status = entry->share ? update(months, entry) : fill(months, entry, world);
    settle(months, entry);
    if (entry->dropped) {
        doom(months, entry);
        status = status == STATUS_OK ? STATUS_CONFLICT : status;
    } else if (status != STATUS_OK) {
        drop(months, entry);
    } else {
        hand_out(months, entry, out);
        evict(months);
    }
    world_release(&world);
    return status;
}

static status_t acquire(months_t *months, period_t period, const regions_view_t *view, month_snapshot_t *out)
{
    for (;;) {
        entry_t *entry = find(months, period, view);
        if (entry && entry->busy) {
            pthread_cond_wait(&months->settled, &months->lock);
            continue;
        }
        if (!entry && !(entry = add(months, period, view)))
            return STATUS_NO_MEMORY;
        if (!entry->share || entry->notes.count)
            return refresh(months, entry, out);
        hand_out(months, entry, out);
        evict(months); /* its index may have grown since */
        return STATUS_OK;
    }
}

status_t months_acquire(months_t *months, period_t period, month_snapshot_t *out)
{
    return months_acquire_viewed(months, period, &REGIONS_THEN, out);
}

status_t months_acquire_viewed(months_t *months, period_t period, const regions_view_t *view, month_snapshot_t *out)
{
    month_snapshot_t snapshot = {0};
    pthread_mutex_lock(&months->lock);
    status_t status = acquire(months, period, view, &snapshot);
    leave(months);
    if (status == STATUS_OK)
        *out = snapshot;
    return status;
}

void months_release(month_snapshot_t *snapshot)
{
    month_share_release(snapshot->share);
    *snapshot = (month_snapshot_t){0};
}

void months_measure(months_t *months, uint32_t *out_count, uint64_t *out_bytes)
{
    pthread_mutex_lock(&months->lock);
    *out_bytes = cached_bytes(months, out_count);
    pthread_mutex_unlock(&months->lock);
}
