/* Reading everything, in a child: what a damaged page makes LMDB do to the process is then the child's affair. */
#include "hub/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_SECONDS = 120, ATTEMPTS = 10, RETRY_NANOSECONDS = 20000000 };

/* What the child sends: zero or more ticks (a sign that it is at work), then the result. */
typedef struct {
    bool is_tick;
    status_t status;
    store_counts_t counts;
    char why[300];
} message_t;
_Static_assert(sizeof(message_t) <= PIPE_BUF, "one write is one message");

typedef struct {
    int pipe;
    time_t last;
} ticker_t;

static time_t now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void tick(void *context)
{
    ticker_t *ticker = context;
    time_t now = now_seconds();
    if (now == ticker->last)
        return;
    ticker->last = now;
    message_t message = {.is_tick = true};
    if (write(ticker->pipe, &message, sizeof message) < 0)
        _exit(1); /* nobody waits for the result any more */
}

static void txn_abort(MDB_txn **txn)
{
    if (*txn)
        mdb_txn_abort(*txn);
}

/* The records of the newest snapshot, then the pages of one at least as new, which that snapshot keeps from being used
 * again. */
static status_t check_snapshot(const char *directory, MDB_env *env, int attempts, ticker_t *ticker, message_t *message)
{
    CLEANUP(txn_abort) MDB_txn *txn = NULL;
    char *why = message->why;
    TRY(store_map_error(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn)));
    status_t status = STATUS_DAMAGED;
    struct timespec pause = {0, RETRY_NANOSECONDS};
    for (int i = 0; i < attempts && status == STATUS_DAMAGED;
         i++) { /* a hub at work changes the meta pages under our eyes */
        if (i)
            nanosleep(&pause, NULL);
        status = store_check_pages(directory, tick, ticker, why, sizeof message->why);
    }
    TRY(status);
    store_t store = {.env = env, .lock = -1};
    store_check_t check = {.txn = {.store = &store, .txn = txn},
                           .tick = tick,
                           .context = ticker,
                           .why = why,
                           .why_size = sizeof message->why};
    TRY(store_find_head(txn, &check.txn.head));
    TRY(store_open_tables(txn, 0, check.txn.head.format, store.tables));
    TRY(store_check_head(txn, store.tables, &check.txn.head, why, sizeof message->why));
    TRY(store_check_records(&check));
    return store_counts(&check.txn, &message->counts);
}

/* Without a hub on the directory there is nobody to keep in step with, and no lock file of LMDB's is made (it would
 * belong to whoever verifies). */
static unsigned lock_flag(const char *directory)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/LOCK", directory);
    int file = open(path, O_RDONLY | O_CLOEXEC); /* held until the child ends */
    return file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0 ? MDB_NOLOCK : 0;
}

static status_t check_directory(const char *directory, ticker_t *ticker, message_t *message)
{
    MDB_env *env;
    unsigned flags = lock_flag(directory);
    if (flags & MDB_NOLOCK)
        TRY(store_check_file(directory, message->why, sizeof message->why));
    TRY(store_open_beside(directory, flags, &env, message->why, sizeof message->why));
    return check_snapshot(directory, env, flags & MDB_NOLOCK ? 1 : ATTEMPTS, ticker,
                          message); /* the child's end closes it */
}

static void run_child(const char *directory, int pipe) __attribute__((noreturn));
static void run_child(const char *directory, int pipe)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], SIG_DFL);
    ticker_t ticker = {pipe, now_seconds()};
    message_t message = {0};
    message.status = check_directory(directory, &ticker, &message);
    if (message.status == STATUS_NOT_FOUND) /* what was looked up had to be there */
        message.status = STATUS_DAMAGED;
    _exit(write(pipe, &message, sizeof message) == (ssize_t)sizeof message ? 0 : 1);
}

/* The child's last message. STATUS_DAMAGED where it ended without one; STATUS_TIMED_OUT where it showed no sign of
 * work. */
static status_t read_result(int pipe, message_t *out)
{
    for (;;) {
        message_t message;
        struct pollfd poller = {.fd = pipe, .events = POLLIN};
        int ready = poll(&poller, 1, TICK_SECONDS * 1000);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return STATUS_TIMED_OUT;
        ssize_t size = read(pipe, &message, sizeof message);
        if (size < 0 && errno == EINTR)
            continue;
        if (size != (ssize_t)sizeof message)
            return STATUS_DAMAGED;
        if (!message.is_tick) {
            *out = message;
            return STATUS_OK;
        }
    }
}

static void reap(pid_t child)
{
    kill(child, SIGKILL); /* it has said all that it had to say, or never will */
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static status_t verify_in_child(const char *directory, message_t *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return STATUS_IO;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(directory, ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return STATUS_NO_MEMORY;
    }
    status_t status = read_result(ends[0], out);
    close(ends[0]);
    reap(child);
    if (status == STATUS_DAMAGED)
        snprintf(out->why, sizeof out->why, "reading it ended the reading process");
    if (status == STATUS_TIMED_OUT)
        snprintf(out->why, sizeof out->why, "reading it made no progress for %d seconds", TICK_SECONDS);
    return status == STATUS_OK ? out->status : STATUS_DAMAGED;
}

status_t store_verify(const char *directory, store_counts_t *out_counts, char *out_why, size_t why_size)
{
    message_t message = {0};
    unsigned format;
    status_t status = store_check_format(directory, &format, message.why, sizeof message.why);
    if (status == STATUS_OK)
        status = verify_in_child(directory, &message);
    if (status == STATUS_OK) {
        *out_counts = message.counts;
        return STATUS_OK;
    }
    snprintf(out_why, why_size, "%s: %s%s", directory, *message.why ? message.why : status_text(status),
             status == STATUS_DAMAGED ? "; restore the directory from a backup" : "");
    return status;
}
