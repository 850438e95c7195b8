#include "client/filing.h"

#include "client/receipts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

period_t filing_this_month(void)
{
    time_t now = time(NULL);
    struct tm today = {0};
    localtime_r(&now, &today);
    return period_make(today.tm_year + 1900, today.tm_mon + 1);
}

/* A file that cannot be read has its fault from the reader, or gets one here. */
static status_t note_file(session_t *session, const char *path, status_t status, size_t faults_before)
{
    if (status == STATUS_IO && session->faults.count + session->faults.dropped == faults_before) {
        session->faults.source = path;
        faults_add(&session->faults, 0, 0, "cannot be read: %s", faults_text(&session->faults, strerror(errno)));
        session->faults.source = NULL;
    }
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

static status_t read_files(session_t *session, facts_options_t options, facts_set_t *set, faults_t *notes)
{
    const invocation_t *invocation = session->invocation;
    const char *consultants = invocation_value(invocation, "consultants");
    faults_t *faults = &session->faults;
    for (size_t i = 0; i < invocation->argument_count; i++) {
        size_t before = faults->count + faults->dropped;
        const char *path = invocation->arguments[i];
        status_t status = facts_set_read(set, path, session->catalog, &options, faults, notes);
        TRY(note_file(session, path, status, before));
    }
    if (consultants) {
        size_t before = faults->count + faults->dropped;
        options.of_consultants = true;
        status_t status = facts_set_read(set, consultants, session->catalog, &options, faults, notes);
        TRY(note_file(session, consultants, status, before));
    }
    return faults_empty(faults) ? STATUS_OK : STATUS_INVALID;
}

status_t filing_read(session_t *session, const char *const *dealers, size_t dealer_count,
                     const filed_before_t *filed_before, facts_set_t *set, faults_t *warnings, faults_t *notes)
{
    faults_t *faults = &session->faults;
    facts_options_t options = {.dealers = dealers,
                               .dealer_count = dealer_count,
                               .year = invocation_year(session->invocation, "year"),
                               .sends_zeros = invocation_value(session->invocation, "zeros") != NULL,
                               .is_dealer_given = invocation_value(session->invocation, "dealer") != NULL};
    warnings->translate = notes->translate = faults->translate;
    TRY(read_files(session, options, set, notes));
    TRY(facts_set_finish(set, filed_before, faults));
    facts_set_check(set, session->catalog, session->language, filed_before, faults, warnings);
    facts_set_warn_of_months(set, filing_this_month(), warnings);
    return faults_empty(faults) ? STATUS_OK : STATUS_INVALID;
}

void filing_print_notes(const session_t *session, const char *kind, const faults_t *notes, FILE *out)
{
    for (size_t i = 0; i < notes->count; i++) {
        char line[3000];
        fault_format(&notes->items[i], line, sizeof line);
        if (out == stderr)
            fprintf(out, "%s: ", session->invocation->program->name);
        fprintf(out, "%s: %s\n", kind, line);
    }
}

typedef struct {
    session_t *session;
    const facts_set_t *set;
    uint8_t (*ids)[SUBMISSION_ID_SIZE];
    receipt_line_t *lines;
    arena_t *arena; /* ids, lines and what they hold */
} filing_t;

static status_t pack_consultants(const filed_month_t *month, size_t fact_count, arena_t *arena, submission_t *out)
{
    packed_consultant_t *packed = arena_array(arena, month->consultant_count, sizeof *packed);
    if (!packed)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < month->consultant_count; i++) {
        packed[i].consultant = month->consultants[i].consultant;
        TRY(packed_facts_pack(month->consultants[i].facts, fact_count, arena, &packed[i].facts));
    }
    out->consultants = packed;
    out->consultant_count = month->consultant_count;
    return STATUS_OK;
}

static status_t make_submission(void *context, size_t index, arena_t *arena, request_t *out)
{
    const filing_t *filing = context;
    const catalog_t *catalog = filing->session->catalog;
    const filed_month_t *month = &filing->set->months[index];
    submission_t submission = {
        .dealer = month->dealer, .period = month->period, .catalog_digest = catalog->digest, .group_receipt = true};
    memcpy(submission.id, filing->ids[index], SUBMISSION_ID_SIZE);
    TRY(packed_facts_pack(month->facts, catalog->fact_count, arena, &submission.facts));
    TRY(pack_consultants(month, catalog->fact_count, arena, &submission));
    *out = (request_t){.kind = REQUEST_SUBMIT, .submission = submission};
    return STATUS_OK;
}

static status_t take_receipt(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)arena;
    filing_t *filing = context;
    TRY(receipt_take(&filing->lines[index], response, filing->arena));
    if (response->status == STATUS_OK)
        return STATUS_OK;
    const filed_month_t *month = &filing->set->months[index];
    faults_t *faults = &filing->session->faults;
    char period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    faults->source = filing->set->sources[month->file];
    char said[SESSION_WORDS_SIZE];
    faults_add(faults, month->line, 0, "%s %s refused (%s): %s", month->dealer, period, status_name(response->status),
               session_said(filing->session, filing->lines[index].reason, said));
    for (size_t i = 0; i < response->fault_count; i++)
        faults_add(faults, month->line, 0, "%s %s: %s", month->dealer, period,
                   session_said(filing->session, response->faults[i].message, said));
    faults->source = NULL;
    return STATUS_OK;
}

static status_t filing_init(filing_t *filing, session_t *session, const facts_set_t *set)
{
    *filing = (filing_t){.session = session, .set = set, .arena = arena_create(SIZE_MAX / 4)};
    if (!filing->arena)
        return STATUS_NO_MEMORY;
    filing->ids = arena_array(filing->arena, set->count, sizeof *filing->ids);
    filing->lines = arena_array(filing->arena, set->count, sizeof *filing->lines);
    if (!filing->ids || !filing->lines)
        return STATUS_NO_MEMORY;
    arc4random_buf(filing->ids, set->count * sizeof *filing->ids);
    for (size_t i = 0; i < set->count; i++) {
        filing->lines[i].dealer = set->months[i].dealer;
        filing->lines[i].period = set->months[i].period;
    }
    return STATUS_OK;
}

static void filing_fini(filing_t *filing)
{
    arena_destroy(&filing->arena);
}

status_t filing_send(session_t *session, const facts_set_t *set, bool is_brief)
{
    CLEANUP(filing_fini) filing_t filing = {0};
    TRY(filing_init(&filing, session, set));
    exchange_t exchange = {set->count, 0, &filing, make_submission, take_receipt};
    status_t status = connection_exchange(session->connection, &exchange, &session->faults);
    receipt_counts_t counts = receipts_count(filing.lines, set->count);
    /* What was acknowledged is in the hub, whatever came after: it is shown in any case. */
    if (status == STATUS_OK || counts.unanswered < set->count)
        TRY(receipts_print(session, filing.lines, set->count, is_brief));
    if (status != STATUS_OK)
        return session_fail(session, status,
                            "%zu of %zu months have no answer; send the same files again: what arrived is answered as "
                            "unchanged",
                            counts.unanswered, set->count);
    return counts.refused ? STATUS_INVALID : STATUS_OK;
}
