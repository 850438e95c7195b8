/* What libxlsxwriter 1.1.4 leaves to do. Seen: it writes numbers with 16 digits, which is another double now and then;
 * and where TMPDIR is full it makes a workbook whose sheets are cut off, and says that all went well. */
#pragma once

#include "client/render_paper.h"

/* Makes of the workbook `bytes` the one to keep: every part of it read and found well-formed, each sheet with all
 * numbers of its paper, and these in full (SPEC 2.12). *out is allocated. STATUS_IO where something of it was lost,
 * STATUS_NO_MEMORY. The same bytes give the same *out. */
status_t results_finish(const char *bytes, size_t size, const paper_t *papers, size_t count, char **out,
                        size_t *out_size) NODISCARD;
