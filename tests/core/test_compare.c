#include "tests/core/random_network.h"
#include "tests/core/reference.h"

#include <criterion/criterion.h>
#include <string.h>

#define RUNS 40

/* What is expected of one row for one store. */
typedef struct {
    bool has[COLUMN_PEERS], has_gap[GAP_COUNT];
    mpq_t values[COLUMN_PEERS], gaps[GAP_COUNT];
    bool can_be_weak;
} expected_t;

static void expected_open(expected_t *expected, const month_t *month, uint32_t dealer, uint32_t region, size_t index)
{
    const row_t *row = &month->catalog->rows[index];
    const scope_t scopes[] = {{SCOPE_NATION, 0}, {SCOPE_REGION, region}};
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        mpq_init(expected->values[i]);
    for (size_t i = 0; i < 2; i++) {
        reference_t reference;
        uint32_t n;
        reference_open(&reference, month, index, scopes[i]);
        expected->has[COLUMN_NATION_AVERAGE + i] =
            reference_average(&reference, row, expected->values[COLUMN_NATION_AVERAGE + i], &n);
        expected->has[COLUMN_NATION_BENCHMARK + i] = reference_benchmark(&reference, row, &BENCHMARK_RULE_DEFAULT,
                                                                         expected->values[COLUMN_NATION_BENCHMARK + i]);
        for (size_t s = 0; i == 0 && s < reference.count; s++) {
            if (reference.stores[s].dealer != dealer)
                continue;
            expected->has[COLUMN_OWN] = reference.stores[s].valued;
            mpq_set(expected->values[COLUMN_OWN], reference.stores[s].value);
            expected->can_be_weak = reference.stores[s].eligible && formula_holds_division(row->formula);
        }
        reference_close(&reference);
    }
    for (size_t i = 0; i < GAP_COUNT; i++) {
        mpq_t *own = &expected->values[COLUMN_OWN], *other = &expected->values[COLUMN_NATION_AVERAGE + i];
        mpq_init(expected->gaps[i]);
        expected->has_gap[i] = row->better != BETTER_NEITHER && expected->has[COLUMN_OWN] &&
                               expected->has[COLUMN_NATION_AVERAGE + i] && mpq_sgn(*other) != 0;
        if (!expected->has_gap[i])
            continue;
        mpq_sub(expected->gaps[i], *own, *other); /* (own - other) / other, which is own / other - 1 */
        mpq_div(expected->gaps[i], expected->gaps[i], *other);
        if (row->better == BETTER_DOWN)
            mpq_neg(expected->gaps[i], expected->gaps[i]);
    }
}

static void expected_close(expected_t *expected)
{
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        mpq_clear(expected->values[i]);
    for (size_t i = 0; i < GAP_COUNT; i++)
        mpq_clear(expected->gaps[i]);
}

/* Picks the lowest gap below zero that is not taken, three times. */
static void check_weakest(const catalog_t *catalog, const expected_t *expected, const compare_answer_t *answer)
{
    bool taken[64] = {false};
    size_t found = 0;
    for (;;) {
        size_t lowest = SIZE_MAX;
        for (size_t r = 0; r < answer->row_count; r++) {
            const expected_t *row = &expected[r];
            if (taken[r] || !row->can_be_weak || !row->has_gap[1] || mpq_sgn(row->gaps[1]) >= 0)
                continue;
            if (lowest == SIZE_MAX || mpq_cmp(row->gaps[1], expected[lowest].gaps[1]) < 0)
                lowest = r;
        }
        if (lowest == SIZE_MAX || found == 3)
            break;
        taken[lowest] = true;
        cr_assert(found < answer->weakest_count);
        cr_assert_str_eq(answer->weakest[found++], catalog->rows[catalog->table_rows[lowest]].id);
    }
    cr_assert_eq(found, answer->weakest_count);
}

static void check_store(const random_network_t *random, uint32_t dealer, arena_t *arena)
{
    const catalog_t *catalog = random->catalog;
    uint32_t region = network_region_of(random->network, dealer, random->month->period);
    compare_answer_t *answer;
    expected_t expected[64] = {0};
    cr_assert_eq(
        compare_compute(random->month, &BENCHMARK_RULE_DEFAULT, dealer, region, &dealer, 1, NULL, arena, &answer),
        STATUS_OK);
    cr_assert_str_eq(answer->region, random->network->regions[region].code);
    for (size_t r = 0; r < answer->row_count; r++) {
        const double *values = answer->values + r * (COLUMN_PEERS + 1);
        expected_open(&expected[r], random->month, dealer, region, catalog->table_rows[r]);
        for (size_t i = 0; i < COLUMN_PEERS; i++)
            expect_near(answer->rows[r].row, expected[r].has[i], expected[r].values[i], values[i]);
        expect_near("peer", expected[r].has[COLUMN_OWN], expected[r].values[COLUMN_OWN], values[COLUMN_PEERS]);
        for (size_t i = 0; i < GAP_COUNT; i++)
            expect_near("gap", expected[r].has_gap[i], expected[r].gaps[i], answer->gaps[r * GAP_COUNT + i]);
    }
    check_weakest(catalog, expected, answer);
    for (size_t r = 0; r < answer->row_count; r++)
        expected_close(&expected[r]);
}

Test(compare, random_comparisons_are_the_slow_exact_ones)
{
    uint64_t state = random_seed("compare");
    for (int run = 0; run < RUNS; run++) {
        random_network_t random;
        random_network_open(&random, &state);
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 24);
        for (uint32_t dealer = 0; dealer < random.network->dealer_count; dealer += 7)
            if (random.month->slots[dealer] != INDEX_NONE)
                check_store(&random, dealer, arena);
        random_network_close(&random);
    }
}
