#include "core/network.h"

#include "core/limits.h"
#include "core/network_internals.h"
#include "core/owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const network_internals_t *internals_of(const network_t *network)
{
    return network->internals;
}

void network_destroy(network_t **network)
{
    if (!network || !*network)
        return;
    network_internals_t *internals = (*network)->internals;
    if (internals) {
        owners_destroy(&internals->owners);
        arena_destroy(&internals->arena);
    }
    free(internals);
    free(*network);
    *network = NULL;
}

typedef const char *code_at_t(const network_t *network, uint32_t place);

static const char *region_code_at(const network_t *network, uint32_t place)
{
    return network->regions[internals_of(network)->regions_by_code[place]].code;
}

static const char *circle_code_at(const network_t *network, uint32_t place)
{
    return network->circles[place].code;
}

/* Place of `code` among `count` codes in byte order, INDEX_NONE where it is not there. */
static uint32_t search(const network_t *network, code_at_t *code_at, uint32_t count, const char *code)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(code, code_at(network, middle));
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return INDEX_NONE;
}

/* FNV-1a, its upper half: codes come from headquarters, nobody is served slower by choosing them. */
static uint32_t hash_code(const char *code)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *code; code++)
        hash = (hash ^ (unsigned char)*code) * UINT64_C(0x100000001B3);
    return (uint32_t)(hash >> 32);
}

status_t network_index_dealers(network_t *network)
{
    network_internals_t *internals = network->internals;
    size_t count = 2;
    while (count < 2 * (size_t)network->dealer_count)
        count *= 2;
    internals->dealer_slots = arena_array(internals->arena, count, sizeof *internals->dealer_slots);
    if (!internals->dealer_slots)
        return STATUS_NO_MEMORY;
    internals->dealer_slot_count = count;
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        uint32_t hash = hash_code(network->dealers[i].code);
        size_t at = hash & (count - 1);
        while (internals->dealer_slots[at])
            at = (at + 1) & (count - 1);
        internals->dealer_slots[at] = (uint64_t)hash << 32 | (i + 1);
    }
    return STATUS_OK;
}

uint32_t network_find_dealer(const network_t *network, const char *code)
{
    const network_internals_t *internals = internals_of(network);
    const uint64_t *slots = internals->dealer_slots;
    uint32_t hash = hash_code(code);
    if (!slots)
        return INDEX_NONE;
    for (size_t at = hash;; at++) {
        uint64_t slot = slots[at & (internals->dealer_slot_count - 1)];
        if (!slot)
            return INDEX_NONE;
        uint32_t index = (uint32_t)slot - 1;
        if (slot >> 32 == hash && strcmp(network->dealers[index].code, code) == 0)
            return index;
    }
}

uint32_t network_find_region(const network_t *network, const char *code)
{
    uint32_t place = search(network, region_code_at, network->region_count, code);
    return place == INDEX_NONE ? INDEX_NONE : internals_of(network)->regions_by_code[place];
}

uint32_t network_find_circle(const network_t *network, const char *code)
{
    return search(network, circle_code_at, network->circle_count, code);
}

uint32_t network_region_of(const network_t *network, uint32_t dealer, period_t period)
{
    const dealer_t *found = &network->dealers[dealer];
    uint32_t low = 0, high = found->membership_count; /* memberships before `low` have begun */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (found->memberships[middle].from <= period)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? found->memberships[low - 1].region : INDEX_NONE;
}

bool network_has_left(const network_t *network, uint32_t dealer, period_t period)
{
    const dealer_t *found = &network->dealers[dealer];
    if (network_region_of(network, dealer, period) != INDEX_NONE)
        return false;
    for (uint32_t i = 0; i < found->membership_count; i++)
        if (found->memberships[i].from > period && found->memberships[i].region != INDEX_NONE)
            return false;
    return true;
}

bool network_region_within(const network_t *network, uint32_t inner, uint32_t outer)
{
    const region_t *regions = network->regions;
    return regions[outer].enter <= regions[inner].enter && regions[inner].enter < regions[outer].leave;
}

bool circle_member_in(const circle_member_t *member, period_t period)
{
    return (member->from == PERIOD_NONE || member->from <= period) &&
           (member->until == PERIOD_NONE || period <= member->until);
}

/* Whether one of the dealer's windows in the circle holds the month; its membership of the network aside. */
static bool circle_lists(const circle_t *circle, uint32_t dealer, period_t period)
{
    uint32_t low = 0, high = circle->member_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (circle->members[middle].dealer < dealer)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < circle->member_count && circle->members[low].dealer == dealer; low++)
        if (circle_member_in(&circle->members[low], period))
            return true;
    return false;
}

bool network_circle_holds(const network_t *network, uint32_t circle, uint32_t dealer, period_t period)
{
    return circle_lists(&network->circles[circle], dealer, period) &&
           network_region_of(network, dealer, period) != INDEX_NONE;
}

const uint32_t *network_circles_of(const network_t *network, uint32_t dealer, uint32_t *out_count)
{
    const network_internals_t *internals = internals_of(network);
    *out_count = internals->dealer_first[dealer + 1] - internals->dealer_first[dealer];
    return internals->dealer_circles + internals->dealer_first[dealer];
}

bool network_are_peers(const network_t *network, uint32_t dealer, uint32_t other, period_t period)
{
    if (network_region_of(network, dealer, period) == INDEX_NONE ||
        network_region_of(network, other, period) == INDEX_NONE)
        return false;
    const network_internals_t *internals = internals_of(network);
    for (uint32_t i = internals->dealer_first[dealer]; i < internals->dealer_first[dealer + 1]; i++) {
        const circle_t *circle = &network->circles[internals->dealer_circles[i]];
        if (circle_lists(circle, dealer, period) && circle_lists(circle, other, period))
            return true;
    }
    return false;
}

static const char *behind_prefix(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

status_t scope_parse(const network_t *network, const char *text, scope_t *out)
{
    scope_t scope = {SCOPE_NATION, 0};
    const char *code;
    if ((code = behind_prefix(text, "region:")))
        scope = (scope_t){SCOPE_REGION, network_find_region(network, code)};
    else if ((code = behind_prefix(text, "circle:")))
        scope = (scope_t){SCOPE_CIRCLE, network_find_circle(network, code)};
    else if (strcmp(text, "nation") != 0)
        return STATUS_UNKNOWN;
    if (scope.index == INDEX_NONE)
        return STATUS_UNKNOWN;
    *out = scope;
    return STATUS_OK;
}

void scope_format(const network_t *network, scope_t scope, char *out, size_t size)
{
    if (scope.kind == SCOPE_NATION)
        snprintf(out, size, "nation");
    else if (scope.kind == SCOPE_REGION)
        snprintf(out, size, "region:%s", network->regions[scope.index].code);
    else
        snprintf(out, size, "circle:%s", network->circles[scope.index].code);
}
