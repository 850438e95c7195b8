#include "hub/release_deeds.h"

#include "hub/log.h"
#include "hub/month_read.h"
#include "hub/month_state.h"
#include "hub/release_set.h"
#include "hub/warm.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (256ul << 20) /* the names of all dealers that wait */

/* ---- making one */

/* All that is filed, in the world of the month's releases. */
static status_t read_live(store_txn_t *txn, world_t *world, period_t period, month_t **out)
{
    const month_reading_t reading = {.period = period, .sequence = UINT64_MAX};
    return month_read(txn, world, &reading, out);
}

static int compare_dealer(const void *code, const void *held)
{
    return strcmp(code, ((const held_revision_t *)held)->dealer);
}

/* The revision with which a dealer stands in the last release; 0 = none. */
static status_t standing(store_txn_t *txn, const stored_event_t *last, const char *dealer, uint64_t *out)
{
    const held_revision_t *held =
        last->held_count ? bsearch(dealer, last->held, last->held_count, sizeof *last->held, compare_dealer) : NULL;
    if (held) {
        *out = held->sequence;
        return STATUS_OK;
    }
    status_t status = store_get_sequence_at(txn, dealer, last->period, last->sequence, out);
    if (status == STATUS_NOT_FOUND)
        *out = 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* What waits, as the event and as the answer name it. */
static status_t list_held(store_txn_t *txn, const stored_event_t *last, const network_t *network,
                          const release_t *release, arena_t *arena, stored_event_t *event, release_made_t *out)
{
    held_revision_t *held = arena_array(arena, release->held_count, sizeof *held);
    out->waiting = arena_array(arena, release->held_count, sizeof *out->waiting);
    if (!held || !out->waiting)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < release->change_count; i++) {
        if (release->changes[i].wait == WAIT_NONE)
            continue;
        const char *dealer = arena_strdup(arena, network->dealers[release->changes[i].dealer].code);
        if (!dealer)
            return STATUS_NO_MEMORY;
        TRY(standing(txn, last, dealer, &held[out->waiting_count].sequence));
        held[out->waiting_count].dealer = dealer;
        out->waiting[out->waiting_count++] = dealer;
    }
    event->held = held;
    event->held_count = out->waiting_count;
    return STATUS_OK;
}

static uint32_t count_contributors(const month_t *month)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < month->count; slot++)
        count += month->flags[slot] & MONTH_REPORTED;
    return count;
}

static status_t enter(store_txn_t *txn, stored_event_t *event, release_made_t *out)
{
    TRY(store_append_event(txn, event));
    out->release = event->number;
    out->time_ms = event->time_ms;
    return STATUS_OK;
}

static status_t make_first(store_txn_t *txn, world_t *world, stored_event_t *event, release_made_t *out)
{
    CLEANUP(month_destroy) month_t *live = NULL;
    CLEANUP(release_fini) release_t release = {0};
    TRY(read_live(txn, world, event->period, &live));
    TRY(release_first(live, &release));
    if (!release.month)
        return STATUS_OK;
    out->taken = count_contributors(release.month);
    event->number = 1;
    return enter(txn, event, out);
}

static status_t make_next(store_txn_t *txn, const release_set_t *set, stored_event_t *event, arena_t *arena,
                          release_made_t *out)
{
    CLEANUP(month_destroy) month_t *live = NULL;
    CLEANUP(release_fini) release_t release = {0};
    stored_event_t last;
    TRY(store_get_event(txn, set->event, arena, &last));
    TRY(read_live(txn, set->world, event->period, &live));
    TRY(release_next(&set->releases, live, &DISCLOSURE_RULE_DEFAULT, &release));
    TRY(list_held(txn, &last, set->world->network, &release, arena, event, out));
    if (release.held_count == release.change_count)
        return STATUS_OK;
    out->taken = (uint32_t)(release.change_count - release.held_count);
    event->number = (uint32_t)set->count + 1;
    return enter(txn, event, out);
}

status_t release_make(hub_t *hub, store_txn_t *txn, world_t *world, period_t period, arena_t *arena,
                      release_made_t *out)
{
    CLEANUP(release_set_fini) release_set_t set = {0};
    char subject[STORE_SUBJECT_SIZE];
    month_subject("release", period, subject);
    stored_event_t event = {.kind = EVENT_RELEASE, .subject = subject, .period = period};
    *out = (release_made_t){0};
    TRY(release_set_read(hub->past, txn, period, UINT64_MAX, &set));
    if (set.count == RELEASES_MAX)
        return STATUS_LIMIT;
    return set.count ? make_next(txn, &set, &event, arena, out) : make_first(txn, world, &event, out);
}

/* ---- by the clock */

/* The last day of the setting that has begun; 0 = none. */
static uint32_t day_begun(const settings_t *settings, uint32_t today)
{
    uint32_t begun = 0;
    for (size_t i = 0; i < settings->release_days.count; i++)
        if (settings->release_days.days[i] <= today && settings->release_days.days[i] > begun)
            begun = settings->release_days.days[i];
    return begun;
}

/* Whether a release of the month was made since that day began. */
static status_t is_made(store_txn_t *txn, period_t period, uint32_t day, arena_t *arena, bool *out)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t last;
    month_subject("release", period, subject);
    status_t status = store_last_event(txn, subject, UINT64_MAX, arena, &last);
    *out = status == STATUS_OK && clock_day((wall_time_t){last.time_ms}) >= day;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static status_t make_due(hub_t *hub, period_t period, uint32_t day, wall_time_t now)
{
    CLEANUP(world_release) world_t *world = months_world(hub->months);
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ARENA_BYTES);
    const store_actor_t actor = {.time_ms = now.ms, .is_hub = true};
    release_made_t made = {0};
    bool is_done = false;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_begin_write(hub->store, &txn));
    store_set_actor(txn, &actor);
    TRY(is_made(txn, period, day, arena, &is_done));
    if (is_done)
        return STATUS_OK;
    status_t status = release_make(hub, txn, world, period, arena, &made);
    if (status == STATUS_LIMIT || (status == STATUS_OK && !made.release))
        return STATUS_OK;
    TRY(status);
    TRY(store_commit(&txn));
    warm_release(hub->warm, period);
    char month[PERIOD_TEXT_SIZE];
    period_format(period, month);
    log_event(LOG_INFO, "release", "period=%s number=%u taken=%u waiting=%zu", month, made.release, made.taken,
              made.waiting_count);
    return STATUS_OK;
}

status_t release_tick(hub_t *hub, uint32_t *tried)
{
    wall_time_t now = clock_wall();
    uint32_t today = clock_day(now), day = day_begun(hub->settings, today % 100);
    period_t running = clock_period(now);
    uint32_t due = day ? today / 100 * 100 + day : 0;
    if (!hub->settings->disclosure || !due || *tried == due)
        return STATUS_OK;
    TRY(make_due(hub, running - 1, due, now));
    *tried = due;
    return STATUS_OK;
}
