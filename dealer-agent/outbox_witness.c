#include "dealer-agent/outbox_witness.h"

#include "client/times.h"
#include "dealer-agent/outbox_internals.h"
#include "dealer-agent/outbox_records.h"

#include <string.h>

/* ---- the hub's log */

status_t outbox_read_witness(outbox_t *outbox, arena_t *arena, outbox_witness_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    return outbox_record_witness(txn, arena, out);
}

/* Reads what is kept, lets `change` alter it, and stores it. */
static status_t change_witness(outbox_t *outbox, void (*change)(outbox_witness_t *witness, const void *context),
                               const void *context)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_witness_t witness;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_witness(txn, arena, &witness));
    change(&witness, context);
    TRY(outbox_record_put_witness(txn, &witness));
    return outbox_txn_commit(&txn);
}

static void keep(outbox_witness_t *witness, const void *context)
{
    const outbox_witness_t *news = context;
    memcpy(witness->hub_key, news->hub_key, KEY_SIZE);
    memcpy(witness->hash, news->hash, DIGEST_SIZE);
    witness->event = news->event;
    witness->sequence = news->sequence;
    witness->heard_ms = times_now_ms();
    witness->left = news->left;
    witness->left_count = news->left_count;
}

status_t outbox_keep_witness(outbox_t *outbox, const uint8_t hub_key[KEY_SIZE], const witnessed_t *head,
                             const uint64_t *left, size_t left_count)
{
    outbox_witness_t news = {.event = head->event, .sequence = head->sequence, .left = left, .left_count = left_count};
    memcpy(news.hub_key, hub_key, KEY_SIZE);
    memcpy(news.hash, head->hash, DIGEST_SIZE);
    return change_witness(outbox, keep, &news);
}

static void break_off(outbox_witness_t *witness, const void *context)
{
    (void)context;
    witness->event = witness->sequence = 0;
    witness->left_count = 0;
    witness->broken_ms = times_now_ms();
    witness->again = witness->again_ms = witness->refused = 0;
}

status_t outbox_note_break(outbox_t *outbox)
{
    return change_witness(outbox, break_off, NULL);
}

static void tell(outbox_witness_t *witness, const void *context)
{
    (void)context;
    witness->told_ms = times_now_ms();
}

status_t outbox_note_told(outbox_t *outbox)
{
    return change_witness(outbox, tell, NULL);
}

/* ---- filed again */

/* A loss that was found before the log was known to be another is a break too. */
static status_t count_loss(outbox_txn_t *txn, arena_t *arena, bool is_refused)
{
    outbox_witness_t witness;
    TRY(outbox_record_witness(txn, arena, &witness));
    if (witness.event || !witness.broken_ms)
        break_off(&witness, NULL);
    witness.again += !is_refused;
    witness.refused += is_refused;
    witness.again_ms = is_refused ? witness.again_ms : times_now_ms();
    return outbox_record_put_witness(txn, &witness);
}

/* A filing of that number once more, under the next one; without a state. */
static status_t repeat(outbox_txn_t *txn, uint64_t number, arena_t *arena, filing_t *out)
{
    TRY(outbox_record_filing(txn, number, true, arena, out));
    out->number = ++outbox_txn_head(txn)->number;
    return outbox_record_put_filing(txn, out);
}

status_t outbox_put_receipt_again(outbox_t *outbox, uint64_t number, const receipt_t *receipt,
                                  const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE],
                                  uint64_t *out_number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(2 * OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_receipt_t stored = outbox_receipt_now(receipt, hub_key, signing_key);
    filing_t filing;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(repeat(txn, number, arena, &filing));
    TRY(outbox_record_put_receipt(txn, filing.number, &stored));
    TRY(outbox_record_drop_superseded(txn, &filing));
    TRY(count_loss(txn, arena, false));
    TRY(outbox_record_note_delivered(txn, filing.number));
    TRY(outbox_txn_commit(&txn));
    *out_number = filing.number;
    return STATUS_OK;
}

/* Whether a filing with that id is aside. */
static status_t is_aside(outbox_txn_t *txn, const uint8_t id[SUBMISSION_ID_SIZE], bool *out)
{
    outbox_key_t key = outbox_key_of_number(0), found;
    for (*out = false; !*out;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
        filing_t filing;
        if (!arena)
            return STATUS_NO_MEMORY;
        status_t status = outbox_txn_next(txn, OUTBOX_TABLE_ASIDE, &key, &found);
        if (status == STATUS_NOT_FOUND)
            return STATUS_OK;
        TRY(status);
        TRY(outbox_record_filing(txn, outbox_key_number(&found), false, arena, &filing));
        *out = memcmp(filing.id, id, SUBMISSION_ID_SIZE) == 0;
        key = outbox_key_of_number(filing.number + 1);
    }
    return STATUS_OK;
}

static status_t put_aside(outbox_txn_t *txn, uint64_t number, const outbox_aside_t *aside, arena_t *arena,
                          uint64_t *out_number)
{
    filing_t filing;
    TRY(repeat(txn, number, arena, &filing));
    TRY(outbox_record_put_aside(txn, filing.number, aside));
    *out_number = filing.number;
    return count_loss(txn, arena, true);
}

status_t outbox_put_aside_again(outbox_t *outbox, uint64_t number, status_t refused, const char *reason,
                                uint64_t *out_number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(2 * OUTBOX_VALUE_MEMORY_MAX);
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    outbox_aside_t aside = {refused, outbox_clean_copy(arena, reason, OUTBOX_REASON_MAX), times_now_ms()};
    filing_t filing;
    bool is_there;
    uint64_t added = 0;
    if (!aside.reason)
        return STATUS_NO_MEMORY;
    TRY(outbox_txn_begin(outbox->tables, true, &txn));
    TRY(outbox_record_filing(txn, number, false, arena, &filing));
    TRY(is_aside(txn, filing.id, &is_there));
    if (!is_there)
        TRY(put_aside(txn, number, &aside, arena, &added));
    TRY(outbox_txn_commit(&txn));
    *out_number = added;
    return STATUS_OK;
}

status_t outbox_find_origin(outbox_t *outbox, const filing_t *filing, uint64_t *out)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    TRY(outbox_txn_begin(outbox->tables, false, &txn));
    return outbox_record_origin(txn, filing, out);
}
