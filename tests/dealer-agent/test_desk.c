#include "dealer-agent/desk.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static directory_t work;
static int folder;

static void begin(void)
{
    work = directory_make();
    folder = open(work.path, O_RDONLY | O_DIRECTORY);
    cr_assert_geq(folder, 0);
}

static void end(void)
{
    close(folder);
    directory_remove(&work);
}

TestSuite(desk, .init = begin, .fini = end, .timeout = 30);

static void touch(const char *name)
{
    file_write(path_in(&work, name), "x", 1);
}

static const char *free_name(const char *name, const char *suffix)
{
    static char out[NAME_MAX + 1];
    cr_assert(desk_free_name(folder, name, suffix, out));
    return out;
}

Test(desk, makes_its_folders_and_keeps_those_that_are_there)
{
    char desk[PATH_MAX];
    faults_t faults = {0};
    struct stat info;
    cr_assert(desk_path(work.path, NULL, desk));
    cr_assert_str_eq(desk, path_in(&work, "desk"));
    for (int i = 0; i < 2; i++)
        OK(desk_make(desk, &faults));
    for (desk_folder_t i = 0; i < DESK_FOLDER_COUNT; i++) {
        char path[PATH_MAX];
        desk_folder_path(desk, i, path);
        cr_assert(stat(path, &info) == 0 && S_ISDIR(info.st_mode), "%s", path);
    }
    faults_fini(&faults);
}

Test(desk, one_folder_is_made_without_the_others)
{
    char desk[PATH_MAX], path[PATH_MAX];
    faults_t faults = {0};
    snprintf(desk, sizeof desk, "%s/a/b", work.path);
    for (int i = 0; i < 2; i++)
        OK(desk_make_folder(desk, DESK_RESULTS, &faults));
    desk_folder_path(desk, DESK_RESULTS, path);
    cr_assert_eq(access(path, F_OK), 0);
    desk_folder_path(desk, DESK_INBOX, path);
    cr_assert_neq(access(path, F_OK), 0);
    desk_folder_path(desk, DESK_RESULTS, path);
    cr_assert_eq(rmdir(path), 0);
    file_write(path, "x", 1);
    cr_assert_eq(desk_make_folder(desk, DESK_RESULTS, &faults), STATUS_IO);
    faults_fini(&faults);
}

Test(desk, that_cannot_be_made_says_which_folder_and_why)
{
    char desk[PATH_MAX];
    faults_t faults = {0};
    touch("desk");
    cr_assert(desk_path(work.path, NULL, desk));
    cr_assert_eq(desk_make(desk, &faults), STATUS_IO);
    cr_assert(strstr(fault_lines(&faults), desk), "%s", fault_lines(&faults));
    cr_assert(strstr(fault_lines(&faults), "--desk"));
    faults_fini(&faults);
}

Test(desk, refuses_a_path_without_room_for_its_folders)
{
    char desk[PATH_MAX], longest[PATH_MAX];
    memset(longest, 'a', sizeof longest);
    longest[PATH_MAX - 17] = '\0';
    cr_assert(desk_path("", longest, desk));
    longest[PATH_MAX - 17] = 'a';
    longest[PATH_MAX - 16] = '\0';
    cr_assert_not(desk_path("", longest, desk));
}

Test(desk, gives_a_name_that_is_taken_a_number_before_its_ending)
{
    cr_assert_str_eq(free_name("june.csv", ".report.txt"), "june.csv");
    touch("june.csv");
    cr_assert_str_eq(free_name("june.csv", ".report.txt"), "june (2).csv");
    touch("june (2).csv");
    cr_assert_str_eq(free_name("june.csv", ".report.txt"), "june (3).csv");
    touch("june");
    cr_assert_str_eq(free_name("june", ".report.txt"), "june (2)");
    touch("june.csv D0001 2025-06.refused.txt");
    cr_assert_str_eq(free_name("june.csv D0001 2025-06", ".refused.txt"), "june.csv D0001 2025-06 (2)");
}

Test(desk, takes_no_name_whose_report_is_there)
{
    touch("june.csv.report.txt");
    cr_assert_str_eq(free_name("june.csv", ".report.txt"), "june (2).csv");
}

Test(desk, cuts_a_name_that_leaves_no_room_for_its_report_at_a_character)
{
    char name[NAME_MAX + 1] = "", with[2 * NAME_MAX];
    for (int i = 0; i < 83; i++)
        strcat(name, "月");
    strcat(name, "ab.csv");
    cr_assert_eq(strlen(name), NAME_MAX);
    const char *found = free_name(name, ".report.txt");
    snprintf(with, sizeof with, "%s.report.txt", found);
    cr_assert_leq(strlen(with), NAME_MAX);
    cr_assert_str_eq(found + strlen(found) - 4, ".csv");
    cr_assert_eq((strlen(found) - 4) % 3, 0, "%s", found);
}

Test(desk, moves_a_file_but_never_over_another)
{
    touch("a");
    touch("b");
    cr_assert_eq(desk_move(folder, "a", folder, "b"), STATUS_CONFLICT);
    OK(desk_move(folder, "a", folder, "c"));
    cr_assert_neq(access(path_in(&work, "a"), F_OK), 0);
    OK((status_t)access(path_in(&work, "c"), F_OK));
    errno = 0;
    cr_assert_eq(desk_move(folder, "a", folder, "d"), STATUS_IO);
    cr_assert_eq(errno, ENOENT);
}

Test(desk, moves_a_file_to_another_file_system_by_copying_it)
{
    struct stat here, there;
    directory_t memory = {"/dev/shm/yardstick-desk-XXXXXX"};
    cr_assert(mkdtemp(memory.path));
    cr_assert(stat(work.path, &here) == 0 && stat(memory.path, &there) == 0);
    int other = open(memory.path, O_RDONLY | O_DIRECTORY);
    char bytes[200000];
    memset(bytes, 'y', sizeof bytes);
    file_write(path_in(&work, "a"), bytes, sizeof bytes);
    cr_assert_neq(here.st_dev, there.st_dev, "this test needs /dev/shm on a file system of its own");
    OK(desk_move(folder, "a", other, "a"));
    size_t size = 0;
    uint8_t *moved = file_read(path_in(&memory, "a"), &size);
    cr_assert_eq(size, sizeof bytes);
    cr_assert_eq(memcmp(moved, bytes, size), 0);
    cr_assert_neq(access(path_in(&work, "a"), F_OK), 0);
    free(moved);
    touch("a");
    cr_assert_eq(desk_move(folder, "a", other, "a"), STATUS_CONFLICT);
    OK((status_t)access(path_in(&work, "a"), F_OK));
    cr_assert_neq(access(path_in(&memory, ".copying.tmp"), F_OK), 0, "nothing is left of a copy that was not wanted");
    close(other);
    directory_remove(&memory);
}

/* By someone who may not take it away. */
Test(desk, leaves_no_copy_of_a_file_that_cannot_be_taken_away)
{
    directory_t memory = {"/dev/shm/yardstick-desk-XXXXXX"};
    cr_assert(mkdtemp(memory.path));
    int other = open(memory.path, O_RDONLY | O_DIRECTORY);
    touch("a");
    cr_assert(fchmod(folder, 0555) == 0 && fchmod(other, 0777) == 0);
    bool is_root = geteuid() == 0;
    cr_assert(!is_root || seteuid(65534) == 0);
    status_t status = desk_move(folder, "a", other, "a");
    int reason = errno;
    cr_assert(!is_root || seteuid(0) == 0);
    cr_assert(status == STATUS_IO && reason == EACCES, "%s", strerror(reason));
    cr_assert_neq(access(path_in(&memory, "a"), F_OK), 0);
    OK((status_t)access(path_in(&work, "a"), F_OK));
    cr_assert_eq(fchmod(folder, 0755), 0);
    close(other);
    directory_remove(&memory);
}

Test(desk, replaces_a_file_whole)
{
    OK(desk_replace(folder, "r.csv", "one", 3));
    OK(desk_replace(folder, "r.csv", "three", 5));
    size_t size = 0;
    uint8_t *bytes = file_read(path_in(&work, "r.csv"), &size);
    cr_assert(size == 5 && memcmp(bytes, "three", 5) == 0);
    free(bytes);
    cr_assert_neq(access(path_in(&work, ".r.csv.tmp"), F_OK), 0);
}

Test(desk, tells_a_lack_of_room_from_what_a_person_must_mend)
{
    static const int NO_ROOM[] = {ENOSPC, EDQUOT, EFBIG}, OTHERS[] = {EIO, EACCES, EROFS};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(desk_status_of(NO_ROOM[i]), STATUS_STORE_FULL, "%s", strerror(NO_ROOM[i]));
        cr_assert_eq(desk_status_of(OTHERS[i]), STATUS_IO, "%s", strerror(OTHERS[i]));
    }
}

Test(desk, lock_is_held_by_one_and_free_when_that_is_closed)
{
    int first = -1, second = -1;
    OK(desk_lock(work.path, "x.lock", 0, &first));
    cr_assert_eq(desk_lock(work.path, "x.lock", 50, &second), STATUS_BUSY);
    desk_close(&first);
    OK(desk_lock(work.path, "x.lock", 0, &second));
    desk_close(&second);
    cr_assert_eq(desk_lock(path_in(&work, "nowhere"), "x.lock", 0, &second), STATUS_IO);
}
