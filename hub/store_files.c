/* The files around LMDB's: FORMAT, LOCK, the making of a store, and what can be known before LMDB opens it. */
#include "hub/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT_PREFIX "yardstick-data "

#define FORMAT_BESIDE "FORMAT.new"

static const char *const store_file_names[] = {"FORMAT", FORMAT_BESIDE, "data.mdb", "lock.mdb", "LOCK"};

static void path_of(char out[PATH_MAX], const char *directory, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", directory, name);
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
    return environment_status(code);
}

status_t store_sync_directory(const char *directory)
{
    CLEANUP(file_close) int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file >= 0 && fsync(file) == 0 ? STATUS_OK : STATUS_IO;
}

/* The number behind "yardstick-data ", a newline, and nothing more. */
static bool format_parse(const char *text, unsigned long *out)
{
    if (strncmp(text, FORMAT_PREFIX, strlen(FORMAT_PREFIX)) != 0)
        return false;
    const char *digits = text + strlen(FORMAT_PREFIX);
    size_t length = strspn(digits, "0123456789");
    if (length < 1 || length > 9 || strcmp(digits + length, "\n") != 0)
        return false;
    *out = strtoul(digits, NULL, 10);
    return true;
}

status_t store_check_format(const char *directory, unsigned *out_format, char *out_why, size_t why_size)
{
    struct stat status;
    if (stat(directory, &status) != 0)
        return status_of_errno("cannot be opened", out_why, why_size);
    if (!S_ISDIR(status.st_mode)) {
        snprintf(out_why, why_size, "is no directory; name the one that `yardstick-hub init` made");
        return STATUS_INVALID;
    }
    char path[PATH_MAX], text[64] = "";
    path_of(path, directory, "FORMAT");
    CLEANUP(file_close) int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        snprintf(out_why, why_size,
                 "holds no file FORMAT, so it is no data directory of yardstick's; `yardstick-hub init` makes one");
        return STATUS_INVALID;
    }
    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        return status_of_errno("FORMAT cannot be read", out_why, why_size);
    unsigned long format;
    if (!format_parse(text, &format) || format == 0) {
        snprintf(out_why, why_size, "its file FORMAT does not hold a format number");
        return STATUS_DAMAGED;
    }
    if (format > STORE_FORMAT) {
        snprintf(out_why, why_size,
                 "written by a newer yardstick (format %lu, this one knows %d): install that version", format,
                 STORE_FORMAT);
        return STATUS_NEWER_FORMAT;
    }
    *out_format = (unsigned)format;
    return STATUS_OK;
}

status_t store_take_lock(const char *directory, int *out_lock, char *out_why, size_t why_size)
{
    char path[PATH_MAX];
    path_of(path, directory, "LOCK");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return status_of_errno("LOCK cannot be opened", out_why, why_size);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        *out_lock = file;
        return STATUS_OK;
    }
    int code = errno;
    close(file);
    if (code != EWOULDBLOCK)
        return status_of_errno("LOCK cannot be locked", out_why, why_size);
    snprintf(out_why, why_size, "another hub serves this directory; stop it first, or name another directory");
    return STATUS_BUSY;
}

status_t store_open_beside(const char *directory, unsigned flags, MDB_env **out, char *out_why, size_t why_size)
{
    char path[PATH_MAX];
    struct stat status;
    path_of(path, directory, "data.mdb");
    if (stat(path, &status) != 0 || status.st_size < 2 * sysconf(_SC_PAGESIZE)) { /* LMDB reads two, come what may */
        snprintf(out_why, why_size, "data.mdb is missing, empty or cut off");
        return STATUS_DAMAGED;
    }
    size_t room = (size_t)status.st_size + ((size_t)1 << 32); /* what a hub at work may add meanwhile */
    return environment_open(directory, room, TABLE_COUNT, 0, MDB_RDONLY | flags, out);
}

static status_t write_synced(const char *path, const char *text, char *out_why, size_t why_size)
{
    CLEANUP(file_close) int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return status_of_errno(path, out_why, why_size);
    ssize_t written = write(file, text, strlen(text));
    if (written < 0 || fsync(file) != 0)
        return status_of_errno(path, out_why, why_size);
    return (size_t)written == strlen(text) ? STATUS_OK : STATUS_STORE_FULL;
}

/* FORMAT as a new file. */
static status_t write_format(const char *directory, const char *name, unsigned format, char *out_why, size_t why_size)
{
    char path[PATH_MAX], text[32];
    snprintf(text, sizeof text, FORMAT_PREFIX "%u\n", format);
    path_of(path, directory, name);
    return write_synced(path, text, out_why, why_size);
}

status_t store_renew_format(const char *directory, char *out_why, size_t why_size)
{
    char beside[PATH_MAX], path[PATH_MAX];
    path_of(beside, directory, FORMAT_BESIDE);
    path_of(path, directory, "FORMAT");
    unlink(beside); /* of an upgrade that was cut off */
    TRY(write_format(directory, FORMAT_BESIDE, STORE_FORMAT, out_why, why_size));
    if (rename(beside, path) != 0)
        return status_of_errno(path, out_why, why_size);
    return store_sync_directory(directory);
}

static status_t make_tables(const char *directory, const store_options_t *options)
{
    CLEANUP(environment_close) MDB_env *env = NULL;
    TRY(environment_open(directory, options->map_bytes, TABLE_COUNT, options->max_readers, 0, &env));
    store_t store = {.env = env, .lock = -1};
    store_txn_t *txn = calloc(1, sizeof *txn);
    if (!txn)
        return STATUS_NO_MEMORY;
    *txn = (store_txn_t){.store = &store, .writes = true, .dirty = true, .head.format = STORE_FORMAT};
    status_t status = environment_status(mdb_txn_begin(env, NULL, 0, &txn->txn));
    if (status == STATUS_OK)
        status = store_open_tables(txn->txn, MDB_CREATE, STORE_FORMAT, store.tables);
    if (status == STATUS_OK)
        status = store_commit(&txn);
    store_abort(&txn);
    return status;
}

/* True for a directory that holds nothing. */
static bool is_empty(const char *directory)
{
    DIR *stream = opendir(directory);
    if (!stream)
        return false;
    size_t entries = 0;
    while (readdir(stream))
        entries++;
    closedir(stream);
    return entries == 2; /* . and .. */
}

status_t store_sync_parent(const char *directory)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", directory);
    return store_sync_directory(dirname(path));
}

status_t store_finish_files(const char *directory, unsigned format, char *out_why, size_t why_size)
{
    char path[PATH_MAX];
    path_of(path, directory, "LOCK");
    TRY(write_synced(path, "", out_why, why_size));
    TRY(write_format(directory, "FORMAT", format, out_why, why_size));
    return store_sync_directory(directory);
}

static status_t fill(const char *directory, const store_options_t *options, char *out_why, size_t why_size)
{
    TRY(make_tables(directory, options));
    TRY(store_finish_files(directory, STORE_FORMAT, out_why, why_size));
    return store_sync_parent(directory);
}

void store_remove_at(int directory)
{
    for (size_t i = 0; i < sizeof store_file_names / sizeof *store_file_names; i++)
        unlinkat(directory, store_file_names[i], 0);
}

void store_remove(const char *directory)
{
    CLEANUP(file_close) int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0)
        store_remove_at(file);
}

status_t store_create(const char *directory, const store_options_t *options, char *out_why, size_t why_size)
{
    if (strlen(directory) > PATH_MAX - 32) {
        snprintf(out_why, why_size, "the directory's name is too long");
        return STATUS_INVALID;
    }
    bool made = mkdir(directory, 0700) == 0;
    if (!made && errno != EEXIST) {
        snprintf(out_why, why_size, "%s: cannot be made: %s", directory, strerror(errno));
        return STATUS_IO;
    }
    if (!made && !is_empty(directory)) {
        snprintf(out_why, why_size, "%s: is not an empty directory; name one that is empty or does not exist",
                 directory);
        return STATUS_CONFLICT;
    }
    char reason[PATH_MAX + 200] = "";
    status_t status = fill(directory, options, reason, sizeof reason);
    if (status == STATUS_OK)
        return STATUS_OK;
    snprintf(out_why, why_size, "%s: %s", directory, *reason ? reason : status_text(status));
    store_remove(directory);
    if (made)
        rmdir(directory);
    return status;
}
