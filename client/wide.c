#include "client/wide.h"

#include "client/captions.h"
#include "client/facts_cell.h"
#include "client/layout.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

typedef enum { CELL_FACT, CELL_PERIOD, CELL_DEALER, CELL_CONSULTANT, CELL_IGNORED, CELL_UNTITLED } cell_kind_t;

typedef struct {
    cell_kind_t kind;
    size_t fact;
    const char *title; /* as in the file */
} column_t;

typedef struct {
    facts_set_t *set;
    facts_pending_t *pending;
    const catalog_t *catalog;
    const facts_options_t *options;
    const month_year_t *year;
    faults_t *faults;
    uint32_t header_line; /* what stands above it are captions */
    bool has_header, has_line;
    column_t columns[CSV_COLUMNS_MAX];
    size_t column_count;
    size_t at[CELL_UNTITLED]; /* column number from 1 of each kind that stands once; 0 = none */
} reader_t;

/* ---- The header ---- */

static cell_kind_t kind_of_place(title_place_t place)
{
    switch (place) {
    case PLACE_PERIOD:
        return CELL_PERIOD;
    case PLACE_DEALER:
        return CELL_DEALER;
    case PLACE_CONSULTANT:
        return CELL_CONSULTANT;
    default:
        return CELL_IGNORED;
    }
}

static column_t classify(reader_t *reader, const csv_record_t *header, size_t index)
{
    const char *title = header->cells[index];
    uint32_t number = (uint32_t)index + 1;
    char excerpt[CSV_EXCERPT_SIZE];
    if (title_is_blank(title))
        return (column_t){CELL_UNTITLED, 0, ""};
    cell_kind_t kind = kind_of_place(title_place(title));
    if (kind != CELL_IGNORED)
        return (column_t){kind, 0, title};
    size_t row = catalog_match_title(reader->catalog, title);
    if (row == ROW_NONE)
        faults_add(reader->faults, header->line, number,
                   "column '%s' is neither a fact of the catalog nor its title; correct it or leave the column out",
                   csv_excerpt(title, excerpt));
    else if (!reader->catalog->rows[row].is_fact)
        faults_add(reader->faults, header->line, number,
                   "column '%s' (%s) is computed from the facts; leave the column out", csv_excerpt(title, excerpt),
                   reader->catalog->rows[row].id);
    else if (title_is_multiple(&reader->catalog->rows[row], title))
        faults_add(reader->faults, header->line, number,
                   "column '%s' is in a multiple of the unit of %s (%s); write the figures and the title in that unit",
                   csv_excerpt(title, excerpt), reader->catalog->rows[row].id, reader->catalog->rows[row].unit);
    else
        return (column_t){CELL_FACT, row, title};
    return (column_t){CELL_IGNORED, 0, ""};
}

/* Column before `index` that means the same; SIZE_MAX where none does. */
static size_t find_earlier(const reader_t *reader, size_t index)
{
    const column_t *column = &reader->columns[index];
    for (size_t i = 0; i < index; i++)
        if (reader->columns[i].kind == column->kind && reader->columns[i].fact == column->fact)
            return i;
    return SIZE_MAX;
}

static void require_column(reader_t *reader, uint32_t line, cell_kind_t kind, const char *what)
{
    if (!reader->at[kind])
        faults_add(reader->faults, line, 0, "%s", faults_text(reader->faults, what));
}

static void check_header(reader_t *reader, uint32_t line)
{
    require_column(reader, line, CELL_PERIOD,
                   TRANSLATED("there is no column 'period'; add it, with each line's month as YYYY-MM"));
    if (reader->options->dealer_count == 0)
        require_column(reader, line, CELL_DEALER,
                       TRANSLATED("there is no column 'dealer'; add it, with each line's dealer code"));
    else if (reader->options->dealer_count > 1)
        require_column(reader, line, CELL_DEALER,
                       TRANSLATED("there is no column 'dealer'; add it, for this key holds several stores"));
    if (reader->options->of_consultants)
        require_column(reader, line, CELL_CONSULTANT,
                       TRANSLATED("there is no column 'consultant'; add it, with each line's consultant"));
    require_column(reader, line, CELL_FACT, TRANSLATED("no column is a fact of the catalog; add at least one"));
}

static status_t read_header(reader_t *reader, const csv_record_t *header)
{
    reader->has_header = true;
    reader->column_count = header->count;
    for (size_t i = 0; i < header->count; i++) {
        column_t *column = &reader->columns[i];
        *column = classify(reader, header, i);
        if (column->kind >= CELL_IGNORED)
            continue;
        size_t earlier = find_earlier(reader, i);
        char excerpt[CSV_EXCERPT_SIZE];
        if (earlier != SIZE_MAX) {
            faults_add(reader->faults, header->line, (uint32_t)i + 1,
                       "column '%s' stands already as column %zu; keep one", csv_excerpt(column->title, excerpt),
                       earlier + 1);
            column->kind = CELL_IGNORED;
            continue;
        }
        column->title = arena_strdup(reader->pending->arena, csv_excerpt(column->title, excerpt));
        if (!column->title)
            return STATUS_NO_MEMORY;
        reader->at[column->kind] = i + 1;
    }
    check_header(reader, header->line);
    return STATUS_OK;
}

/* ---- A line ---- */

static const char *cell_of(const reader_t *reader, const csv_record_t *record, cell_kind_t kind)
{
    return reader->at[kind] ? record->cells[reader->at[kind] - 1] : NULL;
}

static bool read_period(reader_t *reader, const csv_record_t *record, period_t *out)
{
    const char *cell = cell_of(reader, record, CELL_PERIOD);
    if (!cell)
        return false;
    month_t month = month_read(cell);
    size_t column = reader->at[CELL_PERIOD];
    return month_place(&month, reader->year, reader->columns[column - 1].title, cell, record->line, (uint32_t)column,
                       reader->faults, out) &&
           (month.kind != MONTH_ALONE ||
            month_check_until(*out, reader->year, record->line, (uint32_t)column, reader->faults));
}

static bool read_code(reader_t *reader, const csv_record_t *record, cell_kind_t kind, const char **out)
{
    const char *cell = cell_of(reader, record, kind);
    if (!cell)
        return false;
    char excerpt[CSV_EXCERPT_SIZE];
    if (text_is_code(cell)) {
        *out = cell;
        return true;
    }
    uint32_t column = (uint32_t)reader->at[kind];
    const char *title = reader->columns[column - 1].title;
    if (title_is_blank(cell))
        faults_add(reader->faults, record->line, column, "%s: the code is missing; write it", title);
    else
        faults_add(
            reader->faults, record->line, column,
            "%s: '%s' is no code; a code has 1 to %d bytes, without commas, colons, quotes or blanks at its ends",
            title, csv_excerpt(cell, excerpt), CODE_LENGTH_MAX);
    return false;
}

static bool read_dealer(reader_t *reader, const csv_record_t *record, const char **out)
{
    if (!reader->at[CELL_DEALER]) {
        if (reader->options->dealer_count == 1)
            *out = reader->options->dealers[0];
        return reader->options->dealer_count == 1;
    }
    if (!read_code(reader, record, CELL_DEALER, out))
        return false;
    bool known = reader->options->dealer_count == 0;
    for (size_t i = 0; i < reader->options->dealer_count && !known; i++)
        known = strcmp(reader->options->dealers[i], *out) == 0;
    if (!known)
        faults_add(reader->faults, record->line, (uint32_t)reader->at[CELL_DEALER],
                   "%s: '%s' is no store of this key; correct it or leave the line out",
                   reader->columns[reader->at[CELL_DEALER] - 1].title, *out);
    return known;
}

/* The consultant whose line it is; NULL where it is the store's own. */
static bool read_consultant(reader_t *reader, const csv_record_t *record, const char **out)
{
    const char *cell = cell_of(reader, record, CELL_CONSULTANT);
    if (!reader->options->of_consultants && (!cell || title_is_blank(cell)))
        return true;
    return read_code(reader, record, CELL_CONSULTANT, out);
}

/* Reads the facts' cells; false where one is at fault or all are empty. */
static bool read_facts(reader_t *reader, const csv_record_t *record, int64_t *facts)
{
    bool fine = true, some = false;
    for (size_t i = 0; i < record->count; i++) {
        const column_t *column = &reader->columns[i];
        const char *cell = record->cells[i];
        char excerpt[CSV_EXCERPT_SIZE];
        if (title_is_blank(cell) || column->kind == CELL_IGNORED)
            continue;
        if (column->kind == CELL_UNTITLED) {
            faults_add(reader->faults, record->line, (uint32_t)i + 1,
                       "'%s' stands in a column without a title; give it one or empty it", csv_excerpt(cell, excerpt));
            fine = false;
        }
        if (column->kind != CELL_FACT)
            continue;
        some = true;
        fine = facts_cell_read(&reader->catalog->rows[column->fact], column->title, record, i, reader->faults,
                               &facts[column->fact]) &&
               fine;
    }
    if (!some && reader->at[CELL_FACT])
        faults_add(reader->faults, record->line, 0,
                   "the line holds no fact; fill it in (0 where nothing happened) or leave it out");
    return fine && some;
}

static status_t read_line(reader_t *reader, const csv_record_t *record)
{
    if (!csv_check_width(record, reader->column_count, reader->faults))
        return STATUS_OK;
    int64_t *facts = facts_set_make_facts(reader->set, reader->catalog);
    if (!facts)
        return STATUS_NO_MEMORY;
    facts_line_t found = {.file = (uint32_t)reader->set->source_count - 1, .line = record->line, .facts = facts};
    bool placed = read_dealer(reader, record, &found.dealer);
    placed = read_period(reader, record, &found.period) && placed;
    placed = read_consultant(reader, record, &found.consultant) && placed;
    bool filled = read_facts(reader, record, facts);
    return placed ? facts_set_add(reader->set, &found, filled, reader->faults) : STATUS_OK;
}

static status_t on_record(void *context, const csv_record_t *record)
{
    reader_t *reader = context;
    size_t first = 0;
    if (record->line < reader->header_line && layout_count_cells(record, &first))
        caption_check_unit(record->cells[first], reader->catalog, record->line, (uint32_t)first + 1, reader->faults);
    if (record->line < reader->header_line)
        return STATUS_OK;
    if (!reader->has_header)
        return read_header(reader, record);
    reader->has_line = true;
    return read_line(reader, record);
}

status_t wide_read(facts_set_t *set, const records_t *records, size_t table, uint32_t header_line,
                   const catalog_t *catalog, const facts_options_t *options, const month_year_t *year, faults_t *faults)
{
    CLEANUP(scratch_free) reader_t *reader = calloc(1, sizeof *reader);
    if (!reader)
        return STATUS_NO_MEMORY;
    TRY(facts_set_open(set, &reader->pending));
    reader->set = set;
    reader->catalog = catalog;
    reader->options = options;
    reader->year = year;
    reader->faults = faults;
    reader->header_line = header_line;
    TRY(records_read(records, table, on_record, reader, faults));
    if (!reader->has_line)
        faults_add(faults, 0, 0, "holds a header and no line below it; add a line for each month");
    return STATUS_OK;
}
