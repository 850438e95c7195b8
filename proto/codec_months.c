/* The life of a month: its status, the deeds that close, reopen and except, and what drifted since it was published. */
#include "core/limits.h"
#include "proto/codec_internals.h"

#include <assert.h>

static_assert((int)STATISTIC_BENCHMARK_N == (int)YARDSTICK__V1__STATISTIC__STATISTIC_BENCHMARK_N,
              "statistics follow the wire's");

/* ---- requests */

static status_t read_year(reader_t *reader, const char *what, uint32_t year, int *out)
{
    if (year && (year < PERIOD_YEAR_MIN || year > PERIOD_YEAR_MAX))
        return reader_refuse(reader, "%s %u is no year from %d to %d", what, (unsigned)year, PERIOD_YEAR_MIN,
                             PERIOD_YEAR_MAX);
    *out = (int)year;
    return STATUS_OK;
}

static status_t read_status_query(reader_t *reader, const Yardstick__V1__MonthStatusQuery *message,
                                  month_status_query_t *out)
{
    TRY(reader_optional_period(reader, "month_status.period", message->period, &out->period));
    TRY(read_year(reader, "month_status.year", message->year, &out->year));
    if (out->year && out->period != PERIOD_NONE)
        return reader_refuse(reader, "month_status names a month and a year: one of them is asked for");
    return STATUS_OK;
}

static status_t read_deed(reader_t *reader, const char *const what[2], uint32_t period, const char *why, size_t least,
                          month_deed_t *out)
{
    TRY(reader_period(reader, what[0], period, &out->period));
    TRY(reader_text(reader, what[1], why, least, TEXT_LENGTH_MAX));
    out->why = why;
    return STATUS_OK;
}

static status_t read_allowance(reader_t *reader, const Yardstick__V1__AllowCorrection *message, allowance_t *out)
{
    TRY(reader_code(reader, "allow_correction.dealer", message->dealer));
    TRY(reader_period(reader, "allow_correction.period", message->period, &out->period));
    TRY(reader_text(reader, "allow_correction.why", message->why, message->withdraw ? 0 : 1, TEXT_LENGTH_MAX));
    if ((message->until_ms != 0) + (message->until_day != 0) + message->withdraw != 1)
        return reader_refuse(reader, "allow_correction says one of until_ms, until_day and withdraw");
    out->dealer = message->dealer;
    out->until_ms = message->until_ms;
    out->until_day = message->until_day;
    out->until_minute = message->until_minute;
    out->why = message->why;
    out->withdraw = message->withdraw;
    return STATUS_OK;
}

status_t month_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out)
{
    static const char *const CLOSE[] = {"close_month.period", "close_month.why"};
    static const char *const REOPEN[] = {"reopen_month.period", "reopen_month.why"};
    switch (out->kind) {
    case REQUEST_MONTH_STATUS:
        return read_status_query(reader, message->month_status, &out->month_status);
    case REQUEST_CLOSE_MONTH:
        return read_deed(reader, CLOSE, message->close_month->period, message->close_month->why, 0, &out->month_deed);
    case REQUEST_REOPEN_MONTH:
        return read_deed(reader, REOPEN, message->reopen_month->period, message->reopen_month->why, 1,
                         &out->month_deed);
    case REQUEST_ALLOW_CORRECTION:
        return read_allowance(reader, message->allow_correction, &out->allowance);
    default:
        return reader_period(reader, "month_drift.period", message->month_drift->period, &out->month_drift);
    }
}

static status_t write_status_query(arena_t *arena, const month_status_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__MonthStatusQuery)YARDSTICK__V1__MONTH_STATUS_QUERY__INIT, out->month_status);
    out->month_status->period = query->period > 0 ? period_to_number(query->period) : 0;
    out->month_status->year = (uint32_t)query->year;
    return STATUS_OK;
}

static status_t write_allowance(arena_t *arena, const allowance_t *allowance, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__AllowCorrection)YARDSTICK__V1__ALLOW_CORRECTION__INIT, out->allow_correction);
    out->allow_correction->dealer = lend(allowance->dealer);
    out->allow_correction->period = period_to_number(allowance->period);
    out->allow_correction->until_ms = allowance->until_ms;
    out->allow_correction->until_day = allowance->until_day;
    out->allow_correction->until_minute = allowance->until_minute;
    out->allow_correction->why = lend(allowance->why);
    out->allow_correction->withdraw = allowance->withdraw;
    return STATUS_OK;
}

status_t month_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    switch (request->kind) {
    case REQUEST_MONTH_STATUS:
        return write_status_query(arena, &request->month_status, out);
    case REQUEST_CLOSE_MONTH:
        WRITE_ONE(arena, (Yardstick__V1__CloseMonth)YARDSTICK__V1__CLOSE_MONTH__INIT, out->close_month);
        out->close_month->period = period_to_number(request->month_deed.period);
        out->close_month->why = lend(request->month_deed.why);
        return STATUS_OK;
    case REQUEST_REOPEN_MONTH:
        WRITE_ONE(arena, (Yardstick__V1__ReopenMonth)YARDSTICK__V1__REOPEN_MONTH__INIT, out->reopen_month);
        out->reopen_month->period = period_to_number(request->month_deed.period);
        out->reopen_month->why = lend(request->month_deed.why);
        return STATUS_OK;
    case REQUEST_ALLOW_CORRECTION:
        return write_allowance(arena, &request->allowance, out);
    default:
        WRITE_ONE(arena, (Yardstick__V1__DriftQuery)YARDSTICK__V1__DRIFT_QUERY__INIT, out->month_drift);
        out->month_drift->period = period_to_number(request->month_drift);
        return STATUS_OK;
    }
}

/* ---- exceptions */

static status_t read_exception(reader_t *reader, const Yardstick__V1__Exception *message, exception_t *out)
{
    *out = (exception_t){
        .dealer = message->dealer,
        .until_ms = message->until_ms,
        .granted_ms = message->granted_ms,
        .has_by = message->by.len > 0,
        .why = message->why,
    };
    return reader_optional_bytes(reader, "exception.by", message->by, KEY_SIZE, out->by);
}

static void write_exception(const exception_t *exception, Yardstick__V1__Exception *out)
{
    out->dealer = lend(exception->dealer);
    out->until_ms = exception->until_ms;
    out->granted_ms = exception->granted_ms;
    out->by = lend_bytes(exception->by, exception->has_by ? KEY_SIZE : 0);
    out->why = lend(exception->why);
}

/* ---- the list of months */

static status_t read_month(reader_t *reader, const Yardstick__V1__Month *message, month_status_t *out)
{
    exception_t *exceptions;
    READ_ARRAY(reader->arena, message->n_exceptions, exceptions);
    for (size_t i = 0; i < message->n_exceptions; i++)
        TRY(read_exception(reader, message->exceptions[i], &exceptions[i]));
    *out = (month_status_t){
        .is_closed = message->closed,
        .since_ms = message->since_ms,
        .has_by = message->by.len > 0,
        .why = message->why,
        .due_day = message->due_day,
        .is_overdue = message->overdue,
        .has_counts = message->has_counts,
        .expected = message->expected,
        .reported = message->reported,
        .late = message->late,
        .missing = message->missing,
        .corrections = message->corrections,
        .exceptions = exceptions,
        .exception_count = message->n_exceptions,
    };
    TRY(reader_period(reader, "months.period", message->period, &out->period));
    return reader_optional_bytes(reader, "months.by", message->by, KEY_SIZE, out->by);
}

static status_t read_months(reader_t *reader, const Yardstick__V1__MonthList *message, response_t *out)
{
    month_status_t *months;
    READ_ARRAY(reader->arena, message->n_months, months);
    for (size_t i = 0; i < message->n_months; i++)
        TRY(read_month(reader, message->months[i], &months[i]));
    out->months.items = months;
    out->months.count = message->n_months;
    return STATUS_OK;
}

static status_t write_month(arena_t *arena, const month_status_t *month, Yardstick__V1__Month *out)
{
    out->period = period_to_number(month->period);
    out->closed = month->is_closed;
    out->since_ms = month->since_ms;
    out->by = lend_bytes(month->by, month->has_by ? KEY_SIZE : 0);
    out->why = lend(month->why);
    out->due_day = month->due_day;
    out->overdue = month->is_overdue;
    out->has_counts = month->has_counts;
    out->expected = month->expected;
    out->reported = month->reported;
    out->late = month->late;
    out->missing = month->missing;
    out->corrections = month->corrections;
    Yardstick__V1__Exception *items, initial = YARDSTICK__V1__EXCEPTION__INIT;
    WRITE_LIST(arena, month->exception_count, initial, items, out->exceptions);
    out->n_exceptions = month->exception_count;
    for (size_t i = 0; i < month->exception_count; i++)
        write_exception(&month->exceptions[i], &items[i]);
    return STATUS_OK;
}

static status_t write_months(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__MonthList)YARDSTICK__V1__MONTH_LIST__INIT, out->months);
    Yardstick__V1__Month *items, initial = YARDSTICK__V1__MONTH__INIT;
    WRITE_LIST(arena, response->months.count, initial, items, out->months->months);
    out->months->n_months = response->months.count;
    for (size_t i = 0; i < response->months.count; i++)
        TRY(write_month(arena, &response->months.items[i], &items[i]));
    return STATUS_OK;
}

/* ---- drift */

static status_t read_cells(reader_t *reader, const Yardstick__V1__DriftAnswer *message, drift_t *out)
{
    READ_ARRAY(reader->arena, message->n_cells, out->cells);
    for (size_t i = 0; i < message->n_cells; i++) {
        const Yardstick__V1__DriftCell *cell = message->cells[i];
        TRY(reader_choice(reader, "drift.statistic", (uint32_t)cell->statistic, STATISTIC_KIND_COUNT));
        out->cells[i] = (drift_cell_t){cell->scope,     cell->row,      cell->unit,       (statistic_t)cell->statistic,
                                       cell->published, cell->restated, cell->difference, cell->relative};
    }
    out->cell_count = message->n_cells;
    out->left = message->cells_left;
    return STATUS_OK;
}

static status_t read_correction(reader_t *reader, const Yardstick__V1__Correction *message, correction_t *out)
{
    *out = (correction_t){
        .dealer = message->dealer,
        .revision_before = message->revision_before,
        .revision = message->revision,
        .is_withdrawn = message->withdrawn,
        .time_ms = message->time_ms,
        .role = (role_t)message->role,
    };
    TRY(reader_period(reader, "drift.corrections.period", message->period, &out->period));
    TRY(reader_choice(reader, "drift.corrections.role", (uint32_t)message->role, ROLE_COUNT));
    TRY(reader_bytes(reader, "drift.corrections.public_key", message->public_key, KEY_SIZE, out->public_key));
    if (!message->exception)
        return STATUS_OK;
    exception_t *exception;
    READ_ARRAY(reader->arena, 1, exception);
    out->exception = exception;
    return read_exception(reader, message->exception, exception);
}

static status_t read_drift(reader_t *reader, const Yardstick__V1__DriftAnswer *message, response_t *out)
{
    drift_answer_t *answer;
    correction_t *corrections;
    READ_ARRAY(reader->arena, 1, answer);
    READ_ARRAY(reader->arena, message->n_corrections, corrections);
    for (size_t i = 0; i < message->n_corrections; i++)
        TRY(read_correction(reader, message->corrections[i], &corrections[i]));
    TRY(reader_period(reader, "drift.period", message->period, &answer->period));
    TRY(read_cells(reader, message, &answer->drift));
    answer->is_closed = message->closed;
    answer->published_ms = message->published_ms;
    answer->has_published_by = message->published_by.len > 0;
    answer->corrections = corrections;
    answer->correction_count = message->n_corrections;
    answer->network_ms = message->network_ms;
    answer->catalog_ms = message->catalog_ms;
    out->drift = answer;
    return reader_optional_bytes(reader, "drift.published_by", message->published_by, KEY_SIZE, answer->published_by);
}

static status_t write_cells(arena_t *arena, const drift_t *drift, Yardstick__V1__DriftAnswer *out)
{
    Yardstick__V1__DriftCell *items, initial = YARDSTICK__V1__DRIFT_CELL__INIT;
    WRITE_LIST(arena, drift->cell_count, initial, items, out->cells);
    out->n_cells = drift->cell_count;
    out->cells_left = (uint32_t)(drift->left < UINT32_MAX ? drift->left : UINT32_MAX);
    for (size_t i = 0; i < drift->cell_count; i++) {
        const drift_cell_t *cell = &drift->cells[i];
        items[i].scope = lend(cell->scope);
        items[i].row = lend(cell->row);
        items[i].unit = lend(cell->unit);
        items[i].statistic = (Yardstick__V1__Statistic)cell->statistic;
        items[i].published = cell->published;
        items[i].restated = cell->restated;
        items[i].difference = cell->difference;
        items[i].relative = cell->relative;
    }
    return STATUS_OK;
}

static status_t write_corrections(arena_t *arena, const drift_answer_t *answer, Yardstick__V1__DriftAnswer *out)
{
    Yardstick__V1__Correction *items, initial = YARDSTICK__V1__CORRECTION__INIT;
    WRITE_LIST(arena, answer->correction_count, initial, items, out->corrections);
    out->n_corrections = answer->correction_count;
    for (size_t i = 0; i < answer->correction_count; i++) {
        const correction_t *correction = &answer->corrections[i];
        items[i].dealer = lend(correction->dealer);
        items[i].period = period_to_number(correction->period);
        items[i].revision_before = correction->revision_before;
        items[i].revision = correction->revision;
        items[i].withdrawn = correction->is_withdrawn;
        items[i].time_ms = correction->time_ms;
        items[i].role = (Yardstick__V1__Role)correction->role;
        items[i].public_key = lend_bytes(correction->public_key, KEY_SIZE);
        if (!correction->exception)
            continue;
        WRITE_ONE(arena, (Yardstick__V1__Exception)YARDSTICK__V1__EXCEPTION__INIT, items[i].exception);
        write_exception(correction->exception, items[i].exception);
    }
    return STATUS_OK;
}

static status_t write_drift(arena_t *arena, const drift_answer_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__DriftAnswer)YARDSTICK__V1__DRIFT_ANSWER__INIT, out->drift);
    out->drift->period = period_to_number(answer->period);
    out->drift->closed = answer->is_closed;
    out->drift->published_ms = answer->published_ms;
    out->drift->published_by = lend_bytes(answer->published_by, answer->has_published_by ? KEY_SIZE : 0);
    out->drift->network_ms = answer->network_ms;
    out->drift->catalog_ms = answer->catalog_ms;
    TRY(write_cells(arena, &answer->drift, out->drift));
    return write_corrections(arena, answer, out->drift);
}

/* ---- responses */

status_t month_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out)
{
    return out->kind == RESPONSE_MONTHS ? read_months(reader, message->months, out)
                                        : read_drift(reader, message->drift, out);
}

status_t month_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    return response->kind == RESPONSE_MONTHS ? write_months(arena, response, out)
                                             : write_drift(arena, response->drift, out);
}
