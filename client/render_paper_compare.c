#include "client/render_paper_lines.h"
#include "client/times.h"

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
    for (size_t i = 0; i < GAP_COUNT; i++)
        paper_add_text(line, look, render_word(render, GAPS[i]));
    paper_add_text(line, look, render_word(render, WORD_DIRECTION));
    for (size_t i = 0; i < answer->peer_count; i++)
        paper_add_text(line, look, answer->peers[i]);
    return STATUS_OK;
}

static void add_figure(paper_line_t *line, const compare_answer_t *answer, size_t index, size_t column,
                       const shown_row_t *row)
{
    const double *values = answer->values + index * (COLUMN_PEERS + answer->peer_count);
    double gain = answer->gaps[index * GAP_COUNT + GAP_REGION_AVERAGE];
    if (render_is_hidden(answer, index, column)) {
        paper_add_text(line, LOOK_VALUE, HIDDEN_MARK);
        return;
    }
    paper_add_value(line, column == COLUMN_OWN ? paper_look_of_value(gain) : LOOK_VALUE, row, values[column]);
    if (column == COLUMN_OWN)
        paper_mark(line, gain);
}

static status_t add_row(const render_t *render, const void *of, paper_t *paper, paper_line_t *line, size_t index)
{
    const compare_answer_t *answer = of;
    const double *gaps = answer->gaps + index * GAP_COUNT;
    shown_row_t row = render_answer_row(render, &answer->rows[index]);
    TRY(paper_add_label(render, &row, paper, line));
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        add_figure(line, answer, index, i, &row);
    for (size_t i = 0; i < GAP_COUNT; i++) {
        look_t look = i == GAP_REGION_AVERAGE ? paper_look_of_value(gaps[i]) : paper_look_of_gain(gaps[i]);
        paper_add_number(line, look, gaps[i], LOOK_OF_SHARE);
    }
    paper_add_direction(render, &row, line);
    for (size_t i = 0; i < answer->peer_count; i++)
        add_figure(line, answer, index, COLUMN_PEERS + i, &row);
    return STATUS_OK;
}

/* ---- Around the tables ---- */

static status_t add_note(paper_t *paper, const char *text)
{
    return *text ? paper_add_text_line(paper, LOOK_NOTE, arena_strdup(paper->arena, text)) : STATUS_OK;
}

static status_t add_notes(const render_t *render, const compare_answer_t *answer, paper_t *paper)
{
    char text[NOTE_SIZE], time[TIMES_SIZE], sources[SOURCES_MAX][NOTE_SIZE];
    render_status_text(render, &answer->status, text);
    TRY(add_note(paper, text));
    size_t count = render_sources(render, answer, times_local(answer->release_ms, time), sources);
    for (size_t i = 0; i < count; i++)
        TRY(add_note(paper, sources[i]));
    bool is_well = answer->weakest_count == 0 && render_has_region_gap(answer);
    return is_well ? add_note(paper, render_word(render, WORD_NO_WEAKEST)) : STATUS_OK;
}

static status_t add_weakest(const paper_tables_t *tables, const compare_answer_t *answer, paper_t *paper)
{
    size_t *rows = arena_array(paper->arena, answer->weakest_count, sizeof *rows), count = 0;
    if (!rows)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->weakest_count; i++) {
        rows[count] = paper_find_row(tables, answer->weakest[i]);
        count += rows[count] < answer->row_count;
    }
    return paper_add_table(tables, render_word(tables->render, WORD_WEAKEST), rows, count, paper);
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
    TRY(paper_add_text_line(&paper, LOOK_TITLE, title));
    TRY(add_notes(render, answer, &paper));
    TRY(paper_add_top(&tables, corner, &paper));
    TRY(add_weakest(&tables, answer, &paper));
    TRY(paper_add_tables(&tables, &paper));
    TRY(paper_add_legend(render, LEGEND, sizeof LEGEND / sizeof *LEGEND, &paper));
    *out = paper;
    return STATUS_OK;
}
