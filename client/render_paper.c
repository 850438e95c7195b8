#include "client/render_paper.h"

#include "client/csv.h"
#include "client/render_paper_lines.h"
#include "core/number.h"
#include "core/scratch.h"

#include <string.h>

/* ---- Lines of cells ---- */

paper_line_t *paper_add_line(paper_t *paper)
{
    if (paper->line_count == paper->line_capacity) {
        size_t capacity = paper->line_capacity ? 2 * paper->line_capacity : 64;
        paper_line_t *lines = arena_array(paper->arena, capacity, sizeof *lines);
        if (!lines)
            return NULL;
        if (paper->line_count)
            memcpy(lines, paper->lines, paper->line_count * sizeof *lines);
        paper->lines = lines;
        paper->line_capacity = capacity;
    }
    paper_cell_t *cells = arena_array(paper->arena, paper->column_count, sizeof *cells);
    if (!cells)
        return NULL;
    paper->lines[paper->line_count] = (paper_line_t){.cells = cells};
    return &paper->lines[paper->line_count++];
}

void paper_add_text(paper_line_t *line, look_t look, const char *text)
{
    line->cells[line->used++] = (paper_cell_t){.kind = PAPER_TEXT, .look = (uint8_t)look, .text = text};
}

void paper_add_number(paper_line_t *line, look_t look, double value, number_look_t number)
{
    if (!isfinite(value))
        paper_add_text(line, look, "—");
    else
        line->cells[line->used++] =
            (paper_cell_t){.kind = PAPER_NUMBER, .look = (uint8_t)look, .number = number, .value = value};
}

void paper_add_empty(paper_line_t *line, look_t look)
{
    line->cells[line->used++] = (paper_cell_t){.kind = PAPER_EMPTY, .look = (uint8_t)look};
}

void paper_add_value(paper_line_t *line, look_t look, const shown_row_t *row, double value)
{
    paper_add_number(line, look, value, render_number_look(row, value));
}

void paper_mark(paper_line_t *line, double gain)
{
    paper_cell_t *cell = &line->cells[line->used - 1];
    if (cell->kind == PAPER_NUMBER)
        cell->mark = (int8_t)((gain > 0) - (gain < 0));
}

status_t paper_add_text_line(paper_t *paper, look_t look, const char *text)
{
    paper_line_t *line = text ? paper_add_line(paper) : NULL;
    if (!line)
        return STATUS_NO_MEMORY;
    paper_add_text(line, look, text);
    return STATUS_OK;
}

status_t paper_add_label(const render_t *render, const shown_row_t *row, paper_t *paper, paper_line_t *line)
{
    char label[LABEL_SIZE];
    render_label(render, row, label);
    const char *text = arena_strdup(paper->arena, label);
    if (!text)
        return STATUS_NO_MEMORY;
    paper_add_text(line, LOOK_LABEL, text);
    return STATUS_OK;
}

void paper_add_direction(const render_t *render, const shown_row_t *row, paper_line_t *line)
{
    word_t word = row->better == BETTER_UP     ? WORD_MORE_IS_BETTER
                  : row->better == BETTER_DOWN ? WORD_LESS_IS_BETTER
                                               : WORD_NEITHER_IS_BETTER;
    paper_add_text(line, LOOK_LABEL, render_word(render, word));
}

look_t paper_look_of_value(double gain)
{
    return gain > 0 ? LOOK_GOOD : gain < 0 ? LOOK_BAD : LOOK_VALUE;
}

look_t paper_look_of_gain(double gain)
{
    return gain > 0 ? LOOK_GAIN : gain < 0 ? LOOK_LOSS : LOOK_VALUE;
}

status_t paper_add_legend(const render_t *render, const legend_t *legend, size_t count, paper_t *paper)
{
    TRY(paper_add_text_line(paper, LOOK_NOTE, render_word(render, WORD_LEGEND)));
    for (size_t i = 0; i < count; i++) {
        TRY(paper_add_text_line(paper, legend[i].look, render_word(render, legend[i].word)));
        paper->lines[paper->line_count - 1].is_for_sheets = legend[i].look >= LOOK_GAIN;
    }
    TRY(paper_add_text_line(paper, LOOK_NOTE, render_word(render, WORD_RENEWED_BY_ITSELF)));
    paper->lines[paper->line_count - 1].is_for_sheets = true;
    return paper_add_line(paper) ? STATUS_OK : STATUS_NO_MEMORY;
}

/* ---- The tables of the catalog, one below the other ---- */

size_t paper_find_row(const paper_tables_t *tables, const char *id)
{
    size_t row = 0;
    while (row < tables->row_count && strcmp(tables->row_id(tables->answer, row), id) != 0)
        row++;
    return row;
}

static status_t add_header(const paper_tables_t *tables, look_t look, const char *first, paper_t *paper)
{
    paper_line_t *line = first ? paper_add_line(paper) : NULL;
    if (!line)
        return STATUS_NO_MEMORY;
    paper_add_text(line, look, first);
    return tables->add_heads(tables->render, tables->answer, paper, line, look);
}

status_t paper_add_top(const paper_tables_t *tables, const char *corner, paper_t *paper)
{
    TRY(add_header(tables, LOOK_TOP, corner, paper));
    paper->lines[paper->line_count - 1].is_for_sheets = true;
    paper->top = paper->line_count;
    return STATUS_OK;
}

status_t paper_add_table(const paper_tables_t *tables, const char *title, const size_t *rows, size_t count,
                         paper_t *paper)
{
    if (count == 0)
        return STATUS_OK;
    TRY(add_header(tables, LOOK_HEAD, arena_printf(paper->arena, "%s%s", title, tables->suffix), paper));
    for (size_t i = 0; i < count; i++) {
        paper_line_t *line = paper_add_line(paper);
        if (!line)
            return STATUS_NO_MEMORY;
        TRY(tables->add_row(tables->render, tables->answer, paper, line, rows[i]));
    }
    return paper_add_line(paper) ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The rows of `table` that the answer holds. */
static size_t gather(const paper_tables_t *tables, const table_t *table, bool *shown, size_t *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        size_t row = paper_find_row(tables, tables->render->catalog->rows[table->rows[i]].id);
        if (row == tables->row_count)
            continue;
        shown[row] = true;
        rows[count++] = row;
    }
    return count;
}

static status_t add_rest(const paper_tables_t *tables, const bool *shown, size_t *rows, paper_t *paper)
{
    size_t count = 0;
    for (size_t i = 0; i < tables->row_count; i++)
        if (!shown[i])
            rows[count++] = i;
    return paper_add_table(tables, render_word(tables->render, WORD_OTHER_ROWS), rows, count, paper);
}

status_t paper_add_tables(const paper_tables_t *tables, paper_t *paper)
{
    const catalog_t *catalog = tables->render->catalog;
    size_t most = tables->row_count + (catalog ? catalog->row_count : 0);
    CLEANUP(scratch_free) bool *shown = calloc(most + 1, sizeof *shown);
    CLEANUP(scratch_free) size_t *rows = calloc(most + 1, sizeof *rows);
    if (!shown || !rows)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; catalog && i < catalog->table_count; i++) {
        const table_t *table = &catalog->tables[i];
        size_t count = gather(tables, table, shown, rows);
        TRY(paper_add_table(tables, table->title[tables->render->language], rows, count, paper));
    }
    return add_rest(tables, shown, rows, paper);
}

/* ---- What can be asked of a paper ---- */

void paper_cell_text(const paper_cell_t *cell, char out[VALUE_SIZE])
{
    static const char *const MARKS[] = {"▼ ", "", "▲ "};
    char number[VALUE_SIZE];
    if (cell->kind == PAPER_NUMBER) {
        render_number(cell->value, cell->number, number);
        snprintf(out, VALUE_SIZE, "%s%.390s", MARKS[cell->mark + 1], number);
    } else
        snprintf(out, VALUE_SIZE, "%s", cell->kind == PAPER_TEXT ? cell->text : "");
}

size_t paper_column_width(const paper_t *paper, size_t column, size_t head)
{
    size_t width = 0;
    for (size_t i = 0; i < paper->line_count; i++) {
        const paper_cell_t *cell = &paper->lines[i].cells[column];
        char text[VALUE_SIZE];
        paper_cell_text(cell, text);
        size_t own = cell->look < LOOK_TOP ? 0 : text_width(text);
        if (cell->look < LOOK_LABEL && own > head)
            own = head;
        width = own > width ? own : width;
    }
    return width;
}

/* ---- CSV ---- */

static void print_cell(FILE *out, const paper_cell_t *cell)
{
    char number[32];
    if (cell->kind == PAPER_TEXT)
        csv_write_text(out, cell->text);
    if (cell->kind != PAPER_NUMBER)
        return;
    number_format_double(cell->value, number, sizeof number);
    fputs(number, out);
}

static void print_line(FILE *out, const paper_line_t *line)
{
    if (line->is_for_sheets)
        return;
    for (size_t i = 0; i < line->used; i++) {
        if (i)
            fputc(',', out);
        print_cell(out, &line->cells[i]);
    }
    fputs("\r\n", out);
}

void paper_write_csv(const paper_t *papers, size_t count, FILE *out)
{
    fputs("\xEF\xBB\xBF", out);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < papers[i].line_count; j++)
            print_line(out, &papers[i].lines[j]);
}
