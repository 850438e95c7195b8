/* Who may what, on a network of two regions, one of them with a region below it. */
#include "hub/access.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define JANUARY      24300 /* some month */
#define MARCH        (JANUARY + 2)

static const network_region_line_t REGIONS[] = {
    {"west", "", "West", 2}, {"east", "", "East", 3}, {"coast", "east", "Coast", 4}};
static const network_dealer_line_t DEALERS[] = {{"D1", "One", "", 2}, {"D2", "Two", "", 3}, {"D3", "Three", "", 4}};
/* D1 moves from the coast to the west in March; D3 leaves then. */
static const network_membership_line_t MEMBERSHIPS[] = {{"D1", "coast", JANUARY, 2},
                                                        {"D1", "west", MARCH, 3},
                                                        {"D2", "east", JANUARY, 4},
                                                        {"D3", "west", JANUARY, 5},
                                                        {"D3", "", MARCH, 6}};
static const network_circle_line_t CIRCLES[] = {{"near", "D1", PERIOD_NONE, PERIOD_NONE, 2},
                                                {"near", "D2", PERIOD_NONE, PERIOD_NONE, 3},
                                                {"empty", "D3", MARCH, PERIOD_NONE, 4}};

static network_t *build(void)
{
    const network_lines_t lines = {REGIONS,     COUNT(REGIONS),     DEALERS, COUNT(DEALERS),
                                   MEMBERSHIPS, COUNT(MEMBERSHIPS), CIRCLES, COUNT(CIRCLES)};
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    cr_assert_eq(network_build(&lines, &network, &faults), STATUS_OK);
    return network;
}

static const char *const ONE[] = {"D1"};
static const principal_t DEALER = {.role = ROLE_DEALER, .dealers = ONE, .dealer_count = 1, .region = ""};
static const principal_t MANAGER = {.role = ROLE_MANAGER, .region = "east"};
static const principal_t CENTRAL = {.role = ROLE_HEADQUARTERS, .region = ""};

static status_t find_store(const network_t *network, const principal_t *who, const char *code, period_t period,
                           refusal_t *refusal)
{
    uint32_t dealer, region;
    *refusal = (refusal_t){0};
    return access_find_store(network, who, code, period, &dealer, &region, refusal);
}

Test(access, each_request_has_its_roles)
{
    static const struct {
        request_kind_t kind;
        bool dealer, manager, headquarters, operator_;
    } TABLE[] = {
        {REQUEST_NONE, 0, 0, 0, 0},
        {REQUEST_DESCRIBE, 1, 1, 1, 1},
        {REQUEST_GET_CATALOG, 1, 1, 1, 1},
        {REQUEST_SUBMIT, 1, 0, 1, 0},
        {REQUEST_WITHDRAW, 1, 0, 1, 0},
        {REQUEST_COMPARE, 1, 1, 1, 0},
        {REQUEST_TREND, 1, 1, 1, 0},
        {REQUEST_CONSULTANTS, 1, 1, 1, 0},
        {REQUEST_RANK, 0, 1, 1, 0},
        {REQUEST_BENCHMARK, 0, 1, 1, 0},
        {REQUEST_COVERAGE, 0, 1, 1, 0},
        {REQUEST_ADMIT_KEY, 0, 0, 1, 1},
        {REQUEST_REVOKE_KEY, 0, 0, 1, 1},
        {REQUEST_LIST_KEYS, 0, 0, 1, 1},
        {REQUEST_IMPORT_NETWORK, 0, 0, 1, 0},
        {REQUEST_SHOW_NETWORK, 0, 1, 1, 1},
        {REQUEST_INSTALL_CATALOG, 0, 0, 1, 0},
        {REQUEST_GET_HEALTH, 0, 0, 1, 1},
        {REQUEST_MAKE_TOKENS, 0, 0, 1, 1},
        {REQUEST_LIST_TOKENS, 0, 0, 1, 1},
        {REQUEST_REVOKE_TOKENS, 0, 0, 1, 1},
        {REQUEST_ENROLL, 0, 0, 0, 0},
        {REQUEST_MONTH_STATUS, 1, 1, 1, 0},
        {REQUEST_CLOSE_MONTH, 0, 0, 1, 0},
        {REQUEST_REOPEN_MONTH, 0, 0, 1, 0},
        {REQUEST_ALLOW_CORRECTION, 0, 0, 1, 0},
        {REQUEST_MONTH_DRIFT, 0, 1, 1, 0},
        {REQUEST_CHECKS, 1, 1, 1, 0},
        {REQUEST_COMMENT, 1, 0, 0, 0},
        {REQUEST_RELEASE_MONTH, 0, 0, 1, 0},
        {REQUEST_DESIGNATE_EXEMPLAR, 0, 0, 1, 0},
        {REQUEST_LIST_EXEMPLARS, 0, 1, 1, 0},
        {REQUEST_EXPLAIN_DISCLOSURE, 0, 0, 1, 0},
        {REQUEST_COVERAGE_YEAR, 0, 1, 1, 0},
        {REQUEST_LIST_EVENTS, 0, 0, 1, 0},
        {REQUEST_HISTORY, 1, 1, 1, 0},
        {REQUEST_VERIFY_EVENTS, 0, 0, 1, 1},
        {REQUEST_WITNESS, 1, 1, 1, 1},
    };
    size_t named = 0;
    for (request_kind_t kind = REQUEST_NONE; kind < REQUEST_KIND_COUNT; kind++)
        named += request_kind_names[kind] != NULL;
    cr_assert_eq(COUNT(TABLE), named);
    for (size_t i = 0; i < COUNT(TABLE); i++) {
        cr_assert_eq(access_role_may(ROLE_NONE, TABLE[i].kind), false);
        cr_assert_eq(access_role_may(ROLE_DEALER, TABLE[i].kind), TABLE[i].dealer, "row %zu", i);
        cr_assert_eq(access_role_may(ROLE_MANAGER, TABLE[i].kind), TABLE[i].manager, "row %zu", i);
        cr_assert_eq(access_role_may(ROLE_HEADQUARTERS, TABLE[i].kind), TABLE[i].headquarters, "row %zu", i);
        cr_assert_eq(access_role_may(ROLE_OPERATOR, TABLE[i].kind), TABLE[i].operator_, "row %zu", i);
    }
}

Test(access, a_dealer_submits_for_its_own_stores_and_headquarters_for_all)
{
    cr_assert(access_may_submit(&DEALER, "D1"));
    cr_assert(!access_may_submit(&DEALER, "D2"));
    cr_assert(access_may_submit(&CENTRAL, "D2"));
    cr_assert(!access_may_submit(&MANAGER, "D2"));
}

Test(access, a_manager_reads_a_store_in_the_months_that_lay_in_its_region)
{
    CLEANUP(network_destroy) network_t *network = build();
    refusal_t refusal;
    cr_assert_eq(find_store(network, &MANAGER, "D1", JANUARY, &refusal), STATUS_OK);
    cr_assert_eq(find_store(network, &MANAGER, "D1", MARCH, &refusal), STATUS_NOT_ALLOWED);
    cr_assert_eq(find_store(network, &MANAGER, "D3", JANUARY, &refusal), STATUS_NOT_ALLOWED);
}

/* The text with the code that was asked for cut out. */
static const char *without_code(const refusal_t *refusal, const char *code)
{
    cr_assert_str_eq(refusal->where, code);
    cr_assert_eq(strncmp(refusal->message, code, strlen(code)), 0, "%s", refusal->message);
    return refusal->message + strlen(code);
}

Test(access, a_refusal_reads_the_same_for_the_unknown_and_for_anothers)
{
    CLEANUP(network_destroy) network_t *network = build();
    static const principal_t *const WHO[] = {&DEALER, &MANAGER};
    for (size_t i = 0; i < COUNT(WHO); i++) {
        refusal_t unknown, others;
        cr_assert_eq(find_store(network, WHO[i], "D9", JANUARY, &unknown), STATUS_NOT_ALLOWED);
        cr_assert_eq(find_store(network, WHO[i], "D3", JANUARY, &others), STATUS_NOT_ALLOWED);
        cr_assert_str_eq(without_code(&unknown, "D9"), without_code(&others, "D3"));
    }
}

Test(access, headquarters_is_told_what_is_unknown_and_what_is_no_member)
{
    CLEANUP(network_destroy) network_t *network = build();
    refusal_t refusal;
    cr_assert_eq(find_store(network, &CENTRAL, "D9", JANUARY, &refusal), STATUS_UNKNOWN);
    cr_assert_eq(find_store(network, &CENTRAL, "D3", MARCH, &refusal), STATUS_INVALID);
    cr_assert(strstr(refusal.message, "no member"), "%s", refusal.message);
    cr_assert_eq(find_store(network, &CENTRAL, "D3", JANUARY, &refusal), STATUS_OK);
}

Test(access, a_dealer_sees_beside_itself_only_peers_of_a_circle)
{
    CLEANUP(network_destroy) network_t *network = build();
    refusal_t refusal;
    uint32_t peer, own = network_find_dealer(network, "D1");
    cr_assert_eq(access_find_peer(network, &DEALER, own, "D2", JANUARY, &peer, &refusal), STATUS_OK);
    cr_assert_eq(peer, network_find_dealer(network, "D2"));
    cr_assert_eq(access_find_peer(network, &DEALER, own, "D3", JANUARY, &peer, &refusal), STATUS_NOT_ALLOWED);
    cr_assert_eq(access_find_peer(network, &DEALER, own, "D9", JANUARY, &peer, &refusal), STATUS_NOT_ALLOWED);
}

Test(access, a_dealer_compares_with_its_own_region_only)
{
    CLEANUP(network_destroy) network_t *network = build();
    refusal_t refusal;
    uint32_t region, coast = network_find_region(network, "coast"), west = network_find_region(network, "west");
    cr_assert_eq(access_find_region(network, &DEALER, coast, "", &region, &refusal), STATUS_OK);
    cr_assert_eq(region, coast);
    cr_assert_eq(access_find_region(network, &DEALER, coast, "coast", &region, &refusal), STATUS_OK);
    cr_assert_eq(access_find_region(network, &DEALER, coast, "east", &region, &refusal), STATUS_NOT_ALLOWED);
    cr_assert_eq(access_find_region(network, &MANAGER, coast, "east", &region, &refusal), STATUS_OK);
    cr_assert_eq(access_find_region(network, &MANAGER, coast, "west", &region, &refusal), STATUS_NOT_ALLOWED);
    cr_assert_eq(access_find_region(network, &MANAGER, coast, "moon", &region, &refusal), STATUS_NOT_ALLOWED);
    cr_assert_eq(access_find_region(network, &CENTRAL, coast, "west", &region, &refusal), STATUS_OK);
    cr_assert_eq(region, west);
    cr_assert_eq(access_find_region(network, &CENTRAL, coast, "moon", &region, &refusal), STATUS_UNKNOWN);
}

static status_t find_scope(const network_t *network, const principal_t *who, request_kind_t kind, const char *text,
                           period_t period, bool *out_averages_only)
{
    scope_t scope;
    refusal_t refusal;
    return access_find_scope(network, who, kind, text, period, &scope, out_averages_only, &refusal);
}

Test(access, a_manager_reads_scopes_inside_its_region_and_averages_of_the_nation)
{
    CLEANUP(network_destroy) network_t *network = build();
    static const struct {
        const char *scope;
        request_kind_t kind;
        period_t period;
        status_t status;
        bool averages_only;
    } TABLE[] = {
        {"region:east", REQUEST_RANK, JANUARY, STATUS_OK, false},
        {"region:coast", REQUEST_COVERAGE, JANUARY, STATUS_OK, false},
        {"region:west", REQUEST_BENCHMARK, JANUARY, STATUS_NOT_ALLOWED, false},
        {"region:moon", REQUEST_BENCHMARK, JANUARY, STATUS_NOT_ALLOWED, false},
        {"nation", REQUEST_BENCHMARK, JANUARY, STATUS_OK, true},
        {"nation", REQUEST_RANK, JANUARY, STATUS_NOT_ALLOWED, false},
        {"nation", REQUEST_COVERAGE, JANUARY, STATUS_NOT_ALLOWED, false},
        {"circle:near", REQUEST_RANK, JANUARY, STATUS_OK, false},
        {"circle:near", REQUEST_RANK, MARCH, STATUS_NOT_ALLOWED, false}, /* D1 has moved out */
        {"circle:empty", REQUEST_RANK, JANUARY, STATUS_NOT_ALLOWED, false},
    };
    for (size_t i = 0; i < COUNT(TABLE); i++) {
        bool averages_only = false;
        cr_assert_eq(find_scope(network, &MANAGER, TABLE[i].kind, TABLE[i].scope, TABLE[i].period, &averages_only),
                     TABLE[i].status, "row %zu", i);
        cr_assert_eq(averages_only, TABLE[i].averages_only, "row %zu", i);
    }
}

Test(access, headquarters_reads_every_scope_in_full)
{
    CLEANUP(network_destroy) network_t *network = build();
    bool averages_only = true;
    cr_assert_eq(find_scope(network, &CENTRAL, REQUEST_BENCHMARK, "nation", JANUARY, &averages_only), STATUS_OK);
    cr_assert_eq(averages_only, false);
    cr_assert_eq(find_scope(network, &CENTRAL, REQUEST_RANK, "circle:near", MARCH, &averages_only), STATUS_OK);
    cr_assert_eq(find_scope(network, &CENTRAL, REQUEST_RANK, "region:moon", MARCH, &averages_only), STATUS_UNKNOWN);
}

Test(access, scopes_default_to_what_the_key_reads_in_the_files_order)
{
    CLEANUP(network_destroy) network_t *network = build();
    scope_t scopes[COUNT(REGIONS) + 1];
    cr_assert_eq(access_default_scopes(network, &CENTRAL, scopes), 4);
    cr_assert_eq(scopes[0].kind, SCOPE_NATION);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert(scopes[i + 1].kind == SCOPE_REGION && scopes[i + 1].index == i);
    cr_assert_eq(access_default_scopes(network, &MANAGER, scopes), 2);
    cr_assert_str_eq(network->regions[scopes[0].index].code, "east");
    cr_assert_str_eq(network->regions[scopes[1].index].code, "coast");
}

Test(access, a_year_shows_a_manager_only_the_months_that_lay_in_its_region)
{
    CLEANUP(network_destroy) network_t *network = build();
    bool visible[TREND_MONTHS];
    refusal_t refusal;
    uint32_t dealer;
    period_t first = JANUARY - 2;
    cr_assert_eq(access_find_year(network, &MANAGER, "D1", first, &dealer, visible, &refusal), STATUS_OK);
    for (size_t i = 0; i < TREND_MONTHS; i++)
        cr_assert_eq(visible[i], i == 2 || i == 3, "month %zu", i);
    cr_assert_eq(access_find_year(network, &MANAGER, "D3", first, &dealer, visible, &refusal), STATUS_NOT_ALLOWED);
    cr_assert_eq(access_find_year(network, &MANAGER, "D1", first + 12, &dealer, visible, &refusal), STATUS_NOT_ALLOWED,
                 "the year before its move is not asked for");
    cr_assert_eq(access_find_year(network, &DEALER, "D1", first, &dealer, visible, &refusal), STATUS_OK);
    for (size_t i = 0; i < TREND_MONTHS; i++)
        cr_assert(visible[i]);
}

Test(access, a_manager_whose_region_is_gone_reads_nothing)
{
    CLEANUP(network_destroy) network_t *network = build();
    static const principal_t GONE = {.role = ROLE_MANAGER, .region = "moon"};
    scope_t scopes[COUNT(REGIONS) + 1];
    refusal_t refusal;
    cr_assert_eq(access_default_scopes(network, &GONE, scopes), 0);
    cr_assert_eq(find_store(network, &GONE, "D1", JANUARY, &refusal), STATUS_NOT_ALLOWED);
}

Test(access, a_month_s_corrections_are_seen_by_who_reads_that_month)
{
    CLEANUP(network_destroy) network_t *network = build();
    cr_assert(access_sees_month(network, &DEALER, "D1", MARCH));
    cr_assert(!access_sees_month(network, &DEALER, "D2", MARCH));
    cr_assert(access_sees_month(network, &MANAGER, "D1", JANUARY));
    cr_assert(!access_sees_month(network, &MANAGER, "D1", MARCH), "it lies in the west by then");
    cr_assert(!access_sees_month(network, &MANAGER, "D9", JANUARY));
    cr_assert(access_sees_month(network, &CENTRAL, "D9", JANUARY));
}

Test(access, a_manager_s_own_scope_is_its_region_and_the_others_is_the_nation)
{
    CLEANUP(network_destroy) network_t *network = build();
    static const principal_t GONE = {.role = ROLE_MANAGER, .region = "moon"};
    scope_t scope;
    refusal_t refusal;
    cr_assert_eq(access_find_own_scope(network, &MANAGER, &scope, &refusal), STATUS_OK);
    cr_assert(scope.kind == SCOPE_REGION && scope.index == network_find_region(network, "east"));
    cr_assert_eq(access_find_own_scope(network, &CENTRAL, &scope, &refusal), STATUS_OK);
    cr_assert_eq(scope.kind, SCOPE_NATION);
    cr_assert_eq(access_find_own_scope(network, &GONE, &scope, &refusal), STATUS_NOT_ALLOWED);
    cr_assert(strstr(refusal.message, "moon is no longer in the network"), "%s", refusal.message);
}
