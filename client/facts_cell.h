/* One fact's cell, in any layout. */
#pragma once

#include "core/catalog.h"

/* Reads the figure of `fact` from a cell that is not blank. False, with a fault at line and column that begins with
 * `title`, where it is none: *out is untouched then. */
bool facts_cell_read(const row_t *fact, const char *title, const char *cell, uint32_t line, uint32_t column,
                     faults_t *faults, int64_t *out);
