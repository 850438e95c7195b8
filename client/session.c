#include "client/session.h"

#include "client/catalog_cache.h"
#include "client/messages.h"
#include "proto/signed.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHED };

#define TIMEOUT_S 10

static void PRINTF(2, 0) add_line(session_t *session, const char *format, va_list arguments)
{
    char line[2000];
    vsnprintf(line, sizeof line, faults_text(&session->faults, format), arguments);
    faults_add(&session->faults, 0, 0, "%s", line);
}

const char *session_text(const session_t *session, const char *text)
{
    return faults_text(&session->faults, text);
}

const char *session_said(const session_t *session, const char *words, char out[SESSION_WORDS_SIZE])
{
    return messages_said(session->language, words, out, SESSION_WORDS_SIZE);
}

status_t session_fail(session_t *session, status_t status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(session, format, arguments);
    va_end(arguments);
    return status;
}

status_t session_misuse(session_t *session, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(session, format, arguments);
    va_end(arguments);
    session->is_misused = true;
    return STATUS_INVALID;
}

/* Names of the wire's fields (period, public_key) explain nothing to a person; where no message can be relied on to say
 * more (MALFORMED) they stay. */
static bool is_field_name(const response_t *response)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz_";
    return response->status != STATUS_MALFORMED && !response->where[strspn(response->where, LETTERS)];
}

void response_reason(const response_t *response, char *out, size_t size)
{
    bool has_message = response->message && *response->message;
    bool has_where = response->where && *response->where &&
                     !(has_message && (strstr(response->message, response->where) || is_field_name(response)));
    snprintf(out, size, "%s%s%s%s", has_message ? response->message : status_text(response->status),
             has_where ? " (" : "", has_where ? response->where : "", has_where ? ")" : "");
}

static void add_response_fault(const session_t *session, faults_t *faults, const fault_t *fault)
{
    char said[SESSION_WORDS_SIZE];
    faults->source = fault->source && *fault->source ? fault->source : NULL;
    faults_add(faults, fault->line, fault->column, "%s",
               session_said(session, fault->message ? fault->message : "", said));
    faults->source = NULL;
}

void session_add_refusal(session_t *session, const char *what, const response_t *response)
{
    char reason[2000], said[SESSION_WORDS_SIZE];
    response_reason(response, reason, sizeof reason);
    faults_add(&session->faults, 0, 0, "%s refused (%s): %s", what, status_name(response->status),
               session_said(session, reason, said));
    for (size_t i = 0; i < response->fault_count; i++)
        add_response_fault(session, &session->faults, &response->faults[i]);
}

status_t session_ask(session_t *session, const char *what, const request_t *request, response_kind_t kind,
                     answer_t *out)
{
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(connection_request(session->connection, request, &answer, &session->faults));
    status_t status = answer.response->status;
    if (status != STATUS_OK) {
        session_add_refusal(session, what, answer.response);
        return status;
    }
    if (kind != RESPONSE_NONE && answer.response->kind != kind) {
        faults_add(&session->faults, 0, 0, "%s: the hub answered with something else; its version may be another",
                   what);
        return STATUS_MALFORMED;
    }
    *out = answer;
    answer = (answer_t){0};
    return STATUS_OK;
}

language_t session_language(const char *value)
{
    static const char *const VARIABLES[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; !value && i < sizeof VARIABLES / sizeof *VARIABLES; i++) {
        value = getenv(VARIABLES[i]);
        if (value && !*value)
            value = NULL;
    }
    return value && !strncmp(value, "zh", 2) ? LANGUAGE_ZH : LANGUAGE_EN;
}

static format_t session_format(const char *value)
{
    if (value && !strcmp(value, "json"))
        return FORMAT_JSON;
    return value && !strcmp(value, "csv") ? FORMAT_CSV : FORMAT_TABLE;
}

render_t session_render(const session_t *session)
{
    const char *no_colour = getenv("NO_COLOR");
    return (render_t){.out = stdout,
                      .format = session->format,
                      .language = session->language,
                      .colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour),
                      .catalog = session->catalog};
}

void session_note(const session_t *session, const char *format, ...)
{
    char line[2000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, session_text(session, format), arguments);
    va_end(arguments);
    fprintf(stderr, session_text(session, "%s: note: %s\n"), session->invocation->program->name, line);
}

/* ---- whose signatures count */

static status_t refuse_signing_key(session_t *session, const char *given)
{
    const home_t *home = &session->home;
    if (!given)
        return session_fail(session, STATUS_CONFLICT,
                            "the hub gives no signing key, but this home is pinned to one (%s): it runs an older "
                            "version, or is another hub; nothing more was taken from it. Ask its operator which",
                            home->signing_key);
    return session_fail(
        session, STATUS_CONFLICT,
        "the hub signs with another key (%s) than the one that this home is pinned to (%s): it was "
        "rebuilt or restored with a new signing key, or is another hub; nothing more was taken from "
        "it. Compare with what `yardstick-hub key DIR --signing` prints on the hub, and only where the new key "
        "is the right one put it behind signing_key: in %s/home.txt",
        given, home->signing_key, home->directory);
}

status_t session_pin(session_t *session, const uint8_t *signing_key)
{
    home_t *home = &session->home;
    char given[HOME_KEY_SIZE];
    if (!signing_key)
        return *home->signing_key ? refuse_signing_key(session, NULL) : STATUS_OK;
    home_format_key(signing_key, given);
    status_t status = *home->signing_key ? STATUS_OK : home_pin(home, given);
    if (status == STATUS_IO)
        session_note(session,
                     "%s/home.txt cannot be written (%s), so this home does not remember the hub's signing key",
                     home->directory, strerror(errno));
    return strcmp(home->signing_key, given) == 0 ? STATUS_OK : refuse_signing_key(session, given);
}

static status_t ask_signing_key(session_t *session)
{
    const request_t request = {.kind = REQUEST_DESCRIBE};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "whoami", &request, RESPONSE_DESCRIPTION, &answer));
    const description_t *description = &answer.response->description;
    return session_pin(session, description->has_signing_key ? description->signing_key : NULL);
}

/* ---- the catalog */

/* The one that the home keeps; true where it keeps one that may not be used, which a note says. */
static bool recall_catalog(session_t *session)
{
    const char *why;
    session->catalog = catalog_cache_read(&session->home, &why);
    if (why && !session->cache_flaw)
        session_note(session, "the catalog that this home keeps (%s/catalog.yaml) is not used: %s",
                     session->home.directory, why);
    session->cache_flaw = why;
    return why;
}

/* The catalog must bear the hub's signature, but for a hub that is older than signatures, which has no key either.
 * Where it does not, another signing key is the likely reason, and has words of its own. */
static status_t check_catalog_signature(session_t *session, const response_t *response, span_t yaml)
{
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE];
    if (!*session->home.signing_key)
        return STATUS_OK;
    if (response->catalog.is_signed && home_hub_keys(&session->home, hub_key, signing_key) == STATUS_OK &&
        signed_catalog_verify(hub_key, yaml, signing_key, response->catalog.signature) == STATUS_OK)
        return STATUS_OK;
    TRY(ask_signing_key(session));
    return session_fail(
        session, STATUS_MALFORMED,
        "the hub's catalog does not bear the signature of the key that this home is pinned to (%s); "
        "it was not taken. Have the hub's operator look at what `yardstick-hub key DIR --signing` prints",
        session->home.signing_key);
}

/* Takes the text that came, and keeps it. */
static status_t take_catalog(session_t *session, const response_t *response)
{
    span_t yaml = response->catalog.yaml;
    CLEANUP(faults_fini) faults_t faults = {0};
    catalog_destroy(&session->catalog);
    TRY(check_catalog_signature(session, response, yaml));
    if (catalog_load(yaml, &session->catalog, &faults) != STATUS_OK)
        return session_fail(session, STATUS_MALFORMED,
                            "the hub's catalog cannot be read: %s; this program may be older than the hub",
                            faults.count ? faults.items[0].message : "");
    if (response->catalog.is_signed)
        catalog_cache_write(session->home.directory, yaml, response->catalog.signature);
    return STATUS_OK;
}

/* The hub's catalog: the cached one where the hub says that it is current. */
status_t session_fetch_catalog(session_t *session)
{
    if (!*session->home.signing_key)
        TRY(ask_signing_key(session)); /* only then is anything taken that it signs */
    catalog_destroy(&session->catalog);
    (void)recall_catalog(session);
    const catalog_t *kept = session->catalog;
    request_t request = {.kind = REQUEST_GET_CATALOG};
    request.known_digest = kept ? kept->digest : 0;
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "catalog", &request, RESPONSE_CATALOG, &answer));
    const response_t *response = answer.response;
    assert(response);
    if (response->catalog.yaml.size == 0 && kept && response->catalog.digest == kept->digest)
        return check_catalog_signature(session, response, (span_t){(const uint8_t *)kept->yaml, kept->yaml_size});
    return take_catalog(session, response);
}

status_t session_open_home(session_t *session)
{
    if (!*session->home_path)
        return session_misuse(session, "no home is named; give --home DIR or set YARDSTICK_HOME");
    status_t status = home_open(session->home_path, &session->home, &session->faults);
    session->is_misused = status == STATUS_NOT_FOUND;
    return status;
}

unsigned session_timeout_s(const session_t *session)
{
    const char *seconds = invocation_value(session->invocation, "timeout");
    return seconds ? (unsigned)strtoul(seconds, NULL, 10) : TIMEOUT_S;
}

status_t session_connect(session_t *session)
{
    const char *endpoint = invocation_value(session->invocation, "hub");
    if (!endpoint)
        endpoint = session->home.endpoint;
    if (!strcmp(strrchr(endpoint, ':'), ":0"))
        return session_misuse(session, "%s names no port; give --hub tcp://HOST:PORT", endpoint);
    TRY(connection_open(&session->home, endpoint, session_timeout_s(session), &session->connection, &session->faults));
    if (invocation_value(session->invocation, "once"))
        connection_try_once(session->connection);
    return STATUS_OK;
}

/* The hub was reached, and what it says is not to be taken. */
static bool is_distrusted(status_t status)
{
    return status == STATUS_CONFLICT || status == STATUS_MALFORMED;
}

/* The hub's catalog; that there is none to be had is no fault here. */
static status_t ask_for_catalog(session_t *session)
{
    status_t status = session_open_home(session);
    if (status == STATUS_OK)
        status = session_connect(session);
    if (status == STATUS_OK)
        status = session_fetch_catalog(session);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (is_distrusted(status) && session->faults.count)
        session_note(session, "%s", session->faults.items[0].message);
    faults_clear(&session->faults);
    session->is_misused = false;
    connection_close(&session->connection);
    catalog_destroy(&session->catalog);
    return status;
}

/* What the home remembers, where there is a home; true where a note says why it is of no use. */
static bool recall_catalog_offline(session_t *session)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    if (!*session->home_path)
        return false;
    status_t status = *session->home.directory ? STATUS_OK : home_open(session->home_path, &session->home, &faults);
    if (status == STATUS_OK)
        return recall_catalog(session);
    if (status != STATUS_NOT_FOUND)
        session_note(session, "this home is not used: %s",
                     faults.count ? faults.items[0].message : status_text(status));
    return status != STATUS_NOT_FOUND;
}

status_t session_find_catalog(session_t *session, bool ask_hub)
{
    status_t asked = ask_hub ? ask_for_catalog(session) : STATUS_NOT_FOUND;
    if (asked == STATUS_OK)
        return STATUS_OK;
    bool is_spoilt = recall_catalog_offline(session) || is_distrusted(asked);
    if (session->catalog) {
        if (ask_hub)
            session_note(session, "%staken from its catalog as last seen (%s, version %u)",
                         is_distrusted(asked) ? "" : session_text(session, "the hub was not reached; "),
                         session->catalog->id, session->catalog->version);
        return STATUS_OK;
    }
    CLEANUP(faults_fini) faults_t faults = {0};
    TRY(catalog_load(catalog_builtin(), &session->catalog, &faults));
    session_note(session, "%staken from the catalog that a hub starts with (%s, version %u)",
                 is_spoilt ? "" : session_text(session, "this home has not met its hub yet; "), session->catalog->id,
                 session->catalog->version);
    return STATUS_OK;
}

static status_t make_ready(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    unsigned needs = invocation->command->needs;
    session->format = session_format(invocation_value(invocation, "format"));
    if (!home_default_path(invocation_value(invocation, "home"), session->home_path))
        session->home_path[0] = '\0';
    if ((needs & NEEDS_HOME) == NEEDS_HOME)
        TRY(session_open_home(session));
    if ((needs & NEEDS_HUB) == NEEDS_HUB)
        TRY(session_connect(session));
    if ((needs & NEEDS_CATALOG) == NEEDS_CATALOG)
        TRY(session_fetch_catalog(session));
    return STATUS_OK;
}

static void session_fini(session_t *session)
{
    connection_close(&session->connection);
    catalog_destroy(&session->catalog);
    faults_fini(&session->faults);
    home_fini(&session->home);
}

/* Faults of an input stand by their place; everything else by the program's name. */
static void print_faults(const session_t *session, status_t status)
{
    const char *name = session->invocation->program->name;
    for (size_t i = 0; i < session->faults.count; i++) {
        char line[3000];
        const fault_t *fault = &session->faults.items[i];
        fault_format(fault, line, sizeof line);
        if (fault->source)
            fprintf(stderr, "%s\n", line);
        else
            fprintf(stderr, "%s: %s\n", name, line);
    }
    if (session->faults.dropped)
        fprintf(stderr, session_text(session, "%s: %zu more faults are not shown\n"), name, session->faults.dropped);
    if (status != STATUS_OK && faults_empty(&session->faults))
        fprintf(stderr, "%s: %s: %s\n", name, session->invocation->command->name,
                session_text(session, status_text(status)));
}

static int exit_status(const session_t *session, status_t status)
{
    if (session->is_misused)
        return EXIT_USAGE;
    if (session->exit_code)
        return session->exit_code;
    if (status == STATUS_TIMED_OUT)
        return EXIT_UNREACHED;
    return status == STATUS_OK ? EXIT_DONE : EXIT_REFUSED;
}

static status_t flush_output(session_t *session)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_OK;
    return session_fail(session, STATUS_IO, "the answer cannot be written: %s", strerror(errno));
}

static int run_command(const invocation_t *invocation)
{
    CLEANUP(session_fini)
    session_t session = {.invocation = invocation, .language = session_language(invocation_value(invocation, "lang"))};
    session.faults.translate = session.language == LANGUAGE_ZH ? messages_zh : NULL;
    status_t status = invocation->command->check ? invocation->command->check(&session) : STATUS_OK;
    if (status == STATUS_OK)
        status = make_ready(&session);
    if (status == STATUS_OK)
        status = invocation->command->run(&session);
    status_t flushed = flush_output(&session);
    if (status == STATUS_OK)
        status = flushed;
    print_faults(&session, status);
    return exit_status(&session, status);
}

int program_main(const program_t *program, int argc, char **argv)
{
    char why[OPTIONS_WHY_SIZE];
    CLEANUP(invocation_fini) invocation_t invocation = {0};
    status_t status = options_parse(program, argc, argv, &invocation, why);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s; %s --help shows how\n", program->name, why, program->name);
        return status == STATUS_INVALID ? EXIT_USAGE : EXIT_REFUSED;
    }
    if (invocation.wants_help)
        options_print_help(stdout, program, invocation.command);
    else if (invocation.wants_version)
        printf("%s %s\n", program->name, YARDSTICK_VERSION);
    else
        return run_command(&invocation);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_REFUSED;
}
