#include "dealer-agent/witness.h"

#include "client/messages.h"
#include "client/times.h"
#include "dealer-agent/deliver_lock.h"
#include "dealer-agent/outbox_files.h"
#include "dealer-agent/stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static status_t explain(session_t *session, const outbox_t *outbox, status_t status)
{
    return status == STATUS_OK ? status : outbox_explain(outbox, status, &session->faults);
}

/* ---- the question */

/* *out_answered: the hub knows the question. */
static status_t ask(connection_t *connection, uint64_t event, const uint8_t hash[DIGEST_SIZE], witnessed_t *out,
                    bool *out_answered, faults_t *faults)
{
    CLEANUP(answer_fini) answer_t answer = {0};
    request_t request = {.kind = REQUEST_WITNESS, .witness.event = event};
    memcpy(request.witness.hash, hash, DIGEST_SIZE);
    TRY(connection_request(connection, &request, &answer, faults));
    *out_answered = answer.response->status == STATUS_OK && answer.response->kind == RESPONSE_WITNESSED;
    if (*out_answered)
        *out = answer.response->witnessed;
    return STATUS_OK;
}

static status_t keep_left(witness_t *witness)
{
    for (size_t i = 0; witness->is_kept && i < witness->witness.left_count; i++)
        TRY(witness_leave(witness, witness->witness.left[i]));
    return STATUS_OK;
}

status_t witness_ask(session_t *session, outbox_t *outbox, arena_t *arena, witness_t *out)
{
    witness_t witness = {.arena = arena};
    if (!zmq_z85_decode(witness.hub_key, session->home.hub_key))
        return STATUS_INVALID;
    TRY(explain(session, outbox, outbox_read_witness(outbox, arena, &witness.witness)));
    outbox_witness_t *kept = &witness.witness;
    if (memcmp(kept->hub_key, witness.hub_key, KEY_SIZE) != 0)
        kept->event = 0; /* of another hub's log */
    TRY(ask(session->connection, kept->event, kept->hash, &witness.head, &witness.is_answered, &session->faults));
    witness.is_kept = kept->event && witness.head.is_known;
    if (witness.is_answered && kept->event && !witness.is_kept)
        TRY(explain(session, outbox, outbox_note_break(outbox)));
    TRY(keep_left(&witness));
    *out = witness;
    return STATUS_OK;
}

/* ---- what is to be sent again */

static const filing_t *const *as_filings(const void *pointer)
{
    return (const filing_t *const *)pointer;
}

static int compare_places(const void *left, const void *right)
{
    const filing_t *a = *as_filings(left), *b = *as_filings(right);
    int stores = strcmp(a->dealer, b->dealer);
    if (stores)
        return stores;
    if (a->period != b->period)
        return a->period < b->period ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static bool are_of_one_month(const filing_t *a, const filing_t *b)
{
    return a->period == b->period && strcmp(a->dealer, b->dealer) == 0;
}

static int compare_numbers(const void *left, const void *right)
{
    const refiling_t *a = left, *b = right;
    return a->filing.number < b->filing.number ? -1 : a->filing.number > b->filing.number;
}

/* Index of the first in `filings` with the id of the one at `index`. */
static size_t first_with_id(const filing_t *const *filings, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (memcmp(filings[i]->id, filings[index]->id, SUBMISSION_ID_SIZE) == 0)
            return i;
    return index;
}

/* Of `count` of one month, by number: the last that was filed anew, with its last receipt. */
static void find_newest(const filing_t *const *filings, size_t count, const filing_t **out_origin,
                        const filing_t **out_latest)
{
    size_t origin = 0, latest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = first_with_id(filings, i);
        if (first < origin)
            continue;
        origin = first;
        latest = i;
    }
    *out_origin = filings[origin];
    *out_latest = filings[latest];
}

/* Without the warnings, which prove nothing. */
static refiling_t refiling_of(const filing_t *origin, const filing_t *latest)
{
    refiling_t refiling = {*origin, latest->receipt, false};
    refiling.filing.receipt.warnings = NULL;
    refiling.filing.receipt.warning_count = 0;
    return refiling;
}

/* What makes the late one behind it a correction: of `count` of one month, by number, all before it, the last that was
 * filed in time, unless it was withdrawn since. NULL where there is none. */
static const filing_t *find_in_time(const filing_t *const *filings, size_t count)
{
    const filing_t *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (first_with_id(filings, i) == i && (filings[i]->is_withdrawal || !filings[i]->receipt.late))
            found = filings[i]->is_withdrawal ? NULL : filings[i];
    return found;
}

/* The last with its id. */
static const filing_t *find_latest(const filing_t *const *filings, size_t count, const filing_t *origin)
{
    const filing_t *latest = origin;
    for (size_t i = 0; i < count; i++)
        if (memcmp(filings[i]->id, origin->id, SUBMISSION_ID_SIZE) == 0)
            latest = filings[i];
    return latest;
}

static bool may_be_lost(const filing_t *latest, const uint8_t hub_key[KEY_SIZE], uint64_t sequence)
{
    return latest->receipt.sequence > sequence && memcmp(latest->hub_key, hub_key, KEY_SIZE) == 0;
}

/* Of `count` of one month, by number; returns how many. */
static size_t select_of_month(const filing_t *const *filings, size_t count, const uint8_t hub_key[KEY_SIZE],
                              uint64_t sequence, refiling_t *out)
{
    const filing_t *origin, *latest, *in_time = NULL;
    size_t used = 0, before = 0;
    find_newest(filings, count, &origin, &latest);
    if (!may_be_lost(latest, hub_key, sequence))
        return 0;
    out[used++] = refiling_of(origin, latest);
    while (filings[before] != origin)
        before++;
    if (origin->receipt.late && !origin->is_withdrawal)
        in_time = find_in_time(filings, before);
    if (!in_time)
        return used;
    latest = find_latest(filings, count, in_time);
    if (may_be_lost(latest, hub_key, sequence)) {
        out[used] = refiling_of(in_time, latest);
        out[used++].is_replaced = true;
    }
    return used;
}

size_t witness_select(const filing_t **filings, size_t count, const uint8_t hub_key[KEY_SIZE], uint64_t sequence,
                      refiling_t *out)
{
    size_t used = 0;
    if (count)
        qsort(filings, count, sizeof(filing_t *), compare_places);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && are_of_one_month(filings[first], filings[next]);)
            next++;
        used += select_of_month(filings + first, next - first, hub_key, sequence, out + used);
    }
    if (used)
        qsort(out, used, sizeof *out, compare_numbers);
    return used;
}

static bool is_left(const witness_t *witness, uint64_t number)
{
    for (size_t i = 0; i < witness->left_count; i++)
        if (witness->left[i] == number)
            return true;
    return false;
}

status_t witness_list(session_t *session, outbox_t *outbox, witness_t *witness, refiling_t **out, size_t *out_count)
{
    CLEANUP(stores_fini) stores_t stores = {0};
    filing_t *filings;
    size_t count, kept = 0;
    *out_count = 0;
    if (!witness->is_answered)
        return STATUS_OK;
    TRY(stores_recall(session->home_path, &stores));
    if (!stores.count) { /* nobody knows whose filings are to be sent: the entry is not kept either */
        witness->is_answered = false;
        return STATUS_OK;
    }
    TRY(explain(session, outbox, outbox_list(outbox, FILING_DELIVERED, 0, SIZE_MAX, witness->arena, &filings, &count)));
    refiling_t *refilings = arena_array(witness->arena, count, sizeof *refilings);
    const filing_t **sorted = arena_array(witness->arena, count, sizeof(filing_t *));
    if (!refilings || !sorted)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &filings[i];
    count =
        witness_select(sorted, count, witness->hub_key, witness->is_kept ? witness->witness.sequence : 0, refilings);
    for (size_t i = 0; i < count; i++)
        if (stores_hold(&stores, refilings[i].filing.dealer) && !is_left(witness, refilings[i].filing.number))
            refilings[kept++] = refilings[i];
    *out = refilings;
    *out_count = kept;
    return STATUS_OK;
}

bool witness_is_same(const receipt_t *have, const receipt_t *receipt)
{
    return have->outcome == receipt->outcome && have->revision == receipt->revision &&
           have->sequence == receipt->sequence &&
           (have->time_ms == receipt->time_ms || have->outcome == OUTCOME_UNCHANGED);
}

status_t witness_leave(witness_t *witness, uint64_t number)
{
    if (is_left(witness, number))
        return STATUS_OK;
    if (witness->left_count == witness->left_room) {
        size_t room = witness->left_room ? 2 * witness->left_room : 16;
        uint64_t *left = arena_array(witness->arena, room, sizeof *left);
        if (!left)
            return STATUS_NO_MEMORY;
        if (witness->left_count)
            memcpy(left, witness->left, witness->left_count * sizeof *left);
        witness->left = left;
        witness->left_room = room;
    }
    witness->left[witness->left_count++] = number;
    return STATUS_OK;
}

/* ---- the new entry */

static bool is_news(const witness_t *witness, const witnessed_t *head)
{
    return !witness->is_kept || head->event != witness->witness.event ||
           witness->left_count != witness->witness.left_count;
}

status_t witness_keep(session_t *session, outbox_t *outbox, witness_t *witness, bool has_sent)
{
    CLEANUP(faults_fini) faults_t faults = {0}; /* what was sent is settled, whether the hub is still there or not */
    witnessed_t head = witness->head;
    bool is_answered = witness->is_answered;
    if (is_answered && has_sent)
        is_answered = ask(session->connection, head.event, head.hash, &head, &is_answered, &faults) == STATUS_OK &&
                      is_answered && head.is_known; /* else it broke just now: the next question finds out */
    if (!is_answered || !is_news(witness, &head))
        return STATUS_OK;
    return explain(session, outbox,
                   outbox_keep_witness(outbox, witness->hub_key, &head, witness->left, witness->left_count));
}

/* ---- in words */

__attribute__((format_arg(2))) static const char *said(language_t language, const char *format)
{
    return language == LANGUAGE_ZH ? messages_zh(format) : format;
}

/* What came of it. */
static void put_outcome(const outbox_witness_t *witness, language_t language, char *out, size_t size)
{
    char time[TIMES_SIZE];
    if (!witness->event)
        snprintf(out, size, "%s", said(language, TRANSLATED("; what it may have lost is being filed again")));
    else if (!witness->again && !witness->refused)
        snprintf(out, size, "%s", said(language, TRANSLATED("; it had lost nothing that was filed from here")));
    else if (witness->again)
        snprintf(out, size,
                 said(language, TRANSLATED("; it had lost %llu that were filed from here and took them again, the last "
                                           "at %s")),
                 (unsigned long long)witness->again, times_local(witness->again_ms, time));
    size_t used = strlen(out);
    if (witness->refused)
        snprintf(out + used, size - used,
                 said(language, TRANSLATED("; it had lost %llu and does not take them again, and "
                                           "`yardstick-agent outbox list` says what to do")),
                 (unsigned long long)witness->refused);
}

void witness_words(const outbox_witness_t *witness, language_t language, char out[WITNESS_WORDS_SIZE])
{
    char time[TIMES_SIZE];
    *out = '\0';
    if (!witness->broken_ms)
        return;
    snprintf(
        out, WITNESS_WORDS_SIZE,
        said(language, TRANSLATED("found at %s that it is not the log that was known: the hub was restored from an "
                                  "earlier state, or its log was rewritten")),
        times_local(witness->broken_ms, time));
    size_t used = strlen(out);
    put_outcome(witness, language, out + used, WITNESS_WORDS_SIZE - used);
}

bool witness_is_news(const outbox_witness_t *witness)
{
    return witness->event && witness->broken_ms > witness->told_ms;
}

/* ---- for who only reads */

status_t witness_look(session_t *session, outbox_t *outbox)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    CLEANUP(deliver_unlock) int lock = -1;
    witness_t witness;
    refiling_t *refilings;
    size_t count;
    if (!arena)
        return STATUS_NO_MEMORY;
    if (deliver_lock(session->home_path, &lock) != STATUS_OK) /* who delivers asks for itself */
        return STATUS_OK;
    TRY(witness_ask(session, outbox, arena, &witness));
    TRY(witness_list(session, outbox, &witness, &refilings, &count));
    if (!count)
        return witness_keep(session, outbox, &witness, false);
    char directory[PATH_MAX];
    if (outbox_path(session->home_path, NULL, directory))
        outbox_ring(directory);
    return STATUS_OK;
}
