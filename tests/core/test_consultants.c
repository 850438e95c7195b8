#include "core/statistics.h"
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

/* ---- the slow exact way */

#define CODES 6

typedef struct {
    const catalog_t *catalog;
    int64_t inputs[CODES][10]; /* facts of the month, then of the month before */
    size_t count;
    mpq_t own, store, base, gap, lowest;
} slow_t;

static void sum_store(const slow_t *slow, int128_t *out)
{
    for (size_t i = 0; i < 10; i++) {
        out[i] = SUM_ABSENT;
        for (size_t c = 0; c < slow->count; c++)
            if (slow->inputs[c][i] != ABSENT)
                out[i] = (out[i] == SUM_ABSENT ? 0 : out[i]) + slow->inputs[c][i];
    }
}

static bool gap_of(slow_t *slow, const row_t *row, const int128_t *sums, size_t c)
{
    const formula_t *denominator = formula_denominator(row->formula);
    return denominator && row->better != BETTER_NEITHER && formula_evaluate_exact(row->formula, sums, 1, slow->store) &&
           formula_evaluate_store(denominator, slow->inputs[c], slow->base) && mpq_cmp_ui(slow->base, 5, 1) >= 0 &&
           statistics_gap(row, slow->own, slow->store, slow->gap);
}

static void check_consultant(slow_t *slow, const int128_t *sums, const consultants_answer_t *answer, size_t c)
{
    const char *weakest = NULL;
    mpq_set_ui(slow->lowest, 0, 1);
    for (size_t i = 0; i < answer->row_count; i++) {
        const row_t *row = &slow->catalog->rows[catalog_find_row(slow->catalog, answer->rows[i])];
        double value = answer->values[c * answer->row_count + i];
        bool has = formula_evaluate_store(row->formula, slow->inputs[c], slow->own);
        cr_assert(has ? value == formula_to_double(slow->own) : isnan(value), "%s", row->id);
        if (!has || !gap_of(slow, row, sums, c) || mpq_cmp(slow->gap, slow->lowest) >= 0)
            continue;
        mpq_set(slow->lowest, slow->gap);
        weakest = row->id;
    }
    cr_assert_eq(weakest == NULL, answer->weakest[c] == NULL);
    if (!weakest)
        return;
    cr_assert_str_eq(answer->weakest[c], weakest);
    cr_assert(answer->gaps[c] == formula_to_double(slow->lowest));
}

static void play_random(slow_t *slow, uint64_t *state)
{
    static const char *const codes[CODES] = {"A", "B", "C", "D", "E", "F"};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 20);
    consultant_facts_t now[CODES], before[CODES];
    int128_t sums[10];
    slow->count = 1 + random_below(state, CODES);
    for (size_t c = 0; c < slow->count; c++) {
        random_facts(state, slow->inputs[c]);
        random_facts(state, slow->inputs[c] + 5);
        if (c && random_below(state, 2)) /* equal gaps */
            memcpy(slow->inputs[c], slow->inputs[0], sizeof slow->inputs[c]);
        now[c] = (consultant_facts_t){codes[c], slow->inputs[c]};
        before[c] = (consultant_facts_t){codes[c], slow->inputs[c] + 5};
    }
    sum_store(slow, sums);
    consultants_answer_t *answer = compute(slow->catalog, &(store_facts_t){NULL, now, slow->count},
                                           &(store_facts_t){NULL, before, slow->count}, arena);
    for (size_t c = 0; c < slow->count; c++)
        check_consultant(slow, sums, answer, c);
}

Test(consultants, random_ones_are_the_slow_exact_ones, .timeout = 60)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = test_catalog();
    uint64_t state = random_seed("consultants");
    slow_t slow = {.catalog = catalog};
    mpq_inits(slow.own, slow.store, slow.base, slow.gap, slow.lowest, NULL);
    for (int i = 0; i < 3000; i++)
        play_random(&slow, &state);
    mpq_clears(slow.own, slow.store, slow.base, slow.gap, slow.lowest, NULL);
}
