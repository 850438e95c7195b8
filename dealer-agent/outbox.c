#include "dealer-agent/outbox.h"

#include "dealer-agent/outbox_internals.h"
#include "proto/outbox_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Far above what years of filings take; the file is as large as what it holds. */
#define MAP_BYTES ((size_t)1 << 30)

const char *const filing_state_names[FILING_STATE_COUNT] = {"waiting", "delivered", "aside"};

static const outbox_table_t STATE_TABLES[FILING_STATE_COUNT] = {OUTBOX_TABLE_WAITING, OUTBOX_TABLE_RECEIPTS,
                                                                OUTBOX_TABLE_ASIDE};

struct outbox {
    char directory[PATH_MAX];
    outbox_tables_t *tables;
    int lock;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- opening */

static const char *advice(status_t status)
{
    switch (status) {
    case STATUS_DAMAGED:
        return TRANSLATED("; move the directory away (keep it: it may be read by hand), or restore it from a backup, "
                          "and file again what the hub does not have: what it has is answered as unchanged");
    case STATUS_NEWER_FORMAT:
        return TRANSLATED("; install that version of yardstick-agent");
    case STATUS_STORE_FULL:
        return TRANSLATED("; make room on its disk, then do it again: nothing was lost");
    case STATUS_BUSY:
        return TRANSLATED("; do it again a little later; where that goes on, see which process has its write.lock "
                          "open");
    case STATUS_IO:
        return TRANSLATED("; check that the disk is well and that this user may write there");
    default:
        return "";
    }
}

static const char *words_of(status_t status)
{
    switch (status) {
    case STATUS_STORE_FULL:
        return TRANSLATED("there is no room left");
    case STATUS_BUSY:
        return TRANSLATED("another program has had it locked for too long");
    default:
        return status_text(status);
    }
}

static status_t explain(const char *directory, status_t status, const char *why, faults_t *faults)
{
    faults_add(faults, 0, 0, "the outbox %s: %s%s", directory, faults_text(faults, *why ? why : words_of(status)),
               faults_text(faults, advice(status)));
    return status;
}

status_t outbox_explain(const outbox_t *outbox, status_t status, faults_t *faults)
{
    return explain(outbox->directory, status, "", faults);
}

static status_t open_tables(outbox_t *outbox, size_t map_bytes, char *out_why, size_t why_size)
{
    bool is_new;
    TRY(outbox_prepare(outbox->directory, &is_new, out_why, why_size));
    if (!is_new)
        TRY(outbox_tables_check(outbox->directory, out_why, why_size));
    TRY(outbox_tables_open(outbox->directory, map_bytes, outbox->lock, is_new, &outbox->tables));
    return is_new ? outbox_finish(outbox->directory, out_why, why_size) : STATUS_OK;
}

status_t outbox_open_sized(const char *home_directory, size_t map_bytes, outbox_t **out, faults_t *faults)
{
    CLEANUP(outbox_close) outbox_t *outbox = calloc(1, sizeof *outbox);
    char why[PATH_MAX + 200] = "";
    if (!outbox)
        return explain(home_directory, STATUS_NO_MEMORY, "", faults);
    outbox->lock = -1;
    if (!outbox_path(home_directory, NULL, outbox->directory))
        return explain(home_directory, STATUS_INVALID, "its path is too long", faults);
    status_t status = outbox_enter(outbox->directory, &outbox->lock, why, sizeof why);
    if (status == STATUS_OK) {
        status = open_tables(outbox, map_bytes, why, sizeof why);
        outbox_leave(outbox->lock);
    }
    if (status != STATUS_OK)
        return explain(outbox->directory, status, why, faults);
    *out = outbox;
    outbox = NULL;
    return STATUS_OK;
}

bool outbox_exists(const char *home_directory)
{
    char path[PATH_MAX];
    return *home_directory && outbox_path(home_directory, "FORMAT", path) && access(path, F_OK) == 0;
}

status_t outbox_open(const char *home_directory, outbox_t **out, faults_t *faults)
{
    return outbox_open_sized(home_directory, MAP_BYTES, out, faults);
}

void outbox_close(outbox_t **outbox)
{
    if (!outbox || !*outbox)
        return;
    outbox_tables_close(&(*outbox)->tables);
    if ((*outbox)->lock >= 0)
        close((*outbox)->lock);
    free(*outbox);
    *outbox = NULL;
}

/* ---- texts */

/* A copy of at most `most` bytes, cut between characters; whatever is not clean becomes '?'. */
static char *clean_copy(arena_t *arena, const char *text, size_t most)
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

/* ---- encoded records */

static status_t put_buffer(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, status_t encoded,
                           const buffer_t *bytes)
{
    TRY(encoded);
    return outbox_txn_put(txn, table, key, (span_t){bytes->data, bytes->size});
}

static status_t get_notes(outbox_txn_t *txn, arena_t *arena, outbox_notes_t *out)
{
    outbox_key_t key = outbox_key_of_name("notes");
    span_t bytes;
    status_t status = outbox_txn_get(txn, OUTBOX_TABLE_META, &key, &bytes);
    if (status == STATUS_NOT_FOUND) {
        *out = (outbox_notes_t){.last_error = ""};
        return STATUS_OK;
    }
    TRY(status);
    return outbox_notes_decode(bytes, arena, out);
}

static status_t put_notes(outbox_txn_t *txn, const outbox_notes_t *notes)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_key_t key = outbox_key_of_name("notes");
    return put_buffer(txn, OUTBOX_TABLE_META, &key, outbox_notes_encode(notes, &bytes), &bytes);
}

/* ---- reading filings */

static status_t read_filing(outbox_txn_t *txn, uint64_t number, bool with_facts, arena_t *arena, filing_t *out)
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

/* What its state adds to a filing; STATUS_NOT_FOUND where it is not in that state. */
static status_t read_state(outbox_txn_t *txn, filing_state_t state, arena_t *arena, filing_t *out)
{
    outbox_key_t key = outbox_key_of_number(out->number);
    span_t bytes;
    TRY(outbox_txn_get(txn, STATE_TABLES[state], &key, &bytes));
    out->state = state;
    if (state == FILING_DELIVERED)
        return read_receipt(bytes, arena, out);
    return state == FILING_ASIDE ? read_aside(bytes, arena, out) : STATUS_OK;
}

static status_t read_whole(outbox_txn_t *txn, uint64_t number, bool with_facts, arena_t *arena, filing_t *out)
{
    TRY(read_filing(txn, number, with_facts, arena, out));
    status_t status = STATUS_NOT_FOUND;
    for (int state = 0; state < FILING_STATE_COUNT && status == STATUS_NOT_FOUND; state++)
        status = read_state(txn, (filing_state_t)state, arena, out);
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
        status = outbox_txn_get(txn, STATE_TABLES[state], &key, &bytes);
        if (status == STATUS_OK)
            *out = (filing_state_t)state;
    }
    return status;
}

/* Number of the newest filing of a month that is not aside. */
static status_t find_latest(outbox_txn_t *txn, const char *dealer, period_t period, uint64_t *out)
{
    outbox_key_t bound = outbox_key_of_month(dealer, period, UINT64_MAX), found;
    TRY(outbox_txn_last(txn, OUTBOX_TABLE_MONTHS, &bound, &found));
    if (found.size != bound.size || memcmp(found.bytes, bound.bytes, bound.size - 8) != 0)
        return STATUS_NOT_FOUND;
    *out = outbox_key_number(&found);
    return STATUS_OK;
}

status_t outbox_find_latest(outbox_t *outbox, const char *dealer, period_t period, arena_t *arena, filing_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    uint64_t number;
    filing_t filing;
    if (!text_is_code(dealer))
        return STATUS_NOT_FOUND;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    TRY(find_latest(txn, dealer, period, &number));
    status_t status = read_whole(txn, number, true, arena, &filing);
    if (status == STATUS_NOT_FOUND)
        return STATUS_DAMAGED;
    TRY(status);
    *out = filing;
    return STATUS_OK;
}

static status_t list(outbox_txn_t *txn, filing_state_t state, uint64_t after, size_t most, arena_t *arena,
                     filing_t *filings, size_t *out_count)
{
    size_t count = 0;
    outbox_key_t key = outbox_key_of_number(after + 1), found;
    for (status_t status; count < most; count++) {
        status = outbox_txn_next(txn, STATE_TABLES[state], &key, &found);
        if (status == STATUS_NOT_FOUND)
            break;
        TRY(status);
        uint64_t number = outbox_key_number(&found);
        status = read_filing(txn, number, false, arena, &filings[count]);
        if (status == STATUS_OK)
            status = read_state(txn, state, arena, &filings[count]);
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
    TRY(outbox_txn_count(txn, STATE_TABLES[state], &held));
    if (after == UINT64_MAX || held < most)
        most = after == UINT64_MAX ? 0 : (size_t)held;
    filing_t *filings = arena_array(arena, most, sizeof *filings);
    if (!filings)
        return STATUS_NO_MEMORY;
    TRY(list(txn, state, after, most, arena, filings, out_count));
    *out = filings;
    return STATUS_OK;
}

/* ---- adding */

static status_t put_filing(outbox_txn_t *txn, const filing_t *filing)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(8 * TEXT_LENGTH_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_filing_t stored = {
        .dealer = filing->dealer,
        .period = filing->period,
        .is_withdrawal = filing->is_withdrawal,
        .why = clean_copy(arena, filing->why, TEXT_LENGTH_MAX),
        .source = clean_copy(arena, filing->source, TEXT_LENGTH_MAX),
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
    TRY(put_buffer(txn, OUTBOX_TABLE_FILINGS, &key, outbox_filing_encode(&stored, &bytes), &bytes));
    outbox_key_t month = outbox_key_of_month(filing->dealer, filing->period, filing->number);
    TRY(outbox_txn_put(txn, OUTBOX_TABLE_WAITING, &key, (span_t){0}));
    return outbox_txn_put(txn, OUTBOX_TABLE_MONTHS, &month, (span_t){0});
}

status_t outbox_add(outbox_t *outbox, filing_t *filings, size_t count)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    uint64_t first = outbox_txn_head(txn)->number + 1, now = now_ms();
    for (size_t i = 0; i < count; i++) {
        filing_t filing = filings[i];
        filing.number = first + i;
        filing.time_ms = now;
        arc4random_buf(filing.id, sizeof filing.id);
        TRY(put_filing(txn, &filing));
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

/* `number` is aside: forgets it where it is of the month. */
static status_t drop_where_of(outbox_txn_t *txn, uint64_t number, const filing_t *newer)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = read_filing(txn, number, false, arena, &filing);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
    bool is_of_it = strcmp(filing.dealer, newer->dealer) == 0 && filing.period == newer->period;
    return is_of_it ? drop(txn, number) : STATUS_OK;
}

/* What a newer filing of its month, which the hub has now, has taken the place of: nobody has to decide about it any
 * more. Those aside are few: all are looked at. */
static status_t drop_superseded(outbox_txn_t *txn, const filing_t *newer)
{
    outbox_key_t key = outbox_key_of_number(0), found;
    for (;;) {
        status_t status = outbox_txn_next(txn, OUTBOX_TABLE_ASIDE, &key, &found);
        uint64_t number = status == STATUS_OK ? outbox_key_number(&found) : 0;
        if (status == STATUS_NOT_FOUND || number > newer->number)
            return STATUS_OK;
        TRY(status);
        TRY(drop_where_of(txn, number, newer));
        key = outbox_key_of_number(number + 1);
    }
}

status_t outbox_put_receipt(outbox_t *outbox, uint64_t number, const receipt_t *receipt,
                            const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE])
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_receipt_t stored = {.receipt = *receipt, .taken_ms = now_ms()};
    memcpy(stored.hub_key, hub_key, KEY_SIZE);
    if (receipt->is_signed)
        memcpy(stored.signing_key, signing_key, SIGNING_KEY_SIZE);
    outbox_key_t key = outbox_key_of_number(number);
    outbox_notes_t notes;
    filing_t filing;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(take_from(txn, OUTBOX_TABLE_WAITING, number));
    TRY(read_filing(txn, number, false, arena, &filing));
    TRY(drop_superseded(txn, &filing));
    TRY(put_buffer(txn, OUTBOX_TABLE_RECEIPTS, &key, outbox_receipt_encode(&stored, &bytes), &bytes));
    TRY(get_notes(txn, arena, &notes));
    notes.last_delivered = number;
    TRY(put_notes(txn, &notes));
    return outbox_txn_commit(&txn);
}

/* Its entry in `months` follows whether it is aside. */
static status_t change_month(outbox_txn_t *txn, const filing_t *filing, bool is_aside)
{
    outbox_key_t month = outbox_key_of_month(filing->dealer, filing->period, filing->number);
    if (is_aside)
        return outbox_txn_delete(txn, OUTBOX_TABLE_MONTHS, &month);
    return outbox_txn_put(txn, OUTBOX_TABLE_MONTHS, &month, (span_t){0});
}

status_t outbox_put_aside(outbox_t *outbox, uint64_t number, status_t refused, const char *reason)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_aside_t aside = {refused, clean_copy(arena, reason, OUTBOX_REASON_MAX), now_ms()};
    if (!aside.reason)
        return STATUS_NO_MEMORY;
    outbox_key_t key = outbox_key_of_number(number);
    filing_t filing;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(take_from(txn, OUTBOX_TABLE_WAITING, number));
    TRY(read_filing(txn, number, false, arena, &filing));
    TRY(change_month(txn, &filing, true));
    TRY(put_buffer(txn, OUTBOX_TABLE_ASIDE, &key, outbox_aside_encode(&aside, &bytes), &bytes));
    return outbox_txn_commit(&txn);
}

status_t outbox_retry(outbox_t *outbox, uint64_t number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    filing_t filing;
    uint64_t latest = 0;
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_key_t key = outbox_key_of_number(number);
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(take_from(txn, OUTBOX_TABLE_ASIDE, number));
    TRY(read_filing(txn, number, false, arena, &filing));
    status_t status = find_latest(txn, filing.dealer, filing.period, &latest);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    if (latest > number)
        return STATUS_CONFLICT;
    TRY(change_month(txn, &filing, false));
    TRY(outbox_txn_put(txn, OUTBOX_TABLE_WAITING, &key, (span_t){0}));
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

/* ---- status */

static status_t read_oldest(outbox_txn_t *txn, arena_t *arena, uint64_t *out_ms)
{
    outbox_key_t first = outbox_key_of_number(0), found;
    filing_t filing;
    *out_ms = 0;
    status_t status = outbox_txn_next(txn, OUTBOX_TABLE_WAITING, &first, &found);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(read_filing(txn, outbox_key_number(&found), false, arena, &filing));
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
    TRY(get_notes(txn, arena, &notes));
    TRY(read_oldest(txn, arena, &oldest));
    uint64_t counts[FILING_STATE_COUNT];
    for (int state = 0; state < FILING_STATE_COUNT; state++)
        TRY(outbox_txn_count(txn, STATE_TABLES[state], &counts[state]));
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

status_t outbox_note_contact(outbox_t *outbox)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_notes_t notes;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(get_notes(txn, arena, &notes));
    notes.last_contact_ms = now_ms();
    notes.unreached_since_ms = 0;
    TRY(put_notes(txn, &notes));
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
    TRY(get_notes(txn, arena, &notes));
    notes.last_error = clean_copy(arena, words, OUTBOX_ERROR_SIZE - 1);
    notes.last_error_ms = *words ? now_ms() : 0;
    if (!notes.last_error)
        return STATUS_NO_MEMORY;
    if (is_unreached && !notes.unreached_since_ms)
        notes.unreached_since_ms = now_ms();
    TRY(put_notes(txn, &notes));
    return outbox_txn_commit(&txn);
}
