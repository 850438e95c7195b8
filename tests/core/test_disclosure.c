#include "core/limits.h"
#include "tests/core/disclosure_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

/* The viewer mostly is W1, of o1, which has E9 in the east too. */
static const char *const STORES[] = {"W1 west o1",  "W2 west o2",  "W3 west o3",  "W4 west o4",  "W5 west o5",
                                     "W6 west o6",  "C1 coast o7", "C2 coast o8", "C3 coast o9", "E1 east o10",
                                     "E2 east o11", "E3 east o12", "E4 east o13", "E5 east o14", "E6 east o15",
                                     "E9 east o1",  NULL};

static void file_all(world_t *world)
{
    for (uint32_t dealer = 0; dealer < world->network->dealer_count; dealer++)
        month_set(world->live, dealer, (int64_t[]){100 + dealer, 10 + dealer % 3, 5}, false);
}

static void open_released(world_t *world, const char *const *stores, const char *circle)
{
    world_open(world, stores, circle);
    file_all(world);
    CLEANUP(release_fini) release_t release = world_release(world);
}

typedef struct {
    disclosure_figure_t average, benchmark;
} figures_t;

static figures_t figures(const world_t *world, disclosure_t *disclosure, size_t row, const char *scope)
{
    figures_t out;
    cr_assert_eq(disclosure_row(disclosure, row, world_scope(world, scope), &BENCHMARK_RULE_DEFAULT, &out.average,
                                &out.benchmark),
                 STATUS_OK);
    return out;
}

static disclosure_reason_t why(const world_t *world, disclosure_t *disclosure, size_t row, const char *scope)
{
    return figures(world, disclosure, row, scope).average.why.reason;
}

static compare_answer_t *compare(const world_t *world, disclosure_t *disclosure, const char *code, arena_t *arena)
{
    uint32_t dealer = network_find_dealer(world->network, code);
    compare_answer_t *answer = NULL;
    cr_assert_eq(compare_compute_disclosed(world->live, disclosure, &BENCHMARK_RULE_DEFAULT, dealer,
                                           network_region_of(world->network, dealer, WORLD_PERIOD), NULL, 0, arena,
                                           &answer),
                 STATUS_OK);
    return answer;
}

#define AVERAGES   (1u << COLUMN_NATION_AVERAGE | 1u << COLUMN_REGION_AVERAGE)
#define BENCHMARKS (1u << COLUMN_NATION_BENCHMARK | 1u << COLUMN_REGION_BENCHMARK)

Test(disclosure, before_the_first_release_all_scopes_are_hidden)
{
    world_t world;
    world_open(&world, STORES, NULL);
    file_all(&world);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    compare_answer_t *answer = compare(&world, NULL, "W1", arena);
    cr_assert_eq(answer->suppressed[VISITS], AVERAGES | BENCHMARKS);
    cr_assert_eq(answer->suppressed[GIFTS], AVERAGES, "a row without a direction has no benchmark anyway");
    cr_assert(!isnan(answer->values[COLUMN_OWN]) && isnan(answer->values[COLUMN_NATION_AVERAGE]));
    cr_assert_eq(answer->weakest_count, 0);
    world_close(&world);
}

Test(disclosure, figures_are_the_release_s_rounded_and_own_values_live)
{
    world_t world;
    open_released(&world, STORES, NULL);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "W1", NULL);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    world_file(&world, "W1", 999, 10, 5);
    compare_answer_t *answer = compare(&world, disclosure, "W1", arena);
    cr_assert_eq(answer->values[COLUMN_OWN], 999);
    cr_assert_eq(answer->values[COLUMN_NATION_AVERAGE], 108, "of 107.5");
    cr_assert_float_eq(answer->gaps[0], 999. / 108 - 1, 1e-12);
    cr_assert_eq(answer->suppressed[VISITS], BENCHMARKS, "no division");
    world_close(&world);
}

Test(disclosure, rounding_keeps_three_digits)
{
    cr_assert_eq(disclosure_round(107.5), 108);
    cr_assert_eq(disclosure_round(0.00012345), 0.000123);
    cr_assert_eq(disclosure_round(-98765), -98800);
    cr_assert_eq(disclosure_round(0), 0);
    cr_assert(isnan(disclosure_round(NO_VALUE)));
}

Test(disclosure, a_small_region_and_what_it_leaves_of_the_larger_are_hidden)
{
    world_t world;
    open_released(&world, STORES, NULL);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "C1", NULL);
    figures_t coast = figures(&world, disclosure, VISITS, "region:coast");
    cr_assert(coast.average.exists && isnan(coast.average.value));
    cr_assert_eq(coast.average.why.reason, HIDDEN_RING);
    cr_assert_eq(coast.average.why.verdict.failure, TALLY_FEW_OWNERS);
    cr_assert_eq(why(&world, disclosure, VISITS, "region:west"), SHOWN);
    cr_assert_eq(why(&world, disclosure, VISITS, "nation"), SHOWN);
    cr_assert_eq(why(&world, disclosure, VISITS, "region:east"), HIDDEN_NOT_LISTED);
    cr_assert_not(disclosure_lists_scope(disclosure, world_scope(&world, "region:east")));
    cr_assert(disclosure_lists_scope(disclosure, world_scope(&world, "region:coast")));
    world_close(&world);
}

Test(disclosure, a_row_hides_what_one_of_its_facts_asks_for)
{
    world_t world;
    world_open(&world, STORES, NULL);
    file_all(&world);
    world_file(&world, "E1", 110, 100000, 5); /* orders of the nation less the west are nearly all its */
    CLEANUP(release_fini) release_t release = world_release(&world);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "W2", NULL);
    cr_assert_eq(why(&world, disclosure, VISITS, "region:west"), SHOWN);
    figures_t orders = figures(&world, disclosure, ORDERS, "region:west");
    cr_assert_eq(orders.average.why.reason, HIDDEN_RING);
    cr_assert_eq(orders.average.why.ring.kind, SCOPE_NATION, "the ring of the nation");
    cr_assert_eq(orders.average.why.verdict.failure, TALLY_DOMINATED);
    cr_assert_eq(why(&world, disclosure, ORDERS, "nation"), HIDDEN_RING, "it dominates the nation too");
    figures_t conversion = figures(&world, disclosure, CONVERSION, "nation");
    cr_assert_eq(conversion.average.why.fact, ORDERS);
    cr_assert_eq(conversion.benchmark.why.reason, HIDDEN_WITH_AVERAGE);
    world_close(&world);
}

Test(disclosure, the_chains_over_all_stores_of_the_owner_count)
{
    /* The owner of W1 has E1 too: nation less west less east would be the two of the north. */
    static const char *const stores[] = {"W1 west o1",  "W2 west o2",   "W3 west o3",   "W4 west o4", "W5 west o5",
                                         "E1 east o1",  "E2 east o7",   "E3 east o8",   "E4 east o9", "E5 east o10",
                                         "E6 east o11", "N1 north o12", "N2 north o13", NULL};
    world_t world;
    open_released(&world, stores, NULL);
    CLEANUP(disclosure_destroy) disclosure_t *w1 = world_disclosure(&world, "W1", NULL);
    CLEANUP(disclosure_destroy) disclosure_t *w2 = world_disclosure(&world, "W2", NULL);
    cr_assert_eq(why(&world, w2, VISITS, "region:west"), SHOWN);
    cr_assert_eq(why(&world, w1, VISITS, "region:west"), HIDDEN_RING);
    cr_assert_eq(why(&world, w1, VISITS, "nation"), SHOWN);
    cr_assert_not(disclosure_lists_scope(w1, world_scope(&world, "region:east")));
    world_close(&world);
}

Test(disclosure, circle_peers_are_taken_out_of_the_test)
{
    world_t world;
    open_released(&world, STORES, "E1 E2 E3"); /* to E1, the east's others are three */
    CLEANUP(disclosure_destroy) disclosure_t *e1 = world_disclosure(&world, "E1", NULL);
    CLEANUP(disclosure_destroy) disclosure_t *e4 = world_disclosure(&world, "E4", NULL);
    cr_assert_eq(why(&world, e4, VISITS, "region:east"), SHOWN);
    figures_t east = figures(&world, e1, VISITS, "region:east");
    cr_assert_eq(east.average.why.reason, SHOWN, "four others: o1, o13, o14, o15");
    world_close(&world);
    open_released(&world, STORES, "E1 E2 E3 E4");
    CLEANUP(disclosure_destroy) disclosure_t *more = world_disclosure(&world, "E1", NULL);
    east = figures(&world, more, VISITS, "region:east");
    cr_assert_eq(east.average.why.reason, HIDDEN_RING);
    cr_assert_eq(east.average.why.verdict.crowd, CROWD_OTHERS);
    char words[300];
    disclosure_why_format(more, &east.average.why, words, sizeof words);
    cr_assert_str_eq(words, "region:east less the regions shown below it: fewer than 4 owners without the owners of "
                            "the key's stores and of their circle peers (visits)");
    world_close(&world);
}

Test(disclosure, a_circle_of_today_is_known_too)
{
    world_t world;
    open_released(&world, STORES, NULL);
    network_t *today = world_network(STORES, "E1 E2 E3 E4");
    uint32_t e1 = network_find_dealer(today, "E1");
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = NULL;
    cr_assert_eq(disclosure_create(&world.releases, today, &e1, 1, &DISCLOSURE_RULE_DEFAULT, NULL, &disclosure),
                 STATUS_OK);
    cr_assert_eq(why(&world, disclosure, VISITS, "region:east"), HIDDEN_RING);
    world_close(&world);
    network_destroy(&today);
}

Test(disclosure, a_peer_s_owner_s_other_store_is_tested_as_a_stranger)
{
    /* E1 knows P, whose owner has Q too. */
    static const char *const stores[] = {"E1 east o1", "E2 east o2", "E3 east o3", "E4 east o4", "E5 east o5",
                                         "P east big", "Q east big", "R east o6",  NULL};
    world_t world;
    world_open(&world, stores, "E1 P R");
    world_file(&world, "E1", 20, 10, 5);
    world_file(&world, "R", 400, 10, 5);
    world_file(&world, "E2", 20, 10, 5);
    world_file(&world, "E3", 20, 10, 5);
    world_file(&world, "E4", 20, 10, 5);
    world_file(&world, "E5", 20, 10, 5);
    world_file(&world, "P", 10, 10, 5);
    world_file(&world, "Q", 500, 10, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "E1", NULL);
    figures_t nation = figures(&world, disclosure, VISITS, "nation");
    cr_assert_eq(nation.average.why.reason, HIDDEN_RING);
    cr_assert_eq(nation.average.why.verdict.crowd, CROWD_STRANGERS);
    CLEANUP(disclosure_destroy) disclosure_t *other = world_disclosure(&world, "E2", NULL);
    cr_assert_eq(why(&world, other, ORDERS, "nation"), SHOWN);
    world_close(&world);
}

Test(disclosure, rows_that_read_the_month_before_are_hidden)
{
    world_t world;
    open_released(&world, STORES, NULL);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "W1", NULL);
    figures_t growth = figures(&world, disclosure, GROWTH, "nation");
    cr_assert(growth.average.why.reason == HIDDEN_PREVIOUS && growth.average.exists && isnan(growth.average.value));
    cr_assert(growth.benchmark.why.reason == HIDDEN_PREVIOUS && growth.benchmark.exists);
    world_close(&world);
}

Test(disclosure, two_releases_are_not_to_be_subtracted)
{
    world_t world;
    open_released(&world, STORES, NULL);
    world_file(&world, "E1", 300, 11, 5);
    world_force_release(&world);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "E4", NULL);
    figures_t visits = figures(&world, disclosure, VISITS, "region:east");
    cr_assert_eq(visits.average.why.reason, HIDDEN_CHANGE);
    cr_assert_eq(visits.average.why.earlier, 0);
    cr_assert_eq(why(&world, disclosure, VISITS, "nation"), HIDDEN_CHANGE);
    cr_assert_eq(why(&world, disclosure, GIFTS, "region:east"), SHOWN, "that fact did not change");
    char words[300];
    disclosure_why_format(disclosure, &visits.average.why, words, sizeof words);
    cr_assert_not_null(strstr(words, "since release 1"));
    world_close(&world);
}

Test(disclosure, a_benchmark_of_too_few_owners_is_hidden)
{
    world_t world;
    world_open(&world, STORES, NULL);
    file_all(&world);
    world_file(&world, "W1", 100, 90, 5); /* the best three: W1, E9 of one owner, and W2 */
    world_file(&world, "E9", 100, 89, 5);
    world_file(&world, "W2", 100, 80, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "E4", NULL);
    figures_t nation = figures(&world, disclosure, CONVERSION, "nation");
    cr_assert_eq(nation.average.why.reason, SHOWN);
    cr_assert(nation.benchmark.exists && isnan(nation.benchmark.value));
    cr_assert_eq(nation.benchmark.why.reason, HIDDEN_BENCHMARK);
    cr_assert_eq(nation.benchmark.why.verdict.failure, TALLY_FEW_OWNERS);
    world_close(&world);
}

Test(disclosure, a_benchmark_of_three_owners_is_shown)
{
    world_t world;
    world_open(&world, STORES, NULL);
    file_all(&world);
    world_file(&world, "W3", 100, 90, 5);
    world_file(&world, "E2", 100, 89, 5);
    world_file(&world, "W2", 100, 80, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "E4", NULL);
    figures_t nation = figures(&world, disclosure, CONVERSION, "nation");
    cr_assert_eq(nation.benchmark.why.reason, SHOWN);
    cr_assert_float_eq(nation.benchmark.value, 0.863, 1e-9);
    cr_assert_eq(figures(&world, disclosure, VISITS, "nation").benchmark.why.reason, HIDDEN_NO_DIVISION);
    world_close(&world);
}

Test(disclosure, a_benchmark_that_leaves_one_great_owner_is_hidden)
{
    static const char *const stores[] = {"A east o1", "B east o2", "C east o3", "D east o4",
                                         "E east o5", "F east o6", "G east o7", NULL};
    world_t world;
    world_open(&world, stores, NULL);
    world_file(&world, "A", 1000, 900, 5);
    world_file(&world, "B", 1000, 900, 5);
    world_file(&world, "C", 1000, 900, 5);
    world_file(&world, "D", 5000, 900, 5);
    world_file(&world, "E", 100, 10, 5);
    world_file(&world, "F", 100, 10, 5);
    world_file(&world, "G", 100, 10, 5);
    CLEANUP(release_fini) release_t release = world_release(&world);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "G", NULL);
    figures_t nation = figures(&world, disclosure, CONVERSION, "nation");
    cr_assert_eq(nation.average.why.reason, SHOWN);
    cr_assert_eq(nation.benchmark.why.reason, HIDDEN_REST);
    world_close(&world);
}

Test(disclosure, an_exemplar_is_shown_with_its_owner_s_consent_only)
{
    world_t world;
    open_released(&world, STORES, NULL);
    uint32_t e2 = network_find_dealer(world.network, "E2");
    exemplar_t item = {{SCOPE_NATION, 0}, e2, false};
    exemplars_t exemplars = {&item, 1};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    for (int consented = 0; consented < 2; consented++) {
        item.consented = consented;
        CLEANUP(disclosure_destroy) disclosure_t *disclosure = world_disclosure(&world, "W1", &exemplars);
        compare_answer_t *answer = compare(&world, disclosure, "W1", arena);
        double shown = answer->values[VISITS * COLUMN_PEERS + COLUMN_NATION_BENCHMARK];
        cr_assert_eq(answer->suppressed[VISITS] >> COLUMN_NATION_BENCHMARK & 1, !consented);
        cr_assert(consented ? shown == 100 + e2 : isnan(shown));
        cr_assert_eq(answer->exemplars[0] != NULL, consented);
        cr_assert_null(answer->exemplars[1]);
        cr_assert(isnan(answer->values[GIFTS * COLUMN_PEERS + COLUMN_NATION_BENCHMARK]), "no direction");
    }
    world_close(&world);
}

Test(disclosure, headquarters_see_an_exemplar_s_own_values)
{
    world_t world;
    world_open(&world, STORES, NULL);
    file_all(&world);
    uint32_t e2 = network_find_dealer(world.network, "E2"), east = network_find_region(world.network, "east");
    exemplar_t item = {{SCOPE_REGION, east}, e2, false};
    exemplars_t exemplars = {&item, 1};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    compare_answer_t *answer;
    benchmark_answer_t *table;
    cr_assert_eq(compare_compute(world.live, &BENCHMARK_RULE_DEFAULT, e2, east, NULL, 0, &exemplars, arena, &answer),
                 STATUS_OK);
    cr_assert_null(answer->suppressed);
    cr_assert_null(answer->exemplars[0]);
    cr_assert_str_eq(answer->exemplars[1], "E2");
    cr_assert_eq(answer->values[VISITS * COLUMN_PEERS + COLUMN_REGION_BENCHMARK], 100 + e2);
    scope_t scopes[] = {{SCOPE_NATION, 0}, {SCOPE_REGION, east}};
    cr_assert_eq(benchmark_compute(world.live, &BENCHMARK_RULE_DEFAULT, scopes, 2, SIZE_MAX, &exemplars, arena, &table),
                 STATUS_OK);
    cr_assert_null(table->scopes[0].exemplar);
    cr_assert_str_eq(table->scopes[1].exemplar, "E2");
    cr_assert_eq(table->statistics[2 * VISITS + 1].benchmark, 100 + e2);
    cr_assert_eq(table->statistics[2 * VISITS + 1].benchmark_n, 1);
    cr_assert_eq(table->statistics[2 * GIFTS + 1].benchmark_n, 0);
    world_close(&world);
}
