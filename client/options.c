#include "client/options.h"

#include "client/home.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const option_t BUILTIN[] = {
    {"help", OPTION_FLAG, NULL, true, "this help; behind a command, the command's"},
    {"version", OPTION_FLAG, NULL, true, "the version"},
};

typedef struct {
    const program_t *program;
    invocation_t *out;
    char *why;
} parser_t;

static status_t PRINTF(2, 3) wrong(const parser_t *parser, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->why, OPTIONS_WHY_SIZE, format, arguments);
    va_end(arguments);
    return STATUS_INVALID;
}

typedef struct {
    bool is_needed, is_once;
} marks_t;

/* Whether the blank-separated `list` names the word; *out_marks = those that follow it there. */
static bool lists_word(const char *list, const char *word, marks_t *out_marks)
{
    size_t length = strlen(word);
    for (const char *at = list; *at;) {
        at += strspn(at, " ");
        size_t size = strcspn(at, " "), name = strcspn(at, " !1");
        if (name == length && length && !memcmp(at, word, length)) {
            *out_marks = (marks_t){memchr(at, '!', size), memchr(at, '1', size)};
            return true;
        }
        at += size;
    }
    return false;
}

static const option_t *find_option(const program_t *program, const char *name, size_t length)
{
    for (size_t i = 0; i < program->option_count; i++)
        if (strlen(program->options[i].name) == length && !memcmp(program->options[i].name, name, length))
            return &program->options[i];
    for (size_t i = 0; i < sizeof BUILTIN / sizeof *BUILTIN; i++)
        if (strlen(BUILTIN[i].name) == length && !memcmp(BUILTIN[i].name, name, length))
            return &BUILTIN[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices;; at++) {
        size_t size = strcspn(at, "|");
        if (size == length && !memcmp(at, value, size))
            return true;
        at += size;
        if (!*at)
            return false;
    }
}

static bool is_number(const char *value, size_t digits_max, long least, long most)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > digits_max || value[digits])
        return false;
    long number = strtol(value, NULL, 10);
    return number >= least && number <= most;
}

static bool is_text(const char *value)
{
    size_t size = strlen(value);
    return size > 0 && size <= OPTION_TEXT_MAX && text_is_clean((span_t){(const uint8_t *)value, size});
}

/* What a value of that type must be, NULL where `value` is one. */
static const char *broken_rule(const option_t *option, const char *value)
{
    period_t period;
    switch (option->type) {
    case OPTION_FLAG:
        return NULL;
    case OPTION_TEXT:
        return is_text(value) ? NULL : "is not UTF-8, or too long";
    case OPTION_CODE:
        return text_is_code(value) ? NULL
                                   : "is no code: at most 64 bytes, without blanks around, commas, colons or quotes";
    case OPTION_CHOICE:
        return is_choice(option->value, value) ? NULL : "is none of its choices";
    case OPTION_PERIOD:
        return period_parse(value, &period) ? NULL : "is no month; write it as 2025-06";
    case OPTION_YEAR:
        return is_number(value, 4, PERIOD_YEAR_MIN, PERIOD_YEAR_MAX) ? NULL : "is no year; write it as 2025";
    case OPTION_SECONDS:
        return is_number(value, 4, 1, 3600) ? NULL : "is no whole number of seconds from 1 to 3600";
    case OPTION_ENDPOINT:
        return endpoint_is_valid(value) ? NULL : "is no endpoint; write tcp://HOST:PORT";
    case OPTION_KEY:
        return home_is_key(value) ? NULL : "is no key; it has 40 characters of Z85";
    }
    return NULL;
}

static status_t add_option(const parser_t *parser, const option_t *option, const char *value)
{
    invocation_t *out = parser->out;
    if (option == &BUILTIN[0])
        out->wants_help = true;
    if (option == &BUILTIN[1])
        out->wants_version = true;
    if (!option->is_list && invocation_value(out, option->name))
        return wrong(parser, "--%s is given twice", option->name);
    const char *rule = option->type == OPTION_FLAG ? NULL : broken_rule(option, value);
    if (rule && !*value)
        return wrong(parser, "--%s needs a value: --%s %s", option->name, option->name, option->value);
    if (rule && option->type == OPTION_CHOICE)
        return wrong(parser, "--%s %.80s: write one of %s", option->name, value, option->value);
    if (rule)
        return wrong(parser, "--%s %.80s %s", option->name, value, rule);
    out->given[out->given_count++] = (given_option_t){option, value};
    return STATUS_OK;
}

/* One word that begins with "--"; may take the next one as its value. */
static status_t take_option(const parser_t *parser, char **words, int *at)
{
    const char *name = words[*at] + 2;
    size_t length = strcspn(name, "=");
    const option_t *option = find_option(parser->program, name, length);
    if (!option)
        return wrong(parser, "unknown option --%.*s", (int)(length < 80 ? length : 80), name);
    const char *attached = name[length] ? name + length + 1 : NULL;
    if (option->type == OPTION_FLAG)
        return attached ? wrong(parser, "--%s takes no value", option->name) : add_option(parser, option, "");
    if (attached)
        return add_option(parser, option, attached);
    if (!words[*at + 1])
        return wrong(parser, "--%s needs a value: --%s %s", option->name, option->name, option->value);
    return add_option(parser, option, words[++*at]);
}

static bool is_known_option(const program_t *program, const char *word)
{
    return !strncmp(word, "--", 2) && find_option(program, word + 2, strcspn(word + 2, "="));
}

static status_t take_words(const parser_t *parser, char **words)
{
    invocation_t *out = parser->out;
    bool is_over = false;
    for (int i = 0; words[i]; i++) {
        const char *word = words[i];
        if (is_over || word[0] != '-' || !word[1] || (home_is_key(word) && !is_known_option(parser->program, word)))
            out->arguments[out->argument_count++] = word;
        else if (!strcmp(word, "--"))
            is_over = true;
        else if (!strcmp(word, "-h"))
            out->wants_help = true;
        else if (word[1] == '-')
            TRY(take_option(parser, words, &i));
        else
            return wrong(parser, "unknown option %.80s", word);
    }
    return STATUS_OK;
}

/* Words of the command's name that the arguments begin with; 0 where they do not. */
static size_t matching_words(const command_t *command, const invocation_t *invocation)
{
    size_t words = 0;
    for (const char *at = command->name; *at; words++) {
        size_t size = strcspn(at, " ");
        if (words == invocation->argument_count)
            return 0;
        const char *argument = invocation->arguments[words];
        if (strlen(argument) != size || memcmp(argument, at, size) != 0)
            return 0;
        at += size;
        at += strspn(at, " ");
    }
    return words;
}

/* Commands of two words that begin with `first`, as "keys admit|list|revoke"; "" where there is none. */
static void list_seconds(const program_t *program, const char *first, char out[OPTIONS_WHY_SIZE])
{
    size_t length = strlen(first), size = 0;
    out[0] = '\0';
    for (size_t i = 0; i < program->command_count; i++) {
        const char *name = program->commands[i].name;
        if (strncmp(name, first, length) != 0 || name[length] != ' ' || size >= OPTIONS_WHY_SIZE)
            continue;
        size += (size_t)snprintf(out + size, OPTIONS_WHY_SIZE - size, "%s%s", size ? "|" : first,
                                 name + length + (size > 0));
    }
}

static status_t unknown_command(const parser_t *parser)
{
    const invocation_t *out = parser->out;
    char known[OPTIONS_WHY_SIZE];
    const char *first = out->arguments[0], *second = out->argument_count > 1 ? out->arguments[1] : "";
    list_seconds(parser->program, first, known);
    if (*known)
        return wrong(parser, "unknown command %.40s%s%.40s; write %.200s", first, *second ? " " : "", second, known);
    return wrong(parser, "unknown command %.40s%s%.40s", first, *second ? " " : "", second);
}

static status_t find_command(const parser_t *parser)
{
    invocation_t *out = parser->out;
    if (out->argument_count == 0)
        return out->wants_help || out->wants_version ? STATUS_OK : wrong(parser, "no command is given");
    for (size_t i = 0; i < parser->program->command_count; i++) {
        size_t words = matching_words(&parser->program->commands[i], out);
        if (!words)
            continue;
        out->command = &parser->program->commands[i];
        out->argument_count -= words;
        memmove(out->arguments, out->arguments + words, out->argument_count * sizeof *out->arguments);
        return STATUS_OK;
    }
    return unknown_command(parser);
}

static size_t times_given(const invocation_t *invocation, const option_t *option)
{
    size_t times = 0;
    for (size_t i = 0; i < invocation->given_count; i++)
        times += invocation->given[i].option == option;
    return times;
}

static status_t check_options(const parser_t *parser)
{
    const invocation_t *out = parser->out;
    const command_t *command = out->command;
    marks_t marks;
    for (size_t i = 0; i < out->given_count; i++) {
        const option_t *option = out->given[i].option;
        bool is_builtin = option == &BUILTIN[0] || option == &BUILTIN[1];
        if (!is_builtin && !lists_word(command->options, option->name, &marks) &&
            !lists_word(parser->program->common_options, option->name, &marks))
            return wrong(parser, "%s has no option --%s", command->name, option->name);
    }
    for (size_t i = 0; i < parser->program->option_count; i++) {
        const option_t *option = &parser->program->options[i];
        size_t times = times_given(out, option);
        if (!lists_word(command->options, option->name, &marks))
            continue;
        if (marks.is_needed && !times)
            return wrong(parser, "%s needs --%s %s", command->name, option->name, option->value);
        if (marks.is_once && times > 1)
            return wrong(parser, "%s takes one --%s; ask once for each", command->name, option->name);
    }
    return STATUS_OK;
}

static status_t check_command(const parser_t *parser)
{
    const invocation_t *out = parser->out;
    if (!out->command || out->wants_help || out->wants_version)
        return STATUS_OK;
    TRY(check_options(parser));
    if (out->argument_count < out->command->least)
        return wrong(parser, "%s needs %s", out->command->name, out->command->arguments);
    if (out->argument_count > out->command->most)
        return wrong(parser, "%s: %.80s is one argument too many", out->command->name,
                     out->arguments[out->command->most]);
    return STATUS_OK;
}

status_t options_parse(const program_t *program, int argc, char **argv, invocation_t *out, char why[OPTIONS_WHY_SIZE])
{
    CLEANUP(invocation_fini) invocation_t invocation = {.program = program};
    size_t room = argc > 0 ? (size_t)argc : 1;
    invocation.arguments = calloc(room, sizeof *invocation.arguments);
    invocation.given = calloc(room, sizeof *invocation.given);
    if (!invocation.arguments || !invocation.given) {
        snprintf(why, OPTIONS_WHY_SIZE, "%s", status_text(STATUS_NO_MEMORY));
        return STATUS_NO_MEMORY;
    }
    parser_t parser = {program, &invocation, why};
    if (argc > 0)
        TRY(take_words(&parser, argv + 1));
    TRY(find_command(&parser));
    TRY(check_command(&parser));
    *out = invocation;
    invocation = (invocation_t){0};
    return STATUS_OK;
}

void invocation_fini(invocation_t *invocation)
{
    free(invocation->arguments);
    free(invocation->given);
    *invocation = (invocation_t){0};
}

const char *invocation_value(const invocation_t *invocation, const char *name)
{
    for (size_t i = 0; i < invocation->given_count; i++)
        if (!strcmp(invocation->given[i].option->name, name))
            return invocation->given[i].value;
    return NULL;
}

size_t invocation_list(const invocation_t *invocation, const char *name, const char **out, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < invocation->given_count; i++) {
        if (strcmp(invocation->given[i].option->name, name) != 0)
            continue;
        if (count < most)
            out[count] = invocation->given[i].value;
        count++;
    }
    return count;
}

period_t invocation_period(const invocation_t *invocation, const char *name)
{
    const char *value = invocation_value(invocation, name);
    period_t period = PERIOD_NONE;
    return value && period_parse(value, &period) ? period : PERIOD_NONE;
}

int invocation_year(const invocation_t *invocation, const char *name)
{
    const char *value = invocation_value(invocation, name);
    return value ? (int)strtol(value, NULL, 10) : 0;
}

size_t options_split_codes(const char *value, char *buffer, const char **out, size_t most)
{
    memcpy(buffer, value, strlen(value) + 1);
    size_t count = 0;
    for (char *rest = buffer, *code; (code = strsep(&rest, ",")) != NULL; count++)
        if (count < most)
            out[count] = code;
    return count;
}

/* In a column of its own: the "…" of a list counts one column, whatever its bytes. */
static void print_left(FILE *file, const char *text)
{
    int width = (int)text_width(text);
    fprintf(file, "  %s%*s ", text, width < 30 ? 30 - width : 0, "");
}

static void print_option(FILE *file, const option_t *option, const char *help, marks_t marks)
{
    char left[80];
    snprintf(left, sizeof left, "--%s%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "", option->is_list && option->value && !marks.is_once ? "…" : "");
    print_left(file, left);
    fprintf(file, "%s%s\n", help, marks.is_needed ? " (needed)" : "");
}

/* What the option means to the command. */
static const char *help_of(const program_t *program, const command_t *command, const option_t *option)
{
    for (size_t i = 0; command && i < program->own_help_count; i++)
        if (!strcmp(program->own_help[i].command, command->name) && !strcmp(program->own_help[i].option, option->name))
            return program->own_help[i].help;
    return option->help;
}

/* The options that `list` names and `but` does not. */
static void print_options(FILE *file, const program_t *program, const command_t *command, const char *list,
                          const char *but)
{
    marks_t marks, others;
    for (size_t i = 0; i < program->option_count; i++) {
        const option_t *option = &program->options[i];
        if (lists_word(list, option->name, &marks) && !lists_word(but, option->name, &others))
            print_option(file, option, help_of(program, command, option), marks);
    }
}

static void print_builtin(FILE *file)
{
    for (size_t i = 0; i < sizeof BUILTIN / sizeof *BUILTIN; i++)
        print_option(file, &BUILTIN[i], BUILTIN[i].help, (marks_t){0});
}

static void print_command_help(FILE *file, const program_t *program, const command_t *command)
{
    fprintf(file, "%s %s%s%s [OPTIONS]\n%s\n\n", program->name, command->name, *command->arguments ? " " : "",
            command->arguments, command->help);
    print_options(file, program, command, command->options, "");
    print_options(file, program, command, program->common_options, command->options);
    print_builtin(file);
}

void options_print_help(FILE *file, const program_t *program, const command_t *command)
{
    if (command) {
        print_command_help(file, program, command);
        return;
    }
    fprintf(file, "%s: %s\n\n%s COMMAND [OPTIONS]\n", program->name, program->summary, program->name);
    for (size_t i = 0; i < program->command_count; i++) {
        char left[80];
        snprintf(left, sizeof left, "%s%s%s", program->commands[i].name, *program->commands[i].arguments ? " " : "",
                 program->commands[i].arguments);
        print_left(file, left);
        fprintf(file, "%s\n", program->commands[i].help);
    }
    fprintf(file, "\nOptions of every command (%s COMMAND --help shows its own):\n", program->name);
    print_options(file, program, NULL, program->common_options, "");
    print_builtin(file);
    fprintf(file, "\nExit status: 0 done, 1 refused, 2 wrong usage, 3 hub not reached in time.\n");
}
