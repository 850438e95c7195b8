#include "client/render_grid.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *text;
    style_t style;
    bool is_heading;
} cell_t;

typedef struct {
    bool is_left, is_tight;
    size_t width;
} column_t;

struct grid {
    size_t column_count;
    size_t next; /* column of the next cell */
    cell_t *cells;
    size_t count, capacity;
    bool failed;
    column_t columns[];
};

grid_t *grid_create(size_t column_count)
{
    grid_t *grid = calloc(1, sizeof *grid + column_count * sizeof *grid->columns);
    if (grid)
        grid->column_count = column_count;
    return grid;
}

void grid_destroy(grid_t **grid)
{
    if (!grid || !*grid)
        return;
    for (size_t i = 0; i < (*grid)->count; i++)
        free((*grid)->cells[i].text);
    free((*grid)->cells);
    free(*grid);
    *grid = NULL;
}

void grid_left(grid_t *grid, size_t column)
{
    grid->columns[column].is_left = true;
}

void grid_tight(grid_t *grid, size_t column)
{
    grid->columns[column].is_tight = true;
}

static void add(grid_t *grid, style_t style, bool is_heading, char *text)
{
    if (grid->count == grid->capacity) {
        size_t capacity = grid->capacity ? grid->capacity * 2 : 64;
        cell_t *cells = realloc(grid->cells, capacity * sizeof *cells);
        if (cells) {
            grid->cells = cells;
            grid->capacity = capacity;
        }
    }
    if (!text || grid->count == grid->capacity) {
        grid->failed = true;
        free(text);
        return;
    }
    grid->cells[grid->count++] = (cell_t){text, style, is_heading};
}

void grid_cell(grid_t *grid, style_t style, const char *text)
{
    size_t width = text_width(text);
    column_t *column = &grid->columns[grid->next];
    grid->next = (grid->next + 1) % grid->column_count;
    if (width > column->width)
        column->width = width;
    add(grid, style, false, strdup(text));
}

void grid_cellf(grid_t *grid, style_t style, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        grid->failed = true;
        return;
    }
    grid_cell(grid, style, text);
    free(text);
}

void grid_heading(grid_t *grid, const char *text)
{
    add(grid, STYLE_HEAD, true, strdup(text));
}

static void print_styled(FILE *out, const cell_t *cell, bool colour)
{
    static const char *const CODES[] = {"", "\x1b[1m", "\x1b[32m", "\x1b[31m"};
    bool is_styled = colour && cell->style != STYLE_PLAIN && *cell->text;
    fprintf(out, "%s%s%s", is_styled ? CODES[cell->style] : "", cell->text, is_styled ? "\x1b[0m" : "");
}

/* Prints one cell behind the blanks that are due, and leaves in *pending those due before the next: no line ends in
 * blanks. */
static void print_cell(FILE *out, const cell_t *cell, const column_t *column, bool colour, size_t *pending)
{
    size_t fill = column->width - text_width(cell->text);
    if (*cell->text)
        fprintf(out, "%*s", (int)(*pending + (column->is_left ? 0 : fill)), "");
    print_styled(out, cell, colour);
    if (!*cell->text)
        *pending += fill;
    else
        *pending = column->is_left ? fill : 0;
}

status_t grid_print(const grid_t *grid, FILE *out, bool colour)
{
    if (grid->failed)
        return STATUS_NO_MEMORY;
    size_t at = 0, pending = 0;
    for (size_t i = 0; i < grid->count; i++) {
        const cell_t *cell = &grid->cells[i];
        if (cell->is_heading) {
            print_styled(out, cell, colour);
            fputc('\n', out);
            continue;
        }
        if (at)
            pending += grid->columns[at].is_tight ? 1 : 2;
        print_cell(out, cell, &grid->columns[at], colour, &pending);
        at = (at + 1) % grid->column_count;
        if (at == 0) {
            fputc('\n', out);
            pending = 0;
        }
    }
    return STATUS_OK;
}
