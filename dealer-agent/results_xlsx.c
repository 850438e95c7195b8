#include "dealer-agent/results_xlsx.h"

#include "core/scratch.h"
#include "dealer-agent/results_finish.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define CREATED          946684800 /* 2000-01-01T00:00:00Z in every workbook */
#define FORMATS_MAX      256
#define COLUMN_WIDTH_MAX 60 /* of text; what is longer goes on below */
#define COLUMN_WIDTH_MIN 7
#define HEAD_WIDTH_MAX   14 /* of a head, likewise */
#define BROKEN_MAX       5  /* lines of one cell */
#define COLUMNS_A_PAGE   30 /* a comparison with the most peers has 27 */
#define LINES_A_PAGE     52 /* so many are made to fit on one */
#define LINE_POINTS      18
#define LINE_PIXELS      24
#define TITLE_POINTS     27
#define CHART_LINES      11 /* from the top of one chart to the next */
#define CHART_GAP        12 /* pixels */
#define CHART_WIDTH      480.0
#define CHART_HEIGHT     288.0 /* libxlsxwriter's, to be scaled */

enum {
    COLOUR_TOP = 0x1F3864,
    COLOUR_HEAD = 0xD9E2F3,
    COLOUR_GRID = 0xBFBFBF,
    COLOUR_NOTE = 0x595959,
    COLOUR_LINE = 0x2F5597,
    COLOUR_GOOD = 0xC6EFCE,
    COLOUR_GOOD_TEXT = 0x006100,
    COLOUR_BAD = 0xFFC7CE,
    COLOUR_BAD_TEXT = 0x9C0006,
};

/* A format of cells that the workbook has already. */
typedef struct {
    paper_cell_t like; /* kind, look and number */
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

static void note(book_t *book, lxw_error error)
{
    if (book->error == LXW_NO_ERROR)
        book->error = error;
}

void results_xlsx_number_format(number_look_t number, int mark, char out[NUMBER_FORMAT_SIZE])
{
    static const char *const MARKS[] = {"\"▼ \"", "", "\"▲ \""};
    const char *before = MARKS[mark + 1];
    char digits[32] = "";
    unsigned decimals = number.decimals < 20 ? number.decimals : 20;
    if (decimals)
        snprintf(digits, sizeof digits, ".%.*s", (int)decimals, "00000000000000000000");
    const char *percent = number.is_percent ? "%" : "";
    if (number.is_signed)
        snprintf(out, NUMBER_FORMAT_SIZE, "%s+#,##0%s%s;%s-#,##0%s%s;%s0%s%s", before, digits, percent, before, digits,
                 percent, before, digits, percent);
    else
        snprintf(out, NUMBER_FORMAT_SIZE, "%s#,##0%s%s", before, digits, percent);
}

/* ---- Formats ---- */

static void set_font(const book_t *book, lxw_format *format, double larger)
{
    bool is_chinese = book->language == LANGUAGE_ZH;
    format_set_font_name(format, is_chinese ? "Microsoft YaHei" : "Calibri");
    format_set_font_size(format, (is_chinese ? 10 : 11) + larger);
    format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
}

static void set_colours(lxw_format *format, lxw_color_t text, lxw_color_t ground)
{
    format_set_font_color(format, text);
    format_set_bg_color(format, ground);
}

static void set_grid(lxw_format *format)
{
    format_set_border(format, LXW_BORDER_THIN);
    format_set_border_color(format, COLOUR_GRID);
}

static void set_look_colours(lxw_format *format, look_t look)
{
    switch (look) {
    case LOOK_NOTE:
        format_set_font_color(format, COLOUR_NOTE);
        break;
    case LOOK_TOP:
        set_colours(format, LXW_COLOR_WHITE, COLOUR_TOP);
        break;
    case LOOK_HEAD:
        set_colours(format, COLOUR_TOP, COLOUR_HEAD);
        break;
    case LOOK_GAIN:
        format_set_font_color(format, COLOUR_GOOD_TEXT);
        break;
    case LOOK_LOSS:
        format_set_font_color(format, COLOUR_BAD_TEXT);
        break;
    case LOOK_GOOD:
        set_colours(format, COLOUR_GOOD_TEXT, COLOUR_GOOD);
        break;
    case LOOK_BAD:
        set_colours(format, COLOUR_BAD_TEXT, COLOUR_BAD);
        break;
    default:
        break;
    }
}

/* The first column stands left, what is compared right, words in the middle. */
static void set_look(lxw_format *format, look_t look, bool is_first)
{
    set_look_colours(format, look);
    if (look == LOOK_TITLE || look == LOOK_TOP || look == LOOK_HEAD)
        format_set_bold(format);
    if (look < LOOK_TOP)
        return;
    set_grid(format);
    if (is_first || look < LOOK_LABEL)
        format_set_text_wrap(format);
    if (!is_first)
        format_set_align(format, look < LOOK_VALUE ? LXW_ALIGN_CENTER : LXW_ALIGN_RIGHT);
}

static lxw_format *add_format(book_t *book, const paper_cell_t *cell, bool is_first)
{
    lxw_format *format = workbook_add_format(book->workbook);
    if (!format)
        return NULL;
    set_font(book, format, cell->look == LOOK_TITLE ? 4 : 0);
    set_look(format, (look_t)cell->look, is_first);
    if (cell->kind == PAPER_NUMBER) {
        char text[NUMBER_FORMAT_SIZE];
        results_xlsx_number_format(cell->number, cell->mark, text);
        format_set_num_format(format, text);
    }
    return format;
}

static bool is_like(const known_format_t *known, const paper_cell_t *cell, bool is_first)
{
    const paper_cell_t *like = &known->like;
    bool is_same =
        like->kind == cell->kind && like->look == cell->look && like->mark == cell->mark && known->is_first == is_first;
    return is_same && (cell->kind != PAPER_NUMBER || !memcmp(&like->number, &cell->number, sizeof cell->number));
}

static lxw_format *find_format(book_t *book, const paper_cell_t *cell, bool is_first)
{
    for (size_t i = 0; i < book->format_count; i++)
        if (is_like(&book->formats[i], cell, is_first))
            return book->formats[i].format;
    lxw_format *format = add_format(book, cell, is_first);
    if (!format)
        note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
    else if (book->format_count < FORMATS_MAX)
        book->formats[book->format_count++] = (known_format_t){*cell, is_first, format};
    return format;
}

/* ---- Cells ---- */

/* A text that comes back as it is: spreadsheets read _x0041_ as A, and XML has no U+FFFE and U+FFFF. */
static status_t make_safe(const char *text, char **out)
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
    return fclose(safe) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static lxw_error write_text(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column, const char *text, lxw_format *format)
{
    CLEANUP(scratch_free) char *safe = NULL;
    if (make_safe(text, &safe) != STATUS_OK)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    return worksheet_write_string(sheet, row, column, safe, format);
}

static void write_line(book_t *book, lxw_worksheet *sheet, const paper_line_t *line, lxw_row_t row)
{
    for (size_t i = 0; i < line->used; i++) {
        const paper_cell_t *cell = &line->cells[i];
        lxw_format *format = find_format(book, cell, i == 0);
        lxw_col_t column = (lxw_col_t)i;
        if (cell->kind == PAPER_NUMBER)
            note(book, worksheet_write_number(sheet, row, column, cell->value, format));
        else if (cell->kind == PAPER_TEXT && *cell->text)
            note(book, write_text(sheet, row, column, cell->text, format));
        else if (cell->look != LOOK_PLAIN) /* a blank one counts as 0 in what a chart remembers of its cells */
            note(book, worksheet_write_blank(sheet, row, column, format));
    }
}

static size_t width_of(const paper_t *paper, size_t column)
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
        note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    for (size_t i = 0; i < paper->column_count; i++) {
        widths[i] = width_of(paper, i);
        note(book, worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, (double)widths[i], NULL));
    }
    for (size_t i = 0; i < paper->line_count; i++) {
        lxw_row_t row = (lxw_row_t)i;
        double height = i ? LINE_POINTS * (double)broken_lines(&paper->lines[i], widths) : TITLE_POINTS;
        note(book, worksheet_set_row(sheet, row, height, NULL));
        write_line(book, sheet, &paper->lines[i], row);
    }
}

/* ---- Charts ---- */

static void set_axes(const book_t *book, lxw_chart *chart, number_look_t number)
{
    char format[NUMBER_FORMAT_SIZE];
    results_xlsx_number_format(number, 0, format);
    lxw_chart_font font = {.name = book->language == LANGUAGE_ZH ? "Microsoft YaHei" : "Calibri", .size = 9};
    lxw_chart_line grid = {.color = 0xE7E6E6, .width = 0.75};
    chart_axis_set_num_font(chart->x_axis, &font);
    chart_axis_set_num_font(chart->y_axis, &font);
    chart_axis_set_num_format(chart->y_axis, format);
    chart_axis_major_gridlines_set_line(chart->y_axis, &grid);
}

/* The title begins with an arrow: what begins with "=" would be taken as a reference. */
static void set_title(const book_t *book, lxw_chart *chart, const char *title)
{
    lxw_chart_font font = {
        .name = book->language == LANGUAGE_ZH ? "Microsoft YaHei" : "Calibri", .size = 11, .bold = 1};
    CLEANUP(scratch_free) char *safe = NULL;
    if (make_safe(title, &safe) != STATUS_OK)
        return;
    chart_title_set_name(chart, safe);
    chart_title_set_name_font(chart, &font);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
}

static void add_series(lxw_chart *chart, const paper_t *paper, const paper_chart_t *from)
{
    lxw_chart_line stroke = {.color = COLOUR_LINE, .width = 2.25};
    lxw_chart_fill fill = {.color = COLOUR_LINE};
    lxw_row_t names = (lxw_row_t)from->names, values = (lxw_row_t)from->line;
    lxw_col_t first = (lxw_col_t)from->first, last = (lxw_col_t)from->last;
    lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
    chart_series_set_name_range(series, paper->name, values, 0);
    chart_series_set_categories(series, paper->name, names, first, names, last);
    chart_series_set_values(series, paper->name, values, first, values, last);
    chart_series_set_line(series, &stroke);
    chart_series_set_marker_type(series, LXW_CHART_MARKER_CIRCLE);
    chart_series_set_marker_size(series, 6);
    chart_series_set_marker_line(series, &stroke);
    chart_series_set_marker_fill(series, &fill);
    chart_show_blanks_as(chart, LXW_CHART_BLANKS_AS_GAP);
}

/* Pixels of the paper's columns, as libxlsxwriter and Excel count them. */
static double width_in_pixels(const paper_t *paper)
{
    double pixels = 0;
    for (size_t i = 0; i < paper->column_count; i++)
        pixels += 7 * (double)width_of(paper, i) + 5;
    return pixels;
}

/* Two side by side below the lines. */
static void place_chart(book_t *book, lxw_worksheet *sheet, const paper_t *paper, size_t index, lxw_chart *chart)
{
    double width = (width_in_pixels(paper) - CHART_GAP) / 2;
    lxw_chart_options options = {.x_offset = index % 2 ? (int32_t)(width + CHART_GAP) : 0,
                                 .x_scale = width / CHART_WIDTH,
                                 .y_scale = (CHART_LINES * LINE_PIXELS - CHART_GAP) / CHART_HEIGHT,
                                 .description = (char *)paper->charts[index].title};
    lxw_row_t row = (lxw_row_t)(paper->line_count + 1 + index / 2 * CHART_LINES);
    note(book, worksheet_insert_chart_opt(sheet, row, 0, chart, &options));
}

static void add_charts(book_t *book, lxw_worksheet *sheet, const paper_t *paper)
{
    for (size_t i = 0; i < paper->chart_count; i++) {
        lxw_chart *chart = workbook_add_chart(book->workbook, LXW_CHART_LINE);
        if (!chart) {
            note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
            return;
        }
        set_title(book, chart, paper->charts[i].title);
        set_axes(book, chart, paper->charts[i].number);
        add_series(chart, paper, &paper->charts[i]);
        place_chart(book, sheet, paper, i, chart);
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
    note(book, worksheet_repeat_rows(sheet, 0, (lxw_row_t)paper->top - 1));
    note(book, worksheet_repeat_columns(sheet, 0, 0));
    note(book, worksheet_set_footer(sheet, "&R&P / &N"));
    /* A store's code may be all digits. */
    note(book, worksheet_ignore_errors(sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576"));
}

static void add_sheet(book_t *book, const paper_t *paper)
{
    lxw_worksheet *sheet = workbook_add_worksheet(book->workbook, paper->name);
    if (!sheet) {
        note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    set_page(book, sheet, paper);
    write_lines(book, sheet, paper);
    add_charts(book, sheet, paper);
}

static status_t write_workbook(const char *path, const paper_t *papers, size_t count, const char *title)
{
    book_t book = {.workbook = workbook_new(path), .language = papers->language};
    if (!book.workbook)
        return STATUS_NO_MEMORY;
    lxw_doc_properties properties = {.title = (char *)title, .author = "Yardstick", .created = CREATED};
    note(&book, workbook_set_properties(book.workbook, &properties));
    for (size_t i = 0; i < count; i++)
        add_sheet(&book, &papers[i]);
    note(&book, workbook_close(book.workbook)); /* frees it in any case */
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
