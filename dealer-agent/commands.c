#include "dealer-agent/commands.h"

#include "client/as_of.h"
#include "client/checks.h"
#include "client/history.h"
#include "client/queries.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/enroll.h"
#include "dealer-agent/outbox_commands.h"
#include "dealer-agent/receipts.h"
#include "dealer-agent/report_refused.h"
#include "dealer-agent/results.h"
#include "dealer-agent/run.h"
#include "dealer-agent/status.h"
#include "dealer-agent/stores.h"
#include "dealer-agent/submit.h"
#include "dealer-agent/take.h"
#include "dealer-agent/template.h"

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

static status_t check_history(session_t *session)
{
    return history_check_period(session, session->invocation->arguments[0]);
}

static status_t check_compare(session_t *session)
{
    TRY(query_check_compare(session));
    return as_of_check(session);
}

static status_t query_history(session_t *session, const char *dealer)
{
    return history_show(session, dealer, session->invocation->arguments[0]);
}

static status_t run_history(session_t *session)
{
    return about_store(session, query_history);
}

static status_t run_comment(session_t *session)
{
    return about_store(session, comment_run);
}

/* All stores of the key, without --dealer. */
static status_t run_checks(session_t *session)
{
    const char *dealer = invocation_value(session->invocation, "dealer");
    return checks_run(session, dealer ? dealer : "");
}

static const option_t OPTIONS[] = {
    SESSION_OPTIONS,
    {"hub-key", OPTION_KEY, "KEY", false, "the hub's public key, as `yardstick-hub key DIR` prints it"},
    {"signing-key", OPTION_KEY, "KEY", false,
     "the key with which the hub signs, as that command prints it with --signing (else the one that the hub says at "
     "first contact)"},
    {"consultants", OPTION_TEXT, "FILE", false, "the same months by sales consultant"},
    {"year", OPTION_YEAR, "YYYY", false, "the year"},
    {"zeros", OPTION_FLAG, NULL, false, "a sheet's months that are all 0 or blank are filled, not skipped"},
    {"no-wait", OPTION_FLAG, NULL, false, "end when it is safe in the outbox, without asking the hub"},
    {"all", OPTION_FLAG, NULL, false, "send the months too that equal what was filed last"},
    {"why", OPTION_TEXT, "TEXT", false, "why the month is withdrawn"},
    {"dealer", OPTION_CODE, "CODE", false, "the store; may be left out where the key holds one"},
    {"period", OPTION_PERIOD, "YYYY-MM", true, "the month"},
    {"peer", OPTION_CODE, "CODE", true, "a store of a common circle to show beside"},
    {"all-peers", OPTION_FLAG, NULL, false, "show all stores of its circles in that month beside (at most 16)"},
    {"as-of", OPTION_TEXT, "TIME|#N", false,
     "by the release that was the last then: at the end of 2025-07-31, at 2025-07-31T18:00 (network's time) or "
     "2025-07-31T18:00Z, or right behind entry #N of the log"},
    {"region", OPTION_CODE, "CODE", false, "the region to compare with (the store's own)"},
    {"token", OPTION_TEXT, "TOKEN", false,
     "the one-time token that headquarters gave out for this agent; - reads it from standard input (- <FILE from a "
     "file)"},
    {"enroll-at", OPTION_ENDPOINT, "ENDPOINT", false, "where the hub takes enrolments (as the token says)"},
    {"desk", OPTION_TEXT, "DIR", false, "the folder with inbox/, accepted/, rejected/ and results/ (HOME/desk)"},
    {"all-months", OPTION_FLAG, NULL, false, "ask for all that were delivered from here, as is done once a day"},
    {"refresh", OPTION_SECONDS, "SECONDS", false,
     "ask the hub for newer figures so often, a quarter more or less (3600)"},
    {"rescan", OPTION_SECONDS, "SECONDS", false, "look into the inbox so often, where nothing tells of a file (5)"},
    {"once", OPTION_FLAG, NULL, false,
     "give up as soon as nothing takes a connection, as who comes again by itself may"},
    {"last", OPTION_FLAG, NULL, false, "reject it where the month of its consultants is not filed"},
    {"row", OPTION_CODE, "ID", false, "the row that the comment is about: a fact's or KPI's id"},
    {"check", OPTION_CODE, "ID", false, "the check that the comment is about"},
    {"text", OPTION_TEXT, "TEXT", false, "what there is to say"},
    {"revision", OPTION_TEXT, "N", false, "refuse it where another revision is current by now"},
    {"limit", OPTION_TEXT, "N", false, "at most so many findings, the worst"},
    {"seen", OPTION_TEXT, "STAMP", false,
     "leave it in the inbox where it is not as it was when the daemon looked at it"},
    {"unread", OPTION_FLAG, NULL, false, "set it aside without reading it, for it broke its reader"},
};

#define MANY 10000

static const command_t COMMANDS[] = {
    {"init", "", 0, 0, "hub! hub-key! signing-key", 0, NULL, query_init, "make a home with a new key pair"},
    {"enroll", "", 0, 0, "token! enroll-at", 0, NULL, enroll_run, "make a home and be admitted with a one-time token"},
    {"submit", "FILE…", 1, MANY, "consultants year zeros dealer all no-wait format", NEEDS_HOME, NULL, submit_command,
     "file the months that files of facts change: into the outbox, and from there to the hub"},
    {"check", "FILE…", 1, MANY, "consultants year zeros dealer", 0, NULL, check_command,
     "look for faults in files, without sending"},
    {"template", "", 0, 0, "", 0, NULL, template_run,
     "a file of facts to begin with: its header and a line of this month, as CSV"},
    {"catalog show", "", 0, 0, "", NEEDS_CATALOG, NULL, query_catalog, "the hub's catalog: what facts there are"},
    {"withdraw", "PERIOD", 1, 1, "why! dealer no-wait format", NEEDS_HOME, withdraw_check, withdraw_command,
     "take a submitted month back"},
    {"deliver", "", 0, 0, "once format", NEEDS_HOME, NULL, deliver_command, "deliver what waits in the outbox, now"},
    {"status", "", 0, 0, "format", NEEDS_HOME, NULL, status_command,
     "how this agent stands with its hub: what waits, what was delivered last, what went wrong"},
    {"outbox list", "", 0, 0, "format", NEEDS_HOME, NULL, outbox_list_command,
     "what waits, and what the hub refused, with what to do"},
    {"outbox retry", "[NUMBER…]", 0, MANY, "all dealer", NEEDS_HOME, outbox_check_retry, outbox_retry_command,
     "deliver again what the hub refused, unchanged"},
    {"outbox drop", "NUMBER…", 1, MANY, "", NEEDS_HOME, outbox_check_numbers, outbox_drop_command,
     "forget what the hub refused"},
    {"receipts list", "", 0, 0, "period1 dealer format", NEEDS_HOME, NULL, receipts_list_command,
     "what was delivered, and when"},
    {"receipts show", "NUMBER", 1, 1, "format", NEEDS_HOME, outbox_check_numbers, receipts_show_command,
     "one receipt with its signature, and all that was filed"},
    {"receipts verify", "[NUMBER|FILE]…", 0, MANY, "signing-key", 0, NULL, receipts_verify_command,
     "prove receipts (all of this home, without an argument): recompute the digest of what was filed, check the hub's "
     "signature; a FILE is what `receipts show NUMBER --format json` printed, here or elsewhere"},
    {"compare", "", 0, 0, "period!1 dealer peer all-peers region as-of format", NEEDS_CATALOG, check_compare,
     run_compare, "the store beside averages, benchmarks and peers"},
    {"trend", "", 0, 0, "year! dealer format", NEEDS_CATALOG, NULL, run_trend, "the store's year, month by month"},
    {"consultants", "", 0, 0, "period!1 dealer format", NEEDS_CATALOG, NULL, run_consultants,
     "the store's sales consultants"},
    {"month status", "[PERIOD]", 0, 1, "year format", NEEDS_HUB, query_check_months, query_months,
     "whether a month is open or closed, when it is due, and exceptions for own stores: of a month, a year, or the "
     "newest 12 months"},
    {"history", "PERIOD", 1, 1, "dealer format", NEEDS_CATALOG, check_history, run_history,
     "each revision of the store's month: who, when, what it changed, and what was said about it"},
    {"checks", "PERIOD", 1, 1, "dealer limit format", NEEDS_CATALOG, checks_check, run_checks,
     "what is unusual about the key's stores in a month, the worst first: the catalog's checks, and values far from "
     "their own history"},
    {"comment", "PERIOD", 1, 1, "row check text! revision dealer", NEEDS_HUB, comment_check, run_comment,
     "answer what `checks` lists: the comment stays with the revision that is current"},
    {"results", "", 0, 0, "desk dealer period peer all-months once", NEEDS_CATALOG, results_check, results_run,
     "write the comparison, the trend and the consultants to the desk, as XLSX and CSV"},
    {"run", "", 0, 0, "desk refresh rescan peer", NEEDS_HOME, run_daemon_check, run_daemon,
     "the daemon: takes files from the desk's inbox, delivers, keeps the results up to date; SIGTERM ends it"},
    {"take", "NAME", 1, 1, "desk dealer year zeros last unread seen", NEEDS_HOME, take_check, take_run,
     "take one file of the desk's inbox: check it, file its months, move it away with a report (exit status 3: not "
     "now; 4: it waits for its consultants' month)"},
    {"report", "", 0, 0, "desk", NEEDS_HOME, desk_check, report_run,
     "write to the desk what the hub refused, and the list of receipts"},
    {"whoami", "", 0, 0, "format", NEEDS_HUB, NULL, query_description, "what the hub knows of this key"},
};

static const own_help_t OWN_HELP[] = {
    {"init", "hub", "the hub, tcp://HOST:PORT, which the home remembers"},
    {"enroll", "home", "the home that is made, or that was made for this hub before"},
    {"enroll", "hub", "the hub, tcp://HOST:PORT, which the home remembers (as the token says)"},
    {"enroll", "timeout", "give up after so long (60; 900 where the hub has too many at once)"},
    {"results", "peer",
     "only this store of a common circle beside, in the months in which it is one (all of them, at most 16)"},
    {"run", "peer",
     "the results show only this store of a common circle beside, in the months in which it is one (all of them, at "
     "most 16)"},
    {"run", "timeout", "its errands give up after so long without any progress, and are sent again later (30)"},
    {"receipts verify", "signing-key",
     "the key that a FILE must be signed with (else this home's; with it no home is needed for files)"},
    {"template", "lang", "heads the columns with the facts' titles (else with their ids)"},
    {"submit", "year", "of months written without one (1月, Jan); else the one in the file's name"},
    {"check", "year", "of months written without one (1月, Jan); else the one in the file's name"},
    {"submit", "dealer", "whose file it is, where it has no dealer column and the key holds several stores"},
    {"outbox retry", "all", "all that is aside, but what a newer filing of its month has replaced"},
    {"outbox retry", "dealer", "with --all: what is aside of this store only"},
    {"month status", "year", "its months that have begun"},
    {"results", "dealer", "the store (each)"},
    {"results", "period",
     "the month (the newest 13 of each store that were delivered from this home, and older ones "
     "delivered lately; once a day all)"},
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
