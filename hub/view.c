#include "hub/view.h"

#include "hub/access.h"
#include "hub/month_state.h"
#include "hub/query_disclosed.h"
#include "hub/settings_log.h"

#include "core/scopes.h"

#include <assert.h>

#define EVENT_MEMORY (256ul << 20) /* a release that holds back every dealer */

void view_fini(view_t *view)
{
    world_release(&view->world);
}

/* ---- the event */

/* What comes of a time before the log's first entry. */
static status_t refuse_early(const query_t *query, store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    char since[CLOCK_TEXT_SIZE];
    stored_event_t first;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_get_event(txn, 1, arena, &first));
    return refuse(query->refusal, STATUS_INVALID, "as_of",
                  "the log of this hub begins at %s; ask as of "
                  "a later time",
                  clock_format(first.time_ms, since));
}

static status_t find_event_at(const query_t *query, store_txn_t *txn, uint64_t time_ms, uint64_t *out)
{
    wall_time_t now = clock_wall();
    char asked[CLOCK_TEXT_SIZE], present[CLOCK_TEXT_SIZE];
    if (time_ms > now.ms)
        return refuse(query->refusal, STATUS_INVALID, "as_of", "%s is in the future; the hub's clock shows %s",
                      clock_format(time_ms, asked), clock_format(now.ms, present));
    status_t status = store_event_at(txn, time_ms, out);
    return status == STATUS_NOT_FOUND ? refuse_early(query, txn) : status;
}

static status_t find_event(const query_t *query, store_txn_t *txn, const as_of_t *as_of, uint64_t *out)
{
    uint64_t newest, newest_ms;
    if (as_of->event && as_of->time_ms)
        return refuse(query->refusal, STATUS_INVALID, "as_of", "name a time or an entry of the log, not both");
    if (!as_of->event)
        return find_event_at(query, txn, as_of->time_ms, out);
    store_newest_event(txn, &newest, &newest_ms);
    if (as_of->event > newest)
        return refuse(query->refusal, STATUS_INVALID, "as_of", "the log has no entry %llu; the newest is %llu",
                      (unsigned long long)as_of->event, (unsigned long long)newest);
    *out = as_of->event;
    return STATUS_OK;
}

/* Whether the present is asked for; of other times only by those who read what is not released. */
static status_t check_as_of(const query_t *query, const as_of_t *as_of, bool *out_is_present)
{
    *out_is_present = !as_of->event && !as_of->time_ms;
    if (query->principal->role != ROLE_DEALER || (*out_is_present && !as_of->restated))
        return STATUS_OK;
    return refuse(
        query->refusal, STATUS_NOT_ALLOWED, *out_is_present ? "restated" : "as_of",
        "a dealer's key reads the present figures; earlier and restated ones are for managers and headquarters");
}

/* ---- the view */

static void take_present(const query_t *query, view_t *view)
{
    view->world = world_retain(query->world);
    view->rule = query->hub->settings->benchmark;
    view->sequence = UINT64_MAX;
}

/* What stands at view->event; the world is not read yet, since that is a transaction of its own. */
static status_t read_event(store_txn_t *txn, view_t *view)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    stored_event_t event;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_get_event(txn, view->event, arena, &event));
    view->sequence = event.sequence;
    return settings_benchmark_at(txn, view->event, &view->rule);
}

/* Sets event and kind of a month as of a moment. */
static status_t find_month(const query_t *query, store_txn_t *txn, const as_of_t *as_of, view_t *view)
{
    month_state_t state;
    TRY(find_event(query, txn, as_of, &view->event));
    TRY(month_state_at(txn, view->period, view->event, &state));
    view->kind = !state.is_closed ? FIGURES_PROVISIONAL : as_of->restated ? FIGURES_RESTATED : FIGURES_PUBLISHED;
    if (view->kind == FIGURES_PUBLISHED)
        view->event = state.event;
    return STATUS_OK;
}

static status_t locate_releases(const query_t *query, const as_of_t *as_of, uint64_t *out)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    return find_event(query, txn, as_of, out);
}

/* A dealer's: the present, and the releases that there were. */
static status_t open_disclosed(const query_t *query, const as_of_t *as_of, view_t *view)
{
    view->is_disclosed = true;
    view->releases = UINT64_MAX;
    if (as_of->restated)
        return refuse(query->refusal, STATUS_NOT_ALLOWED, "restated",
                      "a dealer's key reads what was released; restated figures are for managers and headquarters");
    if (as_of->event || as_of->time_ms)
        TRY(locate_releases(query, as_of, &view->releases));
    view->kind = view->closing ? FIGURES_PUBLISHED : FIGURES_PROVISIONAL;
    take_present(query, view);
    return STATUS_OK;
}

static status_t locate_month(const query_t *query, const as_of_t *as_of, bool is_present, view_t *view)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    if (!is_present)
        TRY(find_month(query, txn, as_of, view));
    return read_event(txn, view);
}

/* By which regions the month is read; they are laid over live figures only. */
static status_t find_regions(const query_t *query, bool regions_today, view_t *view)
{
    view->regions = REGIONS_THEN;
    view->regions_told.is_today = regions_today;
    if (!regions_today)
        return STATUS_OK;
    if (view->event)
        return refuse(query->refusal, STATUS_INVALID, "regions",
                      "regions of today are laid over the figures as they stand now; leave --as-of away, and ask for "
                      "--restated where the month is closed");
    view->regions_told.today = clock_period(clock_wall());
    return access_find_view(view->world->network, query->principal, view->regions_told.today, view->period,
                            &view->regions, &view->regions_told.unseen, query->refusal);
}

static status_t open_figures(const query_t *query, period_t period, const as_of_t *as_of, view_t *out)
{
    view_t view = {.period = period, .closing = closings_event(query->hub->closings, period)};
    bool is_present;
    if (query_is_disclosed(query)) {
        TRY(open_disclosed(query, as_of, &view));
        *out = view;
        return STATUS_OK;
    }
    TRY(check_as_of(query, as_of, &is_present));
    if (is_present && (!view.closing || as_of->restated)) {
        take_present(query, &view);
        view.kind = view.closing ? FIGURES_RESTATED : FIGURES_PROVISIONAL;
    } else {
        view.kind = FIGURES_PUBLISHED;
        view.event = view.closing;
        TRY(locate_month(query, as_of, is_present, &view));
        TRY(past_world(query->hub->past, view.event, &view.world));
    }
    *out = view;
    return STATUS_OK;
}

status_t view_open(const query_t *query, period_t period, const as_of_t *as_of, bool regions_today, view_t *out)
{
    CLEANUP(view_fini) view_t view = {0};
    TRY(open_figures(query, period, as_of, &view));
    assert(view.world);
    TRY(find_regions(query, regions_today, &view));
    *out = view;
    view = (view_t){0};
    return STATUS_OK;
}

static status_t locate_filed(const query_t *query, const as_of_t *as_of, view_t *view)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(find_event(query, txn, as_of, &view->event));
    return read_event(txn, view);
}

status_t view_open_filed(const query_t *query, const as_of_t *as_of, view_t *out)
{
    view_t view = {.period = PERIOD_NONE};
    bool is_present;
    TRY(check_as_of(query, as_of, &is_present));
    if (is_present) {
        take_present(query, &view);
    } else {
        TRY(locate_filed(query, as_of, &view));
        TRY(past_world(query->hub->past, view.event, &view.world));
    }
    *out = view;
    return STATUS_OK;
}

/* ---- the month */

/* The live month, in the very world in which the request was checked, and in the state that it was found in. */
static status_t acquire(const query_t *query, const view_t *view, month_snapshot_t *out)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    TRY(months_acquire_viewed(query->hub->months, view->period, &view->regions, &snapshot));
    if (snapshot.world != view->world || closings_event(query->hub->closings, view->period) != view->closing)
        return STATUS_CONFLICT;
    *out = snapshot;
    snapshot = (month_snapshot_t){0};
    return STATUS_OK;
}

static status_t count_stores(const month_t *month, scope_t scope, figures_status_t *out)
{
    CLEANUP(scope_slots_fini) scope_slots_t slots = {0};
    TRY(scope_slots_init(month, scope, &slots));
    out->expected = slots.count;
    out->reported = scope_slots_reported(month, &slots);
    return STATUS_OK;
}

status_t view_month(const query_t *query, const view_t *view, const scope_t *asked, month_snapshot_t *out,
                    figures_status_t *out_status)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    figures_status_t status = {.kind = view->kind};
    const principal_t *principal = query->principal;
    bool is_missing =
        principal->role == ROLE_MANAGER && network_find_region(view->world->network, principal->region) == INDEX_NONE;
    bool counts = principal->role != ROLE_DEALER && !is_missing;
    scope_t scope;
    if (counts)
        TRY(access_find_own_scope(view->world->network, principal, &scope, query->refusal));
    if (view->event)
        TRY(past_month(query->hub->past, view->period, view->event, &snapshot));
    else
        TRY(acquire(query, view, &snapshot));
    if (counts)
        TRY(count_stores(snapshot.month, asked ? *asked : scope, &status));
    *out = snapshot;
    *out_status = status;
    snapshot = (month_snapshot_t){0};
    return STATUS_OK;
}
