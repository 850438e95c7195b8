#include "dealer-agent/run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define OOM_SCORE "500" /* of -1000 to 1000 */

enum { EXIT_NO_PROGRAM = 127 };

/* As a shell would start it; but SIGPIPE and SIGXFSZ stay ignored where they were, so that a log that nobody reads and
 * a limit are failed writes. */
static void reset_signals(void)
{
    static const int SIGNALS[] = {SIGIO, SIGHUP, SIGTERM, SIGINT, SIGCHLD};
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
        signal(SIGNALS[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Where memory runs out, the kernel is to take the child, which is started again, and not the daemon, which nobody
 * starts. */
static void offer_to_die(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    (void)!write(file, OOM_SCORE, sizeof OOM_SCORE - 1);
    close(file);
}

/* In the child: only what is safe behind a fork. */
static void become(const char *program, char *const arguments[], bool is_quiet, pid_t parent)
{
    /* So that it does not outlive the daemon, however that ends; if it has ended already, nobody would tell. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(EXIT_NO_PROGRAM);
    reset_signals();
    offer_to_die();
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        (is_quiet && dup2(nothing, STDERR_FILENO) < 0))
        _exit(EXIT_NO_PROGRAM);
    execv(program, arguments);
    _exit(EXIT_NO_PROGRAM);
}

bool child_start(child_t *child, const char *program, char *const arguments[], bool is_quiet, moment_t now)
{
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return false;
    if (pid == 0)
        become(program, arguments, is_quiet, parent);
    child->pid = pid;
    child->ends = moment_after(now, child->deadline_ms);
    child->is_told = child->is_late = false;
    return true;
}

moment_t child_due(const child_t *child)
{
    return child->pid ? child->ends : MOMENT_NEVER;
}

void child_tell(child_t *child, moment_t now)
{
    if (!child->pid || child->is_told)
        return;
    kill(child->pid, SIGTERM);
    child->is_told = true;
    child->ends = moment_after(now, CHILD_GRACE_MS);
}

void child_enforce(child_t *child, moment_t now)
{
    if (!child->pid || now.ms < child->ends.ms)
        return;
    if (child->is_told) {
        kill(child->pid, SIGKILL);
        child->ends = MOMENT_NEVER; /* the rest is up to the kernel, which tells when it is done */
        return;
    }
    child->is_late = true;
    child_tell(child, now);
}

bool child_reap(child_t *child, int *out_status)
{
    int status = 0;
    if (!child->pid)
        return false;
    pid_t ended = waitpid(child->pid, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return false;
    child->pid = 0;
    *out_status = ended < 0 ? 0 : status;
    return true;
}
