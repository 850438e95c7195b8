#include "storage/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* LMDB reports a write that the disk took in part as EIO. With less than this left, what was short was the space. */
#define NEARLY_FULL_BYTES (UINT64_C(64) << 20)

status_t environment_status(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_KEYEXIST:
        return STATUS_CONFLICT;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STATUS_STORE_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
        return STATUS_DAMAGED;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    case MDB_READERS_FULL:
        return STATUS_BUSY;
    default:
        return STATUS_IO;
    }
}

static int set_up(MDB_env *env, size_t map_bytes, unsigned tables, unsigned max_readers)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int code = mdb_env_set_mapsize(env, (map_bytes + page - 1) / page * page);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_maxdbs(env, tables);
    if (code == MDB_SUCCESS && max_readers)
        code = mdb_env_set_maxreaders(env, max_readers);
    return code;
}

status_t environment_open(const char *directory, size_t map_bytes, unsigned tables, unsigned max_readers,
                          unsigned flags, MDB_env **out)
{
    MDB_env *env = NULL;
    int code = mdb_env_create(&env);
    if (code != MDB_SUCCESS)
        return environment_status(code);
    code = set_up(env, map_bytes, tables, max_readers);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(env, directory, MDB_NOTLS | flags, 0600);
    if (code != MDB_SUCCESS) {
        mdb_env_close(env);
        return environment_status(code);
    }
    *out = env;
    return STATUS_OK;
}

static bool is_nearly_full(MDB_env *env)
{
    int file;
    struct stat status;
    struct statvfs disk;
    struct rlimit limit;
    if (mdb_env_get_fd(env, &file) || fstat(file, &status) || fstatvfs(file, &disk) || getrlimit(RLIMIT_FSIZE, &limit))
        return false;
    return (uint64_t)disk.f_bavail * disk.f_frsize < NEARLY_FULL_BYTES ||
           (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (uint64_t)status.st_size + NEARLY_FULL_BYTES);
}

status_t environment_commit(MDB_txn **txn)
{
    MDB_env *env = mdb_txn_env(*txn);
    int code = mdb_txn_commit(*txn);
    *txn = NULL;
    return code == EIO && is_nearly_full(env) ? STATUS_STORE_FULL : environment_status(code);
}

void environment_close(MDB_env **env)
{
    if (*env)
        mdb_env_close(*env);
    *env = NULL;
}

void environment_close_cursor(MDB_cursor **cursor)
{
    if (*cursor)
        mdb_cursor_close(*cursor);
    *cursor = NULL;
}
