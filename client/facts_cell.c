#include "client/facts_cell.h"

#include "client/csv.h"
#include "core/number.h"

bool facts_cell_read(const row_t *fact, const char *title, const char *cell, uint32_t line, uint32_t column,
                     faults_t *faults, int64_t *out)
{
    const char *reason;
    char excerpt[CSV_EXCERPT_SIZE];
    if (*cell == '=') {
        faults_add(faults, line, column,
                   "%s: the file holds the formula '%s' without its result; open it in Excel or LibreOffice and save "
                   "it",
                   title, csv_excerpt(cell, excerpt));
        return false;
    }
    if (number_parse_fact(cell, fact->decimals, fact->is_signed, out, &reason) == STATUS_OK)
        return true;
    faults_add(faults, line, column, "%s: '%s' %s; correct it, or empty it where the figure is unknown", title,
               csv_excerpt(cell, excerpt), faults_text(faults, reason));
    return false;
}
