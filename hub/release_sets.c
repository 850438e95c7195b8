#include "hub/release_sets.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct kept_set {
    struct kept_set *next;
    atomic_uint references; /* one is the list's, while it is in it */
    period_t period;
    uint64_t stamp; /* the store's, before it was read; under the lock */
    release_set_t set;
} kept_set_t;

/* A month whose releases one thread reads; on its stack. */
typedef struct reading {
    struct reading *next;
    period_t period;
} reading_t;

struct release_sets {
    pthread_mutex_t lock;   /* over what follows; never held while the store is read */
    pthread_cond_t settled; /* one of `readings` is no longer there */
    reading_t *readings;
    store_t *store;
    past_t *past;
    size_t bytes_max;
    kept_set_t *kept; /* the one that was used last is the first; one for each period */
};

release_sets_t *release_sets_create(store_t *store, past_t *past, size_t bytes_max)
{
    release_sets_t *sets = calloc(1, sizeof *sets);
    if (!sets)
        return NULL;
    pthread_mutex_init(&sets->lock, NULL);
    pthread_cond_init(&sets->settled, NULL);
    sets->store = store;
    sets->past = past;
    sets->bytes_max = bytes_max;
    return sets;
}

static void kept_release(kept_set_t **kept)
{
    if (*kept && atomic_fetch_sub(&(*kept)->references, 1) == 1) {
        release_set_fini(&(*kept)->set);
        free(*kept);
    }
    *kept = NULL;
}

static void release_all(kept_set_t *kept)
{
    while (kept) {
        kept_set_t *next = kept->next;
        kept_release(&kept);
        kept = next;
    }
}

void release_sets_destroy(release_sets_t **sets)
{
    if (!sets || !*sets)
        return;
    release_all((*sets)->kept);
    pthread_cond_destroy(&(*sets)->settled);
    pthread_mutex_destroy(&(*sets)->lock);
    free(*sets);
    *sets = NULL;
}

/* ---- the list */

/* Takes the period's set out of the list; NULL: there is none. Under the lock. */
static kept_set_t *take_out(release_sets_t *sets, period_t period)
{
    kept_set_t **link = &sets->kept;
    while (*link && (*link)->period != period)
        link = &(*link)->next;
    kept_set_t *found = *link;
    if (found)
        *link = found->next;
    return found;
}

/* What does not fit any more, cut off from the list; sets have grown since they were put in. Under the lock. */
static kept_set_t *cut_off(release_sets_t *sets)
{
    size_t bytes = 0;
    kept_set_t **link = &sets->kept;
    while (*link && (bytes += release_set_bytes(&(*link)->set)) <= sets->bytes_max)
        link = &(*link)->next;
    kept_set_t *rest = *link;
    *link = NULL;
    return rest;
}

/* The period's set, with a reference for the caller; *out_is_current: nothing was released since it was read. */
static kept_set_t *find(release_sets_t *sets, period_t period, uint64_t stamp, bool *out_is_current)
{
    pthread_mutex_lock(&sets->lock);
    kept_set_t *found = take_out(sets, period), *rest = NULL;
    if (found) { /* to the front */
        found->next = sets->kept;
        sets->kept = found;
        atomic_fetch_add(&found->references, 1);
        *out_is_current = found->stamp == stamp;
        rest = cut_off(sets);
    }
    pthread_mutex_unlock(&sets->lock);
    release_all(rest);
    return found;
}

/* In place of an earlier one. */
static void keep(release_sets_t *sets, kept_set_t *kept)
{
    pthread_mutex_lock(&sets->lock);
    kept_set_t *earlier = take_out(sets, kept->period);
    atomic_fetch_add(&kept->references, 1);
    kept->next = sets->kept;
    sets->kept = kept;
    kept_set_t *rest = cut_off(sets);
    pthread_mutex_unlock(&sets->lock);
    kept_release(&earlier);
    release_all(rest);
}

/* ---- reading */

/* `earlier` (NULL: none): what was kept before. */
static status_t read(release_sets_t *sets, store_txn_t *txn, period_t period, uint64_t stamp, const kept_set_t *earlier,
                     kept_set_t **out)
{
    CLEANUP(kept_release) kept_set_t *kept = calloc(1, sizeof *kept);
    if (!kept)
        return STATUS_NO_MEMORY;
    atomic_init(&kept->references, 1);
    kept->period = period;
    kept->stamp = stamp;
    TRY(release_set_extend(sets->past, txn, period, UINT64_MAX, earlier ? &earlier->set : NULL, &kept->set));
    keep(sets, kept);
    *out = kept;
    kept = NULL;
    return STATUS_OK;
}

/* Whether the month has no other releases than those of the set. */
static status_t is_complete(store_txn_t *txn, const kept_set_t *kept, bool *out)
{
    release_event_t events[RELEASES_MAX];
    size_t count;
    TRY(release_events_list(txn, kept->period, UINT64_MAX, events, &count));
    *out = count == kept->set.count && (count == 0 || events[count - 1].event == kept->set.event);
    return STATUS_OK;
}

/* What is kept of the period, with a reference for the caller (NULL: nothing), and whether it is all. *out_stamp: the
 * store's, before. */
static status_t look(release_sets_t *sets, period_t period, uint64_t *out_stamp, kept_set_t **out, bool *out_is_current)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    *out_is_current = false;
    *out_stamp = store_disclosure_stamp(sets->store);
    kept_set_t *kept = *out = find(sets, period, *out_stamp, out_is_current);
    if (!kept || *out_is_current)
        return STATUS_OK;
    TRY(store_begin_read(sets->store, &txn));
    TRY(is_complete(txn, kept, out_is_current));
    pthread_mutex_lock(&sets->lock);
    if (*out_is_current && kept->stamp < *out_stamp)
        kept->stamp = *out_stamp;
    pthread_mutex_unlock(&sets->lock);
    return STATUS_OK;
}

/* One thread reads a month's releases, and who wants them too waits for it. */
static void begin_reading(release_sets_t *sets, reading_t *reading)
{
    reading_t *other;
    pthread_mutex_lock(&sets->lock);
    do {
        for (other = sets->readings; other && other->period != reading->period;)
            other = other->next;
        if (other)
            pthread_cond_wait(&sets->settled, &sets->lock);
    } while (other);
    reading->next = sets->readings;
    sets->readings = reading;
    pthread_mutex_unlock(&sets->lock);
}

static void end_reading(release_sets_t *sets, const reading_t *reading)
{
    pthread_mutex_lock(&sets->lock);
    reading_t **link = &sets->readings;
    while (*link != reading)
        link = &(*link)->next;
    *link = reading->next;
    pthread_cond_broadcast(&sets->settled);
    pthread_mutex_unlock(&sets->lock);
}

/* Of a thread that reads: another may have done it just before. */
static status_t look_or_read(release_sets_t *sets, period_t period, kept_set_t **out)
{
    CLEANUP(kept_release) kept_set_t *kept = NULL;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    uint64_t stamp;
    bool is_current;
    TRY(look(sets, period, &stamp, &kept, &is_current));
    if (!is_current) {
        TRY(store_begin_read(sets->store, &txn));
        return read(sets, txn, period, stamp, kept, out);
    }
    *out = kept;
    kept = NULL;
    return STATUS_OK;
}

/* The period's set as it is now, with a reference for the caller. */
static status_t get(release_sets_t *sets, period_t period, kept_set_t **out)
{
    CLEANUP(kept_release) kept_set_t *kept = NULL;
    reading_t reading = {.period = period};
    uint64_t stamp;
    bool is_current;
    TRY(look(sets, period, &stamp, &kept, &is_current));
    if (is_current) {
        *out = kept;
        kept = NULL;
        return STATUS_OK;
    }
    begin_reading(sets, &reading);
    status_t status = look_or_read(sets, period, out);
    end_reading(sets, &reading);
    return status;
}

status_t release_sets_get(release_sets_t *sets, period_t period, uint64_t most, release_hold_t *out)
{
    CLEANUP(kept_release) kept_set_t *kept = NULL;
    release_hold_t hold = {0};
    TRY(get(sets, period, &kept));
    while (hold.count < kept->set.count && kept->set.events[hold.count].event <= most)
        hold.time_ms = kept->set.events[hold.count++].time_ms;
    if (hold.count) {
        hold.set = &kept->set;
        hold.kept = kept;
        kept = NULL;
    }
    *out = hold;
    return STATUS_OK;
}

void release_hold_end(release_hold_t *hold)
{
    kept_release(&hold->kept);
    *hold = (release_hold_t){0};
}
