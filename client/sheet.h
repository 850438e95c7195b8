/* The manual's own sheet (SPEC 6): row titles in the first column, the months of a year side by side; one table or
 * several below each other, each with its header, on one sheet or on several of a workbook. */
#pragma once

#include "client/facts_set.h"
#include "client/layout.h"
#include "client/months.h"

typedef struct sheet sheet_t;

/* A reading of the manual's sheets of one file. All that is given must outlive it. */
status_t sheet_create(facts_set_t *set, const catalog_t *catalog, const facts_options_t *options,
                      const month_year_t *year, faults_t *faults, faults_t *notes, sheet_t **out) NODISCARD;
void sheet_destroy(sheet_t **sheet);

/* Reads a table; faults->source and the set's last source are the table's. Rows of computed figures and the columns
 * 年度合计, 合计 and Total are ignored with whatever they hold, lines of one cell above a header or that no fact goes
 * by too. Heads run in order; a `Jun` before `Feb` is January, for so the manual heads it, and a note says so. */
status_t sheet_read(sheet_t *sheet, const records_t *records, size_t table, const layout_t *layout) NODISCARD;

/* Where heads take their year from the file's name, adds a fault for a caption above them, a corner or a sheet's name
 * that says another, or else for a filled month behind the date that the name holds.
 *
 * Files the months that are filled in the set, as those of the file's store, once all tables are read. A month whose
 * facts are all blank or 0 is left out with a note, unless options->sends_zeros and one is 0. Does nothing where no
 * table was read, and takes no month where a fault was added since `faults_before`. `path`: of the file, whose name
 * says which of several stores it is of. */
status_t sheet_finish(sheet_t *sheet, const char *path, size_t faults_before) NODISCARD;
