#include "tests/core/random_network.h"
#include "tests/core/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define RUNS 40

static void check_cell(const month_t *month, size_t row_index, scope_t scope, const scope_statistics_t *cell)
{
    const row_t *row = &month->catalog->rows[row_index];
    reference_t reference;
    uint32_t n;
    char code[100], what[200];
    mpq_t exact;
    mpq_init(exact);
    reference_open(&reference, month, row_index, scope);
    scope_format(month->network, scope, code, sizeof code);
#define EXPECT(has, field)                                                                                             \
    do {                                                                                                               \
        bool has_ = (has);                                                                                             \
        snprintf(what, sizeof what, "%s of %s in %s", #field, row->id, code);                                          \
        expect_near(what, has_, exact, cell->field);                                                                   \
    } while (0)
    EXPECT(reference_average(&reference, row, exact, &n), average);
    cr_assert_eq(cell->n, n, "n of %s in %s", row->id, code);
    cr_assert_eq(cell->valued, reference.valued, "valued of %s in %s", row->id, code);
    EXPECT(reference_mean(&reference, exact), mean);
    EXPECT(reference_quantile(&reference, row->better == BETTER_DOWN, 1, exact), p25);
    EXPECT(reference_quantile(&reference, row->better == BETTER_DOWN, 2, exact), median);
    EXPECT(reference_quantile(&reference, row->better == BETTER_DOWN, 3, exact), p75);
    uint32_t stores = reference_benchmark(&reference, row, &BENCHMARK_RULE_DEFAULT, exact);
    EXPECT(stores > 0, benchmark);
    cr_assert_eq(cell->benchmark_n, stores, "benchmark_n of %s in %s: %u, not %u", row->id, code, cell->benchmark_n,
                 stores);
    const reference_store_t *best = NULL;
    for (size_t i = 0; i < reference.valued && !best; i++)
        best = reference.best_first[i]->eligible ? reference.best_first[i] : NULL;
    bool has_best = best && row->better != BETTER_NEITHER;
    if (has_best)
        mpq_set(exact, best->value);
    EXPECT(has_best, best);
#undef EXPECT
    reference_close(&reference);
    mpq_clear(exact);
}

Test(benchmark, every_statistic_of_random_networks_is_the_slow_exact_one)
{
    uint64_t state = random_seed("benchmark");
    for (int run = 0; run < RUNS; run++) {
        random_network_t random;
        random_network_open(&random, &state);
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 24);
        size_t count;
        scope_t *scopes = every_scope(random.network, arena, &count);
        benchmark_answer_t *answer;
        cr_assert_eq(
            benchmark_compute(random.month, &BENCHMARK_RULE_DEFAULT, scopes, count, SIZE_MAX, NULL, arena, &answer),
            STATUS_OK);
        cr_assert_eq(answer->row_count, random.catalog->table_row_count);
        for (size_t r = 0; r < answer->row_count; r++)
            for (size_t i = 0; i < count; i++)
                check_cell(random.month, random.catalog->table_rows[r], scopes[i], &answer->statistics[r * count + i]);
        random_network_close(&random);
    }
}

/* ---- Chosen cases ---- */

/* `count` stores D00, D01 … of one region; the caller sets their facts and destroys both. */
static month_t *flat_month(const catalog_t *catalog, uint32_t count, network_t **out_network)
{
    static char codes[64][4];
    network_region_line_t region = {"r", "", "", 2};
    network_dealer_line_t dealers[64];
    network_membership_line_t memberships[64];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(codes[i], sizeof codes[i], "D%02u", (unsigned)i % 100);
        dealers[i] = (network_dealer_line_t){codes[i], "", "", i + 2};
        memberships[i] = (network_membership_line_t){codes[i], "r", period_make(2025, 1), i + 2};
    }
    network_lines_t lines = {&region, 1, dealers, count, memberships, count, NULL, 0};
    CLEANUP(faults_fini) faults_t faults = {0};
    cr_assert_eq(network_build(&lines, out_network, &faults), STATUS_OK);
    month_t *month = month_create(catalog, *out_network, period_make(2025, 6));
    cr_assert_not_null(month);
    return month;
}

static scope_statistics_t nation_cell(const month_t *month, const char *row)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    scope_t nation = {SCOPE_NATION, 0};
    benchmark_answer_t *answer;
    cr_assert_eq(benchmark_compute(month, &BENCHMARK_RULE_DEFAULT, &nation, 1, 0, NULL, arena, &answer), STATUS_OK);
    size_t i = 0;
    while (i + 1 < answer->row_count && month->catalog->table_rows[i] != catalog_find_row(month->catalog, row))
        i++;
    return answer->statistics[i];
}

/* Visits of ten stores whose rate falls with their number; the first three hold `first` visits each, the others fill up
 * to 3,000. */
static scope_statistics_t share_case(int64_t first)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(network_destroy) network_t *network = NULL;
    CLEANUP(month_destroy) month_t *month = flat_month(catalog, 10, &network);
    for (uint32_t i = 0; i < 10; i++) {
        int64_t visits = i < 3 ? first : i < 9 ? 100 : 3000 - 3 * first - 600;
        int64_t facts[5] = {0, visits, visits * (20 - i) / 20, 0, 0};
        month_set(month, i, facts, false);
    }
    return nation_cell(month, "rate");
}

Test(benchmark, three_stores_that_hold_exactly_a_tenth_are_enough)
{
    cr_assert_eq(share_case(100).benchmark_n, 3);
}

Test(benchmark, three_stores_that_hold_less_than_a_tenth_take_a_fourth)
{
    cr_assert_eq(share_case(80).benchmark_n, 4);
}

static scope_statistics_t count_case(uint32_t stores, const char *row)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(network_destroy) network_t *network = NULL;
    CLEANUP(month_destroy) month_t *month = flat_month(catalog, stores, &network);
    for (uint32_t i = 0; i < stores; i++)
        month_set(month, i, (int64_t[]){100, 10, i, 0, 0}, false);
    return nation_cell(month, row);
}

Test(benchmark, fewer_than_five_eligible_stores_have_none)
{
    scope_statistics_t four = count_case(4, "orders"), five = count_case(5, "orders");
    cr_assert(isnan(four.benchmark) && four.benchmark_n == 0);
    cr_assert(four.best == 3);
    cr_assert(five.benchmark == 3 && five.benchmark_n == 3);
}

Test(benchmark, a_row_without_a_denominator_takes_a_tenth_of_the_stores_rounded_up)
{
    cr_assert_eq(count_case(30, "orders").benchmark_n, 3);
    cr_assert_eq(count_case(31, "orders").benchmark_n, 4);
}

Test(benchmark, a_month_without_dealers_is_all_empty)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(network_destroy) network_t *network = NULL;
    CLEANUP(month_destroy) month_t *month = flat_month(catalog, 0, &network);
    scope_statistics_t cell = nation_cell(month, "rate");
    cr_assert(cell.n == 0 && cell.valued == 0 && cell.benchmark_n == 0);
    cr_assert(isnan(cell.average) && isnan(cell.mean) && isnan(cell.median) && isnan(cell.best) &&
              isnan(cell.benchmark));
}

Test(benchmark, an_arena_that_is_too_small_is_reported)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(network_destroy) network_t *network = NULL;
    CLEANUP(month_destroy) month_t *month = flat_month(catalog, 5, &network);
    scope_t nation = {SCOPE_NATION, 0};
    status_t status = STATUS_NO_MEMORY;
    size_t refused = 0;
    for (size_t budget = 0; status == STATUS_NO_MEMORY && budget < 10000; budget += 16) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(budget);
        benchmark_answer_t *answer = NULL;
        status = benchmark_compute(month, &BENCHMARK_RULE_DEFAULT, &nation, 1, SIZE_MAX, NULL, arena, &answer);
        cr_assert(status == STATUS_OK ? answer != NULL : answer == NULL);
        refused += status == STATUS_NO_MEMORY;
    }
    cr_assert(status == STATUS_OK && refused > 50);
}
