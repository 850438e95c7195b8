#include "core/figures.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

static const char *code_of(const month_t *month, uint32_t dealer, arena_t *arena)
{
    return arena_strdup(arena, month->network->dealers[dealer].code);
}

/* Codes lie all over the network's memory: those of the next stores are fetched ahead, their lines of the network, then
 * what these point to. */
static void fetch_code(const month_t *month, const ranked_store_t *stores, uint32_t count, uint32_t at)
{
    const uint32_t far = 16, near = 8;
    const dealer_t *dealers = month->network->dealers;
    if (at + far < count)
        __builtin_prefetch(&dealers[month->dealers[stores[at + far].slot]]);
    if (at + near < count)
        __builtin_prefetch(dealers[month->dealers[stores[at + near].slot]].code);
}

static status_t list_ranked(const month_t *month, const ranked_store_t *stores, uint32_t count, arena_t *arena,
                            rank_answer_t *answer)
{
    answer->ranked = arena_array(arena, count, sizeof *answer->ranked);
    if (!answer->ranked)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        fetch_code(month, stores, count, i);
        answer->ranked[i].rank = stores[i].is_equal ? answer->ranked[i - 1].rank : i + 1;
        answer->ranked[i].value = stores[i].value;
        answer->ranked[i].dealer = code_of(month, month->dealers[stores[i].slot], arena);
        if (!answer->ranked[i].dealer)
            return STATUS_NO_MEMORY;
    }
    answer->ranked_count = count;
    return STATUS_OK;
}

/* Of a store that is not ranked. */
static unranked_reason_t reason_of(const month_t *month, const row_t *row, uint32_t slot, mpq_t value)
{
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    if (!(month->flags[slot] & MONTH_REPORTED))
        return UNRANKED_NOT_REPORTED;
    month_inputs(month, slot, inputs);
    return statistics_value(row, inputs, value) ? UNRANKED_SMALL_BASE : UNRANKED_NO_VALUE;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The dealers of the scope that are not ranked, by code; `dealers` is room for all of the scope. Returns how many. */
static uint32_t collect_unranked(const month_t *month, const scope_slots_t *slots, const uint8_t *is_ranked,
                                 uint32_t *dealers)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < slots->count; i++)
        if (!is_ranked[i])
            dealers[count++] = month->dealers[scope_slot_at(slots, i)];
    qsort(dealers, count, sizeof *dealers, compare_numbers);
    return count;
}

static status_t list_unranked(const month_t *month, const row_t *row, const uint32_t *dealers, uint32_t count,
                              arena_t *arena, rank_answer_t *answer)
{
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    answer->unranked = arena_array(arena, count, sizeof *answer->unranked);
    if (!answer->unranked)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        answer->unranked[i].reason = reason_of(month, row, month->slots[dealers[i]], value);
        answer->unranked[i].dealer = code_of(month, dealers[i], arena);
        if (!answer->unranked[i].dealer)
            return STATUS_NO_MEMORY;
    }
    answer->unranked_count = count;
    return STATUS_OK;
}

/* The place of a slot in the scope. */
static uint32_t place_of(const scope_slots_t *slots, uint32_t slot)
{
    if (!slots->slots)
        return slot - slots->first;
    uint32_t low = 0, high = slots->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (slots->slots[middle] < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static status_t list_stores(figures_t *figures, const month_t *month, size_t row, arena_t *arena, rank_answer_t *answer)
{
    const scope_slots_t *slots = figures_slots(figures, 0);
    size_t room = (size_t)slots->count + 1;
    CLEANUP(scratch_free) ranked_store_t *stores = malloc(room * sizeof *stores);
    CLEANUP(scratch_free) uint8_t *is_ranked = calloc(room, sizeof *is_ranked);
    CLEANUP(scratch_free) uint32_t *unranked = malloc(room * sizeof *unranked);
    uint32_t count;
    if (!stores || !is_ranked || !unranked)
        return STATUS_NO_MEMORY;
    TRY(figures_ranked(figures, row, 0, stores, &count));
    for (uint32_t i = 0; i < count; i++)
        is_ranked[place_of(slots, stores[i].slot)] = 1;
    TRY(list_ranked(month, stores, count, arena, answer));
    count = collect_unranked(month, slots, is_ranked, unranked);
    return list_unranked(month, &month->catalog->rows[row], unranked, count, arena, answer);
}

status_t rank_compute(const month_t *month, size_t row, scope_t scope, arena_t *arena, rank_answer_t **out)
{
    CLEANUP(figures_destroy) figures_t *figures = NULL;
    TRY(figures_create(month, &scope, 1, &figures));
    rank_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    char text[CODE_LENGTH_MAX + 8];
    scope_format(month->network, scope, text, sizeof text);
    answer->row = arena_strdup(arena, month->catalog->rows[row].id);
    answer->scope = arena_strdup(arena, text);
    answer->period = month->period;
    if (!answer->row || !answer->scope)
        return STATUS_NO_MEMORY;
    TRY(list_stores(figures, month, row, arena, answer));
    *out = answer;
    return STATUS_OK;
}
