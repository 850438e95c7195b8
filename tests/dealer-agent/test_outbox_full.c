/* An outbox or a disk without room: refused in words, nothing lost, and on it goes when there is room again. */
#include "support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { SMALL_MAP = 256 << 10, BATCH = 8 };

static directory_t home;
static outbox_t *outbox;

static void begin(void)
{
    home = directory_make();
    signal(SIGXFSZ, SIG_IGN); /* as Python's children have it; a limit is then a failed write */
}

static void end(void)
{
    outbox_close(&outbox);
    directory_remove(&home);
}

TestSuite(full_outbox, .init = begin, .fini = end);

static outbox_t *small_outbox(size_t map_bytes)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    outbox_t *opened = NULL;
    cr_assert_eq(outbox_open_sized(home.path, map_bytes, &opened, &faults), STATUS_OK, "%s", fault_lines(&faults));
    return opened;
}

static status_t add_batch(void)
{
    filing_t filings[BATCH];
    outbox_status_t status;
    OK(outbox_read_status(outbox, &status));
    for (int i = 0; i < BATCH; i++)
        filings[i] = filing_of("D0001", JUNE + i, 1); /* what they hold may repeat: nobody compares here */
    status_t added = outbox_add(outbox, filings, BATCH);
    uint64_t before = status.waiting;
    OK(outbox_read_status(outbox, &status));
    cr_assert_eq(status.waiting, added == STATUS_OK ? before + BATCH : before);
    return added;
}

/* Batches until one is refused; the number of filings that wait. */
static uint64_t fill_up(status_t *out_refusal)
{
    outbox_status_t status;
    while ((*out_refusal = add_batch()) == STATUS_OK)
        ;
    OK(outbox_read_status(outbox, &status));
    return status.waiting;
}

static void assert_all_there(uint64_t count)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    for (uint64_t number = 1; number <= count; number++) {
        filing_t filing;
        OK(outbox_get(outbox, number, arena, &filing));
        cr_assert(holds(&filing, 1));
    }
}

Test(full_outbox, a_full_map_refuses_loses_nothing_and_goes_on_when_it_is_larger)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    status_t refusal;
    outbox = small_outbox(SMALL_MAP);
    uint64_t count = fill_up(&refusal);
    cr_assert_eq(refusal, STATUS_STORE_FULL);
    cr_assert_gt(count, 0);
    cr_assert_eq(outbox_explain(outbox, refusal, &faults), STATUS_STORE_FULL);
    cr_assert(strstr(fault_lines(&faults), home.path) && strstr(fault_lines(&faults), "make room"));
    cr_assert_eq(add_batch(), STATUS_STORE_FULL, "refused again, not broken");
    assert_all_there(count);
    outbox_close(&outbox);
    outbox = small_outbox(4 * SMALL_MAP);
    assert_all_there(count);
    OK(add_batch());
    assert_all_there(count + BATCH);
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk's end, played by the limit on a file's size: writes fall short, then fail, as on a full disk. */
Test(full_outbox, a_full_disk_refuses_loses_nothing_and_goes_on_when_there_is_room)
{
    struct stat status;
    status_t refusal;
    outbox = small_outbox(64 << 20);
    OK(add_batch());
    cr_assert_eq(stat(path_in(&home, "outbox/data.mdb"), &status), 0);
    limit_file_size((rlim_t)status.st_size + 50000 + 512); /* not at a page's end */
    uint64_t count = fill_up(&refusal);
    cr_assert_eq(refusal, STATUS_STORE_FULL);
    cr_assert_gt(count, BATCH);
    cr_assert_eq(add_batch(), STATUS_STORE_FULL);
    assert_all_there(count);
    outbox_close(&outbox);
    outbox = small_outbox(64 << 20); /* it opens on the full disk */
    assert_all_there(count);
    cr_assert_eq(add_batch(), STATUS_STORE_FULL);
    limit_file_size(RLIM_INFINITY);
    OK(add_batch());
    assert_all_there(count + BATCH);
}

Test(full_outbox, a_receipt_that_cannot_be_stored_leaves_the_filing_waiting)
{
    struct stat status;
    status_t refusal;
    outbox = small_outbox(64 << 20);
    OK(add_batch());
    cr_assert_eq(stat(path_in(&home, "outbox/data.mdb"), &status), 0);
    limit_file_size((rlim_t)status.st_size);
    (void)fill_up(&refusal);
    receipt_t receipt = receipt_of(1);
    status_t put = STATUS_OK;
    for (uint64_t number = 1; number <= BATCH && put == STATUS_OK; number++) {
        put = put_receipt(outbox, number, &receipt);
        filing_state_t state;
        OK(outbox_read_state(outbox, number, &state));
        cr_assert_eq(state, put == STATUS_OK ? FILING_DELIVERED : FILING_WAITING);
    }
    cr_assert_eq(put, STATUS_STORE_FULL);
    limit_file_size(RLIM_INFINITY);
    OK(put_receipt(outbox, BATCH, &receipt));
}

Test(full_outbox, one_that_cannot_be_made_says_so_and_is_made_when_there_is_room)
{
    for (rlim_t bytes = 0; bytes <= 40000; bytes += 1000) {
        CLEANUP(faults_fini) faults_t faults = {0};
        limit_file_size(bytes);
        status_t status = outbox_open(home.path, &outbox, &faults);
        limit_file_size(RLIM_INFINITY); /* before anything is printed */
        if (status == STATUS_OK) {
            cr_assert_gt(bytes, 10000);
            break;
        }
        cr_assert_eq(status, STATUS_STORE_FULL, "%s at %lu bytes: %s", status_name(status), (unsigned long)bytes,
                     fault_lines(&faults));
        cr_assert(strstr(fault_lines(&faults), "make room"), "%s", fault_lines(&faults));
    }
    if (!outbox)
        outbox = small_outbox(64 << 20);
    OK(add_batch());
}
