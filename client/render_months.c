/* The life of months as CSV and as tables, and the choice of the format. */
#include "client/render_months.h"

#include "client/render_csv_cells.h"
#include "client/render_grid.h"
#include "client/render_words.h"

#include <stdlib.h>

const char *render_month_status(bool is_closed)
{
    return is_closed ? "closed" : "open";
}

void render_day_text(uint32_t day, char out[RENDER_DAY_SIZE])
{
    snprintf(out, RENDER_DAY_SIZE, "%04u-%02u-%02u", (unsigned)(day / 10000), (unsigned)(day / 100 % 100),
             (unsigned)(day % 100));
}

static status_t finish(const render_t *render)
{
    return fflush(render->out) != 0 || ferror(render->out) ? STATUS_IO : STATUS_OK;
}

static void key_text(bool has_key, const uint8_t key[KEY_SIZE], char out[KEY_TEXT_SIZE])
{
    out[0] = '\0';
    if (has_key)
        render_key_text(key, out);
}

/* ---- CSV ---- */

static void put_count(csv_line_t *line, const month_status_t *month, uint32_t count)
{
    if (month->has_counts)
        put_integer(line, count);
    else
        put_text(line, NULL);
}

static void put_month(csv_line_t *line, const month_status_t *month, const char **dealers)
{
    char due[RENDER_DAY_SIZE], by[KEY_TEXT_SIZE];
    const uint32_t counts[] = {month->expected, month->reported, month->late, month->missing, month->corrections};
    render_day_text(month->due_day, due);
    key_text(month->has_by, month->by, by);
    put_period(line, month->period);
    put_text(line, render_month_status(month->is_closed));
    put_time(line, month->since_ms);
    put_text(line, by);
    put_text(line, month->why);
    put_text(line, due);
    put_text(line, month->is_overdue ? "true" : "false");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        put_count(line, month, counts[i]);
    for (size_t i = 0; i < month->exception_count; i++)
        dealers[i] = month->exceptions[i].dealer;
    put_codes(line, dealers, month->exception_count);
    end(line);
}

static status_t print_months_csv(const render_t *render, const month_status_t *months, size_t count)
{
    csv_line_t line = {render->out, false};
    fputs("period,status,since,by,why,due,overdue,expected,reported,late,missing,corrections,exceptions\n",
          render->out);
    for (size_t i = 0; i < count; i++) {
        const char **dealers = calloc(months[i].exception_count + 1, sizeof *dealers);
        if (!dealers)
            return STATUS_NO_MEMORY;
        put_month(&line, &months[i], dealers);
        free(dealers);
    }
    return STATUS_OK;
}

static void print_drift_csv(const render_t *render, const drift_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    fputs("period,scope,row,unit,statistic,published,restated,difference,relative\n", render->out);
    for (size_t i = 0; i < answer->drift.cell_count; i++) {
        const drift_cell_t *cell = &answer->drift.cells[i];
        const double values[] = {cell->published, cell->restated, cell->difference, cell->relative};
        put_period(&line, answer->period);
        put_text(&line, cell->scope);
        put_text(&line, cell->row);
        put_text(&line, cell->unit);
        put_text(&line, statistic_names[cell->statistic]);
        put_numbers(&line, values, sizeof values / sizeof *values);
        end(&line);
    }
}

/* ---- tables ---- */

static grid_t *begin_table(const render_t *render, const word_t *heads, size_t count, size_t left)
{
    grid_t *grid = grid_create(count);
    for (size_t i = 0; grid && i < count; i++) {
        if (i < left)
            grid_left(grid, i);
        grid_cell(grid, STYLE_HEAD, render_word(render, heads[i]));
    }
    return grid;
}

static status_t end_table(const render_t *render, grid_t **grid)
{
    status_t status = grid_print(*grid, render->out, render->colour);
    grid_destroy(grid);
    return status;
}

static void add_time(grid_t *grid, uint64_t time_ms)
{
    char text[TIME_TEXT_SIZE];
    render_time_text(time_ms, text);
    grid_cell(grid, STYLE_PLAIN, *text ? text : "—");
}

static void add_month(const render_t *render, grid_t *grid, const month_status_t *month)
{
    char due[RENDER_DAY_SIZE], period[PERIOD_TEXT_SIZE];
    const uint32_t counts[] = {month->expected, month->reported, month->late, month->missing, month->corrections};
    bool is_late = month->is_overdue && month->has_counts && month->missing && !month->is_closed;
    render_day_text(month->due_day, due);
    period_format(month->period, period);
    grid_cell(grid, STYLE_PLAIN, period);
    grid_cell(grid, STYLE_PLAIN, render_word(render, month->is_closed ? WORD_MONTH_CLOSED : WORD_MONTH_OPEN));
    add_time(grid, month->since_ms);
    grid_cellf(grid, is_late ? STYLE_BAD : STYLE_PLAIN, "%s%s", due,
               month->is_overdue ? render_word(render, WORD_OVER) : "");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (month->has_counts && (month->is_closed || i < 4))
            grid_cellf(grid, STYLE_PLAIN, "%" PRIu32, counts[i]);
        else
            grid_cell(grid, STYLE_PLAIN, "—");
    }
}

static status_t print_exceptions(const render_t *render, const month_status_t *months, size_t count)
{
    static const word_t HEADS[] = {WORD_PERIOD, WORD_EXCEPTION_FOR, WORD_UNTIL, WORD_GRANTED, WORD_WHY};
    char period[PERIOD_TEXT_SIZE];
    grid_t *grid = begin_table(render, HEADS, 5, 5);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        period_format(months[i].period, period);
        for (size_t j = 0; j < months[i].exception_count; j++) {
            const exception_t *exception = &months[i].exceptions[j];
            grid_cell(grid, STYLE_PLAIN, period);
            grid_cell(grid, STYLE_PLAIN, exception->dealer);
            add_time(grid, exception->until_ms);
            add_time(grid, exception->granted_ms);
            grid_cell(grid, STYLE_PLAIN, exception->why);
        }
    }
    fputc('\n', render->out);
    return end_table(render, &grid);
}

static status_t print_months(const render_t *render, const month_status_t *months, size_t count)
{
    static const word_t HEADS[] = {WORD_PERIOD,   WORD_STATUS, WORD_SINCE,   WORD_DUE,        WORD_EXPECTED,
                                   WORD_REPORTED, WORD_LATE,   WORD_MISSING, WORD_CORRECTIONS};
    size_t exceptions = 0;
    grid_t *grid = begin_table(render, HEADS, 9, 4);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        add_month(render, grid, &months[i]);
        exceptions += months[i].exception_count;
    }
    TRY(end_table(render, &grid));
    return exceptions ? print_exceptions(render, months, count) : STATUS_OK;
}

/* What is counted has no row's decimals. */
static void add_figure(grid_t *grid, const shown_row_t *row, statistic_t statistic, double value)
{
    static const shown_row_t COUNT = {.title = "", .unit = "", .is_known = true, .better = BETTER_NEITHER};
    bool is_count = statistic == STATISTIC_N || statistic == STATISTIC_VALUED || statistic == STATISTIC_BENCHMARK_N;
    char text[VALUE_SIZE];
    render_value(is_count ? &COUNT : row, value, text);
    grid_cell(grid, STYLE_PLAIN, text);
}

static void add_cell(const render_t *render, grid_t *grid, const drift_cell_t *cell)
{
    static const word_t STATISTICS[STATISTIC_KIND_COUNT] = {WORD_N,         WORD_VALUED,     WORD_AVERAGE, WORD_MEAN,
                                                            WORD_MEDIAN,    WORD_P25,        WORD_P75,     WORD_BEST,
                                                            WORD_BENCHMARK, WORD_BENCHMARK_N};
    shown_row_t row = render_row(render, cell->row);
    char label[LABEL_SIZE], text[VALUE_SIZE];
    row.unit = cell->unit;
    render_scope(render, cell->scope, label);
    grid_cell(grid, STYLE_PLAIN, label);
    render_label(render, &row, label);
    grid_cell(grid, STYLE_PLAIN, label);
    grid_cell(grid, STYLE_PLAIN, render_word(render, STATISTICS[cell->statistic]));
    add_figure(grid, &row, cell->statistic, cell->published);
    add_figure(grid, &row, cell->statistic, cell->restated);
    add_figure(grid, &row, cell->statistic, cell->difference);
    render_share(cell->relative, text);
    grid_cell(grid, STYLE_PLAIN, text);
}

static status_t print_cells(const render_t *render, const drift_t *drift)
{
    static const word_t HEADS[] = {WORD_SCOPE,    WORD_ROW,        WORD_STATISTIC, WORD_PUBLISHED,
                                   WORD_RESTATED, WORD_DIFFERENCE, WORD_RELATIVE};
    if (!drift->cell_count) {
        fprintf(render->out, "%s\n", render_word(render, WORD_NO_DRIFT));
        return STATUS_OK;
    }
    grid_t *grid = begin_table(render, HEADS, 7, 3);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < drift->cell_count; i++)
        add_cell(render, grid, &drift->cells[i]);
    TRY(end_table(render, &grid));
    if (drift->left)
        fprintf(render->out, "%s %zu\n", render_word(render, WORD_FURTHER_CELLS), drift->left);
    return STATUS_OK;
}

static void add_correction(const render_t *render, grid_t *grid, const correction_t *correction)
{
    char period[PERIOD_TEXT_SIZE], key[KEY_TEXT_SIZE];
    const exception_t *exception = correction->exception;
    period_format(correction->period, period);
    render_key_text(correction->public_key, key);
    grid_cell(grid, STYLE_PLAIN, correction->dealer);
    grid_cell(grid, STYLE_PLAIN, period);
    if (correction->revision_before)
        grid_cellf(grid, STYLE_PLAIN, "%" PRIu32 " → %" PRIu32, correction->revision_before, correction->revision);
    else
        grid_cellf(grid, STYLE_PLAIN, "— → %" PRIu32, correction->revision);
    add_time(grid, correction->time_ms);
    grid_cellf(grid, STYLE_PLAIN, "%s%s", correction->is_withdrawn ? render_word(render, WORD_WITHDRAWN) : "",
               role_names[correction->role]);
    grid_cell(grid, STYLE_PLAIN, key);
    grid_cell(grid, STYLE_PLAIN, exception ? exception->why : "—");
}

static status_t print_corrections(const render_t *render, const drift_answer_t *answer)
{
    static const word_t HEADS[] = {WORD_CHANGED_BY, WORD_PERIOD, WORD_REVISION, WORD_FILED,
                                   WORD_ROLE,       WORD_KEY,    WORD_EXCEPTION};
    if (!answer->correction_count)
        return STATUS_OK;
    grid_t *grid = begin_table(render, HEADS, 7, 7);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->correction_count; i++)
        add_correction(render, grid, &answer->corrections[i]);
    fputc('\n', render->out);
    return end_table(render, &grid);
}

static void print_time(const render_t *render, word_t word, uint64_t time_ms)
{
    char text[TIME_TEXT_SIZE];
    render_time_text(time_ms, text);
    if (time_ms)
        fprintf(render->out, "%s %s\n", render_word(render, word), text);
}

static status_t print_drift(const render_t *render, const drift_answer_t *answer)
{
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    fprintf(render->out, "%s  %s\n", month,
            render_word(render, answer->is_closed ? WORD_MONTH_CLOSED : WORD_MONTH_OPEN));
    print_time(render, WORD_PUBLISHED_AT, answer->published_ms);
    print_time(render, WORD_NETWORK_CHANGED, answer->network_ms);
    print_time(render, WORD_CATALOG_CHANGED, answer->catalog_ms);
    fputc('\n', render->out);
    TRY(print_cells(render, &answer->drift));
    return print_corrections(render, answer);
}

/* ---- any format ---- */

status_t render_months(const render_t *render, const month_status_t *months, size_t count)
{
    if (render->format == FORMAT_JSON)
        render_json_months(render->out, months, count);
    else
        TRY(render->format == FORMAT_CSV ? print_months_csv(render, months, count)
                                         : print_months(render, months, count));
    return finish(render);
}

status_t render_drift(const render_t *render, const drift_answer_t *answer)
{
    if (render->format == FORMAT_JSON)
        render_json_drift(render->out, answer);
    else if (render->format == FORMAT_CSV)
        print_drift_csv(render, answer);
    else
        TRY(print_drift(render, answer));
    return finish(render);
}
