#include "dealer-agent/outbox_commands.h"

#include "client/listing.h"
#include "dealer-agent/outbox_each.h"
#include "dealer-agent/settle.h"

#include <stdlib.h>
#include <string.h>

/* ---- deliver */

static status_t print_delivery(session_t *session, outbox_t *outbox, const delivery_t *delivery)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    receipt_line_t *lines = arena ? arena_array(arena, delivery->count, sizeof *lines) : NULL;
    if (!lines)
        return STATUS_NO_MEMORY;
    TRY(settle_read_lines(session, outbox, delivery->numbers, delivery->count, arena, lines));
    if (delivery->count || session->format != FORMAT_TABLE)
        return receipts_print(session, lines, delivery->count, false);
    return STATUS_OK;
}

/* How it ends where the exchange itself went well or not: what is aside wants a person, what waits wants time. */
static status_t conclude_delivery(session_t *session, outbox_t *outbox, const delivery_t *delivery, status_t status)
{
    outbox_status_t now;
    status_t read = outbox_read_status(outbox, &now);
    if (read != STATUS_OK)
        return outbox_explain(outbox, read, &session->faults);
    for (size_t i = 0; i < delivery->stuck.count; i++)
        faults_add(&session->faults, 0, 0, "%s", delivery->stuck.items[i].message);
    if (delivery->aside)
        return session_fail(session, STATUS_INVALID, "%zu set aside; `yardstick-agent outbox list` says what to do",
                            delivery->aside);
    if (now.waiting)
        return session_fail(session, STATUS_TIMED_OUT, "%llu still wait%s in the outbox",
                            (unsigned long long)now.waiting, now.waiting == 1 ? "s" : "");
    if (status == STATUS_OK && delivery->stuck.count) /* what was to be filed again; it does not wait here */
        return STATUS_TIMED_OUT;
    if (status == STATUS_OK && session->format == FORMAT_TABLE && !delivery->count)
        puts(session_text(session, "nothing waits"));
    return status;
}

status_t deliver_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    CLEANUP(delivery_fini) delivery_t delivery = {0};
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    status_t status = settle(session, outbox, NULL, 0, &delivery);
    if (session->is_misused || status == STATUS_DAMAGED || status == STATUS_NO_MEMORY)
        return status;
    TRY(print_delivery(session, outbox, &delivery));
    return conclude_delivery(session, outbox, &delivery, status == STATUS_OK ? STATUS_OK : STATUS_TIMED_OUT);
}

/* ---- list */

typedef struct {
    const session_t *session;
    outbox_t *outbox;
    json_t *out;
} lister_t;

static const char *remedy(const filing_t *filing)
{
    switch (filing->refused) {
    case STATUS_MONTH_CLOSED:
        return TRANSLATED("ask headquarters for an exception, then retry it");
    case STATUS_NOT_ALLOWED:
        return TRANSLATED("have headquarters admit this key for the store, then retry it");
    case STATUS_UNKNOWN:
        return TRANSLATED("have headquarters enter the store in its network, then retry it; or correct the file, "
                          "submit it again and drop this one");
    case STATUS_MALFORMED:
    case STATUS_UNSUPPORTED:
        return TRANSLATED("bring agent and hub to the same version, then retry it");
    default:
        if (filing->is_withdrawal)
            return TRANSLATED("have headquarters mend what it names, then retry it; or drop it");
        return TRANSLATED("correct the file and submit it again, then drop this one; or have headquarters mend what it "
                          "names, then retry it");
    }
}

static status_t what_to_do(const lister_t *lister, const filing_t *filing, char *out, size_t size)
{
    const session_t *session = lister->session;
    uint64_t newer = 0;
    if (filing->state != FILING_WAITING)
        TRY(outbox_find_newer(lister->outbox, filing, &newer));
    if (newer)
        snprintf(out, size, session_text(session, "drop it: number %llu of the same month is newer"),
                 (unsigned long long)newer);
    else if (filing->state == FILING_WAITING)
        snprintf(out, size, "%s", session_text(session, "nothing: it is delivered when the hub is reached"));
    else
        snprintf(out, size, "%s", session_text(session, remedy(filing)));
    return STATUS_OK;
}

static status_t add_filing(void *context, const filing_t *filing)
{
    const lister_t *lister = context;
    char todo[400], said[SESSION_WORDS_SIZE];
    bool is_aside = filing->state == FILING_ASIDE;
    TRY(what_to_do(lister, filing, todo, sizeof todo));
    json_t *object = json_pack(
        "{s:o, s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "number", listing_number(filing->number),
        "state", filing_state_names[filing->state], "dealer", filing->dealer, "period", listing_period(filing->period),
        "what", filing->is_withdrawal ? "withdrawal" : "facts", "taken_over", listing_time(filing->time_ms), "source",
        filing->source, "line", listing_line(filing->line), "submission_id",
        listing_hex(filing->id, SUBMISSION_ID_SIZE), "status",
        listing_text(is_aside ? status_name(filing->refused) : NULL), "set_aside", listing_time(filing->settled_ms),
        "reason", listing_text(is_aside ? session_said(lister->session, filing->reason, said) : NULL), "todo", todo);
    return object && json_array_append_new(lister->out, object) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static void json_free(json_t **json)
{
    json_decref(*json);
}

static const listing_column_t COLUMNS[] = {
    {"number", TRANSLATED("Number"), LISTING_NUMBER},
    {"state", TRANSLATED("State"), LISTING_WORD},
    {"dealer", TRANSLATED("Dealer"), LISTING_TEXT},
    {"period", TRANSLATED("Month"), LISTING_TEXT},
    {"what", TRANSLATED("What"), LISTING_WORD},
    {"taken_over", TRANSLATED("Taken over"), LISTING_TIME},
    {"source", TRANSLATED("From"), LISTING_TEXT},
    {"line", TRANSLATED("Line"), LISTING_NUMBER},
    {"status", TRANSLATED("Refused"), LISTING_WORD},
    {"reason", NULL, LISTING_TEXT},
    {"todo", NULL, LISTING_TEXT},
};

status_t outbox_list_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    CLEANUP(json_free) json_t *filings = json_array();
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    lister_t lister = {session, outbox, filings};
    status_t status = filings ? outbox_each(outbox, FILING_WAITING, add_filing, &lister) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = outbox_each(outbox, FILING_ASIDE, add_filing, &lister);
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, &session->faults);
    return listing_print(session, "filings", filings, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                         session_text(session, "nothing waits, and nothing is aside"));
}

/* ---- retry, drop */

uint64_t outbox_number(const char *argument)
{
    size_t digits = strspn(argument, "0123456789");
    return digits >= 1 && digits <= 18 && !argument[digits] ? strtoull(argument, NULL, 10) : 0;
}

status_t outbox_check_numbers(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    for (size_t i = 0; i < invocation->argument_count; i++)
        if (!outbox_number(invocation->arguments[i]))
            return session_misuse(session,
                                  "%s %.80s: that is no filing's number; `outbox list` and `receipts list` "
                                  "give them",
                                  invocation->command->name, invocation->arguments[i]);
    return STATUS_OK;
}

status_t outbox_check_retry(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    bool is_all = invocation_value(invocation, "all") != NULL;
    if (is_all == (invocation->argument_count > 0) || (!is_all && invocation_value(invocation, "dealer")))
        return session_misuse(session, "name the numbers of what to retry, or --all, which --dealer may narrow to a "
                                       "store");
    return outbox_check_numbers(session);
}

static status_t cannot(session_t *session, outbox_t *outbox, uint64_t number, status_t status)
{
    unsigned long long shown = number;
    if (status == STATUS_NOT_FOUND)
        return session_fail(
            session, STATUS_INVALID,
            "number %llu is not aside; `yardstick-agent outbox list` gives the numbers of those that are", shown);
    if (status == STATUS_CONFLICT)
        return session_fail(session, STATUS_INVALID,
                            "number %llu is not retried: a newer filing of the same month waits or is delivered, which "
                            "it would undo; drop it",
                            shown);
    return outbox_explain(outbox, status, &session->faults);
}

static void print_deed(const filing_t *filing, const char *deed)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(filing->period, period);
    printf("%llu  %s  %s  %s\n", (unsigned long long)filing->number, filing->dealer, period, deed);
}

static status_t retry_one(const session_t *session, outbox_t *outbox, const filing_t *filing)
{
    TRY(outbox_retry(outbox, filing->number));
    print_deed(filing, session_text(session, "waits again"));
    return STATUS_OK;
}

static status_t drop_one(const session_t *session, outbox_t *outbox, const filing_t *filing)
{
    char what[200];
    if (filing->is_withdrawal)
        snprintf(what, sizeof what, "%s",
                 session_text(session, "dropped: the withdrawal; what the hub holds of the month stays"));
    else
        snprintf(what, sizeof what,
                 session_text(session, "dropped: %zu facts and %zu consultants that the hub never took"),
                 filing->facts.count, filing->facts.consultant_count);
    TRY(outbox_drop(outbox, filing->number));
    print_deed(filing, what);
    return STATUS_OK;
}

static status_t for_one(session_t *session, outbox_t *outbox, uint64_t number,
                        status_t (*deed)(const session_t *session, outbox_t *outbox, const filing_t *filing))
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t filing;
    status_t status = arena ? outbox_get(outbox, number, arena, &filing) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = deed(session, outbox, &filing);
    return status == STATUS_OK ? STATUS_OK : cannot(session, outbox, number, status);
}

static status_t for_each(session_t *session,
                         status_t (*deed)(const session_t *session, outbox_t *outbox, const filing_t *filing))
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    const invocation_t *invocation = session->invocation;
    status_t first = STATUS_OK;
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    for (size_t i = 0; i < invocation->argument_count; i++) {
        status_t status = for_one(session, outbox, outbox_number(invocation->arguments[i]), deed);
        if (status != STATUS_OK && status != STATUS_INVALID)
            return status;
        first = first == STATUS_OK ? status : first;
    }
    return first;
}

typedef struct {
    const session_t *session;
    outbox_t *outbox;
    const char *dealer; /* NULL: of every store */
    size_t count;       /* seen so far */
} retrier_t;

static status_t retry_next(void *context, const filing_t *filing)
{
    retrier_t *retrier = context;
    if (retrier->dealer && strcmp(filing->dealer, retrier->dealer) != 0)
        return STATUS_OK;
    retrier->count++;
    status_t status = retry_one(retrier->session, retrier->outbox, filing);
    if (status != STATUS_CONFLICT)
        return status;
    print_deed(filing, session_text(retrier->session,
                                    "stays aside: a newer filing of the same month waits or is delivered; drop it"));
    return STATUS_OK;
}

static status_t retry_all(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    retrier_t retrier = {session, outbox, invocation_value(session->invocation, "dealer"), 0};
    status_t status = outbox_each(outbox, FILING_ASIDE, retry_next, &retrier);
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, &session->faults);
    if (!retrier.count)
        puts(session_text(session, "nothing is aside"));
    return STATUS_OK;
}

status_t outbox_retry_command(session_t *session)
{
    return invocation_value(session->invocation, "all") ? retry_all(session) : for_each(session, retry_one);
}

status_t outbox_drop_command(session_t *session)
{
    return for_each(session, drop_one);
}
