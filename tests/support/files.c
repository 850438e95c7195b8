#include "tests/support/files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

directory_t directory_make(void)
{
    directory_t directory;
    snprintf(directory.path, sizeof directory.path, "/tmp/yardstick-test-XXXXXX");
    cr_assert(mkdtemp(directory.path));
    return directory;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *state)
{
    (void)status, (void)flag, (void)state;
    return remove(path);
}

void directory_remove(directory_t *directory)
{
    nftw(directory->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *path_in(const directory_t *directory, const char *name)
{
    static char paths[2][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 2];
    snprintf(path, PATH_MAX, "%s/%s", directory->path, name);
    return path;
}

uint8_t *file_read(const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    fseek(file, 0, SEEK_END);
    *out_size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*out_size + 1);
    cr_assert(bytes);
    cr_assert_eq(fread(bytes, 1, *out_size, file), *out_size);
    bytes[*out_size] = 0;
    fclose(file);
    return bytes;
}

void file_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file, "%s", path);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}
