#include "dealer-agent/submit.h"

#include "client/filing.h"
#include "dealer-agent/compose.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/dropped.h"
#include "dealer-agent/settle.h"

#include <stdlib.h>
#include <string.h>

/* What a command that files works with. */
typedef struct {
    session_t *session;
    outbox_t *outbox;
    stores_t stores;
    int lock;       /* the home's filing, till it is in the outbox; -1 = not held */
    bool waits;     /* for the receipts; not with --no-wait */
    char why[1000]; /* why the hub was not reached; "" = it was, or was not asked */
    arena_t *arena;
} filer_t;

static void filer_fini(filer_t *filer)
{
    desk_close(&filer->lock);
    outbox_close(&filer->outbox);
    stores_fini(&filer->stores);
    arena_destroy(&filer->arena);
}

/* The hub answered, and what it says is not to be taken (client/session.h). */
static bool is_distrusted(status_t status)
{
    return status == STATUS_CONFLICT || status == STATUS_MALFORMED;
}

/* What failed becomes why something still waits, and is said with that, not twice. */
static void take_reason(filer_t *filer, status_t status)
{
    if (status != STATUS_OK)
        snprintf(filer->why, sizeof filer->why, "%s", session_last_words(filer->session, status));
    faults_clear(&filer->session->faults);
}

/* What the home remembers; `status` says why the hub's own word is not to be had. A home that remembers nothing and
 * distrusts its hub goes no further. */
static status_t get_ready_offline(filer_t *filer, status_t status)
{
    session_t *session = filer->session;
    stores_fini(&filer->stores);
    TRY(stores_recall(session->home_path, &filer->stores));
    if (is_distrusted(status) && !filer->stores.count)
        return status;
    take_reason(filer, status);
    catalog_destroy(&session->catalog);
    return session_find_catalog(session, false);
}

/* Catalog and stores: the hub's, or where it is not reached (or not asked) as they were last seen. */
static status_t get_ready(filer_t *filer)
{
    if (!filer->waits)
        return get_ready_offline(filer, STATUS_OK);
    status_t status = deliver_reach(filer->session, filer->outbox, &filer->stores);
    if (status == STATUS_OK || filer->session->is_misused || status == STATUS_DAMAGED)
        return status;
    return get_ready_offline(filer, status);
}

/* The home's filing is held last: nobody waits for it while the hub is asked. */
static status_t filer_init(filer_t *filer, session_t *session)
{
    *filer = (filer_t){.session = session, .lock = -1, .arena = arena_create(SIZE_MAX / 4)};
    filer->waits = !invocation_value(session->invocation, "no-wait");
    if (!filer->arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_open(session->home_path, &filer->outbox, &session->faults));
    TRY(get_ready(filer));
    return desk_lock_filing(session->home_path, &filer->lock, &session->faults);
}

/* ---- filing */

static int compare_lines(const void *left, const void *right)
{
    const receipt_line_t *a = left, *b = right;
    int order = strcmp(a->dealer, b->dealer);
    return order ? order : (a->period > b->period) - (a->period < b->period);
}

/* A month that was left out because the outbox holds the same: unchanged, as the hub would say of it; where that filing
 * still waits, as it stands. */
static receipt_line_t line_of_unchanged(const filing_t *newest)
{
    receipt_line_t line = settle_line(newest);
    line.receipt.outcome = newest->state == FILING_DELIVERED ? OUTCOME_UNCHANGED : line.receipt.outcome;
    line.receipt.facts_dropped = line.receipt.consultants_dropped = 0;
    return line;
}

/* Numbers of what must be settled: what was added, and what waited already. */
static size_t list_numbers(const composition_t *composition, uint64_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < composition->count; i++)
        out[count++] = composition->filings[i].number;
    for (size_t i = 0; i < composition->unchanged_count; i++)
        if (composition->unchanged[i].state == FILING_WAITING)
            out[count++] = composition->unchanged[i].number;
    return count;
}

static status_t print_lines(filer_t *filer, const composition_t *composition, const uint64_t *numbers, size_t count,
                            const char *why)
{
    size_t total = composition->count + composition->unchanged_count, used = count;
    receipt_line_t *lines = arena_array(filer->arena, total, sizeof *lines);
    if (!lines)
        return STATUS_NO_MEMORY;
    TRY(settle_read_lines(filer->session, filer->outbox, numbers, count, filer->arena, lines));
    for (size_t i = 0; i < composition->unchanged_count; i++)
        if (composition->unchanged[i].state != FILING_WAITING)
            lines[used++] = line_of_unchanged(&composition->unchanged[i]);
    qsort(lines, used, sizeof *lines, compare_lines);
    TRY(receipts_print(filer->session, lines, used, false));
    if (filer->waits)
        return settle_conclude(filer->session, lines, used, why);
    if (filer->session->format == FORMAT_TABLE && count)
        puts(session_text(filer->session, "kept safely in the outbox; `yardstick-agent deliver`, or one that runs "
                                          "(`yardstick-agent run`), delivers what waits"));
    return STATUS_OK;
}

static status_t settle_all(filer_t *filer, const uint64_t *numbers, size_t count, const char **out_why)
{
    CLEANUP(delivery_fini) delivery_t delivery = {0};
    *out_why = *filer->why ? filer->why : NULL;
    if (!filer->waits || *filer->why || !count)
        return STATUS_OK;
    status_t status = settle(filer->session, filer->outbox, numbers, count, &delivery);
    if (status == STATUS_DAMAGED || status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK) {
        take_reason(filer, status);
        *out_why = filer->why;
    } else if (delivery.stuck.count)
        *out_why = arena_strdup(filer->arena, delivery.stuck.items[0].message);
    return STATUS_OK;
}

/* Into the outbox, from there to the hub, and what became of it on paper. */
static status_t file(filer_t *filer, composition_t *composition)
{
    const char *why;
    uint64_t *numbers = arena_array(filer->arena, composition->count + composition->unchanged_count, sizeof *numbers);
    if (!numbers)
        return STATUS_NO_MEMORY;
    status_t status =
        composition->count ? outbox_add(filer->outbox, composition->filings, composition->count) : STATUS_OK;
    desk_close(&filer->lock);
    if (status != STATUS_OK)
        return outbox_explain(filer->outbox, status, &filer->session->faults);
    size_t count = list_numbers(composition, numbers);
    TRY(settle_all(filer, numbers, count, &why));
    return print_lines(filer, composition, numbers, count, why);
}

/* ---- submit */

/* Whose lines the files may hold. None: any store's, where the home has not met its hub yet. */
static status_t choose_dealers(filer_t *filer, const char **dealer, const char *const **out, size_t *out_count)
{
    session_t *session = filer->session;
    *dealer = invocation_value(session->invocation, "dealer");
    bool is_known = !*dealer || (!filer->stores.count && !session->connection);
    for (size_t i = 0; i < filer->stores.count && !is_known; i++)
        is_known = strcmp(filer->stores.codes[i], *dealer) == 0;
    if (session->connection && filer->stores.count == 0)
        return session_fail(session, STATUS_NOT_ALLOWED,
                            "this key is no dealer's and submits nothing; headquarters uses `yardstick facts import`");
    if (!is_known)
        return session_misuse(session, "%s is no store of this key; name one of its stores with --dealer", *dealer);
    *out = *dealer ? dealer : filer->stores.codes;
    *out_count = *dealer ? 1 : filer->stores.count;
    return STATUS_OK;
}

static status_t read_files(filer_t *filer, facts_set_t *set)
{
    session_t *session = filer->session;
    CLEANUP(faults_fini) faults_t warnings = {0};
    CLEANUP(faults_fini) faults_t notes = {0};
    CLEANUP(faults_fini) faults_t dropped = {.translate = session->faults.translate};
    compose_before_t before = {filer->outbox, session->catalog, STATUS_OK};
    const filed_before_t filed_before = compose_before(&before);
    const char *dealer, *const *dealers;
    size_t count;
    TRY(choose_dealers(filer, &dealer, &dealers, &count));
    status_t status = filing_read(session, dealers, count, &filed_before, set, &warnings, &notes);
    if (status == STATUS_OK && before.failure == STATUS_OK)
        before.failure = dropped_warn(filer->outbox, set, session->catalog, session->language, &dropped);
    if (before.failure != STATUS_OK)
        return outbox_explain(filer->outbox, before.failure, &session->faults);
    filing_print_notes(session, session_text(session, "note"), &notes, stderr);
    if (!session->connection) /* else the receipts name them */
        filing_print_notes(session, session_text(session, "warning"), &warnings, stderr);
    filing_print_notes(session, session_text(session, "warning"), &dropped, stderr);
    if (status != STATUS_OK && count == 0)
        (void)!session_fail(session, status,
                            "this home has not met its hub yet, so that it does not know its store: where the file has "
                            "no dealer column, name the store with --dealer CODE%s%s",
                            *filer->why ? session_text(session, "; asking the hub failed: ") : "", filer->why);
    return status;
}

status_t submit_command(session_t *session)
{
    CLEANUP(filer_fini) filer_t filer = {.lock = -1};
    CLEANUP(facts_set_fini) facts_set_t set = {0};
    composition_t composition;
    TRY(filer_init(&filer, session));
    TRY(read_files(&filer, &set));
    const char *hub_key = invocation_value(session->invocation, "all") ? NULL : session->home.hub_key;
    TRY(compose_filings(filer.outbox, &set, session->catalog, hub_key, filer.arena, &composition, &session->faults));
    return file(&filer, &composition);
}

/* ---- withdraw */

status_t withdraw_check(session_t *session)
{
    period_t period;
    const char *month = session->invocation->arguments[0], *why = invocation_value(session->invocation, "why");
    if (!period_parse(month, &period))
        return session_misuse(session, "withdraw %.80s: that is no month; write it as 2025-06", month);
    if (strlen(why) > TEXT_LENGTH_MAX)
        return session_misuse(session, "--why has %zu bytes and may have %d", strlen(why), TEXT_LENGTH_MAX);
    return STATUS_OK;
}

status_t withdraw_command(session_t *session)
{
    CLEANUP(filer_fini) filer_t filer = {.lock = -1};
    filing_t filing = {.is_withdrawal = true, .why = invocation_value(session->invocation, "why"), .source = ""};
    composition_t composition = {.filings = &filing, .count = 1};
    TRY(filer_init(&filer, session));
    TRY(stores_pick(session, &filer.stores, &filing.dealer));
    if (!period_parse(session->invocation->arguments[0], &filing.period))
        return STATUS_INVALID;
    return file(&filer, &composition);
}
