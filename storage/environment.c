#include "storage/environment.h"

#include <errno.h>
#include <unistd.h>

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
