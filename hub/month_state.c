#include "hub/month_state.h"

#include <stdio.h>

#define EVENT_MEMORY (1ul << 20) /* a closing or a reopening */

void month_subject(const char *kind, period_t period, char out[STORE_SUBJECT_SIZE])
{
    snprintf(out, STORE_SUBJECT_SIZE, "%s/%06u", kind, (unsigned)period_to_number(period));
}

status_t month_state_at(store_txn_t *txn, period_t period, uint64_t most, month_state_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event;
    if (!arena)
        return STATUS_NO_MEMORY;
    month_subject("month", period, subject);
    status_t status = store_last_event(txn, subject, most, arena, &event);
    if (status == STATUS_NOT_FOUND) {
        *out = (month_state_t){0};
        return STATUS_OK;
    }
    TRY(status);
    *out = (month_state_t){.is_closed = event.kind == EVENT_CLOSE, .event = event.event, .time_ms = event.time_ms};
    return STATUS_OK;
}
