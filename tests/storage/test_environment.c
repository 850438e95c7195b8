/* What LMDB says, in the project's words. */
#include "storage/environment.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(environment, .timeout = 10);

Test(environment, what_heals_is_told_from_damage)
{
    static const struct {
        int code;
        status_t status;
    } CODES[] = {{MDB_SUCCESS, STATUS_OK},
                 {MDB_NOTFOUND, STATUS_NOT_FOUND},
                 {MDB_KEYEXIST, STATUS_CONFLICT},
                 {MDB_MAP_FULL, STATUS_STORE_FULL},
                 {ENOSPC, STATUS_STORE_FULL},
                 {EDQUOT, STATUS_STORE_FULL},
                 {MDB_READERS_FULL, STATUS_BUSY},
                 {ENOMEM, STATUS_NO_MEMORY},
                 {MDB_CORRUPTED, STATUS_DAMAGED},
                 {MDB_INVALID, STATUS_DAMAGED},
                 {EIO, STATUS_IO},
                 {EACCES, STATUS_IO}};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        cr_assert_eq(environment_status(CODES[i].code), CODES[i].status, "%d", CODES[i].code);
}

Test(environment, one_that_cannot_be_opened_is_left_alone)
{
    MDB_env *env = NULL;
    MDB_cursor *cursor = NULL;
    cr_assert_eq(environment_open("/nowhere", 1, 1, 0, 0, &env), STATUS_IO);
    cr_assert_null(env);
    environment_close(&env);
    environment_close_cursor(&cursor);
}

Test(environment, a_map_of_any_size_is_made_whole_pages)
{
    char directory[] = "/tmp/yardstick-test-XXXXXX", path[64];
    MDB_env *env = NULL;
    MDB_envinfo info;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    cr_assert(mkdtemp(directory));
    cr_assert_eq(environment_open(directory, 10 * page + 1, 1, 3, MDB_NOLOCK, &env), STATUS_OK);
    cr_assert_eq(mdb_env_info(env, &info), 0);
    cr_assert_eq(info.me_mapsize, 11 * page);
    environment_close(&env);
    cr_assert_null(env);
    snprintf(path, sizeof path, "%s/data.mdb", directory);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(directory), 0);
}
