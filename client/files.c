#include "client/files.h"

#include "core/scratch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

/* Room for more: grown step by step, for `most` is far above what files have. */
static bool grow(char **bytes, size_t *capacity, size_t most)
{
    size_t larger = *capacity ? *capacity * 2 : 65536;
    if (larger > most + 2)
        larger = most + 2;
    char *moved = realloc(*bytes, larger);
    if (!moved)
        return false;
    *bytes = moved;
    *capacity = larger;
    return true;
}

status_t files_read(const char *path, size_t most, char **out, size_t *out_size)
{
    CLEANUP(close_file) FILE *file = fopen(path, "rbe");
    if (!file)
        return STATUS_IO;
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0, capacity = 0;
    for (size_t step = 1; step && size <= most; size += step) {
        if (size + 1 >= capacity && !grow(&bytes, &capacity, most))
            return STATUS_NO_MEMORY;
        step = fread(bytes + size, 1, capacity - 1 - size, file);
    }
    if (ferror(file))
        return STATUS_IO;
    if (size > most)
        return STATUS_LIMIT;
    bytes[size] = '\0';
    *out = bytes;
    *out_size = size;
    bytes = NULL;
    return STATUS_OK;
}
