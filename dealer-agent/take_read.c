#include "dealer-agent/take_read.h"

#include "client/catalog_cache.h"
#include "client/filing.h"
#include "dealer-agent/dropped.h"
#include "dealer-agent/stores.h"

#include <string.h>

void reading_fini(reading_t *reading)
{
    outbox_close(&reading->outbox);
    arena_destroy(&reading->arena);
    facts_set_fini(&reading->set);
    faults_fini(&reading->faults);
    faults_fini(&reading->warnings);
    faults_fini(&reading->notes);
    *reading = (reading_t){0};
}

/* From here on they speak the reader's language. */
static void begin_faults(const session_t *session, faults_t *faults)
{
    faults_fini(faults);
    faults->translate = session->faults.translate;
}

static status_t find_catalog(session_t *session, reading_t *reading)
{
    const char *why; /* where one is there that may not be used, the hub gives a new one */
    session->catalog = catalog_cache_read(&session->home, &why);
    if (session->catalog)
        return STATUS_OK;
    CLEANUP(faults_fini) faults_t faults = {0};
    reading->is_builtin = true;
    return catalog_load(catalog_builtin(), &session->catalog, &faults);
}

/* ---- Whose file it is ---- */

typedef struct {
    session_t *session;
    const char *path;
    reading_t *reading;
} reader_t;

static status_t read_as(const reader_t *reader, const char *const *dealers, size_t dealer_count)
{
    reading_t *reading = reader->reading;
    facts_set_fini(&reading->set);
    begin_faults(reader->session, &reading->notes);
    facts_options_t options = {.dealers = dealers,
                               .dealer_count = dealer_count,
                               .is_dealer_given = invocation_value(reader->session->invocation, "dealer") != NULL,
                               .year = invocation_year(reader->session->invocation, "year")};
    return facts_set_read(&reading->set, reader->path, reader->session->catalog, &options, &reading->faults,
                          &reading->notes);
}

static size_t count(const faults_t *faults)
{
    return faults->count + faults->dropped;
}

/* Of an agent that has not heard yet which stores are its own. A file that names them is taken at its word (the hub
 * decides); of one that does not only the faults can be told. */
static status_t read_as_anybody(const reader_t *reader)
{
    static const char *const ANY_STORE[] = {"this store"};
    status_t status = read_as(reader, NULL, 0);
    if (status != STATUS_INVALID)
        return status;
    faults_t *faults = &reader->reading->faults, named = *faults;
    *faults = (faults_t){.translate = named.translate};
    status = read_as(reader, ANY_STORE, 1);
    if (status == STATUS_INVALID && count(&named) < count(faults)) {
        faults_t swapped = *faults;
        *faults = named;
        named = swapped;
    }
    faults_fini(&named);
    return status == STATUS_OK ? STATUS_UNKNOWN : status;
}

static status_t read_file(const reader_t *reader)
{
    session_t *session = reader->session;
    const char *dealer = invocation_value(session->invocation, "dealer");
    if (dealer)
        return read_as(reader, &dealer, 1);
    CLEANUP(stores_fini) stores_t stores = {0};
    TRY(stores_recall(session->home.directory, &stores));
    return stores.count ? read_as(reader, stores.codes, stores.count) : read_as_anybody(reader);
}

/* ---- What was filed before ---- */

/* Counts what was asked for in vain. */
typedef struct {
    filed_before_t before;
    size_t misses;
} asking_t;

static bool ask(void *context, const char *dealer, period_t period, int64_t *facts)
{
    asking_t *asking = context;
    bool found = asking->before.find(asking->before.context, dealer, period, facts);
    asking->misses += !found;
    return found;
}

static status_t finish(session_t *session, reading_t *reading, filed_before_t before)
{
    asking_t asking = {before, 0};
    filed_before_t counted = {ask, &asking};
    status_t status = facts_set_finish(&reading->set, &counted, &reading->faults);
    if (status == STATUS_INVALID && asking.misses && asking.misses == count(&reading->faults))
        return STATUS_NOT_FOUND;
    TRY(status);
    facts_set_check(&reading->set, session->catalog, session->language, &before, &reading->faults, &reading->warnings);
    facts_set_warn_of_months(&reading->set, filing_this_month(), &reading->warnings);
    return faults_empty(&reading->faults) ? STATUS_OK : STATUS_INVALID;
}

/* What kept the outbox from answering is no fault of the file. */
static void move_faults(faults_t *from, faults_t *to)
{
    for (size_t i = 0; i < from->count; i++)
        faults_add(to, 0, 0, "%s", from->items[i].message);
    faults_clear(from);
}

/* Whoever drops a file again that changes nothing wants to be sure of it, and what the hub holds may have come to be
 * something else: headquarters corrected it, or restored a backup. So the hub is asked, which says `unchanged` where it
 * is. What still waits is on its way without that. */
static bool asks_again(const composition_t *composition)
{
    bool is_again = composition->count == 0 && composition->unchanged_count;
    for (size_t i = 0; i < composition->unchanged_count; i++)
        is_again = is_again && composition->unchanged[i].state == FILING_DELIVERED;
    return is_again;
}

static status_t compose(session_t *session, reading_t *reading)
{
    reading->arena = arena_create(SIZE_MAX / 4);
    if (!reading->arena)
        return STATUS_NO_MEMORY;
    status_t status = compose_filings(reading->outbox, &reading->set, session->catalog, session->home.hub_key,
                                      reading->arena, &reading->composition, &reading->faults);
    reading->is_again = status == STATUS_OK && !reading->is_resumed && asks_again(&reading->composition);
    if (reading->is_again)
        status = compose_filings(reading->outbox, &reading->set, session->catalog, NULL, reading->arena,
                                 &reading->composition, &reading->faults);
    if (status != STATUS_OK && status != STATUS_INVALID)
        move_faults(&reading->faults, &session->faults);
    return status;
}

status_t take_read(session_t *session, const char *path, reading_t *reading)
{
    reader_t reader = {session, path, reading};
    begin_faults(session, &reading->faults);
    begin_faults(session, &reading->warnings);
    TRY(find_catalog(session, reading));
    TRY(outbox_open(session->home.directory, &reading->outbox, &session->faults));
    TRY(read_file(&reader));
    compose_before_t context = {reading->outbox, session->catalog, STATUS_OK};
    status_t status = finish(session, reading, compose_before(&context));
    if (context.failure != STATUS_OK)
        return outbox_explain(reading->outbox, context.failure, &session->faults);
    TRY(status);
    status = dropped_warn(reading->outbox, &reading->set, session->catalog, session->language, &reading->warnings);
    if (status != STATUS_OK)
        return outbox_explain(reading->outbox, status, &session->faults);
    return compose(session, reading);
}
