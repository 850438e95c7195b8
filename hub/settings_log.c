#include "hub/settings_log.h"

#include <stdio.h>
#include <string.h>

#define EVENT_MEMORY (64ul << 10)

static void take_numbers(const settings_t *settings, uint32_t out[SETTINGS_NUMBER_COUNT])
{
    out[SETTINGS_SHARE_NUMERATOR] = settings->benchmark.share_numerator;
    out[SETTINGS_SHARE_DENOMINATOR] = settings->benchmark.share_denominator;
    out[SETTINGS_LEAST_STORES] = settings->benchmark.least_stores;
    out[SETTINGS_LEAST_ELIGIBLE] = settings->benchmark.least_eligible;
    out[SETTINGS_DUE_DAY] = settings->due_day;
}

static bool is_same(const stored_event_t *event, const settings_t *settings, const uint32_t numbers[])
{
    return strcmp(event->name, settings->time_zone) == 0 && event->number_count == SETTINGS_NUMBER_COUNT &&
           memcmp(event->numbers, numbers, SETTINGS_NUMBER_COUNT * sizeof *numbers) == 0;
}

status_t settings_enter(store_txn_t *txn, const settings_t *settings, bool *out_entered)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    uint32_t numbers[SETTINGS_NUMBER_COUNT];
    stored_event_t newest;
    if (!arena)
        return STATUS_NO_MEMORY;
    take_numbers(settings, numbers);
    status_t status = store_last_event(txn, SETTINGS_SUBJECT, UINT64_MAX, arena, &newest);
    bool differs = status == STATUS_NOT_FOUND || (status == STATUS_OK && !is_same(&newest, settings, numbers));
    if (status != STATUS_NOT_FOUND)
        TRY(status);
    char text[300];
    snprintf(text, sizeof text,
             "benchmark_share %u/%u, benchmark_least_stores %u, benchmark_least_eligible %u, due_day %u, time_zone %s",
             numbers[SETTINGS_SHARE_NUMERATOR], numbers[SETTINGS_SHARE_DENOMINATOR], numbers[SETTINGS_LEAST_STORES],
             numbers[SETTINGS_LEAST_ELIGIBLE], numbers[SETTINGS_DUE_DAY], settings->time_zone);
    stored_event_t event = {.kind = EVENT_SETTINGS,
                            .text = text,
                            .subject = SETTINGS_SUBJECT,
                            .name = settings->time_zone,
                            .numbers = numbers,
                            .number_count = SETTINGS_NUMBER_COUNT};
    if (differs)
        TRY(store_append_event(txn, &event));
    *out_entered = differs;
    return STATUS_OK;
}

status_t settings_benchmark_at(store_txn_t *txn, uint64_t number, benchmark_rule_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(EVENT_MEMORY);
    stored_event_t event;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = store_last_event(txn, SETTINGS_SUBJECT, number, arena, &event);
    if (status == STATUS_NOT_FOUND)
        status = store_next_event(txn, SETTINGS_SUBJECT, 0, arena, &event);
    if (status == STATUS_NOT_FOUND) {
        *out = BENCHMARK_RULE_DEFAULT;
        return STATUS_OK;
    }
    TRY(status);
    if (event.number_count <= SETTINGS_LEAST_ELIGIBLE)
        return STATUS_DAMAGED;
    *out = (benchmark_rule_t){
        .share_numerator = event.numbers[SETTINGS_SHARE_NUMERATOR],
        .share_denominator = event.numbers[SETTINGS_SHARE_DENOMINATOR],
        .least_stores = event.numbers[SETTINGS_LEAST_STORES],
        .least_eligible = event.numbers[SETTINGS_LEAST_ELIGIBLE],
    };
    return STATUS_OK;
}
