/* A table of text cells that is aligned when it is printed: Chinese counts two columns. */
#pragma once

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum { STYLE_PLAIN, STYLE_HEAD, STYLE_GOOD, STYLE_BAD } style_t;

typedef struct grid grid_t;

/* A grid of that many columns, aligned right with two blanks before each. NULL when out of memory. */
grid_t *grid_create(size_t column_count);
void grid_destroy(grid_t **grid);

/* Aligns a column left. */
void grid_left(grid_t *grid, size_t column);

/* Sets a column close to the one before: one blank between. */
void grid_tight(grid_t *grid, size_t column);

/* The next cell: cells fill the columns from left to right, line by line. What memory fails for is reported by
 * grid_print. */
void grid_cell(grid_t *grid, style_t style, const char *text);

/* The same, formatted. */
void grid_cellf(grid_t *grid, style_t style, const char *format, ...) PRINTF(3, 4);

/* A line of its own across all columns, between lines of cells. */
void grid_heading(grid_t *grid, const char *text);

/* Prints it, colours and bold only where `colour`. STATUS_NO_MEMORY where a cell was lost. */
status_t grid_print(const grid_t *grid, FILE *out, bool colour) NODISCARD;
