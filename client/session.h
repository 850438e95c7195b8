/* One run of a command: what its table says that it needs (home, connection, catalog), the language and format of its
 * answers, and the lines that it leaves on standard error. Commands return a status and add to `faults`; only
 * program_main prints errors. */
#pragma once

#include "client/connection.h"
#include "client/options.h"
#include "client/render.h"

#include <sys/types.h>

struct session {
    const invocation_t *invocation;
    faults_t faults;          /* for standard error, one line each, once the command is over */
    bool is_misused;          /* wrong usage that only the command could see: exit status 2 */
    int exit_code;            /* a command's own exit status, where not 0 */
    char home_path[PATH_MAX]; /* "" where none can be named */
    home_t home;              /* from NEEDS_HOME on */
    connection_t *connection; /* from NEEDS_HUB on */
    catalog_t *catalog;       /* from NEEDS_CATALOG on: the hub's */
    const char *cache_flaw;   /* why the catalog that the home keeps is not used; said once */
    format_t format;
    language_t language;
};

/* A program's main: reads the command line, makes the session ready, runs the command, prints what went wrong. Returns
 * the exit status: 0 done, 1 refused, 2 wrong usage, 3 hub not reached in time. */
int program_main(const program_t *program, int argc, char **argv);

/* A text or format of the program's own in the session's language (client/messages.h). Static storage. */
const char *session_text(const session_t *session, const char *text) __attribute__((format_arg(2)));

/* What the hub said, likewise, where it is one of its common sentences (client/messages.h). Returns `out`. */
#define SESSION_WORDS_SIZE 16384
const char *session_said(const session_t *session, const char *words, char out[SESSION_WORDS_SIZE]);

/* A line on standard error, in the session's language, while the command goes on. */
void session_note(const session_t *session, const char *format, ...) PRINTF(2, 3);

/* Adds a line for standard error, in the session's language, and returns `status`. */
status_t session_fail(session_t *session, status_t status, const char *format, ...) PRINTF(3, 4) NODISCARD;

/* The same for wrong usage. */
status_t session_misuse(session_t *session, const char *format, ...) PRINTF(2, 3) NODISCARD;

/* Loads session->catalog where no hub is needed, for a command with needs 0: with `ask_hub` the hub's where it answers,
 * else the one that the home remembers, else the one that every hub starts with, which a note on standard error says.
 * It is connected afterwards only where the hub answered. */
status_t session_find_catalog(session_t *session, bool ask_hub) NODISCARD;

/* Takes note of the signing key that the hub gives (Description.signing_key; NULL: it gave none, being older). A home
 * that is not pinned yet is pinned to it; that home.txt cannot be written is a note on standard error. STATUS_CONFLICT,
 * in words, where it is another one than the pinned one, or none though one is pinned: nothing more is to be taken from
 * that hub. To be called wherever a Description is taken. */
status_t session_pin(session_t *session, const uint8_t *signing_key) NODISCARD;

/* The steps of what a command's table says that it needs, for commands that can do without: the home is read (again),
 * the connection opened (connecting goes on in the background), the hub's catalog taken into session->catalog in place
 * of the one that is there. Each with its faults. */
status_t session_open_home(session_t *session) NODISCARD;
status_t session_connect(session_t *session) NODISCARD;
status_t session_fetch_catalog(session_t *session) NODISCARD;

/* --timeout, or what holds without it. */
unsigned session_timeout_s(const session_t *session);

/* Asks the hub. STATUS_OK only where it did what was asked and answered with `kind` (RESPONSE_NONE: any); else the
 * refusal's lines are in session->faults, as those of `what`. */
status_t session_ask(session_t *session, const char *what, const request_t *request, response_kind_t kind,
                     answer_t *out) NODISCARD;

/* Adds the lines of a response that is not OK ("what refused (not_allowed): …", then each fault with its place). */
void session_add_refusal(session_t *session, const char *what, const response_t *response);

/* "message (where)" of a response that is not OK, cut to fit; the place only where it adds something to the message. */
void response_reason(const response_t *response, char *out, size_t size);

/* How this session's answers are shown. */
render_t session_render(const session_t *session);

/* Language from --lang's value, or where it is NULL from LC_ALL, LC_MESSAGES, LANG: Chinese where it begins with "zh".
 */
language_t session_language(const char *value);

/* The options that every command of both programs knows, for their tables. */
#define SESSION_COMMON_OPTIONS "home hub timeout lang"
#define SESSION_OPTIONS                                                                                                \
    {"home", OPTION_TEXT, "DIR", false,                                                                                \
     "who and where: the home made by init (else YARDSTICK_HOME, ~/.config/yardstick)"},                               \
        {"hub", OPTION_ENDPOINT, "ENDPOINT", false, "the hub, tcp://HOST:PORT, instead of the home's"},                \
        {"timeout", OPTION_SECONDS, "SECONDS", false, "give up after so long without any progress (10)"},              \
        {"lang", OPTION_CHOICE, "zh|en", false, "language of titles (from the locale)"},                               \
    {                                                                                                                  \
        "format", OPTION_CHOICE, "table|json|csv", false, "how the answer is written (table)"                          \
    }
