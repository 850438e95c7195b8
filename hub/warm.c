#include "hub/warm.h"

#include "hub/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICE        5 /* not the lowest: a question may wait for the month that is being read here */
#define MONTHS      2 /* the month that is due, and the one before it */
#define ASKED_MAX   8 /* months with a new release that wait; further ones are read by whoever asks first */
#define PERIODS_MAX 64

struct warm {
    hub_t *hub;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t called;
    bool serves;
    period_t asked[ASKED_MAX];
    size_t asked_count;
};

/* ---- what is read */

static status_t note_revision(void *context, const stored_revision_t *revision)
{
    (void)revision;
    *(bool *)context = true;
    return STATUS_LIMIT; /* one is enough */
}

/* Whether anybody ever filed that month: one that is empty costs as much memory as any other, and no time. */
static bool is_filed(hub_t *hub, period_t period)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    bool found = false;
    return store_begin_read(hub->store, &txn) == STATUS_OK &&
           store_scan_month_at(txn, period, UINT64_MAX, note_revision, &found) != STATUS_OK && found;
}

/* Whether one more month like those in memory fits. */
static bool has_room(const hub_t *hub)
{
    uint32_t count;
    uint64_t bytes;
    months_measure(hub->months, &count, &bytes);
    return count == 0 || bytes + bytes / count <= hub->settings->month_cache_bytes;
}

static status_t read_live(warm_t *warm, period_t period)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    return months_acquire(warm->hub->months, period, &snapshot);
}

/* *out_bytes: what the month's releases take; 0 = there is none. */
static status_t read_releases(warm_t *warm, period_t period, size_t *out_bytes)
{
    CLEANUP(release_hold_end) release_hold_t hold = {0};
    TRY(release_sets_get(warm->hub->release_sets, period, UINT64_MAX, &hold));
    if (hold.set && !releases_outline(&hold.set->releases, &warm->stopping))
        return STATUS_NO_MEMORY;
    *out_bytes = hold.set ? release_set_bytes(hold.set) : 0;
    return STATUS_OK;
}

static void note(const char *periods, monotonic_time_t begun, status_t status)
{
    log_event(LOG_INFO, "warmed", "periods=%s ms=%" PRIu64 " status=%s", periods, clock_monotonic().ms - begun.ms,
              status_name(status));
}

static void read_due(warm_t *warm)
{
    hub_t *hub = warm->hub;
    monotonic_time_t begun = clock_monotonic();
    period_t due = clock_period(clock_wall()) - 1;
    char periods[PERIODS_MAX] = "";
    size_t length = 0, bytes = 0;
    status_t status = STATUS_OK;
    for (period_t period = due; period > due - MONTHS && status == STATUS_OK; period--) {
        char text[PERIOD_TEXT_SIZE];
        if (atomic_load(&warm->stopping) || !is_filed(hub, period) || !has_room(hub))
            continue;
        status = read_live(warm, period);
        /* Half of the cache is for releases, and they differ little in size. */
        bool fits = 2 * bytes <= hub->settings->month_cache_bytes / 2;
        if (status == STATUS_OK && hub->settings->disclosure && fits && !atomic_load(&warm->stopping))
            status = read_releases(warm, period, &bytes);
        period_format(period, text);
        length += (size_t)snprintf(periods + length, sizeof periods - length, "%s%s", length ? "," : "", text);
    }
    if (length && !atomic_load(&warm->stopping))
        note(periods, begun, status);
}

static void read_released(warm_t *warm, period_t period)
{
    monotonic_time_t begun = clock_monotonic();
    char text[PERIOD_TEXT_SIZE];
    size_t bytes;
    status_t status = read_releases(warm, period, &bytes);
    period_format(period, text);
    if (!atomic_load(&warm->stopping))
        note(text, begun, status);
}

/* ---- the thread */

static void wait_until_served(warm_t *warm)
{
    pthread_mutex_lock(&warm->lock);
    while (!atomic_load(&warm->stopping) && !warm->serves)
        pthread_cond_wait(&warm->called, &warm->lock);
    pthread_mutex_unlock(&warm->lock);
}

/* The next month with a new release; PERIOD_NONE: it is to end. */
static period_t await(warm_t *warm)
{
    period_t period = PERIOD_NONE;
    pthread_mutex_lock(&warm->lock);
    while (!atomic_load(&warm->stopping) && !warm->asked_count)
        pthread_cond_wait(&warm->called, &warm->lock);
    if (!atomic_load(&warm->stopping))
        period = warm->asked[--warm->asked_count];
    pthread_mutex_unlock(&warm->lock);
    return period;
}

static void *run(void *argument)
{
    warm_t *warm = argument;
    pthread_setname_np(pthread_self(), "warm");
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone, as Linux has it */
    wait_until_served(warm);
    read_due(warm);
    for (period_t period; (period = await(warm)) != PERIOD_NONE;)
        read_released(warm, period);
    return NULL;
}

static void destroy(warm_t *warm)
{
    pthread_cond_destroy(&warm->called);
    pthread_mutex_destroy(&warm->lock);
    free(warm);
}

warm_t *warm_start(hub_t *hub)
{
    warm_t *warm = calloc(1, sizeof *warm);
    if (!warm)
        return NULL;
    warm->hub = hub;
    atomic_init(&warm->stopping, false);
    pthread_mutex_init(&warm->lock, NULL);
    pthread_cond_init(&warm->called, NULL);
    if (pthread_create(&warm->thread, NULL, run, warm) == 0)
        return warm;
    destroy(warm);
    return NULL;
}

void warm_begin(warm_t *warm)
{
    if (!warm)
        return;
    pthread_mutex_lock(&warm->lock);
    warm->serves = true;
    pthread_cond_signal(&warm->called);
    pthread_mutex_unlock(&warm->lock);
}

void warm_end(warm_t **warm)
{
    if (!*warm)
        return;
    pthread_mutex_lock(&(*warm)->lock);
    atomic_store(&(*warm)->stopping, true);
    pthread_cond_signal(&(*warm)->called);
    pthread_mutex_unlock(&(*warm)->lock);
    pthread_join((*warm)->thread, NULL);
    destroy(*warm);
    *warm = NULL;
}

void warm_release(warm_t *warm, period_t period)
{
    if (!warm)
        return;
    pthread_mutex_lock(&warm->lock);
    bool is_asked = warm->asked_count == ASKED_MAX;
    for (size_t i = 0; i < warm->asked_count && !is_asked; i++)
        is_asked = warm->asked[i] == period;
    if (!is_asked)
        warm->asked[warm->asked_count++] = period;
    pthread_cond_signal(&warm->called);
    pthread_mutex_unlock(&warm->lock);
}
