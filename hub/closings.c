#include "hub/closings.h"

#include "core/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PERIOD ((period_t)(PERIOD_YEAR_MIN * 12))
#define PERIOD_COUNT ((PERIOD_YEAR_MAX - PERIOD_YEAR_MIN + 1) * 12)
#define EVENT_MEMORY (1ul << 20) /* a closing or an exception */

typedef struct {
    period_t period;
    uint64_t until_ms;
    char dealer[CODE_LENGTH_MAX + 1];
} grant_t;

struct closings {
    uint64_t closed_ms[PERIOD_COUNT];    /* 0 = open */
    uint64_t closed_event[PERIOD_COUNT]; /* only while loading: which exceptions came after it */
    grant_t *grants;                     /* by period, then dealer */
    size_t count, room;
};

closings_t *closings_create(void)
{
    return calloc(1, sizeof(closings_t));
}

void closings_destroy(closings_t **closings)
{
    if (!closings || !*closings)
        return;
    free((*closings)->grants);
    free(*closings);
    *closings = NULL;
}

/* Index of a month in the table; PERIOD_COUNT where it has none. */
static size_t index_of(period_t period)
{
    return period >= FIRST_PERIOD && period < FIRST_PERIOD + PERIOD_COUNT ? (size_t)(period - FIRST_PERIOD)
                                                                          : PERIOD_COUNT;
}

uint64_t closings_closed_ms(const closings_t *closings, period_t period)
{
    size_t index = index_of(period);
    return index < PERIOD_COUNT ? closings->closed_ms[index] : 0;
}

/* ---- exceptions */

/* Where the exception stands, or would stand. */
static size_t find(const closings_t *closings, const char *dealer, period_t period, bool *out_found)
{
    size_t low = 0, high = closings->count;
    *out_found = false;
    while (low < high && !*out_found) {
        size_t middle = low + (high - low) / 2;
        const grant_t *grant = &closings->grants[middle];
        int order = grant->period != period ? (grant->period < period ? -1 : 1) : strcmp(grant->dealer, dealer);
        *out_found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

uint64_t closings_allowed_until(const closings_t *closings, const char *dealer, period_t period)
{
    bool is_there;
    size_t at = find(closings, dealer, period, &is_there);
    return is_there ? closings->grants[at].until_ms : 0;
}

/* Drops the month's exceptions (PERIOD_NONE: any month's) that end before `before_ms`. */
static void drop(closings_t *closings, period_t period, uint64_t before_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < closings->count; i++) {
        const grant_t *grant = &closings->grants[i];
        bool goes = (period == PERIOD_NONE || grant->period == period) && grant->until_ms < before_ms;
        if (!goes)
            closings->grants[kept++] = *grant;
    }
    closings->count = kept;
}

static void set(closings_t *closings, period_t period, uint64_t closed_ms)
{
    size_t index = index_of(period);
    assert(index < PERIOD_COUNT);
    closings->closed_ms[index] = closed_ms;
    drop(closings, period, UINT64_MAX);
}

void closings_close(closings_t *closings, period_t period, uint64_t time_ms)
{
    set(closings, period, time_ms);
}

void closings_reopen(closings_t *closings, period_t period)
{
    set(closings, period, 0);
}

status_t closings_reserve(closings_t *closings, uint64_t now_ms)
{
    if (closings->count < closings->room)
        return STATUS_OK;
    drop(closings, PERIOD_NONE, now_ms);
    if (closings->count == GRANTS_MAX)
        return STATUS_LIMIT;
    if (closings->count < closings->room)
        return STATUS_OK;
    size_t room = closings->room ? 2 * closings->room : 64;
    room = room < GRANTS_MAX ? room : GRANTS_MAX;
    grant_t *grants = realloc(closings->grants, room * sizeof *grants);
    if (!grants)
        return STATUS_NO_MEMORY;
    closings->grants = grants;
    closings->room = room;
    return STATUS_OK;
}

void closings_allow(closings_t *closings, const char *dealer, period_t period, uint64_t until_ms)
{
    bool is_there;
    size_t at = find(closings, dealer, period, &is_there);
    if (is_there)
        closings->grants[at].until_ms = until_ms;
    if (is_there || !until_ms)
        return;
    assert(closings->count < closings->room && strlen(dealer) <= CODE_LENGTH_MAX);
    grant_t *grant = &closings->grants[at];
    memmove(grant + 1, grant, (closings->count - at) * sizeof *grant);
    *grant = (grant_t){.period = period, .until_ms = until_ms};
    memcpy(grant->dealer, dealer, strlen(dealer) + 1);
    closings->count++;
}

/* ---- what the log says */

typedef struct {
    closings_t *closings;
    store_txn_t *txn;
    uint64_t now_ms;
} loading_t;

static status_t load_month(const loading_t *loading, const stored_event_t *event)
{
    size_t index = index_of(event->period);
    if (index == PERIOD_COUNT)
        return STATUS_DAMAGED;
    bool is_closed = event->kind == EVENT_CLOSE;
    loading->closings->closed_ms[index] = is_closed ? event->time_ms : 0;
    loading->closings->closed_event[index] = is_closed ? event->event : 0;
    return STATUS_OK;
}

/* Only one that was granted since the month was closed still holds. */
static status_t load_grant(const loading_t *loading, const stored_event_t *event)
{
    size_t index = index_of(event->period);
    if (index == PERIOD_COUNT || strlen(event->dealer) > CODE_LENGTH_MAX)
        return STATUS_DAMAGED;
    if (!loading->closings->closed_ms[index] || event->event < loading->closings->closed_event[index])
        return STATUS_OK;
    TRY(closings_reserve(loading->closings, loading->now_ms));
    closings_allow(loading->closings, event->dealer, event->period, event->until_ms);
    return STATUS_OK;
}

static status_t visit(void *context, const char *subject, uint64_t number)
{
    const loading_t *loading = context;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    stored_event_t event;
    (void)subject;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_get_event(loading->txn, number, arena, &event));
    return event.kind == EVENT_ALLOW ? load_grant(loading, &event) : load_month(loading, &event);
}

status_t closings_load(closings_t *closings, store_txn_t *txn, uint64_t now_ms)
{
    loading_t loading = {closings, txn, now_ms};
    TRY(store_scan_subjects(txn, "month/", UINT64_MAX, visit, &loading));
    return store_scan_subjects(txn, "allow/", UINT64_MAX, visit, &loading);
}
