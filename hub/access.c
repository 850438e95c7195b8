#include "hub/access.h"

#include <string.h>

#define ANY     (DEALER | MANAGER | CENTRAL | OPERATE)
#define DEALER  (1u << ROLE_DEALER)
#define MANAGER (1u << ROLE_MANAGER)
#define CENTRAL (1u << ROLE_HEADQUARTERS)
#define OPERATE (1u << ROLE_OPERATOR)

static const unsigned ROLES_OF_REQUEST[REQUEST_KIND_COUNT] = {
    [REQUEST_DESCRIBE] = ANY,
    [REQUEST_GET_CATALOG] = ANY,
    [REQUEST_SUBMIT] = DEALER | CENTRAL,
    [REQUEST_WITHDRAW] = DEALER | CENTRAL,
    [REQUEST_COMPARE] = DEALER | MANAGER | CENTRAL,
    [REQUEST_TREND] = DEALER | MANAGER | CENTRAL,
    [REQUEST_CONSULTANTS] = DEALER | MANAGER | CENTRAL,
    [REQUEST_RANK] = MANAGER | CENTRAL,
    [REQUEST_BENCHMARK] = MANAGER | CENTRAL,
    [REQUEST_COVERAGE] = MANAGER | CENTRAL,
    [REQUEST_ADMIT_KEY] = CENTRAL | OPERATE,
    [REQUEST_REVOKE_KEY] = CENTRAL | OPERATE,
    [REQUEST_LIST_KEYS] = CENTRAL | OPERATE,
    [REQUEST_IMPORT_NETWORK] = CENTRAL,
    [REQUEST_SHOW_NETWORK] = MANAGER | CENTRAL | OPERATE,
    [REQUEST_INSTALL_CATALOG] = CENTRAL,
    [REQUEST_GET_HEALTH] = CENTRAL | OPERATE,
    [REQUEST_MAKE_TOKENS] = CENTRAL | OPERATE,
    [REQUEST_LIST_TOKENS] = CENTRAL | OPERATE,
    [REQUEST_REVOKE_TOKENS] = CENTRAL | OPERATE,
    [REQUEST_MONTH_STATUS] = DEALER | MANAGER | CENTRAL,
    [REQUEST_RELEASE_MONTH] = CENTRAL,
    [REQUEST_DESIGNATE_EXEMPLAR] = CENTRAL,
    [REQUEST_LIST_EXEMPLARS] = MANAGER | CENTRAL,
    [REQUEST_EXPLAIN_DISCLOSURE] = CENTRAL,
    [REQUEST_CLOSE_MONTH] = CENTRAL,
    [REQUEST_REOPEN_MONTH] = CENTRAL,
    [REQUEST_ALLOW_CORRECTION] = CENTRAL,
    [REQUEST_MONTH_DRIFT] = MANAGER | CENTRAL,
    [REQUEST_LIST_EVENTS] = CENTRAL, /* texts and names of all stores stand in it */
    [REQUEST_VERIFY_EVENTS] = CENTRAL | OPERATE,
    [REQUEST_WITNESS] = ANY, /* numbers and hashes: who keeps one can show that the log was rewritten */
    [REQUEST_HISTORY] = DEALER | MANAGER | CENTRAL,
    [REQUEST_CHECKS] = DEALER | MANAGER | CENTRAL,
    [REQUEST_COMMENT] = DEALER, /* its own word */
    [REQUEST_COVERAGE_YEAR] = MANAGER | CENTRAL,
    [REQUEST_ENROLL] = 0, /* who is admitted already has no need of it; the others come by another door */
};

bool access_role_may(role_t role, request_kind_t kind)
{
    return role < ROLE_COUNT && kind < REQUEST_KIND_COUNT && (ROLES_OF_REQUEST[kind] >> role & 1u);
}

static bool names_store(const principal_t *principal, const char *dealer)
{
    for (size_t i = 0; i < principal->dealer_count; i++)
        if (strcmp(principal->dealers[i], dealer) == 0)
            return true;
    return false;
}

bool access_may_submit(const principal_t *principal, const char *dealer)
{
    return principal->role == ROLE_HEADQUARTERS || (principal->role == ROLE_DEALER && names_store(principal, dealer));
}

bool access_holds_region(const network_t *network, const principal_t *principal, uint32_t region)
{
    if (principal->role != ROLE_MANAGER)
        return true;
    uint32_t own = network_find_region(network, principal->region);
    return own != INDEX_NONE && region != INDEX_NONE && network_region_within(network, region, own);
}

/* Whether the key reads that store's month, and if not, in words that do not tell why. */
static status_t check_store(const network_t *network, const principal_t *principal, const char *code, uint32_t dealer,
                            uint32_t region, refusal_t *refusal)
{
    bool known = dealer != INDEX_NONE;
    if (principal->role == ROLE_DEALER && !names_store(principal, code))
        return refuse(refusal, STATUS_NOT_ALLOWED, code, "%s is not a store of this key; it reads only its own stores",
                      code);
    if (principal->role == ROLE_MANAGER && (!known || !access_holds_region(network, principal, region)))
        return refuse(refusal, STATUS_NOT_ALLOWED, code,
                      "%s is not a store that lay in this key's region then; it reads only its own region", code);
    if (!known)
        return refuse(refusal, STATUS_UNKNOWN, code, "the network has no dealer %s", code);
    return STATUS_OK;
}

status_t access_find_store(const network_t *network, const principal_t *principal, const char *code, period_t period,
                           uint32_t *out_dealer, uint32_t *out_region, refusal_t *refusal)
{
    uint32_t dealer = network_find_dealer(network, code);
    uint32_t region = dealer == INDEX_NONE ? INDEX_NONE : network_region_of(network, dealer, period);
    TRY(check_store(network, principal, code, dealer, region, refusal));
    if (region == INDEX_NONE) {
        char month[PERIOD_TEXT_SIZE];
        period_format(period, month);
        return refuse(refusal, STATUS_INVALID, code, "%s is no member of the network in %s", code, month);
    }
    *out_dealer = dealer;
    *out_region = region;
    return STATUS_OK;
}

status_t access_find_peer(const network_t *network, const principal_t *principal, uint32_t own, const char *peer,
                          period_t period, uint32_t *out, refusal_t *refusal)
{
    uint32_t region;
    if (principal->role != ROLE_DEALER || names_store(principal, peer))
        return access_find_store(network, principal, peer, period, out, &region, refusal);
    uint32_t dealer = network_find_dealer(network, peer);
    if (dealer == INDEX_NONE || !network_are_peers(network, own, dealer, period))
        return refuse(refusal, STATUS_NOT_ALLOWED, peer, "%s shares no circle with this store in that month", peer);
    *out = dealer;
    return STATUS_OK;
}

status_t access_find_region(const network_t *network, const principal_t *principal, uint32_t own_region,
                            const char *code, uint32_t *out, refusal_t *refusal)
{
    if (!*code) {
        *out = own_region;
        return STATUS_OK;
    }
    uint32_t region = network_find_region(network, code);
    if (principal->role == ROLE_DEALER && region != own_region)
        return refuse(refusal, STATUS_NOT_ALLOWED, code,
                      "%s is not the store's region in that month; a dealer compares with its own region", code);
    if (principal->role == ROLE_MANAGER && !access_holds_region(network, principal, region))
        return refuse(refusal, STATUS_NOT_ALLOWED, code, "%s does not lie in this key's region", code);
    if (region == INDEX_NONE)
        return refuse(refusal, STATUS_UNKNOWN, code, "the network has no region %s", code);
    *out = region;
    return STATUS_OK;
}

/* Whether all that belong to the circle in that month lie in the manager's region; *any is set where somebody does. */
static bool holds_members(const network_t *network, const principal_t *principal, uint32_t index, period_t period,
                          bool *any)
{
    const circle_t *circle = &network->circles[index];
    for (uint32_t i = 0; i < circle->member_count; i++) {
        uint32_t dealer = circle->members[i].dealer;
        if (!network_circle_holds(network, index, dealer, period))
            continue;
        if (!access_holds_region(network, principal, network_region_of(network, dealer, period)))
            return false;
        *any = true;
    }
    return true;
}

static bool holds_circle(const network_t *network, const principal_t *principal, uint32_t index, period_t first,
                         period_t last)
{
    bool any = false;
    for (period_t period = first; period <= last; period++)
        if (!holds_members(network, principal, index, period, &any))
            return false;
    return any;
}

static bool manager_sees(const network_t *network, const principal_t *principal, request_kind_t kind, scope_t scope,
                         period_t first, period_t last)
{
    switch (scope.kind) {
    case SCOPE_NATION:
        return kind == REQUEST_BENCHMARK;
    case SCOPE_REGION:
        return access_holds_region(network, principal, scope.index);
    case SCOPE_CIRCLE:
        return holds_circle(network, principal, scope.index, first, last);
    }
    return false;
}

status_t access_refuse_scope(const char *text, request_kind_t kind, refusal_t *refusal)
{
    return refuse(refusal, STATUS_NOT_ALLOWED, text,
                  "%s is not a scope of this key for %s; it reads its region, what lies below it, and circles wholly "
                  "inside it",
                  text, request_kind_names[kind]);
}

static status_t find_scope(const network_t *network, const principal_t *principal, request_kind_t kind,
                           const char *text, period_t first, period_t last, scope_t *out, refusal_t *refusal)
{
    scope_t scope = {0};
    bool known = scope_parse(network, text, &scope) == STATUS_OK;
    if (principal->role == ROLE_MANAGER && (!known || !manager_sees(network, principal, kind, scope, first, last)))
        return access_refuse_scope(text, kind, refusal);
    if (!known)
        return refuse(
            refusal, STATUS_UNKNOWN, text,
            "there is no scope %s; scopes are nation, region:CODE and circle:CODE, with the codes of `network show`",
            text);
    *out = scope;
    return STATUS_OK;
}

status_t access_find_scope(const network_t *network, const principal_t *principal, request_kind_t kind,
                           const char *text, period_t period, scope_t *out, bool *out_averages_only, refusal_t *refusal)
{
    TRY(find_scope(network, principal, kind, text, period, period, out, refusal));
    *out_averages_only = principal->role == ROLE_MANAGER && out->kind == SCOPE_NATION;
    return STATUS_OK;
}

status_t access_find_scope_of_year(const network_t *network, const principal_t *principal, const char *text, int year,
                                   scope_t *out, refusal_t *refusal)
{
    return find_scope(network, principal, REQUEST_COVERAGE_YEAR, text, period_make(year, 1), period_make(year, 12), out,
                      refusal);
}

status_t access_find_view(const network_t *network, const principal_t *principal, period_t today, period_t period,
                          regions_view_t *out, uint32_t *out_unseen, refusal_t *refusal)
{
    if (principal->role != ROLE_MANAGER && principal->role != ROLE_HEADQUARTERS)
        return refuse(refusal, STATUS_NOT_ALLOWED, "regions",
                      "regions of today are for managers and headquarters; a dealer reads a month with the regions as "
                      "they were in it (leave --regions out)");
    *out = (regions_view_t){today, INDEX_NONE};
    if (principal->role == ROLE_MANAGER)
        out->viewer = network_find_region(network, principal->region);
    *out_unseen = regions_view_unseen(network, out, period);
    if (!*out_unseen)
        out->viewer = INDEX_NONE;
    return STATUS_OK;
}

size_t access_default_scopes(const network_t *network, const principal_t *principal, scope_t *out)
{
    size_t count = 0;
    if (principal->role != ROLE_MANAGER)
        out[count++] = (scope_t){.kind = SCOPE_NATION};
    for (uint32_t region = 0; region < network->region_count; region++)
        if (access_holds_region(network, principal, region))
            out[count++] = (scope_t){.kind = SCOPE_REGION, .index = region};
    return count;
}

status_t access_find_year(const network_t *network, const principal_t *principal, const char *code, period_t first,
                          uint32_t *out_dealer, bool out_visible[TREND_MONTHS], refusal_t *refusal)
{
    uint32_t dealer = network_find_dealer(network, code);
    uint32_t seen = INDEX_NONE; /* a region of the year asked for in which the key sees the store */
    for (size_t i = 0; i < TREND_MONTHS; i++) {
        uint32_t region = dealer == INDEX_NONE ? INDEX_NONE : network_region_of(network, dealer, first + (period_t)i);
        out_visible[i] = access_holds_region(network, principal, region);
        if (i >= TREND_MONTHS - 12 && out_visible[i] && region != INDEX_NONE)
            seen = region;
    }
    TRY(check_store(network, principal, code, dealer, seen, refusal));
    *out_dealer = dealer;
    return STATUS_OK;
}

bool access_sees_month(const network_t *network, const principal_t *principal, const char *code, period_t period)
{
    if (principal->role == ROLE_DEALER)
        return names_store(principal, code);
    uint32_t dealer = network_find_dealer(network, code);
    uint32_t region = dealer == INDEX_NONE ? INDEX_NONE : network_region_of(network, dealer, period);
    return access_holds_region(network, principal, region);
}

status_t access_find_own_scope(const network_t *network, const principal_t *principal, scope_t *out, refusal_t *refusal)
{
    uint32_t region = network_find_region(network, principal->region);
    if (principal->role == ROLE_MANAGER && region == INDEX_NONE)
        return refuse(refusal, STATUS_NOT_ALLOWED, principal->region,
                      "this key's region %s is no longer in the network; have headquarters admit a key for another",
                      principal->region);
    *out = principal->role == ROLE_MANAGER ? (scope_t){SCOPE_REGION, region} : (scope_t){.kind = SCOPE_NATION};
    return STATUS_OK;
}
