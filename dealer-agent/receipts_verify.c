#include "dealer-agent/receipts.h"

#include "dealer-agent/outbox_commands.h"
#include "dealer-agent/outbox_each.h"
#include "dealer-agent/receipt_json.h"
#include "proto/signed.h"

#include <string.h>
#include <zmq.h>

typedef struct {
    session_t *session;
    outbox_t *outbox; /* NULL: only files are verified */
    bool is_pinned;
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE];
    size_t good, foreign, bad; /* foreign: good, and another hub's than that of this home */
} verifier_t;

static bool is_of_key(const verifier_t *verifier, const filing_t *filing)
{
    return memcmp(filing->signing_key, verifier->signing_key, SIGNING_KEY_SIZE) == 0;
}

/* NULL where the receipt proves the filing with the keys that stand in it, else why not. */
static const char *find_flaw(const verifier_t *verifier, const filing_t *filing)
{
    const receipt_t *receipt = &filing->receipt;
    uint8_t digest[DIGEST_SIZE];
    if (!receipt->is_signed)
        return TRANSLATED("it is not signed: the hub of that day did not sign receipts");
    if (!verifier->is_pinned)
        return TRANSLATED("this home is not pinned to a signing key; run any command that reaches the hub, or give "
                          "--signing-key");
    if (signed_facts_digest(&filing->facts, digest) != STATUS_OK ||
        memcmp(digest, receipt->facts_digest, DIGEST_SIZE) != 0)
        return TRANSLATED("the facts that stand here are not those that the hub accepted (their digest differs)");
    if (signed_receipt_check(filing->hub_key, filing->signing_key, receipt, filing->dealer, filing->period, filing->id,
                             filing->is_withdrawal ? NULL : &filing->facts) != STATUS_OK)
        return TRANSLATED(
            "the signature is not the hub's over this receipt: its month, number, time, id or the like, or "
            "the signature itself, was changed");
    return NULL;
}

/* ---- what the outbox holds */

/* Says what the receipt is worth where that is not simply good, and counts it. An earlier hub's stay true. */
static void conclude(verifier_t *verifier, const filing_t *filing)
{
    faults_t *faults = &verifier->session->faults;
    const char *flaw = find_flaw(verifier, filing);
    bool is_foreign =
        !flaw && (!is_of_key(verifier, filing) || memcmp(filing->hub_key, verifier->hub_key, KEY_SIZE) != 0);
    char period[PERIOD_TEXT_SIZE], key[HOME_KEY_SIZE];
    period_format(filing->period, period);
    home_format_key(filing->signing_key, key);
    if (flaw)
        faults_add(faults, 0, 0, "number %llu, %s %s: %s", (unsigned long long)filing->number, filing->dealer, period,
                   faults_text(faults, flaw));
    if (is_foreign)
        printf(
            session_text(verifier->session, "number %llu, %s %s: of another hub, proved with its own signing key %s\n"),
            (unsigned long long)filing->number, filing->dealer, period, key);
    *(flaw ? &verifier->bad : is_foreign ? &verifier->foreign : &verifier->good) += 1;
}

static status_t verify_number(verifier_t *verifier, uint64_t number)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = receipts_get(verifier->session, verifier->outbox, number, arena, &filing);
    if (status == STATUS_OK)
        conclude(verifier, &filing);
    else
        verifier->bad++;
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

static status_t verify_visited(void *context, const filing_t *filing)
{
    return verify_number(context, filing->number);
}

/* ---- what somebody brings */

/* The keys that stand in the file are its bringer's word: only the one that is known beforehand counts. */
static void conclude_file(verifier_t *verifier, const char *path, const filing_t *filing)
{
    faults_t *faults = &verifier->session->faults;
    const char *flaw = find_flaw(verifier, filing);
    char key[HOME_KEY_SIZE];
    home_format_key(filing->signing_key, key);
    *(flaw || !is_of_key(verifier, filing) ? &verifier->bad : &verifier->good) += 1;
    if (flaw)
        faults_add(faults, 0, 0, "%s", faults_text(faults, flaw));
    else if (!is_of_key(verifier, filing))
        faults_add(faults, 0, 0,
                   "it is signed with another key (%s) than the one that counts here; where that is the right one, as "
                   "`yardstick-hub key DIR --signing` of that hub prints it, give it with --signing-key",
                   key);
    else {
        printf(session_text(verifier->session, "%s: proved\n"), path);
        receipts_print_proved(verifier->session, filing);
    }
}

static status_t verify_file(verifier_t *verifier, const char *path)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    faults_t *faults = &verifier->session->faults;
    filing_t filing;
    if (!arena)
        return STATUS_NO_MEMORY;
    faults->source = path;
    status_t status = receipt_json_read(path, arena, &filing, faults);
    if (status == STATUS_OK)
        conclude_file(verifier, path, &filing);
    else
        verifier->bad++;
    faults->source = NULL;
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* ---- the command */

/* The home's keys and its outbox, or the option alone where only files are named. */
static status_t get_ready(verifier_t *verifier)
{
    session_t *session = verifier->session;
    const invocation_t *invocation = session->invocation;
    const char *given = invocation_value(invocation, "signing-key");
    bool needs_outbox = invocation->argument_count == 0;
    for (size_t i = 0; i < invocation->argument_count; i++)
        needs_outbox = needs_outbox || outbox_number(invocation->arguments[i]);
    if (needs_outbox || !given) {
        status_t status = session_open_home(session);
        if (status == STATUS_NOT_FOUND && !needs_outbox) {
            faults_clear(&session->faults);
            return session_misuse(session, "there is no home here, so name the hub's signing key with --signing-key "
                                           "KEY, as `yardstick-hub key DIR --signing` prints it");
        }
        TRY(status);
        verifier->is_pinned = home_hub_keys(&session->home, verifier->hub_key, verifier->signing_key) == STATUS_OK;
    }
    if (needs_outbox)
        TRY(outbox_open(session->home_path, &verifier->outbox, &session->faults));
    if (given)
        verifier->is_pinned = zmq_z85_decode(verifier->signing_key, given) != NULL;
    return STATUS_OK;
}

static status_t verify_all(verifier_t *verifier)
{
    const invocation_t *invocation = verifier->session->invocation;
    for (size_t i = 0; i < invocation->argument_count; i++) {
        uint64_t number = outbox_number(invocation->arguments[i]);
        TRY(number ? verify_number(verifier, number) : verify_file(verifier, invocation->arguments[i]));
    }
    if (invocation->argument_count)
        return STATUS_OK;
    status_t status = outbox_each(verifier->outbox, FILING_DELIVERED, verify_visited, verifier);
    return status == STATUS_OK ? status : outbox_explain(verifier->outbox, status, &verifier->session->faults);
}

static void print_counts(const verifier_t *verifier)
{
    const session_t *session = verifier->session;
    printf(session_text(session, "%zu receipt%s verified, "), verifier->good, verifier->good == 1 ? "" : "s");
    if (verifier->foreign)
        printf(session_text(session, "%zu of another hub, "), verifier->foreign);
    printf(session_text(session, "%zu failed\n"), verifier->bad);
}

static void verifier_fini(verifier_t *verifier)
{
    outbox_close(&verifier->outbox);
}

status_t receipts_verify_command(session_t *session)
{
    CLEANUP(verifier_fini) verifier_t verifier = {.session = session};
    TRY(get_ready(&verifier));
    TRY(verify_all(&verifier));
    print_counts(&verifier);
    return verifier.bad ? STATUS_INVALID : STATUS_OK;
}
