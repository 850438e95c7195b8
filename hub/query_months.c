/* The status of months (SPEC 5): open or closed, who has filed, who may still. */
#include "hub/access.h"
#include "hub/month_log.h"
#include "hub/month_state.h"
#include "hub/queries.h"

#include "core/limits.h"
#include "core/scopes.h"

#include <string.h>

#define NEWEST_MONTHS 12 /* that are shown where none is named */

typedef struct {
    const query_t *query;
    wall_time_t now;
    store_txn_t *txn;
    scope_t scope; /* whose counts are shown; not to dealers */
    period_t first, last;
    month_exception_t *exceptions;
    size_t exception_count;
} asking_t;

/* ---- which months */

static status_t find_range(asking_t *asking)
{
    const query_t *query = asking->query;
    const month_status_query_t *asked = &query->request->month_status;
    period_t running = clock_period(asking->now);
    char month[PERIOD_TEXT_SIZE];
    asking->first = running - (NEWEST_MONTHS - 1);
    asking->last = running;
    if (asked->period != PERIOD_NONE)
        asking->first = asking->last = asked->period;
    if (asked->year) {
        asking->first = period_make(asked->year, 1);
        asking->last = asking->first + 11 < running ? asking->first + 11 : running;
    }
    if (asking->first <= running)
        return STATUS_OK;
    period_format(asking->first, month);
    return refuse(query->refusal, STATUS_INVALID, month, "%s has not begun", month);
}

/* ---- one month */

static status_t count_stores(const asking_t *asking, month_status_t *month)
{
    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    CLEANUP(scope_slots_fini) scope_slots_t slots = {0};
    TRY(months_acquire(asking->query->hub->months, month->period, &snapshot));
    if (snapshot.world != asking->query->world)
        return STATUS_CONFLICT;
    TRY(scope_slots_init(snapshot.month, asking->scope, &slots));
    month->expected = slots.count;
    for (uint32_t i = 0; i < slots.count; i++) {
        uint8_t flags = snapshot.month->flags[scope_slot_at(&slots, i)];
        month->reported += (flags & MONTH_REPORTED) != 0;
        month->late += (flags & MONTH_LATE) != 0;
    }
    month->missing = month->expected - month->reported;
    month->has_counts = true;
    return STATUS_OK;
}

typedef struct {
    const query_t *query;
    month_status_t *month;
} counting_t;

static status_t count_correction(void *context, const char *dealer, uint64_t sequence)
{
    const counting_t *counting = context;
    (void)sequence;
    counting->month->corrections +=
        access_sees_month(counting->query->world->network, counting->query->principal, dealer, counting->month->period);
    return STATUS_OK;
}

/* Since when it is what it is, and by whom. */
static status_t tell_state(const asking_t *asking, month_status_t *month)
{
    const query_t *query = asking->query;
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event;
    month_subject("month", month->period, subject);
    status_t status = store_last_event(asking->txn, subject, UINT64_MAX, query->arena, &event);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    month->is_closed = event.kind == EVENT_CLOSE;
    month->since_ms = event.time_ms;
    if (query->principal->role == ROLE_DEALER)
        return STATUS_OK;
    month->why = event.text;
    month->has_by = event.has_actor;
    memcpy(month->by, event.public_key, KEY_SIZE);
    counting_t counting = {query, month};
    return month->is_closed
               ? store_scan_changes(asking->txn, month->period, event.sequence, count_correction, &counting)
               : STATUS_OK;
}

/* The exceptions that this key may see; who granted them is not for dealers. */
static status_t list_exceptions(const asking_t *asking, month_status_t *month)
{
    const query_t *query = asking->query;
    exception_t *list = arena_array(query->arena, asking->exception_count, sizeof *list);
    if (!list)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < asking->exception_count; i++) {
        const month_exception_t *item = &asking->exceptions[i];
        if (item->period != month->period ||
            !access_sees_month(query->world->network, query->principal, item->exception.dealer, month->period))
            continue;
        list[month->exception_count] = item->exception;
        list[month->exception_count++].has_by &= query->principal->role != ROLE_DEALER;
    }
    month->exceptions = list;
    return STATUS_OK;
}

static status_t tell(const asking_t *asking, period_t period, month_status_t *month)
{
    const settings_t *settings = asking->query->hub->settings;
    *month = (month_status_t){
        .period = period,
        .due_day = period_to_number(period + 1) * 100 + settings->due_day,
        .is_overdue = clock_is_late(period, settings->due_day, asking->now),
        .why = "",
    };
    TRY(tell_state(asking, month));
    return list_exceptions(asking, month);
}

/* From the log; count_stores() reads in transactions of its own. */
static status_t read_log(asking_t *asking, month_status_t *months, size_t count)
{
    const query_t *query = asking->query;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    asking->txn = txn;
    TRY(month_log_list_exceptions(txn, asking->first, asking->last, asking->now.ms, query->arena, &asking->exceptions,
                                  &asking->exception_count));
    for (size_t i = 0; i < count; i++)
        TRY(tell(asking, asking->first + (period_t)i, &months[i]));
    return STATUS_OK;
}

status_t query_month_status(const query_t *query)
{
    asking_t asking = {.query = query, .now = clock_wall()};
    TRY(find_range(&asking));
    TRY(access_find_own_scope(query->world->network, query->principal, &asking.scope, query->refusal));
    size_t count = (size_t)(asking.last - asking.first + 1);
    month_status_t *months = arena_array(query->arena, count, sizeof *months);
    if (!months)
        return STATUS_NO_MEMORY;
    TRY(read_log(&asking, months, count));
    for (size_t i = 0; i < count && query->principal->role != ROLE_DEALER; i++)
        TRY(count_stores(&asking, &months[i]));
    query->response->kind = RESPONSE_MONTHS;
    query->response->months.items = months;
    query->response->months.count = count;
    return STATUS_OK;
}
