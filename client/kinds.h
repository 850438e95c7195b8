/* What a file is by its first bytes, whatever its name says: the things that people take for a table of text. */
#pragma once

#include "core/faults.h"
#include "core/span.h"

/* A ZIP archive: a workbook (.xlsx), or what only looks like one (client/xlsx_package.h tells them apart). */
bool kind_is_zip(span_t bytes);

/* STATUS_INVALID, with a fault that says what it is and what to do, where the bytes are something known that is no
 * text: a ZIP archive, an old Office file, a workbook with a password, a PDF, a web page, a picture, UTF-16
 * without a byte order mark. */
status_t kind_check_text(span_t bytes, faults_t *faults) NODISCARD;
