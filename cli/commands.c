#include "cli/commands.h"

#include "client/queries.h"

static const option_t OPTIONS[] = {
    SESSION_OPTIONS,
    {"hub-key", OPTION_KEY, "KEY", false, "the hub's public key, as `yardstick-hub key DIR` prints it"},
    {"signing-key", OPTION_KEY, "KEY", false,
     "the key with which the hub signs, as that command prints it with --signing (else the one that the hub says at "
     "first contact)"},
    {"role", OPTION_CHOICE, "dealer|manager|headquarters|operator", false, "what the key may do"},
    {"dealer", OPTION_TEXT, "CODE", false, "the store"},
    {"region", OPTION_CODE, "CODE", false, "the region to compare with (the store's own)"},
    {"period", OPTION_PERIOD, "YYYY-MM", false, "the month"},
    {"year", OPTION_YEAR, "YYYY", false, "the year"},
    {"scope", OPTION_TEXT, "SCOPE", true, "nation, region:CODE or circle:CODE"},
    {"regions", OPTION_CHOICE, "then|today", false,
     "the regions as they were in that month (the default), or as they are now: for managers and headquarters"},
    {"never", OPTION_FLAG, NULL, false, "only stores that were expected and reported nothing in that year"},
    {"dry-run", OPTION_FLAG, NULL, false, "only show what it would change"},
    {"table", OPTION_CODE, "ID", false, "only this table of the catalog"},
    {"row", OPTION_CODE, "ID", false, "the row that is ranked: a fact's or KPI's id"},
    {"peer", OPTION_CODE, "CODE", true, "another store to show beside"},
    {"consultants", OPTION_TEXT, "FILE", false, "the same months by sales consultant"},
    {"dealers", OPTION_TEXT, "FILE", false, "an agent a line: the codes of its stores, blanks between"},
    {"out", OPTION_TEXT, "FILE", false, "where the tokens are written, as CSV; never over another file"},
    {"days", OPTION_TEXT, "N", false, "how long the tokens are good (30)"},
    {"endpoint", OPTION_ENDPOINT, "ENDPOINT", false, "the hub as agents see it, tcp://HOST:PORT (as this home does)"},
    {"until", OPTION_TEXT, "DATE|TIME", false,
     "until the end of 2025-07-31, until \"2025-07-31 18:00\" in the network's time zone, or 2025-07-31T18:00+08:00"},
    {"why", OPTION_TEXT, "TEXT", false, "the reason, which stands in the log"},
    {"withdraw", OPTION_FLAG, NULL, false, "take the exception back"},
    {"file", OPTION_TEXT, "FILE", false, "the tokens that `enroll` wrote there"},
};

#define MANY 10000

static const command_t COMMANDS[] = {
    {"init", "", 0, 0, "hub! hub-key! signing-key", 0, NULL, query_init, "make a home with a new key pair"},
    {"whoami", "", 0, 0, "format", NEEDS_HUB, NULL, query_description, "what the hub knows of this key"},
    {"keys admit", "PUBLIC_KEY", 1, 1, "role! dealer region", NEEDS_HUB, check_keys_admit, run_keys_admit,
     "let a key in"},
    {"keys list", "", 0, 0, "format", NEEDS_HUB, NULL, run_keys_list, "all keys, revoked ones too"},
    {"keys revoke", "PUBLIC_KEY", 1, 1, "", NEEDS_HUB, check_keys_revoke, run_keys_revoke, "shut a key out, at once"},
    {"enroll list", "", 0, 0, "format", NEEDS_HUB, NULL, run_enroll_list,
     "all one-time tokens: for which stores, until when, used when and by which key"},
    {"enroll revoke", "DEALER…", 0, MANY, "file", NEEDS_HUB, check_enroll_revoke, run_enroll_revoke,
     "make unused tokens of these stores, or of a file, worthless"},
    {"enroll", "", 0, 0, "dealers! out! days endpoint", NEEDS_HUB, check_enroll, run_enroll,
     "make one-time tokens with which agents enrol by themselves"},
    {"network import", "DIR", 1, 1, "dry-run format", NEEDS_HUB, NULL, run_network_import,
     "replace the network by regions.csv, dealers.csv, memberships.csv, circles.csv"},
    {"network show", "", 0, 0, "format", NEEDS_HUB, NULL, run_network_show, "the network as imported"},
    {"catalog install", "FILE", 1, 1, "", NEEDS_HUB, NULL, run_catalog_install, "replace the catalog"},
    {"catalog show", "", 0, 0, "", NEEDS_CATALOG, NULL, query_catalog, "the catalog's text"},
    {"facts import", "FILE", 1, 1, "consultants year format", NEEDS_CATALOG, NULL, run_facts_import,
     "send facts for any dealer (with a dealer column)"},
    {"benchmark", "", 0, 0, "period! scope table regions format", NEEDS_CATALOG, check_scopes, run_benchmark,
     "averages, quartiles and benchmarks of every row"},
    {"compare", "", 0, 0, "dealer! period! peer region regions format", NEEDS_CATALOG, check_compare, run_compare,
     "a store beside averages, benchmarks and peers"},
    {"rank", "", 0, 0, "row! scope!1 period! regions format", NEEDS_CATALOG, NULL, run_rank,
     "the stores of a scope by one row"},
    {"trend", "", 0, 0, "dealer! year! format", NEEDS_CATALOG, check_dealer, run_trend,
     "a store's year, month by month"},
    {"consultants", "", 0, 0, "dealer! period! format", NEEDS_CATALOG, check_dealer, run_consultants,
     "a store's sales consultants"},
    {"coverage", "", 0, 0, "period year scope never regions format", NEEDS_HUB, check_coverage, run_coverage,
     "who has reported, late or not at all: of a month, or of a year store by month"},
    {"month status", "[PERIOD]", 0, 1, "year format", NEEDS_HUB, query_check_months, query_months,
     "open or closed, since when, when due, who has filed, exceptions and corrections: of a month, a year, or the "
     "newest 12 months"},
    {"month close", "PERIOD", 1, 1, "why", NEEDS_HUB, check_month, run_month_close,
     "publish a month's tables as they stand; later submissions are refused"},
    {"month reopen", "PERIOD", 1, 1, "why!", NEEDS_HUB, check_month, run_month_reopen,
     "take a closing back: the month is provisional until it is closed anew"},
    {"month allow", "DEALER PERIOD", 2, 2, "until why withdraw", NEEDS_HUB, check_month_allow, run_month_allow,
     "let a store correct a closed month for some time (or take that back): it changes the restated tables"},
    {"month drift", "PERIOD", 1, 1, "format", NEEDS_CATALOG, check_month, run_month_drift,
     "what differs between a month's published tables and the restated ones, worst first, and through whom (CSV: the "
     "figures only)"},
    {"status", "", 0, 0, "format", NEEDS_HUB, NULL, run_status, "the hub's health"},
};

static const own_help_t OWN_HELP[] = {
    {"facts import", "year", "of months written without one (6月, Jun); else the one in the file's name"},
    {"coverage", "year", "the year, store by month, instead of one month"},
    {"init", "hub", "the hub, tcp://HOST:PORT, which the home remembers"},
    {"keys admit", "dealer", "the stores of a dealer's key: one or several, comma between"},
    {"month status", "year", "its months that have begun"},
    {"keys admit", "region", "the region of a manager's key"},
};

const program_t yardstick_program = {
    .name = "yardstick",
    .summary = "asks and administers a Yardstick hub",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .common_options = SESSION_COMMON_OPTIONS,
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .own_help = OWN_HELP,
    .own_help_count = sizeof OWN_HELP / sizeof *OWN_HELP,
};
