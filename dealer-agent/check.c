#include "client/filing.h"
#include "dealer-agent/compose.h"
#include "dealer-agent/dropped.h"
#include "dealer-agent/stores.h"
#include "dealer-agent/submit.h"

#include <stdio.h>

/* Whose lines they are where nobody has said it yet: a name for the only store of a file without a dealer column. */
static const char *const ANY_STORE[] = {"this store"};

/* What is read, and what is said of it. */
typedef struct {
    session_t *session;
    const filed_before_t *before;
    facts_set_t set;
    faults_t warnings, notes;
} reading_t;

static void reading_fini(reading_t *reading)
{
    facts_set_fini(&reading->set);
    faults_fini(&reading->warnings);
    faults_fini(&reading->notes);
}

static status_t read_as(reading_t *reading, const char *const *dealers, size_t count)
{
    reading_fini(reading);
    reading->set = (facts_set_t){0};
    reading->warnings = reading->notes = (faults_t){0};
    return filing_read(reading->session, dealers, count, reading->before, &reading->set, &reading->warnings,
                       &reading->notes);
}

/* Reads the files as of the stores that are known. Where none is: first as with a dealer column, then as of one store,
 * and the reading with no more faults is the one that was meant. */
static status_t read_offline(reading_t *reading, const stores_t *stores)
{
    session_t *session = reading->session;
    const char *dealer = invocation_value(session->invocation, "dealer");
    if (dealer)
        return read_as(reading, &dealer, 1);
    status_t status = read_as(reading, stores->codes, stores->count);
    if (status == STATUS_OK || stores->count)
        return status;
    faults_t first = session->faults;
    session->faults = (faults_t){.translate = first.translate};
    status_t again = read_as(reading, ANY_STORE, 1);
    if (again == STATUS_OK || session->faults.count + session->faults.dropped <= first.count + first.dropped) {
        faults_fini(&first);
        return again;
    }
    faults_fini(&session->faults);
    session->faults = first;
    return status;
}

static void print_result(const reading_t *reading)
{
    const session_t *session = reading->session;
    const facts_set_t *set = &reading->set;
    const catalog_t *catalog = session->catalog;
    size_t consultants = 0, warnings = reading->warnings.count;
    for (size_t i = 0; i < set->count; i++)
        consultants += set->months[i].consultant_count;
    printf(session_text(
               session,
               "no faults: %zu month%s, %zu consultant line%s, %zu warning%s (catalog %s, version %u; nothing sent)\n"),
           set->count, set->count == 1 ? "" : "s", consultants, consultants == 1 ? "" : "s", warnings,
           warnings == 1 ? "" : "s", catalog->id, catalog->version);
    size_t unchecked = facts_set_count_unchecked(set, catalog, reading->before);
    if (unchecked)
        session_note(session,
                     "%zu month%s could not be checked against the month before, which is neither in the files nor was "
                     "filed from here; the hub does it when they are sent",
                     unchecked, unchecked == 1 ? "" : "s");
}

/* The outbox, where there is one: checking makes none, and goes without one that cannot be opened. */
static outbox_t *open_outbox(const session_t *session)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    outbox_t *outbox = NULL;
    if (outbox_exists(session->home_path) && outbox_open(session->home_path, &outbox, &faults) != STATUS_OK)
        filing_print_notes(session, session_text(session, "note: the months filed before are not known"), &faults,
                           stderr);
    return outbox;
}

status_t check_command(session_t *session)
{
    CLEANUP(stores_fini) stores_t stores = {0};
    TRY(session_find_catalog(session, false));
    TRY(stores_recall(session->home_path, &stores));
    CLEANUP(outbox_close) outbox_t *outbox = open_outbox(session);
    compose_before_t before = {outbox, session->catalog, STATUS_OK};
    const filed_before_t filed_before = compose_before(&before);
    CLEANUP(reading_fini) reading_t reading = {.session = session, .before = outbox ? &filed_before : NULL};
    status_t status = read_offline(&reading, &stores);
    if (outbox && status == STATUS_OK && before.failure == STATUS_OK)
        before.failure = dropped_warn(outbox, &reading.set, session->catalog, session->language, &reading.warnings);
    if (before.failure != STATUS_OK)
        return outbox_explain(outbox, before.failure, &session->faults);
    filing_print_notes(session, session_text(session, "note"), &reading.notes, stdout);
    filing_print_notes(session, session_text(session, "warning"), &reading.warnings, stdout);
    TRY(status);
    print_result(&reading);
    return STATUS_OK;
}
