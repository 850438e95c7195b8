#include "dealer-agent/results_xlsx.h"

#include "core/scratch.h"
#include "dealer-agent/results_finish.h"
#include "dealer-agent/results_xlsx_book.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREATED          946684800 /* 2000-01-01T00:00:00Z in every workbook */
#define COLUMN_WIDTH_MAX 60        /* of text; what is longer goes on below */
#define COLUMN_WIDTH_MIN 7
#define HEAD_WIDTH_MAX   14 /* of a head, likewise */
#define BROKEN_MAX       5  /* lines of one cell */
#define COLUMNS_A_PAGE   20 /* more would be too small to read: a comparison with ten peers has 21 */
#define LINES_A_PAGE     52 /* so many are made to fit on one */
#define TITLE_POINTS     27

void book_note(book_t *book, lxw_error error)
{
    if (book->error == LXW_NO_ERROR)
        book->error = error;
}

/* ---- Cells ---- */

status_t book_make_safe(const char *text, char **out)
{
    static const char HEX[] = "0123456789abcdefABCDEF";
    size_t size = 0;
    FILE *safe = open_memstream(out, &size);
    if (!safe)
        return STATUS_NO_MEMORY;
    while (*text) {
        if (text[0] == '_' && text[1] == 'x' && strspn(text + 2, HEX) >= 4 && text[6] == '_') {
            fputs("_x005F_", safe);
            text++;
            continue;
        }
        const char *from = text;
        uint32_t point = text_next(&text);
        if (point == 0xFFFE || point == 0xFFFF)
            fputs("\xEF\xBF\xBD", safe);
        else
            fwrite(from, 1, (size_t)(text - from), safe);
    }
    return scratch_close(safe);
}

static lxw_error write_text(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column, const char *text, lxw_format *format)
{
    CLEANUP(scratch_free) char *safe = NULL;
    if (book_make_safe(text, &safe) != STATUS_OK)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    return worksheet_write_string(sheet, row, column, safe, format);
}

static void write_line(book_t *book, lxw_worksheet *sheet, const paper_line_t *line, lxw_row_t row)
{
    for (size_t i = 0; i < line->used; i++) {
        const paper_cell_t *cell = &line->cells[i];
        lxw_format *format = book_find_format(book, cell, i == 0);
        lxw_col_t column = (lxw_col_t)i;
        if (cell->kind == PAPER_NUMBER)
            book_note(book, worksheet_write_number(sheet, row, column, cell->value, format));
        else if (cell->kind == PAPER_TEXT && *cell->text)
            book_note(book, write_text(sheet, row, column, cell->text, format));
        else if (cell->look != LOOK_PLAIN) /* a blank one counts as 0 in what a chart remembers of its cells */
            book_note(book, worksheet_write_blank(sheet, row, column, format));
    }
}

size_t book_column_width(const paper_t *paper, size_t column)
{
    size_t width = paper_column_width(paper, column, column ? HEAD_WIDTH_MAX : COLUMN_WIDTH_MAX) + 2;
    return width < COLUMN_WIDTH_MIN ? COLUMN_WIDTH_MIN : width > COLUMN_WIDTH_MAX ? COLUMN_WIDTH_MAX : width;
}

/* How many lines of text the cells take that are broken: heads, and those of the first column. */
static size_t broken_lines(const paper_line_t *line, const size_t *widths)
{
    size_t most = 1;
    for (size_t i = 0; i < line->used; i++) {
        const paper_cell_t *cell = &line->cells[i];
        if (cell->kind != PAPER_TEXT || cell->look < LOOK_TOP || (i && cell->look >= LOOK_LABEL))
            continue;
        size_t lines = text_width(cell->text) / (widths[i] - 1) + 1;
        most = lines > most ? lines : most;
    }
    return most < BROKEN_MAX ? most : BROKEN_MAX;
}

static void write_lines(book_t *book, lxw_worksheet *sheet, const paper_t *paper)
{
    CLEANUP(scratch_free) size_t *widths = calloc(paper->column_count, sizeof *widths);
    if (!widths) {
        book_note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    for (size_t i = 0; i < paper->column_count; i++) {
        widths[i] = book_column_width(paper, i);
        book_note(book, worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, (double)widths[i], NULL));
    }
    for (size_t i = 0; i < paper->line_count; i++) {
        lxw_row_t row = (lxw_row_t)i;
        double height = i ? LINE_POINTS * (double)broken_lines(&paper->lines[i], widths) : TITLE_POINTS;
        book_note(book, worksheet_set_row(sheet, row, height, NULL));
        write_line(book, sheet, &paper->lines[i], row);
    }
}

/* ---- Sheets ---- */

static void set_page(book_t *book, lxw_worksheet *sheet, const paper_t *paper)
{
    size_t pages = (paper->column_count + COLUMNS_A_PAGE - 1) / COLUMNS_A_PAGE;
    worksheet_set_default_row(sheet, LINE_POINTS, LXW_FALSE);
    worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
    worksheet_freeze_panes(sheet, (lxw_row_t)paper->top, 1);
    if (paper->chart_count) /* two charts abreast are higher than wide */
        worksheet_set_portrait(sheet);
    else
        worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 9); /* A4 */
    worksheet_center_horizontally(sheet);
    worksheet_set_margins(sheet, 0.4, 0.4, 0.5, 0.6);
    worksheet_fit_to_pages(sheet, (uint16_t)pages, paper->line_count <= LINES_A_PAGE && !paper->chart_count);
    book_note(book, worksheet_repeat_rows(sheet, 0, (lxw_row_t)paper->top - 1));
    book_note(book, worksheet_repeat_columns(sheet, 0, 0));
    book_note(book, worksheet_set_footer(sheet, "&R&P / &N"));
    /* A store's code may be all digits. */
    book_note(book, worksheet_ignore_errors(sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576"));
}

static void add_sheet(book_t *book, const paper_t *paper)
{
    lxw_worksheet *sheet = workbook_add_worksheet(book->workbook, paper->name);
    if (!sheet) {
        book_note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    set_page(book, sheet, paper);
    write_lines(book, sheet, paper);
    book_add_charts(book, sheet, paper);
}

static status_t write_workbook(const char *path, const paper_t *papers, size_t count, const char *title)
{
    book_t book = {.workbook = workbook_new(path), .language = papers->language};
    if (!book.workbook)
        return STATUS_NO_MEMORY;
    lxw_doc_properties properties = {.title = (char *)title, .author = "Yardstick", .created = CREATED};
    book_note(&book, workbook_set_properties(book.workbook, &properties));
    for (size_t i = 0; i < count; i++)
        add_sheet(&book, &papers[i]);
    book_note(&book, workbook_close(book.workbook)); /* frees it in any case */
    if (book.error == LXW_ERROR_MEMORY_MALLOC_FAILED)
        return STATUS_NO_MEMORY;
    return book.error == LXW_NO_ERROR ? STATUS_OK : STATUS_IO;
}

/* ---- The whole ---- */

static void close_file(int *file)
{
    if (*file >= 0)
        close(*file);
}

static status_t read_back(int file, char **out, size_t *out_size)
{
    struct stat info;
    if (fstat(file, &info) != 0 || info.st_size <= 0)
        return STATUS_IO;
    size_t size = (size_t)info.st_size;
    char *bytes = malloc(size);
    if (!bytes)
        return STATUS_NO_MEMORY;
    if (pread(file, bytes, size, 0) != (ssize_t)size) {
        free(bytes);
        return STATUS_IO;
    }
    *out = bytes;
    *out_size = size;
    return STATUS_OK;
}

status_t results_xlsx_make(const paper_t *papers, size_t count, const char *title, char **out, size_t *out_size)
{
    assert(count > 0);
    CLEANUP(scratch_free) char *bytes = NULL;
    CLEANUP(close_file) int file = memfd_create("workbook", MFD_CLOEXEC); /* it writes to a path only */
    size_t size = 0;
    char path[64];
    if (file < 0)
        return STATUS_IO;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    TRY(write_workbook(path, papers, count, title));
    TRY(read_back(file, &bytes, &size));
    return results_finish(bytes, size, papers, count, out, out_size);
}
