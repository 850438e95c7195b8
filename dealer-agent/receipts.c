#include "dealer-agent/receipts.h"

#include "client/listing.h"
#include "client/times.h"
#include "core/number.h"
#include "dealer-agent/outbox_commands.h"
#include "dealer-agent/outbox_each.h"
#include "dealer-agent/outbox_witness.h"
#include "dealer-agent/receipt_json.h"

#include <string.h>

static void json_free(json_t **json)
{
    json_decref(*json);
}

/* ---- list */

typedef struct {
    const char *dealer;
    period_t period;
    outbox_t *outbox;
    json_t *out;
} selection_t;

static status_t add_receipt(void *context, const filing_t *filing)
{
    selection_t *selection = context;
    if ((selection->dealer && strcmp(selection->dealer, filing->dealer) != 0) ||
        (selection->period != PERIOD_NONE && selection->period != filing->period))
        return STATUS_OK;
    json_t *object = receipt_json_head(filing);
    uint64_t origin;
    TRY(outbox_find_origin(selection->outbox, filing, &origin));
    json_object_set_new(object, "again", origin == filing->number ? json_null() : listing_number(origin));
    return object && json_array_append_new(selection->out, object) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static const listing_column_t COLUMNS[] = {
    {"number", TRANSLATED("Number"), LISTING_NUMBER},     {"dealer", TRANSLATED("Dealer"), LISTING_TEXT},
    {"period", TRANSLATED("Month"), LISTING_TEXT},        {"outcome", TRANSLATED("Outcome"), LISTING_WORD},
    {"revision", TRANSLATED("Revision"), LISTING_NUMBER}, {"late", TRANSLATED("Late"), LISTING_WORD},
    {"time", TRANSLATED("Hub's time"), LISTING_TIME},     {"delivered", TRANSLATED("Receipt taken"), LISTING_TIME},
    {"source", TRANSLATED("From"), LISTING_TEXT},         {"line", TRANSLATED("Line"), LISTING_NUMBER},
    {"signed", TRANSLATED("Signed"), LISTING_WORD},       {"again", TRANSLATED("Again"), LISTING_NUMBER},
};

status_t receipts_list_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    CLEANUP(json_free) json_t *receipts = json_array();
    selection_t selection = {.dealer = invocation_value(session->invocation, "dealer"),
                             .period = invocation_period(session->invocation, "period"),
                             .out = receipts};
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    selection.outbox = outbox;
    status_t status = receipts ? outbox_each(outbox, FILING_DELIVERED, add_receipt, &selection) : STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, &session->faults);
    return listing_print(session, "receipts", receipts, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                         session_text(session, "nothing was delivered from here yet"));
}

/* ---- show */

/* A line's head in the session's language, filled up to where its value begins. */
static void print_head(const session_t *session, const char *name)
{
    const char *head = session_text(session, name);
    int blanks = 15 - (int)text_width(head);
    printf("%s%*s ", head, blanks > 0 ? blanks : 0, "");
}

static void print_key(const session_t *session, const char *name, const uint8_t key[32])
{
    char text[HOME_KEY_SIZE];
    home_format_key(key, text);
    print_head(session, name);
    puts(text);
}

static void print_hex(const session_t *session, const char *name, const uint8_t *bytes, size_t size)
{
    print_head(session, name);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    putchar('\n');
}

static void print_facts(const named_fact_t *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char amount[32];
        number_format_fact(facts[i].value, facts[i].decimals, amount, sizeof amount);
        printf("  %-30s %s\n", facts[i].id, amount);
    }
}

static void print_all_facts(const session_t *session, const named_facts_t *facts)
{
    if (facts->count)
        puts(session_text(session, "facts"));
    print_facts(facts->facts, facts->count);
    for (size_t i = 0; i < facts->consultant_count; i++) {
        printf(session_text(session, "consultant %s\n"), facts->consultants[i].consultant);
        print_facts(facts->consultants[i].facts, facts->consultants[i].count);
    }
}

static void print_proof(const session_t *session, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    print_hex(session, TRANSLATED("submission id"), filing->id, SUBMISSION_ID_SIZE);
    print_key(session, TRANSLATED("hub's key"), filing->hub_key);
    if (!receipt->is_signed) {
        puts(session_text(session, "not signed: the hub of that day did not sign receipts"));
        return;
    }
    print_key(session, TRANSLATED("signing key"), filing->signing_key);
    print_hex(session, TRANSLATED("facts digest"), receipt->facts_digest, DIGEST_SIZE);
    print_hex(session, TRANSLATED("signature"), receipt->signature, SIGNATURE_SIZE);
    if (receipt->group_size) {
        print_head(session, TRANSLATED("group"));
        printf(session_text(session, "%u receipt%s under this signature; the place of this one, from 0, is %u\n"),
               receipt->group_size, receipt->group_size == 1 ? "" : "s", receipt->group_index);
    }
    for (size_t i = 0; i < receipt->group_path.size; i += DIGEST_SIZE)
        print_hex(session, TRANSLATED("path"), receipt->group_path.data + i, DIGEST_SIZE);
}

static void print_title(const session_t *session, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    char period[PERIOD_TEXT_SIZE];
    period_format(filing->period, period);
    printf(session_text(session, "%s  %s  %s  revision %u%s\n"), filing->dealer, period,
           session_text(session, outcome_names[receipt->outcome]), receipt->revision,
           receipt->late ? session_text(session, "  late") : "");
}

void receipts_print_proved(const session_t *session, const filing_t *filing)
{
    char time[TIMES_SIZE];
    print_title(session, filing);
    print_head(session, TRANSLATED("sequence"));
    printf("%llu\n", (unsigned long long)filing->receipt.sequence);
    print_head(session, TRANSLATED("accepted"));
    printf(session_text(session, "%s by the hub's clock\n"), times_iso(filing->receipt.time_ms, time));
    print_all_facts(session, &filing->facts);
}

static void print_filing(const session_t *session, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    char times[3][TIMES_SIZE];
    print_title(session, filing);
    print_head(session, TRANSLATED("number"));
    printf(session_text(session, "%llu, the hub's sequence %llu\n"), (unsigned long long)filing->number,
           (unsigned long long)receipt->sequence);
    print_head(session, TRANSLATED("accepted"));
    printf(session_text(session, "%s by the hub's clock\n"), times_local(receipt->time_ms, times[0]));
    print_head(session, TRANSLATED("taken over"));
    printf(session_text(session, "%s, receipt taken %s, by this machine's\n"), times_local(filing->time_ms, times[1]),
           times_local(filing->settled_ms, times[2]));
    if (*filing->source) {
        print_head(session, TRANSLATED("from"));
        printf(session_text(session, "%s, line %u\n"), filing->source, filing->line);
    }
    if (filing->is_withdrawal) {
        print_head(session, TRANSLATED("withdrawn"));
        puts(filing->why);
    }
    for (size_t i = 0; i < receipt->warning_count; i++) {
        print_head(session, TRANSLATED("warning"));
        printf("%s: %s\n", receipt->warnings[i].check, receipt->warnings[i].title[session->language]);
    }
    print_proof(session, filing);
    print_all_facts(session, &filing->facts);
}

static void print_fact_lines(const filing_t *filing, const char *consultant, const named_fact_t *facts, size_t count)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(filing->period, period);
    for (size_t i = 0; i < count; i++) {
        char amount[32];
        number_format_fact(facts[i].value, facts[i].decimals, amount, sizeof amount);
        printf("%llu,%s,%s,%s,%s,%s\n", (unsigned long long)filing->number, filing->dealer, period, consultant,
               facts[i].id, amount);
    }
}

/* What was filed, a fact a line. */
static void print_csv(const filing_t *filing)
{
    puts("number,dealer,period,consultant,fact,value");
    print_fact_lines(filing, "", filing->facts.facts, filing->facts.count);
    for (size_t i = 0; i < filing->facts.consultant_count; i++)
        print_fact_lines(filing, filing->facts.consultants[i].consultant, filing->facts.consultants[i].facts,
                         filing->facts.consultants[i].count);
}

/* Why a filing, where there is one, has no receipt. */
static const char *why_none(bool is_there, const filing_t *filing)
{
    if (!is_there)
        return TRANSLATED("there is no such filing; `receipts list` gives the numbers");
    return filing->state == FILING_WAITING ? TRANSLATED("it still waits in the outbox")
                                           : TRANSLATED("the hub refused it; `outbox list` says why");
}

status_t receipts_get(session_t *session, outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out)
{
    status_t status = outbox_get(outbox, number, arena, out);
    bool is_there = status == STATUS_OK;
    if (!is_there && status != STATUS_NOT_FOUND)
        return outbox_explain(outbox, status, &session->faults);
    if (is_there && out->state == FILING_DELIVERED)
        return STATUS_OK;
    return session_fail(session, STATUS_INVALID, "number %llu has no receipt: %s", (unsigned long long)number,
                        session_text(session, why_none(is_there, out)));
}

status_t receipts_show_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    uint64_t number = outbox_number(session->invocation->arguments[0]);
    TRY(receipts_get(session, outbox, number, arena, &filing));
    if (session->format == FORMAT_JSON) {
        CLEANUP(json_free) json_t *object = receipt_json_whole(&filing, session->language);
        return object ? listing_print_json(session, object) : STATUS_NO_MEMORY;
    }
    if (session->format == FORMAT_CSV)
        print_csv(&filing);
    else
        print_filing(session, &filing);
    return STATUS_OK;
}
