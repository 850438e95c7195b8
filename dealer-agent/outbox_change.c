/* The outbox: what changes it. */
#include "client/times.h"
#include "dealer-agent/outbox_internals.h"
#include "dealer-agent/outbox_records.h"

#include <stdlib.h>
#include <string.h>

/* ---- adding */

static status_t add(outbox_txn_t *txn, const filing_t *filing)
{
    TRY(outbox_record_put_filing(txn, filing));
    TRY(outbox_record_put_waiting(txn, filing->number));
    return outbox_record_put_month(txn, filing, false);
}

status_t outbox_add(outbox_t *outbox, filing_t *filings, size_t count)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    uint64_t first = outbox_txn_head(txn)->number + 1, now = times_now_ms();
    for (size_t i = 0; i < count; i++) {
        filing_t filing = filings[i];
        filing.number = first + i;
        filing.time_ms = now;
        arc4random_buf(filing.id, sizeof filing.id);
        TRY(add(txn, &filing));
        memcpy(filings[i].id, filing.id, sizeof filing.id);
    }
    outbox_txn_head(txn)->number += count;
    TRY(outbox_txn_commit(&txn));
    for (size_t i = 0; i < count; i++) {
        filings[i].number = first + i;
        filings[i].time_ms = now;
        filings[i].state = FILING_WAITING;
    }
    outbox_ring(outbox->directory);
    return STATUS_OK;
}

/* ---- from one state to another */

static status_t put_receipt(outbox_txn_t *txn, uint64_t number, const outbox_receipt_t *stored)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_record_leave(txn, FILING_WAITING, number));
    TRY(outbox_record_filing(txn, number, false, arena, &filing));
    TRY(outbox_record_drop_superseded(txn, &filing));
    return outbox_record_put_receipt(txn, number, stored);
}

status_t outbox_put_receipts(outbox_t *outbox, const filing_receipt_t *receipts, size_t count,
                             const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE])
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    if (!count)
        return STATUS_OK;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    for (size_t i = 0; i < count; i++) {
        outbox_receipt_t stored = outbox_receipt_now(&receipts[i].receipt, hub_key, signing_key);
        TRY(put_receipt(txn, receipts[i].number, &stored));
    }
    TRY(outbox_record_note_delivered(txn, receipts[count - 1].number));
    return outbox_txn_commit(&txn);
}

status_t outbox_put_aside(outbox_t *outbox, uint64_t number, status_t refused, const char *reason)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_aside_t aside = {refused, outbox_clean_copy(arena, reason, OUTBOX_REASON_MAX), times_now_ms()};
    if (!aside.reason)
        return STATUS_NO_MEMORY;
    filing_t filing;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_leave(txn, FILING_WAITING, number));
    TRY(outbox_record_filing(txn, number, false, arena, &filing));
    TRY(outbox_record_put_month(txn, &filing, true));
    TRY(outbox_record_put_aside(txn, number, &aside));
    return outbox_txn_commit(&txn);
}

status_t outbox_retry(outbox_t *outbox, uint64_t number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    filing_t filing;
    uint64_t newer;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_leave(txn, FILING_ASIDE, number));
    TRY(outbox_record_filing(txn, number, false, arena, &filing));
    TRY(outbox_record_newer(txn, &filing, &newer));
    if (newer)
        return STATUS_CONFLICT;
    TRY(outbox_record_put_month(txn, &filing, false));
    TRY(outbox_record_put_waiting(txn, number));
    TRY(outbox_txn_commit(&txn));
    outbox_ring(outbox->directory);
    return STATUS_OK;
}

status_t outbox_drop(outbox_t *outbox, uint64_t number)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_drop(txn, number));
    return outbox_txn_commit(&txn);
}

/* ---- the state of the line */

status_t outbox_note_contact(outbox_t *outbox)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_notes_t notes;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_notes(txn, arena, &notes));
    notes.last_contact_ms = times_now_ms();
    notes.unreached_since_ms = 0;
    TRY(outbox_record_put_notes(txn, &notes));
    return outbox_txn_commit(&txn);
}

status_t outbox_note_error(outbox_t *outbox, bool is_unreached, const char *words)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_notes_t notes;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_notes(txn, arena, &notes));
    notes.last_error = outbox_clean_copy(arena, words, OUTBOX_ERROR_SIZE - 1);
    notes.last_error_ms = *words ? times_now_ms() : 0;
    if (!notes.last_error)
        return STATUS_NO_MEMORY;
    if (is_unreached && !notes.unreached_since_ms)
        notes.unreached_since_ms = times_now_ms();
    TRY(outbox_record_put_notes(txn, &notes));
    return outbox_txn_commit(&txn);
}
