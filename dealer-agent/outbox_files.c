#include "dealer-agent/outbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT_FILE      "FORMAT"
#define FORMAT_PREFIX    "yardstick-outbox "
#define FORMAT_NUMBER    1
#define LOCK_FILE        "write.lock"
#define BELL_FILE        "bell"
/* The most between two tries to lock. */
#define LOCK_STEP_MAX_MS 16
/* As many bytes as LMDB's lock file has (126 readers), in whole pages. */
#define READERS_SIZE     12288

static bool path_of(char out[PATH_MAX], const char *directory, const char *name)
{
    int length = snprintf(out, PATH_MAX, "%s%s%s", directory, name ? "/" : "", name ? name : "");
    return length > 0 && length < PATH_MAX;
}

bool outbox_path(const char *home_directory, const char *name, char out[PATH_MAX])
{
    char directory[PATH_MAX];
    return path_of(directory, home_directory, OUTBOX_DIRECTORY) && path_of(out, directory, name);
}

static void file_close(int *file)
{
    if (*file >= 0)
        close(*file);
}

static status_t status_of_errno(const char *what, char *out_why, size_t why_size)
{
    int code = errno;
    snprintf(out_why, why_size, "%s: %s", what, strerror(code));
    return code == ENOSPC || code == EDQUOT || code == EFBIG ? STATUS_STORE_FULL : STATUS_IO;
}

static int64_t clock_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Asked for again and again: flock() knows no limit, and one that a signal ends is the whole process's business. */
status_t outbox_lock(int file)
{
    int pause = 1;
    for (int64_t till = clock_ms() + OUTBOX_LOCK_WAIT_MS; flock(file, LOCK_EX | LOCK_NB) != 0;) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return STATUS_IO;
        if (clock_ms() >= till)
            return STATUS_BUSY;
        (void)poll(NULL, 0, pause);
        pause = pause < LOCK_STEP_MAX_MS ? 2 * pause : LOCK_STEP_MAX_MS;
    }
    return STATUS_OK;
}

status_t outbox_enter(const char *directory, int *out_lock, char *out_why, size_t why_size)
{
    char path[PATH_MAX];
    if (!path_of(path, directory, LOCK_FILE)) {
        snprintf(out_why, why_size, "its path is too long");
        return STATUS_INVALID;
    }
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return status_of_errno("it cannot be made", out_why, why_size);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return status_of_errno(LOCK_FILE " cannot be opened", out_why, why_size);
    *out_lock = file;
    status_t status = outbox_lock(file);
    return status == STATUS_IO ? status_of_errno(LOCK_FILE " cannot be locked", out_why, why_size) : status;
}

void outbox_leave(int lock)
{
    flock(lock, LOCK_UN);
}

/* The number behind "yardstick-outbox ", a newline, and nothing more; 0 where it is none. */
static unsigned long format_parse(const char *text)
{
    if (strncmp(text, FORMAT_PREFIX, strlen(FORMAT_PREFIX)) != 0)
        return 0;
    const char *digits = text + strlen(FORMAT_PREFIX);
    size_t length = strspn(digits, "0123456789");
    bool is_one = length >= 1 && length <= 9 && strcmp(digits + length, "\n") == 0;
    return is_one ? strtoul(digits, NULL, 10) : 0;
}

static status_t check_format(const char *text, char *out_why, size_t why_size)
{
    unsigned long format = format_parse(text);
    if (format == FORMAT_NUMBER)
        return STATUS_OK;
    if (format == 0) {
        snprintf(out_why, why_size, "its file FORMAT does not hold a format number");
        return STATUS_DAMAGED;
    }
    snprintf(out_why, why_size, "written by a newer yardstick-agent (format %lu, this one knows %d)", format,
             FORMAT_NUMBER);
    return STATUS_NEWER_FORMAT;
}

static status_t write_synced(const char *directory, const char *name, const void *bytes, size_t size, char *out_why,
                             size_t why_size)
{
    char path[PATH_MAX];
    if (!path_of(path, directory, name))
        return STATUS_IO;
    CLEANUP(file_close) int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return status_of_errno(name, out_why, why_size);
    ssize_t written = write(file, bytes, size);
    if (written < 0 || fsync(file) != 0)
        return status_of_errno(name, out_why, why_size);
    return (size_t)written == size ? STATUS_OK : STATUS_STORE_FULL;
}

static status_t sync_directory(const char *directory, char *out_why, size_t why_size)
{
    CLEANUP(file_close) int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0 && fsync(file) == 0)
        return STATUS_OK;
    return status_of_errno("it cannot be synced", out_why, why_size);
}

/* There before anything is added, so that ringing it never needs room; opened for reading, so that this does not. */
static status_t make_bell(const char *directory, char *out_why, size_t why_size)
{
    char path[PATH_MAX];
    if (!path_of(path, directory, BELL_FILE))
        return STATUS_IO;
    CLEANUP(file_close) int file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    return file < 0 ? status_of_errno(BELL_FILE, out_why, why_size) : STATUS_OK;
}

/* Nothing was ever added to an outbox without FORMAT. What is there is moved out of the way nevertheless, in case that
 * it is FORMAT which was lost. LMDB maps its lock file and writes to it: on a full disk that would end the process, so
 * its room is taken here. */
static status_t clear(const char *directory, char *out_why, size_t why_size)
{
    static const char NOTHING[READERS_SIZE];
    char data[PATH_MAX], aside[PATH_MAX];
    if (!path_of(data, directory, "data.mdb") || !path_of(aside, directory, "data.mdb.unfinished"))
        return STATUS_IO;
    if (rename(data, aside) != 0 && errno != ENOENT)
        return status_of_errno("what an unfinished start left cannot be moved away", out_why, why_size);
    TRY(make_bell(directory, out_why, why_size));
    return write_synced(directory, "lock.mdb", NOTHING, sizeof NOTHING, out_why, why_size);
}

status_t outbox_prepare(const char *directory, bool *out_is_new, char *out_why, size_t why_size)
{
    char path[PATH_MAX], text[64] = "";
    if (!path_of(path, directory, FORMAT_FILE))
        return STATUS_IO;
    CLEANUP(file_close) int file = open(path, O_RDONLY | O_CLOEXEC);
    *out_is_new = file < 0 && errno == ENOENT;
    if (*out_is_new)
        return clear(directory, out_why, why_size);
    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        return status_of_errno(FORMAT_FILE " cannot be read", out_why, why_size);
    return check_format(text, out_why, why_size);
}

status_t outbox_finish(const char *directory, char *out_why, size_t why_size)
{
    char text[64], parent[PATH_MAX];
    int size = snprintf(text, sizeof text, FORMAT_PREFIX "%d\n", FORMAT_NUMBER);
    TRY(sync_directory(directory, out_why, why_size)); /* data.mdb has its name before FORMAT says so */
    TRY(write_synced(directory, FORMAT_FILE ".new", text, (size_t)size, out_why, why_size));
    char from[PATH_MAX], to[PATH_MAX];
    if (!path_of(from, directory, FORMAT_FILE ".new") || !path_of(to, directory, FORMAT_FILE) || rename(from, to) != 0)
        return status_of_errno(FORMAT_FILE, out_why, why_size);
    TRY(sync_directory(directory, out_why, why_size));
    snprintf(parent, sizeof parent, "%s", directory);
    return sync_directory(dirname(parent), out_why, why_size);
}

void outbox_ring(const char *directory)
{
    char path[PATH_MAX];
    if (!path_of(path, directory, BELL_FILE))
        return;
    CLEANUP(file_close) int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    (void)file;
}
