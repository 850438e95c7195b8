/* Reading everything, in a child: what a damaged page makes LMDB do to the process is then the child's affair. */
#include "hub/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_SECONDS = 120, ATTEMPTS = 10, RETRY_NANOSECONDS = 20000000, NICENESS = 10, LEAST_IO_PRIORITY = 7 };

/* What a child reads. */
typedef struct {
    bool pages, records;
    bool waits; /* for a word before it begins; then it gives way to the process that serves */
} task_t;

/* What the child sends: zero or more ticks (a sign that it is at work), then the result. */
typedef struct {
    bool is_tick;
    status_t status;
    uint64_t records; /* met so far */
    store_counts_t counts;
    char why[300];
} message_t;

typedef struct {
    pid_t pid;
    int line; /* to it; each message is one packet */
} child_t;

typedef struct {
    int line;
    time_t last;
    const uint64_t *records;
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
    message_t message = {.is_tick = true, .records = *ticker->records};
    if (write(ticker->line, &message, sizeof message) < 0)
        _exit(1); /* nobody waits for the result any more */
}

static void txn_abort(MDB_txn **txn)
{
    if (*txn)
        mdb_txn_abort(*txn);
}

static status_t check_pages(const char *directory, int attempts, ticker_t *ticker, message_t *message)
{
    status_t status = STATUS_DAMAGED;
    struct timespec pause = {0, RETRY_NANOSECONDS};
    for (int i = 0; i < attempts && status == STATUS_DAMAGED;
         i++) { /* a hub at work changes the meta pages under our eyes */
        if (i)
            nanosleep(&pause, NULL);
        status = store_check_pages(directory, tick, ticker, message->why, sizeof message->why);
    }
    return status;
}

static status_t check_records(MDB_env *env, MDB_txn *txn, ticker_t *ticker, message_t *message)
{
    store_t store = {.env = env, .lock = -1};
    store_check_t check = {.txn = {.store = &store, .txn = txn},
                           .tick = tick,
                           .context = ticker,
                           .why = message->why,
                           .why_size = sizeof message->why};
    ticker->records = &check.met;
    TRY(store_find_head(txn, &check.txn.head));
    TRY(store_open_tables(txn, 0, check.txn.head.format, store.tables));
    TRY(store_check_head(txn, store.tables, &check.txn.head, message->why, sizeof message->why));
    TRY(store_check_records(&check));
    TRY(store_counts(&check.txn, &message->counts));
    message->records = message->counts.records;
    return STATUS_OK;
}

/* The pages of a snapshot at least as new as the pinned one, which keeps them from being used again; then the records
 * of the pinned one. */
static status_t check_snapshot(const char *directory, MDB_env *env, const task_t *task, int attempts,
                               message_t *message, int line)
{
    CLEANUP(txn_abort) MDB_txn *txn = NULL;
    ticker_t ticker = {line, now_seconds(), &message->records};
    TRY(environment_status(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn)));
    if (task->pages)
        TRY(check_pages(directory, attempts, &ticker, message));
    return task->records ? check_records(env, txn, &ticker, message) : STATUS_OK;
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

static status_t check_directory(const char *directory, const task_t *task, int line, message_t *message)
{
    MDB_env *env;
    unsigned flags = lock_flag(directory);
    if (flags & MDB_NOLOCK)
        TRY(store_check_file(directory, message->why, sizeof message->why));
    TRY(store_open_beside(directory, flags, &env, message->why, sizeof message->why));
    return check_snapshot(directory, env, task, flags & MDB_NOLOCK ? 1 : ATTEMPTS, message,
                          line); /* the child's end closes it */
}

/* ---- the child */

/* The word to begin; without one the process is gone that wanted to know. */
static void await_word(int line)
{
    char word;
    ssize_t size;
    do
        size = read(line, &word, sizeof word);
    while (size < 0 && errno == EINTR);
    if (size != (ssize_t)sizeof word)
        _exit(1);
}

static void give_way(void)
{
    errno = 0;
    if (nice(NICENESS) == -1 && errno)
        return; /* then at the same priority */
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, LEAST_IO_PRIORITY));
}

/* What a damaged page may make LMDB do. */
static const int CRASHES[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
enum { CRASH_COUNT = sizeof CRASHES / sizeof *CRASHES };

/* With them go the locks that were inherited: when the process that forked is killed, they end with it and not some
 * moments later, so that whoever comes next is not told that it is still at work. */
static void close_others(int line)
{
    (void)close_range(STDERR_FILENO + 1, (unsigned)line - 1, 0);
    (void)close_range((unsigned)line + 1, UINT_MAX, 0);
}

static void run_child(const char *directory, const task_t *task, int line) __attribute__((noreturn));
static void run_child(const char *directory, const task_t *task, int line)
{
    close_others(line);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* when the thread ends that forked */
    for (size_t i = 0; i < CRASH_COUNT; i++)
        signal(CRASHES[i], SIG_DFL);
    if (task->waits) {
        prctl(PR_SET_NAME, "hub-verify"); /* for who looks at the machine */
        await_word(line);
        give_way();
    }
    message_t message = {0};
    message.status = check_directory(directory, task, line, &message);
    if (message.status == STATUS_NOT_FOUND) /* what was looked up had to be there */
        message.status = STATUS_DAMAGED;
    _exit(write(line, &message, sizeof message) == (ssize_t)sizeof message ? 0 : 1);
}

static status_t child_make(const char *directory, const task_t *task, child_t *out)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return STATUS_IO;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        run_child(directory, task, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return STATUS_NO_MEMORY;
    }
    *out = (child_t){pid, ends[0]};
    return STATUS_OK;
}

/* Ends it where it has not ended; whether it had crashed before. */
static bool child_reap(child_t *child)
{
    int how = 0;
    bool crashed = false;
    kill(child->pid, SIGKILL); /* it has said all that it had to say, or never will */
    while (waitpid(child->pid, &how, 0) < 0 && errno == EINTR)
        continue;
    close(child->line);
    for (size_t i = 0; i < CRASH_COUNT; i++)
        crashed = crashed || (WIFSIGNALED(how) && WTERMSIG(how) == CRASHES[i]);
    return crashed;
}

/* Its next message. NOT_FOUND where it ended without one; TIMED_OUT. */
static status_t child_receive(const child_t *child, int limit_ms, message_t *out)
{
    for (;;) {
        message_t message;
        struct pollfd poller = {.fd = child->line, .events = POLLIN};
        int ready = poll(&poller, 1, limit_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return STATUS_TIMED_OUT;
        ssize_t size = read(child->line, &message, sizeof message);
        if (size < 0 && errno == EINTR)
            continue;
        if (size != (ssize_t)sizeof message)
            return STATUS_NOT_FOUND;
        *out = message;
        return STATUS_OK;
    }
}

/* ---- waiting for it */

static status_t verify_in_child(const char *directory, const task_t *task, message_t *out)
{
    child_t child;
    status_t status = child_make(directory, task, &child);
    if (status != STATUS_OK)
        return status;
    do
        status = child_receive(&child, TICK_SECONDS * 1000, out);
    while (status == STATUS_OK && out->is_tick);
    child_reap(&child);
    if (status == STATUS_NOT_FOUND)
        snprintf(out->why, sizeof out->why, "reading it ended the reading process");
    if (status == STATUS_TIMED_OUT)
        snprintf(out->why, sizeof out->why, "reading it made no progress for %d seconds", TICK_SECONDS);
    return status == STATUS_OK ? out->status : STATUS_DAMAGED;
}

static void explain(const char *directory, status_t status, const char *why, char *out_why, size_t why_size)
{
    snprintf(out_why, why_size, "%s: %s%s", directory, *why ? why : status_text(status),
             status == STATUS_DAMAGED ? "; restore the directory from a backup" : "");
}

static status_t verify(const char *directory, const task_t *task, message_t *message, unsigned *out_format,
                       char *out_why, size_t why_size)
{
    status_t status = store_check_format(directory, out_format, message->why, sizeof message->why);
    if (status == STATUS_OK)
        status = verify_in_child(directory, task, message);
    if (status != STATUS_OK)
        explain(directory, status, message->why, out_why, why_size);
    return status;
}

status_t store_verify(const char *directory, store_counts_t *out_counts, char *out_why, size_t why_size)
{
    const task_t everything = {.pages = true, .records = true};
    message_t message = {0};
    unsigned format;
    TRY(verify(directory, &everything, &message, &format, out_why, why_size));
    *out_counts = message.counts;
    return STATUS_OK;
}

status_t store_verify_pages(const char *directory, unsigned *out_format, char *out_why, size_t why_size)
{
    const task_t pages = {.pages = true};
    message_t message = {0};
    return verify(directory, &pages, &message, out_format, out_why, why_size);
}

/* ---- beside the hub */

struct store_verification {
    child_t child;
    char *directory;
    bool has_child;
    store_progress_t progress;
};

status_t store_verification_create(const char *directory, store_verification_t **out)
{
    const task_t records = {.records = true, .waits = true};
    store_verification_t *verification = calloc(1, sizeof *verification);
    if (!verification)
        return STATUS_NO_MEMORY;
    verification->directory = strdup(directory);
    status_t status =
        verification->directory ? child_make(directory, &records, &verification->child) : STATUS_NO_MEMORY;
    verification->has_child = status == STATUS_OK;
    if (status == STATUS_OK)
        *out = verification;
    else
        store_verification_destroy(&verification);
    return status;
}

void store_verification_start(store_verification_t *verification)
{
    if (write(verification->child.line, "", 1) < 0)
        return; /* it is gone: its line says so */
}

int store_verification_descriptor(const store_verification_t *verification)
{
    return verification->has_child ? verification->child.line : -1;
}

const store_progress_t *store_verification_read(store_verification_t *verification)
{
    store_progress_t *progress = &verification->progress;
    message_t message = {0};
    if (!verification->has_child)
        return progress;
    status_t status = child_receive(&verification->child, 0, &message);
    if (status == STATUS_TIMED_OUT)
        return progress;
    if (message.is_tick) {
        progress->records = message.records;
        return progress;
    }
    bool crashed = child_reap(&verification->child);
    verification->has_child = false;
    progress->has_ended = true;
    progress->records = status == STATUS_OK ? message.records : progress->records;
    progress->status = status == STATUS_OK ? message.status : crashed ? STATUS_DAMAGED : STATUS_STOPPING;
    if (progress->status != STATUS_OK)
        explain(verification->directory, progress->status,
                status == STATUS_OK ? message.why : "reading it ended the reading process", progress->why,
                sizeof progress->why);
    return progress;
}

void store_verification_destroy(store_verification_t **verification)
{
    if (!verification || !*verification)
        return;
    if ((*verification)->has_child)
        child_reap(&(*verification)->child);
    free((*verification)->directory);
    free(*verification);
    *verification = NULL;
}
