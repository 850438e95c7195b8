/* From one format to the next, when a hub starts. */
#include "hub/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* One step makes what its format added; `txn` is the transaction of all of them. */
typedef status_t step_t(store_txn_t *txn);

/* 2: the table of enrolment tokens, empty. */
static status_t add_tokens(store_txn_t *txn)
{
    return store_open_tables(txn->txn, MDB_CREATE, 2, txn->store->tables);
}

static step_t *const STEPS[STORE_FORMAT] = {[1] = add_tokens}; /* by the format that it begins with */

static status_t run_steps(store_txn_t *txn)
{
    TRY(store_open_tables(txn->txn, 0, txn->head.format, txn->store->tables));
    for (; txn->head.format < STORE_FORMAT; txn->head.format++)
        TRY(STEPS[txn->head.format](txn));
    txn->dirty = true; /* the commit writes the head, in its new form */
    return STATUS_OK;
}

/* The number of the format in which the records are, as the newest transaction left them. */
static status_t begin(store_t *store, store_txn_t **out)
{
    CLEANUP(store_abort) store_txn_t *txn = calloc(1, sizeof *txn);
    if (!txn)
        return STATUS_NO_MEMORY;
    *txn = (store_txn_t){.store = store, .writes = true};
    TRY(store_map_error(mdb_txn_begin(store->env, NULL, 0, &txn->txn)));
    TRY(store_find_head(txn->txn, &txn->head));
    *out = txn;
    txn = NULL;
    return STATUS_OK;
}

static status_t upgrade(store_t *store, const char *directory, unsigned format, char *out_why, size_t why_size)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(begin(store, &txn));
    unsigned from = txn->head.format;
    if (format == STORE_FORMAT && from == STORE_FORMAT)
        return STATUS_OK;
    if (format != STORE_FORMAT)
        TRY(store_renew_format(directory, out_why, why_size));
    if (from != STORE_FORMAT) {
        TRY(run_steps(txn));
        TRY(store_commit(&txn));
    }
    store->upgraded_from = format < from ? format : from;
    return STATUS_OK;
}

status_t store_upgrade(store_t *store, const char *directory, unsigned format, char *out_why, size_t why_size)
{
    status_t status = upgrade(store, directory, format, out_why, why_size);
    if (status == STATUS_STORE_FULL)
        snprintf(out_why, why_size,
                 "there is no room for its upgrade to format %d; make room on its disk (or raise map_bytes) and run it "
                 "again: nothing is lost",
                 STORE_FORMAT);
    return status;
}
