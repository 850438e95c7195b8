#include "client/facts_file.h"

#include "client/csv.h"
#include "client/facts_set.h"
#include "core/limits.h"
#include "core/number.h"
#include "core/scratch.h"

#include <stdio.h>
#include <string.h>

/* ---- One file ---- */

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
    const char *const *dealers;
    size_t dealer_count;
    bool of_consultants;
    faults_t *faults;
    bool has_header, has_line;
    bool is_sheet; /* refused as a whole: its lines say nothing more */
    column_t columns[CSV_COLUMNS_MAX];
    size_t column_count;
    size_t at[CELL_UNTITLED]; /* column number from 1 of each kind that stands once; 0 = none */
} reader_t;

static const struct {
    cell_kind_t kind;
    const char *names[3];
} PLACE_COLUMNS[] = {
    {CELL_PERIOD, {"period", "期间", "月份"}},
    {CELL_DEALER, {"dealer", "经销商", "经销商"}},
    {CELL_CONSULTANT, {"consultant", "销售顾问", "销售顾问"}},
};

static cell_kind_t place_kind(const char *title)
{
    char folded[CSV_EXCERPT_SIZE];
    text_fold_title(title, folded, sizeof folded);
    for (size_t i = 0; i < sizeof PLACE_COLUMNS / sizeof *PLACE_COLUMNS; i++)
        for (size_t j = 0; j < 3; j++)
            if (strcmp(folded, PLACE_COLUMNS[i].names[j]) == 0)
                return PLACE_COLUMNS[i].kind;
    return CELL_IGNORED;
}

static bool is_blank(const char *cell)
{
    for (uint32_t point; (point = text_next(&cell)) != 0;)
        if (point != ' ' && point != '\t' && point != '\n' && point != '\r' && point != 0xA0 && point != 0x3000)
            return false;
    return true;
}

/* ---- The header ---- */

/* Whether the title's bracketed unit is a multiple ("(万元)") that the catalog's own title does not name: dropped like
 * any other unit, it would make each figure wrong by that much. */
static bool is_multiple(const row_t *row, const char *title)
{
    static const char *const MULTIPLES[] = {"十", "百", "千", "万", "亿", "thousand", "million"};
    char folded[CSV_EXCERPT_SIZE], own[CSV_EXCERPT_SIZE];
    text_fold(title, folded, sizeof folded);
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        text_fold(row->title[language], own, sizeof own);
        if (strcmp(folded, own) == 0)
            return false;
    }
    const char *unit = strrchr(folded, '(');
    for (size_t i = 0; unit && i < sizeof MULTIPLES / sizeof *MULTIPLES; i++)
        if (strstr(unit, MULTIPLES[i]))
            return true;
    return false;
}

static column_t classify(reader_t *reader, const csv_record_t *header, size_t index)
{
    const char *title = header->cells[index];
    uint32_t number = (uint32_t)index + 1;
    char excerpt[CSV_EXCERPT_SIZE];
    if (is_blank(title))
        return (column_t){CELL_UNTITLED, 0, ""};
    cell_kind_t kind = place_kind(title);
    if (kind == CELL_CONSULTANT && !reader->of_consultants) {
        faults_add(reader->faults, header->line, number,
                   "column '%s': lines of consultants are no store's lines; give this file with --consultants",
                   csv_excerpt(title, excerpt));
        return (column_t){CELL_IGNORED, 0, ""};
    }
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
    else if (is_multiple(&reader->catalog->rows[row], title))
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

static void require_column(reader_t *reader, uint32_t line, cell_kind_t kind, const char *name, const char *why)
{
    if (!reader->at[kind])
        faults_add(reader->faults, line, 0, "there is no column '%s'; %s", name, why);
}

static void check_header(reader_t *reader, uint32_t line)
{
    require_column(reader, line, CELL_PERIOD, "period", "add it, with each line's month as YYYY-MM");
    if (reader->dealer_count == 0)
        require_column(reader, line, CELL_DEALER, "dealer", "add it, with each line's dealer code");
    else if (reader->dealer_count > 1)
        require_column(reader, line, CELL_DEALER, "dealer", "add it, for this key holds several stores");
    if (reader->of_consultants)
        require_column(reader, line, CELL_CONSULTANT, "consultant", "add it, with each line's consultant");
    if (!reader->at[CELL_FACT])
        faults_add(reader->faults, line, 0, "no column is a fact of the catalog; add at least one");
}

/* How the manual's sheet heads its months. */
static bool is_month_title(const char *title)
{
    static const char *const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec";
    char folded[CSV_EXCERPT_SIZE], chinese[16];
    period_t period;
    text_fold_title(title, folded, sizeof folded);
    for (int month = 1; month <= 12; month++) {
        snprintf(chinese, sizeof chinese, "%d月", month);
        if (strcmp(folded, chinese) == 0 || (strlen(folded) == 3 && strncmp(folded, MONTHS + 4 * (month - 1), 3) == 0))
            return true;
    }
    return period_parse(folded, &period);
}

/* The manual's sheet: months side by side where a line should begin with its month. */
static bool is_sheet(const csv_record_t *header)
{
    size_t months = 0;
    for (size_t i = 0; i < header->count; i++) {
        if (place_kind(header->cells[i]) == CELL_PERIOD)
            return false;
        months += is_month_title(header->cells[i]);
    }
    return months > 1;
}

static status_t refuse_sheet(reader_t *reader, uint32_t line)
{
    reader->is_sheet = true;
    faults_add(reader->faults, line, 0,
               "the months stand side by side, as in the manual's sheet, which this version does not read yet; write "
               "one line a month, with a column 'period' (2025-06) and a column for each fact");
    return STATUS_OK;
}

static status_t read_header(reader_t *reader, const csv_record_t *header)
{
    reader->has_header = true;
    reader->column_count = header->count;
    if (is_sheet(header))
        return refuse_sheet(reader, header->line);
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
    char excerpt[CSV_EXCERPT_SIZE];
    if (period_parse(cell, out))
        return true;
    faults_add(reader->faults, record->line, (uint32_t)reader->at[CELL_PERIOD],
               "%s: '%s' is no month; write it as YYYY-MM, 2025-06 for June 2025",
               reader->columns[reader->at[CELL_PERIOD] - 1].title, csv_excerpt(cell, excerpt));
    return false;
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
    if (is_blank(cell))
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
        if (reader->dealer_count == 1)
            *out = reader->dealers[0];
        return reader->dealer_count == 1;
    }
    if (!read_code(reader, record, CELL_DEALER, out))
        return false;
    bool known = reader->dealer_count == 0;
    for (size_t i = 0; i < reader->dealer_count && !known; i++)
        known = strcmp(reader->dealers[i], *out) == 0;
    if (!known)
        faults_add(reader->faults, record->line, (uint32_t)reader->at[CELL_DEALER],
                   "%s: '%s' is no store of this key; correct it or leave the line out",
                   reader->columns[reader->at[CELL_DEALER] - 1].title, *out);
    return known;
}

/* Reads the facts' cells; false where one is at fault or all are empty. */
static bool read_facts(reader_t *reader, const csv_record_t *record, int64_t *facts)
{
    bool fine = true, some = false;
    for (size_t i = 0; i < record->count; i++) {
        const column_t *column = &reader->columns[i];
        const char *cell = record->cells[i], *reason;
        char excerpt[CSV_EXCERPT_SIZE];
        if (is_blank(cell) || column->kind == CELL_IGNORED)
            continue;
        if (column->kind == CELL_UNTITLED) {
            faults_add(reader->faults, record->line, (uint32_t)i + 1,
                       "'%s' stands in a column without a title; give it one or empty it", csv_excerpt(cell, excerpt));
            fine = false;
        }
        if (column->kind != CELL_FACT)
            continue;
        const row_t *fact = &reader->catalog->rows[column->fact];
        some = true;
        if (number_parse_fact(cell, fact->decimals, fact->is_signed, &facts[column->fact], &reason) == STATUS_OK)
            continue;
        faults_add(reader->faults, record->line, (uint32_t)i + 1,
                   "%s: '%s' %s; correct it, or empty it where the figure is unknown", column->title,
                   csv_excerpt(cell, excerpt), reason);
        fine = false;
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
    size_t fact_count = reader->catalog->fact_count;
    int64_t *facts = arena_array(reader->pending->arena, fact_count, sizeof *facts);
    if (!facts)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < fact_count; i++)
        facts[i] = FACT_ABSENT;
    facts_line_t found = {.file = (uint32_t)reader->set->source_count - 1, .line = record->line, .facts = facts};
    bool placed = read_dealer(reader, record, &found.dealer);
    placed = read_period(reader, record, &found.period) && placed;
    if (reader->of_consultants)
        placed = read_code(reader, record, CELL_CONSULTANT, &found.consultant) && placed;
    bool filled = read_facts(reader, record, facts);
    return placed ? facts_set_add(reader->set, &found, filled, reader->faults) : STATUS_OK;
}

static status_t on_record(void *context, const csv_record_t *record)
{
    reader_t *reader = context;
    if (reader->is_sheet)
        return STATUS_OK;
    if (!reader->has_header)
        return read_header(reader, record);
    reader->has_line = true;
    return read_line(reader, record);
}

status_t facts_set_read(facts_set_t *set, const char *path, const catalog_t *catalog, const facts_options_t *options,
                        faults_t *faults, faults_t *notes)
{
    (void)notes;
    CLEANUP(scratch_free) reader_t *reader = calloc(1, sizeof *reader);
    if (!reader)
        return STATUS_NO_MEMORY;
    TRY(facts_set_open(set, &reader->pending));
    TRY(facts_set_add_source(set, path));
    reader->set = set;
    reader->catalog = catalog;
    reader->dealers = options->dealers;
    reader->dealer_count = options->dealer_count;
    reader->of_consultants = options->of_consultants;
    reader->faults = faults;
    const char *source = faults->source;
    size_t before = faults->count + faults->dropped;
    faults->source = path;
    status_t status = csv_read_file(path, on_record, reader, faults);
    if (status == STATUS_OK && reader->has_header && !reader->has_line && !reader->is_sheet)
        faults_add(faults, 0, 0, "holds a header and no line below it; add a line for each month");
    faults->source = source;
    if (status == STATUS_OK && faults->count + faults->dropped > before)
        return STATUS_INVALID;
    return status;
}
