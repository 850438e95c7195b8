#include "hub/month_read.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_MEMORY (16ul << 20) /* decoding one revision */

month_share_t *month_share_make(month_t **month, world_t *world)
{
    month_share_t *share = calloc(1, sizeof *share);
    pthread_condattr_t attributes;
    if (!share) {
        month_destroy(month);
        return NULL;
    }
    pthread_mutex_init(&share->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&share->left, &attributes);
    pthread_condattr_destroy(&attributes);
    share->references = 1;
    share->month = *month;
    share->world = world_retain(world);
    *month = NULL;
    return share;
}

void month_share_release(month_share_t *share)
{
    if (!share)
        return;
    pthread_mutex_lock(&share->lock);
    unsigned left = --share->references;
    if (left == 1)
        pthread_cond_signal(&share->left);
    pthread_mutex_unlock(&share->lock);
    if (left)
        return;
    month_destroy(&share->month);
    world_release(&share->world);
    pthread_cond_destroy(&share->left);
    pthread_mutex_destroy(&share->lock);
    free(share);
}

month_snapshot_t month_share_snapshot(month_share_t *share)
{
    pthread_mutex_lock(&share->lock);
    share->references++;
    pthread_mutex_unlock(&share->lock);
    return (month_snapshot_t){.month = share->month, .world = share->world, .share = share};
}

bool month_share_wait_alone(month_share_t *share, unsigned milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)milliseconds * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&share->lock);
    while (share->references > 1 && pthread_cond_timedwait(&share->left, &share->lock, &until) == 0)
        ;
    bool alone = share->references == 1;
    pthread_mutex_unlock(&share->lock);
    return alone;
}

typedef struct {
    const month_reading_t *asked;
    world_t *world;
    store_txn_t *txn;
    month_t *month;
    bool previous;
} reading_t;

static status_t set(const reading_t *reading, const stored_revision_t *revision)
{
    int64_t facts[CATALOG_FACTS_MAX];
    uint32_t dealer = network_find_dealer(reading->world->network, revision->dealer);
    if (revision->withdrawn || dealer == INDEX_NONE)
        return STATUS_OK;
    TRY(world_unpack(reading->world, reading->txn, revision->catalog_digest, &revision->facts, facts));
    if (reading->previous)
        month_set_previous(reading->month, dealer, facts);
    else
        month_set(reading->month, dealer, facts, revision->late && !revision->filed_in_time);
    return STATUS_OK;
}

static int compare_held(const void *dealer, const void *held)
{
    return strcmp(dealer, ((const held_revision_t *)held)->dealer);
}

static status_t visit(void *context, const stored_revision_t *revision)
{
    const reading_t *reading = context;
    const month_reading_t *asked = reading->asked;
    bool is_held = !reading->previous && asked->held_count &&
                   bsearch(revision->dealer, asked->held, asked->held_count, sizeof *asked->held, compare_held);
    return is_held ? STATUS_OK : set(reading, revision);
}

static status_t set_held(const reading_t *reading)
{
    for (size_t i = 0; i < reading->asked->held_count; i++) {
        const held_revision_t *held = &reading->asked->held[i];
        CLEANUP(arena_destroy) arena_t *arena = arena_create(HELD_MEMORY);
        stored_revision_t revision;
        if (!arena)
            return STATUS_NO_MEMORY;
        if (!held->sequence)
            continue;
        TRY(store_get_sequence(reading->txn, held->sequence, false, arena, &revision));
        TRY(set(reading, &revision));
    }
    return STATUS_OK;
}

status_t month_read(store_txn_t *txn, world_t *world, const month_reading_t *asked, month_t **out)
{
    CLEANUP(month_destroy)
    month_t *month =
        month_create_viewed(world->catalog, world->network, asked->period, asked->view ? asked->view : &REGIONS_THEN);
    if (!month)
        return STATUS_NO_MEMORY;
    reading_t reading = {.asked = asked, .world = world, .txn = txn, .month = month};
    TRY(store_scan_month_at(txn, asked->period, asked->sequence, visit, &reading));
    TRY(set_held(&reading));
    reading.previous = true;
    if (world->catalog->rows_use_previous)
        TRY(store_scan_month_at(txn, asked->period - 1, asked->sequence, visit, &reading));
    *out = month;
    month = NULL;
    return STATUS_OK;
}
