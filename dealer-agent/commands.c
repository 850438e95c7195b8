#include "dealer-agent/commands.h"

#include "client/filing.h"
#include "client/queries.h"
#include "dealer-agent/report_refused.h"
#include "dealer-agent/run.h"
#include "dealer-agent/stores.h"
#include "dealer-agent/take.h"
#include "dealer-agent/template.h"

#include <stdio.h>
#include <string.h>

static status_t run_submit(session_t *session)
{
    CLEANUP(stores_fini) stores_t stores = {0};
    TRY(stores_ask(session, &stores));
    if (stores.count == 0)
        return session_fail(session, STATUS_NOT_ALLOWED,
                            "this key is no dealer's and submits nothing; "
                            "headquarters uses `yardstick facts import`");
    CLEANUP(facts_set_fini) facts_set_t set = {0};
    CLEANUP(faults_fini) faults_t warnings = {0}; /* the hub names them too, and knows the month before */
    TRY(filing_read(session, stores.codes, stores.count, &set, &warnings));
    return filing_send(session, &set, false);
}

/* Whose lines they are where nobody has said it yet: a name for the only store of a file without a dealer column. */
static const char *const ANY_STORE[] = {"this store"};

/* Reads the files as of the stores that are known. Where none is: first as with a dealer column, then as of one store,
 * and the reading with no more faults is the one that was meant. */
static status_t read_offline(session_t *session, const stores_t *stores, facts_set_t *set, faults_t *warnings)
{
    const char *dealer = invocation_value(session->invocation, "dealer");
    if (dealer)
        return filing_read(session, &dealer, 1, set, warnings);
    status_t status = filing_read(session, stores->codes, stores->count, set, warnings);
    if (status == STATUS_OK || stores->count)
        return status;
    faults_t first = session->faults;
    session->faults = (faults_t){0};
    faults_fini(warnings);
    facts_set_fini(set);
    *set = (facts_set_t){0};
    status_t again = filing_read(session, ANY_STORE, 1, set, warnings);
    if (again == STATUS_OK || session->faults.count + session->faults.dropped <= first.count + first.dropped) {
        faults_fini(&first);
        return again;
    }
    faults_fini(&session->faults);
    session->faults = first;
    return status;
}

static void print_warnings(const faults_t *warnings)
{
    for (size_t i = 0; i < warnings->count; i++) {
        char line[2000];
        fault_format(&warnings->items[i], line, sizeof line);
        printf("warning: %s\n", line);
    }
}

/* Offline: against the catalog and the stores that the home remembers, else the catalog that every hub starts with. */
static status_t run_check(session_t *session)
{
    TRY(session_find_catalog(session, false));
    CLEANUP(stores_fini) stores_t stores = {0};
    TRY(stores_recall(session->home_path, &stores));
    CLEANUP(facts_set_fini) facts_set_t set = {0};
    CLEANUP(faults_fini) faults_t warnings = {0};
    TRY(read_offline(session, &stores, &set, &warnings));
    print_warnings(&warnings);
    size_t consultants = 0;
    for (size_t i = 0; i < set.count; i++)
        consultants += set.months[i].consultant_count;
    const catalog_t *catalog = session->catalog;
    printf("no faults: %zu month%s, %zu consultant line%s, %zu warning%s (catalog %s, version %u; nothing sent)\n",
           set.count, set.count == 1 ? "" : "s", consultants, consultants == 1 ? "" : "s", warnings.count,
           warnings.count == 1 ? "" : "s", catalog->id, catalog->version);
    size_t unchecked = facts_set_count_unchecked(&set, catalog, NULL);
    if (unchecked)
        fprintf(stderr,
                "%s: note: %zu month%s could not be checked against the month before, which is not in the files; the "
                "hub does it when they are sent\n",
                session->invocation->program->name, unchecked, unchecked == 1 ? "" : "s");
    return STATUS_OK;
}

static status_t check_withdraw(session_t *session)
{
    period_t period;
    const char *month = session->invocation->arguments[0], *why = invocation_value(session->invocation, "why");
    if (!period_parse(month, &period))
        return session_misuse(session, "withdraw %.80s: that is no month; write it as 2025-06", month);
    if (strlen(why) > TEXT_LENGTH_MAX)
        return session_misuse(session, "--why has %zu bytes and may have %d", strlen(why), TEXT_LENGTH_MAX);
    return STATUS_OK;
}

static status_t run_withdraw(session_t *session)
{
    period_t period = PERIOD_NONE;
    CLEANUP(stores_fini) stores_t stores = {0};
    const char *dealer;
    TRY(stores_choose(session, &stores, &dealer));
    if (!period_parse(session->invocation->arguments[0], &period))
        return STATUS_INVALID;
    return filing_withdraw(session, dealer, period, invocation_value(session->invocation, "why"));
}

/* A query about the store that --dealer names, or the only one. */
static status_t about_store(session_t *session, status_t (*query)(session_t *session, const char *dealer))
{
    CLEANUP(stores_fini) stores_t stores = {0};
    const char *dealer;
    TRY(stores_choose(session, &stores, &dealer));
    return query(session, dealer);
}

static status_t run_compare(session_t *session)
{
    return about_store(session, query_compare);
}

static status_t run_trend(session_t *session)
{
    return about_store(session, query_trend);
}

static status_t run_consultants(session_t *session)
{
    return about_store(session, query_consultants);
}

static const option_t OPTIONS[] = {
    SESSION_OPTIONS,
    {"hub-key", OPTION_KEY, "KEY", false, "the hub's public key, as `yardstick-hub key DIR` prints it"},
    {"consultants", OPTION_TEXT, "FILE", false, "the same months by sales consultant"},
    {"year", OPTION_YEAR, "YYYY", false, "the year"},
    {"why", OPTION_TEXT, "TEXT", false, "why the month is withdrawn"},
    {"dealer", OPTION_CODE, "CODE", false, "the store; may be left out where the key holds one"},
    {"period", OPTION_PERIOD, "YYYY-MM", false, "the month"},
    {"peer", OPTION_CODE, "CODE", true, "a store of a common circle to show beside"},
    {"region", OPTION_CODE, "CODE", false, "the region to compare with (the store's own)"},
    {"desk", OPTION_TEXT, "DIR", false, "the folder with inbox, accepted, rejected and results (HOME/desk)"},
    {"refresh", OPTION_SECONDS, "SECONDS", false,
     "ask the hub for newer figures so often, a quarter more or less (3600)"},
    {"last", OPTION_FLAG, NULL, false, "reject it where its consultants' month is still not filed"},
    {"unread", OPTION_FLAG, NULL, false, "set it aside without reading it, for it broke its reader"},
    {"rescan", OPTION_SECONDS, "SECONDS", false, "look into the inbox so often, where nothing tells of a file (5)"},
};

#define MANY 10000

static const command_t COMMANDS[] = {
    {"init", "", 0, 0, "hub! hub-key!", 0, NULL, query_init, "make a home with a new key pair"},
    {"submit", "FILE…", 1, MANY, "consultants year format", NEEDS_CATALOG, NULL, run_submit,
     "send the months in files of facts (one line a month)"},
    {"check", "FILE…", 1, MANY, "consultants year dealer", 0, NULL, run_check,
     "look for faults in files, without sending"},
    {"template", "", 0, 0, "", 0, NULL, template_run,
     "a file of facts to begin with: its header and a line of this month, as CSV"},
    {"catalog show", "", 0, 0, "", NEEDS_CATALOG, NULL, query_catalog, "the hub's catalog: what facts there are"},
    {"withdraw", "PERIOD", 1, 1, "why! dealer format", NEEDS_CATALOG, check_withdraw, run_withdraw,
     "take a submitted month back"},
    {"compare", "", 0, 0, "period! dealer peer region format", NEEDS_CATALOG, query_check_compare, run_compare,
     "the store beside averages, benchmarks and peers"},
    {"trend", "", 0, 0, "year! dealer format", NEEDS_CATALOG, NULL, run_trend, "the store's year, month by month"},
    {"consultants", "", 0, 0, "period! dealer format", NEEDS_CATALOG, NULL, run_consultants,
     "the store's sales consultants"},
    {"run", "", 0, 0, "desk refresh rescan", NEEDS_HOME, run_daemon_check, run_daemon,
     "the daemon: takes files from the inbox, delivers, keeps the results up to date; SIGTERM ends it"},
    {"take", "NAME", 1, 1, "desk dealer year last unread", NEEDS_HOME, take_check, take_run,
     "take one file of the desk's inbox: check it, file its months, move it with a report"},
    {"report", "", 0, 0, "desk", NEEDS_HOME, report_check, report_run,
     "write to the desk what the hub refused, and the list of receipts"},
    {"whoami", "", 0, 0, "format", NEEDS_HUB, NULL, query_description, "what the hub knows of this key"},
};

static const own_help_t OWN_HELP[] = {
    {"init", "hub", "the hub, tcp://HOST:PORT, which the home remembers"},
    {"template", "lang", "heads the columns with the facts' titles (else with their ids)"},
    {"submit", "year", "not needed: a file with a line for each month says its months itself"},
    {"check", "year", "not needed: a file with a line for each month says its months itself"},
    {"check", "dealer", "whose file it is, where it has no dealer column and the hub has not said it yet"},
};

const program_t agent_program = {
    .name = "yardstick-agent",
    .summary = "sends a dealership's figures to the hub and shows where the store stands",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .common_options = SESSION_COMMON_OPTIONS,
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .own_help = OWN_HELP,
    .own_help_count = sizeof OWN_HELP / sizeof *OWN_HELP,
};
