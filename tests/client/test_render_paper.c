#include "client/render_paper.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define FILES TEST_DATA "/files/"

static catalog_t *catalog;
static arena_t *arena;

/* The file's text, NUL-terminated; the caller frees it. Empty where there is none. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 20000);
    if (file) {
        size_t size = fread(text, 1, 19999, file);
        text[size] = '\0';
        fclose(file);
    }
    return text;
}

static void begin(void)
{
    faults_t faults = {0};
    char *yaml = read_file(FILES "render_catalog.yaml");
    cr_assert_eq(catalog_load((span_t){(uint8_t *)yaml, strlen(yaml)}, &catalog, &faults), STATUS_OK);
    free(yaml);
    arena = arena_create(1u << 20);
}

static void end(void)
{
    catalog_destroy(&catalog);
    arena_destroy(&arena);
}

TestSuite(paper, .init = begin, .fini = end);

/* ---- Answers by hand: the catalog's tables are [spend, visits, cost], [orders, rate], [visits, rate]; it knows no row
 * `later` ---- */

#define NONE NO_VALUE

static answer_row_t rows[] = {{"spend", "CNY", BETTER_NEITHER}, {"visits", "count", BETTER_UP},
                              {"cost", "CNY", BETTER_DOWN},     {"orders", "count", BETTER_UP},
                              {"rate", "ratio", BETTER_UP},     {"later", "km", BETTER_DOWN}};

static paper_t make_compare(language_t language)
{
    static const char *peers[] = {"=D2"}, *weakest[] = {"cost", "rate"};
    static double values[] = {1234567.5, 1000, 999.999, NONE, NONE, 12.5,  165,   173.88, 182,   NONE, 253, 63,
                              320.12,    256,  232.891, 131,  149,  174.2, 0,     2,      2.5,   4,    8,   0,
                              0.1,       0.2,  0.25,    0.5,  1,    NONE,  12.25, 10,     -0.25, NONE, 1,   2};
    static double gaps[] = {NONE, NONE, NONE,  NONE, -0.0511, -0.0934, NONE, -0.5, -0.25, -0.3746, -1.4437, -1.1484,
                            -1,   -1,   -0.75, -1,   -0.5,    -0.6,    -0.8, -0.9, NONE,  0.5,     NONE,    0};
    compare_answer_t answer = {.dealer = "D1",
                               .region = "east",
                               .period = period_make(2025, 6),
                               .peers = peers,
                               .peer_count = 1,
                               .rows = rows,
                               .row_count = 6,
                               .values = values,
                               .gaps = gaps,
                               .weakest = weakest,
                               .weakest_count = 2};
    render_t render = {.language = language, .catalog = catalog};
    paper_t paper;
    cr_assert_eq(paper_compare(&render, &answer, arena, &paper), STATUS_OK);
    return paper;
}

static double values[72], changes[72], rates[72], years[6];

/* Two months of `spend`, all of `visits`, `rate` without March. */
static trend_answer_t make_answer(void)
{
    static uint32_t months[] = {2, 12, 0, 0, 11, 0};
    for (size_t i = 0; i < 72; i++)
        values[i] = changes[i] = rates[i] = NONE;
    for (size_t i = 0; i < 6; i++)
        years[i] = NONE;
    values[0] = 999.99, values[1] = 11345.68, changes[1] = 10345.69, rates[1] = 10.3458, years[0] = 12345.67;
    for (size_t i = 0; i < 12; i++) {
        values[12 + i] = 100 + (double)i, changes[12 + i] = i % 2 ? 1 : -1, rates[12 + i] = i % 2 ? 0.0099 : -0.0099;
        values[48 + i] = i == 2 ? NONE : (double)(i + 1) / 128;
    }
    years[1] = 110.5, years[4] = 0.0625;
    return (trend_answer_t){"D1", 2025, rows, 6, values, years, months, changes, rates};
}

/* The year, and its change rates. */
static void make_trend(language_t language, paper_t papers[2])
{
    trend_answer_t answer = make_answer();
    render_t render = {.language = language, .catalog = catalog};
    cr_assert_eq(paper_trend(&render, &answer, arena, &papers[0]), STATUS_OK);
    cr_assert_eq(paper_trend_changes(&render, &answer, arena, &papers[1]), STATUS_OK);
}

static paper_t make_consultants(language_t language)
{
    static const char *ids[] = {"visits", "rate", "later"}, *codes[] = {"-1", "李", "王"};
    static const char *weakest[] = {NULL, "rate", "later"};
    static double store[] = {90, 0.2, 3}, own[] = {50, 0.3, 1, 30, 0.0625, NONE, 10, NONE, 1.5},
                  gaps[] = {NONE, -0.6875, -0.5};
    consultants_answer_t answer = {"D1", period_make(2025, 6), ids, 3, store, codes, 3, own, weakest, gaps};
    render_t render = {.language = language, .catalog = catalog};
    paper_t paper;
    cr_assert_eq(paper_consultants(&render, &answer, arena, &paper), STATUS_OK);
    return paper;
}

/* ---- Exact texts ---- */

static void expect_csv(const paper_t *papers, size_t count, const char *name)
{
    char path[500], *got = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, FILES "render/%s", name);
    FILE *out = open_memstream(&got, &size);
    paper_write_csv(papers, count, out);
    fclose(out);
    char *want = read_file(path);
    cr_assert_str_eq(got, want, "%s:\n%s", name, got);
    free(got);
    free(want);
}

Test(paper, a_comparison_holds_each_table_of_the_catalog_whole_with_its_header)
{
    paper_t chinese = make_compare(LANGUAGE_ZH), english = make_compare(LANGUAGE_EN);
    expect_csv(&chinese, 1, "paper_compare.zh.csv");
    expect_csv(&english, 1, "paper_compare.en.csv");
}

Test(paper, a_year_holds_its_months_and_then_the_change_rates)
{
    paper_t chinese[2], english[2];
    make_trend(LANGUAGE_ZH, chinese);
    make_trend(LANGUAGE_EN, english);
    expect_csv(chinese, 2, "paper_trend.zh.csv");
    expect_csv(english, 2, "paper_trend.en.csv");
}

Test(paper, consultants_stand_side_by_side_and_their_weakest_rows_below)
{
    paper_t chinese = make_consultants(LANGUAGE_ZH), english = make_consultants(LANGUAGE_EN);
    expect_csv(&chinese, 1, "paper_consultants.zh.csv");
    expect_csv(&english, 1, "paper_consultants.en.csv");
}

Test(paper, a_comparison_without_weak_rows_says_so)
{
    answer_row_t row = {"cost", "CNY", BETTER_DOWN};
    double own[] = {300, 200, 150, NONE, NONE}, gaps[] = {-0.5, -1, NONE, NONE};
    compare_answer_t answer = {
        .dealer = "D1", .period = period_make(2025, 6), .rows = &row, .row_count = 1, .values = own, .gaps = gaps};
    render_t render = {.language = LANGUAGE_EN, .catalog = catalog};
    paper_t paper;
    cr_assert_eq(paper_compare(&render, &answer, arena, &paper), STATUS_OK);
    cr_assert_str_eq(paper.lines[1].cells[0].text, "No ratio with a large enough base is below the region's average");
    cr_assert_str_eq(paper.lines[2].cells[0].text, "Region: —");
    cr_assert_eq(paper.top, 3);
    gaps[1] = NONE; /* no average to be below of */
    cr_assert_eq(paper_compare(&render, &answer, arena, &paper), STATUS_OK);
    cr_assert_eq(paper.top, 2);
}

Test(paper, what_is_hidden_is_told_from_what_has_no_value)
{
    answer_row_t row = {"cost", "CNY", BETTER_DOWN};
    double own[] = {300, NONE, NONE, NONE, 150}, gaps[] = {NONE, NONE, NONE, -1};
    uint32_t suppressed[] = {1u << COLUMN_REGION_AVERAGE | 1u << COLUMN_NATION_BENCHMARK};
    compare_answer_t answer = {.dealer = "D1",
                               .period = period_make(2025, 6),
                               .rows = &row,
                               .row_count = 1,
                               .values = own,
                               .gaps = gaps,
                               .suppressed = suppressed,
                               .exemplars = {NULL, "D7"},
                               .release = 2,
                               .release_ms = 1752141600000,
                               .status = {.kind = FIGURES_PUBLISHED}};
    render_t render = {.language = LANGUAGE_EN, .catalog = catalog};
    paper_t paper;
    cr_assert_eq(setenv("TZ", "Asia/Shanghai", 1), 0);
    cr_assert_eq(paper_compare(&render, &answer, arena, &paper), STATUS_OK);
    static const char *const NOTES[] = {
        "D1  June 2025  Comparison", "Published (as the month was closed)",
        "Nation and region: release 2 of 2025-07-10 18:00:00, rounded to 3 digits; × is hidden: it could tell another "
        "owner's figures",
        "The region's benchmark is D7, designated by headquarters", "Region: —"};
    cr_assert_eq(paper.top, sizeof NOTES / sizeof *NOTES, "no word of weak rows");
    for (size_t i = 0; i < paper.top; i++)
        cr_assert_str_eq(paper.lines[i].cells[0].text, NOTES[i]);
    static const char *const SHOWN[] = {"300.00", "—", "×", "×", "150.00"};
    char text[VALUE_SIZE];
    for (size_t i = 0; i < COLUMN_PEERS; i++) {
        paper_cell_text(&paper.lines[paper.top + 1].cells[1 + i], text);
        cr_assert_str_eq(text, SHOWN[i]);
    }
    answer.release = 0;
    cr_assert_eq(paper_compare(&render, &answer, arena, &paper), STATUS_OK);
    cr_assert_str_eq(paper.lines[2].cells[0].text,
                     "This month has not been released yet, so nation and region are not shown (×)");
}

/* ---- Colours and formats ---- */

/* The line of that label in the first table that has it. */
static const paper_line_t *find_line(const paper_t *paper, const char *label)
{
    for (size_t i = 0; i < paper->line_count; i++) {
        const paper_cell_t *cell = paper->lines[i].cells;
        if (cell->kind == PAPER_TEXT && cell->look == LOOK_LABEL && !strcmp(cell->text, label))
            return &paper->lines[i];
    }
    cr_assert_fail("no line %s", label);
    return NULL;
}

Test(paper, own_and_its_gap_to_the_region_are_coloured_by_the_sign_of_that_gap)
{
    paper_t paper = make_compare(LANGUAGE_EN);
    enum { OWN = 1, GAP_OF_NATION = 6, GAP_OF_REGION };
    static const struct {
        const char *label;
        look_t look, gap;
    } LINES[] = {{"Spend (CNY)", LOOK_VALUE, LOOK_VALUE},
                 {"Visits", LOOK_BAD, LOOK_LOSS},
                 {"Cost per visit (CNY)", LOOK_BAD, LOOK_LOSS},
                 {"later (km)", LOOK_GOOD, LOOK_VALUE}};
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        const paper_line_t *line = find_line(&paper, LINES[i].label);
        cr_assert_eq(line->cells[OWN].look, LINES[i].look, "%s", LINES[i].label);
        int mark = LINES[i].look == LOOK_GOOD ? 1 : LINES[i].look == LOOK_BAD ? -1 : 0;
        cr_assert_eq(line->cells[OWN].mark, mark, "%s: told without colours too", LINES[i].label);
        cr_assert_eq(line->cells[GAP_OF_REGION].look, LINES[i].look, "%s", LINES[i].label);
        cr_assert_eq(line->cells[GAP_OF_NATION].look, LINES[i].gap, "%s", LINES[i].label);
        for (size_t j = OWN + 1; j < GAP_OF_NATION; j++)
            cr_assert_eq(line->cells[j].look, LOOK_VALUE, "%s", LINES[i].label);
    }
}

Test(paper, change_rates_are_coloured_by_which_way_is_good)
{
    paper_t papers[2];
    make_trend(LANGUAGE_EN, papers);
    const paper_line_t *line = find_line(&papers[1], "Visits");
    for (size_t i = 1; i <= 12; i++)
        cr_assert(line->cells[i].look == (i % 2 ? LOOK_LOSS : LOOK_GAIN) && line->cells[i].mark == (i % 2 ? -1 : 1));
}

Test(paper, numbers_carry_the_format_of_their_row)
{
    paper_t paper = make_compare(LANGUAGE_EN);
    static const struct {
        const char *label, *shown;
    } LINES[] = {{"Spend (CNY)", "1,234,567.50"},
                 {"Cost per visit (CNY)", "▼ 320.12"},
                 {"Visits", "▼ 165"},
                 {"Closing rate", "▼ 10.0%"},
                 {"later (km)", "▲ 12.25"}};
    char text[VALUE_SIZE];
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        paper_cell_text(&find_line(&paper, LINES[i].label)->cells[1], text);
        cr_assert_str_eq(text, LINES[i].shown);
    }
    paper_cell_text(&find_line(&paper, "Visits")->cells[2], text);
    cr_assert_str_eq(text, "173.9", "a mean of counted things");
    paper_cell_text(&find_line(&paper, "Visits")->cells[6], text);
    cr_assert_str_eq(text, "-5.1%");
}

Test(paper, a_column_is_as_wide_as_its_widest_cell_but_for_long_heads)
{
    paper_t paper = make_compare(LANGUAGE_EN);
    cr_assert_eq(paper_column_width(&paper, 0, 100), strlen("Weakest ratios (against the region's average)"));
    cr_assert_eq(paper_column_width(&paper, 1, 100), strlen("1,234,567.50"));
    cr_assert_eq(paper_column_width(&paper, 4, 100), strlen("National benchmark"));
    cr_assert_eq(paper_column_width(&paper, 4, 14), 14);
    paper_t chinese = make_compare(LANGUAGE_ZH);
    cr_assert_eq(paper_column_width(&chinese, 5, 100), 8, "four characters of two columns");
}

/* ---- Charts ---- */

Test(paper, each_ratio_with_a_direction_has_a_chart_of_its_months)
{
    trend_answer_t answer = make_answer();
    render_t render = {.language = LANGUAGE_ZH, .catalog = catalog};
    paper_t paper;
    cr_assert_eq(paper_trend_charts(&render, &answer, arena, &paper), STATUS_OK);
    cr_assert_eq(paper.chart_count, 1);
    const paper_chart_t *chart = &paper.charts[0];
    cr_assert_str_eq(chart->title, "↑ 成交率");
    cr_assert_eq(chart->first, 1);
    cr_assert_eq(chart->last, 12);
    cr_assert_str_eq(paper.lines[chart->names].cells[1].text, "1月");
    cr_assert_str_eq(paper.lines[chart->line].cells[0].text, "成交率");
    for (size_t i = 0; i < 12; i++) {
        const paper_cell_t *cell = &paper.lines[chart->line].cells[1 + i];
        cr_assert_eq(cell->kind, i == 2 ? PAPER_EMPTY : PAPER_NUMBER, "a text would be drawn as zero");
        cr_assert(i == 2 ? cell->look == LOOK_PLAIN : cell->value == values[48 + i]);
    }
}

Test(paper, a_ratio_without_a_direction_and_a_cost_have_no_chart)
{
    trend_answer_t answer = make_answer();
    answer_row_t others[6];
    memcpy(others, rows, sizeof others);
    others[4].better = BETTER_NEITHER;
    answer.rows = others;
    render_t render = {.language = LANGUAGE_EN, .catalog = catalog};
    paper_t paper;
    cr_assert_eq(paper_trend_charts(&render, &answer, arena, &paper), STATUS_OK);
    cr_assert_eq(paper.chart_count, 0);
}

Test(paper, too_small_an_arena_is_told)
{
    trend_answer_t answer = make_answer();
    render_t render = {.language = LANGUAGE_EN, .catalog = catalog};
    paper_t paper;
    for (size_t budget = 0; budget < 8000; budget += 500) {
        arena_t *small = arena_create(budget);
        cr_assert_eq(paper_trend(&render, &answer, small, &paper), STATUS_NO_MEMORY, "%zu", budget);
        arena_destroy(&small);
    }
}
