#include "dealer-agent/run_child.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_child, .timeout = 60);

#define SHELL "/bin/sh"

static void start(child_t *child, const char *script, int64_t deadline_ms)
{
    char *words[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
    *child = (child_t){.name = "test", .deadline_ms = deadline_ms};
    cr_assert(child_start(child, SHELL, words, true, moment_now()));
    cr_assert_gt(child->pid, 0);
}

/* Until it has ended, its deadlines kept; its status. */
static int await(child_t *child)
{
    int status = -1;
    while (!child_reap(child, &status)) {
        child_enforce(child, moment_now());
        (void)poll(NULL, 0, 5);
    }
    cr_assert_eq(child->pid, 0);
    return status;
}

Test(run_child, gives_its_exit_status)
{
    child_t child;
    start(&child, "exit 3", 60000);
    int status = await(&child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    cr_assert_not(child.is_late);
    cr_assert_eq(child_due(&child).ms, INT64_MAX);
}

Test(run_child, that_is_no_program_says_so_by_its_status)
{
    child_t child = {.name = "test", .deadline_ms = 60000};
    char *words[] = {"nothing", NULL};
    cr_assert(child_start(&child, "/nowhere/nothing", words, true, moment_now()));
    int status = await(&child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

Test(run_child, is_what_the_kernel_takes_first_where_memory_runs_out)
{
    child_t child;
    start(&child, "read score </proc/self/oom_score_adj; [ \"$score\" = 500 ]", 60000);
    int status = await(&child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(run_child, past_its_deadline_is_told_to_end)
{
    child_t child;
    start(&child, "exec sleep 600", 50);
    int status = await(&child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    cr_assert(child.is_late);
}

Test(run_child, that_does_not_listen_is_ended)
{
    child_t child;
    int ends[2];
    char script[100], byte;
    cr_assert_eq(pipe(ends), 0);
    snprintf(script, sizeof script, "trap '' TERM; echo >/proc/self/fd/%d; exec sleep 600", ends[1]);
    start(&child, script, 600000);
    cr_assert_eq(read(ends[0], &byte, 1), 1, "it is deaf now");
    moment_t now = moment_now();
    child_tell(&child, now);
    cr_assert_eq(child.ends.ms, now.ms + CHILD_GRACE_MS);
    int status = -1;
    cr_assert_not(child_reap(&child, &status));
    child_enforce(&child, moment_after(now, CHILD_GRACE_MS - 1));
    cr_assert_not(child_reap(&child, &status));
    child_enforce(&child, moment_after(now, CHILD_GRACE_MS)); /* as if that time had passed */
    status = await(&child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
    close(ends[1]);
}

Test(run_child, gets_its_signals_back)
{
    child_t child;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGIO, SIG_IGN);
    cr_assert_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    start(&child, "kill -IO $$; exit 5", 60000);
    int status = await(&child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGIO);
    start(&child, "kill -TERM $$; exit 5", 60000);
    status = await(&child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    start(&child, "kill -PIPE $$; exit 5", 60000);
    status = await(&child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 5, "a log that nobody reads kills no child");
}

/* A parent that is killed in the middle of it all; its child writes down who it is, then would sleep for long. */
Test(run_child, does_not_outlive_its_parent)
{
    int pipe_ends[2];
    cr_assert_eq(pipe(pipe_ends), 0);
    pid_t parent = fork();
    cr_assert_geq(parent, 0);
    if (parent == 0) {
        char script[100];
        snprintf(script, sizeof script, "echo >/proc/self/fd/%d; exec sleep 600", pipe_ends[1]);
        char *words[] = {"sh", "-c", script, NULL};
        child_t child = {.name = "test", .deadline_ms = 600000};
        if (!child_start(&child, SHELL, words, true, moment_now()))
            _exit(1);
        close(pipe_ends[1]);
        pause();
        _exit(0);
    }
    close(pipe_ends[1]);
    char byte;
    cr_assert_eq(read(pipe_ends[0], &byte, 1), 1, "the child is there");
    kill(parent, SIGKILL);
    cr_assert_eq(waitpid(parent, NULL, 0), parent);
    /* The pipe ends when nobody holds it any more: the child has gone too. */
    cr_assert_eq(read(pipe_ends[0], &byte, 1), 0);
}
