#include "client/facts_cell.h"

#include "core/number.h"

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
    else
        faults_add(faults, line, column, "%s: '%s' %s; correct it, or empty it where the figure is unknown", title,
                   excerpt, faults_text(faults, reason));
    return false;
}
