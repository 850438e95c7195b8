/* A copy of the store, page for page. LMDB's compacting copy is not used: it numbers its one transaction 1 and leaves
 * the other meta page empty, so neither the head's epoch nor what is checked before LMDB opens a file would hold
 * without writing to the copy; and it walks the tree, which a damaged page leads astray, in this process. The price is
 * the free pages, few in a store that is mostly appended to. */
#include "hub/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_close(int *file)
{
    if (*file >= 0)
        close(*file);
}

static bool path_of(char out[PATH_MAX], const char *directory, const char *name)
{
    return snprintf(out, PATH_MAX, "%s/%s", directory, name) < PATH_MAX;
}

/* `code` as LMDB or the system gave it. */
static status_t explain(int code, const char *directory, const char *what, char *out_why, size_t why_size)
{
    status_t status = environment_status(code);
    const char *advice = status == STATUS_STORE_FULL ? "; make room there, or name a place on another disk" : "";
    if (status != STATUS_OK)
        snprintf(out_why, why_size, "%s/data.mdb: %s: %s%s", directory, what, mdb_strerror(code), advice);
    return status;
}

/* Where nobody had opened the store since it came here, opening it made LMDB's lock file. If that was root, the hub's
 * own account could not open it any more, so it gets the data's owner. */
static void hand_over_lock_file(const char *directory)
{
    char data[PATH_MAX], lock[PATH_MAX];
    struct stat owner;
    if (geteuid() == 0 && path_of(data, directory, "data.mdb") && path_of(lock, directory, "lock.mdb") &&
        stat(data, &owner) == 0 && lchown(lock, owner.st_uid, owner.st_gid) != 0)
        return; /* a file system without owners */
}

static status_t open_source(const char *directory, MDB_env **out, char *out_why, size_t why_size)
{
    char reason[200] = "";
    int dead;
    status_t status = store_open_beside(directory, 0, out, reason, sizeof reason);
    if (status == STATUS_OK) {
        hand_over_lock_file(directory);
        status = environment_status(mdb_reader_check(*out, &dead)); /* of backups that were killed */
    }
    if (status != STATUS_OK)
        snprintf(out_why, why_size, "%s: %s%s", directory, *reason ? reason : status_text(status),
                 status == STATUS_DAMAGED ? "; restore the directory from a backup" : "");
    return status;
}

/* By a descriptor of ours and not by path: LMDB would write around the page cache, and the hub's writer waits while the
 * two meta pages are written. */
static status_t copy_pages(const char *directory, const char *destination, int file, char *out_why, size_t why_size)
{
    CLEANUP(environment_close) MDB_env *env = NULL;
    TRY(open_source(directory, &env, out_why, why_size));
    int code = mdb_env_copyfd2(env, file, 0);
    if (code == EFAULT) { /* what is written is read from the map, by the system */
        snprintf(out_why, why_size, "%s/data.mdb: its disk cannot be read; restore the directory from a backup",
                 directory);
        return STATUS_IO;
    }
    return explain(code, destination, "cannot be written", out_why, why_size);
}

/* A hub at work may have been between its commit and its making the file as long as its count. */
static status_t extend(const char *destination, char *out_why, size_t why_size)
{
    CLEANUP(environment_close) MDB_env *env = NULL;
    status_t status = environment_open(destination, 1, TABLE_COUNT, 0, MDB_NOLOCK, &env);
    if (status == STATUS_OK)
        store_extend_file(env);
    else
        snprintf(out_why, why_size, "%s/data.mdb: cannot be opened: %s", destination, status_text(status));
    return status;
}

static status_t copy_data(const char *directory, const char *destination, char *out_why, size_t why_size)
{
    char path[PATH_MAX];
    CLEANUP(file_close) int file = -1;
    errno = ENAMETOOLONG;
    if (!path_of(path, destination, "data.mdb") ||
        (file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        return explain(errno, destination, "cannot be made", out_why, why_size);
    TRY(copy_pages(directory, destination, file, out_why, why_size));
    TRY(extend(destination, out_why, why_size));
    if (fsync(file) != 0)
        return explain(errno, destination, "cannot be synced", out_why, why_size);
    (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED); /* who verifies it reads what the disk holds */
    return STATUS_OK;
}

static status_t read_format(const char *directory, unsigned *out, char *out_why, size_t why_size)
{
    char reason[300] = "";
    status_t status = store_check_format(directory, out, reason, sizeof reason);
    if (status != STATUS_OK)
        snprintf(out_why, why_size, "%s: %s", directory, *reason ? reason : status_text(status));
    return status;
}

status_t store_copy(const char *directory, const char *destination, char *out_why, size_t why_size)
{
    unsigned format;
    TRY(read_format(directory, &format, out_why, why_size));
    TRY(copy_data(directory, destination, out_why, why_size));
    /* Again: a hub that starts meanwhile may upgrade the store, and FORMAT first, so it is never below the data's. */
    TRY(read_format(directory, &format, out_why, why_size));
    snprintf(out_why, why_size, "%s: cannot be synced", destination);
    return store_finish_files(destination, format, out_why, why_size);
}
