#include "hub/months.h"

#include "hub/month_read.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NOTED_MAX 16384 /* deltas noted for one month; beyond it reading the month anew is cheaper */

/* A delta that waits, with a copy of its facts. */
typedef struct {
    uint64_t sequence;
    uint32_t dealer;
    bool late, withdrawn, previous; /* previous: for the columns of the month before */
    int64_t facts[];
} noted_t;

typedef struct entry {
    struct entry *next;
    period_t period;
    regions_view_t view;
    month_share_t *share; /* NULL while it is being read */
    uint64_t sequence;    /* newest revision that the reading saw */
    uint64_t used;        /* tick of the last use */
    bool busy;            /* one thread reads or changes it, without the lock */
    bool dropped;         /* out of the list: the busy thread frees it */
    noted_t **noted;
    size_t noted_count, noted_room;
} entry_t;

struct months {
    pthread_mutex_t lock;   /* over everything here; never held while the store is read */
    pthread_cond_t settled; /* an entry is no longer busy */
    store_t *store;
    world_t *world;
    entry_t *entries;
    size_t bytes_max;
    uint64_t tick;
};

static void free_noted(noted_t **noted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(noted[i]);
    free(noted);
}

static void free_entry(entry_t *entry)
{
    month_share_release(entry->share);
    free_noted(entry->noted, entry->noted_count);
    free(entry);
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

/* Out of the list; who is busy with it frees it. */
static void drop(months_t *months, entry_t *entry)
{
    entry_t **link = &months->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry->dropped = true;
    if (!entry->busy)
        free_entry(entry);
}

void months_destroy(months_t **months)
{
    if (!months || !*months)
        return;
    while ((*months)->entries)
        drop(*months, (*months)->entries);
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
    pthread_mutex_unlock(&months->lock);
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

static bool make_room(entry_t *entry)
{
    if (entry->noted_count < entry->noted_room)
        return true;
    size_t room = entry->noted_room ? entry->noted_room * 2 : 16;
    noted_t **noted = entry->noted_count < NOTED_MAX ? realloc(entry->noted, room * sizeof(noted_t *)) : NULL;
    if (!noted)
        return false;
    entry->noted = noted;
    entry->noted_room = room;
    return true;
}

static bool note(entry_t *entry, const month_delta_t *delta, size_t fact_count, bool previous)
{
    size_t facts_size = delta->facts ? fact_count * sizeof(int64_t) : 0;
    noted_t *noted = make_room(entry) ? malloc(sizeof *noted + facts_size) : NULL;
    if (!noted)
        return false;
    noted->sequence = delta->sequence;
    noted->dealer = delta->dealer;
    noted->late = delta->late;
    noted->withdrawn = !delta->facts;
    noted->previous = previous;
    if (delta->facts)
        memcpy(noted->facts, delta->facts, facts_size);
    entry->noted[entry->noted_count++] = noted;
    return true;
}

static void note_for_period(months_t *months, const month_delta_t *delta, period_t period, bool previous)
{
    for (entry_t *entry = months->entries, *next; entry; entry = next) {
        next = entry->next;
        if (entry->period == period && !note(entry, delta, months->world->catalog->fact_count, previous))
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
    pthread_mutex_unlock(&months->lock);
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

static void apply_noted(const entry_t *entry, noted_t *const *noted, size_t count, month_t *month)
{
    for (size_t i = 0; i < count; i++) {
        const int64_t *facts = noted[i]->withdrawn ? NULL : noted[i]->facts;
        if (noted[i]->sequence <= entry->sequence)
            continue; /* the reading has seen it */
        if (noted[i]->previous)
            month_set_previous(month, noted[i]->dealer, facts);
        else
            month_set(month, noted[i]->dealer, facts, noted[i]->late);
    }
}

/* Applies what is noted to a busy entry, with the lock let go meanwhile: to a copy where somebody reads the month. */
static status_t update(months_t *months, entry_t *entry)
{
    noted_t **noted = entry->noted;
    size_t count = entry->noted_count;
    entry->noted = NULL;
    entry->noted_count = entry->noted_room = 0;
    pthread_mutex_unlock(&months->lock);

    month_share_t *share = entry->share;
    /* Nobody can take a new reference while the entry is busy, so 1 stays 1. */
    if (atomic_load(&share->references) > 1) {
        month_t *copy = month_clone(share->month);
        share = copy ? month_share_make(&copy, share->world) : NULL;
    }
    if (share)
        apply_noted(entry, noted, count, share->month);
    free_noted(noted, count);

    pthread_mutex_lock(&months->lock);
    if (share && share != entry->share) {
        month_share_release(entry->share);
        entry->share = share;
    }
    return share ? STATUS_OK : STATUS_NO_MEMORY;
}

static uint64_t cached_bytes(const months_t *months, uint32_t *out_count)
{
    uint64_t bytes = 0;
    *out_count = 0;
    for (const entry_t *entry = months->entries; entry; entry = entry->next) {
        if (entry->busy || !entry->share)
            continue;
        bytes += entry->share->month->bytes;
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

static void hand_out(months_t *months, entry_t *entry, month_snapshot_t *out)
{
    entry->used = ++months->tick;
    atomic_fetch_add(&entry->share->references, 1);
    *out = (month_snapshot_t){
        .month = entry->share->month,
        .world = entry->share->world,
        .share = entry->share,
    };
}

/* Does the work that makes the entry fresh, and hands it out. What commits after the work began need not be in it. */
static status_t refresh(months_t *months, entry_t *entry, month_snapshot_t *out)
{
    world_t *world = world_retain(months->world);
    entry->busy = true;
    status_t status = entry->share ? update(months, entry) : fill(months, entry, world);
    settle(months, entry);
    if (entry->dropped) {
        free_entry(entry);
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
        if (!entry->share || entry->noted_count)
            return refresh(months, entry, out);
        hand_out(months, entry, out);
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
    pthread_mutex_unlock(&months->lock);
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
