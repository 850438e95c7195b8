/* The command `results`: asks the hub how stores stood in months, and writes what it answers to DESK/results as XLSX
 * and CSV. */
#pragma once

#include "client/session.h"

/* Wrong usage that the table of commands cannot say. */
status_t results_check(session_t *session) NODISCARD;

/* The exit status where a file, or the folder, could not be written: worth another try soon. */
enum { RESULTS_EXIT_UNWRITTEN = 4 };

/* For each month the comparison (and the consultants), for each year that they touch the trend: DEALER-YYYY-MM.xlsx and
 * .csv, DEALER-YYYY-MM-consultants.csv where there are any, DEALER-YYYY.xlsx and .csv. A file is replaced only where it
 * changes; a line on standard output for each says written, unchanged or removed. A peer that the hub does not show
 * beside a month (--peer) is left out there, and named. What the hub refuses otherwise is named, its files stay as they
 * are, and the rest is written: STATUS_INVALID then. */
status_t results_run(session_t *session) NODISCARD;
