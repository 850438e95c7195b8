#include "core/limits.h"
#include "core/network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LINES(regions, dealers, memberships, circles)                                                                  \
    ((network_lines_t){regions, COUNT(regions), dealers, COUNT(dealers), memberships, COUNT(memberships), circles,     \
                       COUNT(circles)})

#define JANUARY 24300 /* some month */

static network_t *build(network_lines_t lines)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    status_t status = network_build(&lines, &network, &faults);
    cr_assert_eq(status, STATUS_OK, "%s", faults.count ? faults.items[0].message : "no faults");
    cr_assert(faults_empty(&faults));
    return network;
}

static const network_region_line_t REGIONS[] = {
    {"west", "", "West", 2}, {"coast", "east", "Coast", 3}, {"east", "", "East", 4}, {"bay", "coast", "Bay", 5}};
static const network_dealer_line_t DEALERS[] = {
    {"D2", "Two", "group", 2}, {"D10", "Ten", "", 3}, {"D1", "One", "group", 4}};
static const network_membership_line_t MEMBERSHIPS[] = {
    {"D1", "", JANUARY + 5, 2}, {"D1", "bay", JANUARY, 3}, {"D2", "west", JANUARY, 4}, {"D1", "west", JANUARY + 8, 5}};
static const network_circle_line_t CIRCLES[] = {{"c", "D2", PERIOD_NONE, JANUARY + 2, 2},
                                                {"c", "D2", JANUARY + 9, PERIOD_NONE, 3},
                                                {"c", "D1", PERIOD_NONE, PERIOD_NONE, 4},
                                                {"c", "D10", PERIOD_NONE, PERIOD_NONE, 5}};

Test(network, codes_find_their_things_and_dealers_stand_in_byte_order)
{
    CLEANUP(network_destroy) network_t *network = build(LINES(REGIONS, DEALERS, MEMBERSHIPS, CIRCLES));
    cr_assert_str_eq(network->dealers[0].code, "D1");
    cr_assert_str_eq(network->dealers[1].code, "D10");
    cr_assert_str_eq(network->dealers[1].owner, "D10");
    cr_assert_str_eq(network->dealers[2].owner, "group");
    for (uint32_t i = 0; i < network->dealer_count; i++)
        cr_assert_eq(network_find_dealer(network, network->dealers[i].code), i);
    for (uint32_t i = 0; i < COUNT(REGIONS); i++)
        cr_assert_eq(network_find_region(network, REGIONS[i].code), i);
    cr_assert_eq(network_find_circle(network, "c"), 0);
    cr_assert_eq(network_find_dealer(network, "D"), INDEX_NONE);
    cr_assert_eq(network_find_region(network, "north"), INDEX_NONE);
    cr_assert_eq(network_find_circle(network, ""), INDEX_NONE);
}

Test(network, a_region_holds_itself_and_all_below_it)
{
    CLEANUP(network_destroy) network_t *network = build(LINES(REGIONS, DEALERS, MEMBERSHIPS, CIRCLES));
    enum { WEST, COAST, EAST, BAY };
    cr_assert(network_region_within(network, BAY, EAST) && network_region_within(network, BAY, COAST));
    cr_assert(network_region_within(network, EAST, EAST));
    cr_assert(!network_region_within(network, EAST, BAY) && !network_region_within(network, WEST, EAST));
    cr_assert_eq(network->regions[WEST].enter, 0);
    cr_assert(network->regions[EAST].enter == 1 && network->regions[EAST].leave == 4);
    cr_assert_eq(network->regions[BAY].parent, COAST);
}

Test(network, a_membership_lasts_until_the_next)
{
    CLEANUP(network_destroy) network_t *network = build(LINES(REGIONS, DEALERS, MEMBERSHIPS, CIRCLES));
    uint32_t dealer = network_find_dealer(network, "D1"), bay = network_find_region(network, "bay"),
             west = network_find_region(network, "west");
    cr_assert_eq(network_region_of(network, dealer, JANUARY - 1), INDEX_NONE);
    cr_assert_eq(network_region_of(network, dealer, JANUARY), bay);
    cr_assert_eq(network_region_of(network, dealer, JANUARY + 4), bay);
    cr_assert_eq(network_region_of(network, dealer, JANUARY + 5), INDEX_NONE);
    cr_assert_eq(network_region_of(network, dealer, JANUARY + 8), west);
    cr_assert_eq(network_region_of(network, dealer, JANUARY + 900), west);
    cr_assert_eq(network_region_of(network, network_find_dealer(network, "D10"), JANUARY), INDEX_NONE);
    cr_assert(!network_has_left(network, dealer, JANUARY - 1), "it is yet to come");
    cr_assert(!network_has_left(network, dealer, JANUARY + 6), "it comes back");
    cr_assert(!network_has_left(network, dealer, JANUARY + 900));
    cr_assert(network_has_left(network, network_find_dealer(network, "D10"), JANUARY), "it was never in");
}

Test(network, a_circle_holds_a_dealer_in_its_months_as_a_member_of_the_network)
{
    CLEANUP(network_destroy) network_t *network = build(LINES(REGIONS, DEALERS, MEMBERSHIPS, CIRCLES));
    uint32_t one = network_find_dealer(network, "D1"), two = network_find_dealer(network, "D2"),
             ten = network_find_dealer(network, "D10");
    cr_assert(network_circle_holds(network, 0, two, JANUARY + 2));
    cr_assert(!network_circle_holds(network, 0, two, JANUARY + 3));
    cr_assert(network_circle_holds(network, 0, two, JANUARY + 9));
    cr_assert(!network_circle_holds(network, 0, one, JANUARY - 1));
    cr_assert(!network_circle_holds(network, 0, ten, JANUARY));
    cr_assert(network_are_peers(network, one, two, JANUARY) && network_are_peers(network, two, one, JANUARY));
    cr_assert(!network_are_peers(network, one, two, JANUARY + 3));
    cr_assert(!network_are_peers(network, one, two, JANUARY + 6));
    cr_assert(!network_are_peers(network, one, ten, JANUARY));
}

Test(network, scopes_are_read_and_written)
{
    CLEANUP(network_destroy) network_t *network = build(LINES(REGIONS, DEALERS, MEMBERSHIPS, CIRCLES));
    static const char *const good[] = {"nation", "region:bay", "circle:c"};
    static const char *const bad[] = {"", "Nation", "nation ", "region:", "region:c", "circle:bay", "bay", "dealer:D1"};
    for (size_t i = 0; i < COUNT(good); i++) {
        scope_t scope;
        char text[CODE_LENGTH_MAX + 8];
        cr_assert_eq(scope_parse(network, good[i], &scope), STATUS_OK);
        scope_format(network, scope, text, sizeof text);
        cr_assert_str_eq(text, good[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        scope_t scope = {SCOPE_CIRCLE, 77};
        cr_assert_eq(scope_parse(network, bad[i], &scope), STATUS_UNKNOWN, "'%s'", bad[i]);
        cr_assert_eq(scope.index, 77);
    }
}

Test(network, an_empty_network_is_one)
{
    CLEANUP(network_destroy) network_t *network = build((network_lines_t){0});
    cr_assert(network->region_count == 0 && network->dealer_count == 0 && network->circle_count == 0);
    cr_assert_eq(network_find_dealer(network, "D1"), INDEX_NONE);
}

/* ---- Faults ---- */

/* Every fault must begin with "SOURCE:LINE: " and hold the words, in this order. */
static void expect_faults(network_lines_t lines, const char *const (*expected)[2], size_t count)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    cr_assert_eq(network_build(&lines, &network, &faults), STATUS_INVALID);
    cr_assert_null(network);
    for (size_t i = 0; i < faults.count; i++) {
        char text[500];
        fault_format(&faults.items[i], text, sizeof text);
        cr_assert(i < count, "unexpected: %s", text);
        cr_assert(strncmp(text, expected[i][0], strlen(expected[i][0])) == 0, "'%s' does not begin with '%s'", text,
                  expected[i][0]);
        cr_assert(strstr(text, expected[i][1]), "'%s' does not say '%s'", text, expected[i][1]);
    }
    cr_assert_eq(faults.count, count);
}

Test(network, every_fault_of_all_four_files_is_named_in_one_go)
{
    static const network_region_line_t regions[] = {{"a", "b", "", 2}, {"b", "a", "", 3}, {"c", "a", "", 4},
                                                    {"d", "x", "", 5}, {"d", "", "", 6},  {"e,f", "", "", 7},
                                                    {"s", "s", "", 8}};
    static const network_dealer_line_t dealers[] = {
        {"D1", "", "", 2}, {"D1", "", "", 3}, {"", "", "", 4}, {"D2", "a\x01", "", 5}};
    static const network_membership_line_t memberships[] = {
        {"D1", "a", 5, 2}, {"D3", "a", 5, 3}, {"D1", "y", 6, 4}, {"D1", "b", 5, 5}, {"D2", "a", PERIOD_NONE, 6}};
    static const network_circle_line_t circles[] = {{"k", "D1", PERIOD_NONE, 8, 2},
                                                    {"k", "D1", 8, PERIOD_NONE, 3},
                                                    {"k", "D9", PERIOD_NONE, PERIOD_NONE, 4},
                                                    {"k", "D2", 9, 8, 5},
                                                    {"k:", "D2", PERIOD_NONE, PERIOD_NONE, 6}};
    static const char *const expected[][2] = {{"regions.csv:5: ", "no region 'x'"},
                                              {"regions.csv:6: ", "'d' is listed already"},
                                              {"regions.csv:7: ", "code"},
                                              {"regions.csv:2: ", "'a' lies below itself"},
                                              {"regions.csv:3: ", "'b' lies below itself"},
                                              {"regions.csv:8: ", "'s' lies below itself"},
                                              {"dealers.csv:3: ", "'D1' is listed already"},
                                              {"dealers.csv:4: ", "code"},
                                              {"dealers.csv:5: ", "name"},
                                              {"memberships.csv:3: ", "no dealer 'D3'"},
                                              {"memberships.csv:4: ", "no region 'y'"},
                                              {"memberships.csv:5: ", "that month already"},
                                              {"memberships.csv:6: ", "no month"},
                                              {"circles.csv:3: ", "same months"},
                                              {"circles.csv:4: ", "no dealer 'D9'"},
                                              {"circles.csv:5: ", "before it enters"},
                                              {"circles.csv:6: ", "code"}};
    expect_faults(LINES(regions, dealers, memberships, circles), expected, COUNT(expected));
}

Test(network, regions_lie_at_most_sixteen_levels_deep)
{
    static char codes[NETWORK_DEPTH_MAX + 1][4];
    network_region_line_t regions[NETWORK_DEPTH_MAX + 1];
    for (uint32_t i = 0; i <= NETWORK_DEPTH_MAX; i++) {
        snprintf(codes[i], sizeof codes[i], "r%u", (unsigned)i % 100);
        regions[i] = (network_region_line_t){codes[i], i ? codes[i - 1] : "", "", i + 2};
    }
    network_lines_t lines = {.regions = regions, .region_count = NETWORK_DEPTH_MAX};
    CLEANUP(network_destroy) network_t *network = build(lines);
    lines.region_count++;
    static const char *const expected[][2] = {{"regions.csv:18: ", "17 levels"}};
    expect_faults(lines, expected, 1);
}

Test(network, has_at_most_ten_thousand_regions)
{
    static char codes[NETWORK_REGIONS_MAX + 1][8];
    static network_region_line_t regions[NETWORK_REGIONS_MAX + 1];
    for (uint32_t i = 0; i <= NETWORK_REGIONS_MAX; i++) {
        snprintf(codes[i], sizeof codes[i], "r%u", (unsigned)i % 100000);
        regions[i] = (network_region_line_t){codes[i], "", "", i + 2};
    }
    network_lines_t lines = {.regions = regions, .region_count = NETWORK_REGIONS_MAX};
    CLEANUP(network_destroy) network_t *network = build(lines);
    lines.region_count++;
    static const char *const expected[][2] = {{"regions.csv: ", "10001 lines"}};
    expect_faults(lines, expected, 1);
}
