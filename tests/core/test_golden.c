/* Every expected answer of tests/golden, key for key, numbers to 1e-9 relative. */
#include "core/disclosure.h"
#include "tests/core/golden_fixture.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <jansson.h>
#include <string.h>

#define NEAR 1e-9

/* ---- Comparing ---- */

static void expect_same(const char *where, const json_t *expected, const json_t *got);

static void expect_same_object(const char *where, const json_t *expected, const json_t *got)
{
    const char *key;
    json_t *value;
    char inner[500];
    json_object_foreach((json_t *)expected, key, value)
    {
        snprintf(inner, sizeof inner, "%s.%s", where, key);
        expect_same(inner, value, json_object_get(got, key));
    }
    json_object_foreach((json_t *)got, key, value)
        cr_assert(json_object_get(expected, key) || strcmp(key, "late") == 0, "%s: unexpected %s", where, key);
}

static void expect_same(const char *where, const json_t *expected, const json_t *got)
{
    char inner[500];
    cr_assert_not_null(got, "%s: missing", where);
    if (json_is_number(expected)) {
        double left = json_number_value(expected), right = json_number_value(got);
        cr_assert(json_is_number(got), "%s: %.17g expected, got no number", where, left);
        if (json_is_integer(expected) && json_is_integer(got))
            cr_assert(left == right, "%s: %.17g expected, got %.17g", where, left, right);
        cr_assert(fabs(left - right) <= NEAR * fabs(left), "%s: %.17g expected, got %.17g", where, left, right);
        return;
    }
    cr_assert_eq(json_typeof(expected), json_typeof(got), "%s: another kind of value", where);
    if (json_is_object(expected))
        expect_same_object(where, expected, got);
    if (json_is_string(expected))
        cr_assert_str_eq(json_string_value(expected), json_string_value(got), "%s", where);
    if (!json_is_array(expected))
        return;
    cr_assert_eq(json_array_size(expected), json_array_size(got), "%s: another length", where);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        snprintf(inner, sizeof inner, "%s[%zu]", where, i);
        expect_same(inner, json_array_get(expected, i), json_array_get(got, i));
    }
}

/* ---- Answers as JSON ---- */

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *text(const char *value)
{
    return value ? json_string(value) : json_null();
}

static json_t *month_text(period_t period)
{
    char out[PERIOD_TEXT_SIZE];
    period_format(period, out);
    return json_string(out);
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, number(values[i]));
    return list;
}

static json_t *texts(const char *const *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, text(values[i]));
    return list;
}

static json_t *row_json(const answer_row_t *row)
{
    return json_pack("{s:s, s:s, s:s}", "row", row->row, "unit", row->unit, "better", BETTER_NAME(row->better));
}

static json_t *statistics_json(const char *scope, const scope_statistics_t *cell)
{
    return json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "scope", scope, "n", (int)cell->n,
                     "valued", (int)cell->valued, "average", number(cell->average), "mean", number(cell->mean),
                     "median", number(cell->median), "p25", number(cell->p25), "p75", number(cell->p75), "best",
                     number(cell->best), "benchmark", number(cell->benchmark), "benchmark_n", (int)cell->benchmark_n);
}

static json_t *benchmark_json(const benchmark_answer_t *answer)
{
    json_t *scopes = json_array(), *rows = json_array();
    for (size_t i = 0; i < answer->scope_count; i++)
        json_array_append_new(scopes,
                              json_pack("{s:s, s:i, s:i}", "scope", answer->scopes[i].scope, "expected",
                                        (int)answer->scopes[i].expected, "reported", (int)answer->scopes[i].reported));
    for (size_t r = 0; r < answer->row_count; r++) {
        json_t *row = row_json(&answer->rows[r]), *stats = json_array();
        for (size_t i = 0; i < answer->scope_count; i++)
            json_array_append_new(
                stats, statistics_json(answer->scopes[i].scope, &answer->statistics[r * answer->scope_count + i]));
        json_object_set_new(row, "stats", stats);
        json_array_append_new(rows, row);
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "catalog", answer->catalog, "period", month_text(answer->period), "scopes",
                     scopes, "rows", rows);
}

static json_t *suppressed_json(uint32_t suppressed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        if (suppressed >> i & 1)
            json_array_append_new(list, text(compare_column_names[i]));
    return list;
}

static json_t *compare_json(const compare_answer_t *answer)
{
    json_t *columns = texts(compare_column_names, COLUMN_PEERS), *rows = json_array();
    size_t width = COLUMN_PEERS + answer->peer_count;
    for (size_t i = 0; i < answer->peer_count; i++)
        json_array_append_new(columns, json_sprintf("peer:%s", answer->peers[i]));
    for (size_t r = 0; r < answer->row_count; r++) {
        json_t *row = row_json(&answer->rows[r]), *gaps = json_object();
        for (size_t i = 0; i < GAP_COUNT; i++)
            json_object_set_new(gaps, compare_column_names[COLUMN_NATION_AVERAGE + i],
                                number(answer->gaps[r * GAP_COUNT + i]));
        json_object_set_new(row, "values", numbers(answer->values + r * width, width));
        json_object_set_new(row, "gap", gaps);
        if (answer->suppressed)
            json_object_set_new(row, "suppressed", suppressed_json(answer->suppressed[r]));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "dealer", answer->dealer, "period", month_text(answer->period),
                     "region", answer->region, "columns", columns, "rows", rows, "weakest",
                     texts(answer->weakest, answer->weakest_count));
}

static json_t *rank_json(const rank_answer_t *answer)
{
    json_t *ranked = json_array(), *unranked = json_array();
    for (size_t i = 0; i < answer->ranked_count; i++)
        json_array_append_new(ranked, json_pack("{s:i, s:s, s:o}", "rank", (int)answer->ranked[i].rank, "dealer",
                                                answer->ranked[i].dealer, "value", number(answer->ranked[i].value)));
    for (size_t i = 0; i < answer->unranked_count; i++)
        json_array_append_new(unranked, json_pack("{s:s, s:s}", "dealer", answer->unranked[i].dealer, "reason",
                                                  unranked_reason_names[answer->unranked[i].reason]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "row", answer->row, "scope", answer->scope, "period",
                     month_text(answer->period), "ranked", ranked, "unranked", unranked);
}

static json_t *trend_json(const trend_answer_t *answer)
{
    json_t *months = json_array(), *rows = json_array();
    for (int i = 1; i <= 12; i++)
        json_array_append_new(months, month_text(period_make(answer->year, i)));
    for (size_t r = 0; r < answer->row_count; r++) {
        json_t *row = row_json(&answer->rows[r]);
        json_object_set_new(row, "values", numbers(answer->values + r * 12, 12));
        json_object_set_new(row, "year", number(answer->year_values[r]));
        json_object_set_new(row, "months_counted", json_integer(answer->months_counted[r]));
        json_object_set_new(row, "change", numbers(answer->changes + r * 12, 12));
        json_object_set_new(row, "change_rate", numbers(answer->change_rates + r * 12, 12));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:s, s:i, s:o, s:o}", "dealer", answer->dealer, "year", answer->year, "months", months, "rows",
                     rows);
}

static json_t *consultants_json(const consultants_answer_t *answer)
{
    json_t *consultants = json_array();
    for (size_t i = 0; i < answer->consultant_count; i++)
        json_array_append_new(consultants,
                              json_pack("{s:s, s:o, s:o, s:o}", "consultant", answer->consultants[i], "values",
                                        numbers(answer->values + i * answer->row_count, answer->row_count), "weakest",
                                        text(answer->weakest[i]), "gap", number(answer->gaps[i])));
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "dealer", answer->dealer, "period", month_text(answer->period),
                     "rows", texts(answer->rows, answer->row_count), "store", numbers(answer->store, answer->row_count),
                     "consultants", consultants);
}

static json_t *coverage_json(const coverage_answer_t *answer)
{
    json_t *scopes = json_array();
    for (size_t i = 0; i < answer->scope_count; i++) {
        const coverage_scope_t *scope = &answer->scopes[i];
        json_array_append_new(scopes, json_pack("{s:s, s:i, s:i, s:o, s:o}", "scope", scope->scope, "expected",
                                                (int)scope->expected, "reported", (int)scope->reported, "late",
                                                texts(scope->late, scope->late_count), "missing",
                                                texts(scope->missing, scope->missing_count)));
    }
    return json_pack("{s:o, s:o}", "period", month_text(answer->period), "scopes", scopes);
}

/* ---- One expected file: what it asks for, computed ---- */

typedef json_t *answer_t(const golden_t *golden, const json_t *expected, arena_t *arena);

static period_t asked_period(const json_t *expected)
{
    period_t period;
    cr_assert(period_parse(json_string_value(json_object_get(expected, "period")), &period));
    return period;
}

static uint32_t asked_dealer(const golden_t *golden, const json_t *expected)
{
    uint32_t dealer = network_find_dealer(golden->network, json_string_value(json_object_get(expected, "dealer")));
    cr_assert_neq(dealer, INDEX_NONE);
    return dealer;
}

static scope_t *asked_scopes(const golden_t *golden, const json_t *expected, arena_t *arena, size_t *out_count)
{
    const json_t *list = json_object_get(expected, "scopes");
    scope_t *scopes = arena_array(arena, json_array_size(list), sizeof *scopes);
    *out_count = json_array_size(list);
    for (size_t i = 0; i < *out_count; i++)
        cr_assert_eq(scope_parse(golden->network, json_string_value(json_object_get(json_array_get(list, i), "scope")),
                                 &scopes[i]),
                     STATUS_OK);
    return scopes;
}

static json_t *answer_benchmark(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    CLEANUP(month_destroy) month_t *month = golden_month(golden, asked_period(expected));
    benchmark_answer_t *answer;
    size_t count;
    scope_t *scopes = asked_scopes(golden, expected, arena, &count);
    cr_assert_eq(benchmark_compute(month, &BENCHMARK_RULE_DEFAULT, scopes, count, SIZE_MAX, NULL, arena, &answer),
                 STATUS_OK);
    return benchmark_json(answer);
}

static size_t asked_peers(const golden_t *golden, const json_t *expected, uint32_t peers[16])
{
    const json_t *columns = json_object_get(expected, "columns");
    size_t peer_count = 0;
    for (size_t i = COLUMN_PEERS; i < json_array_size(columns); i++) {
        const char *column = json_string_value(json_array_get(columns, i));
        peers[peer_count++] = network_find_dealer(golden->network, column + strlen("peer:"));
    }
    return peer_count;
}

static json_t *answer_compare(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    CLEANUP(month_destroy) month_t *month = golden_month(golden, asked_period(expected));
    uint32_t peers[16], dealer = asked_dealer(golden, expected);
    size_t peer_count = asked_peers(golden, expected, peers);
    uint32_t region = network_region_of(golden->network, dealer, month->period);
    compare_answer_t *answer;
    cr_assert_eq(
        compare_compute(month, &BENCHMARK_RULE_DEFAULT, dealer, region, peers, peer_count, NULL, arena, &answer),
        STATUS_OK);
    return compare_json(answer);
}

/* What the dealer is shown after one release of all that is filed. */
static json_t *answer_view(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    CLEANUP(month_destroy) month_t *month = golden_month(golden, asked_period(expected));
    CLEANUP(release_fini) release_t release = {0};
    CLEANUP(releases_fini) releases_t releases = {0};
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = NULL;
    uint32_t peers[16], dealer = asked_dealer(golden, expected);
    size_t peer_count = asked_peers(golden, expected, peers);
    uint32_t region = network_region_of(golden->network, dealer, month->period);
    compare_answer_t *answer;
    cr_assert_eq(release_first(month, &release), STATUS_OK);
    cr_assert_eq(releases_init((const month_t *const[]){release.month}, 1, &releases), STATUS_OK);
    cr_assert_eq(disclosure_create(&releases, golden->network, &dealer, 1, &DISCLOSURE_RULE_DEFAULT, NULL, &disclosure),
                 STATUS_OK);
    cr_assert_eq(compare_compute_disclosed(month, disclosure, &BENCHMARK_RULE_DEFAULT, dealer, region, peers,
                                           peer_count, arena, &answer),
                 STATUS_OK);
    return compare_json(answer);
}

static json_t *answer_rank(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    CLEANUP(month_destroy) month_t *month = golden_month(golden, asked_period(expected));
    size_t row = catalog_find_row(golden->catalog, json_string_value(json_object_get(expected, "row")));
    scope_t scope;
    rank_answer_t *answer;
    cr_assert_eq(scope_parse(golden->network, json_string_value(json_object_get(expected, "scope")), &scope),
                 STATUS_OK);
    cr_assert_eq(rank_compute(month, row, scope, arena, &answer), STATUS_OK);
    return rank_json(answer);
}

static json_t *answer_trend(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    uint32_t dealer = asked_dealer(golden, expected);
    int year = (int)json_integer_value(json_object_get(expected, "year"));
    const int64_t *months[TREND_MONTHS];
    trend_answer_t *answer;
    for (int i = 0; i < TREND_MONTHS; i++) {
        const golden_submission_t *submission = golden_find(golden, dealer, period_make(year, 1) - 2 + i);
        months[i] = submission ? submission->facts : NULL;
    }
    cr_assert_eq(trend_compute(golden->catalog, golden->network->dealers[dealer].code, year, months, arena, &answer),
                 STATUS_OK);
    return trend_json(answer);
}

static store_facts_t store_of(const golden_submission_t *submission)
{
    return (store_facts_t){submission->facts, submission->consultants, submission->consultant_count};
}

static json_t *answer_consultants(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    uint32_t dealer = asked_dealer(golden, expected);
    period_t period = asked_period(expected);
    const golden_submission_t *submission = golden_find(golden, dealer, period);
    store_facts_t store = submission ? store_of(submission) : (store_facts_t){0};
    consultants_answer_t *answer;
    cr_assert_eq(consultants_compute(golden->catalog, golden->network->dealers[dealer].code, period,
                                     submission ? &store : NULL, NULL, arena, &answer),
                 STATUS_OK);
    return consultants_json(answer);
}

static json_t *answer_coverage(const golden_t *golden, const json_t *expected, arena_t *arena)
{
    CLEANUP(month_destroy) month_t *month = golden_month(golden, asked_period(expected));
    size_t count;
    scope_t *scopes = asked_scopes(golden, expected, arena, &count);
    coverage_answer_t *answer;
    cr_assert_eq(coverage_compute(month, scopes, count, arena, &answer), STATUS_OK);
    return coverage_json(answer);
}

/* All files tests/golden/expected/KIND-*.json, of which there must be `count`. */
static void check_files(const char *kind, size_t count, answer_t *answer)
{
    golden_t golden;
    golden_open(&golden);
    char pattern[1000];
    snprintf(pattern, sizeof pattern, "%s/../golden/expected/%s-*.json", TEST_DATA, kind);
    glob_t files;
    cr_assert_eq(glob(pattern, 0, NULL, &files), 0);
    cr_assert_eq(files.gl_pathc, count, "%zu files, and %zu were expected", files.gl_pathc, count);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 24);
        json_t *expected = json_load_file(files.gl_pathv[i], JSON_REJECT_DUPLICATES, NULL);
        cr_assert_not_null(expected);
        json_t *got = answer(&golden, expected, arena);
        expect_same(strrchr(files.gl_pathv[i], '/') + 1, expected, got);
        json_decref(expected);
        json_decref(got);
    }
    globfree(&files);
    golden_close(&golden);
}

Test(golden, benchmark_tables_are_reproduced)
{
    check_files("benchmark", 4, answer_benchmark);
}

Test(golden, comparisons_are_reproduced)
{
    check_files("compare", 12, answer_compare);
}

Test(golden, dealers_views_are_reproduced)
{
    check_files("dealer-view", 12, answer_view);
}

Test(golden, rankings_are_reproduced)
{
    check_files("rank", 16, answer_rank);
}

Test(golden, trends_are_reproduced)
{
    check_files("trend", 12, answer_trend);
}

Test(golden, consultant_tables_are_reproduced)
{
    check_files("consultants", 12, answer_consultants);
}

Test(golden, coverage_is_reproduced)
{
    check_files("coverage", 4, answer_coverage);
}
