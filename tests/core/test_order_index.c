/* The index beside the columns: two months that see the same changes, one with an index and one without, give the same
 * answers to the last bit. */
#include "core/order_index.h"

#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define RUNS        10
#define STEPS       20
#define REGIONS     14u
#define DEALERS     900u
#define FACTS       5u
#define PERIOD      period_make(2025, 6)
#define LINEAR_ROWS 11u /* of the test catalog's 13: not `mixed`, not `nested` */

typedef enum { SMALL, WIDE, BEYOND, KIND_COUNT } kind_t_; /* what numbers a run draws */

typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *columns, *indexed;
    kind_t_ kind;
    uint64_t *state;
    scope_t *scopes;
    size_t scope_count;
    arena_t *arena;
} pair_t;

/* ---- Networks of nested regions, some of them empty ---- */

static network_t *make_network(uint64_t *state, uint32_t dealer_count)
{
    static char region_codes[REGIONS][8], dealer_codes[DEALERS][8];
    network_region_line_t regions[REGIONS];
    network_dealer_line_t dealers[DEALERS];
    network_membership_line_t members[DEALERS];
    network_circle_line_t circles[DEALERS];
    uint32_t circle_count = 0;
    for (uint32_t i = 0; i < REGIONS; i++) {
        snprintf(region_codes[i], 8, "r%u", (unsigned)i % 100);
        uint32_t parent = (uint32_t)random_below(state, i + 1);
        regions[i] = (network_region_line_t){region_codes[i], parent == i ? "" : region_codes[parent], "", i + 2};
    }
    for (uint32_t i = 0; i < dealer_count; i++) {
        uint64_t region = random_below(state, 1 + random_below(state, REGIONS - 1)); /* the first ones hold more */
        snprintf(dealer_codes[i], 8, "D%u", (unsigned)i % 1000);
        dealers[i] = (network_dealer_line_t){dealer_codes[i], "", "", i + 2};
        members[i] = (network_membership_line_t){dealer_codes[i], region_codes[region], PERIOD - 3, i + 2};
        if (random_below(state, 9) == 0)
            circles[circle_count++] = (network_circle_line_t){"c", dealer_codes[i], PERIOD_NONE, PERIOD_NONE, 0};
    }
    network_lines_t lines = {regions, REGIONS, dealers, dealer_count, members, dealer_count, circles, circle_count};
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    cr_assert_eq(network_build(&lines, &network, &faults), STATUS_OK);
    return network;
}

/* ---- Facts ---- */

/* Quotients of these that differ by far less than a double tells. */
static int64_t wide_number(uint64_t *state)
{
    return INT64_C(10000000000000) + (int64_t)random_below(state, 4) - 2;
}

static void make_facts(const pair_t *pair, int64_t *out)
{
    bool wide = pair->kind != SMALL && random_below(pair->state, 2);
    uint64_t bound = 1 + random_below(pair->state, 12);
    for (size_t i = 0; i < FACTS; i++) {
        out[i] = wide ? wide_number(pair->state) : (int64_t)random_below(pair->state, bound + 1);
        if (random_below(pair->state, 12) == 0)
            out[i] = FACT_ABSENT;
        else if (pair->kind == BEYOND && random_below(pair->state, 100) == 0)
            out[i] = INT64_C(1000000000000000) - (int64_t)random_below(pair->state, 3);
    }
    if (out[3] != FACT_ABSENT && random_below(pair->state, 2))
        out[3] = -out[3];
}

static void set_both(pair_t *pair, uint32_t dealer, const int64_t *facts, bool previous)
{
    month_t *const months[] = {pair->columns, pair->indexed};
    for (size_t i = 0; i < 2; i++) {
        if (previous)
            month_set_previous(months[i], dealer, facts);
        else
            month_set(months[i], dealer, facts, false);
    }
}

/* A submission, a correction of one fact, or a withdrawal; of the month or the one before. */
static void change_one(pair_t *pair)
{
    const month_t *month = pair->columns;
    uint32_t dealer = (uint32_t)random_below(pair->state, pair->network->dealer_count),
             slot = pair->columns->slots[dealer];
    bool previous = random_below(pair->state, 6) == 0;
    uint64_t deed = random_below(pair->state, 6);
    int64_t facts[FACTS], drawn[FACTS];
    make_facts(pair, drawn);
    for (size_t i = 0; i < FACTS; i++)
        facts[i] = month->columns[i + (previous ? FACTS : 0)][slot];
    if (deed < 3)
        memcpy(facts, drawn, sizeof facts);
    else
        facts[deed % FACTS] = drawn[deed % FACTS];
    set_both(pair, dealer, deed == 5 ? NULL : facts, previous);
}

/* ---- Fixture ---- */

static void build_index(const pair_t *pair)
{
    order_index_allow(pair->indexed, SIZE_MAX);
    for (size_t row = 0; row < pair->catalog->row_count; row++)
        (void)order_index_find(pair->indexed, row, UINT64_MAX / 2);
}

static void pair_open(pair_t *pair, uint64_t *state, kind_t_ kind, uint32_t dealer_count)
{
    *pair = (pair_t){.catalog = test_catalog(), .kind = kind, .state = state, .arena = arena_create(1u << 20)};
    pair->network = make_network(state, dealer_count);
    pair->columns = month_create(pair->catalog, pair->network, PERIOD);
    pair->indexed = month_create(pair->catalog, pair->network, PERIOD);
    cr_assert(pair->columns && pair->indexed && pair->arena);
    pair->scopes = every_scope(pair->network, pair->arena, &pair->scope_count);
    uint64_t reported = 1 + random_below(state, 10); /* of ten; the others come later */
    for (uint32_t dealer = 0; dealer < dealer_count; dealer++) {
        int64_t facts[FACTS];
        make_facts(pair, facts);
        if (random_below(state, 10) < reported)
            set_both(pair, dealer, facts, false);
        make_facts(pair, facts);
        if (random_below(state, 10) < reported)
            set_both(pair, dealer, facts, true);
    }
    build_index(pair);
}

static void pair_close(pair_t *pair)
{
    month_destroy(&pair->columns);
    month_destroy(&pair->indexed);
    network_destroy(&pair->network);
    catalog_destroy(&pair->catalog);
    arena_destroy(&pair->arena);
}

/* ---- Answers ---- */

static void same_number(double columns, double indexed, const char *what, const char *row, const char *where)
{
    bool same = memcmp(&columns, &indexed, sizeof columns) == 0 || (isnan(columns) && isnan(indexed));
    cr_assert(same, "%s of %s in %s: %.17g from the columns, %.17g from the index", what, row, where, columns, indexed);
}

#define SAME(field)  same_number(columns->field, indexed->field, #field, row, where)
#define EQUAL(field) cr_assert_eq(columns->field, indexed->field, #field " of %s in %s", row, where)

static void same_cell(const scope_statistics_t *columns, const scope_statistics_t *indexed, const char *row,
                      const char *where)
{
    EQUAL(n);
    EQUAL(valued);
    EQUAL(benchmark_n);
    SAME(average);
    SAME(mean);
    SAME(p25);
    SAME(median);
    SAME(p75);
    SAME(best);
    SAME(benchmark);
}

static void same_tables(const pair_t *pair, const benchmark_rule_t *rule)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 24);
    benchmark_answer_t *columns, *indexed;
    cr_assert_eq(
        benchmark_compute(pair->columns, rule, pair->scopes, pair->scope_count, SIZE_MAX, NULL, arena, &columns),
        STATUS_OK);
    cr_assert_eq(
        benchmark_compute(pair->indexed, rule, pair->scopes, pair->scope_count, SIZE_MAX, NULL, arena, &indexed),
        STATUS_OK);
    for (size_t i = 0; i < columns->row_count * pair->scope_count; i++)
        same_cell(&columns->statistics[i], &indexed->statistics[i], columns->rows[i / pair->scope_count].row,
                  columns->scopes[i % pair->scope_count].scope);
}

static void same_comparison(const pair_t *pair, const benchmark_rule_t *rule)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 22);
    compare_answer_t *columns, *indexed;
    uint32_t dealer = (uint32_t)random_below(pair->state, pair->network->dealer_count),
             region = (uint32_t)random_below(pair->state, REGIONS);
    cr_assert_eq(compare_compute(pair->columns, rule, dealer, region, NULL, 0, NULL, arena, &columns), STATUS_OK);
    cr_assert_eq(compare_compute(pair->indexed, rule, dealer, region, NULL, 0, NULL, arena, &indexed), STATUS_OK);
    for (size_t i = 0; i < columns->row_count * COLUMN_PEERS; i++)
        same_number(columns->values[i], indexed->values[i], "value", columns->rows[i / COLUMN_PEERS].row,
                    columns->region);
    for (size_t i = 0; i < columns->row_count * GAP_COUNT; i++)
        same_number(columns->gaps[i], indexed->gaps[i], "gap", columns->rows[i / GAP_COUNT].row, columns->region);
    cr_assert_eq(columns->weakest_count, indexed->weakest_count);
    for (size_t i = 0; i < columns->weakest_count; i++)
        cr_assert_str_eq(columns->weakest[i], indexed->weakest[i]);
}

static void same_ranking(const pair_t *pair)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 22);
    rank_answer_t *columns, *indexed;
    size_t row = random_below(pair->state, pair->catalog->row_count);
    scope_t scope = pair->scopes[random_below(pair->state, pair->scope_count)];
    if (pair->catalog->rows[row].better == BETTER_NEITHER)
        return;
    cr_assert_eq(rank_compute(pair->columns, row, scope, arena, &columns), STATUS_OK);
    cr_assert_eq(rank_compute(pair->indexed, row, scope, arena, &indexed), STATUS_OK);
    cr_assert(columns->ranked_count == indexed->ranked_count && columns->unranked_count == indexed->unranked_count);
    for (size_t i = 0; i < columns->ranked_count; i++) {
        cr_assert_str_eq(columns->ranked[i].dealer, indexed->ranked[i].dealer, "%zu of %s in %s", i, columns->row,
                         columns->scope);
        cr_assert_eq(columns->ranked[i].rank, indexed->ranked[i].rank, "rank of %s: %u, not %u", columns->row,
                     indexed->ranked[i].rank, columns->ranked[i].rank);
        same_number(columns->ranked[i].value, indexed->ranked[i].value, "value", columns->row, columns->scope);
    }
}

static void same_answers(const pair_t *pair)
{
    const benchmark_rule_t rules[] = {BENCHMARK_RULE_DEFAULT, {35, 100, 1, 1}, {2, 3, 7, 2}};
    for (size_t i = 0; i < 3; i++)
        same_tables(pair, &rules[i]);
    for (int i = 0; i < 4; i++) {
        same_comparison(pair, &rules[random_below(pair->state, 3)]);
        same_ranking(pair);
    }
}

/* ---- The tests ---- */

static void play(uint64_t *state, kind_t_ kind)
{
    CLEANUP(pair_close) pair_t pair;
    pair_open(&pair, state, kind, DEALERS / 4 + (uint32_t)random_below(state, DEALERS * 3 / 4));
    cr_assert(kind == BEYOND || order_index_row_count(pair.indexed) == LINEAR_ROWS);
    same_answers(&pair);
    for (int step = 0; step < STEPS; step++) {
        for (uint64_t changes = 1 + random_below(state, step % 5 ? 4 : 400); changes; changes--)
            change_one(&pair);
        cr_assert(kind == BEYOND || order_index_row_count(pair.indexed) == LINEAR_ROWS, "%u rows left the index",
                  LINEAR_ROWS - order_index_row_count(pair.indexed));
        same_answers(&pair);
        if (random_below(state, 8) == 0) {
            month_t *clone = month_clone(pair.indexed);
            cr_assert_eq(order_index_row_count(clone), order_index_row_count(pair.indexed));
            month_destroy(&pair.indexed);
            pair.indexed = clone;
        }
        if (kind == BEYOND)
            build_index(&pair);
    }
}

Test(order_index, small_numbers_with_many_ties_give_the_columns_answers_through_any_changes, .timeout = 120)
{
    uint64_t state = random_seed("order_index");
    for (int run = 0; run < RUNS; run++)
        play(&state, SMALL);
}

Test(order_index, values_that_doubles_do_not_tell_apart_give_the_columns_answers, .timeout = 120)
{
    uint64_t state = random_seed("order_index");
    for (int run = 0; run < RUNS; run++)
        play(&state, WIDE);
}

Test(order_index, rows_leave_it_where_a_side_is_too_large_and_may_come_back, .timeout = 120)
{
    uint64_t state = random_seed("order_index");
    for (int run = 0; run < RUNS; run++)
        play(&state, BEYOND);
}

/* Each round leaves some stores behind, far apart, and moves the others beyond all: blocks of a few entries would pile
 * up. */
static void leave_some_behind(pair_t *pair, int rounds)
{
    for (int round = 0; round < rounds; round++)
        for (uint32_t dealer = 0; dealer < pair->network->dealer_count; dealer++) {
            int64_t value = INT64_C(1000000) * round + dealer;
            int64_t facts[FACTS] = {value, 1, value, value, value};
            if ((int)(dealer % (uint32_t)rounds) >= round)
                set_both(pair, dealer, facts, false);
        }
}

Test(order_index, its_memory_stays_bounded_by_the_stores_whatever_comes_and_goes, .timeout = 120)
{
    CLEANUP(pair_close) pair_t pair;
    uint64_t state = random_seed("order_index");
    pair_open(&pair, &state, SMALL, DEALERS);
    leave_some_behind(&pair, 1);
    order_index_drop(pair.indexed);
    build_index(&pair);
    size_t built = order_index_bytes(pair.indexed);
    leave_some_behind(&pair, 50);
    cr_assert_eq(order_index_row_count(pair.indexed), LINEAR_ROWS);
    cr_assert_leq(order_index_bytes(pair.indexed), built * 2, "%zu bytes, and %zu when built",
                  order_index_bytes(pair.indexed), built);
    for (uint32_t dealer = 0; dealer < DEALERS; dealer++)
        set_both(&pair, dealer, NULL, false);
    same_answers(&pair);
    for (int i = 0; i < 3000; i++)
        change_one(&pair);
    same_answers(&pair);
    order_index_drop(pair.indexed);
    cr_assert_eq(order_index_bytes(pair.indexed), 0);
    same_answers(&pair);
}

/* ---- When it is built ---- */

static void ask(const pair_t *pair, int times)
{
    for (int i = 0; i < times; i++)
        same_tables(pair, &BENCHMARK_RULE_DEFAULT);
}

Test(order_index, it_is_built_for_what_is_asked_often_and_only_as_far_as_its_room_goes)
{
    CLEANUP(pair_close) pair_t pair;
    uint64_t state = random_seed("order_index");
    pair_open(&pair, &state, SMALL, DEALERS);
    order_index_drop(pair.indexed);
    order_index_allow(pair.indexed, 0);
    ask(&pair, 20);
    cr_assert_eq(order_index_row_count(pair.indexed), 0, "without room there is none");
    order_index_allow(pair.indexed, SIZE_MAX);
    ask(&pair, 1);
    cr_assert_eq(order_index_row_count(pair.indexed), 0, "one question is not often");
    uint32_t before = 0;
    for (int i = 0; i < 20; i++) {
        ask(&pair, 1);
        cr_assert_leq(order_index_row_count(pair.indexed) - before, 4, "no question waits for all of it");
        before = order_index_row_count(pair.indexed);
    }
    cr_assert_eq(order_index_row_count(pair.indexed), LINEAR_ROWS);
    size_t all = order_index_bytes(pair.indexed);
    order_index_drop(pair.indexed);
    order_index_allow(pair.indexed, all / 2);
    ask(&pair, 20);
    cr_assert(order_index_row_count(pair.indexed) > 0 && order_index_bytes(pair.indexed) <= all / 2);
}

Test(order_index, changes_that_cost_more_than_it_saves_for_long_drop_it)
{
    CLEANUP(pair_close) pair_t pair;
    uint64_t state = random_seed("order_index");
    pair_open(&pair, &state, SMALL, DEALERS);
    for (int question = 0; question < 1000; question++)
        cr_assert(!order_index_weigh(pair.indexed, 100), "few changes a question may go on for ever");
    cr_assert(!order_index_weigh(pair.indexed, 410) && !order_index_weigh(pair.indexed, 410));
    int question = 0;
    while (!order_index_weigh(pair.indexed, 410))
        cr_assert_lt(question++, 20);
    cr_assert_eq(order_index_row_count(pair.indexed), 0);
    ask(&pair, 7);
    cr_assert_eq(order_index_row_count(pair.indexed), 0, "it comes back later than it came");
    ask(&pair, 40);
    cr_assert_eq(order_index_row_count(pair.indexed), LINEAR_ROWS);
    cr_assert(order_index_weigh(pair.indexed, 10000), "many at once");
    cr_assert(!order_index_weigh(pair.indexed, 10000), "there is nothing to drop");
}
