#include "dealer-agent/deliver.h"

#include "core/limits.h"
#include "dealer-agent/courier.h"
#include "dealer-agent/packing.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define PASSES_MAX 100

/* ---- reaching the hub */

static status_t ask_hub(session_t *session, stores_t *out_stores)
{
    connection_close(&session->connection);
    TRY(session_open_home(session));
    TRY(session_connect(session));
    TRY(stores_ask(session, out_stores));
    return session_fetch_catalog(session);
}

/* A note that cannot be written (a full disk) is no reason to stop. */
static void note_error(outbox_t *outbox, bool is_unreached, const char *words)
{
    (void)!outbox_note_error(outbox, is_unreached, words);
}

static bool is_unreached(status_t status)
{
    return status == STATUS_TIMED_OUT || status == STATUS_REFUSED_KEY || status == STATUS_IO;
}

status_t deliver_reach(session_t *session, outbox_t *outbox, stores_t *out_stores)
{
    status_t status = ask_hub(session, out_stores);
    if (status == STATUS_OK)
        return outbox_note_contact(outbox) == STATUS_DAMAGED ? outbox_explain(outbox, STATUS_DAMAGED, &session->faults)
                                                             : STATUS_OK;
    connection_close(&session->connection);
    if (!session->is_misused)
        note_error(outbox, is_unreached(status), session_last_words(session, status));
    return status;
}

/* ---- one delivery */

void delivery_fini(delivery_t *delivery)
{
    free(delivery->numbers);
    faults_fini(&delivery->stuck);
    *delivery = (delivery_t){0};
}

static status_t take(void *context, size_t index, const response_t *response, arena_t **arena)
{
    courier_t *courier = context;
    return courier_take(courier, courier->wave[index], response, arena);
}

static status_t make(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    *out = ((courier_t *)context)->wave[index]->request;
    return STATUS_OK;
}

/* Reads a filing whole and packs it for the catalog of now; one that does not fit it is put aside. */
static status_t pack(courier_t *courier, arena_t *arena, parcel_t *parcel)
{
    char why[400] = "", text[500];
    filing_t filing;
    TRY(courier_explain(courier, outbox_get(courier->outbox, parcel->filing.number, arena, &filing)));
    status_t status = packing_request(&filing, courier->session->catalog, arena, &parcel->request, why, sizeof why);
    if (status == STATUS_OK && parcel->again)
        *packing_earlier(&parcel->request) = &parcel->again->filing.receipt;
    if (status == STATUS_OK && packing_fits(&parcel->request) == STATUS_LIMIT) {
        snprintf(why, sizeof why, "packed for the hub's catalog of now it takes more than %d bytes", REQUEST_SIZE_MAX);
        status = STATUS_INVALID;
    }
    if (status == STATUS_INVALID) {
        snprintf(text, sizeof text, "%s; file the month again", why);
        return courier_put_aside(courier, parcel, STATUS_INVALID, text);
    }
    parcel->filing = filing;
    return status;
}

/* The next filing of each store that is not blocked, as many as a wave takes. */
static status_t load_wave(courier_t *courier, arena_t *arena, parcel_t *parcels, size_t count, size_t *out_count)
{
    size_t used = 0;
    for (size_t i = 0; i < count && used < WAVE; i++) {
        parcel_t *parcel = &parcels[i];
        bool waits = parcel->is_settled || courier_is_blocked(courier, parcel->filing.dealer);
        for (size_t j = 0; j < used && !waits; j++)
            waits = strcmp(courier->wave[j]->filing.dealer, parcel->filing.dealer) == 0;
        if (waits)
            continue;
        TRY(pack(courier, arena, parcel));
        if (!parcel->is_settled)
            courier->wave[used++] = parcel;
    }
    *out_count = used;
    return STATUS_OK;
}

static status_t send_wave(courier_t *courier, parcel_t *parcels, size_t count, size_t *out_sent)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    session_t *session = courier->session;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(load_wave(courier, arena, parcels, count, out_sent));
    exchange_t exchange = {*out_sent, WAVE, courier, make, take};
    courier->has_new_catalog = false;
    courier->has_sent |= *out_sent > 0;
    status_t exchanged = connection_exchange(session->connection, &exchange, &session->faults);
    status_t stored = courier_store_receipts(courier); /* also where it broke off: what came, came */
    TRY(stored);
    TRY(exchanged);
    return courier->has_new_catalog ? session_fetch_catalog(session) : STATUS_OK;
}

/* `again`: NULL, or what each was acknowledged as. */
static status_t deliver_list(courier_t *courier, const filing_t *filings, const refiling_t *again, size_t count,
                             arena_t *arena)
{
    parcel_t *parcels = arena_array(arena, count, sizeof *parcels);
    if (!parcels)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        parcels[i].filing = filings[i];
        parcels[i].again = again ? &again[i] : NULL;
    }
    for (size_t sent = 1; sent;) {
        TRY(send_wave(courier, parcels, count, &sent));
        for (size_t i = 0; i < count; i++) /* what they hold of the wave's memory went with it */
            parcels[i].filing = filings[i];
    }
    return STATUS_OK;
}

/* What the hub may have lost, before what is newer. */
static status_t deliver_again(courier_t *courier)
{
    refiling_t *again = NULL;
    size_t count;
    TRY(witness_ask(courier->session, courier->outbox, courier->arena, &courier->witness));
    TRY(witness_list(courier->session, courier->outbox, &courier->witness, &again, &count));
    filing_t *filings = arena_array(courier->arena, count, sizeof *filings);
    if (!filings)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        filings[i] = again[i].filing;
    return deliver_list(courier, filings, again, count, courier->arena);
}

/* All that waits now, as one look at the outbox shows it: what is taken back from aside, or comes in, after that look
 * is delivered by the next one, in which they stand in their order. */
static status_t deliver_pass(courier_t *courier)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t *filings;
    size_t count;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(courier_explain(courier, outbox_list(courier->outbox, FILING_WAITING, 0, SIZE_MAX, arena, &filings, &count)));
    return deliver_list(courier, filings, NULL, count, arena);
}

/* Again while it gets anywhere: what was taken back from aside meanwhile stands before what is new. */
static status_t deliver_passes(courier_t *courier)
{
    size_t settled = SIZE_MAX;
    for (int i = 0; i < PASSES_MAX && courier->delivery->count != settled; i++) {
        outbox_status_t now;
        TRY(courier_explain(courier, outbox_read_status(courier->outbox, &now)));
        settled = courier->delivery->count;
        if (now.waiting)
            TRY(deliver_pass(courier));
    }
    return STATUS_OK;
}

static status_t deliver_all(courier_t *courier)
{
    TRY(deliver_again(courier));
    bool is_settled = !courier->delivery->stuck.count; /* else the next delivery begins with it */
    TRY(deliver_passes(courier));
    return is_settled ? witness_keep(courier->session, courier->outbox, &courier->witness, courier->has_sent)
                      : STATUS_OK;
}

/* Why anything still waits, for `status`; nothing where all is well. */
static void note_outcome(const courier_t *courier, status_t status)
{
    const faults_t *stuck = &courier->delivery->stuck;
    outbox_status_t now;
    if (status != STATUS_OK) /* the hub was reached, so that IO is said of the own disk */
        note_error(courier->outbox, status != STATUS_IO && is_unreached(status),
                   session_last_words(courier->session, status));
    else if (stuck->count)
        note_error(courier->outbox, false, stuck->items[0].message);
    else if (outbox_read_status(courier->outbox, &now) == STATUS_OK && *now.last_error)
        note_error(courier->outbox, false, "");
}

status_t deliver_run(session_t *session, outbox_t *outbox, delivery_t *delivery)
{
    CLEANUP(courier_fini)
    courier_t courier = {
        .session = session, .outbox = outbox, .delivery = delivery, .arena = arena_create(SIZE_MAX / 4)};
    if (!courier.arena)
        return STATUS_NO_MEMORY;
    delivery->stuck.translate = session->faults.translate;
    courier.is_pinned = home_hub_keys(&session->home, courier.hub_key, courier.signing_key) == STATUS_OK;
    if (!zmq_z85_decode(courier.hub_key, session->home.hub_key))
        return STATUS_INVALID;
    status_t status = deliver_all(&courier);
    note_outcome(&courier, status);
    return status;
}
