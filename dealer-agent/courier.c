#include "dealer-agent/courier.h"

#include "client/times.h"
#include "proto/signed.h"

#include <stdlib.h>
#include <string.h>

#define CATALOG_TRIES 3 /* times that a filing is packed anew because the hub has another catalog */

void courier_fini(courier_t *courier)
{
    arena_destroy(&courier->arena);
    free(courier->blocked);
}

static status_t note_settled(delivery_t *delivery, uint64_t number)
{
    if (delivery->count == delivery->room) {
        size_t room = delivery->room ? 2 * delivery->room : 64;
        uint64_t *numbers = reallocarray(delivery->numbers, room, sizeof *numbers);
        if (!numbers)
            return STATUS_NO_MEMORY;
        delivery->numbers = numbers;
        delivery->room = room;
    }
    delivery->numbers[delivery->count++] = number;
    return STATUS_OK;
}

bool courier_is_blocked(const courier_t *courier, const char *dealer)
{
    for (size_t i = 0; i < courier->blocked_count; i++)
        if (strcmp(courier->blocked[i], dealer) == 0)
            return true;
    return false;
}

/* One that waits holds back what its store filed later. */
static status_t block(courier_t *courier, const filing_t *filing, const char *why)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(filing->period, period);
    faults_add(&courier->delivery->stuck, 0, 0, "%s %s waits: %s", filing->dealer, period,
               session_text(courier->session, why));
    if (courier->blocked_count == courier->blocked_room) {
        size_t room = courier->blocked_room ? 2 * courier->blocked_room : 16;
        const char **blocked = reallocarray(courier->blocked, room, sizeof *blocked);
        if (!blocked)
            return STATUS_NO_MEMORY;
        courier->blocked = blocked;
        courier->blocked_room = room;
    }
    const char *dealer = arena_strdup(courier->arena, filing->dealer);
    if (!dealer)
        return STATUS_NO_MEMORY;
    courier->blocked[courier->blocked_count++] = dealer;
    return STATUS_OK;
}

status_t courier_explain(courier_t *courier, status_t status)
{
    return status == STATUS_OK ? status : outbox_explain(courier->outbox, status, &courier->session->faults);
}

/* What the hub has lost, and does not take again. Where the month was filed since, here or by somebody else, nobody
 * need care. */
static status_t put_aside_again(courier_t *courier, const parcel_t *parcel, status_t refused, const char *reason)
{
    const refiling_t *again = parcel->again;
    char text[OUTBOX_REASON_MAX + 1], time[TIMES_SIZE];
    uint64_t number = 0;
    TRY(witness_leave(&courier->witness, again->filing.number));
    if (refused == STATUS_CONFLICT || again->is_replaced)
        return STATUS_OK;
    int used = snprintf(text, sizeof text,
                        "the hub has lost this filing, which it had acknowledged as revision %u at %s, and does not "
                        "take it again",
                        again->latest.revision, times_local(again->latest.time_ms, time));
    snprintf(text + used, sizeof text - (size_t)used, "\n%s", reason);
    TRY(courier_explain(courier,
                        outbox_put_aside_again(courier->outbox, again->filing.number, refused, text, &number)));
    if (!number)
        return STATUS_OK;
    courier->delivery->aside++;
    return note_settled(courier->delivery, number);
}

status_t courier_put_aside(courier_t *courier, parcel_t *parcel, status_t refused, const char *reason)
{
    parcel->is_settled = true;
    if (parcel->again)
        return put_aside_again(courier, parcel, refused, reason);
    TRY(courier_explain(courier, outbox_put_aside(courier->outbox, parcel->filing.number, refused, reason)));
    courier->delivery->aside++;
    return note_settled(courier->delivery, parcel->filing.number);
}

/* Whether the receipt bears out what was filed. A hub that is older than signatures has no key, and signs nothing. */
static bool receipt_fits(const courier_t *courier, const filing_t *filing, const receipt_t *receipt)
{
    if (!courier->is_pinned)
        return (receipt->outcome == OUTCOME_WITHDRAWN) == filing->is_withdrawal && receipt->outcome != OUTCOME_NONE;
    return signed_receipt_check(courier->hub_key, courier->signing_key, receipt, filing->dealer, filing->period,
                                filing->id, filing->is_withdrawal ? NULL : &filing->facts) == STATUS_OK;
}

/* What was delivered once: the same receipt says that the hub still has it, another one that it had lost it. */
static status_t take_receipt_again(courier_t *courier, const parcel_t *parcel, const receipt_t *receipt)
{
    uint64_t number;
    if (witness_is_same(&parcel->again->latest, receipt))
        return STATUS_OK;
    TRY(courier_explain(courier, outbox_put_receipt_again(courier->outbox, parcel->filing.number, receipt,
                                                          courier->hub_key, courier->signing_key, &number)));
    courier->delivery->delivered++;
    return note_settled(courier->delivery, number);
}

/* It is kept until the wave is over, so that its receipts are stored with one sync of the disk. Without that the hub
 * is only asked again. */
static status_t take_receipt(courier_t *courier, parcel_t *parcel, const response_t *response, arena_t **arena)
{
    const filing_t *filing = &parcel->filing;
    if (response->kind != RESPONSE_RECEIPT)
        return block(courier, filing,
                     TRANSLATED("the hub answered with something else than a receipt; its version may be another"));
    if (!receipt_fits(courier, filing, &response->receipt))
        return block(courier, filing,
                     TRANSLATED("the hub's receipt does not bear out what was filed (its digest or signature does not "
                                "fit), so it was not taken; tell the hub's operator"));
    parcel->is_settled = true;
    if (parcel->again)
        return take_receipt_again(courier, parcel, &response->receipt);
    courier->receipts[courier->receipt_count] = (filing_receipt_t){filing->number, response->receipt};
    courier->answers[courier->receipt_count++] = *arena;
    *arena = NULL;
    return STATUS_OK;
}

/* The hub's words, and each of its faults on a line of its own. */
static void refusal_text(const response_t *response, char *out, size_t size)
{
    response_reason(response, out, size);
    for (size_t i = 0; i < response->fault_count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "\n%s", response->faults[i].message ? response->faults[i].message : "");
    }
}

static status_t take_refusal(courier_t *courier, parcel_t *parcel, const response_t *response)
{
    char text[OUTBOX_REASON_MAX + 1], said[SESSION_WORDS_SIZE];
    if (response->status == STATUS_CATALOG_CHANGED && ++parcel->catalog_changes < CATALOG_TRIES) {
        courier->has_new_catalog = true;
        return STATUS_OK;
    }
    refusal_text(response, text, sizeof text);
    bool may_heal = response->status == STATUS_INTERNAL || response->status == STATUS_CATALOG_CHANGED;
    /* Of another's store a hub does not say what it has; the next delivery asks anew whose stores they are. */
    may_heal = may_heal || (parcel->again && response->status == STATUS_NOT_ALLOWED);
    if (!may_heal)
        return courier_put_aside(courier, parcel, response->status, text);
    return block(courier, &parcel->filing, session_said(courier->session, text, said));
}

status_t courier_take(courier_t *courier, parcel_t *parcel, const response_t *response, arena_t **arena)
{
    return response->status == STATUS_OK ? take_receipt(courier, parcel, response, arena)
                                         : take_refusal(courier, parcel, response);
}

/* ---- the receipts of a wave */

static status_t store_receipts(courier_t *courier)
{
    TRY(courier_explain(courier, outbox_put_receipts(courier->outbox, courier->receipts, courier->receipt_count,
                                                     courier->hub_key, courier->signing_key)));
    courier->delivery->delivered += courier->receipt_count;
    for (size_t i = 0; i < courier->receipt_count; i++)
        TRY(note_settled(courier->delivery, courier->receipts[i].number));
    return STATUS_OK;
}

status_t courier_store_receipts(courier_t *courier)
{
    status_t status = store_receipts(courier);
    while (courier->receipt_count)
        arena_destroy(&courier->answers[--courier->receipt_count]);
    return status;
}
