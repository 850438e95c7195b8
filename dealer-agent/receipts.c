#include "dealer-agent/receipts.h"

#include "client/listing.h"
#include "client/times.h"
#include "core/number.h"
#include "dealer-agent/outbox_commands.h"
#include "dealer-agent/outbox_each.h"
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
    json_t *out;
} selection_t;

static status_t add_receipt(void *context, const filing_t *filing)
{
    selection_t *selection = context;
    if ((selection->dealer && strcmp(selection->dealer, filing->dealer) != 0) ||
        (selection->period != PERIOD_NONE && selection->period != filing->period))
        return STATUS_OK;
    json_t *object = receipt_json_head(filing);
    return object && json_array_append_new(selection->out, object) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static const listing_column_t COLUMNS[] = {
    {"number", "Number", LISTING_NUMBER},     {"dealer", "Dealer", LISTING_TEXT},
    {"period", "Month", LISTING_TEXT},        {"outcome", "Outcome", LISTING_TEXT},
    {"revision", "Revision", LISTING_NUMBER}, {"late", "Late", LISTING_TEXT},
    {"time", "Hub's time", LISTING_TIME},     {"delivered", "Receipt taken", LISTING_TIME},
    {"source", "From", LISTING_TEXT},         {"line", "Line", LISTING_NUMBER},
    {"signed", "Signed", LISTING_TEXT},
};

status_t receipts_list_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    CLEANUP(json_free) json_t *receipts = json_array();
    selection_t selection = {invocation_value(session->invocation, "dealer"),
                             invocation_period(session->invocation, "period"), receipts};
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    status_t status = receipts ? outbox_each(outbox, FILING_DELIVERED, add_receipt, &selection) : STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, &session->faults);
    return listing_print(session, "receipts", receipts, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                         "nothing was delivered from here yet");
}

/* ---- show */

static void print_key(const char *name, const uint8_t key[32])
{
    char text[HOME_KEY_SIZE];
    home_format_key(key, text);
    printf("%-15s %s\n", name, text);
}

static void print_hex(const char *name, const uint8_t *bytes, size_t size)
{
    printf("%-15s ", name);
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

void receipts_print_facts(const named_facts_t *facts)
{
    if (facts->count)
        puts("facts");
    print_facts(facts->facts, facts->count);
    for (size_t i = 0; i < facts->consultant_count; i++) {
        printf("consultant %s\n", facts->consultants[i].consultant);
        print_facts(facts->consultants[i].facts, facts->consultants[i].count);
    }
}

static void print_proof(const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    print_hex("submission id", filing->id, SUBMISSION_ID_SIZE);
    print_key("hub's key", filing->hub_key);
    if (!receipt->is_signed) {
        puts("not signed: the hub of that day did not sign receipts");
        return;
    }
    print_key("signing key", filing->signing_key);
    print_hex("facts digest", receipt->facts_digest, DIGEST_SIZE);
    print_hex("signature", receipt->signature, SIGNATURE_SIZE);
    if (receipt->group_size)
        printf("%-15s %u receipt%s under this signature; the place of this one, from 0, is %u\n", "group",
               receipt->group_size, receipt->group_size == 1 ? "" : "s", receipt->group_index);
    for (size_t i = 0; i < receipt->group_path.size; i += DIGEST_SIZE)
        print_hex("path", receipt->group_path.data + i, DIGEST_SIZE);
}

static void print_filing(const session_t *session, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    char period[PERIOD_TEXT_SIZE], times[3][TIMES_SIZE];
    period_format(filing->period, period);
    printf("%s  %s  %s  revision %u%s\n", filing->dealer, period, outcome_names[receipt->outcome], receipt->revision,
           receipt->late ? "  late" : "");
    printf("%-15s %llu, the hub's sequence %llu\n", "number", (unsigned long long)filing->number,
           (unsigned long long)receipt->sequence);
    printf("%-15s %s by the hub's clock\n", "accepted", times_local(receipt->time_ms, times[0]));
    printf("%-15s %s, receipt taken %s, by this machine's\n", "taken over", times_local(filing->time_ms, times[1]),
           times_local(filing->settled_ms, times[2]));
    if (*filing->source)
        printf("%-15s %s, line %u\n", "from", filing->source, filing->line);
    if (filing->is_withdrawal)
        printf("%-15s %s\n", "withdrawn", filing->why);
    for (size_t i = 0; i < receipt->warning_count; i++)
        printf("%-15s %s: %s\n", "warning", receipt->warnings[i].check, receipt->warnings[i].title[session->language]);
    print_proof(filing);
    receipts_print_facts(&filing->facts);
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

status_t receipts_get(session_t *session, outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out)
{
    status_t status = outbox_get(outbox, number, arena, out);
    bool is_there = status == STATUS_OK;
    if (!is_there && status != STATUS_NOT_FOUND)
        return outbox_explain(outbox, status, &session->faults);
    if (is_there && out->state == FILING_DELIVERED)
        return STATUS_OK;
    faults_t *faults = &session->faults;
    faults_add(faults, 0, 0, "number %llu has no receipt: %s", (unsigned long long)number,
               faults_text(faults, !is_there ? TRANSLATED("there is no such filing; `receipts list` gives the numbers")
                                   : out->state == FILING_WAITING
                                       ? TRANSLATED("it still waits in the outbox")
                                       : TRANSLATED("the hub refused it; `outbox list` says why")));
    return STATUS_INVALID;
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
