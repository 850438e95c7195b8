/* What the hub answered, as files of the folder results. */
#pragma once

#include "client/render.h"
#include "dealer-agent/results_months.h"

typedef struct {
    const char *folder;
    render_t render; /* language and titles */
    faults_t *faults;
    bool is_unwritten; /* a file could not be written; `faults` says which and why */
} results_writer_t;

/* DEALER-YYYY-MM.xlsx and .csv, and -consultants.csv, which is removed where there are none. A file is replaced only
 * where it changes; a line on standard output for each says written, unchanged or removed. One that cannot be written
 * is noted in the writer, and the others are. STATUS_NO_MEMORY. */
status_t results_write_month(results_writer_t *writer, const results_month_t *month, const compare_answer_t *compare,
                             const consultants_answer_t *consultants) NODISCARD;

/* DEALER-YYYY.xlsx and .csv, likewise. */
status_t results_write_year(results_writer_t *writer, const results_year_t *year,
                            const trend_answer_t *trend) NODISCARD;
