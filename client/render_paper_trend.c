#include "client/render_paper_lines.h"

#include <string.h>

enum { MONTHS = 12, TREND_COLUMNS = 1 + MONTHS + 3, CHANGE_COLUMNS = 1 + MONTHS + 1, CHART_COLUMNS = 1 + MONTHS };

static const char *row_id(const void *answer, size_t row)
{
    return ((const trend_answer_t *)answer)->rows[row].row;
}

static status_t add_months(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, look_t look)
{
    (void)of;
    for (int month = 1; month <= MONTHS; month++) {
        char label[LABEL_SIZE];
        render_month_short(render, month, label);
        const char *text = arena_strdup(paper->arena, label);
        if (!text)
            return STATUS_NO_MEMORY;
        paper_add_text(line, look, text);
    }
    return STATUS_OK;
}

/* ---- The year ---- */

static status_t add_heads(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, look_t look)
{
    TRY(add_months(render, of, paper, line, look));
    paper_add_text(line, look, render_word(render, WORD_YEAR));
    paper_add_text(line, look, render_word(render, WORD_MONTHS_COUNTED));
    paper_add_text(line, look, render_word(render, WORD_DIRECTION));
    return STATUS_OK;
}

static status_t add_row(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, size_t index)
{
    const trend_answer_t *answer = of;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    TRY(paper_add_label(render, &row, paper, line));
    for (size_t i = 0; i < MONTHS; i++)
        paper_add_value(line, LOOK_VALUE, &row, answer->values[MONTHS * index + i]);
    paper_add_value(line, LOOK_VALUE, &row, answer->year_values[index]);
    paper_add_number(line, LOOK_VALUE, answer->months_counted[index], (number_look_t){0});
    paper_add_direction(render, &row, line);
    return STATUS_OK;
}

/* ---- Its change rates ---- */

static status_t add_change_heads(const render_t *render, const void *of, paper_t *paper, paper_line_t *line,
                                 look_t look)
{
    TRY(add_months(render, of, paper, line, look));
    paper_add_text(line, look, render_word(render, WORD_DIRECTION));
    return STATUS_OK;
}

static status_t add_change_row(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, size_t index)
{
    const trend_answer_t *answer = of;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    TRY(paper_add_label(render, &row, paper, line));
    for (size_t i = 0; i < MONTHS; i++) {
        /* By the difference: of a value below zero the rate has the other sign. */
        double change = answer->changes[MONTHS * index + i], rate = answer->change_rates[MONTHS * index + i];
        double gain = row.better == BETTER_UP ? change : row.better == BETTER_DOWN ? -change : NO_VALUE;
        paper_add_number(line, isfinite(rate) ? paper_look_of_gain(gain) : LOOK_VALUE, rate, LOOK_OF_SHARE);
        paper_mark(line, gain);
    }
    paper_add_direction(render, &row, line);
    return STATUS_OK;
}

static const char *make_title(const render_t *render, const trend_answer_t *answer, const char *what, arena_t *arena)
{
    return arena_printf(arena, render->language == LANGUAGE_ZH ? "%s  %d年  %s" : "%s  %d  %s", answer->dealer,
                        answer->year, what);
}

/* Title, tables and legend. */
static status_t fill(const paper_tables_t *tables, const trend_answer_t *answer, const legend_t *legend, size_t count,
                     paper_t *paper)
{
    TRY(paper_add_text_line(paper, LOOK_TITLE, make_title(tables->render, answer, paper->name, paper->arena)));
    TRY(paper_add_top(tables, "", paper));
    TRY(paper_add_tables(tables, paper));
    return paper_add_legend(tables->render, legend, count, paper);
}

status_t paper_trend(const render_t *render, const trend_answer_t *answer, arena_t *arena, paper_t *out)
{
    static const legend_t LEGEND[] = {{LOOK_PLAIN, WORD_YEAR_LEGEND}, {LOOK_PLAIN, WORD_DASH_LEGEND}};
    paper_tables_t tables = {render, answer, answer->row_count, row_id, "", add_heads, add_row};
    *out = (paper_t){.name = render_word(render, WORD_LONGITUDINAL),
                     .language = render->language,
                     .arena = arena,
                     .column_count = TREND_COLUMNS};
    return fill(&tables, answer, LEGEND, sizeof LEGEND / sizeof *LEGEND, out);
}

status_t paper_trend_changes(const render_t *render, const trend_answer_t *answer, arena_t *arena, paper_t *out)
{
    static const legend_t LEGEND[] = {
        {LOOK_GAIN, WORD_BETTER_THAN_BEFORE}, {LOOK_LOSS, WORD_WORSE_THAN_BEFORE}, {LOOK_PLAIN, WORD_DASH_LEGEND}};
    const char *suffix =
        arena_printf(arena, render->language == LANGUAGE_ZH ? "：%s" : ": %s", render_word(render, WORD_CHANGE_RATE));
    if (!suffix)
        return STATUS_NO_MEMORY;
    paper_tables_t tables = {render, answer, answer->row_count, row_id, suffix, add_change_heads, add_change_row};
    *out = (paper_t){.name = render_word(render, WORD_MONTHLY_CHANGES),
                     .language = render->language,
                     .arena = arena,
                     .column_count = CHANGE_COLUMNS};
    return fill(&tables, answer, LEGEND, sizeof LEGEND / sizeof *LEGEND, out);
}

/* ---- Charts ---- */

static bool is_charted(const answer_row_t *row)
{
    return strcmp(row->unit, "ratio") == 0 && row->better != BETTER_NEITHER;
}

/* The figures of one chart: a line of values, empty where there is none. */
static status_t add_chart(const render_t *render, const trend_answer_t *answer, size_t index, paper_t *paper)
{
    paper_line_t *line = paper_add_line(paper);
    if (!line)
        return STATUS_NO_MEMORY;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    TRY(paper_add_label(render, &row, paper, line));
    for (size_t i = 0; i < MONTHS; i++) {
        double value = answer->values[MONTHS * index + i];
        if (isfinite(value))
            paper_add_value(line, LOOK_VALUE, &row, value);
        else
            paper_add_empty(line, LOOK_PLAIN);
    }
    const char *title = arena_printf(paper->arena, "%s %s", render_arrow(row.better), row.title);
    if (!title)
        return STATUS_NO_MEMORY;
    paper->charts[paper->chart_count++] = (paper_chart_t){.title = title,
                                                          .line = paper->line_count - 1,
                                                          .names = paper->top - 1,
                                                          .first = 1,
                                                          .last = MONTHS,
                                                          .number = render_number_look(&row, 0)};
    return STATUS_OK;
}

status_t paper_trend_charts(const render_t *render, const trend_answer_t *answer, arena_t *arena, paper_t *out)
{
    paper_tables_t tables = {render, answer, answer->row_count, row_id, "", add_months, NULL};
    paper_t paper = {.name = render_word(render, WORD_CHARTS),
                     .language = render->language,
                     .arena = arena,
                     .column_count = CHART_COLUMNS,
                     .charts = arena_array(arena, answer->row_count, sizeof *paper.charts)};
    if (!paper.charts)
        return STATUS_NO_MEMORY;
    TRY(paper_add_text_line(&paper, LOOK_TITLE, make_title(render, answer, paper.name, arena)));
    TRY(paper_add_top(&tables, "", &paper));
    for (size_t i = 0; i < answer->row_count; i++)
        if (is_charted(&answer->rows[i]))
            TRY(add_chart(render, answer, i, &paper));
    TRY(paper_add_text_line(&paper, LOOK_NOTE, render_word(render, WORD_CHARTS_NOTE)));
    *out = paper;
    return STATUS_OK;
}
