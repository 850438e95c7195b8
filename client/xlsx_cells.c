#include "client/xlsx_internals.h"
#include "client/xlsx_values.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

/* Rows that all merged areas of a sheet may cover together: far more than areas that do not overlap need. */
#define MERGED_ROWS_MAX      (8u * XLSX_ROWS_MAX)

/* The column behind the last that a sheet has, XFD, and more digits than a row's number has. */
#define REFERENCE_COLUMN_MAX 16384
#define REFERENCE_ROW_MAX    9999999

typedef struct {
    uint32_t first_row, last_row, first_column, last_column;
} area_t;

/* A sheet while it is parsed. */
typedef struct {
    xlsx_t *book;
    xlsx_sheet_t *sheet;
    faults_t *faults;
    bool in_data, in_merges, in_columns;
    bool is_hidden;                   /* the row at hand */
    uint32_t line, column;            /* of the row and cell at hand, or the last one */
    const char *row[CSV_COLUMNS_MAX]; /* the row's texts by column; NULL = none */
    uint32_t width;                   /* of the row */
    char type[12];                    /* of the cell, as the file says it */
    unsigned long style;
    bool has_formula;
    xlsx_text_t *taking; /* where the text at hand goes; NULL = nowhere */
    xlsx_text_t value, formula;
    unsigned phonetic;            /* depth of a phonetic guide around; 0 = none */
    bool hidden[CSV_COLUMNS_MAX]; /* by column */
    area_t *merges;               /* on the heap */
    size_t merge_count, merge_capacity;
} cells_t;

static void cells_destroy(cells_t **cells)
{
    if (*cells)
        free((*cells)->merges);
    free(*cells);
}

/* ---- References ---- */

/* "AB12" from *at on, which is moved behind it; false where it is none. */
static bool read_reference(const char **at, uint32_t *out_row, uint32_t *out_column)
{
    uint32_t row = 0, column = 0;
    for (; **at == '$'; ++*at)
        ;
    for (; **at >= 'A' && **at <= 'Z' && column <= REFERENCE_COLUMN_MAX; ++*at)
        column = column * 26 + (uint32_t)(**at - 'A' + 1);
    for (; **at == '$'; ++*at)
        ;
    for (; **at >= '0' && **at <= '9' && row <= REFERENCE_ROW_MAX; ++*at)
        row = row * 10 + (uint32_t)(**at - '0');
    *out_row = row;
    *out_column = column;
    return row && column && column <= REFERENCE_COLUMN_MAX;
}

static bool read_area(const char *text, area_t *out)
{
    if (!text || !read_reference(&text, &out->first_row, &out->first_column))
        return false;
    out->last_row = out->first_row;
    out->last_column = out->first_column;
    if (!*text)
        return true;
    return *text++ == ':' && read_reference(&text, &out->last_row, &out->last_column) && !*text;
}

/* ---- Rows ---- */

static status_t refuse_row(cells_t *cells)
{
    faults_add(cells->faults, 0, 0, "the sheet has more than %d rows; leave out those that hold no facts",
               XLSX_ROWS_MAX);
    return STATUS_INVALID;
}

static status_t begin_row(cells_t *cells, const char *const *attributes)
{
    const char *number = part_attribute(attributes, "r");
    unsigned long line = number ? strtoul(number, NULL, 10) : cells->line + 1ul;
    if (line > XLSX_ROWS_MAX)
        return refuse_row(cells);
    if (line <= cells->line)
        return package_refuse(cells->faults, TRANSLATED("a sheet's rows are not in order"));
    cells->line = (uint32_t)line;
    cells->column = 0;
    cells->is_hidden = part_flag(attributes, "hidden");
    return STATUS_OK;
}

/* Keeps what the row holds, and empties it for the next. */
static status_t end_row(cells_t *cells)
{
    xlsx_sheet_t *sheet = cells->sheet;
    xlsx_row_t row = {.line = cells->line};
    for (uint32_t i = 0; i < cells->width; i++)
        row.count += cells->row[i] != NULL;
    if (row.count) {
        row.cells = arena_array(cells->book->arena, row.count, sizeof *row.cells);
        if (!row.cells ||
            !xlsx_reserve((void **)&sheet->rows, &sheet->row_capacity, sheet->row_count, sizeof *sheet->rows))
            return STATUS_NO_MEMORY;
        for (uint32_t i = 0, at = 0; i < cells->width; i++)
            if (cells->row[i])
                row.cells[at++] = (xlsx_cell_t){.column = i + 1, .text = cells->row[i]};
        sheet->rows[sheet->row_count++] = row;
    }
    memset(cells->row, 0, cells->width * sizeof *cells->row);
    sheet->width = cells->width > sheet->width ? cells->width : sheet->width;
    cells->width = 0;
    return STATUS_OK;
}

/* ---- What is hidden ---- */

static void hide_columns(cells_t *cells, const char *const *attributes)
{
    const char *first = part_attribute(attributes, "min"), *last = part_attribute(attributes, "max");
    if (!first || !last || !part_flag(attributes, "hidden"))
        return;
    unsigned long end = strtoul(last, NULL, 10);
    for (unsigned long i = strtoul(first, NULL, 10); i && i <= end && i <= CSV_COLUMNS_MAX; i++)
        cells->hidden[i - 1] = true;
}

static void note_hidden(cells_t *cells)
{
    xlsx_sheet_t *sheet = cells->sheet;
    if (cells->is_hidden && !sheet->hidden_line)
        sheet->hidden_line = cells->line;
    bool is_first = !sheet->hidden_column || cells->column < sheet->hidden_column;
    if (cells->hidden[cells->column - 1] && is_first)
        sheet->hidden_column = cells->column;
}

/* ---- Cells ---- */

static status_t begin_cell(cells_t *cells, const char *const *attributes)
{
    const char *reference = part_attribute(attributes, "r"), *type = part_attribute(attributes, "t");
    const char *style = part_attribute(attributes, "s");
    uint32_t row = cells->line, column = cells->column + 1;
    if (reference && (!read_reference(&reference, &row, &column) || *reference || row != cells->line))
        return package_refuse(cells->faults, TRANSLATED("a cell stands in the wrong row"));
    cells->column = column;
    strncpy(cells->type, type ? type : "n", sizeof cells->type - 1);
    cells->style = style ? strtoul(style, NULL, 10) : 0;
    cells->has_formula = false;
    cells->phonetic = 0;
    return STATUS_OK;
}

static bool is_type(const cells_t *cells, const char *type)
{
    return strcmp(cells->type, type) == 0;
}

/* The text of a stored number. `stored` stays as it is where it is none. */
static const char *number_text(const cells_t *cells, const char *stored)
{
    const xlsx_t *book = cells->book;
    xlsx_style_t style = cells->style < book->style_count ? book->styles[cells->style] : (xlsx_style_t){0, NULL};
    char text[VALUE_TEXT_SIZE];
    if (style.shows && value_format_date(stored, style.shows, book->is_1904, text))
        return arena_strdup(book->arena, text);
    if (!value_format_number(stored, text))
        return stored;
    return style.multiple ? arena_printf(book->arena, "%s%s", text, style.multiple) : arena_strdup(book->arena, text);
}

static status_t shared_text(const cells_t *cells, const char *index, const char **out)
{
    char *end;
    unsigned long at = strtoul(index, &end, 10);
    if (*end || at >= cells->book->string_count)
        return package_refuse(cells->faults, TRANSLATED("a shared text is missing"));
    *out = cells->book->strings[at];
    return STATUS_OK;
}

/* A formula whose result is not there: "=" and the formula. */
static const char *formula_text(cells_t *cells)
{
    const char *formula = xlsx_text_finish(&cells->formula, cells->book->arena);
    return formula ? arena_printf(cells->book->arena, "=%s", formula) : NULL;
}

static status_t text_of(cells_t *cells, const char **out)
{
    const char *stored = xlsx_text_finish(&cells->value, cells->book->arena);
    if (!stored)
        return STATUS_NO_MEMORY;
    bool has_result = *stored || is_type(cells, "str");
    if (cells->has_formula && (!has_result || cells->book->distrusts_results))
        *out = formula_text(cells);
    else if (*stored && is_type(cells, "s"))
        return shared_text(cells, stored, out);
    else if (*stored && is_type(cells, "b"))
        *out = *stored == '0' ? "FALSE" : "TRUE";
    else if (*stored && is_type(cells, "n"))
        *out = number_text(cells, stored);
    else
        *out = stored;
    cells->formula.size = 0;
    return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t end_cell(cells_t *cells)
{
    const char *text = "";
    TRY(text_of(cells, &text));
    if (!*text)
        return STATUS_OK;
    if (cells->column > CSV_COLUMNS_MAX) {
        faults_add(cells->faults, cells->line, cells->column, "the line has more than %d cells; leave out what is over",
                   CSV_COLUMNS_MAX);
        return STATUS_INVALID;
    }
    if (cells->book->cell_count == XLSX_CELLS_MAX) {
        faults_add(cells->faults, cells->line, cells->column,
                   "the workbook has more than %d cells with something in them; split it", XLSX_CELLS_MAX);
        return STATUS_INVALID;
    }
    if (cells->row[cells->column - 1])
        return package_refuse(cells->faults, TRANSLATED("a cell stands twice"));
    cells->book->cell_count++;
    cells->row[cells->column - 1] = text;
    note_hidden(cells);
    cells->width = cells->column > cells->width ? cells->column : cells->width;
    return STATUS_OK;
}

/* ---- Merged areas ---- */

static status_t add_merge(cells_t *cells, const char *const *attributes)
{
    area_t area;
    if (!read_area(part_attribute(attributes, "ref"), &area))
        return package_refuse(cells->faults, TRANSLATED("a merged area"));
    if (cells->merge_count == XLSX_MERGES_MAX) {
        faults_add(cells->faults, 0, 0, "the sheet has more than %d merged areas; split them", XLSX_MERGES_MAX);
        return STATUS_INVALID;
    }
    if (!xlsx_reserve((void **)&cells->merges, &cells->merge_capacity, cells->merge_count, sizeof area))
        return STATUS_NO_MEMORY;
    cells->merges[cells->merge_count++] = area;
    return STATUS_OK;
}

/* Position of the first row that is not above `line`. */
static size_t find_row(const xlsx_sheet_t *sheet, uint32_t line)
{
    size_t low = 0, high = sheet->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sheet->rows[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Position of a row's first cell that does not stand before `column`. */
static uint32_t find_cell(const xlsx_row_t *row, uint32_t column)
{
    uint32_t low = 0, high = row->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (row->cells[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Drops what an area covers of a row: nobody sees it. Marks the cell that is seen where there is more than it. */
static void cover(xlsx_row_t *row, const area_t *area)
{
    uint32_t at = find_cell(row, area->first_column), end = find_cell(row, area->last_column + 1);
    if (at >= end)
        return;
    if (row->line == area->first_row && row->cells[at].column == area->first_column)
        row->cells[at++].is_merged |= area->last_row > area->first_row || area->last_column > area->first_column;
    if (at == end)
        return;
    memmove(row->cells + at, row->cells + end, (row->count - end) * sizeof *row->cells);
    row->count -= end - at;
}

static status_t cover_all(cells_t *cells)
{
    xlsx_sheet_t *sheet = cells->sheet;
    size_t covered = 0;
    for (size_t i = 0; i < cells->merge_count; i++) {
        const area_t *area = &cells->merges[i];
        size_t at = find_row(sheet, area->first_row);
        for (; at < sheet->row_count && sheet->rows[at].line <= area->last_row; at++) {
            if (++covered > XLSX_MERGED_ROWS_MAX)
                return package_refuse(cells->faults, TRANSLATED("its merged areas overlap"));
            cover(&sheet->rows[at], area);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < sheet->row_count; i++)
        if (sheet->rows[i].count)
            sheet->rows[kept++] = sheet->rows[i];
    sheet->row_count = kept;
    return STATUS_OK;
}

/* ---- The part ---- */

/* Inside a cell: <v>, <f>, or the <t> of an <is>, at any depth but that of a phonetic guide. */
static void begin_in_cell(cells_t *cells, unsigned depth, const char *name)
{
    bool is_inline = depth > 5 && !cells->phonetic && is_type(cells, "inlineStr");
    if (depth > 5 && strcmp(name, "rPh") == 0 && !cells->phonetic)
        cells->phonetic = depth;
    else if (depth == 5 && strcmp(name, "f") == 0) {
        cells->has_formula = true;
        cells->taking = &cells->formula;
    } else if ((depth == 5 && strcmp(name, "v") == 0) || (is_inline && strcmp(name, "t") == 0))
        cells->taking = &cells->value;
}

static void on_start(part_t *part, const char *name, const char *const *attributes)
{
    cells_t *cells = part->context;
    cells->taking = NULL;
    if (part->depth == 1 && strcmp(name, "worksheet") != 0)
        part->status = package_refuse(cells->faults, TRANSLATED("a sheet is none"));
    if (part->depth == 2) {
        cells->in_data = strcmp(name, "sheetData") == 0;
        cells->in_merges = strcmp(name, "mergeCells") == 0;
        cells->in_columns = strcmp(name, "cols") == 0;
    } else if (cells->in_columns && part->depth == 3)
        hide_columns(cells, attributes);
    else if (cells->in_merges && part->depth == 3)
        part->status = add_merge(cells, attributes);
    else if (cells->in_data && part->depth == 3)
        part->status = begin_row(cells, attributes);
    else if (cells->in_data && part->depth == 4)
        part->status = begin_cell(cells, attributes);
    else if (cells->in_data)
        begin_in_cell(cells, part->depth, name);
}

static void on_end(part_t *part, const char *name)
{
    (void)name;
    cells_t *cells = part->context;
    cells->taking = NULL;
    if (cells->phonetic == part->depth)
        cells->phonetic = 0;
    if (cells->in_data && part->depth == 3)
        part->status = end_row(cells);
    else if (cells->in_data && part->depth == 4)
        part->status = end_cell(cells);
}

static void on_text(part_t *part, const char *text, size_t size)
{
    cells_t *cells = part->context;
    if (cells->taking)
        xlsx_text_add(cells->taking, text, size);
}

status_t xlsx_read_cells(xlsx_t *book, xlsx_sheet_t *sheet, package_t *package, faults_t *faults)
{
    CLEANUP(cells_destroy) cells_t *cells = calloc(1, sizeof *cells);
    if (!cells)
        return STATUS_NO_MEMORY;
    cells->book = book;
    cells->sheet = sheet;
    cells->faults = faults;
    part_t part = {.context = cells, .on_start = on_start, .on_end = on_end, .on_text = on_text};
    TRY(package_parse(package, sheet->part, &part, faults));
    return cover_all(cells);
}
