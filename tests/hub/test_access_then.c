/* What a manager of the east sees of then: stores by where they lie today, scopes by their stores. */
#include "hub/access_then.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MAY          24304 /* some month */

static const network_dealer_line_t DEALERS[] = {
    {"D1", "One", "", 2}, {"D2", "Two", "", 3}, {"D3", "Three", "", 4}, {"D4", "Four", "", 5}};

static network_t *build(const network_lines_t *lines)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    cr_assert_eq(network_build(lines, &network, &faults), STATUS_OK, "%s",
                 faults.count ? faults.items[0].message : "no faults");
    return network;
}

/* Then: D1 and D2 on the coast in the east, D3 in the west, D4 (never filed) in the old region in the east. */
static network_t *build_then(void)
{
    static const network_region_line_t REGIONS[] = {{"west", "", "W", 2},
                                                    {"east", "", "E", 3},
                                                    {"coast", "east", "C", 4},
                                                    {"old", "east", "O", 5},
                                                    {"hills", "west", "H", 6}};
    static const network_membership_line_t MEMBERS[] = {{"D1", "coast", MAY - 9, 2},
                                                        {"D2", "coast", MAY - 9, 3},
                                                        {"D3", "hills", MAY - 9, 4},
                                                        {"D4", "old", MAY - 9, 5}};
    static const network_circle_line_t CIRCLES[] = {{"both", "D1", PERIOD_NONE, PERIOD_NONE, 2},
                                                    {"both", "D2", PERIOD_NONE, PERIOD_NONE, 3},
                                                    {"mine", "D3", PERIOD_NONE, PERIOD_NONE, 4}};
    return build(&(network_lines_t){REGIONS, 5, DEALERS, 4, MEMBERS, 4, CIRCLES, 3});
}

/* Today: D2 is the west's from May on, the hills with D3 are the east's; the old region and D4 are gone. */
static network_t *build_today(void)
{
    static const network_region_line_t REGIONS[] = {{"west", "", "W", 2},
                                                    {"east", "", "E", 3},
                                                    {"coast", "east", "C", 4},
                                                    {"new", "east", "N", 5},
                                                    {"hills", "east", "H", 6}};
    static const network_membership_line_t MEMBERS[] = {
        {"D1", "coast", MAY - 9, 2}, {"D2", "coast", MAY - 9, 3}, {"D2", "west", MAY, 4}, {"D3", "hills", MAY - 9, 5}};
    return build(&(network_lines_t){REGIONS, 5, DEALERS, 3, MEMBERS, 4, NULL, 0});
}

static const principal_t EAST = {.role = ROLE_MANAGER, .region = "east"};
static const principal_t GONE = {.role = ROLE_MANAGER, .region = "old"};
static const principal_t CENTRAL = {.role = ROLE_HEADQUARTERS, .region = ""};

typedef struct {
    network_t *then, *today;
    access_then_t at;
} fixture_t;

static fixture_t set_up(const principal_t *principal)
{
    fixture_t fixture = {.then = build_then(), .today = build_today()};
    fixture.at = (access_then_t){fixture.then, fixture.today, principal};
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    network_destroy(&fixture->then);
    network_destroy(&fixture->today);
}

Test(access_then, a_store_is_seen_where_it_lies_today)
{
    static const struct {
        const char *code;
        period_t period;
        status_t manager, central;
    } CASES[] = {{"D1", MAY, STATUS_OK, STATUS_OK},
                 {"D2", MAY - 1, STATUS_OK, STATUS_OK},
                 {"D2", MAY, STATUS_NOT_ALLOWED, STATUS_OK},
                 {"D3", MAY, STATUS_OK, STATUS_OK},
                 {"D4", MAY, STATUS_NOT_ALLOWED, STATUS_OK},
                 {"D9", MAY, STATUS_NOT_ALLOWED, STATUS_UNKNOWN},
                 {"D1", MAY - 10, STATUS_NOT_ALLOWED, STATUS_INVALID}};
    fixture_t fixture = set_up(&EAST);
    access_then_t central = {fixture.then, fixture.today, &CENTRAL};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        refusal_t refusal = {0};
        uint32_t dealer, region;
        cr_assert_eq(access_then_store(&fixture.at, CASES[i].code, CASES[i].period, &dealer, &region, &refusal),
                     CASES[i].manager, "case %zu: %s", i, refusal.message);
        cr_assert_eq(access_then_store(&central, CASES[i].code, CASES[i].period, &dealer, &region, &refusal),
                     CASES[i].central, "case %zu: %s", i, refusal.message);
        if (CASES[i].central == STATUS_OK)
            cr_assert_str_eq(fixture.then->dealers[dealer].code, CASES[i].code, "indices are those of then");
    }
    tear_down(&fixture);
}

Test(access_then, a_year_shows_the_months_that_are_seen_today)
{
    fixture_t fixture = set_up(&EAST);
    refusal_t refusal = {0};
    uint32_t dealer;
    bool visible[TREND_MONTHS];
    cr_assert_eq(access_then_year(&fixture.at, "D2", MAY - 7, &dealer, visible, &refusal), STATUS_OK);
    for (int i = 0; i < TREND_MONTHS; i++)
        cr_assert_eq(visible[i], i < 7, "month %d", i);
    cr_assert_eq(access_then_year(&fixture.at, "D4", MAY - 7, &dealer, visible, &refusal), STATUS_NOT_ALLOWED);
    tear_down(&fixture);
}

Test(access_then, a_scope_is_seen_wholly_where_all_its_stores_are)
{
    typedef enum { NOT, AVERAGES, ALL, UNKNOWN } sight_t;
    static const struct {
        const char *scope;
        period_t period;
        sight_t sight;
    } CASES[] = {
        {"nation", MAY, AVERAGES},     {"region:east", MAY, AVERAGES}, {"region:coast", MAY, AVERAGES},
        {"region:east", MAY - 1, ALL}, {"region:coast", MAY - 1, ALL}, {"region:hills", MAY, ALL}, /* the west's then */
        {"region:west", MAY, ALL}, /* held but what is the east's today */
        {"region:old", MAY, NOT},  /* nothing of it is anybody's today */
        {"region:new", MAY, UNKNOWN},  {"region:nowhere", MAY, NOT},   {"circle:both", MAY, NOT},
        {"circle:both", MAY - 1, ALL}, {"circle:mine", MAY, ALL},      {"circle:none", MAY, NOT},
    };
    fixture_t fixture = set_up(&EAST);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        scope_t scope;
        bool averages_only = false;
        refusal_t refusal = {0};
        status_t refused = CASES[i].sight == UNKNOWN ? STATUS_UNKNOWN : STATUS_NOT_ALLOWED;
        status_t status = access_then_scope(&fixture.at, REQUEST_BENCHMARK, CASES[i].scope, CASES[i].period, &scope,
                                            &averages_only, &refusal);
        bool is_shown = CASES[i].sight == AVERAGES || CASES[i].sight == ALL;
        cr_assert_eq(status, is_shown ? STATUS_OK : refused, "case %zu: %s", i, refusal.message);
        cr_assert_eq(averages_only, CASES[i].sight == AVERAGES, "case %zu", i);
        status = access_then_scope(&fixture.at, REQUEST_RANK, CASES[i].scope, CASES[i].period, &scope, &averages_only,
                                   &refusal);
        cr_assert_eq(status, CASES[i].sight == ALL ? STATUS_OK : refused, "case %zu", i);
    }
    tear_down(&fixture);
}

Test(access_then, without_names_all_that_is_seen_is_meant)
{
    fixture_t fixture = set_up(&EAST);
    scope_t scopes[8];
    bool averages_only[8];
    /* Of the east, the coast and the old region; the last holds nothing that is known today, and nothing of today's. */
    cr_assert_eq(access_then_default_scopes(&fixture.at, REQUEST_BENCHMARK, MAY, scopes, averages_only), 2);
    cr_assert(averages_only[0] && averages_only[1]);
    cr_assert_eq(access_then_default_scopes(&fixture.at, REQUEST_COVERAGE, MAY, scopes, averages_only), 0);
    cr_assert_eq(access_then_default_scopes(&fixture.at, REQUEST_COVERAGE, MAY - 1, scopes, averages_only), 2);
    cr_assert(!averages_only[0] && !averages_only[1]);
    fixture.at.principal = &GONE;
    cr_assert_eq(access_then_default_scopes(&fixture.at, REQUEST_BENCHMARK, MAY, scopes, averages_only), 0);
    fixture.at.principal = &CENTRAL;
    cr_assert_eq(access_then_default_scopes(&fixture.at, REQUEST_COVERAGE, MAY, scopes, averages_only), 6);
    tear_down(&fixture);
}

Test(access_then, the_region_beside_a_store_is_one_that_is_seen)
{
    fixture_t fixture = set_up(&EAST);
    const network_t *then = fixture.then;
    uint32_t coast = network_find_region(then, "coast"), hills = network_find_region(then, "hills"), region;
    refusal_t refusal = {0};
    cr_assert_eq(access_then_region(&fixture.at, coast, "", MAY, &region, &refusal), STATUS_OK);
    cr_assert_eq(region, coast);
    cr_assert_eq(access_then_region(&fixture.at, hills, "", MAY, &region, &refusal), STATUS_OK);
    cr_assert_eq(access_then_region(&fixture.at, coast, "east", MAY, &region, &refusal), STATUS_OK);
    cr_assert_eq(access_then_region(&fixture.at, coast, "new", MAY, &region, &refusal), STATUS_UNKNOWN);
    cr_assert_eq(access_then_region(&fixture.at, coast, "nowhere", MAY, &region, &refusal), STATUS_NOT_ALLOWED);
    fixture.at.principal = &GONE;
    cr_assert_eq(access_then_region(&fixture.at, coast, "", MAY, &region, &refusal), STATUS_NOT_ALLOWED);
    tear_down(&fixture);
}

/* ---- all peers */

enum { CROWD = 20 };

/* S00 to S19 in one circle: S01 in two lines of it and in another one, S02 from June on only, S03 of the other region;
 * S19 is in no circle. */
static network_t *build_crowd(void)
{
    static const network_region_line_t REGIONS[] = {{"east", "", "E", 2}, {"west", "", "W", 3}};
    static char codes[CROWD][4];
    network_dealer_line_t dealers[CROWD];
    network_membership_line_t members[CROWD];
    network_circle_line_t circles[CROWD + 2];
    size_t count = 0;
    for (size_t i = 0; i < CROWD; i++) {
        snprintf(codes[i], sizeof codes[i], "S%02u", (unsigned)i % 100);
        dealers[i] = (network_dealer_line_t){codes[i], codes[i], "", i + 2};
        members[i] = (network_membership_line_t){codes[i], i == 3 ? "west" : "east", MAY - 9, i + 2};
        if (i < CROWD - 1)
            circles[count++] = (network_circle_line_t){"all", codes[i], i == 2 ? MAY + 1 : PERIOD_NONE,
                                                       i == 1 ? MAY : PERIOD_NONE, count + 2};
    }
    circles[count++] = (network_circle_line_t){"all", "S01", MAY + 1, PERIOD_NONE, count + 2};
    circles[count++] = (network_circle_line_t){"few", "S00", PERIOD_NONE, PERIOD_NONE, count + 2};
    circles[count++] = (network_circle_line_t){"few", "S01", PERIOD_NONE, PERIOD_NONE, count + 2};
    return build(&(network_lines_t){REGIONS, 2, dealers, CROWD, members, CROWD, circles, count});
}

/* The peers of a store as "S01 S03 …+LEFT_OUT". */
static const char *all_peers(const network_t *network, const principal_t *principal, const char *code, period_t period)
{
    static char text[400];
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    const access_then_t at = {network, network, principal};
    uint32_t peers[PEERS_MAX];
    size_t count = 0, left_out = 0, size = 0;
    cr_assert_eq(
        access_then_all_peers(&at, network_find_dealer(network, code), period, arena, peers, &count, &left_out),
        STATUS_OK);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s ", network->dealers[peers[i]].code);
    snprintf(text + size, sizeof text - size, "+%zu", left_out);
    return text;
}

Test(access_then, all_peers_are_those_that_the_key_may_see_each_once_in_order_and_so_many)
{
    static const char *const OF_S00[] = {"S00"}, *const OF_S19[] = {"S19"};
    const principal_t first = {.role = ROLE_DEALER, .dealers = OF_S00, .dealer_count = 1, .region = ""};
    const principal_t last = {.role = ROLE_DEALER, .dealers = OF_S19, .dealer_count = 1, .region = ""};
    const principal_t west = {.role = ROLE_MANAGER, .region = "west"};
    CLEANUP(network_destroy) network_t *network = build_crowd();
    cr_assert_str_eq(all_peers(network, &first, "S00", MAY),
                     "S01 S03 S04 S05 S06 S07 S08 S09 S10 S11 S12 S13 S14 S15 S16 S17 +1");
    cr_assert_str_eq(all_peers(network, &first, "S00", MAY + 1),
                     "S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 S11 S12 S13 S14 S15 S16 +2");
    cr_assert_str_eq(all_peers(network, &last, "S19", MAY), "+0");
    cr_assert_str_eq(all_peers(network, &west, "S00", MAY), "S03 +0", "its own stores only, whatever the circle");
    cr_assert_str_eq(all_peers(network, &first, "S00", MAY - 10), "+0", "nobody is a member then");
}

Test(access_then, all_peers_of_then_are_those_of_today_s_circles)
{
    fixture_t fixture = set_up(&CENTRAL);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    uint32_t peers[PEERS_MAX];
    size_t count = 9, left_out = 9;
    cr_assert_eq(access_then_all_peers(&fixture.at, 0, MAY, arena, peers, &count, &left_out), STATUS_OK);
    cr_assert(count == 0 && left_out == 0, "there are none today");
    tear_down(&fixture);
}
