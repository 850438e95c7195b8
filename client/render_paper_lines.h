/* How a paper is filled; nobody outside client/render_paper*.c includes it. A line holds as many cells as the paper has
 * columns: the callers count them. */
#pragma once

#include "client/render_paper.h"

/* An empty line; NULL when out of memory. It is valid until the next one is added. */
paper_line_t *paper_add_line(paper_t *paper);

/* The next cell of a line. The text is borrowed. */
void paper_add_text(paper_line_t *line, look_t look, const char *text);
void paper_add_empty(paper_line_t *line, look_t look);
/* "—" where the value is none. */
void paper_add_number(paper_line_t *line, look_t look, double value, number_look_t number);
/* A value of a row, with the row's format. */
void paper_add_value(paper_line_t *line, look_t look, const shown_row_t *row, double value);
/* Marks the last cell as better (above zero) or worse; nothing of a text. */
void paper_mark(paper_line_t *line, double gain);
/* Title and unit of a row. STATUS_NO_MEMORY. */
status_t paper_add_label(const render_t *render, const shown_row_t *row, paper_t *paper, paper_line_t *line) NODISCARD;
/* In words which way is good. */
void paper_add_direction(const render_t *render, const shown_row_t *row, paper_line_t *line);

/* A line of one text; STATUS_NO_MEMORY also where it is NULL. */
status_t paper_add_text_line(paper_t *paper, look_t look, const char *text) NODISCARD;

/* How a value looks that is so much better (above zero) or worse than what it is compared with; and how that difference
 * looks. */
look_t paper_look_of_value(double gain);
look_t paper_look_of_gain(double gain);

typedef struct {
    look_t look;
    word_t word;
} legend_t;

/* What the colours and signs mean, one a line, with a blank line behind them. */
status_t paper_add_legend(const render_t *render, const legend_t *legend, size_t count, paper_t *paper) NODISCARD;

/* An answer whose rows stand in the catalog's tables. */
typedef struct {
    const render_t *render;
    const void *answer;
    size_t row_count;
    const char *(*row_id)(const void *answer, size_t row);
    const char *suffix; /* behind each table's title; "" = none */
    /* Add cells to a line: the heads of the columns behind the first, and one row. */
    status_t (*add_heads)(const render_t *render, const void *answer, paper_t *paper, paper_line_t *line, look_t look);
    status_t (*add_row)(const render_t *render, const void *answer, paper_t *paper, paper_line_t *line, size_t row);
} paper_tables_t;

/* Index of the answer's row with that id; row_count where it has none. */
size_t paper_find_row(const paper_tables_t *tables, const char *id);

/* Behind `corner` the heads of the columns; they, and what was added before them, stay in view. */
status_t paper_add_top(const paper_tables_t *tables, const char *corner, paper_t *paper) NODISCARD;

/* Adds one table of these rows, with its header and a blank line behind it; nothing where `count` is 0. */
status_t paper_add_table(const paper_tables_t *tables, const char *title, const size_t *rows, size_t count,
                         paper_t *paper) NODISCARD;

/* Adds each table of the catalog that lists some of the rows, whole, with its header and a blank line behind it; rows
 * that no table lists in a table of their own at the end. */
status_t paper_add_tables(const paper_tables_t *tables, paper_t *paper) NODISCARD;
