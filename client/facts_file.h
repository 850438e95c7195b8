/* Files of facts that users bring (SPEC 6), told apart by what is in them, never by their names' endings:
 * - CSV (UTF-8 with or without BOM, or GB18030; comma, semicolon or tab; any line end) or XLSX, each of its visible
 *   sheets that is not empty by itself (client/records.h);
 * - in either of two layouts: wide, one line a month, with or without lines of consultants (client/wide.h), or the
 *   manual's own sheet, one column a month (client/sheet.h).
 * A set takes several files; a month may stand in it once. */
#pragma once

#include "core/catalog.h"
#include "core/faults.h"
#include "core/period.h"

typedef struct {
    char *consultant;
    int64_t *facts;
} filed_consultant_t;

typedef struct {
    const char *dealer; /* owned by the set */
    period_t period;
    uint32_t file;   /* index into facts_set_t.sources; with `line` and `column` the place for messages */
    uint32_t line;   /* of the store's line, in the manual's sheet of the header with the month; of the first
                        consultant's line where the file holds no other */
    uint32_t column; /* of the month's head in the manual's sheet; else 0 */
    int64_t *facts;  /* fact_count values, FACT_ABSENT where absent */
    filed_consultant_t *consultants; /* by code */
    size_t consultant_count;
    bool has_facts;       /* a file held the store's facts; else they are those of `before` */
    bool has_consultants; /* a file held lines of its consultants; else nothing is said of them */
} filed_month_t;

typedef struct {
    char **sources; /* as messages name them: the path as given, and behind it [the sheet's name] where a workbook has
                       several that are read */
    size_t source_count;
    filed_month_t *months;
    size_t count; /* after facts_set_finish: by dealer code, then period */
    void *internals;
} facts_set_t;

typedef struct {
    const char *const *dealers; /* the stores of the key; NULL: headquarters */
    size_t dealer_count;
    bool is_dealer_given; /* the only one was named for this file, whatever its name says */
    int year;             /* of months that are written without one; 0: the one in the file's name. A month that is
                             written with another year is a fault */
    bool sends_zeros;     /* a sheet's month of blanks and zeros is filled */
    bool of_consultants;  /* every line must name its consultant */
} facts_options_t;

/* Reads one file into the set (zeroed before its first file). `dealers`: the stores of the key. With one of them, a
 * wide file may leave out the `dealer` column and the manual's sheet is that store's, unless the file's name says
 * another one (client/named_store.h); with several, a wide file needs
 * the column and every line must name one of them, and the manual's sheet is the one's whose code stands in the file's
 * name as a word of its own; with none (headquarters) a wide file needs the column and any dealer will do.
 *
 * Every fault of the file is added with its place: source, line, and as column the number of the cell from 1 (A is 1).
 * A month that stands in the set already is a fault that names both places. STATUS_INVALID where a fault was added;
 * STATUS_IO, with a fault that says why, where the file cannot be read; STATUS_NO_MEMORY. `notes` (NULL: not wanted)
 * takes, with its place, what was left out and why and what was read otherwise than it is written: no faults. */
status_t facts_set_read(facts_set_t *set, const char *path, const catalog_t *catalog, const facts_options_t *options,
                        faults_t *faults, faults_t *notes) NODISCARD;

/* What was filed before this set. find: fills `facts` (fact_count values, in the catalog's order) and returns true
 * where the store's month was filed; else leaves them. */
typedef struct {
    bool (*find)(void *context, const char *dealer, period_t period, int64_t *facts);
    void *context;
} filed_before_t;

/* Joins consultants to their months, sorts. A month of which only lines of consultants were read takes the store's
 * facts from `before` (has_facts is false then); where that does not know the month, or is NULL, it is a fault.
 * STATUS_INVALID where there is one; STATUS_NO_MEMORY. */
status_t facts_set_finish(facts_set_t *set, const filed_before_t *before, faults_t *faults) NODISCARD;

/* Runs the catalog's checks on each month (previous() from the month before in the same set, else from `before`, which
 * may be NULL): errors become faults of `errors`, warnings of `warnings`. A month whose facts equal what `before` knows
 * of it stands filed, and has no errors more. */
void facts_set_check(const facts_set_t *set, const catalog_t *catalog, language_t language,
                     const filed_before_t *before, faults_t *errors, faults_t *warnings);

/* Warns of each month that comes after `this_month`: a slip of the pen, if not of this machine's clock. The hub, whose
 * clock counts, refuses a month that has not begun. */
void facts_set_warn_of_months(const facts_set_t *set, period_t this_month, faults_t *warnings);

/* Months of which a check was not made only because neither the set nor `before` (NULL: none) holds the month before.
 */
size_t facts_set_count_unchecked(const facts_set_t *set, const catalog_t *catalog, const filed_before_t *before);

void facts_set_fini(facts_set_t *set);
