#include "dealer-agent/receipts.h"

#include "client/listing.h"
#include "client/times.h"
#include "core/number.h"
#include "dealer-agent/outbox_commands.h"
#include "proto/signed.h"

#include <string.h>

#define PAGE 500 /* filings read at a time */

static void json_free(json_t **json)
{
    json_decref(*json);
}

/* Calls `visit` with each delivered filing, without its facts. */
static status_t for_each(outbox_t *outbox, status_t (*visit)(void *context, const filing_t *filing), void *context)
{
    uint64_t after = 0;
    for (size_t count = 1; count;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
        filing_t *filings;
        if (!arena)
            return STATUS_NO_MEMORY;
        TRY(outbox_list(outbox, FILING_DELIVERED, after, PAGE, arena, &filings, &count));
        for (size_t i = 0; i < count; i++)
            TRY(visit(context, &filings[i]));
        after = count ? filings[count - 1].number : after;
    }
    return STATUS_OK;
}

/* ---- list */

typedef struct {
    const char *dealer;
    period_t period;
    json_t *out;
} selection_t;

static json_t *object_of(const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:b}", "number",
                     listing_number(filing->number), "dealer", filing->dealer, "period", listing_period(filing->period),
                     "outcome", outcome_names[receipt->outcome], "revision", listing_number(receipt->revision),
                     "sequence", listing_number(receipt->sequence), "late", receipt->late, "time",
                     listing_time(receipt->time_ms), "taken_over", listing_time(filing->time_ms), "delivered",
                     listing_time(filing->settled_ms), "source", filing->source, "line", listing_line(filing->line),
                     "signed", receipt->is_signed);
}

static status_t add_receipt(void *context, const filing_t *filing)
{
    selection_t *selection = context;
    if ((selection->dealer && strcmp(selection->dealer, filing->dealer) != 0) ||
        (selection->period != PERIOD_NONE && selection->period != filing->period))
        return STATUS_OK;
    json_t *object = object_of(filing);
    return object && json_array_append_new(selection->out, object) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static const listing_column_t COLUMNS[] = {
    {"number", TRANSLATED("Number"), LISTING_NUMBER},     {"dealer", TRANSLATED("Dealer"), LISTING_TEXT},
    {"period", TRANSLATED("Month"), LISTING_TEXT},        {"outcome", TRANSLATED("Outcome"), LISTING_WORD},
    {"revision", TRANSLATED("Revision"), LISTING_NUMBER}, {"late", TRANSLATED("Late"), LISTING_WORD},
    {"time", TRANSLATED("Hub's time"), LISTING_TIME},     {"delivered", TRANSLATED("Receipt taken"), LISTING_TIME},
    {"source", TRANSLATED("From"), LISTING_TEXT},         {"line", TRANSLATED("Line"), LISTING_NUMBER},
    {"signed", TRANSLATED("Signed"), LISTING_WORD},
};

status_t receipts_list_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    CLEANUP(json_free) json_t *receipts = json_array();
    selection_t selection = {invocation_value(session->invocation, "dealer"),
                             invocation_period(session->invocation, "period"), receipts};
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    status_t status = receipts ? for_each(outbox, add_receipt, &selection) : STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, &session->faults);
    return listing_print(session, "receipts", receipts, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                         session_text(session, "nothing was delivered from here yet"));
}

/* ---- show */

static json_t *facts_json(const named_fact_t *facts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        char amount[32];
        number_format_fact(facts[i].value, facts[i].decimals, amount, sizeof amount);
        json_array_append_new(array,
                              json_pack("{s:s, s:i, s:I, s:s}", "id", facts[i].id, "decimals", (int)facts[i].decimals,
                                        "value", (json_int_t)facts[i].value, "amount", amount));
    }
    return array;
}

static json_t *consultants_json(const named_facts_t *facts)
{
    json_t *array = json_array();
    for (size_t i = 0; i < facts->consultant_count; i++) {
        const named_consultant_t *one = &facts->consultants[i];
        json_array_append_new(
            array, json_pack("{s:s, s:o}", "consultant", one->consultant, "facts", facts_json(one->facts, one->count)));
    }
    return array;
}

static json_t *warnings_json(const receipt_t *receipt, language_t language)
{
    json_t *array = json_array();
    for (size_t i = 0; i < receipt->warning_count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s}", "check", receipt->warnings[i].check, "title",
                                               receipt->warnings[i].title[language]));
    return array;
}

/* Which receipts share the signature; null where it is of this one alone. */
static json_t *group_json(const receipt_t *receipt)
{
    if (receipt->group_size == 0)
        return json_null();
    json_t *path = json_array();
    for (size_t i = 0; i < receipt->group_path.size; i += DIGEST_SIZE)
        json_array_append_new(path, listing_hex(receipt->group_path.data + i, DIGEST_SIZE));
    return json_pack("{s:o, s:o, s:o}", "size", listing_number(receipt->group_size), "index",
                     listing_number(receipt->group_index), "path", path);
}

static void set_proof(json_t *object, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    json_object_set_new(object, "outcome_code", json_integer(receipt->outcome));
    json_object_set_new(object, "time_ms", listing_number(receipt->time_ms));
    json_object_set_new(object, "submission_id", listing_hex(filing->id, SUBMISSION_ID_SIZE));
    json_object_set_new(object, "hub_key", listing_hex(filing->hub_key, KEY_SIZE));
    bool is_signed = receipt->is_signed;
    json_object_set_new(object, "signing_key",
                        is_signed ? listing_hex(filing->signing_key, SIGNING_KEY_SIZE) : json_null());
    json_object_set_new(object, "facts_digest",
                        is_signed ? listing_hex(receipt->facts_digest, DIGEST_SIZE) : json_null());
    json_object_set_new(object, "signature", is_signed ? listing_hex(receipt->signature, SIGNATURE_SIZE) : json_null());
    json_object_set_new(object, "group", group_json(receipt));
}

static json_t *whole_object(const filing_t *filing, language_t language)
{
    json_t *object = object_of(filing);
    if (!object)
        return NULL;
    set_proof(object, filing);
    json_object_set_new(object, "withdrawal", json_boolean(filing->is_withdrawal));
    json_object_set_new(object, "why", listing_text(filing->is_withdrawal ? filing->why : NULL));
    json_object_set_new(object, "facts_dropped", json_integer(filing->receipt.facts_dropped));
    json_object_set_new(object, "consultants_dropped", json_integer(filing->receipt.consultants_dropped));
    json_object_set_new(object, "warnings", warnings_json(&filing->receipt, language));
    json_object_set_new(object, "facts", facts_json(filing->facts.facts, filing->facts.count));
    json_object_set_new(object, "consultants", consultants_json(&filing->facts));
    return object;
}

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

static void print_filing(const session_t *session, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    char period[PERIOD_TEXT_SIZE], times[3][TIMES_SIZE];
    period_format(filing->period, period);
    printf(session_text(session, "%s  %s  %s  revision %u%s\n"), filing->dealer, period,
           session_text(session, outcome_names[receipt->outcome]), receipt->revision,
           receipt->late ? session_text(session, "  late") : "");
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
    if (filing->facts.count)
        puts(session_text(session, "facts"));
    print_facts(filing->facts.facts, filing->facts.count);
    for (size_t i = 0; i < filing->facts.consultant_count; i++) {
        printf(session_text(session, "consultant %s\n"), filing->facts.consultants[i].consultant);
        print_facts(filing->facts.consultants[i].facts, filing->facts.consultants[i].count);
    }
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

/* A delivered filing, whole. */
static status_t get_delivered(session_t *session, outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out)
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
    TRY(get_delivered(session, outbox, number, arena, &filing));
    if (session->format == FORMAT_JSON) {
        CLEANUP(json_free) json_t *object = whole_object(&filing, session->language);
        return object ? listing_print_json(session, object) : STATUS_NO_MEMORY;
    }
    if (session->format == FORMAT_CSV)
        print_csv(&filing);
    else
        print_filing(session, &filing);
    return STATUS_OK;
}

/* ---- verify */

typedef struct {
    session_t *session;
    outbox_t *outbox;
    bool is_pinned;
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE];
    size_t good, foreign, bad; /* foreign: good, and another hub's than that of this home */
} verifier_t;

/* Whether another hub signed it than the one that this home is pinned to now: an earlier one's receipts stay true. */
static bool is_foreign(const verifier_t *verifier, const filing_t *filing)
{
    return memcmp(filing->signing_key, verifier->signing_key, SIGNING_KEY_SIZE) != 0 ||
           memcmp(filing->hub_key, verifier->hub_key, KEY_SIZE) != 0;
}

/* NULL where the receipt proves the filing with the keys that it was taken with, else why not. */
static const char *find_flaw(const verifier_t *verifier, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    const named_facts_t *facts = filing->is_withdrawal ? NULL : &filing->facts;
    uint8_t digest[DIGEST_SIZE];
    if (!receipt->is_signed)
        return TRANSLATED("it is not signed: the hub of that day did not sign receipts");
    if (!verifier->is_pinned)
        return TRANSLATED("this home is not pinned to a signing key; run any command that reaches the hub");
    if (signed_facts_digest(facts, digest) != STATUS_OK || memcmp(digest, receipt->facts_digest, DIGEST_SIZE) != 0)
        return TRANSLATED("the facts that are stored are not those that the hub accepted (their digest differs)");
    if (signed_receipt_check(filing->hub_key, filing->signing_key, receipt, filing->dealer, filing->period, filing->id,
                             facts) != STATUS_OK)
        return TRANSLATED("the signature is not the hub's over this receipt");
    return NULL;
}

/* Says what the receipt is worth where that is not simply good, and counts it. */
static void conclude(verifier_t *verifier, const filing_t *filing)
{
    const char *flaw = find_flaw(verifier, filing);
    bool foreign = !flaw && is_foreign(verifier, filing);
    unsigned long long number = filing->number;
    char period[PERIOD_TEXT_SIZE], key[HOME_KEY_SIZE];
    period_format(filing->period, period);
    home_format_key(filing->signing_key, key);
    if (flaw)
        (void)!session_fail(verifier->session, STATUS_INVALID, "number %llu, %s %s: %s", number, filing->dealer, period,
                            session_text(verifier->session, flaw));
    if (foreign)
        printf(
            session_text(verifier->session, "number %llu, %s %s: of another hub, proved with its own signing key %s\n"),
            number, filing->dealer, period, key);
    *(flaw ? &verifier->bad : foreign ? &verifier->foreign : &verifier->good) += 1;
}

static status_t verify_one(verifier_t *verifier, uint64_t number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = get_delivered(verifier->session, verifier->outbox, number, arena, &filing);
    if (status == STATUS_OK)
        conclude(verifier, &filing);
    else
        verifier->bad++;
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

static status_t verify_visited(void *context, const filing_t *filing)
{
    return verify_one(context, filing->number);
}

static status_t verify_all(verifier_t *verifier)
{
    const invocation_t *invocation = verifier->session->invocation;
    for (size_t i = 0; i < invocation->argument_count; i++)
        TRY(verify_one(verifier, outbox_number(invocation->arguments[i])));
    if (invocation->argument_count)
        return STATUS_OK;
    status_t status = for_each(verifier->outbox, verify_visited, verifier);
    return status == STATUS_OK ? status : outbox_explain(verifier->outbox, status, &verifier->session->faults);
}

status_t receipts_verify_command(session_t *session)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    verifier_t verifier = {.session = session, .outbox = outbox};
    verifier.is_pinned = home_hub_keys(&session->home, verifier.hub_key, verifier.signing_key) == STATUS_OK;
    TRY(verify_all(&verifier));
    printf(session_text(session, "%zu receipt%s verified, "), verifier.good, verifier.good == 1 ? "" : "s");
    if (verifier.foreign)
        printf(session_text(session, "%zu of another hub, "), verifier.foreign);
    printf(session_text(session, "%zu failed\n"), verifier.bad);
    return verifier.bad ? STATUS_INVALID : STATUS_OK;
}
