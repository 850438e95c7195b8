/* The outbox: what is read from it. */
#include "dealer-agent/outbox_internals.h"
#include "dealer-agent/outbox_records.h"

#include <stdio.h>
#include <string.h>

const char *const filing_state_names[FILING_STATE_COUNT] = {"waiting", "delivered", "aside"};

static status_t read_whole(outbox_txn_t *txn, uint64_t number, bool with_facts, arena_t *arena, filing_t *out)
{
    TRY(outbox_record_filing(txn, number, with_facts, arena, out));
    status_t status = STATUS_NOT_FOUND;
    for (int state = 0; state < FILING_STATE_COUNT && status == STATUS_NOT_FOUND; state++)
        status = outbox_record_state(txn, (filing_state_t)state, arena, out);
    return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}

static status_t get(outbox_t *outbox, uint64_t number, bool with_facts, arena_t *arena, filing_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    filing_t filing;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    TRY(read_whole(txn, number, with_facts, arena, &filing));
    *out = filing;
    return STATUS_OK;
}

status_t outbox_get(outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out)
{
    return get(outbox, number, true, arena, out);
}

status_t outbox_get_head(outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out)
{
    return get(outbox, number, false, arena, out);
}

status_t outbox_read_state(outbox_t *outbox, uint64_t number, filing_state_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_key_t key = outbox_key_of_number(number);
    span_t bytes;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    status_t status = STATUS_NOT_FOUND;
    for (int state = 0; state < FILING_STATE_COUNT && status == STATUS_NOT_FOUND; state++) {
        status = outbox_txn_get(txn, outbox_state_tables[state], &key, &bytes);
        if (status == STATUS_OK)
            *out = (filing_state_t)state;
    }
    return status;
}

status_t outbox_find_latest(outbox_t *outbox, const char *dealer, period_t period, arena_t *arena, filing_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    uint64_t number;
    filing_t filing;
    if (!text_is_code(dealer))
        return STATUS_NOT_FOUND;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    TRY(outbox_record_latest(txn, dealer, period, &number));
    status_t status = read_whole(txn, number, true, arena, &filing);
    if (status == STATUS_NOT_FOUND)
        return STATUS_DAMAGED;
    TRY(status);
    *out = filing;
    return STATUS_OK;
}

status_t outbox_find_newer(outbox_t *outbox, const filing_t *filing, uint64_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    return outbox_record_newer(txn, filing, out);
}

static status_t list(outbox_txn_t *txn, filing_state_t state, uint64_t after, size_t most, arena_t *arena,
                     filing_t *filings, size_t *out_count)
{
    size_t count = 0;
    outbox_key_t key = outbox_key_of_number(after + 1), found;
    for (status_t status; count < most; count++) {
        status = outbox_txn_next(txn, outbox_state_tables[state], &key, &found);
        if (status == STATUS_NOT_FOUND)
            break;
        TRY(status);
        uint64_t number = outbox_key_number(&found);
        status = outbox_record_filing(txn, number, false, arena, &filings[count]);
        if (status == STATUS_OK)
            status = outbox_record_state(txn, state, arena, &filings[count]);
        if (status != STATUS_OK)
            return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
        key = outbox_key_of_number(number + 1);
    }
    *out_count = count;
    return STATUS_OK;
}

status_t outbox_list(outbox_t *outbox, filing_state_t state, uint64_t after, size_t most, arena_t *arena,
                     filing_t **out, size_t *out_count)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    uint64_t held;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    TRY(outbox_txn_count(txn, outbox_state_tables[state], &held));
    if (after == UINT64_MAX || held < most)
        most = after == UINT64_MAX ? 0 : (size_t)held;
    filing_t *filings = arena_array(arena, most, sizeof *filings);
    if (!filings)
        return STATUS_NO_MEMORY;
    TRY(list(txn, state, after, most, arena, filings, out_count));
    *out = filings;
    return STATUS_OK;
}

static status_t read_oldest(outbox_txn_t *txn, arena_t *arena, uint64_t *out_ms)
{
    outbox_key_t first = outbox_key_of_number(0), found;
    filing_t filing;
    *out_ms = 0;
    status_t status = outbox_txn_next(txn, OUTBOX_TABLE_WAITING, &first, &found);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(outbox_record_filing(txn, outbox_key_number(&found), false, arena, &filing));
    *out_ms = filing.time_ms;
    return STATUS_OK;
}

status_t outbox_read_status(outbox_t *outbox, outbox_status_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_notes_t notes;
    uint64_t oldest;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    TRY(outbox_record_notes(txn, arena, &notes));
    TRY(read_oldest(txn, arena, &oldest));
    uint64_t counts[FILING_STATE_COUNT];
    for (int state = 0; state < FILING_STATE_COUNT; state++)
        TRY(outbox_txn_count(txn, outbox_state_tables[state], &counts[state]));
    *out = (outbox_status_t){
        .waiting = counts[FILING_WAITING],
        .delivered = counts[FILING_DELIVERED],
        .aside = counts[FILING_ASIDE],
        .oldest_waiting_ms = oldest,
        .last_delivered = notes.last_delivered,
        .last_contact_ms = notes.last_contact_ms,
        .unreached_since_ms = notes.unreached_since_ms,
        .last_error_ms = notes.last_error_ms,
        .changes = outbox_txn_head(txn)->epoch,
    };
    snprintf(out->last_error, sizeof out->last_error, "%s", notes.last_error);
    return STATUS_OK;
}
