/* What became of a file, for the people who dropped it: text that Notepad shows rightly (UTF-8 with a BOM, CRLF), in
 * Chinese or English. */
#pragma once

#include "core/faults.h"
#include "core/period.h"
#include "dealer-agent/report_words.h"

#define REPORT_SUFFIX  ".report.txt"  /* behind the file's name */
#define REFUSED_SUFFIX ".refused.txt" /* behind its name, the store and the month */

typedef enum { MONTH_NEW, MONTH_CHANGED, MONTH_RETURNED, MONTH_UNCHANGED } report_fate_t;

typedef struct {
    const char *dealer;
    period_t period;
    report_fate_t fate;
    size_t consultant_count;
    uint64_t before_ms;        /* when what was filed before was taken over; 0 for a new one */
    const char *before_source; /* from which file; "" where from none */
} report_month_t;

typedef struct {
    language_t language;
    const char *name; /* of the file, any bytes */
    bool is_again;    /* nothing in it is new or changed, and it is sent again, whole */
    const char *path; /* as faults name it */
    uint64_t read_ms;
    const char *catalog; /* its id; NULL: the file was not read */
    unsigned catalog_version;
    bool is_builtin;
    const report_month_t *months;
    size_t month_count;
    const faults_t *faults, *warnings, *notes; /* NULL: none */
} report_t;

/* The report as the bytes of its file; *out is allocated. STATUS_NO_MEMORY. */
status_t report_make(const report_t *report, char **out, size_t *out_size) NODISCARD;

/* "C5" for column 3 of line 5; "AA1". Returns `out`. */
#define REPORT_CELL_SIZE 24
const char *report_cell(uint32_t line, uint32_t column, char out[REPORT_CELL_SIZE]);

/* "2025-07-03 10:15" by this machine's time zone. Returns `out`. */
#define REPORT_TIME_SIZE 24
const char *report_time(uint64_t ms, char out[REPORT_TIME_SIZE]);

/* Text with plain line ends as a file for Notepad: *out is allocated. STATUS_NO_MEMORY. */
status_t report_for_notepad(const char *text, size_t size, char **out, size_t *out_size) NODISCARD;
