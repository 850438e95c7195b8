#include "client/files.h"

#include "core/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

status_t files_read(const char *path, size_t most, char **out, size_t *out_size)
{
    CLEANUP(close_file) FILE *file = fopen(path, "rbe");
    if (!file)
        return STATUS_IO;
    CLEANUP(scratch_free) char *bytes = malloc(most + 2);
    if (!bytes)
        return STATUS_NO_MEMORY;
    size_t size = fread(bytes, 1, most + 1, file);
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
