#include "client/render_paper_lines.h"

static const word_t REFERENCES[GAP_COUNT] = {WORD_FULL_NATION_AVERAGE, WORD_FULL_REGION_AVERAGE,
                                             WORD_FULL_NATION_BENCHMARK, WORD_FULL_REGION_BENCHMARK};
static const word_t GAPS[GAP_COUNT] = {WORD_GAP_TO_NATION_AVERAGE, WORD_GAP_TO_REGION_AVERAGE,
                                       WORD_GAP_TO_NATION_BENCHMARK, WORD_GAP_TO_REGION_BENCHMARK};

enum { GAP_REGION_AVERAGE = COLUMN_REGION_AVERAGE - 1 };

static const char *row_id(const void *answer, size_t row)
{
    return ((const compare_answer_t *)answer)->rows[row].row;
}

static status_t add_heads(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, look_t look)
{
    (void)paper;
    const compare_answer_t *answer = of;
    paper_add_text(line, look, render_word(render, WORD_OWN));
    for (size_t i = 0; i < GAP_COUNT; i++)
        paper_add_text(line, look, render_word(render, REFERENCES[i]));
    for (size_t i = 0; i < answer->peer_count; i++)
        paper_add_text(line, look, answer->peers[i]);
    for (size_t i = 0; i < GAP_COUNT; i++)
        paper_add_text(line, look, render_word(render, GAPS[i]));
    paper_add_text(line, look, render_word(render, WORD_DIRECTION));
    return STATUS_OK;
}

static status_t add_row(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, size_t index)
{
    const compare_answer_t *answer = of;
    size_t column_count = COLUMN_PEERS + answer->peer_count;
    const double *values = answer->values + index * column_count, *gaps = answer->gaps + index * GAP_COUNT;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    look_t look = paper_look_of_value(gaps[GAP_REGION_AVERAGE]);
    TRY(paper_add_label(render, &row, paper, line));
    for (size_t i = 0; i < column_count; i++)
        paper_add_value(line, i == COLUMN_OWN ? look : LOOK_VALUE, &row, values[i]);
    for (size_t i = 0; i < GAP_COUNT; i++)
        paper_add_number(line, i == GAP_REGION_AVERAGE ? look : paper_look_of_gain(gaps[i]), gaps[i], LOOK_OF_SHARE);
    paper_add_direction(render, &row, line);
    return STATUS_OK;
}

static status_t add_weakest_row(const render_t *render, const compare_answer_t *answer, size_t index, paper_t *paper)
{
    paper_line_t *line = paper_add_line(paper);
    if (!line)
        return STATUS_NO_MEMORY;
    const double *values = answer->values + index * (COLUMN_PEERS + answer->peer_count);
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    TRY(paper_add_label(render, &row, paper, line));
    paper_add_value(line, LOOK_BAD, &row, values[COLUMN_OWN]);
    paper_add_value(line, LOOK_VALUE, &row, values[COLUMN_REGION_AVERAGE]);
    paper_add_number(line, LOOK_BAD, answer->gaps[index * GAP_COUNT + GAP_REGION_AVERAGE], LOOK_OF_SHARE);
    return STATUS_OK;
}

static status_t add_weakest(const paper_tables_t *tables, const compare_answer_t *answer, paper_t *paper)
{
    const render_t *render = tables->render;
    if (answer->weakest_count == 0)
        return paper_add_text_line(paper, LOOK_NOTE, render_word(render, WORD_NO_WEAKEST));
    paper_line_t *line = paper_add_line(paper);
    if (!line)
        return STATUS_NO_MEMORY;
    static const word_t HEADS[] = {WORD_WEAKEST, WORD_OWN, WORD_FULL_REGION_AVERAGE, WORD_GAP_TO_REGION_AVERAGE};
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
        paper_add_text(line, LOOK_HEAD, render_word(render, HEADS[i]));
    for (size_t i = 0; i < answer->weakest_count; i++) {
        size_t index = paper_find_row(tables, answer->weakest[i]);
        if (index < answer->row_count)
            TRY(add_weakest_row(render, answer, index, paper));
    }
    return STATUS_OK;
}

status_t paper_compare(const render_t *render, const compare_answer_t *answer, arena_t *arena, paper_t *out)
{
    static const legend_t LEGEND[] = {{LOOK_GOOD, WORD_BETTER_THAN_REGION},
                                      {LOOK_BAD, WORD_WORSE_THAN_REGION},
                                      {LOOK_PLAIN, WORD_SIGN_LEGEND},
                                      {LOOK_PLAIN, WORD_DASH_LEGEND}};
    paper_tables_t tables = {render, answer, answer->row_count, row_id, "", add_heads, add_row};
    paper_t paper = {.name = render_word(render, WORD_COMPARISON),
                     .language = render->language,
                     .arena = arena,
                     .column_count = 2 + COLUMN_PEERS + answer->peer_count + GAP_COUNT};
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    const char *region = answer->region && *answer->region ? answer->region : "—";
    const char *title = arena_printf(arena, "%s  %s  %s", answer->dealer, month, paper.name);
    const char *corner = arena_printf(arena, render->language == LANGUAGE_ZH ? "区域：%s" : "Region: %s", region);
    TRY(paper_begin(&tables, title, corner, &paper));
    TRY(paper_add_tables(&tables, &paper));
    TRY(paper_add_legend(render, LEGEND, sizeof LEGEND / sizeof *LEGEND, &paper));
    TRY(add_weakest(&tables, answer, &paper));
    *out = paper;
    return STATUS_OK;
}
