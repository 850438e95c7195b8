#include "proto/codec_internals.h"

#include <string.h>

#define MONTHS 12

/* ---- reading: tables travel row by row and are held as one matrix */

static status_t read_row(reader_t *reader, const Yardstick__V1__Row *message, answer_row_t *out)
{
    if (!message)
        return reader_refuse(reader, "an answer's row has no id");
    TRY(reader_choice(reader, "row.better", (uint32_t)message->better, BETTER_NEITHER + 1));
    *out = (answer_row_t){message->row, message->unit, (better_t)message->better};
    return STATUS_OK;
}

/* `count` values into one line of a matrix. */
static status_t read_values(reader_t *reader, const char *what, const double *values, size_t count, size_t expected,
                            double *out)
{
    if (count != expected)
        return reader_refuse(reader, "%s has %zu values instead of %zu", what, count, expected);
    if (count)
        memcpy(out, values, count * sizeof *out);
    return STATUS_OK;
}

/* A matrix of rows * columns doubles; the product is checked by the arena. */
static status_t new_matrix(reader_t *reader, size_t rows, size_t columns, double **out)
{
    size_t cells;
    if (__builtin_mul_overflow(rows, columns, &cells))
        return STATUS_NO_MEMORY;
    READ_ARRAY(reader->arena, cells, *out);
    return STATUS_OK;
}

/* Of which figures an answer is: of any answer's message. */
#define READ_STATUS(reader, message, out)                                                                              \
    do {                                                                                                               \
        TRY(reader_choice(reader, "status", (uint32_t)(message)->status, FIGURES_STATUS_COUNT));                       \
        (out)->status =                                                                                                \
            (figures_status_t){(figures_kind_t)(message)->status, (message)->expected, (message)->reported};           \
    } while (0)
#define WRITE_STATUS(answer, message)                                                                                  \
    ((message)->status = (Yardstick__V1__FiguresStatus)(answer)->status.kind,                                          \
     (message)->expected = (answer)->status.expected, (message)->reported = (answer)->status.reported)

static status_t read_compare(reader_t *reader, const Yardstick__V1__CompareAnswer *message, response_t *out)
{
    compare_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    size_t columns = COLUMN_PEERS + message->n_peers;
    READ_ARRAY(reader->arena, message->n_rows, answer->rows);
    TRY(new_matrix(reader, message->n_rows, columns, &answer->values));
    TRY(new_matrix(reader, message->n_rows, GAP_COUNT, &answer->gaps));
    if (message->disclosed)
        READ_ARRAY(reader->arena, message->n_rows, answer->suppressed);
    for (size_t i = 0; i < message->n_rows; i++) {
        const Yardstick__V1__CompareRow *row = message->rows[i];
        TRY(read_row(reader, row->row, &answer->rows[i]));
        TRY(read_values(reader, "compare.values", row->values, row->n_values, columns, answer->values + i * columns));
        TRY(read_values(reader, "compare.gaps", row->gaps, row->n_gaps, GAP_COUNT, answer->gaps + i * GAP_COUNT));
        if (message->disclosed)
            answer->suppressed[i] = row->suppressed;
    }
    TRY(reader_period(reader, "compare.period", message->period, &answer->period));
    answer->dealer = message->dealer;
    answer->region = message->region;
    answer->peers = (const char **)message->peers;
    answer->peer_count = message->n_peers;
    answer->peers_left_out = message->peers_left_out;
    answer->row_count = message->n_rows;
    answer->weakest = (const char **)message->weakest;
    answer->weakest_count = message->n_weakest;
    answer->release = message->release;
    answer->release_ms = message->release_ms;
    answer->exemplars[0] = *message->nation_exemplar ? message->nation_exemplar : NULL;
    answer->exemplars[1] = *message->region_exemplar ? message->region_exemplar : NULL;
    READ_STATUS(reader, message, answer);
    TRY(regions_read(reader, message->regions, &answer->regions));
    out->compare = answer;
    return STATUS_OK;
}

static status_t read_trend_row(reader_t *reader, const Yardstick__V1__TrendRow *row, size_t i, trend_answer_t *answer)
{
    TRY(read_row(reader, row->row, &answer->rows[i]));
    TRY(read_values(reader, "trend.values", row->values, row->n_values, MONTHS, answer->values + i * MONTHS));
    TRY(read_values(reader, "trend.change", row->change, row->n_change, MONTHS, answer->changes + i * MONTHS));
    answer->year_values[i] = row->year;
    answer->months_counted[i] = row->months_counted;
    return read_values(reader, "trend.change_rate", row->change_rate, row->n_change_rate, MONTHS,
                       answer->change_rates + i * MONTHS);
}

static status_t read_trend(reader_t *reader, const Yardstick__V1__TrendAnswer *message, response_t *out)
{
    trend_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    READ_ARRAY(reader->arena, message->n_rows, answer->rows);
    READ_ARRAY(reader->arena, message->n_rows, answer->year_values);
    READ_ARRAY(reader->arena, message->n_rows, answer->months_counted);
    TRY(new_matrix(reader, message->n_rows, MONTHS, &answer->values));
    TRY(new_matrix(reader, message->n_rows, MONTHS, &answer->changes));
    TRY(new_matrix(reader, message->n_rows, MONTHS, &answer->change_rates));
    for (size_t i = 0; i < message->n_rows; i++)
        TRY(read_trend_row(reader, message->rows[i], i, answer));
    if (message->year < PERIOD_YEAR_MIN || message->year > PERIOD_YEAR_MAX)
        return reader_refuse(reader, "trend.year %u is no year", (unsigned)message->year);
    answer->dealer = message->dealer;
    answer->year = (int)message->year;
    answer->row_count = message->n_rows;
    out->trend = answer;
    return STATUS_OK;
}

static status_t read_consultants(reader_t *reader, const Yardstick__V1__ConsultantsAnswer *message, response_t *out)
{
    consultants_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    size_t rows = message->n_rows, count = message->n_consultants;
    READ_ARRAY(reader->arena, count, answer->consultants);
    READ_ARRAY(reader->arena, count, answer->weakest);
    READ_ARRAY(reader->arena, count, answer->gaps);
    READ_ARRAY(reader->arena, rows, answer->store);
    TRY(new_matrix(reader, count, rows, &answer->values));
    TRY(read_values(reader, "consultants.store", message->store, message->n_store, rows, answer->store));
    for (size_t i = 0; i < count; i++) {
        const Yardstick__V1__ConsultantRow *one = message->consultants[i];
        TRY(read_values(reader, "consultants.values", one->values, one->n_values, rows, answer->values + i * rows));
        answer->consultants[i] = one->consultant;
        answer->weakest[i] = *one->weakest ? one->weakest : NULL;
        answer->gaps[i] = one->gap;
    }
    TRY(reader_period(reader, "consultants.period", message->period, &answer->period));
    answer->dealer = message->dealer;
    answer->rows = (const char **)message->rows;
    answer->row_count = rows;
    answer->consultant_count = count;
    out->consultants = answer;
    return STATUS_OK;
}

static status_t read_rank(reader_t *reader, const Yardstick__V1__RankAnswer *message, response_t *out)
{
    rank_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    READ_ARRAY(reader->arena, message->n_ranked, answer->ranked);
    READ_ARRAY(reader->arena, message->n_unranked, answer->unranked);
    for (size_t i = 0; i < message->n_ranked; i++) {
        answer->ranked[i].rank = message->ranked[i]->rank;
        answer->ranked[i].dealer = message->ranked[i]->dealer;
        answer->ranked[i].value = message->ranked[i]->value;
    }
    for (size_t i = 0; i < message->n_unranked; i++) {
        uint32_t reason = (uint32_t)message->unranked[i]->reason;
        TRY(reader_choice(reader, "rank.unranked.reason", reason, UNRANKED_COUNT));
        answer->unranked[i].dealer = message->unranked[i]->dealer;
        answer->unranked[i].reason = (unranked_reason_t)reason;
    }
    TRY(reader_period(reader, "rank.period", message->period, &answer->period));
    answer->row = message->row;
    answer->scope = message->scope;
    answer->ranked_count = message->n_ranked;
    answer->unranked_count = message->n_unranked;
    READ_STATUS(reader, message, answer);
    TRY(regions_read(reader, message->regions, &answer->regions));
    out->rank = answer;
    return STATUS_OK;
}

static scope_statistics_t read_statistics(const Yardstick__V1__ScopeStatistics *message)
{
    return (scope_statistics_t){
        .n = message->n,
        .valued = message->valued,
        .benchmark_n = message->benchmark_n,
        .average = message->average,
        .mean = message->mean,
        .median = message->median,
        .p25 = message->p25,
        .p75 = message->p75,
        .best = message->best,
        .benchmark = message->benchmark,
    };
}

static status_t read_benchmark_row(reader_t *reader, const Yardstick__V1__BenchmarkRow *row, size_t i,
                                   benchmark_answer_t *answer)
{
    TRY(read_row(reader, row->row, &answer->rows[i]));
    if (row->n_statistics != answer->scope_count)
        return reader_refuse(reader, "benchmark.statistics has %zu scopes instead of %zu", row->n_statistics,
                             answer->scope_count);
    for (size_t scope = 0; scope < answer->scope_count; scope++)
        answer->statistics[i * answer->scope_count + scope] = read_statistics(row->statistics[scope]);
    return STATUS_OK;
}

static status_t read_benchmark(reader_t *reader, const Yardstick__V1__BenchmarkAnswer *message, response_t *out)
{
    benchmark_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    answer->row_count = message->n_rows;
    answer->scope_count = message->n_scopes;
    size_t cells;
    if (__builtin_mul_overflow(answer->row_count, answer->scope_count, &cells))
        return STATUS_NO_MEMORY;
    READ_ARRAY(reader->arena, message->n_scopes, answer->scopes);
    READ_ARRAY(reader->arena, message->n_rows, answer->rows);
    READ_ARRAY(reader->arena, cells, answer->statistics);
    for (size_t i = 0; i < message->n_scopes; i++) {
        const Yardstick__V1__ScopeCount *scope = message->scopes[i];
        answer->scopes[i] = (scope_count_t){
            .scope = scope->scope,
            .expected = scope->expected,
            .reported = scope->reported,
            .exemplar = *scope->exemplar ? scope->exemplar : NULL,
        };
    }
    for (size_t i = 0; i < message->n_rows; i++)
        TRY(read_benchmark_row(reader, message->rows[i], i, answer));
    TRY(reader_period(reader, "benchmark.period", message->period, &answer->period));
    answer->catalog = message->catalog;
    READ_STATUS(reader, message, answer);
    TRY(regions_read(reader, message->regions, &answer->regions));
    out->benchmark = answer;
    return STATUS_OK;
}

static status_t read_coverage(reader_t *reader, const Yardstick__V1__CoverageAnswer *message, response_t *out)
{
    coverage_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    READ_ARRAY(reader->arena, message->n_scopes, answer->scopes);
    for (size_t i = 0; i < message->n_scopes; i++) {
        const Yardstick__V1__CoverageScope *scope = message->scopes[i];
        answer->scopes[i] = (coverage_scope_t){
            .scope = scope->scope,
            .expected = scope->expected,
            .reported = scope->reported,
            .late = (const char **)scope->late,
            .late_count = scope->n_late,
            .missing = (const char **)scope->missing,
            .missing_count = scope->n_missing,
        };
    }
    TRY(reader_period(reader, "coverage.period", message->period, &answer->period));
    answer->scope_count = message->n_scopes;
    READ_STATUS(reader, message, answer);
    TRY(regions_read(reader, message->regions, &answer->regions));
    out->coverage = answer;
    return STATUS_OK;
}

status_t answer_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out)
{
    switch (out->kind) {
    case RESPONSE_COMPARE:
        return read_compare(reader, message->compare, out);
    case RESPONSE_TREND:
        return read_trend(reader, message->trend, out);
    case RESPONSE_CONSULTANTS:
        return read_consultants(reader, message->consultants, out);
    case RESPONSE_RANK:
        return read_rank(reader, message->rank, out);
    case RESPONSE_BENCHMARK:
        return read_benchmark(reader, message->benchmark, out);
    case RESPONSE_COVERAGE:
        return read_coverage(reader, message->coverage, out);
    case RESPONSE_COVERAGE_YEAR:
        return coverage_year_read(reader, message->coverage_year, &out->coverage_year);
    case RESPONSE_NETWORK_CHANGES:
        return network_changes_read(reader, message->network_changes, &out->network_changes);
    default:
        return STATUS_UNSUPPORTED;
    }
}

/* ---- writing */

/* All rows' descriptions as one array, to be pointed at. */
static status_t write_rows(arena_t *arena, const answer_row_t *rows, size_t count, Yardstick__V1__Row **out)
{
    READ_ARRAY(arena, count, *out);
    for (size_t i = 0; i < count; i++) {
        (*out)[i] = (Yardstick__V1__Row)YARDSTICK__V1__ROW__INIT;
        (*out)[i].row = lend(rows[i].row);
        (*out)[i].unit = lend(rows[i].unit);
        (*out)[i].better = (Yardstick__V1__Better)rows[i].better;
    }
    return STATUS_OK;
}

static status_t write_compare(arena_t *arena, const compare_answer_t *answer, Yardstick__V1__Response *out)
{
    Yardstick__V1__CompareAnswer *message;
    WRITE_ONE(arena, (Yardstick__V1__CompareAnswer)YARDSTICK__V1__COMPARE_ANSWER__INIT, message);
    message->dealer = lend(answer->dealer);
    message->period = period_to_number(answer->period);
    message->region = lend(answer->region);
    message->peers = (char **)answer->peers;
    message->n_peers = answer->peer_count;
    message->peers_left_out = (uint32_t)answer->peers_left_out;
    message->weakest = (char **)answer->weakest;
    message->n_weakest = answer->weakest_count;
    Yardstick__V1__CompareRow *items, initial = YARDSTICK__V1__COMPARE_ROW__INIT;
    WRITE_LIST(arena, answer->row_count, initial, items, message->rows);
    message->n_rows = answer->row_count;
    Yardstick__V1__Row *rows;
    TRY(write_rows(arena, answer->rows, answer->row_count, &rows));
    size_t columns = COLUMN_PEERS + answer->peer_count;
    for (size_t i = 0; i < answer->row_count; i++) {
        items[i].row = &rows[i];
        items[i].values = answer->values + i * columns;
        items[i].n_values = columns;
        items[i].gaps = answer->gaps + i * GAP_COUNT;
        items[i].n_gaps = GAP_COUNT;
        items[i].suppressed = answer->suppressed ? answer->suppressed[i] : 0;
    }
    message->disclosed = answer->suppressed != NULL;
    message->release = answer->release;
    message->release_ms = answer->release_ms;
    message->nation_exemplar = lend(answer->exemplars[0]);
    message->region_exemplar = lend(answer->exemplars[1]);
    WRITE_STATUS(answer, message);
    out->compare = message;
    return regions_write(arena, &answer->regions, &message->regions);
}

static status_t write_trend(arena_t *arena, const trend_answer_t *answer, Yardstick__V1__Response *out)
{
    Yardstick__V1__TrendAnswer *message;
    WRITE_ONE(arena, (Yardstick__V1__TrendAnswer)YARDSTICK__V1__TREND_ANSWER__INIT, message);
    message->dealer = lend(answer->dealer);
    message->year = (uint32_t)answer->year;
    Yardstick__V1__TrendRow *items, initial = YARDSTICK__V1__TREND_ROW__INIT;
    WRITE_LIST(arena, answer->row_count, initial, items, message->rows);
    message->n_rows = answer->row_count;
    Yardstick__V1__Row *rows;
    TRY(write_rows(arena, answer->rows, answer->row_count, &rows));
    for (size_t i = 0; i < answer->row_count; i++) {
        items[i].row = &rows[i];
        items[i].values = answer->values + i * MONTHS;
        items[i].change = answer->changes + i * MONTHS;
        items[i].change_rate = answer->change_rates + i * MONTHS;
        items[i].n_values = items[i].n_change = items[i].n_change_rate = MONTHS;
        items[i].year = answer->year_values[i];
        items[i].months_counted = answer->months_counted[i];
    }
    out->trend = message;
    return STATUS_OK;
}

static status_t write_consultants(arena_t *arena, const consultants_answer_t *answer, Yardstick__V1__Response *out)
{
    Yardstick__V1__ConsultantsAnswer *message;
    WRITE_ONE(arena, (Yardstick__V1__ConsultantsAnswer)YARDSTICK__V1__CONSULTANTS_ANSWER__INIT, message);
    message->dealer = lend(answer->dealer);
    message->period = period_to_number(answer->period);
    message->rows = (char **)answer->rows;
    message->n_rows = answer->row_count;
    message->store = answer->store;
    message->n_store = answer->row_count;
    Yardstick__V1__ConsultantRow *items, initial = YARDSTICK__V1__CONSULTANT_ROW__INIT;
    WRITE_LIST(arena, answer->consultant_count, initial, items, message->consultants);
    message->n_consultants = answer->consultant_count;
    for (size_t i = 0; i < answer->consultant_count; i++) {
        items[i].consultant = lend(answer->consultants[i]);
        items[i].values = answer->values + i * answer->row_count;
        items[i].n_values = answer->row_count;
        items[i].weakest = lend(answer->weakest[i]);
        items[i].gap = answer->gaps[i];
    }
    out->consultants = message;
    return STATUS_OK;
}

static status_t write_unranked(arena_t *arena, const rank_answer_t *answer, Yardstick__V1__RankAnswer *out)
{
    Yardstick__V1__Unranked *items, initial = YARDSTICK__V1__UNRANKED__INIT;
    WRITE_LIST(arena, answer->unranked_count, initial, items, out->unranked);
    out->n_unranked = answer->unranked_count;
    for (size_t i = 0; i < answer->unranked_count; i++) {
        items[i].dealer = lend(answer->unranked[i].dealer);
        items[i].reason = (Yardstick__V1__UnrankedReason)answer->unranked[i].reason;
    }
    return STATUS_OK;
}

static status_t write_rank(arena_t *arena, const rank_answer_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__RankAnswer)YARDSTICK__V1__RANK_ANSWER__INIT, out->rank);
    out->rank->row = lend(answer->row);
    out->rank->scope = lend(answer->scope);
    out->rank->period = period_to_number(answer->period);
    WRITE_STATUS(answer, out->rank);
    TRY(regions_write(arena, &answer->regions, &out->rank->regions));
    Yardstick__V1__Ranked *items, initial = YARDSTICK__V1__RANKED__INIT;
    WRITE_LIST(arena, answer->ranked_count, initial, items, out->rank->ranked);
    out->rank->n_ranked = answer->ranked_count;
    for (size_t i = 0; i < answer->ranked_count; i++) {
        items[i].rank = answer->ranked[i].rank;
        items[i].dealer = lend(answer->ranked[i].dealer);
        items[i].value = answer->ranked[i].value;
    }
    return write_unranked(arena, answer, out->rank);
}

static void write_statistics(const scope_statistics_t *statistics, Yardstick__V1__ScopeStatistics *out)
{
    out->n = statistics->n;
    out->valued = statistics->valued;
    out->benchmark_n = statistics->benchmark_n;
    out->average = statistics->average;
    out->mean = statistics->mean;
    out->median = statistics->median;
    out->p25 = statistics->p25;
    out->p75 = statistics->p75;
    out->best = statistics->best;
    out->benchmark = statistics->benchmark;
}

static status_t write_benchmark_rows(arena_t *arena, const benchmark_answer_t *answer,
                                     Yardstick__V1__BenchmarkAnswer *out)
{
    Yardstick__V1__BenchmarkRow *items, initial = YARDSTICK__V1__BENCHMARK_ROW__INIT;
    WRITE_LIST(arena, answer->row_count, initial, items, out->rows);
    out->n_rows = answer->row_count;
    Yardstick__V1__ScopeStatistics *cells, **pointers, empty = YARDSTICK__V1__SCOPE_STATISTICS__INIT;
    WRITE_LIST(arena, answer->row_count * answer->scope_count, empty, cells, pointers);
    Yardstick__V1__Row *rows;
    TRY(write_rows(arena, answer->rows, answer->row_count, &rows));
    for (size_t i = 0; i < answer->row_count; i++) {
        items[i].row = &rows[i];
        items[i].statistics = pointers + i * answer->scope_count;
        items[i].n_statistics = answer->scope_count;
    }
    for (size_t i = 0; i < answer->row_count * answer->scope_count; i++)
        write_statistics(&answer->statistics[i], &cells[i]);
    return STATUS_OK;
}

static status_t write_benchmark(arena_t *arena, const benchmark_answer_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__BenchmarkAnswer)YARDSTICK__V1__BENCHMARK_ANSWER__INIT, out->benchmark);
    out->benchmark->catalog = lend(answer->catalog);
    out->benchmark->period = period_to_number(answer->period);
    WRITE_STATUS(answer, out->benchmark);
    TRY(regions_write(arena, &answer->regions, &out->benchmark->regions));
    Yardstick__V1__ScopeCount *items, initial = YARDSTICK__V1__SCOPE_COUNT__INIT;
    WRITE_LIST(arena, answer->scope_count, initial, items, out->benchmark->scopes);
    out->benchmark->n_scopes = answer->scope_count;
    for (size_t i = 0; i < answer->scope_count; i++) {
        items[i].scope = lend(answer->scopes[i].scope);
        items[i].expected = answer->scopes[i].expected;
        items[i].reported = answer->scopes[i].reported;
        items[i].exemplar = lend(answer->scopes[i].exemplar);
    }
    return write_benchmark_rows(arena, answer, out->benchmark);
}

static status_t write_coverage(arena_t *arena, const coverage_answer_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__CoverageAnswer)YARDSTICK__V1__COVERAGE_ANSWER__INIT, out->coverage);
    out->coverage->period = period_to_number(answer->period);
    WRITE_STATUS(answer, out->coverage);
    TRY(regions_write(arena, &answer->regions, &out->coverage->regions));
    Yardstick__V1__CoverageScope *items, initial = YARDSTICK__V1__COVERAGE_SCOPE__INIT;
    WRITE_LIST(arena, answer->scope_count, initial, items, out->coverage->scopes);
    out->coverage->n_scopes = answer->scope_count;
    for (size_t i = 0; i < answer->scope_count; i++) {
        const coverage_scope_t *scope = &answer->scopes[i];
        items[i].scope = lend(scope->scope);
        items[i].expected = scope->expected;
        items[i].reported = scope->reported;
        items[i].late = (char **)scope->late;
        items[i].n_late = scope->late_count;
        items[i].missing = (char **)scope->missing;
        items[i].n_missing = scope->missing_count;
    }
    return STATUS_OK;
}

status_t answer_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    switch (response->kind) {
    case RESPONSE_COMPARE:
        return write_compare(arena, response->compare, out);
    case RESPONSE_TREND:
        return write_trend(arena, response->trend, out);
    case RESPONSE_CONSULTANTS:
        return write_consultants(arena, response->consultants, out);
    case RESPONSE_RANK:
        return write_rank(arena, response->rank, out);
    case RESPONSE_BENCHMARK:
        return write_benchmark(arena, response->benchmark, out);
    case RESPONSE_COVERAGE:
        return write_coverage(arena, response->coverage, out);
    case RESPONSE_COVERAGE_YEAR:
        return coverage_year_write(arena, response->coverage_year, out);
    case RESPONSE_NETWORK_CHANGES:
        return network_changes_write(arena, &response->network_changes, out);
    default:
        return STATUS_UNSUPPORTED;
    }
}
