/* A workbook while it is read. For client/xlsx*.c only. */
#pragma once

#include "client/xlsx.h"
#include "client/xlsx_package.h"
#include "core/arena.h"

/* ---- Texts, cut to XLSX_TEXT_MAX */

typedef struct {
    char bytes[XLSX_TEXT_MAX + 8];
    size_t size;
    bool is_cut;
} xlsx_text_t;

void xlsx_text_add(xlsx_text_t *text, const char *bytes, size_t size);

/* The text without blanks at its ends, escapes (_x000D_) undone, "…" behind one that was cut; "" in static storage
 * where nothing shows. Empties `text`. NULL: no memory. */
const char *xlsx_text_finish(xlsx_text_t *text, arena_t *arena);

/* ---- The workbook */

typedef struct {
    uint32_t column; /* from 1 */
    bool is_merged;  /* stands for an area of several cells */
    const char *text;
} xlsx_cell_t;

typedef struct {
    uint32_t line; /* from 1 */
    uint32_t count;
    xlsx_cell_t *cells; /* those that hold something, by column */
} xlsx_row_t;

typedef struct {
    const char *name; /* as an excerpt */
    const char *part;
    bool is_hidden;
    xlsx_row_t *rows; /* on the heap; those that hold something, by line */
    size_t row_count, row_capacity;
    uint32_t width;                      /* the last column of any cell */
    uint32_t hidden_line, hidden_column; /* the first that are hidden and hold something; 0 = none */
} xlsx_sheet_t;

/* What a cell style shows of a number. */
typedef struct {
    unsigned shows;       /* SHOWS_… */
    const char *multiple; /* the sign that it writes behind it; NULL = none */
} xlsx_style_t;

struct xlsx {
    arena_t *arena;
    xlsx_sheet_t sheets[XLSX_SHEETS_MAX];
    size_t sheet_count;
    const char **strings; /* shared ones, on the heap */
    size_t string_count, string_capacity;
    xlsx_style_t *styles; /* on the heap */
    size_t style_count, style_capacity;
    size_t cell_count; /* of all sheets */
    bool is_1904;
    bool distrusts_results; /* of formulas, see xlsx_open */
};

/* Room for one more of `size` bytes in a heap array. False: no memory. */
bool xlsx_reserve(void **items, size_t *capacity, size_t count, size_t size);

/* Finds the parts by their relationships and reads all but the sheets: their names, parts and states, shared strings,
 * cell styles. As xlsx_open. */
status_t xlsx_read_parts(xlsx_t *book, package_t *package, faults_t *faults) NODISCARD;

/* Reads the cells of a sheet. As xlsx_open; the faults' source is the caller's. */
status_t xlsx_read_cells(xlsx_t *book, xlsx_sheet_t *sheet, package_t *package, faults_t *faults) NODISCARD;
