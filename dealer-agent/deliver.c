#include "dealer-agent/deliver.h"

#include "client/times.h"
#include "core/limits.h"
#include "dealer-agent/outbox_files.h"
#include "dealer-agent/packing.h"
#include "dealer-agent/witness.h"
#include "proto/signed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <zmq.h>

#define WAVE          16 /* of as many stores, in flight at a time: each is in memory with all its consultants */
#define CATALOG_TRIES 3  /* times that a filing is packed anew because the hub has another catalog */
#define PASSES_MAX    100

/* ---- the lock */

status_t deliver_lock(const char *home_directory, int *out_lock)
{
    char path[PATH_MAX];
    if (!outbox_path(home_directory, "deliver.lock", path))
        return STATUS_IO;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return STATUS_IO;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        *out_lock = file;
        return STATUS_OK;
    }
    status_t status = errno == EWOULDBLOCK ? STATUS_BUSY : STATUS_IO;
    close(file);
    return status;
}

void deliver_unlock(int *lock)
{
    if (*lock >= 0)
        close(*lock);
    *lock = -1;
}

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

static const char *last_words(const faults_t *faults, status_t status)
{
    return faults->count ? faults->items[faults->count - 1].message : faults_text(faults, status_text(status));
}

status_t deliver_reach(session_t *session, outbox_t *outbox, stores_t *out_stores)
{
    status_t status = ask_hub(session, out_stores);
    if (status == STATUS_OK)
        return outbox_note_contact(outbox) == STATUS_DAMAGED ? outbox_explain(outbox, STATUS_DAMAGED, &session->faults)
                                                             : STATUS_OK;
    connection_close(&session->connection);
    if (!session->is_misused)
        note_error(outbox, is_unreached(status), last_words(&session->faults, status));
    return status;
}

/* ---- one delivery */

typedef struct {
    filing_t filing;
    request_t request;
    unsigned catalog_changes;
    bool is_settled;
    const refiling_t *again; /* NULL: it waits; else it was delivered once, and may be lost */
} parcel_t;

typedef struct {
    session_t *session;
    outbox_t *outbox;
    delivery_t *delivery;
    bool is_pinned;
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE];
    arena_t *arena; /* names of the stores that are blocked, and what the witness knows */
    const char **blocked;
    size_t blocked_count, blocked_room;
    parcel_t *wave[WAVE];
    filing_receipt_t receipts[WAVE]; /* receipts that came for the wave and are not stored yet, */
    arena_t *answers[WAVE];          /* and their memory */
    size_t receipt_count;
    bool has_new_catalog; /* the hub said so */
    witness_t witness;
    bool has_sent;
} courier_t;

void delivery_fini(delivery_t *delivery)
{
    free(delivery->numbers);
    faults_fini(&delivery->stuck);
    *delivery = (delivery_t){0};
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

static bool is_blocked(const courier_t *courier, const char *dealer)
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

static status_t explain(courier_t *courier, status_t status)
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
    TRY(explain(courier, outbox_put_aside_again(courier->outbox, again->filing.number, refused, text, &number)));
    if (!number)
        return STATUS_OK;
    courier->delivery->aside++;
    return note_settled(courier->delivery, number);
}

static status_t put_aside(courier_t *courier, parcel_t *parcel, status_t refused, const char *reason)
{
    parcel->is_settled = true;
    if (parcel->again)
        return put_aside_again(courier, parcel, refused, reason);
    TRY(explain(courier, outbox_put_aside(courier->outbox, parcel->filing.number, refused, reason)));
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
    TRY(explain(courier, outbox_put_receipt_again(courier->outbox, parcel->filing.number, receipt, courier->hub_key,
                                                  courier->signing_key, &number)));
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

static void forget_receipts(courier_t *courier)
{
    while (courier->receipt_count)
        arena_destroy(&courier->answers[--courier->receipt_count]);
}

/* Also where the exchange broke off: what came, came. */
static status_t store_receipts(courier_t *courier)
{
    TRY(explain(courier, outbox_put_receipts(courier->outbox, courier->receipts, courier->receipt_count,
                                             courier->hub_key, courier->signing_key)));
    courier->delivery->delivered += courier->receipt_count;
    for (size_t i = 0; i < courier->receipt_count; i++)
        TRY(note_settled(courier->delivery, courier->receipts[i].number));
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
    if (response->status != STATUS_INTERNAL && response->status != STATUS_CATALOG_CHANGED)
        return put_aside(courier, parcel, response->status, text);
    return block(courier, &parcel->filing, session_said(courier->session, text, said));
}

static status_t take(void *context, size_t index, const response_t *response, arena_t **arena)
{
    courier_t *courier = context;
    parcel_t *parcel = courier->wave[index];
    return response->status == STATUS_OK ? take_receipt(courier, parcel, response, arena)
                                         : take_refusal(courier, parcel, response);
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
    TRY(explain(courier, outbox_get(courier->outbox, parcel->filing.number, arena, &filing)));
    status_t status = packing_request(&filing, courier->session->catalog, arena, &parcel->request, why, sizeof why);
    if (status == STATUS_OK && parcel->again)
        *(filing.is_withdrawal ? &parcel->request.withdrawal.earlier : &parcel->request.submission.earlier) =
            &parcel->again->filing.receipt;
    if (status == STATUS_OK && packing_fits(&parcel->request) == STATUS_LIMIT) {
        snprintf(why, sizeof why, "packed for the hub's catalog of now it takes more than %d bytes", REQUEST_SIZE_MAX);
        status = STATUS_INVALID;
    }
    if (status == STATUS_INVALID) {
        snprintf(text, sizeof text, "%s; file the month again", why);
        return put_aside(courier, parcel, STATUS_INVALID, text);
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
        bool waits = parcel->is_settled || is_blocked(courier, parcel->filing.dealer);
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
    status_t stored = store_receipts(courier);
    forget_receipts(courier);
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
    TRY(explain(courier, outbox_list(courier->outbox, FILING_WAITING, 0, SIZE_MAX, arena, &filings, &count)));
    return deliver_list(courier, filings, NULL, count, arena);
}

/* Again while it gets anywhere: what was taken back from aside meanwhile stands before what is new. */
static status_t deliver_passes(courier_t *courier)
{
    size_t settled = SIZE_MAX;
    for (int i = 0; i < PASSES_MAX && courier->delivery->count != settled; i++) {
        outbox_status_t now;
        TRY(explain(courier, outbox_read_status(courier->outbox, &now)));
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
                   last_words(&courier->session->faults, status));
    else if (stuck->count)
        note_error(courier->outbox, false, stuck->items[0].message);
    else if (outbox_read_status(courier->outbox, &now) == STATUS_OK && *now.last_error)
        note_error(courier->outbox, false, "");
}

static void courier_fini(courier_t *courier)
{
    arena_destroy(&courier->arena);
    free(courier->blocked);
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
