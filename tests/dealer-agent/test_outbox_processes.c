/* Several processes at one outbox, and processes that are killed in the middle of what they do. */
#include "support.h"

#include "dealer-agent/deliver_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static directory_t home;

static void begin(void)
{
    home = directory_make();
}

static void end(void)
{
    directory_remove(&home);
}

TestSuite(outbox_processes, .init = begin, .fini = end, .timeout = 120);

/* Runs `work` in a child, which ends with it (assertions there end it by a signal). LMDB must not be open here. */
static pid_t start(void (*work)(int number, int pipe), int number, int *out_pipe)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        work(number, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (out_pipe)
        *out_pipe = ends[0];
    else
        close(ends[0]);
    return child;
}

static int wait_for(pid_t child)
{
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static outbox_t *open_or_end(void)
{
    faults_t faults = {0};
    outbox_t *outbox = NULL;
    if (outbox_open(home.path, &outbox, &faults) != STATUS_OK) {
        fprintf(stderr, "%s", fault_lines(&faults));
        _exit(9);
    }
    return outbox;
}

static outbox_status_t status_of(outbox_t *outbox)
{
    outbox_status_t status;
    OK(outbox_read_status(outbox, &status));
    return status;
}

/* ---- at once */

enum { WRITERS = 4, EACH = 40 };

static void add_many(int number, int pipe)
{
    (void)pipe;
    char dealer[8];
    snprintf(dealer, sizeof dealer, "D%d", number);
    outbox_t *outbox = open_or_end();
    for (int i = 0; i < EACH; i++) {
        filing_t filing = filing_of(dealer, JUNE + i, i);
        if (outbox_add(outbox, &filing, 1) != STATUS_OK)
            _exit(8);
        if (i % 10 == 9) { /* also the making and the checking of one goes on beside others that write */
            outbox_close(&outbox);
            outbox = open_or_end();
        }
    }
    outbox_close(&outbox);
}

Test(outbox_processes, several_add_at_once_and_each_filing_is_there_once)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    pid_t children[WRITERS];
    int next[WRITERS] = {0};
    for (int i = 0; i < WRITERS; i++)
        children[i] = start(add_many, i, NULL);
    for (int i = 0; i < WRITERS; i++)
        cr_assert_eq(wait_for(children[i]), 0);
    CLEANUP(outbox_close) outbox_t *outbox = outbox_at(&home);
    cr_assert_eq(status_of(outbox).waiting, WRITERS * EACH);
    for (uint64_t number = 1; number <= WRITERS * EACH; number++) {
        filing_t filing;
        OK(outbox_get(outbox, number, arena, &filing));
        int writer = filing.dealer[1] - '0';
        cr_assert(holds(&filing, next[writer]), "each writer's in its order");
        cr_assert_eq(filing.period, JUNE + next[writer]++);
    }
}

Test(outbox_processes, one_that_keeps_the_lock_is_not_waited_for_without_end)
{
    CLEANUP(outbox_close) outbox_t *outbox = outbox_at(&home);
    add_one(outbox, "D0001", JUNE, 1);
    int other = open(path_in(&home, "outbox/write.lock"), O_RDWR | O_CLOEXEC);
    cr_assert_eq(flock(other, LOCK_EX), 0);
    filing_t filing = filing_of("D0001", JUNE, 2);
    cr_assert_eq(outbox_add(outbox, &filing, 1), STATUS_BUSY);
    cr_assert_eq(status_of(outbox).waiting, 1, "reading waits for nobody");
    cr_assert_eq(close(other), 0);
    OK(outbox_add(outbox, &filing, 1));
}

/* ---- killed */

/* Adds, delivers and puts aside without end, and tells each number when the call that added it has returned. */
static void work_without_end(int number, int pipe)
{
    receipt_t receipt = receipt_of((uint64_t)number);
    outbox_t *outbox = open_or_end();
    for (int i = 0;; i++) {
        filing_t filing = filing_of("D0001", JUNE + i % 24, i % 7);
        if (outbox_add(outbox, &filing, 1) != STATUS_OK || write(pipe, &filing.number, 8) != 8)
            _exit(8);
        status_t status = i % 3 == 0   ? put_receipt(outbox, filing.number, &receipt)
                          : i % 3 == 1 ? outbox_put_aside(outbox, filing.number, STATUS_INVALID, "x")
                                       : STATUS_OK;
        if (status != STATUS_OK)
            _exit(8);
    }
}

/* Each number up to the last is in one state, and the counts agree. */
static void assert_sound(outbox_t *outbox, uint64_t told)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    outbox_status_t status = status_of(outbox);
    uint64_t total = status.waiting + status.delivered + status.aside, counts[FILING_STATE_COUNT] = {0};
    cr_assert_geq(total, told, "a filing is lost whose adding had returned");
    for (uint64_t number = 1; number <= total; number++) {
        filing_t filing;
        OK(outbox_get(outbox, number, arena, &filing));
        counts[filing.state]++;
    }
    cr_assert(counts[FILING_WAITING] == status.waiting && counts[FILING_DELIVERED] == status.delivered &&
              counts[FILING_ASIDE] == status.aside);
}

Test(outbox_processes, one_that_is_killed_at_any_moment_loses_nothing_that_it_was_told_is_safe)
{
    const char *given = getenv("YARDSTICK_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : 20250601;
    fprintf(stderr, "killed writers: YARDSTICK_SEED=%u\n", seed);
    uint64_t told = 0;
    for (int round = 0; round < 30; round++) {
        int pipe;
        pid_t child = start(work_without_end, round, &pipe);
        int numbers_to_wait_for = 1 + rand_r(&seed) % 8;
        for (int i = 0; i < numbers_to_wait_for; i++)
            cr_assert_eq(read(pipe, &told, 8), 8, "the child ended by itself: %d", wait_for(child));
        for (unsigned spins = (unsigned)rand_r(&seed) % 200000; spins; spins--)
            __asm__ volatile(""); /* to another moment of its step */
        kill(child, SIGKILL);
        for (uint64_t number; read(pipe, &number, 8) == 8;)
            told = number;
        cr_assert(WIFSIGNALED(wait_for(child)));
        close(pipe);
        CLEANUP(outbox_close) outbox_t *outbox = outbox_at(&home);
        assert_sound(outbox, told);
    }
}

/* Dies in the middle of a transaction, with LMDB's lock and ours held. */
static void die_before_commit(int records, int pipe)
{
    (void)pipe;
    char why[300];
    outbox_tables_t *tables;
    outbox_txn_t *txn;
    char directory[PATH_MAX];
    int lock;
    if (!outbox_path(home.path, NULL, directory) || outbox_enter(directory, &lock, why, sizeof why) != STATUS_OK ||
        outbox_tables_open(directory, 1 << 20, lock, false, &tables) != STATUS_OK)
        _exit(9);
    outbox_leave(lock);
    if (outbox_txn_begin(tables, true, &txn) != STATUS_OK)
        _exit(8);
    for (int i = 0; i < records; i++) {
        outbox_key_t key = outbox_key_of_number(1000 + (uint64_t)i);
        if (outbox_txn_put(txn, OUTBOX_TABLE_WAITING, &key, (span_t){0}) != STATUS_OK)
            _exit(7);
    }
    kill(getpid(), SIGKILL);
}

Test(outbox_processes, one_that_dies_inside_a_transaction_leaves_nothing_of_it_and_no_lock)
{
    outbox_t *outbox = outbox_at(&home);
    add_one(outbox, "D0001", JUNE, 1);
    outbox_close(&outbox);
    for (int records = 0; records < 3; records++) {
        cr_assert_eq(WTERMSIG(wait_for(start(die_before_commit, records, NULL))), SIGKILL);
        outbox = outbox_at(&home);
        cr_assert_eq(status_of(outbox).waiting, (uint64_t)records + 1);
        add_one(outbox, "D0001", JUNE, 1);
        outbox_close(&outbox);
    }
}

/* Dies while it makes the outbox: after the directory, after the tables, before FORMAT. */
static void die_while_making(int step, int pipe)
{
    (void)pipe;
    char directory[PATH_MAX], why[300];
    outbox_tables_t *tables;
    bool is_new;
    int lock;
    if (!outbox_path(home.path, NULL, directory) || outbox_enter(directory, &lock, why, sizeof why) != STATUS_OK)
        _exit(9);
    if (step > 0 && (outbox_prepare(directory, &is_new, why, sizeof why) != STATUS_OK || !is_new))
        _exit(8);
    if (step > 1 && outbox_tables_open(directory, 1 << 20, lock, true, &tables) != STATUS_OK)
        _exit(7);
    kill(getpid(), SIGKILL);
}

Test(outbox_processes, one_that_dies_while_it_makes_the_outbox_is_no_hindrance)
{
    for (int step = 0; step < 3; step++) {
        cr_assert_eq(WTERMSIG(wait_for(start(die_while_making, step, NULL))), SIGKILL, "step %d", step);
        cr_assert_not(outbox_exists(home.path));
    }
    outbox_t *outbox = outbox_at(&home);
    cr_assert(outbox_exists(home.path));
    cr_assert_eq(add_one(outbox, "D0001", JUNE, 1), 1);
    outbox_close(&outbox);
}

/* ---- the bell and the lock of who delivers */

static bool has_rung(int watch)
{
    char events[4096] __attribute__((aligned(8)));
    struct pollfd item = {watch, POLLIN, 0};
    bool rung = false;
    while (poll(&item, 1, 0) > 0)
        rung |= read(watch, events, sizeof events) > 0;
    return rung;
}

Test(outbox_processes, whoever_adds_or_retries_rings_the_bell_and_nobody_else)
{
    CLEANUP(outbox_close) outbox_t *outbox = outbox_at(&home);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    cr_assert_geq(inotify_add_watch(watch, path_in(&home, "outbox/bell"), IN_CLOSE_WRITE), 0,
                  "it hangs there from the beginning, since a full disk takes no new file");
    add_one(outbox, "D0001", JUNE, 1);
    add_one(outbox, "D0001", JUNE, 1);
    cr_assert(has_rung(watch));
    OK(outbox_put_aside(outbox, 1, STATUS_INVALID, "x"));
    OK(outbox_note_contact(outbox));
    cr_assert_not(has_rung(watch));
    OK(outbox_put_aside(outbox, 2, STATUS_INVALID, "x"));
    OK(outbox_retry(outbox, 1));
    cr_assert(has_rung(watch));
    close(watch);
}

static void hold_deliver_lock(int number, int pipe)
{
    (void)number;
    int lock;
    char byte = 1;
    if (deliver_lock(home.path, &lock) != STATUS_OK || write(pipe, &byte, 1) != 1)
        _exit(9);
    pause();
}

Test(outbox_processes, one_delivers_at_a_time_and_a_dead_one_holds_up_nobody)
{
    int lock = -1, pipe;
    char byte;
    cr_assert_eq(deliver_lock(home.path, &lock), STATUS_IO, "there is no outbox yet");
    outbox_t *outbox = outbox_at(&home);
    outbox_close(&outbox);
    pid_t child = start(hold_deliver_lock, 0, &pipe);
    cr_assert_eq(read(pipe, &byte, 1), 1);
    close(pipe);
    cr_assert_eq(deliver_lock(home.path, &lock), STATUS_BUSY);
    kill(child, SIGKILL);
    wait_for(child);
    OK(deliver_lock(home.path, &lock));
    deliver_unlock(&lock);
    cr_assert_eq(lock, -1);
    OK(deliver_lock(home.path, &lock));
    deliver_unlock(&lock);
}
