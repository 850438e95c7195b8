#include "tests/core/random_network.h"
#include "tests/core/reference.h"

#include <criterion/criterion.h>

#define ABSENT FACT_ABSENT

static trend_answer_t *compute(const catalog_t *catalog, const int64_t *const months[TREND_MONTHS], arena_t *arena)
{
    trend_answer_t *answer;
    cr_assert_eq(trend_compute(catalog, "D1", 2025, months, arena, &answer), STATUS_OK);
    return answer;
}

static size_t place_of(const catalog_t *catalog, const char *id)
{
    size_t place = 0;
    while (catalog->table_rows[place] != catalog_find_row(catalog, id))
        place++;
    return place;
}

Test(trend, flows_add_up_and_all_else_is_the_average_month)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    const int64_t january[5] = {1000, 10, 2, ABSENT, 6}, march[5] = {2000, 30, 4, ABSENT, 8};
    const int64_t *months[TREND_MONTHS] = {[2] = january, [4] = march};
    trend_answer_t *answer = compute(catalog, months, arena);
    cr_assert(answer->year_values[place_of(catalog, "money")] == 30);
    cr_assert(answer->year_values[place_of(catalog, "total")] == 49);
    cr_assert(answer->year_values[place_of(catalog, "stock")] == 7);
    cr_assert(answer->year_values[place_of(catalog, "cost")] == 0.75);
    cr_assert_eq(answer->months_counted[place_of(catalog, "money")], 2);
    cr_assert_eq(answer->months_counted[place_of(catalog, "balance")], 0);
    cr_assert(isnan(answer->year_values[place_of(catalog, "balance")]));
}

Test(trend, a_change_needs_both_months_and_its_rate_a_nonzero_earlier_one)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    const int64_t december[5] = {0, 4, 0, 0, 0}, january[5] = {150, 5, 0, 0, 0}, march[5] = {300, 5, 0, 0, 0};
    const int64_t *months[TREND_MONTHS] = {[1] = december, [2] = january, [4] = march};
    trend_answer_t *answer = compute(catalog, months, arena);
    const double *changes = answer->changes + 12 * place_of(catalog, "money"),
                 *rates = answer->change_rates + 12 * place_of(catalog, "money");
    cr_assert(changes[0] == 1.5 && isnan(rates[0]));
    cr_assert(isnan(changes[1]) && isnan(changes[2]) && isnan(changes[3]) && isnan(rates[2]));
    cr_assert(answer->changes[12 * place_of(catalog, "visits")] == 1);
    cr_assert(answer->change_rates[12 * place_of(catalog, "visits")] == 0.25);
}

Test(trend, the_month_before_reaches_back_over_the_new_year)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    const int64_t november[5] = {0, 0, 4, 0, 0}, december[5] = {0, 0, 8, 0, 0}, january[5] = {0, 0, 4, 0, 0};
    const int64_t *months[TREND_MONTHS] = {november, december, january};
    trend_answer_t *answer = compute(catalog, months, arena);
    size_t growth = place_of(catalog, "growth");
    cr_assert(answer->values[12 * growth] == 0.5);
    cr_assert(answer->changes[12 * growth] == -1.5);
    cr_assert_eq(answer->months_counted[growth], 1);
    cr_assert(answer->year_values[growth] == 0.5);
}

Test(trend, random_years_are_the_slow_exact_ones)
{
    uint64_t state = random_seed("trend");
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    for (int run = 0; run < 100; run++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
        int64_t facts[TREND_MONTHS][5];
        const int64_t *months[TREND_MONTHS];
        for (size_t m = 0; m < TREND_MONTHS; m++) {
            random_facts(&state, facts[m]);
            months[m] = random_below(&state, 6) ? facts[m] : NULL;
        }
        trend_answer_t *answer = compute(catalog, months, arena);
        mpq_t value, before, change;
        mpq_inits(value, before, change, NULL);
        for (size_t i = 0; i < answer->row_count * 12; i++) {
            const row_t *row = &catalog->rows[catalog->table_rows[i / 12]];
            bool has[2];
            for (size_t back = 0; back < 2; back++) {
                size_t m = i % 12 + 2 - back;
                int64_t inputs[10];
                for (size_t k = 0; k < 5; k++) {
                    inputs[k] = months[m] ? months[m][k] : ABSENT;
                    inputs[5 + k] = months[m - 1] ? months[m - 1][k] : ABSENT;
                }
                has[back] = months[m] && formula_evaluate_store(row->formula, inputs, back ? before : value);
            }
            expect_near("value", has[0], value, answer->values[i]);
            mpq_sub(change, value, before);
            expect_near("change", has[0] && has[1], change, answer->changes[i]);
            bool has_rate = has[0] && has[1] && mpq_sgn(before) != 0;
            if (has_rate)
                mpq_div(change, change, before); /* (value - before) / before, which is value / before - 1 */
            expect_near("rate", has_rate, change, answer->change_rates[i]);
        }
        mpq_clears(value, before, change, NULL);
    }
}
