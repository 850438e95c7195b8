#include "core/limits.h"
#include "core/scopes.h"
#include "core/scratch.h"
#include "core/tables.h"

static int compare_dealers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Codes of the scope's dealers whose flags, as far as `mask` says, are `flags`; by code. `room`: for as many dealers as
 * the scope holds. */
static status_t list_dealers(const month_t *month, const scope_slots_t *slots, uint8_t mask, uint8_t flags,
                             uint32_t *room, arena_t *arena, const char ***out, size_t *out_count)
{
    size_t count = 0;
    for (uint32_t i = 0; i < slots->count; i++) {
        uint32_t slot = scope_slot_at(slots, i);
        if ((month->flags[slot] & mask) == flags)
            room[count++] = month->dealers[slot];
    }
    if (count)
        qsort(room, count, sizeof *room, compare_dealers); /* dealers are numbered by code */
    const char **codes = arena_array(arena, count, sizeof *codes);
    for (size_t i = 0; codes && i < count; i++)
        if (!(codes[i] = arena_strdup(arena, month->network->dealers[room[i]].code)))
            return STATUS_NO_MEMORY;
    *out = codes;
    *out_count = count;
    return codes ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t cover_scope(const month_t *month, scope_t scope, arena_t *arena, coverage_scope_t *out)
{
    CLEANUP(scope_slots_fini) scope_slots_t slots = {0};
    TRY(scope_slots_init(month, scope, &slots));
    CLEANUP(scratch_free) uint32_t *room = malloc(((size_t)slots.count + 1) * sizeof *room);
    char text[CODE_LENGTH_MAX + 8];
    scope_format(month->network, scope, text, sizeof text);
    out->scope = arena_strdup(arena, text);
    if (!room || !out->scope)
        return STATUS_NO_MEMORY;
    TRY(list_dealers(month, &slots, MONTH_REPORTED, 0, room, arena, &out->missing, &out->missing_count));
    TRY(list_dealers(month, &slots, MONTH_LATE, MONTH_LATE, room, arena, &out->late, &out->late_count));
    out->expected = slots.count;
    out->reported = slots.count - (uint32_t)out->missing_count;
    return STATUS_OK;
}

status_t coverage_compute(const month_t *month, const scope_t *scopes, size_t scope_count, arena_t *arena,
                          coverage_answer_t **out)
{
    coverage_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    answer->period = month->period;
    answer->scope_count = scope_count;
    answer->scopes = arena_array(arena, scope_count, sizeof *answer->scopes);
    if (!answer->scopes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < scope_count; i++)
        TRY(cover_scope(month, scopes[i], arena, &answer->scopes[i]));
    *out = answer;
    return STATUS_OK;
}
