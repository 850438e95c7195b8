#include "dealer-agent/outbox_records.h"

#include "client/times.h"

#include <string.h>

const outbox_table_t outbox_state_tables[FILING_STATE_COUNT] = {OUTBOX_TABLE_WAITING, OUTBOX_TABLE_RECEIPTS,
                                                                OUTBOX_TABLE_ASIDE};

char *outbox_clean_copy(arena_t *arena, const char *text, size_t most)
{
    size_t size = text ? strlen(text) : 0, used = 0;
    char *copy = arena_alloc(arena, (size < most ? size : most) + 1);
    const char *at = text ? text : "", *next = at;
    while (copy && text_next(&next) != 0 && used + (size_t)(next - at) <= most) {
        size_t width = (size_t)(next - at);
        if (text_is_clean((span_t){(const uint8_t *)at, width}))
            memcpy(copy + used, at, width);
        else
            memset(copy + used, '?', width = 1);
        used += width;
        at = next;
    }
    return copy;
}

/* ---- reading */

status_t outbox_record_filing(outbox_txn_t *txn, uint64_t number, bool with_facts, arena_t *arena, filing_t *out)
{
    outbox_key_t key = outbox_key_of_number(number);
    span_t bytes;
    outbox_filing_t stored;
    TRY(outbox_txn_get(txn, OUTBOX_TABLE_FILINGS, &key, &bytes));
    TRY(outbox_filing_decode(bytes, with_facts, arena, &stored));
    *out = (filing_t){
        .number = number,
        .dealer = stored.dealer,
        .period = stored.period,
        .is_withdrawal = stored.is_withdrawal,
        .why = stored.why,
        .source = stored.source,
        .line = stored.line,
        .column = stored.column,
        .time_ms = stored.time_ms,
        .facts = stored.facts,
    };
    memcpy(out->id, stored.id, sizeof out->id);
    return STATUS_OK;
}

static status_t read_receipt(span_t bytes, arena_t *arena, filing_t *out)
{
    outbox_receipt_t stored;
    TRY(outbox_receipt_decode(bytes, arena, &stored));
    out->receipt = stored.receipt;
    out->settled_ms = stored.taken_ms;
    memcpy(out->hub_key, stored.hub_key, sizeof out->hub_key);
    memcpy(out->signing_key, stored.signing_key, sizeof out->signing_key);
    return STATUS_OK;
}

static status_t read_aside(span_t bytes, arena_t *arena, filing_t *out)
{
    outbox_aside_t stored;
    TRY(outbox_aside_decode(bytes, arena, &stored));
    out->refused = stored.status;
    out->reason = stored.reason;
    out->settled_ms = stored.time_ms;
    return STATUS_OK;
}

status_t outbox_record_state(outbox_txn_t *txn, filing_state_t state, arena_t *arena, filing_t *out)
{
    outbox_key_t key = outbox_key_of_number(out->number);
    span_t bytes;
    TRY(outbox_txn_get(txn, outbox_state_tables[state], &key, &bytes));
    out->state = state;
    if (state == FILING_DELIVERED)
        return read_receipt(bytes, arena, out);
    return state == FILING_ASIDE ? read_aside(bytes, arena, out) : STATUS_OK;
}

status_t outbox_record_latest(outbox_txn_t *txn, const char *dealer, period_t period, uint64_t *out)
{
    outbox_key_t bound = outbox_key_of_month(dealer, period, UINT64_MAX), found;
    TRY(outbox_txn_last(txn, OUTBOX_TABLE_MONTHS, &bound, &found));
    if (found.size != bound.size || memcmp(found.bytes, bound.bytes, bound.size - 8) != 0)
        return STATUS_NOT_FOUND;
    *out = outbox_key_number(&found);
    return STATUS_OK;
}

/* One of those that the outbox has once; empty where there is none yet. */
static status_t get_named(outbox_txn_t *txn, const char *name, span_t *out)
{
    outbox_key_t key = outbox_key_of_name(name);
    *out = (span_t){0};
    status_t status = outbox_txn_get(txn, OUTBOX_TABLE_META, &key, out);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

status_t outbox_record_notes(outbox_txn_t *txn, arena_t *arena, outbox_notes_t *out)
{
    span_t bytes;
    *out = (outbox_notes_t){.last_error = ""};
    TRY(get_named(txn, "notes", &bytes));
    return bytes.data ? outbox_notes_decode(bytes, arena, out) : STATUS_OK;
}

status_t outbox_record_witness(outbox_txn_t *txn, arena_t *arena, outbox_witness_t *out)
{
    span_t bytes;
    *out = (outbox_witness_t){0};
    TRY(get_named(txn, "witness", &bytes));
    return bytes.data ? outbox_witness_decode(bytes, arena, out) : STATUS_OK;
}

status_t outbox_record_origin(outbox_txn_t *txn, const filing_t *filing, uint64_t *out)
{
    outbox_key_t key = outbox_key_of_month(filing->dealer, filing->period, 0), found;
    for (*out = 0; !*out;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
        filing_t one;
        status_t status = arena ? outbox_txn_next(txn, OUTBOX_TABLE_MONTHS, &key, &found) : STATUS_NO_MEMORY;
        bool is_of_month =
            status == STATUS_OK && found.size == key.size && memcmp(found.bytes, key.bytes, key.size - 8) == 0;
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !is_of_month) ||
            (is_of_month && outbox_key_number(&found) >= filing->number)) {
            *out = filing->number;
            return STATUS_OK;
        }
        TRY(status);
        TRY(outbox_record_filing(txn, outbox_key_number(&found), false, arena, &one));
        if (memcmp(one.id, filing->id, sizeof one.id) == 0)
            *out = one.number;
        key = outbox_key_of_month(filing->dealer, filing->period, one.number + 1);
    }
    return STATUS_OK;
}

status_t outbox_record_newer(outbox_txn_t *txn, const filing_t *filing, uint64_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    filing_t latest;
    uint64_t number, newest, own;
    if (!arena)
        return STATUS_NO_MEMORY;
    *out = 0;
    status_t status = outbox_record_latest(txn, filing->dealer, filing->period, &number);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(outbox_record_filing(txn, number, false, arena, &latest));
    TRY(outbox_record_origin(txn, &latest, &newest));
    TRY(outbox_record_origin(txn, filing, &own));
    *out = newest > own ? number : 0;
    return STATUS_OK;
}

/* ---- putting */

static status_t put_buffer(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, status_t encoded,
                           const buffer_t *bytes)
{
    TRY(encoded);
    return outbox_txn_put(txn, table, key, (span_t){bytes->data, bytes->size});
}

status_t outbox_record_put_filing(outbox_txn_t *txn, const filing_t *filing)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(8 * TEXT_LENGTH_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_filing_t stored = {
        .dealer = filing->dealer,
        .period = filing->period,
        .is_withdrawal = filing->is_withdrawal,
        .why = outbox_clean_copy(arena, filing->why, TEXT_LENGTH_MAX),
        .source = outbox_clean_copy(arena, filing->source, TEXT_LENGTH_MAX),
        .line = filing->line,
        .column = filing->column,
        .time_ms = filing->time_ms,
        .facts = filing->facts,
    };
    if (!stored.why || !stored.source)
        return STATUS_NO_MEMORY;
    memcpy(stored.id, filing->id, sizeof stored.id);
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_key_t key = outbox_key_of_number(filing->number);
    return put_buffer(txn, OUTBOX_TABLE_FILINGS, &key, outbox_filing_encode(&stored, &bytes), &bytes);
}

status_t outbox_record_put_month(outbox_txn_t *txn, const filing_t *filing, bool is_aside)
{
    outbox_key_t month = outbox_key_of_month(filing->dealer, filing->period, filing->number);
    if (is_aside)
        return outbox_txn_delete(txn, OUTBOX_TABLE_MONTHS, &month);
    return outbox_txn_put(txn, OUTBOX_TABLE_MONTHS, &month, (span_t){0});
}

status_t outbox_record_put_waiting(outbox_txn_t *txn, uint64_t number)
{
    outbox_key_t key = outbox_key_of_number(number);
    return outbox_txn_put(txn, OUTBOX_TABLE_WAITING, &key, (span_t){0});
}

outbox_receipt_t outbox_receipt_now(const receipt_t *receipt, const uint8_t hub_key[KEY_SIZE],
                                    const uint8_t signing_key[SIGNING_KEY_SIZE])
{
    outbox_receipt_t stored = {.receipt = *receipt, .taken_ms = times_now_ms()};
    memcpy(stored.hub_key, hub_key, KEY_SIZE);
    if (receipt->is_signed)
        memcpy(stored.signing_key, signing_key, SIGNING_KEY_SIZE);
    return stored;
}

status_t outbox_record_put_receipt(outbox_txn_t *txn, uint64_t number, const outbox_receipt_t *receipt)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_key_t key = outbox_key_of_number(number);
    return put_buffer(txn, OUTBOX_TABLE_RECEIPTS, &key, outbox_receipt_encode(receipt, &bytes), &bytes);
}

status_t outbox_record_put_aside(outbox_txn_t *txn, uint64_t number, const outbox_aside_t *aside)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_key_t key = outbox_key_of_number(number);
    return put_buffer(txn, OUTBOX_TABLE_ASIDE, &key, outbox_aside_encode(aside, &bytes), &bytes);
}

status_t outbox_record_put_notes(outbox_txn_t *txn, const outbox_notes_t *notes)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_key_t key = outbox_key_of_name("notes");
    return put_buffer(txn, OUTBOX_TABLE_META, &key, outbox_notes_encode(notes, &bytes), &bytes);
}

status_t outbox_record_put_witness(outbox_txn_t *txn, const outbox_witness_t *witness)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_key_t key = outbox_key_of_name("witness");
    return put_buffer(txn, OUTBOX_TABLE_META, &key, outbox_witness_encode(witness, &bytes), &bytes);
}

status_t outbox_record_note_delivered(outbox_txn_t *txn, uint64_t number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    outbox_notes_t notes;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_record_notes(txn, arena, &notes));
    notes.last_delivered = number;
    return outbox_record_put_notes(txn, &notes);
}

/* ---- leaving */

status_t outbox_record_leave(outbox_txn_t *txn, filing_state_t state, uint64_t number)
{
    outbox_key_t key = outbox_key_of_number(number);
    return outbox_txn_delete(txn, outbox_state_tables[state], &key);
}

status_t outbox_record_drop(outbox_txn_t *txn, uint64_t number)
{
    outbox_key_t key = outbox_key_of_number(number);
    TRY(outbox_record_leave(txn, FILING_ASIDE, number));
    status_t status = outbox_txn_delete(txn, OUTBOX_TABLE_FILINGS, &key);
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
    return own <= origin ? outbox_record_drop(txn, number) : STATUS_OK;
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
