#include "core/scopes.h"

#include "core/scratch.h"

#include <string.h>

/* ---- One scope ---- */

static int compare_slots(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static status_t circle_slots(const month_t *month, const circle_t *circle, scope_slots_t *out)
{
    uint32_t *slots = malloc(((size_t)circle->member_count + 1) * sizeof *slots);
    if (!slots)
        return STATUS_NO_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < circle->member_count; i++) {
        const circle_member_t *member = &circle->members[i];
        if (circle_member_in(member, month->period) && month->slots[member->dealer] != INDEX_NONE)
            slots[count++] = month->slots[member->dealer];
    }
    if (count)
        qsort(slots, count, sizeof *slots, compare_slots);
    *out = (scope_slots_t){0, count, slots};
    return STATUS_OK;
}

status_t scope_slots_init(const month_t *month, scope_t scope, scope_slots_t *out)
{
    const network_t *network = month->network;
    if (scope.kind == SCOPE_CIRCLE)
        return circle_slots(month, &network->circles[scope.index], out);
    *out = (scope_slots_t){0, month->count, NULL};
    if (scope.kind == SCOPE_REGION) {
        const region_t *region = &network->regions[scope.index];
        out->first = month->region_first[region->enter];
        out->count = month->region_first[region->leave] - out->first;
    }
    return STATUS_OK;
}

void scope_slots_fini(scope_slots_t *slots)
{
    free(slots->slots);
    *slots = (scope_slots_t){0};
}

#define REPORTED_WORD (UINT64_C(0x0101010101010101) * MONTH_REPORTED)
#define WORDS_MAX     255u /* additions to a word of eight counts before one of them is full */

/* Of up to WORDS_MAX words of eight slots' flags each. */
static uint32_t count_words(const uint8_t *flags, uint32_t words)
{
    uint64_t counts = 0, word;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < words; i++) {
        memcpy(&word, flags + (size_t)i * sizeof word, sizeof word);
        counts += word & REPORTED_WORD;
    }
    for (; counts; counts >>= 8)
        sum += counts & 0xff;
    return sum;
}

uint32_t scope_slots_reported(const month_t *month, const scope_slots_t *slots)
{
    uint32_t sum = 0, at = 0;
    while (!slots->slots && slots->count - at >= sizeof(uint64_t)) {
        uint32_t words = (slots->count - at) / (uint32_t)sizeof(uint64_t);
        words = words < WORDS_MAX ? words : WORDS_MAX;
        sum += count_words(month->flags + slots->first + at, words);
        at += words * (uint32_t)sizeof(uint64_t);
    }
    for (; at < slots->count; at++)
        sum += month->flags[scope_slot_at(slots, at)] & MONTH_REPORTED;
    return sum;
}

/* ---- Several ---- */

static bool is_same(scope_t left, scope_t right)
{
    return left.kind == right.kind && (left.kind == SCOPE_NATION || left.index == right.index);
}

/* Scopes that hold every slot take an order as it is. */
static bool is_dealt(const scope_set_t *set, size_t i)
{
    return set->same_as[i] == i && set->scopes[i].count < set->month->count;
}

static status_t find_scopes(scope_set_t *set, const scope_t *scopes)
{
    for (size_t i = 0; i < set->count; i++) {
        size_t first = 0;
        while (!is_same(scopes[first], scopes[i]))
            first++;
        set->same_as[i] = first;
        if (first == i)
            TRY(scope_slots_init(set->month, scopes[i], &set->scopes[i]));
    }
    return STATUS_OK;
}

/* For each slot the scopes that hold it. */
static status_t index_slots(scope_set_t *set)
{
    size_t total = 0;
    for (size_t i = 0; i < set->count; i++) {
        set->picks_first[i] = total;
        total += is_dealt(set, i) ? set->scopes[i].count : 0;
    }
    free(set->dealt_to);
    free(set->dealt_first);
    set->dealt_to = malloc((total + 1) * sizeof *set->dealt_to);
    set->dealt_first = calloc((size_t)set->month->count + 2, sizeof *set->dealt_first);
    if (total > UINT32_MAX || !set->dealt_to || !set->dealt_first)
        return STATUS_NO_MEMORY;
    /* Counted two places ahead, so that filling moves each start to where it belongs. */
    uint32_t *first = set->dealt_first;
    for (size_t i = 0; i < set->count; i++)
        for (uint32_t s = 0; is_dealt(set, i) && s < set->scopes[i].count; s++)
            first[scope_slot_at(&set->scopes[i], s) + 2]++;
    for (uint32_t slot = 2; slot < set->month->count + 2; slot++)
        first[slot] += first[slot - 1];
    for (size_t i = 0; i < set->count; i++)
        for (uint32_t s = 0; is_dealt(set, i) && s < set->scopes[i].count; s++)
            set->dealt_to[first[scope_slot_at(&set->scopes[i], s) + 1]++] = (uint32_t)i;
    set->positions = malloc((total + 1) * sizeof *set->positions);
    return set->positions ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t scope_set_init(const month_t *month, const scope_t *scopes, size_t count, scope_set_t *out)
{
    CLEANUP(scope_set_fini) scope_set_t set = {.month = month, .count = count};
    set.scopes = calloc(count + 1, sizeof *set.scopes);
    set.same_as = calloc(count + 1, sizeof *set.same_as);
    set.picks_first = calloc(count + 1, sizeof *set.picks_first);
    set.picks = calloc(count + 1, sizeof *set.picks);
    if (!set.scopes || !set.same_as || !set.picks_first || !set.picks)
        return STATUS_NO_MEMORY;
    TRY(find_scopes(&set, scopes));
    *out = set;
    set = (scope_set_t){0};
    return STATUS_OK;
}

void scope_set_fini(scope_set_t *set)
{
    for (size_t i = 0; set->scopes && i < set->count; i++)
        scope_slots_fini(&set->scopes[i]);
    free(set->scopes);
    free(set->same_as);
    free(set->dealt_first);
    free(set->dealt_to);
    free(set->picks_first);
    free(set->positions);
    free(set->picks);
    *set = (scope_set_t){0};
}

status_t scope_set_deal(scope_set_t *set, const row_order_t *order)
{
    if (!set->positions)
        TRY(index_slots(set));
    for (size_t i = 0; i < set->count; i++) {
        bool whole = !is_dealt(set, i);
        set->picks[i] = (picks_t){order, whole ? NULL : set->positions + set->picks_first[i], whole ? order->count : 0};
    }
    for (uint32_t position = 0; position < order->count; position++) {
        uint32_t slot = order->slots[position];
        for (uint32_t i = set->dealt_first[slot]; i < set->dealt_first[slot + 1]; i++) {
            uint32_t scope = set->dealt_to[i];
            set->positions[set->picks_first[scope] + set->picks[scope].count++] = position;
        }
    }
    return STATUS_OK;
}
