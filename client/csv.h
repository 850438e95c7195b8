/* CSV files record by record (libcsv in strict mode): any of the encodings of client/encoding.h, comma, semicolon or
 * tab, CRLF or LF. */
#pragma once

#include "core/faults.h"
#include "core/limits.h"
#include "core/span.h"

#include <stdio.h>

typedef struct {
    const char *const *cells; /* UTF-8; unquoted ones without blanks around; valid until the callback returns */
    size_t count;
    uint32_t line;      /* where the record begins; a newline inside quotes counts as one */
    const bool *merged; /* of a workbook: which cells stand for an area of several; else NULL */
} csv_record_t;

/* Called for each record, the header first, with records of empty cells only left out. Anything but STATUS_OK ends the
 * reading with that status. */
typedef status_t csv_on_record_t(void *context, const csv_record_t *record);

/* The bytes of a file that a person brings (the caller frees *out; a NUL stands behind them). STATUS_IO, with a fault
 * that says why, where it cannot be read; STATUS_INVALID, with a fault, where it has more than INPUT_SIZE_MAX of them;
 * STATUS_NO_MEMORY. */
status_t csv_load_file(const char *path, char **out, size_t *out_size, faults_t *faults) NODISCARD;

/* Reads a whole file. The separator is the one of comma, semicolon and tab that stands, outside quotes, in the first
 * line that holds one; two of them there are a fault. Faults go by line and, as column, the number of the cell from 1
 * (what a spreadsheet shows as column A, B, C): a wrong encoding, an empty file, a misplaced or unterminated quote
 * (nothing behind it is read), a record of more than CSV_COLUMNS_MAX cells, a file of more than INPUT_SIZE_MAX bytes.
 * STATUS_INVALID where this added a fault; what on_record returned; STATUS_IO, with a fault that says why, where the
 * file cannot be read; STATUS_NO_MEMORY. */
status_t csv_read_file(const char *path, csv_on_record_t *on_record, void *context, faults_t *faults) NODISCARD;

/* The same for bytes in memory. */
status_t csv_read_bytes(span_t bytes, csv_on_record_t *on_record, void *context, faults_t *faults) NODISCARD;

/* The same for what encoding_to_utf8 made of them. */
status_t csv_read_text(const char *text, size_t size, csv_on_record_t *on_record, void *context,
                       faults_t *faults) NODISCARD;

/* Whether the record has as many cells as the header, `columns`, or empty ones only beyond; adds a fault where not. One
 * that is shorter may be cut off. */
bool csv_check_width(const csv_record_t *record, size_t columns, faults_t *faults);

#define CSV_EXCERPT_SIZE 164 /* 40 characters of 4 bytes, an ellipsis, the NUL */

/* A cell's text for a message: at most 40 characters of it, blanks for line ends. Returns `out`. */
const char *csv_excerpt(const char *cell, char out[CSV_EXCERPT_SIZE]);

/* Writes a text as one cell, quoted where needed. A spreadsheet would run what begins like a formula: an apostrophe
 * before it keeps it text. */
void csv_write_text(FILE *out, const char *text);

/* The same without the apostrophe: of what is read again as it stands (a store's code in a template). */
void csv_write_exact(FILE *out, const char *text);
