#include "client/session.h"

#include "client/catalog_cache.h"

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
    vsnprintf(line, sizeof line, format, arguments);
    faults_add(&session->faults, 0, 0, "%s", line);
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

static void add_response_fault(faults_t *faults, const fault_t *fault)
{
    faults->source = fault->source && *fault->source ? fault->source : NULL;
    faults_add(faults, fault->line, fault->column, "%s", fault->message ? fault->message : "");
    faults->source = NULL;
}

void session_add_refusal(session_t *session, const char *what, const response_t *response)
{
    char reason[2000];
    response_reason(response, reason, sizeof reason);
    faults_add(&session->faults, 0, 0, "%s refused (%s): %s", what, status_name(response->status), reason);
    for (size_t i = 0; i < response->fault_count; i++)
        add_response_fault(&session->faults, &response->faults[i]);
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

/* The hub's catalog: the cached one where the hub says that it is current. */
static status_t fetch_catalog(session_t *session)
{
    session->catalog = catalog_cache_read(session->home.directory);
    request_t request = {.kind = REQUEST_GET_CATALOG};
    request.known_digest = session->catalog ? session->catalog->digest : 0;
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "catalog", &request, RESPONSE_CATALOG, &answer));
    const response_t *response = answer.response;
    assert(response);
    if (response->catalog.yaml.size == 0 && session->catalog && response->catalog.digest == session->catalog->digest)
        return STATUS_OK;
    catalog_destroy(&session->catalog);
    CLEANUP(faults_fini) faults_t faults = {0};
    if (catalog_load(response->catalog.yaml, &session->catalog, &faults) != STATUS_OK)
        return session_fail(session, STATUS_MALFORMED,
                            "the hub's catalog cannot be read: %s; this program may be older than the hub",
                            faults.count ? faults.items[0].message : "");
    catalog_cache_write(session->home.directory, response->catalog.yaml);
    return STATUS_OK;
}

static status_t open_home(session_t *session)
{
    if (!*session->home_path)
        return session_misuse(session, "no home is named; give --home DIR or set YARDSTICK_HOME");
    status_t status = home_open(session->home_path, &session->home, &session->faults);
    session->is_misused = status == STATUS_NOT_FOUND;
    return status;
}

static status_t open_connection(session_t *session)
{
    const char *endpoint = invocation_value(session->invocation, "hub");
    const char *seconds = invocation_value(session->invocation, "timeout");
    if (!endpoint)
        endpoint = session->home.endpoint;
    if (!strcmp(strrchr(endpoint, ':'), ":0"))
        return session_misuse(session, "%s names no port; give --hub tcp://HOST:PORT", endpoint);
    unsigned timeout_s = seconds ? (unsigned)strtoul(seconds, NULL, 10) : TIMEOUT_S;
    return connection_open(&session->home, endpoint, timeout_s, &session->connection, &session->faults);
}

/* The hub's catalog; that there is none to be had is no fault here. */
static status_t ask_for_catalog(session_t *session)
{
    status_t status = open_home(session);
    if (status == STATUS_OK)
        status = open_connection(session);
    if (status == STATUS_OK)
        status = fetch_catalog(session);
    if (status == STATUS_OK)
        return STATUS_OK;
    faults_fini(&session->faults);
    session->is_misused = false;
    connection_close(&session->connection);
    catalog_destroy(&session->catalog);
    return status;
}

status_t session_find_catalog(session_t *session, bool ask_hub)
{
    const char *name = session->invocation->program->name;
    if (ask_hub && ask_for_catalog(session) == STATUS_OK)
        return STATUS_OK;
    session->catalog = catalog_cache_read(session->home_path);
    if (session->catalog) {
        if (ask_hub)
            fprintf(stderr, "%s: note: the hub was not reached; taken from its catalog as last seen (%s, version %u)\n",
                    name, session->catalog->id, session->catalog->version);
        return STATUS_OK;
    }
    CLEANUP(faults_fini) faults_t faults = {0};
    TRY(catalog_load(catalog_builtin(), &session->catalog, &faults));
    fprintf(stderr,
            "%s: note: this home has not met its hub yet; taken from the catalog that a hub starts with (%s, version "
            "%u)\n",
            name, session->catalog->id, session->catalog->version);
    return STATUS_OK;
}

static status_t make_ready(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    unsigned needs = invocation->command->needs;
    session->language = session_language(invocation_value(invocation, "lang"));
    session->format = session_format(invocation_value(invocation, "format"));
    if (!home_default_path(invocation_value(invocation, "home"), session->home_path))
        session->home_path[0] = '\0';
    if ((needs & NEEDS_HOME) == NEEDS_HOME)
        TRY(open_home(session));
    if ((needs & NEEDS_HUB) == NEEDS_HUB)
        TRY(open_connection(session));
    if ((needs & NEEDS_CATALOG) == NEEDS_CATALOG)
        TRY(fetch_catalog(session));
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
        fprintf(stderr, "%s: %zu more faults are not shown\n", name, session->faults.dropped);
    if (status != STATUS_OK && faults_empty(&session->faults))
        fprintf(stderr, "%s: %s: %s\n", name, session->invocation->command->name, status_text(status));
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
    CLEANUP(session_fini) session_t session = {.invocation = invocation};
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
