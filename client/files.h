/* Whole files of bounded size. */
#pragma once

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads a file; *out is allocated, with a NUL behind its bytes. STATUS_IO with errno; STATUS_LIMIT where it is larger
 * than `most` bytes. */
status_t files_read(const char *path, size_t most, char **out, size_t *out_size) NODISCARD;

/* Whether a file in a folder (an open directory) holds exactly these bytes. What is no regular file does not, is not
 * followed and not waited for. */
bool files_hold(int folder, const char *name, const void *bytes, size_t size);

/* Makes a file in a folder (an open directory) hold these bytes, synced, in the place of whatever has that name; its
 * mode is what the umask leaves of 0666. False with errno: then there is none. */
bool files_write(int folder, const char *name, const void *bytes, size_t size);

/* Writes all of them, then syncs; false with errno. */
bool files_write_all(int file, const void *bytes, size_t size);
