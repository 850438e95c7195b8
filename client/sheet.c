#include "client/sheet.h"

#include "client/captions.h"
#include "client/named_store.h"
#include "client/sheet_internals.h"
#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

/* ---- Making and ending ---- */

void sheet_destroy(sheet_t **sheet)
{
    free(*sheet);
    *sheet = NULL;
}

status_t sheet_create(facts_set_t *set, const catalog_t *catalog, const facts_options_t *options,
                      const month_year_t *year, faults_t *faults, faults_t *notes, sheet_t **out)
{
    CLEANUP(sheet_destroy) sheet_t *sheet = calloc(1, sizeof *sheet);
    if (!sheet)
        return STATUS_NO_MEMORY;
    TRY(facts_set_open(set, &sheet->pending));
    sheet->set = set;
    sheet->catalog = catalog;
    sheet->options = options;
    sheet->year = year;
    sheet->faults = faults;
    sheet->notes = notes;
    *out = sheet;
    sheet = NULL;
    return STATUS_OK;
}

/* ---- Rows ---- */

/* Names the row that holds a fact of these months already. */
static void report_twice(const sheet_t *sheet, const csv_record_t *record, const char *title, const place_t *other)
{
    faults_add(sheet->faults, record->line, (uint32_t)sheet->first_column + 1,
               "row '%s' stands already in %s:%u; keep one of the two", title, sheet->set->sources[other->file],
               other->line);
}

/* The row's place in each of its header's months; false, with a fault, where it has one of them already. */
static bool take_places(sheet_t *sheet, const csv_record_t *record, size_t fact, const char *title)
{
    place_t place = {(uint32_t)sheet->set->source_count - 1, record->line};
    const place_t *other = NULL;
    for (size_t i = 0; i < sheet->head_count && !other; i++)
        if (sheet->heads[i].kind == HEAD_MONTH && sheet->heads[i].month->rows[fact].line)
            other = &sheet->heads[i].month->rows[fact];
    if (other) {
        report_twice(sheet, record, title, other);
        return false;
    }
    for (size_t i = 0; i < sheet->head_count; i++)
        if (sheet->heads[i].kind == HEAD_MONTH)
            sheet->heads[i].month->rows[fact] = place;
    return true;
}

static void read_figures(sheet_t *sheet, const csv_record_t *record, size_t fact, const char *title)
{
    char excerpt[CSV_EXCERPT_SIZE];
    for (size_t i = sheet->first_column + 1; i < record->count; i++) {
        const char *cell = record->cells[i];
        head_kind_t kind = i < sheet->head_count ? sheet->heads[i].kind : HEAD_NONE;
        if (title_is_blank(cell) || kind == HEAD_IGNORED)
            continue;
        if (kind == HEAD_NONE)
            faults_add(sheet->faults, record->line, (uint32_t)i + 1,
                       "'%s' stands in a column without a head; give it one or empty it", csv_excerpt(cell, excerpt));
        else
            (void)facts_cell_read(&sheet->catalog->rows[fact], title, record, i, sheet->faults,
                                  &sheet->heads[i].month->facts[fact]);
    }
}

/* A line whose title is no row's, or that has none. A single cell is a caption or a remark, unless it is a figure. */
static void refuse_row(const sheet_t *sheet, const csv_record_t *record, size_t first, size_t count)
{
    const char *cell = record->cells[first];
    char excerpt[CSV_EXCERPT_SIZE];
    csv_excerpt(cell, excerpt);
    if (count == 1 && (first == sheet->first_column || !strchr("0123456789-=", *cell))) {
        caption_check_unit(cell, sheet->catalog, record->line, (uint32_t)first + 1, sheet->faults);
        return;
    }
    if (first == sheet->first_column)
        faults_add(sheet->faults, record->line, (uint32_t)first + 1,
                   "row '%s' is neither a fact of the catalog nor its title, nor computed from them; correct it or "
                   "leave the row out",
                   excerpt);
    else
        faults_add(sheet->faults, record->line, (uint32_t)first + 1,
                   "'%s' stands in a row without a title; give it one or empty it", excerpt);
}

static void read_row(sheet_t *sheet, const csv_record_t *record)
{
    size_t first = 0, count = layout_count_cells(record, &first);
    if (!count)
        return;
    const char *cell = record->cells[sheet->first_column];
    size_t row = catalog_match_title(sheet->catalog, cell);
    char title[CSV_EXCERPT_SIZE];
    csv_excerpt(cell, title);
    if (row == ROW_NONE)
        refuse_row(sheet, record, first, count);
    else if (!sheet->catalog->rows[row].is_fact)
        return;
    else if (title_is_multiple(&sheet->catalog->rows[row], cell))
        faults_add(sheet->faults, record->line, (uint32_t)sheet->first_column + 1,
                   "row '%s' is in a multiple of the unit of %s (%s); write the figures and the title in that unit",
                   title, sheet->catalog->rows[row].id, sheet->catalog->rows[row].unit);
    else if (take_places(sheet, record, row, title))
        read_figures(sheet, record, row, title);
}

/* ---- Tables ---- */

void sheet_read_caption(sheet_t *sheet, const char *text, uint32_t line, uint32_t column)
{
    caption_check_unit(text, sheet->catalog, line, column, sheet->faults);
    const month_year_t *year = sheet->year;
    if (*sheet->odd_year.text || !month_year_is_known(year) || year->given || !caption_other_year(text, year->named[0]))
        return;
    sheet->odd_year = (odd_year_t){(uint32_t)sheet->set->source_count - 1, line, column, ""};
    csv_excerpt(text, sheet->odd_year.text);
}

static status_t on_record(void *context, const csv_record_t *record)
{
    sheet_t *sheet = context;
    size_t first = 0;
    if (record->line < sheet->header_line && layout_count_cells(record, &first))
        sheet_read_caption(sheet, record->cells[first], record->line, (uint32_t)first + 1);
    if (record->line < sheet->header_line || record->count <= sheet->first_column)
        return STATUS_OK;
    if (record->line == sheet->header_line || layout_heads_months(record, sheet->catalog))
        return sheet_read_header(sheet, record);
    read_row(sheet, record);
    return STATUS_OK;
}

status_t sheet_read(sheet_t *sheet, const records_t *records, size_t table, const layout_t *layout)
{
    sheet->header_line = layout->line;
    sheet->first_column = layout->first_column;
    sheet->head_count = 0;
    if (sheet->options->of_consultants)
        faults_add(sheet->faults, layout->line, 0,
                   "the months stand side by side, as in the manual's sheet, which names no consultant; write one line "
                   "for each consultant and month, with the columns 'period' and 'consultant'");
    sheet_read_caption(sheet, records_table_name(records, table), 0, 0);
    return records_read(records, table, on_record, sheet, sheet->faults);
}

/* ---- The months ---- */

/* The store of the file: the key's only one, or the one whose code its name holds. NULL, with a fault, where none is
 * said, or one that is not the key's. */
static const char *find_dealer(const sheet_t *sheet, const char *path)
{
    const facts_options_t *options = sheet->options;
    const char *found = NULL;
    if (!named_store_check(path, options, sheet->faults))
        return NULL;
    if (options->dealer_count == 1)
        return options->dealers[0];
    size_t count = 0;
    for (size_t i = 0; i < options->dealer_count; i++)
        if (named_store_holds(path, options->dealers[i])) {
            found = options->dealers[i];
            count++;
        }
    if (count == 1)
        return found;
    if (options->dealer_count)
        faults_add(sheet->faults, 0, 0,
                   "the sheet names no store, and this key holds %zu; put the code of one of them into the file's name "
                   "(as in %s-2025), or write one line a month with a column 'dealer'",
                   options->dealer_count, options->dealers[0]);
    else
        faults_add(sheet->faults, 0, 0, "the sheet names no store; write one line a month with a column 'dealer'");
    return NULL;
}

typedef enum { MONTH_BLANK, MONTH_ZERO, MONTH_FILLED } filling_t;

static filling_t filling_of(const sheet_t *sheet, const sheet_month_t *month)
{
    filling_t filling = MONTH_BLANK;
    for (size_t i = 0; i < sheet->catalog->fact_count; i++) {
        int64_t value = month->facts[i];
        if (value != FACT_ABSENT && value != 0)
            return MONTH_FILLED;
        filling = value == 0 ? MONTH_ZERO : filling;
    }
    return filling;
}

static void note_unfilled(const sheet_t *sheet, const sheet_month_t *month, filling_t filling)
{
    if (!sheet->notes)
        return;
    char period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    const char *source = sheet->notes->source;
    sheet->notes->source = sheet->set->sources[month->place.file];
    if (filling == MONTH_BLANK)
        faults_add(sheet->notes, month->place.line, month->column, "%s is not filled and left out: it holds no figure",
                   period);
    else
        faults_add(sheet->notes, month->place.line, month->column,
                   "%s is not filled and left out: its figures are all 0 or blank (zeros are sent as one line a month, "
                   "or with --zeros)",
                   period);
    sheet->notes->source = source;
}

static status_t file_month(sheet_t *sheet, const sheet_month_t *month, const char *dealer)
{
    facts_line_t found = {.dealer = dealer,
                          .period = month->period,
                          .file = month->place.file,
                          .line = month->place.line,
                          .column = month->column,
                          .facts = month->facts};
    const char *source = sheet->faults->source;
    sheet->faults->source = sheet->set->sources[month->place.file];
    status_t status = facts_set_add(sheet->set, &found, true, sheet->faults);
    sheet->faults->source = source;
    return status;
}

/* Whether the year of the file's name may be that of the figures, where heads take it: adds a fault for what says
 * another one, or else for the first month that is filled and lies behind the name's date. */
static void check_year(const sheet_t *sheet)
{
    const odd_year_t *odd = &sheet->odd_year;
    faults_t *faults = sheet->faults;
    const char *source = faults->source;
    if (!sheet->takes_named_year)
        return;
    if (*odd->text) {
        faults->source = sheet->set->sources[odd->file];
        faults_add(faults, odd->line, odd->column,
                   "'%s' is of another year than the file's name, which says %d; correct the one or the other, or give "
                   "--year",
                   odd->text, sheet->year->named[0]);
    }
    bool is_fine = !*odd->text;
    for (size_t i = 0; i < MONTHS_MAX && is_fine; i++) {
        const sheet_month_t *month = sheet->months[i];
        if (!month || filling_of(sheet, month) != MONTH_FILLED)
            continue;
        faults->source = sheet->set->sources[month->place.file];
        is_fine = month_check_until(month->period, sheet->year, month->place.line, month->column, faults);
    }
    faults->source = source;
}

status_t sheet_finish(sheet_t *sheet, const char *path, size_t faults_before)
{
    if (!sheet->has_header)
        return STATUS_OK;
    check_year(sheet);
    const char *dealer = find_dealer(sheet, path);
    if (!dealer || sheet->faults->count + sheet->faults->dropped > faults_before)
        return STATUS_OK;
    size_t filed = 0;
    for (size_t i = 0; i < MONTHS_MAX; i++) {
        const sheet_month_t *month = sheet->months[i];
        if (!month)
            continue;
        filling_t filling = filling_of(sheet, month);
        if (filling == MONTH_FILLED || (filling == MONTH_ZERO && sheet->options->sends_zeros)) {
            TRY(file_month(sheet, month, dealer));
            filed++;
        } else
            note_unfilled(sheet, month, filling);
    }
    if (!filed)
        faults_add(sheet->faults, 0, 0,
                   "no month is filled: the figures are all 0 or blank; fill one in, or send zeros as one line a "
                   "month, or with --zeros");
    return STATUS_OK;
}
