/* What came for a month since a revision. */
#include "support.h"

#include <string.h>

typedef struct {
    char dealers[64];
    uint64_t sequences[4];
    size_t count, most;
} seen_t;

static status_t visit(void *context, const char *dealer, uint64_t sequence)
{
    seen_t *seen = context;
    if (seen->count == seen->most)
        return STATUS_LIMIT;
    strcat(seen->dealers, dealer);
    strcat(seen->dealers, " ");
    seen->sequences[seen->count++] = sequence;
    return STATUS_OK;
}

static seen_t scan(store_t *store, period_t period, uint64_t after)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    seen_t seen = {.most = 4};
    OK(store_begin_read(store, &txn));
    OK(store_scan_changes(txn, period, after, visit, &seen));
    return seen;
}

Test(store_changes, each_dealer_whose_newest_revision_came_after_is_visited_once, .timeout = 60)
{
    directory_t directory = directory_make();
    store_t *store = store_at(&directory, MAP_BYTES);
    put_one(store, "D2", JUNE, 1, 10);
    put_one(store, "D1", JUNE, 1, 10);
    uint64_t then = put_one(store, "D10", JUNE, 1, 10);
    cr_assert_eq(scan(store, JUNE, then).count, 0);
    put_one(store, "D2", JUNE, 2, 11);
    put_one(store, "D3", JUNE, 1, 10);
    put_one(store, "D1", JUNE - 1, 1, 10);
    put_one(store, "D1", JUNE + 1, 1, 10);
    uint64_t last = put_one(store, "D2", JUNE, 3, 12);
    seen_t seen = scan(store, JUNE, then);
    cr_assert_str_eq(seen.dealers, "D2 D3 ");
    cr_assert(seen.sequences[0] == last && seen.sequences[1] == then + 2);
    cr_assert_str_eq(scan(store, JUNE, 0).dealers, "D1 D10 D2 D3 ");
    cr_assert_eq(scan(store, JUNE, last).count, 0);
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    seen_t short_of_room = {.most = 1};
    OK(store_begin_read(store, &txn));
    cr_assert_eq(store_scan_changes(txn, JUNE, 0, visit, &short_of_room), STATUS_LIMIT, "the visitor's failure");
    store_abort(&txn);
    store_close(&store);
    directory_remove(&directory);
}
