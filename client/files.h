/* Whole files of bounded size. */
#pragma once

#include "core/status.h"

#include <stddef.h>

/* Reads a file; *out is allocated, with a NUL behind its bytes. STATUS_IO with errno; STATUS_LIMIT where it is larger
 * than `most` bytes. */
status_t files_read(const char *path, size_t most, char **out, size_t *out_size) NODISCARD;
