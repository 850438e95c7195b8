/* Files of facts that users bring (SPEC 6): UTF-8 with or without BOM, or GB18030; comma, semicolon or tab; CRLF or LF;
 * the wide layout: a header of `period`, fact ids or titles, `dealer` where the key holds several stores, `consultant`
 * for consultant lines; one line a month. (The manual's own sheet and XLSX come beside this, with the same result.) */
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
    uint32_t file; /* index into facts_set_t.sources */
    uint32_t line;
    int64_t *facts; /* fact_count values, FACT_ABSENT where absent; NULL where only consultant lines were read (an error
                       when the set is finished) */
    filed_consultant_t *consultants;
    size_t consultant_count;
    bool has_facts;       /* a file held them; else they are those of before */
    bool has_consultants; /* a file held lines of consultants */
} filed_month_t;

typedef struct {
    char **sources;
    size_t source_count; /* paths as given */
    filed_month_t *months;
    size_t count; /* after facts_set_finish: by dealer code, then period */
    void *internals;
} facts_set_t;

typedef struct {
    const char *const *dealers; /* the stores of the key; NULL: headquarters */
    size_t dealer_count;
    int year;            /* of a sheet whose months are heads without a year; 0: the one in the file's name */
    bool sends_zeros;    /* a sheet's month of blanks and zeros is filled */
    bool of_consultants; /* every line must name its consultant */
} facts_options_t;

/* Reads one wide file of facts into the set (zeroed before its first file). `dealers`: the stores of the key; with one
 * of them the file may leave out the `dealer` column, with several it needs it, and every line must name one of them;
 * with none (headquarters) it needs it and any dealer will do. The columns `period`, `dealer` and `consultant` may be
 * headed 期间 or 月份, 经销商 and 销售顾问; a line or column without any text is ignored. Every fault of the file is
 * added with file, line and column (a number that is none, a negative where not allowed, too many decimals, an unknown
 * or computed column, a bad period, a duplicate line or column, a line without any fact, a short or long line, text
 * that is neither encoding, an unterminated quote, an empty file). Line: of the file, newlines inside quotes counted.
 * Column: the number of the cell from 1 (A is 1), with the column's title at the head of the message. A month that
 * another file of the set holds is a fault that names both places. STATUS_INVALID where there is one; STATUS_IO, with a
 * fault that says why, where it cannot be read; STATUS_NO_MEMORY. `notes` (NULL: not wanted) takes what was left out
 * and why, which is no fault. */
status_t facts_set_read(facts_set_t *set, const char *path, const catalog_t *catalog, const facts_options_t *options,
                        faults_t *faults, faults_t *notes) NODISCARD;

/* What was filed before this set. find: fills `facts` (fact_count values, in the catalog's order) and returns true
 * where the store's month was filed. */
typedef struct {
    bool (*find)(void *context, const char *dealer, period_t period, int64_t *facts);
    void *context;
} filed_before_t;

/* Joins consultants to their months, sorts. A consultant line without its store's line takes the store's facts from
 * `before` (has_facts is false then); where that knows none, or is NULL, it is a fault. */
status_t facts_set_finish(facts_set_t *set, const filed_before_t *before, faults_t *faults) NODISCARD;

/* Runs the catalog's checks on each month (previous() from the month before in the same set, else from `before`, which
 * may be NULL): errors become faults of `errors`, warnings of `warnings`. */
void facts_set_check(const facts_set_t *set, const catalog_t *catalog, language_t language,
                     const filed_before_t *before, faults_t *errors, faults_t *warnings);

/* Months of which a check was not made only because the set lacks the month before. */
size_t facts_set_count_unchecked(const facts_set_t *set, const catalog_t *catalog);

void facts_set_fini(facts_set_t *set);
