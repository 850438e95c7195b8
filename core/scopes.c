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

/* The run that begins first comes first, of those that begin together the longest. */
static int compare_nodes(const void *left, const void *right, void *context)
{
    const scope_set_t *set = context;
    size_t first = ((const scope_node_t *)left)->scope, second = ((const scope_node_t *)right)->scope;
    const scope_slots_t *a = &set->scopes[first], *b = &set->scopes[second];
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return first < second ? -1 : 1;
}

static uint32_t end_of(const scope_set_t *set, size_t node)
{
    const scope_slots_t *slots = &set->scopes[set->nodes[node].scope];
    return slots->first + slots->count;
}

static void nest(scope_set_t *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->same_as[i] == i && !set->scopes[i].slots && set->scopes[i].count)
            set->nodes[set->node_count++].scope = i;
    if (set->node_count)
        qsort_r(set->nodes, set->node_count, sizeof *set->nodes, compare_nodes, set);
    for (size_t i = 0; i < set->node_count; i++) {
        size_t end = i + 1;
        while (end < set->node_count && set->scopes[set->nodes[end].scope].first < end_of(set, i))
            set->nodes[end++].depth++;
        set->nodes[i].end = end;
    }
}

status_t scope_set_init(const month_t *month, const scope_t *scopes, size_t count, scope_set_t *out)
{
    CLEANUP(scope_set_fini) scope_set_t set = {.month = month, .count = count};
    set.scopes = calloc(count + 1, sizeof *set.scopes);
    set.same_as = calloc(count + 1, sizeof *set.same_as);
    set.nodes = calloc(count + 1, sizeof *set.nodes);
    if (!set.scopes || !set.same_as || !set.nodes)
        return STATUS_NO_MEMORY;
    TRY(find_scopes(&set, scopes));
    nest(&set);
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
    free(set->nodes);
    *set = (scope_set_t){0};
}

/* ---- Parts ---- */

scope_part_t scope_parts(const scope_set_t *set, size_t node, uint32_t least)
{
    return (scope_part_t){
        .set = set, .node = node, .next = node + 1, .least = least, .at = set->scopes[set->nodes[node].scope].first};
}

bool scope_part_next(scope_part_t *part)
{
    const scope_set_t *set = part->set;
    size_t end = set->nodes[part->node].end;
    if (part->is_done)
        return false;
    while (part->next < end && set->scopes[set->nodes[part->next].scope].count < part->least)
        part->next = set->nodes[part->next].end;
    part->is_done = part->next == end;
    part->child = part->is_done ? SIZE_MAX : part->next;
    part->first = part->at;
    uint32_t stop = part->is_done ? end_of(set, part->node) : set->scopes[set->nodes[part->next].scope].first;
    part->count = stop - part->first;
    if (!part->is_done) {
        part->at = end_of(set, part->next);
        part->next = set->nodes[part->next].end;
    }
    return true;
}
