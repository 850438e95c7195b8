/* The life of a month (SPEC 5): closed and reopened by headquarters, and excepted for a dealer. Each is an event of the
 * log, with who and why. */
#include "hub/administration_internal.h"
#include "hub/log.h"
#include "hub/month_state.h"
#include "hub/release_deeds.h"
#include "hub/warm.h"

#include "core/limits.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define DAY_MS UINT64_C(86400000)

/* Enters the deed and commits; the event's time is the deed's. */
static status_t enter(change_t *change, stored_event_t *event)
{
    char by[41], month[PERIOD_TEXT_SIZE];
    TRY(store_append_event(change->txn, event));
    TRY(store_commit(&change->txn));
    zmq_z85_encode(by, change->job->principal->key, KEY_SIZE);
    period_format(event->period, month);
    log_event(LOG_INFO, "month", "deed=%s period=%s by=\"%s\"", event_kind_names[event->kind], month, by);
    return STATUS_OK;
}

static stored_event_t event_of(event_kind_t kind, const month_deed_t *deed, char subject[STORE_SUBJECT_SIZE])
{
    month_subject("month", deed->period, subject);
    return (stored_event_t){.kind = kind, .subject = subject, .period = deed->period, .text = deed->why};
}

/* ---- releases */

status_t month_release(change_t *change)
{
    period_t period = change->job->request->release_month;
    char month[PERIOD_TEXT_SIZE];
    release_made_t made = {0};
    period_format(period, month);
    if (!change->hub->settings->disclosure)
        return refuse(&change->refusal, STATUS_CONFLICT, "disclosure",
                      "this hub's setting `disclosure` is off: dealers see live figures, and there are no releases");
    if (period > clock_period(change->now))
        return refuse(&change->refusal, STATUS_INVALID, month, "%s has not begun", month);
    status_t status = release_make(change->hub, change->txn, change->world, period, change->arena, &made);
    if (status == STATUS_LIMIT)
        return refuse(&change->refusal, STATUS_CONFLICT, month,
                      "%s was released %d times; more releases of one month would tell single stores apart", month,
                      RELEASES_MAX);
    TRY(status);
    if (made.release) {
        TRY(store_commit(&change->txn));
        warm_release(change->hub->warm, period);
        log_event(LOG_INFO, "release", "period=%s number=%u taken=%u waiting=%zu", month, made.release, made.taken,
                  made.waiting_count);
    }
    change->response.kind = RESPONSE_RELEASED;
    change->response.released =
        (released_t){period, made.release, made.time_ms, made.taken, made.waiting, made.waiting_count};
    return STATUS_OK;
}

/* With the closing, in its transaction: dealers see what was published as far as it can be shown. */
static status_t release_at_closing(change_t *change, period_t period)
{
    release_made_t made = {0};
    if (!change->hub->settings->disclosure)
        return STATUS_OK;
    status_t status = release_make(change->hub, change->txn, change->world, period, change->arena, &made);
    return status == STATUS_LIMIT ? STATUS_OK : status;
}

/* ---- exemplars */

/* Whether a store was ever designated for that scope. */
static bool has_exemplar(change_t *change, const char *scope)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event;
    snprintf(subject, sizeof subject, "exemplar/%s", scope);
    return store_last_event(change->txn, subject, UINT64_MAX, change->arena, &event) == STATUS_OK;
}

static status_t check_exemplar(change_t *change, const exemplar_entry_t *asked)
{
    const network_t *network = change->world->network;
    char month[PERIOD_TEXT_SIZE];
    scope_t scope;
    if (!*asked->dealer && has_exemplar(change, asked->scope))
        return STATUS_OK; /* also of a region that has left the network since */
    if (scope_parse(network, asked->scope, &scope) != STATUS_OK || scope.kind == SCOPE_CIRCLE)
        return refuse(&change->refusal, STATUS_UNKNOWN, asked->scope,
                      "there is no scope %s that could have an exemplar; scopes are nation and region:CODE",
                      asked->scope);
    if (!*asked->dealer)
        return STATUS_OK;
    uint32_t dealer = network_find_dealer(network, asked->dealer);
    if (dealer == INDEX_NONE)
        return refuse(&change->refusal, STATUS_UNKNOWN, asked->dealer, "the network has no dealer %s", asked->dealer);
    period_format(asked->from, month);
    uint32_t region = network_region_of(network, dealer, asked->from);
    if (region == INDEX_NONE || (scope.kind == SCOPE_REGION && !network_region_within(network, region, scope.index)))
        return refuse(&change->refusal, STATUS_INVALID, asked->dealer, "%s does not lie in %s in %s", asked->dealer,
                      asked->scope, month);
    return STATUS_OK;
}

status_t exemplar_designate(change_t *change)
{
    const exemplar_entry_t *asked = &change->job->request->designate;
    char subject[STORE_SUBJECT_SIZE];
    TRY(check_exemplar(change, asked));
    snprintf(subject, sizeof subject, "exemplar/%s", asked->scope);
    stored_event_t event = {
        .kind = EVENT_EXEMPLAR,
        .subject = subject,
        .scope = asked->scope,
        .dealer = asked->dealer,
        .period = asked->from,
        .flag = asked->consented,
        .text = asked->why,
    };
    return enter(change, &event);
}

/* ---- closing and reopening */

static status_t check_closing(change_t *change, period_t period)
{
    char month[PERIOD_TEXT_SIZE], next[PERIOD_TEXT_SIZE], since[CLOCK_TEXT_SIZE];
    period_t running = clock_period(change->now);
    uint64_t closed_ms = closings_closed_ms(change->hub->closings, period);
    period_format(period, month);
    if (period > running)
        return refuse(&change->refusal, STATUS_INVALID, month, "%s has not begun", month);
    period_format(period + 1, next);
    if (period == running)
        return refuse(&change->refusal, STATUS_INVALID, month,
                      "%s still runs; it can be closed from %s-01 on, when it is over", month, next);
    if (closed_ms)
        return refuse(&change->refusal, STATUS_CONFLICT, month,
                      "%s is closed already, since %s; `yardstick month reopen %s` opens it", month,
                      clock_format(closed_ms, since), month);
    return STATUS_OK;
}

status_t month_close(change_t *change)
{
    const month_deed_t *asked = &change->job->request->month_deed;
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event = event_of(EVENT_CLOSE, asked, subject);
    TRY(check_closing(change, asked->period));
    TRY(release_at_closing(change, asked->period));
    TRY(enter(change, &event));
    closings_close(change->hub->closings, asked->period, event.event, event.time_ms);
    if (change->hub->settings->disclosure)
        warm_release(change->hub->warm, asked->period);
    return STATUS_OK;
}

/* Refuses what is for closed months only. */
static status_t check_closed(change_t *change, period_t period, const char *why_not)
{
    char month[PERIOD_TEXT_SIZE];
    period_format(period, month);
    return closings_closed_ms(change->hub->closings, period)
               ? STATUS_OK
               : refuse(&change->refusal, STATUS_CONFLICT, month, "%s is open; %s", month, why_not);
}

status_t month_reopen(change_t *change)
{
    const month_deed_t *asked = &change->job->request->month_deed;
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event = event_of(EVENT_REOPEN, asked, subject);
    TRY(check_closed(change, asked->period, "there is nothing to reopen"));
    TRY(enter(change, &event));
    closings_reopen(change->hub->closings, asked->period);
    return STATUS_OK;
}

/* ---- exceptions */

static status_t check_dealer(change_t *change, const allowance_t *asked)
{
    const network_t *network = change->world->network;
    uint32_t dealer = network_find_dealer(network, asked->dealer);
    char month[PERIOD_TEXT_SIZE];
    period_format(asked->period, month);
    if (dealer == INDEX_NONE)
        return refuse(&change->refusal, STATUS_UNKNOWN, asked->dealer, "the network has no dealer %s", asked->dealer);
    if (network_region_of(network, dealer, asked->period) == INDEX_NONE)
        return refuse(&change->refusal, STATUS_INVALID, asked->dealer, "%s is no member of the network in %s",
                      asked->dealer, month);
    return STATUS_OK;
}

static status_t find_until(change_t *change, const allowance_t *asked, uint64_t *out)
{
    char text[CLOCK_TEXT_SIZE];
    wall_time_t until = {asked->until_ms};
    if (!asked->until_ms && !clock_moment(asked->until_day, asked->until_minute, &until))
        return refuse(&change->refusal, STATUS_INVALID, "until", "there is no day %u, or no minute %u in it",
                      (unsigned)asked->until_day, (unsigned)asked->until_minute);
    if (until.ms < change->now.ms)
        return refuse(&change->refusal, STATUS_INVALID, "until", "%s is over; an exception ends in the future",
                      clock_format(until.ms, text));
    if (until.ms - change->now.ms > GRANT_DAYS_MAX * DAY_MS)
        return refuse(&change->refusal, STATUS_INVALID, "until", "an exception ends within %d days", GRANT_DAYS_MAX);
    *out = until.ms;
    return STATUS_OK;
}

/* Until when it is granted; 0 where it is taken back. */
static status_t check_allowance(change_t *change, const allowance_t *asked, uint64_t *out_until_ms)
{
    char month[PERIOD_TEXT_SIZE];
    closings_t *closings = change->hub->closings;
    period_format(asked->period, month);
    if (asked->withdraw) {
        *out_until_ms = 0;
        return closings_allowed_until(closings, asked->dealer, asked->period) >= change->now.ms
                   ? STATUS_OK
                   : refuse(&change->refusal, STATUS_CONFLICT, asked->dealer,
                            "%s has no exception for %s that could be taken back", asked->dealer, month);
    }
    TRY(check_dealer(change, asked));
    TRY(check_closed(change, asked->period, "whoever files it needs no exception"));
    TRY(find_until(change, asked, out_until_ms));
    status_t status = closings_reserve(closings, change->now.ms);
    return status == STATUS_LIMIT
               ? refuse(&change->refusal, STATUS_INVALID, asked->dealer,
                        "%d exceptions are open, and no more are kept; reopen the month instead", GRANTS_MAX)
               : status;
}

status_t month_allow(change_t *change)
{
    const allowance_t *asked = &change->job->request->allowance;
    char kind[STORE_SUBJECT_SIZE], subject[STORE_SUBJECT_SIZE];
    uint64_t until_ms = 0;
    TRY(check_allowance(change, asked, &until_ms));
    snprintf(kind, sizeof kind, "allow/%s", asked->dealer);
    month_subject(kind, asked->period, subject);
    stored_event_t event = {
        .kind = EVENT_ALLOW,
        .subject = subject,
        .dealer = asked->dealer,
        .period = asked->period,
        .until_ms = until_ms,
        .text = asked->why,
    };
    TRY(enter(change, &event));
    closings_allow(change->hub->closings, asked->dealer, asked->period, until_ms);
    return STATUS_OK;
}
