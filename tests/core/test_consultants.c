#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <string.h>

#define ABSENT FACT_ABSENT

static consultants_answer_t *compute(const catalog_t *catalog, const store_facts_t *current,
                                     const store_facts_t *previous, arena_t *arena)
{
    consultants_answer_t *answer;
    cr_assert_eq(consultants_compute(catalog, "D1", period_make(2025, 6), current, previous, arena, &answer),
                 STATUS_OK);
    return answer;
}

static size_t place_of(const consultants_answer_t *answer, const char *row)
{
    for (size_t i = 0; i < answer->row_count; i++)
        if (strcmp(answer->rows[i], row) == 0)
            return i;
    return SIZE_MAX;
}

Test(consultants, nothing_stored_is_an_empty_table)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    consultants_answer_t *answer = compute(catalog, NULL, NULL, arena);
    cr_assert(answer->row_count == 0 && answer->consultant_count == 0);
}

Test(consultants, come_by_code_and_the_store_sums_those_that_have_the_fact)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    const int64_t zhang[5] = {ABSENT, 10, 4, ABSENT, ABSENT}, li[5] = {ABSENT, 20, ABSENT, ABSENT, ABSENT};
    const consultant_facts_t consultants[] = {{"Zhang", zhang}, {"Li", li}};
    consultants_answer_t *answer = compute(catalog, &(store_facts_t){NULL, consultants, 2}, NULL, arena);
    cr_assert_str_eq(answer->consultants[0], "Li");
    cr_assert_eq(answer->row_count, 4); /* visits, orders, rate, total */
    size_t rate = place_of(answer, "rate");
    cr_assert(answer->store[place_of(answer, "visits")] == 30);
    cr_assert(answer->store[place_of(answer, "orders")] == 4);
    cr_assert_float_eq(answer->store[rate], 4.0 / 30, 1e-15);
    cr_assert(isnan(answer->values[rate]));
    cr_assert(answer->values[answer->row_count + rate] == 0.4);
}

/* Two consultants; the second's rate is 1/2 of `visits`, the first's far better. */
static consultants_answer_t *weak_case(const catalog_t *catalog, int64_t visits, arena_t *arena)
{
    const int64_t good[5] = {ABSENT, 10, 9, ABSENT, ABSENT}, weak[5] = {ABSENT, visits, 2, ABSENT, ABSENT};
    const consultant_facts_t consultants[] = {{"A", good}, {"B", weak}};
    return compute(catalog, &(store_facts_t){NULL, consultants, 2}, NULL, arena);
}

Test(consultants, the_weakest_row_is_the_lowest_gap_to_the_store)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    consultants_answer_t *answer = weak_case(catalog, 5, arena);
    cr_assert_null(answer->weakest[0]);
    cr_assert(isnan(answer->gaps[0]));
    cr_assert_str_eq(answer->weakest[1], "rate");
    cr_assert_float_eq(answer->gaps[1], (2.0 / 5) / (11.0 / 15) - 1, 1e-15);
}

Test(consultants, a_denominator_below_five_is_no_weakness)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    cr_assert_null(weak_case(catalog, 4, arena)->weakest[1]);
}

Test(consultants, a_lower_cost_than_the_stores_is_no_weakness)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    const int64_t cheap[5] = {1000, 10, 0, ABSENT, ABSENT}, dear[5] = {3000, 10, 0, ABSENT, ABSENT};
    const consultant_facts_t consultants[] = {{"A", cheap}, {"B", dear}};
    consultants_answer_t *answer = compute(catalog, &(store_facts_t){NULL, consultants, 2}, NULL, arena);
    cr_assert_null(answer->weakest[0]); /* its cost is below the store's; its rate has a store value of zero */
    cr_assert_str_eq(answer->weakest[1], "cost");
    cr_assert(answer->gaps[1] == -0.5);
}

Test(consultants, the_month_before_comes_from_the_same_code)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    const int64_t now[5] = {ABSENT, ABSENT, 6, ABSENT, ABSENT}, before[5] = {ABSENT, ABSENT, 4, ABSENT, ABSENT};
    const consultant_facts_t current[] = {{"B", now}, {"A", now}}, previous[] = {{"C", now}, {"B", before}};
    consultants_answer_t *answer =
        compute(catalog, &(store_facts_t){NULL, current, 2}, &(store_facts_t){NULL, previous, 2}, arena);
    size_t growth = place_of(answer, "growth");
    cr_assert_neq(growth, SIZE_MAX);
    cr_assert(isnan(answer->values[growth]));
    cr_assert(answer->values[answer->row_count + growth] == 1.5);
    cr_assert(answer->store[growth] == 3);
}
