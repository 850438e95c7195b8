/* Workbooks made in memory, right or wrong in any part, for the tests and the fuzz target of client/xlsx.h. */
#pragma once

#include "core/span.h"

#include <stdbool.h>

typedef struct workbook workbook_t;

/* An empty archive. Aborts where memory fails, as all of these. */
workbook_t *workbook_create(bool is_packed);

/* Adds a part; the bytes must live until workbook_finish. A part of that name is replaced. */
void workbook_add(workbook_t *workbook, const char *part, const void *bytes, size_t size);
void workbook_add_text(workbook_t *workbook, const char *part, const char *text);

/* The parts of a workbook of one sheet, named S, with that XML (NULL: none), styles and shared strings where they are
 * not NULL. */
void workbook_add_frame(workbook_t *workbook, span_t sheet, const char *styles, const char *strings);

/* Bytes of all parts so far. */
size_t workbook_size(const workbook_t *workbook);

/* The archive's bytes, which the caller frees. */
span_t workbook_finish(workbook_t **workbook);

/* The bytes of a workbook of one sheet, all at once. */
span_t workbook_of_sheet(span_t sheet, bool is_packed);
