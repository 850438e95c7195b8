/* What tells that a file has changed, or is another one now: read from its attributes, never from its bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t mtime_ns, ctime_ns;
} stamp_t;

stamp_t stamp_of(const struct stat *info);

/* Of a regular file in a folder (an open directory, or AT_FDCWD for a path); false where there is none. Not of a link,
 * which may lead anywhere, nor of a device or pipe, of which nobody knows when it is whole. */
bool stamp_read(int folder, const char *name, stamp_t *out);

bool stamp_is_same(const stamp_t *a, const stamp_t *b);

/* As one word, without the device, whose number may be another after a restart of the machine. Returns `out`. */
#define STAMP_TEXT_SIZE 100
const char *stamp_format(const stamp_t *stamp, char out[STAMP_TEXT_SIZE]);
