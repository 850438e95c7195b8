#include "core/scratch.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <string.h>

#define RUNS 40

/* Against the plain reading of each cell: is the dealer in the scope in that month, and what did it file. */

static bool holds(const coverage_year_input_t *input, scope_t scope, uint32_t dealer, period_t period)
{
    uint32_t region = regions_view_of(input->network, &input->view, dealer, period);
    if (scope.kind == SCOPE_CIRCLE)
        return network_circle_holds(input->network, scope.index, dealer, period);
    if (scope.kind == SCOPE_NATION || region == INDEX_NONE)
        return region != INDEX_NONE;
    return region != REGION_UNSEEN && network_region_within(input->network, region, scope.index);
}

static coverage_mark_t mark_of(const coverage_year_input_t *input, uint32_t dealer, unsigned month)
{
    static const coverage_mark_t MARKS[] = {MARK_MISSING, MARK_ON_TIME, MARK_LATE, MARK_WITHDRAWN};
    uint8_t filed = input->filed[month * input->network->dealer_count + dealer];
    return filed == FILED_NOTHING && !input->is_due[month] ? MARK_AWAITED : MARKS[filed];
}

static const coverage_year_dealer_t *find(const coverage_year_answer_t *answer, const char *code)
{
    for (size_t i = 0; i < answer->dealer_count; i++)
        if (strcmp(answer->dealers[i].dealer, code) == 0)
            return &answer->dealers[i];
    return NULL;
}

static void check_dealer(const coverage_year_input_t *input, const scope_t *scopes, size_t scope_count, uint32_t dealer,
                         const coverage_year_answer_t *answer)
{
    const coverage_year_dealer_t *found = find(answer, input->network->dealers[dealer].code);
    uint8_t marks[YEAR_MONTHS] = {0};
    uint32_t expected = 0, reported = 0, held = 0;
    for (unsigned month = 0; month < YEAR_MONTHS; month++) {
        bool any = false;
        for (size_t i = 0; i < scope_count; i++)
            any |= holds(input, scopes[i], dealer, period_make(input->year, 1) + (period_t)month);
        marks[month] = any ? (uint8_t)mark_of(input, dealer, month) : MARK_NO_MEMBER;
        held += any;
        expected += any && marks[month] != MARK_AWAITED;
        reported += marks[month] == MARK_ON_TIME || marks[month] == MARK_LATE;
    }
    cr_assert_eq(found != NULL, input->never_only ? expected && !reported : held > 0);
    if (!found)
        return;
    cr_assert_eq(memcmp(found->marks, marks, sizeof marks), 0);
    cr_assert(found->expected == expected && found->reported == reported);
}

static void check_scope(const coverage_year_input_t *input, scope_t scope, const coverage_year_scope_t *answer)
{
    for (unsigned month = 0; month < YEAR_MONTHS; month++) {
        uint32_t expected = 0, reported = 0, late = 0;
        for (uint32_t dealer = 0; dealer < input->network->dealer_count; dealer++) {
            if (!holds(input, scope, dealer, period_make(input->year, 1) + (period_t)month))
                continue;
            coverage_mark_t mark = mark_of(input, dealer, month);
            expected++;
            reported += mark == MARK_ON_TIME || mark == MARK_LATE;
            late += mark == MARK_LATE;
        }
        cr_assert(answer->expected[month] == expected && answer->reported[month] == reported &&
                  answer->late[month] == late);
    }
}

static void check(const coverage_year_input_t *input, const scope_t *scopes, size_t count)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 22);
    coverage_year_answer_t *answer;
    cr_assert_eq(coverage_year_compute(input, scopes, count, arena, &answer), STATUS_OK);
    cr_assert(answer->scope_count == count && answer->year == input->year);
    for (uint32_t dealer = 0; dealer < input->network->dealer_count; dealer++)
        check_dealer(input, scopes, count, dealer, answer);
    for (size_t i = 0; i < count; i++)
        check_scope(input, scopes[i], &answer->scopes[i]);
    for (size_t i = 1; i < answer->dealer_count; i++)
        cr_assert(strcmp(answer->dealers[i - 1].dealer, answer->dealers[i].dealer) < 0);
    uint32_t unseen = 0;
    for (unsigned month = 0; month < YEAR_MONTHS; month++) {
        uint32_t of = regions_view_unseen(input->network, &input->view, period_make(input->year, 1) + (period_t)month);
        unseen = of > unseen ? of : unseen;
    }
    cr_assert_eq(answer->regions.unseen, unseen);
}

Test(coverage_year, random_networks_are_marked_as_the_plain_reading_says)
{
    uint64_t state = random_seed("coverage_year");
    for (int run = 0; run < RUNS; run++) {
        random_network_t random;
        random_network_open(&random, &state);
        const network_t *network = random.network;
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 22);
        CLEANUP(scratch_free) uint8_t *filed = calloc(YEAR_MONTHS, (size_t)network->dealer_count + 1);
        for (size_t i = 0; i < (size_t)YEAR_MONTHS * network->dealer_count; i++)
            filed[i] = (uint8_t)random_below(&state, 4);
        size_t count;
        scope_t *scopes = every_scope(network, arena, &count);
        coverage_year_input_t input = {.network = network,
                                       .view = REGIONS_THEN,
                                       .year = period_year(random.month->period),
                                       .filed = filed,
                                       .never_only = random_below(&state, 4) == 0};
        for (unsigned month = 0; month < random_below(&state, YEAR_MONTHS + 1); month++)
            input.is_due[month] = true;
        if (random_below(&state, 2))
            input.view = (regions_view_t){
                random.month->period + (period_t)random_below(&state, 24),
                random_below(&state, 2) ? (uint32_t)random_below(&state, network->region_count) : INDEX_NONE};
        check(&input, scopes, count);
        size_t first = random_below(&state, count);
        check(&input, scopes + first, 1 + random_below(&state, count - first));
        random_network_close(&random);
    }
}
