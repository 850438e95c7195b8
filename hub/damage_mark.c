#include "hub/damage_mark.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *path_of(const char *directory, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/DAMAGED", directory);
    return path;
}

void damage_mark_put(const char *directory)
{
    char path[PATH_MAX];
    int file = open(path_of(directory, path), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    (void)fsync(file);
    (void)close(file);
}

bool damage_mark_stands(const char *directory)
{
    char path[PATH_MAX];
    return access(path_of(directory, path), F_OK) == 0;
}

void damage_mark_remove(const char *directory)
{
    char path[PATH_MAX];
    (void)unlink(path_of(directory, path));
}
