/* The wide layout (SPEC 6): a header of `period`, fact ids or titles in either language, `dealer` where the key holds
 * several stores, `consultant` where there are lines of consultants; one line a month. */
#pragma once

#include "client/facts_set.h"
#include "client/layout.h"
#include "client/months.h"

/* Reads a table's lines into the set, as facts_set_read; faults->source and the set's last source are the table's.
 * A line whose consultant is empty is the store's own. Months are taken in every form that client/months.h reads in one
 * way. */
status_t wide_read(facts_set_t *set, const records_t *records, size_t table, uint32_t header_line,
                   const catalog_t *catalog, const facts_options_t *options, const month_year_t *year,
                   faults_t *faults) NODISCARD;
