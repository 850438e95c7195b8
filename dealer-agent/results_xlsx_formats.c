#include "dealer-agent/results_xlsx_book.h"

#include <string.h>

enum {
    COLOUR_TOP = 0x1F3864,
    COLOUR_HEAD = 0xD9E2F3,
    COLOUR_GRID = 0xBFBFBF,
    COLOUR_NOTE = 0x595959,
    COLOUR_GOOD = 0xC6EFCE,
    COLOUR_GOOD_TEXT = 0x006100,
    COLOUR_BAD = 0xFFC7CE,
    COLOUR_BAD_TEXT = 0x9C0006,
};

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

const char *book_font_name(const book_t *book)
{
    return book->language == LANGUAGE_ZH ? "Microsoft YaHei" : "Calibri";
}

static void set_font(const book_t *book, lxw_format *format, double larger)
{
    format_set_font_name(format, book_font_name(book));
    format_set_font_size(format, (book->language == LANGUAGE_ZH ? 10 : 11) + larger);
    format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
}

static void set_grid(lxw_format *format)
{
    format_set_border(format, LXW_BORDER_THIN);
    format_set_border_color(format, COLOUR_GRID);
}

/* Of text and ground; LXW_COLOR_UNSET: as they are without. */
static void set_colours(lxw_format *format, look_t look)
{
    static const struct {
        lxw_color_t text, ground;
    } COLOURS[LOOK_COUNT] = {
        [LOOK_NOTE] = {COLOUR_NOTE, LXW_COLOR_UNSET},     [LOOK_TOP] = {LXW_COLOR_WHITE, COLOUR_TOP},
        [LOOK_HEAD] = {COLOUR_TOP, COLOUR_HEAD},          [LOOK_GAIN] = {COLOUR_GOOD_TEXT, LXW_COLOR_UNSET},
        [LOOK_LOSS] = {COLOUR_BAD_TEXT, LXW_COLOR_UNSET}, [LOOK_GOOD] = {COLOUR_GOOD_TEXT, COLOUR_GOOD},
        [LOOK_BAD] = {COLOUR_BAD_TEXT, COLOUR_BAD},
    };
    if (COLOURS[look].text)
        format_set_font_color(format, COLOURS[look].text);
    if (COLOURS[look].ground)
        format_set_bg_color(format, COLOURS[look].ground);
}

/* The first column stands left, what is compared right, words in the middle. */
static void set_look(lxw_format *format, look_t look, bool is_first)
{
    set_colours(format, look);
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

lxw_format *book_find_format(book_t *book, const paper_cell_t *cell, bool is_first)
{
    for (size_t i = 0; i < book->format_count; i++)
        if (is_like(&book->formats[i], cell, is_first))
            return book->formats[i].format;
    lxw_format *format = add_format(book, cell, is_first);
    if (!format)
        book_note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
    else if (book->format_count < FORMATS_MAX)
        book->formats[book->format_count++] = (known_format_t){*cell, is_first, format};
    return format;
}
