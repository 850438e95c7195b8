#include "client/render_paper_lines.h"

#include <string.h>

static const char *row_id(const void *answer, size_t row)
{
    return ((const consultants_answer_t *)answer)->rows[row];
}

static status_t add_heads(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, look_t look)
{
    (void)paper;
    const consultants_answer_t *answer = of;
    paper_add_text(line, look, render_word(render, WORD_STORE));
    for (size_t i = 0; i < answer->consultant_count; i++)
        paper_add_text(line, look, answer->consultants[i]);
    return STATUS_OK;
}

static status_t add_row(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, size_t index)
{
    const consultants_answer_t *answer = of;
    shown_row_t row = render_row(render, answer->rows[index]);
    TRY(paper_add_label(render, &row, paper, line));
    paper_add_value(line, LOOK_VALUE, &row, answer->store[index]);
    for (size_t i = 0; i < answer->consultant_count; i++) {
        bool is_weakest = answer->weakest[i] && strcmp(answer->weakest[i], answer->rows[index]) == 0;
        paper_add_value(line, is_weakest ? LOOK_BAD : LOOK_VALUE, &row, answer->values[i * answer->row_count + index]);
        paper_mark(line, is_weakest ? -1 : 0);
    }
    return STATUS_OK;
}

/* Consultant, gap, row: the title last, so that it may run on to the right. */
static status_t add_weakest(const render_t *render, const consultants_answer_t *answer, paper_t *paper)
{
    static const word_t HEADS[] = {WORD_CONSULTANT, WORD_GAP, WORD_WEAKEST_ROW};
    paper_line_t *line = paper_add_line(paper);
    if (!line)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
        paper_add_text(line, LOOK_HEAD, render_word(render, HEADS[i]));
    for (size_t i = 0; i < answer->consultant_count; i++) {
        line = paper_add_line(paper);
        if (!line)
            return STATUS_NO_MEMORY;
        const char *weakest = answer->weakest[i];
        paper_add_text(line, LOOK_LABEL, answer->consultants[i]);
        paper_add_number(line, weakest ? LOOK_BAD : LOOK_VALUE, weakest ? answer->gaps[i] : NO_VALUE, LOOK_OF_SHARE);
        paper_add_text(line, LOOK_PLAIN, weakest ? render_row(render, weakest).title : "—");
    }
    return STATUS_OK;
}

status_t paper_consultants(const render_t *render, const consultants_answer_t *answer, arena_t *arena, paper_t *out)
{
    static const legend_t LEGEND[] = {{LOOK_BAD, WORD_CONSULTANTS_LEGEND}, {LOOK_PLAIN, WORD_DASH_LEGEND}};
    paper_tables_t tables = {render, answer, answer->row_count, row_id, "", add_heads, add_row};
    paper_t paper = {.name = render_word(render, WORD_CONSULTANTS),
                     .language = render->language,
                     .arena = arena,
                     .column_count = 2 + (answer->consultant_count ? answer->consultant_count : 1)};
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    const char *title = arena_printf(arena, "%s  %s  %s", answer->dealer, month, paper.name);
    TRY(paper_add_text_line(&paper, LOOK_TITLE, title));
    TRY(paper_add_top(&tables, "", &paper));
    TRY(paper_add_tables(&tables, &paper));
    TRY(paper_add_legend(render, LEGEND, sizeof LEGEND / sizeof *LEGEND, &paper));
    TRY(add_weakest(render, answer, &paper));
    *out = paper;
    return STATUS_OK;
}
