#include "client/layout.h"

#include "client/months.h"

/* What ends the search before the table's end: no reader of records gives it. */
#define SEEN_ENOUGH STATUS_NOT_FOUND

typedef struct {
    const catalog_t *catalog;
    bool is_decided;
    layout_t layout;
} search_t;

size_t layout_count_cells(const csv_record_t *record, size_t *out_first)
{
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++) {
        if (title_is_blank(record->cells[i]))
            continue;
        if (!count)
            *out_first = i;
        count++;
    }
    return count;
}

/* ---- Headers of months ---- */

/* The months behind the first cell (or from it on, where the corner above the row titles is empty), in whatever form
 * but numbers, which could be figures. */
static size_t count_months(const csv_record_t *record, size_t first)
{
    size_t months = 0;
    for (size_t i = first ? first : 1; i < record->count; i++) {
        month_t month = month_read(record->cells[i]);
        months += month.kind != MONTH_NONE && !month.is_number;
    }
    return months;
}

/* Heads that are numbers (dates that have lost their format, 202506) say that a header is meant only where nothing else
 * stands beside them. */
static bool heads_numbers(const csv_record_t *record, size_t first)
{
    size_t months = 0;
    for (size_t i = first + 1; i < record->count; i++) {
        const char *cell = record->cells[i];
        bool is_month = month_read(cell).kind != MONTH_NONE;
        if (!is_month && !title_is_blank(cell) && !title_is_total(cell))
            return false;
        months += is_month;
    }
    return months > 1;
}

bool layout_heads_months(const csv_record_t *record, const catalog_t *catalog)
{
    size_t first = 0;
    if (layout_count_cells(record, &first) < 2)
        return false;
    size_t months = count_months(record, first);
    return months > 1 || (months == 1 && catalog_match_title(catalog, record->cells[first]) == ROW_NONE);
}

/* ---- Lines with titles ---- */

/* What of a wide header the line holds: its columns of months and of dealers, all columns that place a line, rows of
 * the catalog. */
typedef struct {
    bool period, dealer, place, row;
} titles_t;

static titles_t find_titles(const csv_record_t *record, const catalog_t *catalog)
{
    titles_t found = {false, false, false, false};
    for (size_t i = 0; i < record->count; i++) {
        if (title_is_blank(record->cells[i]))
            continue;
        title_place_t place = title_place(record->cells[i]);
        found.period |= place == PLACE_PERIOD;
        found.dealer |= place == PLACE_DEALER;
        found.place |= place != PLACE_NONE;
        found.row |= catalog_match_title(catalog, record->cells[i]) != ROW_NONE;
    }
    return found;
}

static layout_kind_t kind_of(const csv_record_t *record, size_t first, const catalog_t *catalog)
{
    titles_t titles = find_titles(record, catalog);
    size_t months = count_months(record, first);
    /* The corner above the row titles may be headed like a wide file's months: 月份. */
    if (months > 1 || (months == 1 && !(titles.period && titles.row)))
        return LAYOUT_SHEET;
    if (titles.period)
        return LAYOUT_WIDE;
    if (catalog_match_title(catalog, record->cells[first]) == ROW_NONE && heads_numbers(record, first))
        return LAYOUT_SHEET;
    return titles.row ? LAYOUT_WIDE : LAYOUT_NONE;
}

/* Whether a line of one cell could be a header all the same, which a caption is not. */
static bool is_title(const csv_record_t *record, const catalog_t *catalog)
{
    titles_t titles = find_titles(record, catalog);
    return titles.place || titles.row;
}

static status_t on_record(void *context, const csv_record_t *record)
{
    search_t *search = context;
    layout_t *layout = &search->layout;
    size_t first = 0, count = layout_count_cells(record, &first);
    if (count == 0 || (count == 1 && (search->is_decided || !is_title(record, search->catalog))))
        return STATUS_OK;
    if (!search->is_decided) {
        *layout = (layout_t){kind_of(record, first, search->catalog), find_titles(record, search->catalog).dealer,
                             record->line, first};
        search->is_decided = true;
    }
    if (layout->kind != LAYOUT_SHEET)
        return SEEN_ENOUGH;
    layout->first_column = first < layout->first_column ? first : layout->first_column;
    return STATUS_OK;
}

status_t layout_find(const records_t *records, size_t table, const catalog_t *catalog, layout_t *out)
{
    CLEANUP(faults_fini) faults_t unseen = {0};
    search_t search = {.catalog = catalog};
    status_t status = records_read(records, table, on_record, &search, &unseen);
    if (status != STATUS_OK && status != STATUS_INVALID && status != SEEN_ENOUGH)
        return status;
    *out = search.layout;
    return STATUS_OK;
}
