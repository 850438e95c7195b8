/* What differs between two tables of a month. */
#include "core/drift.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCOPES 2

typedef struct {
    scope_count_t scopes[SCOPES];
    answer_row_t rows[2];
    scope_statistics_t statistics[2 * SCOPES];
    benchmark_answer_t answer;
} benchmark_table_t;

static const scope_statistics_t PLAIN = {.n = 10,
                                         .valued = 8,
                                         .benchmark_n = 3,
                                         .average = 100,
                                         .mean = 101,
                                         .median = 99,
                                         .p25 = 50,
                                         .p75 = 150,
                                         .best = 200,
                                         .benchmark = 180};

/* Rows a and b, the nation and region:r, all figures the same. */
static void fill(benchmark_table_t *table)
{
    *table = (benchmark_table_t){.scopes = {{"nation", 12, 10}, {"region:r", 6, 5}},
                                 .rows = {{"a", "count", BETTER_UP}, {"b", "CNY", BETTER_DOWN}}};
    for (size_t i = 0; i < 2 * SCOPES; i++)
        table->statistics[i] = PLAIN;
    table->answer = (benchmark_answer_t){.scopes = table->scopes,
                                         .scope_count = SCOPES,
                                         .rows = table->rows,
                                         .row_count = 2,
                                         .statistics = table->statistics};
}

typedef struct {
    benchmark_table_t published, restated;
    arena_t *arena;
} fixture_t;

static fixture_t *set_up(void)
{
    static fixture_t fixture;
    fill(&fixture.published);
    fill(&fixture.restated);
    fixture.arena = arena_create(1u << 24);
    return &fixture;
}

static drift_t compute(fixture_t *fixture, size_t most)
{
    drift_t drift = {0};
    cr_assert_eq(drift_compute(&fixture->published.answer, &fixture->restated.answer, most, fixture->arena, &drift),
                 STATUS_OK);
    return drift;
}

static void expect(const drift_cell_t *cell, const char *scope, const char *row, statistic_t statistic)
{
    cr_assert_str_eq(cell->scope, scope);
    cr_assert_str_eq(cell->row, row);
    cr_assert_eq(cell->statistic, statistic, "%s instead of %s", statistic_names[cell->statistic],
                 statistic_names[statistic]);
}

Test(drift, equal_tables_do_not_differ)
{
    fixture_t *fixture = set_up();
    fixture->published.statistics[0].benchmark = fixture->restated.statistics[0].benchmark = NO_VALUE;
    drift_t drift = compute(fixture, 100);
    cr_assert(drift.cell_count == 0 && drift.left == 0);
}

Test(drift, each_statistic_is_compared_and_the_worst_comes_first)
{
    fixture_t *fixture = set_up();
    scope_statistics_t *at = &fixture->restated.statistics[1 * SCOPES + 1]; /* b in region:r */
    *at = (scope_statistics_t){.n = 11,
                               .valued = 7,
                               .benchmark_n = 4,
                               .average = 90,
                               .mean = 111.1,
                               .median = 198,
                               .p25 = 25,
                               .p75 = 165,
                               .best = 210,
                               .benchmark = 171};
    drift_t drift = compute(fixture, 100);
    static const statistic_t ORDER[] = {STATISTIC_MEDIAN, STATISTIC_P25, STATISTIC_BENCHMARK_N, STATISTIC_VALUED};
    cr_assert_eq(drift.cell_count, STATISTIC_KIND_COUNT);
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        expect(&drift.cells[i], "region:r", "b", ORDER[i]);
    cr_assert_str_eq(drift.cells[0].unit, "CNY");
    cr_assert(drift.cells[0].published == 99 && drift.cells[0].restated == 198 && drift.cells[0].difference == 99 &&
              drift.cells[0].relative == 1);
    cr_assert(drift.cells[1].difference == -25 && drift.cells[1].relative == -0.5);
    /* 10 % four times: as the tables list them. */
    expect(&drift.cells[4], "region:r", "b", STATISTIC_N);
    expect(&drift.cells[5], "region:r", "b", STATISTIC_AVERAGE);
    expect(&drift.cells[9], "region:r", "b", STATISTIC_BENCHMARK);
    for (size_t i = 1; i < drift.cell_count; i++)
        cr_assert(fabs(drift.cells[i].relative) <= fabs(drift.cells[i - 1].relative) + 1e-15);
}

Test(drift, a_value_that_came_went_or_was_zero_comes_before_all_others)
{
    fixture_t *fixture = set_up();
    fixture->restated.statistics[0].median = 1e9;
    fixture->restated.statistics[1].median = NO_VALUE;
    fixture->published.statistics[2].best = NO_VALUE;
    fixture->published.statistics[3].average = 0;
    fixture->published.statistics[3].mean = -50;
    drift_t drift = compute(fixture, 100);
    cr_assert_eq(drift.cell_count, 5);
    expect(&drift.cells[0], "region:r", "a", STATISTIC_MEDIAN);
    cr_assert(isnan(drift.cells[0].restated) && isnan(drift.cells[0].difference) && isnan(drift.cells[0].relative));
    expect(&drift.cells[1], "nation", "b", STATISTIC_BEST);
    cr_assert(isnan(drift.cells[1].published));
    expect(&drift.cells[2], "region:r", "b", STATISTIC_AVERAGE);
    cr_assert(drift.cells[2].difference == 100 && isnan(drift.cells[2].relative));
    expect(&drift.cells[3], "nation", "a", STATISTIC_MEDIAN);
    cr_assert_eq(drift.cells[4].relative, 151.0 / 50,
                 "of the published one's size, so that its sign is the difference's");
}

Test(drift, what_may_be_two_computations_of_the_same_does_not_differ)
{
    fixture_t *fixture = set_up();
    fixture->restated.statistics[0].mean = 101 * (1 + 1e-12);
    fixture->restated.statistics[1].mean = 101 * (1 + 1e-11);
    drift_t drift = compute(fixture, 100);
    cr_assert_eq(drift.cell_count, 1);
    expect(&drift.cells[0], "region:r", "a", STATISTIC_MEAN);
}

Test(drift, rows_and_scopes_are_matched_by_name)
{
    fixture_t *fixture = set_up();
    /* The same figures in another order, but for a row and a scope that only one table has. */
    fixture->restated.scopes[0] = (scope_count_t){"region:new", 6, 5};
    fixture->restated.scopes[1] = (scope_count_t){"nation", 12, 10};
    fixture->restated.rows[0] = (answer_row_t){"c", "ratio", BETTER_UP};
    fixture->restated.rows[1] = (answer_row_t){"a", "count", BETTER_UP};
    drift_t drift = compute(fixture, 1000);
    size_t kept = 0, gone = 0, came = 0;
    for (size_t i = 0; i < drift.cell_count; i++) {
        const drift_cell_t *cell = &drift.cells[i];
        kept += !strcmp(cell->scope, "nation") && !strcmp(cell->row, "a");
        gone += isnan(cell->restated) && (!strcmp(cell->row, "b") || !strcmp(cell->scope, "region:r"));
        came += isnan(cell->published) && (!strcmp(cell->row, "c") || !strcmp(cell->scope, "region:new"));
    }
    cr_assert_eq(kept, 0);
    cr_assert_eq(gone, 3 * STATISTIC_KIND_COUNT);
    cr_assert_eq(came, 3 * STATISTIC_KIND_COUNT);
    cr_assert_eq(drift.cell_count, gone + came);
}

Test(drift, of_too_many_the_worst_are_kept_and_the_rest_counted)
{
    enum { ROWS = 500 };
    fixture_t *fixture = set_up();
    answer_row_t *rows = calloc(ROWS, sizeof *rows);
    scope_statistics_t *statistics[2] = {calloc(ROWS, sizeof **statistics), calloc(ROWS, sizeof **statistics)};
    char(*names)[8] = calloc(ROWS, sizeof *names);
    for (int i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof *names, "r%d", i);
        rows[i] = (answer_row_t){names[i], "count", BETTER_UP};
        statistics[0][i] = statistics[1][i] = PLAIN;
        statistics[1][i].average = 100 + (i * 7919 % ROWS) + 1; /* each difference once, in no order */
    }
    benchmark_answer_t *tables[2] = {&fixture->published.answer, &fixture->restated.answer};
    for (int i = 0; i < 2; i++) {
        tables[i]->scope_count = 1;
        tables[i]->rows = rows;
        tables[i]->row_count = ROWS;
        tables[i]->statistics = statistics[i];
    }
    static const size_t MOST[] = {0, 1, 2, 37, ROWS - 1, ROWS, ROWS + 1};
    for (size_t m = 0; m < sizeof MOST / sizeof *MOST; m++) {
        drift_t drift = compute(fixture, MOST[m]);
        size_t expected = MOST[m] < ROWS ? MOST[m] : ROWS;
        cr_assert(drift.cell_count == expected && drift.left == ROWS - expected, "%zu", MOST[m]);
        for (size_t i = 0; i < expected; i++)
            cr_assert_eq(drift.cells[i].difference, (double)(ROWS - i), "%zu of %zu", i, expected);
    }
    free(rows);
    free(statistics[0]);
    free(statistics[1]);
    free(names);
}
