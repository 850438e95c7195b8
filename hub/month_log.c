#include "hub/month_log.h"

#include "hub/month_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

status_t month_log_closing(store_txn_t *txn, period_t period, arena_t *arena, stored_event_t *out)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event;
    uint64_t most = UINT64_MAX;
    month_subject("month", period, subject);
    do {
        TRY(store_last_event(txn, subject, most, arena, &event));
        most = event.event - 1;
    } while (event.kind != EVENT_CLOSE);
    *out = event;
    return STATUS_OK;
}

exception_t month_log_exception(const stored_event_t *event)
{
    exception_t exception = {
        .dealer = event->dealer,
        .until_ms = event->until_ms,
        .granted_ms = event->time_ms,
        .has_by = event->has_actor,
        .why = event->text,
    };
    memcpy(exception.by, event->public_key, KEY_SIZE);
    return exception;
}

/* The last event about a subject before the revision came. By sequence, not by time: clocks may be set back. */
static status_t last_before(store_txn_t *txn, const char *subject, uint64_t sequence, arena_t *arena,
                            stored_event_t *out)
{
    stored_event_t event;
    uint64_t most = UINT64_MAX;
    do {
        TRY(store_last_event(txn, subject, most, arena, &event));
        most = event.event - 1;
    } while (event.sequence >= sequence);
    *out = event;
    return STATUS_OK;
}

status_t month_log_exception_of(store_txn_t *txn, const char *dealer, period_t period, uint64_t sequence,
                                arena_t *arena, exception_t *out)
{
    char kind[STORE_SUBJECT_SIZE], subject[STORE_SUBJECT_SIZE];
    stored_event_t state, event;
    month_subject("month", period, subject);
    TRY(last_before(txn, subject, sequence, arena, &state));
    snprintf(kind, sizeof kind, "allow/%s", dealer);
    month_subject(kind, period, subject);
    TRY(last_before(txn, subject, sequence, arena, &event));
    if (state.kind != EVENT_CLOSE || event.event < state.event || !event.until_ms)
        return STATUS_NOT_FOUND;
    *out = month_log_exception(&event);
    return STATUS_OK;
}

/* ---- all that hold */

typedef struct {
    store_txn_t *txn;
    period_t first, last;
    uint64_t now_ms;
    arena_t *arena;
    month_exception_t *items; /* on the heap */
    size_t count, room;
} listing_t;

static status_t add(listing_t *listing, const stored_event_t *event)
{
    if (listing->count == listing->room) {
        size_t room = listing->room ? 2 * listing->room : 64;
        month_exception_t *items = realloc(listing->items, room * sizeof *items);
        if (!items)
            return STATUS_NO_MEMORY;
        listing->items = items;
        listing->room = room;
    }
    listing->items[listing->count++] = (month_exception_t){month_log_exception(event), event->period};
    return STATUS_OK;
}

/* Whether the subject's month is one of those asked for: told by its end, so that the other events are not read. */
static bool is_asked(const listing_t *listing, const char *subject)
{
    const char *number = strrchr(subject, '/');
    period_t period = number ? period_from_number((uint32_t)strtoul(number + 1, NULL, 10)) : PERIOD_NONE;
    return period != PERIOD_NONE && period >= listing->first && period <= listing->last;
}

static status_t visit(void *context, const char *subject, uint64_t number)
{
    listing_t *listing = context;
    stored_event_t event;
    month_state_t state;
    if (!is_asked(listing, subject))
        return STATUS_OK;
    TRY(store_get_event(listing->txn, number, listing->arena, &event));
    if (event.until_ms < listing->now_ms)
        return STATUS_OK;
    TRY(month_state_at(listing->txn, event.period, UINT64_MAX, &state));
    return state.is_closed && state.event < event.event ? add(listing, &event) : STATUS_OK;
}

status_t month_log_list_exceptions(store_txn_t *txn, period_t first, period_t last, uint64_t now_ms, arena_t *arena,
                                   month_exception_t **out, size_t *out_count)
{
    listing_t listing = {.txn = txn, .first = first, .last = last, .now_ms = now_ms, .arena = arena};
    status_t status = store_scan_subjects(txn, "allow/", UINT64_MAX, visit, &listing);
    month_exception_t *items = NULL;
    if (status == STATUS_OK && !(items = arena_array(arena, listing.count, sizeof *items)))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        if (listing.count)
            memcpy(items, listing.items, listing.count * sizeof *items);
        *out = items;
        *out_count = listing.count;
    }
    free(listing.items);
    return status;
}
