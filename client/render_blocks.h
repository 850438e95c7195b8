/* The rows of an answer as blocks, one for each of the catalog's tables that lists some of them. */
#pragma once

#include "client/render_grid.h"
#include "client/render_words.h"

typedef struct {
    const render_t *render;
    const void *answer;
    size_t row_count;
    const char *(*row_id)(const void *answer, size_t row);
    /* A grid with its heading cells; the first column is headed `title`. NULL when out of memory. */
    grid_t *(*begin)(const render_t *render, const void *answer, const char *title, size_t part);
    /* Adds the lines of one row. */
    void (*add_row)(const render_t *render, const void *answer, grid_t *grid, size_t row, size_t part);
    size_t part; /* which columns, where they do not fit side by side */
} blocks_t;

/* Prints the blocks with a blank line before each; every row once, those that no table lists in a block of their own at
 * the end. */
status_t render_blocks(const blocks_t *blocks) NODISCARD;

/* Prints codes behind `lead`, as many on a line as fit in 100 columns. */
void render_code_list(FILE *out, const char *lead, const char *const *codes, size_t count);
