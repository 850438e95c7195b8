/* Numbers as people write them in files (SPEC 6): digits, grouping by three, full-width digits, `.` as the decimal
 * sign. */
#pragma once

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a fact of `decimals` decimals (0..FACT_DECIMALS_MAX) into units of its last decimal: "1,234.5" with 2 decimals
 * is 123450. Blanks around are allowed; zeros beyond the precision are dropped; a minus sign only where `is_signed`.
 * STATUS_INVALID otherwise, with *out_reason a clause in static storage ("is no number", "has more than 2 decimals" …;
 * fit for faults_text) and *out untouched. */
status_t number_parse_fact(const char *text, unsigned decimals, bool is_signed, int64_t *out,
                           const char **out_reason) NODISCARD;

/* A decimal constant of formulas and settings, exactly: digits [. digits], as units of 10^-*out_decimals.
 * STATUS_INVALID on anything else or more than 15 digits. */
status_t number_parse_decimal(const char *text, int64_t *out_units, unsigned *out_decimals) NODISCARD;

/* Exact text of `units` with `decimals` decimals: 123450 with 2 is "1234.50". `size` 32 is always enough. */
void number_format_fact(int64_t units, unsigned decimals, char *out, size_t size);

/* Shortest decimal text that reads back the same double; integral values below 10^15 without a point. `size` 32 is
 * always enough. */
void number_format_double(double value, char *out, size_t size);
