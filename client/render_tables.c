/* The manual's tables: horizontal comparison, benchmark, longitudinal comparison, consultants. */
#include "client/render_blocks.h"
#include "client/render_internals.h"

#include <string.h>

/* ---- What the tables share ---- */

/* Title and direction: the first two columns of every table. */
static void add_title(const render_t *render, grid_t *grid, const shown_row_t *row)
{
    char label[LABEL_SIZE];
    render_label(render, row, label);
    grid_cell(grid, STYLE_PLAIN, label);
    grid_cell(grid, STYLE_PLAIN, render_arrow(row->better));
}

static grid_t *begin_grid(const char *title, size_t column_count)
{
    grid_t *grid = grid_create(column_count);
    if (!grid)
        return NULL;
    grid_left(grid, 0);
    grid_tight(grid, 1);
    grid_cell(grid, STYLE_HEAD, title);
    grid_cell(grid, STYLE_HEAD, "");
    return grid;
}

static void add_value(grid_t *grid, const shown_row_t *row, double value)
{
    char text[VALUE_SIZE];
    render_value(row, value, text);
    grid_cell(grid, STYLE_PLAIN, text);
}

static style_t style_of(double gap)
{
    return gap > 0 ? STYLE_GOOD : gap < 0 ? STYLE_BAD : STYLE_PLAIN;
}

static const char *mark_of(double gap)
{
    return gap > 0 ? "▲" : gap < 0 ? "▼" : "";
}

static void print_line(const render_t *render, const char *text)
{
    fprintf(render->out, "%s\n", text);
}

/* ---- Horizontal comparison ---- */

static const word_t REFERENCE_WORDS[GAP_COUNT] = {WORD_NATION_AVERAGE, WORD_REGION_AVERAGE, WORD_NATION_BENCHMARK,
                                                  WORD_REGION_BENCHMARK};

enum { GAP_REGION_AVERAGE = COLUMN_REGION_AVERAGE - 1 };

static const char *compare_row_id(const void *answer, size_t row)
{
    return ((const compare_answer_t *)answer)->rows[row].row;
}

static grid_t *begin_compare(const render_t *render, const void *of, const char *title, size_t part)
{
    (void)part;
    const compare_answer_t *answer = of;
    grid_t *grid = begin_grid(title, 4 + 2 * GAP_COUNT + answer->peer_count);
    if (!grid)
        return NULL;
    grid_tight(grid, 3);
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_OWN));
    grid_cell(grid, STYLE_HEAD, "");
    for (size_t i = 0; i < GAP_COUNT; i++) {
        grid_cell(grid, STYLE_HEAD, render_word(render, REFERENCE_WORDS[i]));
        grid_cell(grid, STYLE_HEAD, render_word(render, WORD_GAP));
    }
    for (size_t i = 0; i < answer->peer_count; i++)
        grid_cell(grid, STYLE_HEAD, answer->peers[i]);
    return grid;
}

static void add_compare_row(const render_t *render, const void *of, grid_t *grid, size_t index, size_t part)
{
    (void)part;
    const compare_answer_t *answer = of;
    const double *values = answer->values + index * (COLUMN_PEERS + answer->peer_count);
    const double *gaps = answer->gaps + index * GAP_COUNT;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    char text[VALUE_SIZE];
    add_title(render, grid, &row);
    render_value(&row, values[COLUMN_OWN], text);
    style_t style = style_of(gaps[GAP_REGION_AVERAGE]);
    grid_cell(grid, style, text);
    grid_cell(grid, style, mark_of(gaps[GAP_REGION_AVERAGE]));
    for (size_t i = 0; i < GAP_COUNT; i++) {
        if (render_is_hidden(answer, index, COLUMN_OWN + 1 + i))
            grid_cell(grid, STYLE_PLAIN, HIDDEN_MARK);
        else
            add_value(grid, &row, values[COLUMN_OWN + 1 + i]);
        render_share(gaps[i], text);
        grid_cell(grid, STYLE_PLAIN, text);
    }
    for (size_t i = 0; i < answer->peer_count; i++)
        add_value(grid, &row, values[COLUMN_PEERS + i]);
}

static size_t find_compare_row(const compare_answer_t *answer, const char *id)
{
    size_t row = 0;
    while (row < answer->row_count && strcmp(answer->rows[row].row, id) != 0)
        row++;
    return row;
}

static void print_weakest(const render_t *render, const compare_answer_t *answer, size_t place)
{
    size_t index = find_compare_row(answer, answer->weakest[place]);
    if (index == answer->row_count)
        return;
    const double *values = answer->values + index * (COLUMN_PEERS + answer->peer_count);
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    char label[LABEL_SIZE], own[VALUE_SIZE], region[VALUE_SIZE], gap[VALUE_SIZE];
    render_label(render, &row, label);
    render_value(&row, values[COLUMN_OWN], own);
    render_value(&row, values[COLUMN_REGION_AVERAGE], region);
    render_share(answer->gaps[index * GAP_COUNT + GAP_REGION_AVERAGE], gap);
    fprintf(render->out,
            render->language == LANGUAGE_ZH ? "  %zu. %s：本店 %s，区域平均 %s，差距 %s\n"
                                            : "  %zu. %s: own %s, region's average %s, gap %s\n",
            place + 1, label, own, region, gap);
}

/* What a dealer's scopes are of, and which stores stand as benchmarks. */
static void print_sources(const render_t *render, const compare_answer_t *answer)
{
    char time[TIME_TEXT_SIZE], notes[SOURCES_MAX][NOTE_SIZE];
    render_time_text(answer->release_ms, time);
    size_t count = render_sources(render, answer, time, notes);
    for (size_t i = 0; i < count; i++)
        print_line(render, notes[i]);
}

status_t render_table_compare(const render_t *render, const compare_answer_t *answer)
{
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    fprintf(render->out,
            render->language == LANGUAGE_ZH ? "%s  %s  横向对比（区域：%s）\n" : "%s, %s, compared (region: %s)\n",
            answer->dealer, month, answer->region && *answer->region ? answer->region : "—");
    render_status(render, &answer->status);
    render_regions_note(render, &answer->regions);
    blocks_t blocks = {render, answer, answer->row_count, compare_row_id, begin_compare, add_compare_row, 0};
    TRY(render_blocks(&blocks));
    fputc('\n', render->out);
    print_line(render, render_word(render, WORD_COMPARE_LEGEND));
    print_line(render, render_word(render, WORD_GAP_LEGEND));
    print_sources(render, answer);
    if (render_has_region_gap(answer))
        print_line(render, render_word(render, answer->weakest_count ? WORD_WEAKEST : WORD_NO_WEAKEST));
    for (size_t i = 0; i < answer->weakest_count; i++)
        print_weakest(render, answer, i);
    return STATUS_OK;
}

/* ---- Benchmark: one line for each row of one scope; of several, the rows as headings and a line for each scope ----
 */

static const word_t STATISTIC_WORDS[] = {WORD_N,   WORD_VALUED, WORD_AVERAGE, WORD_MEAN,      WORD_MEDIAN,
                                         WORD_P25, WORD_P75,    WORD_BEST,    WORD_BENCHMARK, WORD_BENCHMARK_N};
enum { STATISTIC_COUNT = sizeof STATISTIC_WORDS / sizeof *STATISTIC_WORDS };

static const char *benchmark_row_id(const void *answer, size_t row)
{
    return ((const benchmark_answer_t *)answer)->rows[row].row;
}

static grid_t *begin_benchmark(const render_t *render, const void *of, const char *title, size_t part)
{
    (void)of;
    (void)part;
    grid_t *grid = begin_grid(title, 2 + STATISTIC_COUNT);
    for (size_t i = 0; grid && i < STATISTIC_COUNT; i++)
        grid_cell(grid, STYLE_HEAD, render_word(render, STATISTIC_WORDS[i]));
    return grid;
}

static void add_statistics(grid_t *grid, const shown_row_t *row, const scope_statistics_t *at)
{
    const double values[] = {at->average, at->mean, at->median, at->p25, at->p75, at->best, at->benchmark};
    grid_cellf(grid, STYLE_PLAIN, "%u", at->n);
    grid_cellf(grid, STYLE_PLAIN, "%u", at->valued);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        add_value(grid, row, values[i]);
    grid_cellf(grid, STYLE_PLAIN, "%u", at->benchmark_n);
}

static void add_benchmark_row(const render_t *render, const void *of, grid_t *grid, size_t index, size_t part)
{
    (void)part;
    const benchmark_answer_t *answer = of;
    const scope_statistics_t *statistics = answer->statistics + index * answer->scope_count;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    char label[LABEL_SIZE], heading[LABEL_SIZE + 8];
    if (answer->scope_count == 1) {
        add_title(render, grid, &row);
        add_statistics(grid, &row, statistics);
        return;
    }
    render_label(render, &row, label);
    snprintf(heading, sizeof heading, "%s %s", label, render_arrow(row.better));
    grid_heading(grid, heading);
    for (size_t i = 0; i < answer->scope_count; i++) {
        render_scope(render, answer->scopes[i].scope, label);
        grid_cellf(grid, STYLE_PLAIN, "  %s", label);
        grid_cell(grid, STYLE_PLAIN, "");
        add_statistics(grid, &row, &statistics[i]);
    }
}

static status_t print_scopes(const render_t *render, const benchmark_answer_t *answer)
{
    grid_t *grid = grid_create(3);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 0);
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_SCOPE));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_EXPECTED));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_REPORTED));
    for (size_t i = 0; i < answer->scope_count; i++) {
        char label[LABEL_SIZE];
        render_scope(render, answer->scopes[i].scope, label);
        grid_cell(grid, STYLE_PLAIN, label);
        grid_cellf(grid, STYLE_PLAIN, "%u", answer->scopes[i].expected);
        grid_cellf(grid, STYLE_PLAIN, "%u", answer->scopes[i].reported);
    }
    status_t status = grid_print(grid, render->out, render->colour);
    grid_destroy(&grid);
    return status;
}

/* Which stores stand as benchmarks. */
static void print_exemplars(const render_t *render, const benchmark_answer_t *answer)
{
    for (size_t i = 0; i < answer->scope_count; i++) {
        char label[LABEL_SIZE];
        if (!answer->scopes[i].exemplar)
            continue;
        render_scope(render, answer->scopes[i].scope, label);
        fprintf(render->out,
                render->language == LANGUAGE_ZH ? "%s标杆为总部指定的门店 %s\n"
                                                : "%s: the benchmark is %s, designated by headquarters\n",
                label, answer->scopes[i].exemplar);
    }
}

status_t render_table_benchmark(const render_t *render, const benchmark_answer_t *answer)
{
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    const char *title = render->catalog ? render->catalog->title[render->language] : answer->catalog;
    fprintf(render->out, render->language == LANGUAGE_ZH ? "%s  %s  标杆表\n" : "%s, %s, benchmark table\n", title,
            month);
    render_status(render, &answer->status);
    render_regions_note(render, &answer->regions);
    fputc('\n', render->out);
    TRY(print_scopes(render, answer));
    print_exemplars(render, answer);
    blocks_t blocks = {render, answer, answer->row_count, benchmark_row_id, begin_benchmark, add_benchmark_row, 0};
    TRY(render_blocks(&blocks));
    fputc('\n', render->out);
    print_line(render, render_word(render, WORD_BENCHMARK_LEGEND));
    return STATUS_OK;
}

/* ---- Longitudinal comparison ---- */

static const char *trend_row_id(const void *answer, size_t row)
{
    return ((const trend_answer_t *)answer)->rows[row].row;
}

static grid_t *begin_trend(const render_t *render, const void *of, const char *title, size_t part)
{
    (void)of;
    (void)part;
    grid_t *grid = begin_grid(title, 18);
    if (!grid)
        return NULL;
    for (int month = 1; month <= 12; month++) {
        char label[LABEL_SIZE];
        render_month_short(render, month, label);
        grid_cell(grid, STYLE_HEAD, label);
    }
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_YEAR));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_MONTHS));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_LATEST_CHANGE));
    grid_cell(grid, STYLE_HEAD, "");
    grid_tight(grid, 17);
    return grid;
}

/* How much better (above zero) or worse the last month with a value is than the one before. */
static double latest_change(const double *values, const double *rates, better_t better, double *out_rate)
{
    size_t last = 12;
    while (last > 0 && isnan(values[last - 1]))
        last--;
    *out_rate = last ? rates[last - 1] : NO_VALUE;
    return better == BETTER_UP ? *out_rate : better == BETTER_DOWN ? -*out_rate : NO_VALUE;
}

static void add_trend_row(const render_t *render, const void *of, grid_t *grid, size_t index, size_t part)
{
    (void)part;
    const trend_answer_t *answer = of;
    const double *values = answer->values + 12 * index;
    double shown[13];
    memcpy(shown, values, 12 * sizeof *values);
    shown[12] = answer->year_values[index];
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    unsigned decimals = render_decimals_short(&row, shown, 13);
    char text[VALUE_SIZE];
    add_title(render, grid, &row);
    for (size_t i = 0; i < 13; i++) {
        render_value_at(&row, shown[i], decimals, text);
        grid_cell(grid, STYLE_PLAIN, text);
    }
    grid_cellf(grid, STYLE_PLAIN, "%u", answer->months_counted[index]);
    double rate, gain = latest_change(values, answer->change_rates + 12 * index, row.better, &rate);
    render_share(rate, text);
    grid_cell(grid, style_of(gain), text);
    grid_cell(grid, style_of(gain), mark_of(gain));
}

status_t render_table_trend(const render_t *render, const trend_answer_t *answer)
{
    fprintf(render->out, render->language == LANGUAGE_ZH ? "%s  %d年  纵向对比\n" : "%s, %d, month by month\n",
            answer->dealer, answer->year);
    blocks_t blocks = {render, answer, answer->row_count, trend_row_id, begin_trend, add_trend_row, 0};
    TRY(render_blocks(&blocks));
    fputc('\n', render->out);
    print_line(render, render_word(render, WORD_TREND_LEGEND));
    print_line(render, render_word(render, WORD_YEAR_LEGEND));
    return STATUS_OK;
}

/* ---- Consultants: rows as lines, as many consultants side by side as fit ---- */

enum { CONSULTANTS_ABREAST = 8 };

static const char *consultants_row_id(const void *answer, size_t row)
{
    return ((const consultants_answer_t *)answer)->rows[row];
}

static size_t abreast(const consultants_answer_t *answer, size_t part)
{
    size_t left = answer->consultant_count - part * CONSULTANTS_ABREAST;
    return left < CONSULTANTS_ABREAST ? left : CONSULTANTS_ABREAST;
}

static grid_t *begin_consultants(const render_t *render, const void *of, const char *title, size_t part)
{
    const consultants_answer_t *answer = of;
    size_t count = abreast(answer, part);
    grid_t *grid = begin_grid(title, 3 + 2 * count);
    if (!grid)
        return NULL;
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_STORE));
    for (size_t i = 0; i < count; i++) {
        grid_tight(grid, 4 + 2 * i);
        grid_cell(grid, STYLE_HEAD, answer->consultants[part * CONSULTANTS_ABREAST + i]);
        grid_cell(grid, STYLE_HEAD, "");
    }
    return grid;
}

static void add_consultants_row(const render_t *render, const void *of, grid_t *grid, size_t index, size_t part)
{
    const consultants_answer_t *answer = of;
    shown_row_t row = render_row(render, answer->rows[index]);
    char text[VALUE_SIZE];
    add_title(render, grid, &row);
    add_value(grid, &row, answer->store[index]);
    for (size_t i = 0; i < abreast(answer, part); i++) {
        size_t consultant = part * CONSULTANTS_ABREAST + i;
        const char *weakest = answer->weakest[consultant];
        bool is_weakest = weakest && strcmp(weakest, answer->rows[index]) == 0;
        render_value(&row, answer->values[consultant * answer->row_count + index], text);
        grid_cell(grid, is_weakest ? STYLE_BAD : STYLE_PLAIN, text);
        grid_cell(grid, STYLE_BAD, is_weakest ? "▼" : "");
    }
}

static status_t print_consultants_weakest(const render_t *render, const consultants_answer_t *answer)
{
    grid_t *grid = grid_create(3);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 0);
    grid_left(grid, 1);
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_CONSULTANT));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_WEAKEST_ROW));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_GAP));
    for (size_t i = 0; i < answer->consultant_count; i++) {
        char gap[VALUE_SIZE];
        render_share(answer->weakest[i] ? answer->gaps[i] : NO_VALUE, gap);
        grid_cell(grid, STYLE_PLAIN, answer->consultants[i]);
        grid_cell(grid, STYLE_PLAIN, answer->weakest[i] ? render_row(render, answer->weakest[i]).title : "—");
        grid_cell(grid, STYLE_PLAIN, gap);
    }
    status_t status = grid_print(grid, render->out, render->colour);
    grid_destroy(&grid);
    return status;
}

status_t render_table_consultants(const render_t *render, const consultants_answer_t *answer)
{
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    fprintf(render->out, render->language == LANGUAGE_ZH ? "%s  %s  销售顾问\n" : "%s, %s, consultants\n",
            answer->dealer, month);
    if (answer->consultant_count == 0) {
        print_line(render, render_word(render, WORD_NO_CONSULTANTS));
        return STATUS_OK;
    }
    for (size_t part = 0; part * CONSULTANTS_ABREAST < answer->consultant_count; part++) {
        blocks_t blocks = {
            render, answer, answer->row_count, consultants_row_id, begin_consultants, add_consultants_row, part};
        TRY(render_blocks(&blocks));
    }
    fprintf(render->out, "\n%s\n\n", render_word(render, WORD_CONSULTANTS_LEGEND));
    return print_consultants_weakest(render, answer);
}
