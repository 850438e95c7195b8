/* A store or a disk without room: refused, nothing lost, and on it goes when there is room again. */
#include "core/catalog.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { SMALL_MAP = 1 << 20, GROUP = 50 };

static void dealer_name(int number, char out[16])
{
    snprintf(out, 16, "D%06d", number);
}

/* One group in a transaction; what its first failure was. */
static status_t put_group(store_t *store, int first)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_write(store, &txn));
    for (int i = first; i < first + GROUP; i++) {
        char name[16];
        uint64_t sequence;
        dealer_name(i, name);
        stored_revision_t revision = revision_of(name, JUNE, 1, i);
        TRY(store_put_revision(txn, &revision, &sequence));
    }
    return store_commit(&txn);
}

/* Groups until one is refused; the number of revisions that were committed. */
static int fill_up(store_t *store, status_t *out_refusal)
{
    int count = 0;
    while ((*out_refusal = put_group(store, count)) == STATUS_OK)
        count += GROUP;
    return count;
}

static void assert_holds(store_t *store, int count)
{
    char name[16];
    for (int i = 0; i < count; i++) {
        dealer_name(i, name);
        cr_assert_eq(current_value(store, name, JUNE), i);
    }
    dealer_name(count, name);
    cr_assert_eq(current_value(store, name, JUNE), -1);
}

static void assert_verifies(const directory_t *directory, int count)
{
    char why[500] = "";
    store_counts_t counts;
    cr_assert_eq(store_verify(path_in(directory, "store"), &counts, why, sizeof why), STATUS_OK, "%s", why);
    cr_assert_eq(counts.revisions, count);
}

/* Verification wants the catalog in whose order facts stand. */
static void put_catalog(store_t *store)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    OK(store_put_catalog(txn, revision_of("D", JUNE, 1, 1).catalog_digest, catalog_builtin(), 1));
    OK(store_commit(&txn));
}

Test(full_store, a_full_map_refuses_loses_nothing_and_goes_on_when_it_grows)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, SMALL_MAP);
    status_t refusal;
    put_catalog(store);
    int count = fill_up(store, &refusal);
    cr_assert_eq(refusal, STATUS_STORE_FULL);
    cr_assert_gt(count, 0);
    cr_assert_eq(put_group(store, count), STATUS_STORE_FULL); /* refused again, not broken */
    assert_holds(store, count);
    store_close(&store);
    assert_verifies(&directory, count);

    store = store_at(&directory, 2 * SMALL_MAP);
    assert_holds(store, count);
    OK(put_group(store, count));
    assert_holds(store, count + GROUP);
    store_close(&store);
    assert_verifies(&directory, count + GROUP);
}

Test(full_store, a_map_smaller_than_what_is_used_serves_and_refuses)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, 2 * SMALL_MAP);
    status_t refusal;
    int count = fill_up(store, &refusal);
    store_close(&store);
    store = store_at(&directory, SMALL_MAP / 4);
    assert_holds(store, count);
    cr_assert_eq(put_group(store, count), STATUS_STORE_FULL);
    assert_holds(store, count);
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk's end, played by the limit on a file's size: writes fall short, then fail, as on a full disk. */
Test(full_store, a_full_disk_refuses_loses_nothing_and_goes_on_when_there_is_room)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    struct stat status;
    status_t refusal;
    put_catalog(store);
    signal(SIGXFSZ, SIG_IGN); /* as the hub does */
    cr_assert_eq(stat(path_in(&directory, "store/data.mdb"), &status), 0);
    limit_file_size((rlim_t)status.st_size + 150000 + 512); /* not at a page's end */
    int count = fill_up(store, &refusal);
    cr_assert_eq(refusal, STATUS_STORE_FULL);
    cr_assert_gt(count, 0);
    cr_assert_eq(put_group(store, count), STATUS_STORE_FULL);
    assert_holds(store, count);
    assert_verifies(&directory, count);
    limit_file_size(RLIM_INFINITY);
    OK(put_group(store, count));
    assert_holds(store, count + GROUP);
    store_close(&store);
    assert_verifies(&directory, count + GROUP);
}
