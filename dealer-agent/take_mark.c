#include "dealer-agent/take_mark.h"

#include "client/files.h"
#include "client/home.h"
#include "core/scratch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

status_t take_mark_set(const char *home_directory, const stamp_t *stamp)
{
    char mark[STAMP_TEXT_SIZE];
    stamp_format(stamp, mark);
    return home_write_file(home_directory, TAKE_MARK_FILE, mark, strlen(mark), false, false);
}

bool take_mark_is_set(const char *home_directory, const stamp_t *stamp)
{
    char path[PATH_MAX], mark[STAMP_TEXT_SIZE];
    CLEANUP(scratch_free) char *found = NULL;
    size_t size = 0;
    int length = snprintf(path, sizeof path, "%s/" TAKE_MARK_FILE, home_directory);
    return length > 0 && length < PATH_MAX && files_read(path, sizeof mark, &found, &size) == STATUS_OK &&
           strcmp(found, stamp_format(stamp, mark)) == 0;
}
