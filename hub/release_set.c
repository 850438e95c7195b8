#include "hub/release_set.h"

#include "hub/month_state.h"

#define EVENT_MEMORY (256ul << 20) /* one release that holds back every dealer, after the other */

static status_t add(past_t *past, period_t period, const stored_event_t *event, release_set_t *out)
{
    if (out->count == RELEASES_MAX)
        return STATUS_DAMAGED; /* no more are ever made */
    TRY(past_month(past, period, event->event, &out->snapshots[out->count]));
    out->months[out->count] = out->snapshots[out->count].month;
    out->world = out->snapshots[0].world;
    out->event = event->event;
    out->time_ms = event->time_ms;
    out->count++;
    return STATUS_OK;
}

status_t release_set_read(past_t *past, store_txn_t *txn, period_t period, uint64_t most, release_set_t *out)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event = {0};
    month_subject("release", period, subject);
    for (;;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
        if (!arena)
            return STATUS_NO_MEMORY;
        status_t status = store_next_event(txn, subject, event.event, arena, &event);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && event.event > most))
            break;
        TRY(status);
        TRY(add(past, period, &event, out));
    }
    return out->count ? releases_init(out->months, out->count, &out->releases) : STATUS_OK;
}

void release_set_fini(release_set_t *set)
{
    releases_fini(&set->releases);
    for (size_t i = 0; i < set->count; i++)
        months_release(&set->snapshots[i]);
    *set = (release_set_t){0};
}
