#include "core/regions_view.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define JANUARY      24300 /* some month */
#define TODAY        (JANUARY + 6)

enum { EAST, BAY, WEST };

static const network_region_line_t REGIONS[] = {
    {"east", "", "East", 2}, {"bay", "east", "Bay", 3}, {"west", "", "West", 4}};
static const network_dealer_line_t DEALERS[] = {
    {"closed", "", "", 2}, {"moved", "", "", 3}, {"opened", "", "", 4}, {"soon", "", "", 5}, {"stayed", "", "", 6}};
static const network_membership_line_t MEMBERSHIPS[] = {
    {"closed", "west", JANUARY, 2}, {"closed", "bay", JANUARY + 2, 3}, {"closed", "", JANUARY + 4, 4},
    {"moved", "west", JANUARY, 5},  {"moved", "bay", TODAY, 6},        {"moved", "west", TODAY + 1, 7},
    {"opened", "east", TODAY, 8},   {"soon", "east", TODAY + 1, 9},    {"stayed", "east", JANUARY, 10}};

static network_t *build(void)
{
    network_lines_t lines = {REGIONS,     COUNT(REGIONS),     DEALERS, COUNT(DEALERS),
                             MEMBERSHIPS, COUNT(MEMBERSHIPS), NULL,    0};
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    cr_assert_eq(network_build(&lines, &network, &faults), STATUS_OK);
    return network;
}

static uint32_t seen(const network_t *network, regions_view_t view, const char *dealer, period_t period)
{
    return regions_view_of(network, &view, network_find_dealer(network, dealer), period);
}

Test(regions_view, a_past_month_is_laid_out_by_where_each_dealer_lies_today)
{
    CLEANUP(network_destroy) network_t *network = build();
    regions_view_t today = {TODAY, INDEX_NONE};
    cr_assert_eq(seen(network, REGIONS_THEN, "moved", TODAY - 1), WEST);
    cr_assert_eq(seen(network, today, "moved", TODAY - 1), BAY);
    cr_assert_eq(seen(network, today, "moved", TODAY + 5), BAY, "a move to come is not today's");
    cr_assert_eq(seen(network, today, "moved", JANUARY - 1), INDEX_NONE, "no member yet");
    cr_assert_eq(seen(network, today, "closed", JANUARY), BAY, "the last region in which it lay");
    cr_assert_eq(seen(network, today, "closed", JANUARY + 3), BAY);
    cr_assert_eq(seen(network, today, "closed", JANUARY + 4), INDEX_NONE, "no member any more");
    cr_assert_eq(seen(network, today, "opened", TODAY - 1), INDEX_NONE);
    cr_assert_eq(seen(network, today, "opened", TODAY), EAST);
    cr_assert_eq(seen(network, today, "soon", TODAY), INDEX_NONE);
    cr_assert_eq(seen(network, today, "soon", TODAY + 1), EAST);
}

Test(regions_view, a_manager_sees_no_store_in_a_month_in_which_it_lay_elsewhere)
{
    CLEANUP(network_destroy) network_t *network = build();
    regions_view_t east = {TODAY, EAST}, west = {TODAY, WEST};
    cr_assert_eq(seen(network, east, "moved", TODAY - 1), REGION_UNSEEN);
    cr_assert_eq(seen(network, east, "moved", TODAY), BAY);
    cr_assert_eq(seen(network, east, "closed", JANUARY + 1), REGION_UNSEEN);
    cr_assert_eq(seen(network, east, "closed", JANUARY + 2), BAY);
    cr_assert_eq(seen(network, west, "moved", TODAY - 1), BAY, "it left: not in a region that the manager may ask for");
    cr_assert_eq(regions_view_unseen(network, &east, JANUARY), 2);
    cr_assert_eq(regions_view_unseen(network, &east, JANUARY + 2), 1);
    cr_assert_eq(regions_view_unseen(network, &east, TODAY), 0);
    cr_assert_eq(regions_view_unseen(network, &west, JANUARY), 0);
    cr_assert_eq(regions_view_unseen(network, &REGIONS_THEN, JANUARY), 0);
}

Test(regions_view, the_slots_of_a_month_follow_the_view)
{
    CLEANUP(network_destroy) network_t *network = build();
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(month_destroy)
    month_t *month = month_create_viewed(catalog, network, JANUARY, &(regions_view_t){TODAY, EAST});
    CLEANUP(month_destroy) month_t *clone = month_clone(month);
    for (const month_t *at = month; at; at = at == month ? clone : NULL) {
        cr_assert_eq(at->count, 3, "closed, moved, stayed");
        cr_assert_eq(at->region_first[network->region_count], 1, "two of them count in no region");
        cr_assert_eq(at->dealers[0], network_find_dealer(network, "stayed"));
        cr_assert_eq(at->dealers[1], network_find_dealer(network, "closed"));
        cr_assert_eq(at->view.viewer, EAST);
    }
}
