#include "client/render.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES    TEST_DATA "/files/"
#define EXPECTED FILES "render/"

static catalog_t *catalog;

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
}

static void end(void)
{
    catalog_destroy(&catalog);
}

TestSuite(render, .init = begin, .fini = end);

/* ---- Answers by hand ---- */

static answer_row_t rows[] = {{"spend", "CNY", BETTER_NEITHER}, {"visits", "count", BETTER_UP},
                              {"cost", "CNY", BETTER_DOWN},     {"orders", "count", BETTER_UP},
                              {"rate", "ratio", BETTER_UP},     {"later", "km", BETTER_DOWN}};

#define NONE NO_VALUE

static status_t show_compare(const render_t *render)
{
    static const char *peers[] = {"D2"}, *weakest[] = {"cost", "rate"};
    static double values[] = {1234567.5, 1000, 999.999, NONE, NONE, 12.5,  165,   173.88, 182,   NONE, 253, 63,
                              320.12,    256,  232.891, 131,  149,  174.2, 0,     2,      2.5,   4,    8,   0,
                              0,         0.2,  0.25,    0.5,  1,    NONE,  12.25, 10,     -0.25, NONE, 1,   2};
    static double gaps[] = {NONE, NONE, NONE, NONE, -0.0511, -0.0934, NONE, -0.5, -0.25, -0.3746, -1.4437, -1.1484,
                            -1,   -1,   -1,   -1,   -1,      -1,      -1,   -1,   NONE,  0.5,     NONE,    0};
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
                               .weakest_count = 2,
                               .status = {FIGURES_PROVISIONAL, 60, 58}};
    return render_compare(render, &answer);
}

/* One row that is worse than the region's average and not among the weakest: its base is too small. */
static status_t show_compare_of_small_base(const render_t *render)
{
    static double values[] = {300, 200, 150, NONE, NONE}, gaps[] = {-0.5, -1, NONE, NONE};
    answer_row_t row = {"cost", "CNY", BETTER_DOWN};
    compare_answer_t answer = {.dealer = "D1",
                               .region = "east",
                               .period = period_make(2025, 6),
                               .rows = &row,
                               .row_count = 1,
                               .values = values,
                               .gaps = gaps};
    return render_compare(render, &answer);
}

static status_t show_rank(const render_t *render)
{
    rank_answer_t answer = {.row = "rate", .scope = "region:east", .period = period_make(2025, 6)};
    __typeof__(*answer.ranked) ranked[] = {{1, "D0003", 0.5}, {1, "D1", 0.5}, {3, "广州店", 0.0625}};
    __typeof__(*answer.unranked) unranked[] = {
        {"=2+3", UNRANKED_NOT_REPORTED}, {"D7", UNRANKED_NO_VALUE}, {"D8", UNRANKED_SMALL_BASE}};
    answer.ranked = ranked;
    answer.ranked_count = 3;
    answer.unranked = unranked;
    answer.unranked_count = 3;
    return render_rank(render, &answer);
}

static status_t show_empty_rank(const render_t *render)
{
    rank_answer_t answer = {.row = "cost", .scope = "nation", .period = period_make(2025, 12)};
    return render_rank(render, &answer);
}

static status_t show_trend(const render_t *render)
{
    static double values[36], changes[36], rates[36];
    static double years[] = {12345.67, 110.5, NONE};
    static uint32_t months[] = {2, 12, 0};
    for (size_t i = 0; i < 36; i++)
        values[i] = changes[i] = rates[i] = NONE;
    values[0] = 999.99, values[1] = 11345.68, changes[1] = 10345.69, rates[1] = 10.3458;
    for (size_t i = 12; i < 24; i++)
        values[i] = 100 + (double)(i - 12), changes[i] = 1, rates[i] = 0.0099;
    rates[23] = -0.1;
    values[35] = 320.5, changes[35] = 20.5, rates[35] = 0.0683, years[2] = 310.25, months[2] = 2;
    values[34] = 300;
    trend_answer_t answer = {"D1", 2025, rows, 3, values, years, months, changes, rates};
    return render_trend(render, &answer);
}

static status_t show_benchmark_of(const render_t *render, size_t scope_count)
{
    static scope_count_t scopes[] = {{.scope = "nation", .expected = 60, .reported = 58},
                                     {.scope = "circle:c-1", .expected = 3, .reported = 0}};
    static scope_statistics_t statistics[] = {
        {58, 58, 0, 44460.19616666667, 44460.2, 38377.11, 25124.265, 59452.61, NONE, NONE},
        {0, 0, 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
        {58, 57, 6, 171.5, 171.5, 160, 104, 211.5, 557, 378.5},
        {0, 0, 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
    };
    static scope_statistics_t first[2];
    first[0] = statistics[0], first[1] = statistics[2];
    benchmark_answer_t answer = {
        "small", period_make(2025, 6), scopes, scope_count, rows, 2, scope_count == 1 ? first : statistics, {0}, {0}};
    return render_benchmark(render, &answer);
}

static status_t show_benchmark(const render_t *render)
{
    return show_benchmark_of(render, 2);
}

static status_t show_benchmark_of_one_scope(const render_t *render)
{
    return show_benchmark_of(render, 1);
}

static status_t show_consultants(const render_t *render)
{
    static const char *row_ids[] = {"visits", "orders", "rate"};
    static const char *codes[] = {"C1", "C2", "C3", "C4", "C5", "C6", "C7", "李", "王"};
    static const char *weakest[] = {"rate", NULL, NULL, NULL, NULL, NULL, NULL, NULL, "rate"};
    static double store[] = {90, 18, 0.2}, values[27], gaps[9];
    for (size_t i = 0; i < 9; i++) {
        values[3 * i] = 10, values[3 * i + 1] = (double)i, values[3 * i + 2] = (double)i / 10;
        gaps[i] = weakest[i] ? -1 : NONE;
    }
    values[0] = NONE;
    consultants_answer_t answer = {"D1", period_make(2025, 6), row_ids, 3, store, codes, 9, values, weakest, gaps};
    return render_consultants(render, &answer);
}

static status_t show_no_consultants(const render_t *render)
{
    consultants_answer_t answer = {.dealer = "D1", .period = period_make(2025, 6)};
    return render_consultants(render, &answer);
}

static status_t show_coverage(const render_t *render)
{
    static const char *late[] = {"D0001", "D0002"}, *missing[40];
    for (size_t i = 0; i < 40; i++)
        missing[i] = "D0009";
    static coverage_scope_t scopes[] = {{"nation", 200, 199, late, 2, missing, 40},
                                        {"region:east", 0, 0, NULL, 0, NULL, 0}};
    coverage_answer_t answer = {period_make(2025, 6), scopes, 2, {0}, {0}};
    return render_coverage(render, &answer);
}

static status_t show_keys(const render_t *render)
{
    static const char *dealers[] = {"D1", "D2"};
    static const key_entry_t keys[] = {
        {.public_key = {1},
         .role = ROLE_DEALER,
         .dealers = dealers,
         .dealer_count = 2,
         .region = "",
         .admitted_ms = 1750000000000},
        {.public_key = {2},
         .role = ROLE_MANAGER,
         .region = "east",
         .revoked = true,
         .admitted_ms = 1750000000000,
         .revoked_ms = 1760000000000,
         .has_admitted_by = true,
         .admitted_by = {3}},
        {.public_key = {4}, .role = ROLE_HEADQUARTERS},
    };
    return render_keys(render, keys, 3);
}

static status_t show_network(const render_t *render)
{
    static const network_region_line_t regions[] = {
        {"sh", "east", "上海", 0}, {"south", "", "", 0}, {"east", "", "华东", 0}};
    static const network_dealer_line_t dealers[] = {{"D1", "一店, \"浦东\"", "", 0}, {"D2", "@店", "o1", 0}};
    network_membership_line_t memberships[] = {{"D1", "sh", period_make(2024, 1), 0},
                                               {"D1", "", period_make(2025, 1), 0},
                                               {"D2", "sh", period_make(2024, 2), 0}};
    network_circle_line_t circles[] = {{"c1", "D1", PERIOD_NONE, period_make(2024, 12), 0},
                                       {"c1", "D2", PERIOD_NONE, PERIOD_NONE, 0}};
    network_lines_t lines = {regions, 3, dealers, 2, memberships, 3, circles, 2};
    return render_network(render, &lines);
}

static status_t show_health(const render_t *render)
{
    health_t health = {.uptime_ms = 90061999,
                       .revisions = 1234,
                       .stored_bytes = 1572864,
                       .map_bytes = UINT64_C(68719476736),
                       .keys = 3,
                       .self_check = SELF_CHECK_DONE,
                       .self_check_records = 5678901,
                       .self_check_ms = UINT64_C(1767225600000)};
    return render_health(render, &health);
}

/* ---- Exact texts ---- */

typedef status_t show_t(const render_t *render);

static char *render_text(show_t *show, format_t format, language_t language, bool colour)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    render_t render = {out, format, language, colour, catalog};
    cr_assert_eq(show(&render), STATUS_OK);
    fclose(out);
    return text;
}

static void expect_file(show_t *show, format_t format, language_t language, bool colour, const char *name)
{
    char path[500];
    snprintf(path, sizeof path, EXPECTED "%s", name);
    char *got = render_text(show, format, language, colour), *want = read_file(path);
    cr_assert_str_eq(got, want, "%s:\n%s", name, got);
    free(got);
    free(want);
}

/* The table in both languages. */
static void expect_tables(show_t *show, const char *name)
{
    char file[100];
    snprintf(file, sizeof file, "%s.zh.txt", name);
    expect_file(show, FORMAT_TABLE, LANGUAGE_ZH, false, file);
    snprintf(file, sizeof file, "%s.en.txt", name);
    expect_file(show, FORMAT_TABLE, LANGUAGE_EN, false, file);
}

static void expect_all(show_t *show, const char *name)
{
    char file[100];
    expect_tables(show, name);
    snprintf(file, sizeof file, "%s.csv", name);
    expect_file(show, FORMAT_CSV, LANGUAGE_EN, false, file);
    snprintf(file, sizeof file, "%s.json", name);
    expect_file(show, FORMAT_JSON, LANGUAGE_ZH, false, file);
    char *text = render_text(show, FORMAT_JSON, LANGUAGE_ZH, false);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert(json, "%s: %s", name, error.text);
    json_decref(json);
    free(text);
}

Test(render, a_comparison_marks_own_against_the_regions_average_and_names_the_weakest)
{
    expect_all(show_compare, "compare");
}

Test(render, a_small_base_is_not_said_to_be_above_the_average)
{
    char *english = render_text(show_compare_of_small_base, FORMAT_TABLE, LANGUAGE_EN, false);
    cr_assert(strstr(english, "\nNo ratio with a large enough base is below the region's average\n"), "%s", english);
    char *chinese = render_text(show_compare_of_small_base, FORMAT_TABLE, LANGUAGE_ZH, false);
    cr_assert(strstr(chinese, "\n没有基数足够而低于区域平均的比率指标\n"), "%s", chinese);
    free(english);
    free(chinese);
}

Test(render, colours_stand_only_where_they_are_asked_for)
{
    expect_file(show_compare, FORMAT_TABLE, LANGUAGE_EN, true, "compare.colour.txt");
}

Test(render, a_ranking_gives_reasons_in_words)
{
    expect_all(show_rank, "rank");
    expect_tables(show_empty_rank, "empty_rank");
}

Test(render, a_trend_has_twelve_months_the_year_and_the_latest_change)
{
    expect_all(show_trend, "trend");
}

/* January to March of one row. */
static char *trend_of(const char *id, const char *unit, double january, double february, double year)
{
    double values[12], none[12], rates[12];
    for (size_t i = 0; i < 12; i++)
        values[i] = none[i] = rates[i] = NONE;
    values[0] = january, values[1] = february;
    uint32_t months = 2;
    answer_row_t row = {id, unit, BETTER_DOWN};
    trend_answer_t answer = {"D1", 2025, &row, 1, values, &year, &months, none, rates};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    render_t render = {out, FORMAT_TABLE, LANGUAGE_EN, false, catalog};
    cr_assert_eq(render_trend(&render, &answer), STATUS_OK);
    fclose(out);
    return text;
}

Test(render, a_row_of_a_trend_has_one_precision)
{
    static const struct {
        const char *id, *unit;
        double january, february, year;
        const char *shown[3];
    } ROWS[] = {
        {"cost", "CNY", 10257.4, 229.1, 960.25, {" 10,257 ", " 229 ", " 960 "}},
        {"cost", "CNY", 257, 229.1, 243.05, {" 257.00 ", " 229.10 ", " 243.05 "}},
        {"cost", "CNY", 257, 229.1, 1000, {" 257 ", " 229 ", " 1,000 "}},
        {"price", "CNY", 257.4, 229, 243.2, {" 257 ", " 229 ", " 243 "}},
        {"rate", "ratio", 0.25, 20, 1.125, {" 25.0% ", " 2,000.0% ", " 112.5% "}},
        {"later", "km", 12.5, -3, 4.75, {" 12.50 ", " -3.00 ", " 4.75 "}},
        {"later", "km", 12, -3, 4, {" 12 ", " -3 ", " 4 "}},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char *text = trend_of(ROWS[i].id, ROWS[i].unit, ROWS[i].january, ROWS[i].february, ROWS[i].year);
        for (size_t j = 0; j < 3; j++)
            cr_assert(strstr(text, ROWS[i].shown[j]), "row %zu, '%s':\n%s", i, ROWS[i].shown[j], text);
        free(text);
    }
}

static status_t show_compare_without_decimals(const render_t *render)
{
    static double values[] = {257.4, 229, 1467.25, NONE, NONE}, gaps[] = {NONE, NONE, NONE, NONE};
    answer_row_t row = {"price", "CNY", BETTER_DOWN};
    compare_answer_t answer = {.dealer = "D1",
                               .region = "east",
                               .period = period_make(2025, 6),
                               .rows = &row,
                               .row_count = 1,
                               .values = values,
                               .gaps = gaps};
    return render_compare(render, &answer);
}

Test(render, a_kpi_without_decimals_has_none_in_a_comparison_either)
{
    char *text = render_text(show_compare_without_decimals, FORMAT_TABLE, LANGUAGE_EN, false);
    cr_assert(strstr(text, " 257 ") && strstr(text, " 229 ") && strstr(text, " 1,467 "), "%s", text);
    free(text);
}

Test(render, a_benchmark_has_a_line_for_each_scope)
{
    expect_all(show_benchmark, "benchmark");
    expect_tables(show_benchmark_of_one_scope, "benchmark_one");
}

static status_t show_benchmark_of_a_table(const render_t *render)
{
    static scope_count_t scope = {.scope = "nation", .expected = 1, .reported = 1};
    static scope_statistics_t statistics[2];
    answer_row_t asked[] = {rows[1], rows[4]}; /* those of `third`, which other tables list too */
    benchmark_answer_t answer = {"small", period_make(2025, 6), &scope, 1, asked, 2, statistics, {0}, {0}};
    return render_benchmark(render, &answer);
}

Test(render, a_table_that_was_asked_for_stands_under_its_own_title)
{
    char *text = render_text(show_benchmark_of_a_table, FORMAT_TABLE, LANGUAGE_EN, false);
    cr_assert(strstr(text, "Efficiency"), "%s", text);
    cr_assert_not(strstr(text, "Showroom"), "%s", text);
    cr_assert_not(strstr(text, "Closing  "), "%s", text);
    free(text);
}

Test(render, consultants_stand_side_by_side_eight_at_a_time)
{
    expect_all(show_consultants, "consultants");
    expect_tables(show_no_consultants, "no_consultants");
}

Test(render, coverage_lists_who_is_missing_and_who_was_late)
{
    expect_all(show_coverage, "coverage");
}

Test(render, keys_the_network_and_health_are_shown)
{
    expect_all(show_keys, "keys");
    expect_all(show_network, "network");
    expect_all(show_health, "health");
}

/* ---- Properties ---- */

Test(render, json_numbers_read_back_the_same_double)
{
    static const double VALUES[] = {
        0.1, 1.0 / 3, 55786.85, 1e15, 123456789012345678.0, 5e-324, 1.7976931348623157e308, -2.5, 0.1 + 0.2};
    scope_count_t scope = {.scope = "nation", .expected = 1, .reported = 1};
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        scope_statistics_t statistics = {.average = VALUES[i], .mean = 999999999999999};
        benchmark_answer_t answer = {"c", period_make(2025, 6), &scope, 1, rows, 1, &statistics, {0}, {0}};
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        render_t render = {out, FORMAT_JSON, LANGUAGE_EN, false, catalog};
        cr_assert_eq(render_benchmark(&render, &answer), STATUS_OK);
        fclose(out);
        json_t *json = json_loads(text, 0, NULL);
        json_t *stats = json_array_get(json_object_get(json_array_get(json_object_get(json, "rows"), 0), "stats"), 0);
        cr_assert_eq(json_number_value(json_object_get(stats, "average")), VALUES[i], "%s", text);
        cr_assert(json_is_integer(json_object_get(stats, "mean")), "integral values are integers");
        json_decref(json);
        free(text);
    }
}

Test(render, json_texts_are_escaped)
{
    rank_answer_t answer = {.row = "a\"b\\c\n", .scope = "全国\x7F", .period = period_make(2025, 6)};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    render_t render = {out, FORMAT_JSON, LANGUAGE_EN, false, catalog};
    cr_assert_eq(render_rank(&render, &answer), STATUS_OK);
    fclose(out);
    cr_assert_str_eq(text, "{\"row\":\"a\\\"b\\\\c\\u000a\",\"scope\":\"全国\\u007f\",\"period\":\"2025-06\","
                           "\"ranked\":[],\"unranked\":[]}\n");
    free(text);
}

Test(render, a_full_disk_is_reported)
{
    FILE *out = fopen("/dev/full", "w");
    render_t render = {out, FORMAT_JSON, LANGUAGE_EN, false, catalog};
    cr_assert_eq(show_health(&render), STATUS_IO);
    fclose(out);
}

Test(render, without_a_catalog_rows_show_their_ids)
{
    catalog_destroy(&catalog);
    char *text = render_text(show_empty_rank, FORMAT_TABLE, LANGUAGE_EN, false);
    cr_assert_str_eq(text, "cost ·, nation, December 2025, ranking\n\nNo dealer can be ranked\n");
    free(text);
}
