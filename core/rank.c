#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

/* What is known of a slot of the month. */
enum { OUTSIDE, UNVALUED, VALUED, RANKED };

static uint8_t *mark_scope(const month_t *month, const scope_slots_t *scope)
{
    uint8_t *marks = calloc((size_t)month->count + 1, 1);
    for (uint32_t i = 0; marks && i < scope->count; i++)
        marks[scope_slot_at(scope, i)] = UNVALUED;
    return marks;
}

static uint32_t mark_order(const row_order_t *order, uint8_t *marks)
{
    uint32_t ranked = 0;
    for (uint32_t i = 0; i < order->count; i++) {
        uint8_t *mark = &marks[order->slots[i]];
        if (*mark == OUTSIDE)
            continue;
        bool eligible = order->marks[i] & ORDER_ELIGIBLE;
        *mark = eligible ? RANKED : VALUED;
        ranked += eligible;
    }
    return ranked;
}

static const char *code_of(const month_t *month, uint32_t slot, arena_t *arena)
{
    return arena_strdup(arena, month->network->dealers[month->dealers[slot]].code);
}

static status_t list_ranked(const month_t *month, const row_order_t *order, const uint8_t *marks, arena_t *arena,
                            rank_answer_t *answer)
{
    uint32_t count = 0, last = 0; /* `last`: position in the order of the one ranked before */
    for (uint32_t i = 0; i < order->count; i++) {
        if (marks[order->slots[i]] != RANKED)
            continue;
        bool equal = count > 0 && order_is_equal(order, last, i);
        answer->ranked[count].rank = equal ? answer->ranked[count - 1].rank : count + 1;
        answer->ranked[count].value = order->values[i];
        answer->ranked[count].dealer = code_of(month, order->slots[i], arena);
        if (!answer->ranked[count].dealer)
            return STATUS_NO_MEMORY;
        count++;
        last = i;
    }
    answer->ranked_count = count;
    return STATUS_OK;
}

static unranked_reason_t reason_of(const month_t *month, uint32_t slot, uint8_t mark)
{
    if (!(month->flags[slot] & MONTH_REPORTED))
        return UNRANKED_NOT_REPORTED;
    return mark == VALUED ? UNRANKED_SMALL_BASE : UNRANKED_NO_VALUE;
}

static status_t list_unranked(const month_t *month, const uint8_t *marks, arena_t *arena, rank_answer_t *answer)
{
    size_t count = 0;
    for (uint32_t dealer = 0; dealer < month->network->dealer_count; dealer++) {
        uint32_t slot = month->slots[dealer];
        if (slot == INDEX_NONE || marks[slot] == OUTSIDE || marks[slot] == RANKED)
            continue;
        answer->unranked[count].reason = reason_of(month, slot, marks[slot]);
        answer->unranked[count].dealer = code_of(month, slot, arena);
        if (!answer->unranked[count].dealer)
            return STATUS_NO_MEMORY;
        count++;
    }
    answer->unranked_count = count;
    return STATUS_OK;
}

status_t rank_compute(const month_t *month, size_t row, scope_t scope, arena_t *arena, rank_answer_t **out)
{
    CLEANUP(scope_slots_fini) scope_slots_t slots = {0};
    TRY(scope_slots_init(month, scope, &slots));
    CLEANUP(scratch_free) uint8_t *marks = mark_scope(month, &slots);
    const row_order_t *order = order_of_row(month, row);
    rank_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!marks || !order || !answer)
        return STATUS_NO_MEMORY;
    uint32_t ranked = mark_order(order, marks);
    char text[CODE_LENGTH_MAX + 8];
    scope_format(month->network, scope, text, sizeof text);
    answer->row = arena_strdup(arena, month->catalog->rows[row].id);
    answer->scope = arena_strdup(arena, text);
    answer->period = month->period;
    answer->ranked = arena_array(arena, ranked, sizeof *answer->ranked);
    answer->unranked = arena_array(arena, slots.count - ranked, sizeof *answer->unranked);
    if (!answer->row || !answer->scope || !answer->ranked || !answer->unranked)
        return STATUS_NO_MEMORY;
    TRY(list_ranked(month, order, marks, arena, answer));
    TRY(list_unranked(month, marks, arena, answer));
    *out = answer;
    return STATUS_OK;
}
