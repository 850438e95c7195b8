#include "dealer-agent/results_xlsx_book.h"

#include "core/scratch.h"

#define COLOUR_LINE  0x2F5597
#define CHART_LINES  11 /* from the top of one chart to the next */
#define CHART_GAP    12 /* pixels */
#define CHART_WIDTH  480.0
#define CHART_HEIGHT 288.0 /* libxlsxwriter's, to be scaled */

static void set_axes(const book_t *book, lxw_chart *chart, number_look_t number)
{
    char format[NUMBER_FORMAT_SIZE];
    results_xlsx_number_format(number, 0, format);
    lxw_chart_font font = {.name = (char *)book_font_name(book), .size = 9};
    lxw_chart_line grid = {.color = 0xE7E6E6, .width = 0.75};
    chart_axis_set_num_font(chart->x_axis, &font);
    chart_axis_set_num_font(chart->y_axis, &font);
    chart_axis_set_num_format(chart->y_axis, format);
    chart_axis_major_gridlines_set_line(chart->y_axis, &grid);
}

/* The title begins with an arrow: what begins with "=" would be taken as a reference. */
static void set_title(const book_t *book, lxw_chart *chart, const char *title)
{
    lxw_chart_font font = {.name = (char *)book_font_name(book), .size = 11, .bold = 1};
    CLEANUP(scratch_free) char *safe = NULL;
    if (book_make_safe(title, &safe) != STATUS_OK)
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
        pixels += 7 * (double)book_column_width(paper, i) + 5;
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
    book_note(book, worksheet_insert_chart_opt(sheet, row, 0, chart, &options));
}

void book_add_charts(book_t *book, lxw_worksheet *sheet, const paper_t *paper)
{
    for (size_t i = 0; i < paper->chart_count; i++) {
        lxw_chart *chart = workbook_add_chart(book->workbook, LXW_CHART_LINE);
        if (!chart) {
            book_note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
            return;
        }
        set_title(book, chart, paper->charts[i].title);
        set_axes(book, chart, paper->charts[i].number);
        add_series(chart, paper, &paper->charts[i]);
        place_chart(book, sheet, paper, i, chart);
    }
}
