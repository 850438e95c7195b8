#include "client/files.h"

#include "core/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void close_descriptor(int *file)
{
    if (*file >= 0)
        close(*file);
}

static bool holds(int file, const char *bytes, size_t size)
{
    char block[65536];
    for (ssize_t step;; bytes += step, size -= (size_t)step) {
        step = TEMP_FAILURE_RETRY(read(file, block, sizeof block));
        if (step <= 0)
            return step == 0 && size == 0;
        if ((size_t)step > size || memcmp(block, bytes, (size_t)step) != 0)
            return false;
    }
}

bool files_hold(int folder, const char *name, const void *bytes, size_t size)
{
    CLEANUP(close_descriptor)
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat info;
    return file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == (off_t)size &&
           holds(file, bytes, size);
}

bool files_write_all(int file, const void *bytes, size_t size)
{
    const char *from = bytes;
    for (ssize_t step; size; from += step, size -= (size_t)step)
        if ((step = TEMP_FAILURE_RETRY(write(file, from, size))) <= 0)
            return false;
    return fsync(file) == 0;
}

bool files_write(int folder, const char *name, const void *bytes, size_t size)
{
    unlinkat(folder, name, 0); /* a pipe that someone put there would be waited for */
    CLEANUP(close_descriptor)
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0666);
    if (file >= 0 && files_write_all(file, bytes, size))
        return true;
    int reason = errno;
    if (file >= 0)
        unlinkat(folder, name, 0);
    errno = reason;
    return false;
}
