#include "hub/access_then.h"

#include <stdlib.h>
#include <string.h>

/* Finds whatever there is: for names whose right is settled. */
static const principal_t EVERYTHING = {.role = ROLE_HEADQUARTERS, .region = ""};

/* Whether two networks decide: then names, today rights. */
static bool is_manager_of_then(const access_then_t *at)
{
    return at->then != at->today && at->principal->role == ROLE_MANAGER;
}

/* ---- stores */

status_t access_then_store(const access_then_t *at, const char *code, period_t period, uint32_t *out_dealer,
                           uint32_t *out_region, refusal_t *refusal)
{
    uint32_t dealer, region;
    if (!is_manager_of_then(at))
        return access_find_store(at->then, at->principal, code, period, out_dealer, out_region, refusal);
    TRY(access_find_store(at->today, at->principal, code, period, &dealer, &region, refusal));
    return access_find_store(at->then, &EVERYTHING, code, period, out_dealer, out_region, refusal);
}

status_t access_then_peer(const access_then_t *at, uint32_t own, const char *peer, period_t period, uint32_t *out,
                          refusal_t *refusal)
{
    uint32_t dealer, region, today = network_find_dealer(at->today, at->then->dealers[own].code);
    if (at->then == at->today || at->principal->role == ROLE_HEADQUARTERS)
        return access_find_peer(at->then, at->principal, own, peer, period, out, refusal);
    if (today == INDEX_NONE)
        return refuse(refusal, STATUS_NOT_ALLOWED, peer, "%s shares no circle with this store in that month", peer);
    TRY(access_find_peer(at->today, at->principal, today, peer, period, &dealer, refusal));
    return access_find_store(at->then, &EVERYTHING, peer, period, out, &region, refusal);
}

status_t access_then_year(const access_then_t *at, const char *code, period_t first, uint32_t *out_dealer,
                          bool out_visible[TREND_MONTHS], refusal_t *refusal)
{
    bool visible[TREND_MONTHS], all[TREND_MONTHS];
    uint32_t dealer;
    if (!is_manager_of_then(at))
        return access_find_year(at->then, at->principal, code, first, out_dealer, out_visible, refusal);
    TRY(access_find_year(at->today, at->principal, code, first, &dealer, visible, refusal));
    TRY(access_find_year(at->then, &EVERYTHING, code, first, out_dealer, all, refusal));
    memcpy(out_visible, visible, sizeof visible);
    return STATUS_OK;
}

/* ---- all peers of a store */

static int order_indices(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Those that any circle of the dealer's names, in whatever months, itself among them: in their order, with repeats. */
static status_t list_circle_members(const network_t *network, uint32_t dealer, arena_t *arena, uint32_t **out,
                                    size_t *out_count)
{
    uint32_t circle_count;
    const uint32_t *circles = network_circles_of(network, dealer, &circle_count);
    size_t most = 0, count = 0;
    for (uint32_t i = 0; i < circle_count; i++)
        most += network->circles[circles[i]].member_count;
    uint32_t *members = arena_array(arena, most, sizeof *members);
    if (!members)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < circle_count; i++)
        for (uint32_t k = 0; k < network->circles[circles[i]].member_count; k++)
            members[count++] = network->circles[circles[i]].members[k].dealer;
    if (circle_count)
        qsort(members, count, sizeof *members, order_indices);
    *out = members;
    *out_count = count;
    return STATUS_OK;
}

status_t access_then_all_peers(const access_then_t *at, uint32_t own, period_t period, arena_t *arena,
                               uint32_t out[PEERS_MAX], size_t *out_count, size_t *out_left_out)
{
    uint32_t today = network_find_dealer(at->today, at->then->dealers[own].code), *members = NULL, peer;
    size_t member_count = 0, count = 0;
    if (today != INDEX_NONE)
        TRY(list_circle_members(at->today, today, arena, &members, &member_count));
    for (size_t i = 0; i < member_count; i++) {
        refusal_t refusal;
        bool is_repeat = i && members[i] == members[i - 1];
        if (is_repeat || members[i] == today || !network_are_peers(at->today, today, members[i], period))
            continue;
        const char *code = at->today->dealers[members[i]].code;
        if (access_then_peer(at, own, code, period, &peer, &refusal) != STATUS_OK)
            continue;
        if (count < PEERS_MAX)
            out[count] = peer;
        count++;
    }
    *out_count = count < PEERS_MAX ? count : PEERS_MAX;
    *out_left_out = count - *out_count;
    return STATUS_OK;
}

/* ---- scopes */

typedef enum { SEES_NOTHING, SEES_AVERAGES, SEES_ALL } sight_t;

/* The dealer of then in today's network. Networks rarely differ much, so the same index is tried first. */
static uint32_t find_today(const access_then_t *at, uint32_t dealer)
{
    const char *code = at->then->dealers[dealer].code;
    if (dealer < at->today->dealer_count && strcmp(at->today->dealers[dealer].code, code) == 0)
        return dealer;
    return network_find_dealer(at->today, code);
}

static bool scope_held(const network_t *then, scope_t scope, uint32_t dealer, period_t period)
{
    uint32_t region = network_region_of(then, dealer, period);
    if (scope.kind == SCOPE_CIRCLE)
        return network_circle_holds(then, scope.index, dealer, period);
    return region != INDEX_NONE && network_region_within(then, region, scope.index);
}

/* Whether all stores that the region or circle held are seen; *out_any: whether there is one. */
static bool sees_stores(const access_then_t *at, scope_t scope, period_t period, bool *out_any)
{
    *out_any = false;
    for (uint32_t dealer = 0; dealer < at->then->dealer_count; dealer++) {
        if (!scope_held(at->then, scope, dealer, period))
            continue;
        uint32_t today = find_today(at, dealer);
        if (today == INDEX_NONE)
            continue;
        if (!access_holds_region(at->today, at->principal, network_region_of(at->today, today, period)))
            return false;
        *out_any = true;
    }
    return true;
}

/* Whether a region of then lay in the key's region, and does today. */
static bool is_own_region(const access_then_t *at, uint32_t region)
{
    uint32_t today = network_find_region(at->today, at->then->regions[region].code);
    return access_holds_region(at->then, at->principal, region) && access_holds_region(at->today, at->principal, today);
}

static sight_t sight_of(const access_then_t *at, scope_t scope, period_t period)
{
    bool any;
    if (scope.kind == SCOPE_NATION)
        return SEES_AVERAGES;
    bool is_own = scope.kind == SCOPE_REGION && is_own_region(at, scope.index);
    if (sees_stores(at, scope, period, &any) && (any || is_own))
        return SEES_ALL;
    return is_own ? SEES_AVERAGES : SEES_NOTHING;
}

status_t access_then_region(const access_then_t *at, uint32_t own_region, const char *code, period_t period,
                            uint32_t *out, refusal_t *refusal)
{
    if (!is_manager_of_then(at))
        return access_find_region(at->then, at->principal, own_region, code, out, refusal);
    const char *name = *code ? code : at->then->regions[own_region].code;
    uint32_t region = network_find_region(at->then, name);
    if (region != INDEX_NONE && sight_of(at, (scope_t){SCOPE_REGION, region}, period) != SEES_NOTHING) {
        *out = region;
        return STATUS_OK;
    }
    if (region == INDEX_NONE && access_holds_region(at->today, at->principal, network_find_region(at->today, name)))
        return refuse(refusal, STATUS_UNKNOWN, name, "the network had no region %s", name);
    return refuse(refusal, STATUS_NOT_ALLOWED, name, "%s does not lie in this key's region; name one with --region",
                  name);
}

/* Why a manager is not shown a scope of then. */
static status_t refuse_scope(const access_then_t *at, request_kind_t kind, const char *text, sight_t sight,
                             bool is_nation, refusal_t *refusal)
{
    scope_t scope;
    bool is_known = scope_parse(at->then, text, &scope) == STATUS_OK;
    if (sight == SEES_AVERAGES && !is_nation)
        return refuse(refusal, STATUS_NOT_ALLOWED, text,
                      "%s held stores that do not lie in this key's region today, so only its benchmark's averages are "
                      "shown of then",
                      text);
    if (!is_known && scope_parse(at->today, text, &scope) == STATUS_OK && scope.kind == SCOPE_REGION &&
        access_holds_region(at->today, at->principal, scope.index))
        return refuse(refusal, STATUS_UNKNOWN, text, "there was no scope %s", text);
    return access_refuse_scope(text, kind, refusal);
}

status_t access_then_scope(const access_then_t *at, request_kind_t kind, const char *text, period_t period,
                           scope_t *out, bool *out_averages_only, refusal_t *refusal)
{
    scope_t scope = {0};
    if (!is_manager_of_then(at))
        return access_find_scope(at->then, at->principal, kind, text, period, out, out_averages_only, refusal);
    sight_t sight = scope_parse(at->then, text, &scope) == STATUS_OK ? sight_of(at, scope, period) : SEES_NOTHING;
    if (sight == SEES_NOTHING || (sight == SEES_AVERAGES && kind != REQUEST_BENCHMARK))
        return refuse_scope(at, kind, text, sight, scope.kind == SCOPE_NATION, refusal);
    *out = scope;
    *out_averages_only = sight == SEES_AVERAGES;
    return STATUS_OK;
}

size_t access_then_default_scopes(const access_then_t *at, request_kind_t kind, period_t period, scope_t *out,
                                  bool *out_averages_only)
{
    size_t count = access_default_scopes(at->then, at->principal, out), kept = 0;
    memset(out_averages_only, 0, count * sizeof *out_averages_only);
    if (!is_manager_of_then(at))
        return count;
    for (size_t i = 0; i < count; i++) {
        sight_t sight = sight_of(at, out[i], period);
        if (sight == SEES_NOTHING || (sight == SEES_AVERAGES && kind != REQUEST_BENCHMARK))
            continue;
        out_averages_only[kept] = sight == SEES_AVERAGES;
        out[kept++] = out[i];
    }
    return kept;
}
