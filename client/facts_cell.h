/* One fact's cell, in any layout. */
#pragma once

#include "client/csv.h"
#include "core/catalog.h"

/* Reads the figure of `fact` from a record's cell `index` that is not blank. False, with a fault at the cell that
 * begins with `title`, where it is none, or stands in a merged cell, which could be of several months or facts: *out is
 * untouched then. */
bool facts_cell_read(const row_t *fact, const char *title, const csv_record_t *record, size_t index, faults_t *faults,
                     int64_t *out);
