/* Round trips of the answers to queries: every number to the bit, and tables whose lines do not fit refused. */
#include "support.h"

#include <stdlib.h>

#define JUNE (2025 * 12 + 5)

static answer_row_t rows[] = {{"ad_spend", "CNY", BETTER_NEITHER}, {"new_conversion", "ratio", BETTER_DOWN}};

/* Distinct numbers, with a no-value now and then. */
static void fill(double *out, size_t count, double start)
{
    for (size_t i = 0; i < count; i++)
        out[i] = i % 5 == 3 ? NO_VALUE : start + (double)i / 3;
}

static void expect_same(const double *got, const double *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_assert(got[i] == expected[i] || (isnan(got[i]) && isnan(expected[i])), "cell %zu", i);
}

static void expect_rows(const answer_row_t *got)
{
    for (size_t i = 0; i < 2; i++) {
        cr_assert_str_eq(got[i].row, rows[i].row);
        cr_assert_str_eq(got[i].unit, rows[i].unit);
        cr_assert_eq(got[i].better, rows[i].better);
    }
}

#define STATUS_LIKE                                                                                                    \
    {                                                                                                                  \
        FIGURES_RESTATED, 60, 58                                                                                       \
    }

static void expect_status(const figures_status_t *status)
{
    cr_assert(status->kind == FIGURES_RESTATED && status->expected == 60 && status->reported == 58);
}

Test(codec_answers, a_comparison_comes_back)
{
    const char *peers[] = {"D0002", "D0003"}, *weakest[] = {"new_conversion"};
    double values[2 * 7], gaps[2 * GAP_COUNT];
    fill(values, 14, 1);
    fill(gaps, 8, -5);
    compare_answer_t answer = {.dealer = "D0001",
                               .region = "east",
                               .period = JUNE,
                               .peers = peers,
                               .peer_count = 2,
                               .peers_left_out = 3,
                               .rows = rows,
                               .row_count = 2,
                               .values = values,
                               .gaps = gaps,
                               .weakest = weakest,
                               .weakest_count = 1,
                               .status = STATUS_LIKE,
                               .regions = {true, JUNE + 1, 4}};
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_COMPARE, .compare = &answer});
    const compare_answer_t *back = got.response->compare;
    cr_assert_str_eq(back->dealer, "D0001");
    cr_assert_str_eq(back->region, "east");
    cr_assert_eq(back->period, JUNE);
    cr_assert_eq(back->peer_count, 2);
    cr_assert_str_eq(back->peers[1], "D0003");
    cr_assert_eq(back->peers_left_out, 3);
    cr_assert_eq(back->row_count, 2);
    expect_rows(back->rows);
    expect_same(back->values, values, 14);
    expect_same(back->gaps, gaps, 8);
    cr_assert_str_eq(back->weakest[0], "new_conversion");
    expect_status(&back->status);
}

Test(codec_answers, a_trend_comes_back)
{
    double values[24], changes[24], rates[24], years[2] = {7, NO_VALUE};
    uint32_t counted[2] = {12, 0};
    fill(values, 24, 1);
    fill(changes, 24, 100);
    fill(rates, 24, 200);
    trend_answer_t answer = {"D0001", 2025, rows, 2, values, years, counted, changes, rates};
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_TREND, .trend = &answer});
    const trend_answer_t *back = got.response->trend;
    cr_assert_eq(back->year, 2025);
    expect_rows(back->rows);
    expect_same(back->values, values, 24);
    expect_same(back->changes, changes, 24);
    expect_same(back->change_rates, rates, 24);
    expect_same(back->year_values, years, 2);
    cr_assert_eq(back->months_counted[0], 12);
    cr_assert_eq(back->months_counted[1], 0);
}

Test(codec_answers, consultants_come_back)
{
    const char *ids[] = {"a", "b"}, *consultants[] = {"C1", "C2", "C3"}, *weakest[] = {"b", NULL, "a"};
    double store[2] = {1, NO_VALUE}, values[6], gaps[3] = {-0.5, NO_VALUE, -0.25};
    fill(values, 6, 1);
    consultants_answer_t answer = {"D0001", JUNE, ids, 2, store, consultants, 3, values, weakest, gaps};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_CONSULTANTS, .consultants = &answer});
    const consultants_answer_t *back = got.response->consultants;
    cr_assert_eq(back->consultant_count, 3);
    cr_assert_str_eq(back->rows[1], "b");
    cr_assert_str_eq(back->consultants[2], "C3");
    cr_assert_str_eq(back->weakest[0], "b");
    cr_assert_null(back->weakest[1]);
    expect_same(back->store, store, 2);
    expect_same(back->values, values, 6);
    expect_same(back->gaps, gaps, 3);
}

Test(codec_answers, a_benchmark_table_comes_back)
{
    scope_count_t scopes[] = {{.scope = "nation", .expected = 60, .reported = 58},
                              {.scope = "region:east", .expected = 9, .reported = 0},
                              {.scope = "circle:c1", .expected = 1, .reported = 1}};
    scope_statistics_t statistics[6];
    for (uint32_t i = 0; i < 6; i++)
        statistics[i] = (scope_statistics_t){i, i + 1, i + 2, i + .1, i + .2, NO_VALUE, i + .4, i + .5, i + .6, i + .7};
    benchmark_answer_t answer = {"auto-dealer", JUNE, scopes, 3, rows, 2, statistics, STATUS_LIKE, {0}};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_BENCHMARK, .benchmark = &answer});
    const benchmark_answer_t *back = got.response->benchmark;
    cr_assert_str_eq(back->catalog, "auto-dealer");
    cr_assert_eq(back->scope_count, 3);
    cr_assert_str_eq(back->scopes[1].scope, "region:east");
    cr_assert_eq(back->scopes[0].reported, 58);
    expect_rows(back->rows);
    for (size_t i = 0; i < 6; i++) {
        const scope_statistics_t *a = &back->statistics[i], *b = &statistics[i];
        cr_assert(a->n == b->n && a->valued == b->valued && a->benchmark_n == b->benchmark_n);
        cr_assert(a->average == b->average && a->mean == b->mean && isnan(a->median) && a->p25 == b->p25);
        cr_assert(a->p75 == b->p75 && a->best == b->best && a->benchmark == b->benchmark);
    }
    expect_status(&back->status);
}

Test(codec_answers, coverage_comes_back)
{
    const char *late[] = {"D1"}, *missing[] = {"D2", "D3"};
    coverage_scope_t scopes[] = {{"nation", 9, 7, late, 1, missing, 2}, {"region:east", 0, 0, NULL, 0, NULL, 0}};
    coverage_answer_t answer = {JUNE, scopes, 2, STATUS_LIKE, {0}};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_COVERAGE, .coverage = &answer});
    const coverage_answer_t *back = got.response->coverage;
    cr_assert_eq(back->period, JUNE);
    cr_assert_eq(back->scopes[0].expected, 9);
    cr_assert_str_eq(back->scopes[0].late[0], "D1");
    cr_assert_str_eq(back->scopes[0].missing[1], "D3");
    cr_assert_eq(back->scopes[1].missing_count, 0);
    expect_status(&back->status);
    cr_assert(!back->regions.is_today);
}

Test(codec_answers, the_coverage_of_a_year_comes_back)
{
    coverage_year_scope_t scopes[] = {
        {.scope = "nation", .expected = {[0] = 9}, .reported = {[11] = 7}, .late = {[5] = 1}}};
    coverage_year_dealer_t dealers[] = {
        {.dealer = "D1", .first = JUNE - 24, .last = JUNE},
        {.dealer = "D2", .first = PERIOD_NONE, .last = PERIOD_NONE},
    };
    for (size_t i = 0; i < YEAR_MONTHS; i++)
        dealers[0].marks[i] = (uint8_t)(i % MARK_COUNT);
    coverage_year_answer_t answer = {2025, scopes, 1, dealers, 2, {true, JUNE, 3}};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_COVERAGE_YEAR, .coverage_year = &answer});
    const coverage_year_answer_t *back = got.response->coverage_year;
    cr_assert(back->year == 2025 && back->scope_count == 1 && back->dealer_count == 2);
    cr_assert(back->scopes[0].expected[0] == 9 && back->scopes[0].reported[11] == 7 && back->scopes[0].late[5] == 1);
    cr_assert_eq(memcmp(back->dealers[0].marks, dealers[0].marks, YEAR_MONTHS), 0);
    cr_assert(back->dealers[0].expected == 8 && back->dealers[0].reported == 4, "counted from the marks");
    cr_assert(back->dealers[0].first == JUNE - 24 && back->dealers[0].last == JUNE);
    cr_assert(back->dealers[1].first == PERIOD_NONE && back->dealers[1].expected == 0);
    cr_assert(back->regions.is_today && back->regions.today == JUNE && back->regions.unseen == 3);
}

Test(codec_answers, what_a_network_changes_comes_back)
{
    network_change_t list[] = {{CHANGE_MOVE, "D1", "east", "west", JUNE, PERIOD_NONE, true},
                               {CHANGE_REGION_ADDED, "bay", "", "west", PERIOD_NONE, PERIOD_NONE, false}};
    network_changes_t changes = {.today = JUNE, .list = list, .count = 2};
    changes.counts[CHANGE_MOVE] = 5;
    changes.rewrites[CHANGE_MOVE] = 2;
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_NETWORK_CHANGES, .network_changes = changes});
    const network_changes_t *back = &got.response->network_changes;
    cr_assert(back->count == 2 && back->today == JUNE);
    cr_assert(back->counts[CHANGE_MOVE] == 5 && back->rewrites[CHANGE_MOVE] == 2 && back->counts[CHANGE_CLOSING] == 0);
    cr_assert(back->list[0].rewrites && back->list[0].period == JUNE && back->list[0].until == PERIOD_NONE);
    cr_assert_str_eq(back->list[0].from, "east");
    cr_assert(back->list[1].kind == CHANGE_REGION_ADDED && back->list[1].period == PERIOD_NONE);
    response_t imported = {.kind = RESPONSE_IMPORTED, .imported = {.complete = true, .changes = changes}};
    CLEANUP(answered_fini) answered_t summed = response_round(&imported);
    cr_assert_eq(summed.response->imported.changes.counts[CHANGE_MOVE], 5);
    cr_assert_eq(summed.response->imported.changes.count, 0, "the counts only");
}

Test(codec_answers, a_ranking_of_a_hundred_thousand_dealers_comes_back)
{
    enum { COUNT = 100000 };
    CLEANUP(arena_destroy) arena_t *arena = arena_create(64u << 20);
    rank_answer_t answer = {
        .row = "new_conversion", .scope = "nation", .period = JUNE, .ranked_count = COUNT, .status = STATUS_LIKE};
    answer.ranked = arena_array(arena, COUNT, sizeof *answer.ranked);
    answer.unranked = arena_array(arena, UNRANKED_COUNT, sizeof *answer.unranked);
    answer.unranked_count = UNRANKED_COUNT;
    for (uint32_t i = 0; i < COUNT; i++) {
        answer.ranked[i].rank = i + 1;
        answer.ranked[i].dealer = arena_printf(arena, "D%05u", (unsigned)i);
        answer.ranked[i].value = 1.0 / (i + 1);
    }
    for (size_t i = 0; i < UNRANKED_COUNT; i++) {
        answer.unranked[i].dealer = "X";
        answer.unranked[i].reason = (unranked_reason_t)i;
    }
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_RANK, .rank = &answer});
    const rank_answer_t *back = got.response->rank;
    cr_assert_eq(back->ranked_count, COUNT);
    cr_assert_str_eq(back->ranked[COUNT - 1].dealer, "D99999");
    expect_status(&back->status);
    cr_assert_eq(back->ranked[COUNT - 1].rank, COUNT);
    cr_assert_eq(back->ranked[COUNT - 1].value, 1.0 / COUNT);
    for (size_t i = 0; i < UNRANKED_COUNT; i++)
        cr_assert_eq(back->unranked[i].reason, i);
}

/* ---- tables whose lines do not fit */

static void expect_malformed(uint32_t body_field, const frame_t *body, const char *part)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    frame_t *frame = frame_new(3);
    response_t *response = NULL;
    const char *why = "";
    frame_nest(frame, body_field, body);
    cr_assert_eq(response_decode((span_t){frame->bytes, frame->size}, arena, &response, &why), STATUS_MALFORMED);
    cr_assert_not_null(strstr(why, part), "\"%s\" does not name \"%s\"", why, part);
}

/* A row of an answer: its Row, then `count` doubles as field 2. */
static frame_t *answer_row(size_t count)
{
    static const double ZEROS[16];
    frame_t *row = frame_new(0), *line = frame_new(1);
    frame_text(row, 1, "a");
    frame_nest(line, 1, row);
    frame_bytes(line, 2, ZEROS, count * sizeof(double));
    return line;
}

Test(codec_answers, a_line_of_another_length_is_refused)
{
    static const struct {
        uint32_t body;
        const char *part;
    } CASES[] = {{6, "compare.values has 4 values instead of 5"}, {7, "trend.values has 4 values instead of 12"}};
    for (size_t i = 0; i < 2; i++) {
        frame_t *body = frame_new(2);
        frame_nest(body, CASES[i].body == 6 ? 5 : 3, answer_row(4));
        expect_malformed(CASES[i].body, body, CASES[i].part);
    }
    frame_t *compare = frame_new(2);
    frame_nest(compare, 5, answer_row(COLUMN_PEERS));
    expect_malformed(6, compare, "compare.gaps has 0 values instead of 4");
}

Test(codec_answers, a_row_without_its_name_is_refused)
{
    frame_t *line = frame_new(1), *body = frame_new(2);
    frame_nest(body, 5, line);
    expect_malformed(6, body, "row has no id");
}

Test(codec_answers, consultants_and_statistics_that_do_not_fit_are_refused)
{
    frame_t *body = frame_new(2);
    frame_text(body, 3, "row");
    expect_malformed(8, body, "consultants.store has 0 values instead of 1");
    body = frame_new(2);
    frame_t *scope = frame_new(1);
    frame_text(scope, 1, "nation");
    frame_nest(body, 3, scope);
    frame_nest(body, 3, scope);
    frame_nest(body, 4, answer_row(0)); /* field 2, empty: one scope's statistics */
    expect_malformed(10, body, "benchmark.statistics has 1 scopes instead of 2");
}
