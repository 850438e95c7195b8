/* The encodings in which spreadsheets save text: UTF-8 with or without a byte order mark, GB18030, UTF-16 with one, as
 * Excel's "Unicode text" (SPEC 6, files). */
#pragma once

#include "core/faults.h"
#include "core/span.h"

/* The text of a file as UTF-8, without a byte order mark and with a NUL behind it. Text without one that is
 * UTF-8 as a whole is taken as such, other text as GB18030. STATUS_INVALID with a fault (and its line) where it is
 * neither, or not what its mark says, is something else that client/kinds.h knows, or holds control characters other
 * than tab and line ends; STATUS_NO_MEMORY. *out_text (the caller frees it) and *out_size are set only on success. */
status_t encoding_to_utf8(span_t bytes, char **out_text, size_t *out_size, faults_t *faults) NODISCARD;
