#include "client/facts_cell.h"

#include "core/number.h"

#include <string.h>

/* Whether a cell's number may show fewer digits than it keeps: a workbook's, with decimals. */
static bool may_be_rounded(const csv_record_t *record, const char *cell)
{
    return record->merged && strchr(cell, '.') && !cell[strspn(cell, "0123456789.")];
}

bool facts_cell_read(const row_t *fact, const char *title, const csv_record_t *record, size_t index, faults_t *faults,
                     int64_t *out)
{
    const char *cell = record->cells[index], *reason;
    uint32_t line = record->line, column = (uint32_t)index + 1;
    char excerpt[CSV_EXCERPT_SIZE];
    csv_excerpt(cell, excerpt);
    if (record->merged && record->merged[index])
        faults_add(faults, line, column,
                   "%s: '%s' stands in a merged cell, of which nobody can say what it belongs to; split the cell",
                   title, excerpt);
    else if (*cell == '=')
        faults_add(faults, line, column,
                   "%s: the file holds the formula '%s' without its result; open it in Excel or LibreOffice and save "
                   "it",
                   title, excerpt);
    else if (number_parse_fact(cell, fact->decimals, fact->is_signed, out, &reason) == STATUS_OK)
        return true;
    else if (may_be_rounded(record, cell))
        faults_add(
            faults, line, column,
            "%s: '%s' %s; the cell may show fewer digits than it holds: round the figure itself (in a formula with "
            "ROUND)",
            title, excerpt, faults_text(faults, reason));
    else
        faults_add(faults, line, column, "%s: '%s' %s; correct it, or empty it where the figure is unknown", title,
                   excerpt, faults_text(faults, reason));
    return false;
}
