#include "tests/core/disclosure_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Six owners in the east, six in the west; E7 to E12 of six more, and E13 of E12's. */
static const char *const STORES[] = {"E1 east o1",   "E2 east o2",   "E3 east o3",   "E4 east o4",   "E5 east o5",
                                     "E6 east o6",   "W1 west p1",   "W2 west p2",   "W3 west p3",   "W4 west p4",
                                     "W5 west p5",   "W6 west p6",   "E7 east o7",   "E8 east o8",   "E9 east o9",
                                     "E10 east o10", "E11 east o11", "E12 east o12", "E13 east o12", NULL};
static const char *const FIRST[] = {"E1", "E2", "E3", "E4", "E5", "E6", "W1", "W2", "W3", "W4", "W5", "W6"};

/* The first twelve have filed and are released. */
static void open_released(world_t *world, const char *circle)
{
    world_open(world, STORES, circle);
    for (size_t i = 0; i < sizeof FIRST / sizeof *FIRST; i++)
        world_file(world, FIRST[i], 100 + (int64_t)i, 10, 5);
    CLEANUP(release_fini) release_t release = world_release(world);
}

static const month_t *last(const world_t *world)
{
    return world->months[world->count - 1];
}

static bool stands(const world_t *world, const char *dealer)
{
    const month_t *month = last(world);
    return month->flags[month->slots[network_find_dealer(world->network, dealer)]] & MONTH_REPORTED;
}

static int64_t visits_of(const world_t *world, const char *dealer)
{
    const month_t *month = last(world);
    return month->columns[VISITS][month->slots[network_find_dealer(world->network, dealer)]];
}

Test(release, the_first_takes_all_that_is_complete)
{
    world_t world;
    world_open(&world, STORES, NULL);
    CLEANUP(release_fini) release_t none = {0};
    world_file(&world, "E2", 1, FACT_ABSENT, 1);
    cr_assert_eq(release_first(world.live, &none), STATUS_OK);
    cr_assert_null(none.month, "nobody contributes");
    world_file(&world, "E1", 1, 1, 1);
    CLEANUP(release_fini) release_t first = world_release(&world);
    cr_assert_eq(first.change_count, 0);
    cr_assert(stands(&world, "E1"));
    cr_assert_not(stands(&world, "E2"), "it lacks a fact of the tables");
    world_close(&world);
}

Test(release, a_late_store_alone_waits)
{
    world_t world;
    open_released(&world, NULL);
    world_file(&world, "E7", 120, 12, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert(release.change_count == 1 && release.held_count == 1);
    const release_change_t *change = world_change(&world, &release, "E7");
    cr_assert(change->kind == CHANGE_FILED && change->wait == WAIT_PART && change->fact == VISITS);
    cr_assert(change->verdict.failure == TALLY_FEW_OWNERS && change->verdict.crowd == CROWD_ALL);
    cr_assert_eq(change->viewer, INDEX_NONE);
    cr_assert(change->part.kind == SCOPE_REGION && change->part.index == network_find_region(world.network, "east"));
    cr_assert_not(stands(&world, "E7"));
    world_close(&world);
}

Test(release, late_stores_of_five_owners_and_one_more_are_taken_over)
{
    world_t world;
    open_released(&world, NULL);
    const char *const late[] = {"E7", "E8", "E9", "E10", "E11"};
    for (size_t i = 0; i < 5; i++)
        world_file(&world, late[i], 120, 12, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert_eq(release.held_count, 0, "four others are enough for each of the five");
    for (size_t i = 0; i < 5; i++)
        cr_assert(stands(&world, late[i]));
    world_close(&world);
}

Test(release, what_waits_goes_with_what_comes_later)
{
    world_t world;
    open_released(&world, NULL);
    world_file(&world, "E7", 120, 12, 5);
    CLEANUP(release_fini) release_t second = world_release(&world);
    cr_assert_eq(second.held_count, 1);
    const char *const late[] = {"E8", "E9", "E10", "E11"};
    for (size_t i = 0; i < 4; i++)
        world_file(&world, late[i], 120, 12, 5);
    CLEANUP(release_fini) release_t third = world_release(&world);
    cr_assert_eq(third.held_count, 0);
    cr_assert(stands(&world, "E7"));
    world_close(&world);
}

Test(release, two_stores_of_one_owner_count_as_one)
{
    world_t world;
    open_released(&world, NULL);
    const char *const late[] = {"E9", "E10", "E11", "E12", "E13"};
    for (size_t i = 0; i < 5; i++)
        world_file(&world, late[i], 120, 12, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert_eq(release.held_count, 5);
    world_close(&world);
}

Test(release, an_owner_that_stands_out_waits_alone)
{
    world_t world;
    open_released(&world, NULL);
    const char *const late[] = {"E7", "E8", "E9", "E10", "E11"};
    for (size_t i = 0; i < 5; i++)
        world_file(&world, late[i], 120, 12, 5);
    world_file(&world, "E12", 100000, 12, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert_eq(release.held_count, 1);
    const release_change_t *change = world_change(&world, &release, "E12");
    cr_assert(change->wait == WAIT_STANDS_OUT && change->verdict.failure == TALLY_DOMINATED);
    const owners_t *owners = &world.releases.owners;
    uint32_t greatest = owners->dealers[owners->first[change->verdict.greatest]];
    cr_assert_str_eq(world.network->dealers[greatest].owner, "o12");
    cr_assert_not(stands(&world, "E12"));
    cr_assert(stands(&world, "E7"));
    world_close(&world);
}

Test(release, corrections_are_tested_fact_by_fact)
{
    world_t world;
    open_released(&world, NULL);
    for (size_t i = 0; i < 6; i++)
        world_file(&world, FIRST[i], 100 + (int64_t)i, i == 0 ? 9 : 10, 15); /* one corrects its orders too */
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert_eq(release.held_count, 6);
    cr_assert_eq(world_change(&world, &release, "E1")->fact, ORDERS);
    cr_assert_eq(world_change(&world, &release, "E1")->kind, CHANGE_CORRECTED);
    world_close(&world);
}

Test(release, withdrawals_wait_in_one_part_while_filings_go_in_another)
{
    world_t world;
    open_released(&world, NULL);
    world_withdraw(&world, "W1");
    const char *const late[] = {"E7", "E8", "E9", "E10", "E11"};
    for (size_t i = 0; i < 5; i++)
        world_file(&world, late[i], 120, 12, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert_eq(release.held_count, 1);
    cr_assert_eq(world_change(&world, &release, "W1")->kind, CHANGE_WITHDRAWN);
    cr_assert(stands(&world, "W1"));
    cr_assert_eq(visits_of(&world, "W1"), 106);
    cr_assert(stands(&world, "E7"));
    world_close(&world);
}

Test(release, what_a_circle_peer_would_see_waits)
{
    world_t world;
    open_released(&world, "W1 E7 E8"); /* to W1, only three of the five are others */
    const char *const late[] = {"E7", "E8", "E9", "E10", "E11"};
    for (size_t i = 0; i < 5; i++)
        world_file(&world, late[i], 120, 12, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    cr_assert_eq(release.held_count, 5);
    const release_change_t *change = world_change(&world, &release, "E9");
    cr_assert(change->verdict.failure == TALLY_FEW_OWNERS && change->verdict.crowd == CROWD_OTHERS);
    cr_assert_neq(change->viewer, INDEX_NONE);
    world_close(&world);
}

Test(release, a_change_that_undoes_another_is_held_against_the_earlier_release)
{
    world_t world;
    open_released(&world, NULL);
    for (size_t i = 0; i < 6; i++)
        world_file(&world, FIRST[i], 200, 10, 5);
    CLEANUP(release_fini) release_t second = world_release(&world);
    cr_assert_eq(second.held_count, 0);
    for (size_t i = 0; i < 6; i++)
        world_file(&world, FIRST[i], i == 0 ? 150 : 100 + (int64_t)i, 10, 5); /* all but the first as they were */
    CLEANUP(release_fini) release_t third = world_release(&world);
    cr_assert_eq(third.held_count, 6);
    cr_assert_eq(world_change(&world, &third, "E1")->earlier, 0);
    world_close(&world);
}

Test(release, a_month_has_eight_at_most_on_one_network)
{
    world_t world;
    open_released(&world, NULL);
    release_t release = {0};
    const month_t *months[RELEASES_MAX + 1];
    while (world.count < RELEASES_MAX)
        world_force_release(&world);
    cr_assert_eq(release_next(&world.releases, world.live, &DISCLOSURE_RULE_DEFAULT, &release), STATUS_LIMIT);
    for (size_t i = 0; i <= RELEASES_MAX; i++)
        months[i] = world.live;
    releases_t releases;
    cr_assert_eq(releases_init(months, RELEASES_MAX + 1, &releases), STATUS_LIMIT);
    cr_assert_eq(releases_init(months, RELEASES_MAX, &releases), STATUS_OK);
    month_t *other = month_create(world.catalog, world.network, WORLD_PERIOD + 1);
    cr_assert_eq(release_next(&releases, other, &DISCLOSURE_RULE_DEFAULT, &release), STATUS_LIMIT);
    releases_fini(&releases);
    cr_assert_eq(releases_init((const month_t *const[]){world.live, other}, 2, &releases), STATUS_CONFLICT);
    month_destroy(&other);
    world_close(&world);
}

Test(release, sixteen_owners_are_let_wait_alone_and_not_one_more)
{
    enum { SMALL = 8, FILED = 5, MOST = RELEASE_PEELS_MAX + 1 };
    char lines[FILED + SMALL + MOST][30];
    const char *stores[FILED + SMALL + MOST + 1] = {NULL};
    for (uint32_t i = 0; i < FILED + SMALL + MOST; i++) {
        snprintf(lines[i], sizeof lines[i], "D%02u east o%02u", i, i);
        stores[i] = lines[i];
    }
    for (uint32_t large = RELEASE_PEELS_MAX; large <= MOST; large++) {
        world_t world;
        world_open(&world, stores, NULL);
        for (uint32_t i = 0; i < FILED; i++)
            month_set(world.live, i, (int64_t[]){100, 10, 5}, false);
        CLEANUP(release_fini) release_t first = world_release(&world);
        int64_t visits = 10000; /* of each fourfold the one before: each stands out when those above are gone */
        for (uint32_t i = 0; i < SMALL + large; i++) {
            month_set(world.live, FILED + i, (int64_t[]){i < SMALL ? 100 : visits, 10, 5}, false);
            visits *= i < SMALL ? 1 : 4;
        }
        CLEANUP(release_fini) release_t release = world_release(&world);
        cr_assert_eq(release.held_count, large == MOST ? SMALL + MOST : RELEASE_PEELS_MAX);
        world_close(&world);
    }
}
