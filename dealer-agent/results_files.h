/* What is in DESK/results: its file names, and files that are replaced whole, only where they change. */
#pragma once

#include "core/period.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

#define RESULTS_NAME_SIZE 256 /* the longest code, every byte encoded, and what stands behind it */

/* "D0001-2025-06" and `ending` (".xlsx", "-consultants.csv"). Of a code that may hold anything (text_is_code), what is
 * no good in a file's name (/ \ % * ? < > |, and a . - or ~ in front) stands as %2F: different codes have
 * different names. */
void results_month_name(const char *dealer, period_t period, const char *ending, char out[RESULTS_NAME_SIZE]);

/* "D0001-2025" and `ending`. */
void results_year_name(const char *dealer, int year, const char *ending, char out[RESULTS_NAME_SIZE]);

/* Makes the file hold these bytes: where they differ from what it holds, written beside it, synced, then moved into its
 * place. Processes that do this at once in one folder wait for each other, where its file system has locks.
 * STATUS_LIMIT over RESULTS_FILE_MAX; STATUS_IO with errno leaves what was there. */
status_t results_replace(const char *folder, const char *name, const char *bytes, size_t size,
                         bool *out_changed) NODISCARD;

/* Removes the file where there is one. STATUS_IO with errno. */
status_t results_remove(const char *folder, const char *name, bool *out_removed) NODISCARD;
