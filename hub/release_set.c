#include "hub/release_set.h"

#include "hub/month_read.h"
#include "hub/month_state.h"

#define EVENT_MEMORY (256ul << 20) /* one release that holds back every dealer, after the other */

status_t release_events_list(store_txn_t *txn, period_t period, uint64_t most, release_event_t out[RELEASES_MAX],
                             size_t *out_count)
{
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event = {0};
    size_t count = 0;
    month_subject("release", period, subject);
    for (;;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
        if (!arena)
            return STATUS_NO_MEMORY;
        status_t status = store_next_event(txn, subject, event.event, arena, &event);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && event.event > most))
            break;
        TRY(status);
        if (count == RELEASES_MAX)
            return STATUS_DAMAGED; /* no more are ever made */
        out[count++] = (release_event_t){event.event, event.time_ms};
    }
    *out_count = count;
    return STATUS_OK;
}

/* Of contributors only, as all sets that hold it share it. */
static status_t read_month(past_t *past, period_t period, uint64_t event, month_snapshot_t *out)
{
    CLEANUP(months_release) month_snapshot_t whole = {0};
    month_t *pared = NULL;
    TRY(past_month(past, period, event, &whole));
    TRY(release_leave_out(whole.month, &pared));
    if (!pared) {
        *out = whole;
        whole = (month_snapshot_t){0};
        return STATUS_OK;
    }
    month_share_t *share = month_share_make(&pared, whole.world);
    if (!share)
        return STATUS_NO_MEMORY;
    *out = month_share_snapshot(share);
    month_share_release(share);
    return STATUS_OK;
}

status_t release_set_extend(past_t *past, store_txn_t *txn, period_t period, uint64_t most,
                            const release_set_t *earlier, release_set_t *out)
{
    size_t count;
    TRY(release_events_list(txn, period, most, out->events, &count));
    for (; out->count < count; out->count++) {
        size_t i = out->count;
        if (earlier && i < earlier->count && earlier->events[i].event == out->events[i].event)
            out->snapshots[i] = month_share_snapshot(earlier->snapshots[i].share);
        else
            TRY(read_month(past, period, out->events[i].event, &out->snapshots[i]));
        out->months[i] = out->snapshots[i].month;
        out->world = out->snapshots[0].world;
        out->event = out->events[i].event;
        out->time_ms = out->events[i].time_ms;
    }
    return out->count ? releases_init(out->months, out->count, &out->releases) : STATUS_OK;
}

status_t release_set_read(past_t *past, store_txn_t *txn, period_t period, uint64_t most, release_set_t *out)
{
    return release_set_extend(past, txn, period, most, NULL, out);
}

void release_set_fini(release_set_t *set)
{
    releases_fini(&set->releases);
    for (size_t i = 0; i < set->count; i++)
        months_release(&set->snapshots[i]);
    *set = (release_set_t){0};
}

/* No order of a row is ever made of them. */
static size_t columns_bytes(const month_t *month)
{
    size_t columns = (month->catalog->rows_use_previous ? 2 : 1) * month->catalog->fact_count + 1;
    return month->count * (columns * sizeof(int64_t) + sizeof *month->dealers + sizeof *month->flags) +
           month->network->dealer_count * sizeof *month->slots;
}

size_t release_set_bytes(const release_set_t *set)
{
    size_t bytes = sizeof *set + (set->count ? releases_bytes(&set->releases) : 0);
    for (size_t i = 0; i < set->count; i++)
        bytes += columns_bytes(set->months[i]);
    return bytes;
}
