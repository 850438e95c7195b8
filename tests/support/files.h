/* Temporary directories, and files in them. */
#pragma once

#include "core/status.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdint.h>

#define OK(do) cr_assert_eq((do), STATUS_OK)

/* A new empty directory; removed with all that is in it when the test ends well. */
typedef struct {
    char path[64];
} directory_t;
directory_t directory_make(void);
void directory_remove(directory_t *directory);

/* `directory`/`name`, in static storage (two at a time). */
const char *path_in(const directory_t *directory, const char *name);

/* A whole file; the caller frees it. */
uint8_t *file_read(const char *path, size_t *out_size);
void file_write(const char *path, const void *bytes, size_t size);
