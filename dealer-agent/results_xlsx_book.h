/* A workbook in the making; nobody outside dealer-agent/results_xlsx*.c includes it. */
#pragma once

#include "dealer-agent/results_xlsx.h"

#include <xlsxwriter.h>

#define FORMATS_MAX 256
#define LINE_POINTS 18
#define LINE_PIXELS 24

/* A format of cells that the workbook has already. */
typedef struct {
    paper_cell_t like; /* kind, look, mark and number */
    bool is_first;
    lxw_format *format;
} known_format_t;

typedef struct {
    lxw_workbook *workbook;
    language_t language;
    known_format_t formats[FORMATS_MAX];
    size_t format_count;
    lxw_error error; /* the first one */
} book_t;

/* Keeps the first error. */
void book_note(book_t *book, lxw_error error);

/* A text that comes back as it is: spreadsheets read _x0041_ as A, and XML has no U+FFFE and U+FFFF. *out is
 * allocated. */
status_t book_make_safe(const char *text, char **out) NODISCARD;

/* How many characters the column is wide. */
size_t book_column_width(const paper_t *paper, size_t column);

/* ---- dealer-agent/results_xlsx_formats.c ---- */

/* A font that has the language's script. */
const char *book_font_name(const book_t *book);

/* The format of such a cell; NULL, noted, when out of memory. `is_first`: it is its line's first. */
lxw_format *book_find_format(book_t *book, const paper_cell_t *cell, bool is_first);

/* ---- dealer-agent/results_xlsx_charts.c ---- */

/* The paper's charts, two side by side below its lines. */
void book_add_charts(book_t *book, lxw_worksheet *sheet, const paper_t *paper);
