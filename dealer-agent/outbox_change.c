/* The outbox: what changes it. */
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
    uint64_t first = outbox_txn_head(txn)->number + 1, now = outbox_now_ms();
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

static status_t take_from(outbox_txn_t *txn, outbox_table_t table, uint64_t number)
{
    outbox_key_t key = outbox_key_of_number(number);
    return outbox_txn_delete(txn, table, &key);
}

static status_t drop(outbox_txn_t *txn, uint64_t number)
{
    TRY(take_from(txn, OUTBOX_TABLE_ASIDE, number));
    status_t status = take_from(txn, OUTBOX_TABLE_FILINGS, number);
    return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}

/* `number` is aside: forgets it where it is of the month, and what `origin` took the place of. */
static status_t drop_where_of(outbox_txn_t *txn, uint64_t number, const filing_t *newer, uint64_t origin)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    filing_t filing;
    uint64_t own;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = outbox_record_filing(txn, number, false, arena, &filing);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
    if (strcmp(filing.dealer, newer->dealer) != 0 || filing.period != newer->period)
        return STATUS_OK;
    TRY(outbox_record_origin(txn, &filing, &own));
    return own <= origin ? drop(txn, number) : STATUS_OK;
}

/* What a newer filing of its month, which the hub has now, has taken the place of: nobody has to decide about it any
 * more. Those aside are few: all are looked at. */
status_t outbox_record_drop_superseded(outbox_txn_t *txn, const filing_t *newer)
{
    outbox_key_t key = outbox_key_of_number(0), found;
    uint64_t origin;
    TRY(outbox_record_origin(txn, newer, &origin));
    for (;;) {
        status_t status = outbox_txn_next(txn, OUTBOX_TABLE_ASIDE, &key, &found);
        uint64_t number = status == STATUS_OK ? outbox_key_number(&found) : 0;
        if (status == STATUS_NOT_FOUND)
            return STATUS_OK;
        TRY(status);
        TRY(drop_where_of(txn, number, newer, origin));
        key = outbox_key_of_number(number + 1);
    }
}

outbox_receipt_t outbox_receipt_now(const receipt_t *receipt, const uint8_t hub_key[KEY_SIZE],
                                    const uint8_t signing_key[SIGNING_KEY_SIZE])
{
    outbox_receipt_t stored = {.receipt = *receipt, .taken_ms = outbox_now_ms()};
    memcpy(stored.hub_key, hub_key, KEY_SIZE);
    if (receipt->is_signed)
        memcpy(stored.signing_key, signing_key, SIGNING_KEY_SIZE);
    return stored;
}

static status_t put_receipt(outbox_txn_t *txn, uint64_t number, const outbox_receipt_t *stored)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(take_from(txn, OUTBOX_TABLE_WAITING, number));
    TRY(outbox_record_filing(txn, number, false, arena, &filing));
    TRY(outbox_record_drop_superseded(txn, &filing));
    return outbox_record_put_receipt(txn, number, stored);
}

static status_t note_delivered(outbox_txn_t *txn, uint64_t number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    outbox_notes_t notes;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_record_notes(txn, arena, &notes));
    notes.last_delivered = number;
    return outbox_record_put_notes(txn, &notes);
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
    TRY(note_delivered(txn, receipts[count - 1].number));
    return outbox_txn_commit(&txn);
}

status_t outbox_put_aside(outbox_t *outbox, uint64_t number, status_t refused, const char *reason)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_aside_t aside = {refused, outbox_clean_copy(arena, reason, OUTBOX_REASON_MAX), outbox_now_ms()};
    if (!aside.reason)
        return STATUS_NO_MEMORY;
    filing_t filing;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(take_from(txn, OUTBOX_TABLE_WAITING, number));
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
    TRY(take_from(txn, OUTBOX_TABLE_ASIDE, number));
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
    TRY(drop(txn, number));
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
    notes.last_contact_ms = outbox_now_ms();
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
    notes.last_error_ms = *words ? outbox_now_ms() : 0;
    if (!notes.last_error)
        return STATUS_NO_MEMORY;
    if (is_unreached && !notes.unreached_since_ms)
        notes.unreached_since_ms = outbox_now_ms();
    TRY(outbox_record_put_notes(txn, &notes));
    return outbox_txn_commit(&txn);
}
