#include "client/sheet_internals.h"

#include <string.h>

/* The year of heads that have none where no year is to be had, which is a fault: so that the rest of the sheet is still
 * looked over. */
#define STAND_IN_YEAR 2000

/* A header while it is read. */
typedef struct {
    sheet_t *sheet;
    const csv_record_t *record;
    month_t months[CSV_COLUMNS_MAX]; /* what each cell says */
    size_t last;                     /* column, from 0, of the last month that was placed */
    period_t last_period;            /* PERIOD_NONE: none yet */
    bool lacks_year;                 /* said so already */
} header_t;

/* ---- January under another name ---- */

/* The next month behind a column; 0 where there is none alone. */
static int next_month(const header_t *header, size_t column)
{
    for (size_t i = column + 1; i < header->record->count; i++)
        if (header->months[i].kind != MONTH_NONE)
            return header->months[i].kind == MONTH_ALONE ? header->months[i].month : 0;
    return 0;
}

static bool is_june_in_english(const char *cell)
{
    char folded[8];
    text_fold(cell, folded, sizeof folded);
    return strcmp(folded, "jun") == 0 || strcmp(folded, "june") == 0;
}

/* The manual heads January `Jun` (SPEC 6): the first month, with February behind it. */
static void correct_january(header_t *header, size_t column)
{
    month_t *month = &header->months[column];
    const char *cell = header->record->cells[column];
    char excerpt[CSV_EXCERPT_SIZE];
    if (header->last_period != PERIOD_NONE || month->kind != MONTH_ALONE || !is_june_in_english(cell) ||
        next_month(header, column) != 2)
        return;
    month->month = 1;
    if (header->sheet->notes) {
        const char *source = header->sheet->notes->source;
        header->sheet->notes->source = header->sheet->faults->source;
        faults_add(header->sheet->notes, header->record->line, (uint32_t)column + 1,
                   "the head '%s' before February is read as January", csv_excerpt(cell, excerpt));
        header->sheet->notes->source = source;
    }
}

/* ---- Heads ---- */

/* The month's period; of several heads without a year only the first is a fault. */
static bool place_head(header_t *header, size_t column, period_t *out)
{
    const month_t *month = &header->months[column];
    bool lacks_year = month->kind == MONTH_ALONE && !month_year_is_known(header->sheet->year);
    if (lacks_year)
        *out = period_make(STAND_IN_YEAR, month->month);
    if (lacks_year && header->lacks_year)
        return true;
    header->sheet->takes_named_year |= month->kind == MONTH_ALONE && !header->sheet->year->given;
    header->lacks_year |= lacks_year;
    return month_place(month, header->sheet->year, "", header->record->cells[column], header->record->line,
                       (uint32_t)column + 1, header->sheet->faults, out) ||
           lacks_year;
}

/* Heads run in order; adds a fault where this one does not. */
static bool check_order(const header_t *header, size_t column, period_t period)
{
    if (header->last_period == PERIOD_NONE || period > header->last_period)
        return true;
    char cell[CSV_EXCERPT_SIZE], other[CSV_EXCERPT_SIZE];
    csv_excerpt(header->record->cells[column], cell);
    csv_excerpt(header->record->cells[header->last], other);
    if (period == header->last_period)
        faults_add(header->sheet->faults, header->record->line, (uint32_t)column + 1,
                   "the head '%s' is the same month as column %zu; keep one", cell, header->last + 1);
    else
        faults_add(header->sheet->faults, header->record->line, (uint32_t)column + 1,
                   "the head '%s' stands behind '%s'; put the months in order", cell, other);
    return false;
}

/* The file's month of that period, made where this is its first head. NULL: no memory. */
static sheet_month_t *find_month(header_t *header, size_t column, period_t period)
{
    sheet_t *sheet = header->sheet;
    sheet_month_t **slot = &sheet->months[period - period_make(PERIOD_YEAR_MIN, 1)];
    if (*slot)
        return *slot;
    arena_t *arena = sheet->pending->arena;
    sheet_month_t *month = arena_alloc(arena, sizeof *month);
    int64_t *facts = facts_set_make_facts(sheet->set, sheet->catalog);
    place_t *rows = arena_array(arena, sheet->catalog->fact_count, sizeof *rows);
    if (!month || !facts || !rows)
        return NULL;
    *month = (sheet_month_t){.period = period,
                             .place = {(uint32_t)sheet->set->source_count - 1, header->record->line},
                             .column = (uint32_t)column + 1,
                             .facts = facts,
                             .rows = rows};
    return *slot = month;
}

static status_t take_month(header_t *header, size_t column)
{
    head_t *head = &header->sheet->heads[column];
    period_t period;
    correct_january(header, column);
    *head = (head_t){HEAD_IGNORED, NULL}; /* one that is at fault: its figures say nothing more */
    if (!place_head(header, column, &period) || !check_order(header, column, period))
        return STATUS_OK;
    header->last = column;
    header->last_period = period;
    *head = (head_t){HEAD_MONTH, find_month(header, column, period)};
    return head->month ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t take_head(header_t *header, size_t column)
{
    const char *cell = header->record->cells[column];
    char excerpt[CSV_EXCERPT_SIZE];
    if (header->months[column].kind != MONTH_NONE)
        return take_month(header, column);
    header->sheet->heads[column] = (head_t){title_is_blank(cell) ? HEAD_NONE : HEAD_IGNORED, NULL};
    if (!title_is_blank(cell) && !title_is_total(cell))
        faults_add(header->sheet->faults, header->record->line, (uint32_t)column + 1,
                   "the head '%s' is neither a month nor a total; correct it or leave the column out",
                   csv_excerpt(cell, excerpt));
    return STATUS_OK;
}

status_t sheet_read_header(sheet_t *sheet, const csv_record_t *record)
{
    header_t header = {.sheet = sheet, .record = record, .last_period = PERIOD_NONE};
    sheet->has_header = true;
    if (record->count > sheet->first_column)
        sheet_read_caption(sheet, record->cells[sheet->first_column], record->line, (uint32_t)sheet->first_column + 1);
    sheet->head_count = record->count;
    memset(sheet->heads, 0, sizeof sheet->heads);
    for (size_t i = sheet->first_column + 1; i < record->count; i++)
        header.months[i] = month_read(record->cells[i]);
    for (size_t i = sheet->first_column + 1; i < record->count; i++)
        TRY(take_head(&header, i));
    return STATUS_OK;
}
