#include "dealer-agent/results_files.h"

#include "client/files.h"
#include "core/limits.h"
#include "dealer-agent/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define BESIDE ".new" /* one for all: what a killed process left is overwritten by the next */

/* ---- Names ---- */

/* The code as it may stand in front of a file's name: at most three times as long. */
static size_t encode_code(const char *code, char *out)
{
    size_t size = 0;
    for (const char *at = code; *at; at++) {
        bool is_unsafe = strchr("/\\%*?<>|", *at) || (at == code && strchr(".-~", *at));
        size += (size_t)sprintf(out + size, is_unsafe ? "%%%02X" : "%c", (unsigned char)*at);
    }
    return size;
}

void results_month_name(const char *dealer, period_t period, const char *ending, char out[RESULTS_NAME_SIZE])
{
    char month[PERIOD_TEXT_SIZE];
    period_format(period, month);
    size_t size = encode_code(dealer, out);
    snprintf(out + size, RESULTS_NAME_SIZE - size, "-%s%s", month, ending);
}

void results_year_name(const char *dealer, int year, const char *ending, char out[RESULTS_NAME_SIZE])
{
    size_t size = encode_code(dealer, out);
    snprintf(out + size, RESULTS_NAME_SIZE - size, "-%04d%s", year, ending);
}

/* ---- Files ---- */

/* The folder, held against others until it is closed. Some network shares know no such locks, and go without. */
static int hold_folder(const char *folder)
{
    int held = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (held >= 0 && flock(held, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return held;
}

/* Nor do they sync a folder. */
static bool sync_folder(int held)
{
    return fsync(held) == 0 || errno == EINVAL;
}

status_t results_replace(const char *folder, const char *name, const char *bytes, size_t size, bool *out_changed)
{
    if (size > RESULTS_FILE_MAX)
        return STATUS_LIMIT;
    CLEANUP(desk_close) int held = hold_folder(folder);
    if (held < 0)
        return STATUS_IO;
    if (files_hold(held, name, bytes, size)) {
        *out_changed = false;
        return STATUS_OK;
    }
    if (!files_write(held, BESIDE, bytes, size) || renameat(held, BESIDE, held, name) != 0) {
        int reason = errno;
        unlinkat(held, BESIDE, 0);
        errno = reason;
        return STATUS_IO;
    }
    if (!sync_folder(held))
        return STATUS_IO;
    *out_changed = true;
    return STATUS_OK;
}

status_t results_remove(const char *folder, const char *name, bool *out_removed)
{
    CLEANUP(desk_close) int held = hold_folder(folder);
    if (held < 0)
        return STATUS_IO;
    if (unlinkat(held, name, 0) == 0) {
        *out_removed = true;
        return STATUS_OK;
    }
    *out_removed = false;
    return errno == ENOENT ? STATUS_OK : STATUS_IO;
}
