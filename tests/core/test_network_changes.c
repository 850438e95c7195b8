#include "core/limits.h"
#include "core/network_changes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TODAY        (period_make(2025, 7))
#define MONTH(month) (period_make(2025, month))

static const network_region_line_t REGIONS[] = {
    {"east", "", "East", 2}, {"bay", "east", "Bay", 3}, {"west", "", "West", 4}};
static const network_dealer_line_t DEALERS[] = {{"D1", "One", "", 2}, {"D2", "Two", "D1", 3}, {"D3", "Three", "", 4}};

typedef struct {
    network_membership_line_t memberships[8];
    size_t membership_count;
    network_circle_line_t circles[8];
    size_t circle_count;
} dates_t;

static network_t *build_of(const network_region_line_t *regions, size_t region_count,
                           const network_dealer_line_t *dealers, size_t dealer_count, const dates_t *dates)
{
    network_lines_t lines = {.regions = regions,
                             .region_count = region_count,
                             .dealers = dealers,
                             .dealer_count = dealer_count,
                             .memberships = dates->memberships,
                             .membership_count = dates->membership_count,
                             .circles = dates->circles,
                             .circle_count = dates->circle_count};
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    status_t status = network_build(&lines, &network, &faults);
    cr_assert_eq(status, STATUS_OK, "%s", faults.count ? faults.items[0].message : "");
    return network;
}

static network_t *build(const dates_t *dates)
{
    return build_of(REGIONS, COUNT(REGIONS), DEALERS, COUNT(DEALERS), dates);
}

static void put_month(FILE *out, period_t period)
{
    char text[PERIOD_TEXT_SIZE] = "*";
    if (period != PERIOD_NONE)
        period_format(period, text);
    fputs(text, out);
}

/* One line a change: "!" where it rewrites history, kind, code, from>to, months. */
static char *told(const network_changes_t *changes)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < changes->count; i++) {
        const network_change_t *change = &changes->list[i];
        fprintf(out, "%s%s %s %s>%s ", change->rewrites ? "!" : "", network_change_names[change->kind], change->code,
                change->from, change->to);
        put_month(out, change->period);
        fputs("..", out);
        put_month(out, change->until);
        fputs("\n", out);
    }
    fclose(out);
    return text;
}

static void expect(const network_t *current, const network_t *next, const char *expected)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 24);
    network_changes_t changes;
    cr_assert_eq(network_changes_find(current, next, TODAY, arena, &changes), STATUS_OK);
    char *text = told(&changes);
    cr_assert_str_eq(text, expected);
    free(text);
}

static void expect_dates(const dates_t *before, const dates_t *after, const char *expected)
{
    CLEANUP(network_destroy) network_t *current = build(before), *next = build(after);
    expect(current, next, expected);
    network_destroy(&next);
}

Test(network_changes, the_same_network_changes_nothing)
{
    dates_t dates = {{{"D1", "bay", MONTH(1), 2}, {"D1", "", MONTH(5), 3}}, 2, {{"c", "D1", MONTH(1), MONTH(3), 2}}, 1};
    expect_dates(&dates, &dates, "");
    dates_t repeated = dates; /* the same months by other lines */
    repeated.memberships[2] = (network_membership_line_t){"D1", "bay", MONTH(3), 4};
    repeated.membership_count = 3;
    repeated.circles[0].until = MONTH(2);
    repeated.circles[1] = (network_circle_line_t){"c", "D1", MONTH(3), MONTH(3), 3};
    repeated.circle_count = 2;
    expect_dates(&dates, &repeated, "");
    expect_dates(&repeated, &dates, "");
}

Test(network_changes, regions_come_go_move_and_are_renamed)
{
    static const network_region_line_t AFTER[] = {
        {"bay", "north", "The bay", 2}, {"east", "", "East", 3}, {"north", "", "North", 4}};
    dates_t dates = {{{"D1", "bay", MONTH(1), 2}}, 1, {{0}}, 0};
    CLEANUP(network_destroy) network_t *current = build(&dates);
    CLEANUP(network_destroy) network_t *next = build_of(AFTER, COUNT(AFTER), DEALERS, COUNT(DEALERS), &dates);
    expect(current, next,
           "!region_dropped west > *..*\n!region_moved bay east>north *..*\n"
           "region_renamed bay Bay>The bay *..*\nregion_added north > *..*\n");
}

Test(network_changes, dealers_come_go_are_renamed_and_change_owners)
{
    static const network_dealer_line_t AFTER[] = {
        {"D2", "Zwei", "", 2}, {"D3", "Three", "D2", 3}, {"D4", "Four", "", 4}};
    dates_t dates = {{{"D2", "bay", MONTH(1), 2}}, 1, {{0}}, 0};
    CLEANUP(network_destroy) network_t *current = build(&dates);
    CLEANUP(network_destroy) network_t *next = build_of(REGIONS, COUNT(REGIONS), AFTER, COUNT(AFTER), &dates);
    expect(current, next,
           "dealer_dropped D1 One> *..*\ndealer_renamed D2 Two>Zwei *..*\nowner_changed D2 D1>D2 *..*\n"
           "owner_changed D3 D3>D2 *..*\ndealer_added D4 >Four *..*\n");
}

Test(network_changes, openings_moves_and_closings_are_told_by_months)
{
    dates_t before = {{{"D1", "bay", MONTH(1), 2}, {"D2", "west", MONTH(1), 3}}, 2, {{0}}, 0};
    dates_t after = {{{"D1", "bay", MONTH(1), 2},
                      {"D1", "west", MONTH(7), 3},
                      {"D1", "", MONTH(9), 4},
                      {"D2", "west", MONTH(1), 5},
                      {"D2", "bay", MONTH(8), 6},
                      {"D2", "west", MONTH(10), 7},
                      {"D3", "bay", MONTH(12), 8}},
                     7,
                     {{0}},
                     0};
    expect_dates(&before, &after,
                 "move D1 bay>west 2025-07..2025-08\nclosing D1 bay> 2025-09..*\n"
                 "move D2 west>bay 2025-08..2025-09\nopening D3 >bay 2025-12..*\n");
    expect_dates(&after, &before,
                 "move D1 west>bay 2025-07..2025-08\nopening D1 >bay 2025-09..*\n"
                 "move D2 bay>west 2025-08..2025-09\nclosing D3 bay> 2025-12..*\n");
}

Test(network_changes, what_changes_a_month_that_is_over_rewrites_history_and_comes_first)
{
    dates_t before = {{{"D1", "bay", MONTH(7), 2}, {"D2", "west", MONTH(1), 3}}, 2, {{0}}, 0};
    dates_t after = {
        {{"D1", "west", MONTH(7), 2}, {"D2", "west", MONTH(1), 3}, {"D2", "bay", MONTH(6), 4}}, 3, {{0}}, 0};
    expect_dates(&before, &after, "!move D2 west>bay 2025-06..*\nmove D1 bay>west 2025-07..*\n");
}

Test(network_changes, a_first_import_rewrites_nothing)
{
    dates_t dates = {{{"D1", "bay", MONTH(1), 2}}, 1, {{0}}, 0};
    CLEANUP(network_destroy) network_t *nothing = build_of(NULL, 0, NULL, 0, &(dates_t){0}), *next = build(&dates);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    network_changes_t changes;
    cr_assert_eq(network_changes_find(nothing, next, TODAY, arena, &changes), STATUS_OK);
    cr_assert_eq(changes.count, 3 + 3 + 1);
    for (size_t i = 0; i < CHANGE_KIND_COUNT; i++)
        cr_assert_eq(changes.rewrites[i], 0);
    network_destroy(&next);
}

Test(network_changes, members_of_circles_come_and_go_with_their_months)
{
    dates_t before = {{{0}},
                      0,
                      {{"c", "D1", PERIOD_NONE, PERIOD_NONE, 2},
                       {"c", "D2", MONTH(1), MONTH(8), 3},
                       {"old", "D3", MONTH(7), PERIOD_NONE, 4}},
                      3};
    dates_t after = {{{0}},
                     0,
                     {{"c", "D1", PERIOD_NONE, MONTH(7), 2},
                      {"c", "D2", MONTH(1), MONTH(9), 3},
                      {"c", "D3", PERIOD_NONE, MONTH(2), 4}},
                     3};
    expect_dates(&before, &after,
                 "!circle_joined D3 >c *..2025-02\ncircle_left D1 c> 2025-08..*\n"
                 "circle_joined D2 >c 2025-09..2025-09\ncircle_left D3 old> 2025-07..*\n");
}

Test(network_changes, beyond_the_cap_changes_are_counted_only)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 26);
    network_changes_t changes = {0};
    network_change_t change = {CHANGE_OPENING, "D1", NULL, "bay", PERIOD_NONE, PERIOD_NONE, true};
    for (size_t i = 0; i <= NETWORK_CHANGES_MAX; i++)
        cr_assert_eq(network_changes_add(&changes, &change, arena), STATUS_OK);
    cr_assert_eq(changes.count, NETWORK_CHANGES_MAX);
    cr_assert_eq(changes.counts[CHANGE_OPENING], NETWORK_CHANGES_MAX + 1);
    cr_assert_eq(changes.rewrites[CHANGE_OPENING], NETWORK_CHANGES_MAX + 1);
}
