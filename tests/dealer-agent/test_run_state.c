#include "dealer-agent/run_state.h"

#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static directory_t work;
static run_state_t state, found;

static void begin(void)
{
    work = directory_make();
    memset(&state, 0, sizeof state);
}

static void end(void)
{
    directory_remove(&work);
}

TestSuite(run_state, .init = begin, .fini = end, .timeout = 30);

Test(run_state, of_a_home_without_a_daemon_is_empty)
{
    OK(run_state_read(work.path, &found));
    cr_assert_eq(memcmp(&found, &state, sizeof state), 0);
}

Test(run_state, is_read_as_it_was_written_whatever_bytes_a_name_has)
{
    strcpy(state.desk, "/home/a b/\xE6\xA1\x8C %41");
    state.pid = 4711;
    state.started_ms = 1750000000123;
    strcpy(state.last_name, "new\nline \"quoted\" \xFF\xFE 100%.csv");
    strcpy(state.last_outcome, "accepted");
    state.last_ms = 1750000001000;
    state.waiting = 300;
    state.file_count = RUN_STATE_FILES;
    for (size_t i = 0; i < RUN_STATE_FILES; i++) {
        memset(state.files[i].name, '\n', NAME_MAX);
        state.files[i].name[0] = (char)('a' + i);
        strcpy(state.files[i].why, "is open for writing in another program");
    }
    state.ignored = 7;
    state.ignored_count = RUN_STATE_IGNORED;
    for (size_t i = 0; i < RUN_STATE_IGNORED; i++) {
        memset(state.ignored_files[i].name, '%', NAME_MAX);
        strcpy(state.ignored_files[i].why, "a folder");
    }
    OK(run_state_write(work.path, &state));
    OK(run_state_read(work.path, &found));
    cr_assert_eq(memcmp(&found, &state, sizeof state), 0);
    cr_assert(run_state_equal(&found, &state));
}

Test(run_state, differs_where_anything_in_it_does)
{
    state.file_count = state.waiting = 2;
    state.ignored_count = state.ignored = 2;
    for (int i = 0; i < 13; i++) {
        run_state_t other = state;
        char *const TEXTS[] = {other.desk, other.last_name, other.last_outcome, other.files[1].name,
                               other.files[0].why};
        if (i < 5)
            TEXTS[i][0] = 'x';
        other.pid += i == 5;
        other.started_ms += i == 6;
        other.last_ms += i == 7;
        other.file_count -= i == 8;
        other.ignored_count -= i == 9;
        other.ignored += i == 10;
        other.ignored_files[1].name[0] ^= i == 11;
        other.ignored_files[0].why[0] ^= i == 12;
        cr_assert_not(run_state_equal(&state, &other), "difference %d", i);
    }
    cr_assert(run_state_equal(&state, &state));
}

Test(run_state, that_is_cut_or_foreign_is_read_as_far_as_it_goes)
{
    static const char TEXT[] = "pid: 12\nnonsense\nfile: a%4\nlast: \nwaiting: many\ndesk: d%";
    file_write(path_in(&work, RUN_STATE_FILE), TEXT, sizeof TEXT - 1);
    OK(run_state_read(work.path, &found));
    cr_assert_eq(found.pid, 12);
    cr_assert_eq(found.waiting, 0);
    cr_assert_str_eq(found.desk, "d%");
    cr_assert_str_eq(found.files[0].name, "a%4");
}

Test(run_state, that_cannot_be_read_is_not_taken_for_none)
{
    cr_assert_eq(mkdir(path_in(&work, RUN_STATE_FILE), 0700), 0);
    cr_assert_eq(run_state_read(work.path, &found), STATUS_IO);
}

Test(run_state, is_whole_blocks_so_that_it_can_be_written_over_on_a_full_disk)
{
    struct stat info;
    for (size_t i = 0; i < 4; i++) {
        state.file_count = i * 5;
        for (size_t j = 0; j < state.file_count; j++)
            memset(state.files[j].name, 'n', NAME_MAX);
        OK(run_state_write(work.path, &state));
        cr_assert_eq(stat(path_in(&work, RUN_STATE_FILE), &info), 0);
        cr_assert(info.st_size > 0 && info.st_size % 4096 == 0, "%lld bytes", (long long)info.st_size);
    }
    cr_assert_eq(stat(path_in(&work, "." RUN_STATE_FILE), &info), -1);
}

Test(run_state, says_whether_a_daemon_holds_the_home)
{
    int first = -1, second = -1;
    int64_t pid = 0;
    OK(run_state_lock(work.path, &first, &pid));
    OK(run_state_read(work.path, &found));
    cr_assert(found.is_running);
    cr_assert_eq(run_state_lock(work.path, &second, &pid), STATUS_CONFLICT);
    cr_assert_eq(pid, getpid());
    close(first);
    OK(run_state_read(work.path, &found));
    cr_assert_not(found.is_running);
    OK(run_state_lock(work.path, &second, &pid));
    close(second);
}
