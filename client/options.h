/* A program's commands and options as one table, from which the parser and the help text are made (SPEC 6). */
#pragma once

#include "core/limits.h"
#include "core/period.h"
#include "core/status.h"

#include <stddef.h>
#include <stdio.h>

typedef struct session session_t; /* client/session.h */

typedef enum {
    OPTION_FLAG,     /* takes no value */
    OPTION_TEXT,     /* 1..OPTION_TEXT_MAX bytes of clean UTF-8; also paths */
    OPTION_CODE,     /* text_is_code: of a dealer, region … */
    OPTION_CHOICE,   /* one of option_t.value, which lists them: "table|json|csv" */
    OPTION_PERIOD,   /* YYYY-MM */
    OPTION_YEAR,     /* YYYY */
    OPTION_SECONDS,  /* 1..3600 */
    OPTION_ENDPOINT, /* tcp://HOST:PORT */
    OPTION_KEY,      /* 40 characters of Z85 */
} option_type_t;

typedef struct {
    const char *name; /* without the dashes */
    option_type_t type;
    const char *value; /* its placeholder in the help; NULL for a flag */
    bool is_list;      /* may be given several times */
    const char *help;
} option_t;

/* What a command needs before it can run: client/session.h makes it ready. */
enum { NEEDS_HOME = 1, NEEDS_HUB = 2 | NEEDS_HOME, NEEDS_CATALOG = 4 | NEEDS_HUB };

typedef struct {
    const char *name;      /* one or two words: "compare", "keys admit" */
    const char *arguments; /* as the help shows them; "" = none */
    size_t least, most;    /* how many arguments */
    const char *options;   /* names of its own options, blanks between; one with ! behind it must be given, one with 1
                              only once though it is a list */
    unsigned needs;
    status_t (*check)(
        session_t *session); /* wrong usage that the table cannot say, before anything is opened; NULL = none */
    status_t (*run)(session_t *session);
    const char *help;
} command_t;

/* What an option means to one command, where that is not what option_t.help says. */
typedef struct {
    const char *command, *option, *help;
} own_help_t;

typedef struct {
    const char *name, *summary;
    const option_t *options; /* all that any of its commands knows; "help" and "version" are always there */
    size_t option_count;
    const char *common_options; /* as command_t.options: what every command knows */
    const command_t *commands;
    size_t command_count;
    const own_help_t *own_help;
    size_t own_help_count;
} program_t;

typedef struct {
    const option_t *option;
    const char *value;
} given_option_t;

/* A command line that was understood. Strings are argv's. */
typedef struct {
    const program_t *program;
    const command_t *command; /* NULL where only help or version is wanted */
    bool wants_help, wants_version;
    const char **arguments;
    size_t argument_count;
    given_option_t *given;
    size_t given_count;
} invocation_t;

/* Long enough for a key's stores. */
#define OPTION_TEXT_MAX  (KEY_DEALERS_MAX * (CODE_LENGTH_MAX + 1))

#define OPTIONS_WHY_SIZE 400

/* Reads a command line: options before or behind the command's name, `--name value` or `--name=value`, `--` ends them;
 * a public key that begins with a dash is an argument. STATUS_INVALID with one line in `why` that names the first thing
 * that is wrong; STATUS_NO_MEMORY. *out only on success; invocation_fini. */
status_t options_parse(const program_t *program, int argc, char **argv, invocation_t *out,
                       char why[OPTIONS_WHY_SIZE]) NODISCARD;
void invocation_fini(invocation_t *invocation);

/* The help of the program, or of one command where it is not NULL. */
void options_print_help(FILE *file, const program_t *program, const command_t *command);

/* Value of an option; NULL where it was not given ("" for a flag that was). */
const char *invocation_value(const invocation_t *invocation, const char *name);

/* Values of a list option in their order: at most `most` into `out`; returns how many were given. */
size_t invocation_list(const invocation_t *invocation, const char *name, const char **out, size_t most);

/* The period or year (0) of an option, which the parser has checked; PERIOD_NONE or 0 where it was not given. */
period_t invocation_period(const invocation_t *invocation, const char *name);
int invocation_year(const invocation_t *invocation, const char *name);

/* Several codes in one value, comma between: fills `out` with copies inside `buffer` (strlen + 1 bytes, the caller's).
 * Returns how many there are; at most `most` are filled. */
size_t options_split_codes(const char *value, char *buffer, const char **out, size_t most);
