#include "dealer-agent/run_work.h"

#include "dealer-agent/take.h"
#include "support.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What follows from the end of a reader. A shell stands for it. */
static directory_t desk;
static work_t work;
static session_t session;

static void begin(void)
{
    desk = directory_make();
    cr_assert_eq(mkdir(path_in(&desk, "inbox"), 0700), 0);
    cr_assert(work_init(&work, &session, desk.path, 1, 3600));
}

static void end(void)
{
    work_fini(&work);
    directory_remove(&desk);
}

TestSuite(run_work, .init = begin, .fini = end, .timeout = 60);

static const watched_t *drop(const char *name)
{
    char path[NAME_MAX];
    snprintf(path, sizeof path, "inbox/%s", name);
    file_write(path_in(&desk, path), "period\n", 7);
    watch_note_closed(&work.inbox, name, moment_now());
    return &work.inbox.files[work.inbox.count - 1];
}

static void start(const char *name, const char *script)
{
    char *words[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
    strcpy(work.taking, name);
    cr_assert(child_start(&work.children[WORK_TAKE], "/bin/sh", words, true, moment_now()));
}

static void await(void)
{
    while (work_is_busy(&work)) {
        work_reap(&work, moment_now());
        (void)poll(NULL, 0, 5);
    }
}

Test(run_work, a_reader_that_dies_is_a_crash_of_its_file)
{
    const watched_t *file = drop("june.csv");
    start("june.csv", "kill -SEGV $$");
    await();
    cr_assert_eq(file->crashes, 1);
}

Test(run_work, a_reader_that_was_told_to_end_is_no_crash_of_its_file)
{
    const watched_t *file = drop("june.csv");
    start("june.csv", "exec sleep 600");
    child_enforce(&work.children[WORK_TAKE], moment_after(moment_now(), 600000));
    await();
    cr_assert(work.children[WORK_TAKE].is_late);
    cr_assert_eq(file->crashes, 0);
}

static int64_t rest_after(int code)
{
    char script[32];
    snprintf(script, sizeof script, "exit %d", code);
    work.take_failures = 30; /* so that a pause shows */
    work.takes_rest_till = (moment_t){INT64_MIN};
    start("june.csv", script);
    await();
    return work.takes_rest_till.ms;
}

Test(run_work, what_keeps_one_file_holds_up_no_other)
{
    drop("june.csv");
    cr_assert_gt(rest_after(TAKE_EXIT_LATER), INT64_MIN);
    cr_assert_eq(work.inbox.files[0].wait, WAIT_OUTBOX);
    cr_assert_gt(rest_after(TAKE_EXIT_NO_ROOM), INT64_MIN);
    cr_assert_eq(work.inbox.files[0].wait, WAIT_ROOM);
    cr_assert_eq(work.inbox.files[0].failures, 0);
    cr_assert_eq(rest_after(TAKE_EXIT_THIS), INT64_MIN);
    cr_assert_eq(work.inbox.files[0].wait, WAIT_RETRY);
    cr_assert_eq(rest_after(TAKE_EXIT_NO_STORE), INT64_MIN);
    cr_assert_eq(work.inbox.files[0].wait, WAIT_STORE);
    work.errands[WORK_DELIVER].due = MOMENT_NEVER;
    cr_assert_eq(rest_after(TAKE_EXIT_NO_CATALOG), INT64_MIN);
    cr_assert_lt(work.errands[WORK_DELIVER].due.ms, MOMENT_NEVER.ms, "the hub is asked");
    cr_assert_eq(work.inbox.files[0].wait, WAIT_CATALOG);
    cr_assert_eq(rest_after(TAKE_EXIT_TOO_MUCH), INT64_MIN);
    cr_assert_eq(work.inbox.files[0].failures, 4);
    cr_assert_eq(work.inbox.files[0].crashes, 1);
}
