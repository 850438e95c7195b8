/* Papers (client/render_paper.h) as a workbook, one sheet each, by libxlsxwriter: numbers as numbers with the row's
 * format, texts as texts whatever they begin with, no formulas (it stores 0 as their value), the heads of the columns
 * kept in view, ready to print. The same papers give the same bytes: the time inside is a fixed one. */
#pragma once

#include "client/render_paper.h"

/* Makes a workbook in memory; *out is allocated. `title` is the document's. STATUS_NO_MEMORY; STATUS_IO where
 * libxlsxwriter cannot work, which needs /proc and room for its temporary files in TMPDIR (/tmp): what it loses there
 * silently is found here (dealer-agent/results_finish.h). */
status_t results_xlsx_make(const paper_t *papers, size_t count, const char *title, char **out,
                           size_t *out_size) NODISCARD;

#define NUMBER_FORMAT_SIZE 128

/* The spreadsheet's format of such a number: "#,##0.00", "#,##0.0%", with a sign "+#,##0.0%;-#,##0.0%;0.0%"; with a
 * mark (paper_cell_t) in quotes before each. */
void results_xlsx_number_format(number_look_t number, int mark, char out[NUMBER_FORMAT_SIZE]);
