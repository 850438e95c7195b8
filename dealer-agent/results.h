/* The command `results`: asks the hub how stores stood in months, and writes what it answers to DESK/results as XLSX
 * and CSV. */
#pragma once

#include "client/session.h"

/* Wrong usage that the table of commands cannot say. */
status_t results_check(session_t *session) NODISCARD;

/* For each month the comparison (and the consultants), for each year that they touch the trend: DEALER-YYYY-MM.xlsx and
 * .csv, DEALER-YYYY-MM-consultants.csv where there are any, DEALER-YYYY.xlsx and .csv. A file is replaced only where it
 * changes; a line on standard output for each says written, unchanged or removed. What the hub refuses is named, its
 * files stay as they are, and the rest is written: STATUS_INVALID then. */
status_t results_run(session_t *session) NODISCARD;
