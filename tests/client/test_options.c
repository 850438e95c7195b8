#include "client/options.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define KEY_WITH_DASH "-123456789012345678901234567890123456789"

static status_t run_nothing(session_t *session)
{
    (void)session;
    return STATUS_OK;
}

static const option_t OPTIONS[] = {
    {"home", OPTION_TEXT, "DIR", false, "who"},
    {"hub", OPTION_ENDPOINT, "ENDPOINT", false, "where"},
    {"timeout", OPTION_SECONDS, "SECONDS", false, "how long"},
    {"format", OPTION_CHOICE, "table|json|csv", false, "how"},
    {"scope", OPTION_TEXT, "SCOPE", true, "of what"},
    {"period", OPTION_PERIOD, "YYYY-MM", false, "when"},
    {"year", OPTION_YEAR, "YYYY", false, "year"},
    {"dealer", OPTION_CODE, "CODE", false, "whose"},
    {"hub-key", OPTION_KEY, "KEY", false, "the hub"},
    {"zeros", OPTION_FLAG, NULL, false, "zeros too"},
};

static const command_t COMMANDS[] = {
    {"benchmark", "", 0, 0, "period! scope format", 0, NULL, run_nothing, "tables"},
    {"keys admit", "PUBLIC_KEY", 1, 1, "dealer", 0, NULL, run_nothing, "let in"},
    {"submit", "FILE…", 1, 3, "year zeros", 0, NULL, run_nothing, "send"},
    {"init", "", 0, 0, "hub! hub-key", 0, NULL, run_nothing, "begin"},
    {"rank", "", 0, 0, "scope!1", 0, NULL, run_nothing, "order"},
    {"keys list", "", 0, 0, "", 0, NULL, run_nothing, "all"},
};

static const own_help_t OWN_HELP[] = {{"init", "hub", "where from now on"}};

static const program_t PROGRAM = {"prog",
                                  "does it",
                                  OPTIONS,
                                  sizeof OPTIONS / sizeof *OPTIONS,
                                  "home hub timeout",
                                  COMMANDS,
                                  sizeof COMMANDS / sizeof *COMMANDS,
                                  OWN_HELP,
                                  1};

static char why[OPTIONS_WHY_SIZE];

/* Parses the words, which NULL ends. */
static status_t parse(invocation_t *out, char **words)
{
    int count = 0;
    while (words[count])
        count++;
    why[0] = '\0';
    return options_parse(&PROGRAM, count, words, out, why);
}

#define PARSE(out, ...) parse(out, (char *[]){"prog", __VA_ARGS__, NULL})

static void expect_wrong(char **words, const char *name)
{
    invocation_t invocation = {.argument_count = 99};
    cr_assert_eq(parse(&invocation, words), STATUS_INVALID, "%s", words[1]);
    cr_assert_eq(invocation.argument_count, 99);
    cr_assert_not_null(strstr(why, name), "'%s' does not name %s", why, name);
    cr_assert_null(strchr(why, '\n'));
}

#define EXPECT_WRONG(name, ...) expect_wrong((char *[]){"prog", __VA_ARGS__, NULL}, name)

TestSuite(options, .timeout = 10);

Test(options, stand_before_or_behind_the_command)
{
    CLEANUP(invocation_fini) invocation_t invocation = {0};
    cr_assert_eq(
        PARSE(&invocation, "--home", "h", "benchmark", "--period=2025-06", "--scope", "nation", "--scope=region:east"),
        STATUS_OK, "%s", why);
    cr_assert_str_eq(invocation.command->name, "benchmark");
    cr_assert_str_eq(invocation_value(&invocation, "home"), "h");
    cr_assert_eq(invocation_period(&invocation, "period"), period_make(2025, 6));
    const char *scopes[1];
    cr_assert_eq(invocation_list(&invocation, "scope", scopes, 1), 2);
    cr_assert_str_eq(scopes[0], "nation");
    cr_assert_null(invocation_value(&invocation, "format"));
}

Test(options, a_command_may_have_two_words_with_options_between)
{
    CLEANUP(invocation_fini) invocation_t invocation = {0};
    cr_assert_eq(PARSE(&invocation, "keys", "--home=h", "admit", KEY_WITH_DASH), STATUS_OK, "%s", why);
    cr_assert_str_eq(invocation.command->name, "keys admit");
    cr_assert_eq(invocation.argument_count, 1);
    cr_assert_str_eq(invocation.arguments[0], KEY_WITH_DASH);
}

Test(options, a_double_dash_ends_them)
{
    CLEANUP(invocation_fini) invocation_t invocation = {0};
    cr_assert_eq(PARSE(&invocation, "submit", "--zeros", "--", "--year", "-"), STATUS_OK, "%s", why);
    cr_assert_eq(invocation.argument_count, 2);
    cr_assert_str_eq(invocation.arguments[0], "--year");
    cr_assert_str_eq(invocation_value(&invocation, "zeros"), "");
}

Test(options, wrong_usage_is_named)
{
    EXPECT_WRONG("--colour", "benchmark", "--colour", "red");
    EXPECT_WRONG("--colour", "benchmark", "--colour=red");
    EXPECT_WRONG("-x", "benchmark", "-x");
    EXPECT_WRONG("--dealer", "benchmark", "--period", "2025-06", "--dealer", "D1");
    EXPECT_WRONG("--period", "benchmark");
    EXPECT_WRONG("--period", "benchmark", "--period");
    EXPECT_WRONG("2025-6", "benchmark", "--period", "2025-6");
    EXPECT_WRONG("2025-13", "benchmark", "--period=2025-13");
    EXPECT_WRONG("twice", "benchmark", "--period", "2025-06", "--period", "2025-07");
    EXPECT_WRONG("table|json|csv", "benchmark", "--period=2025-06", "--format", "xml");
    EXPECT_WRONG("table|json|csv", "benchmark", "--period=2025-06", "--format", "json|csv");
    EXPECT_WRONG("--home", "--home=", "benchmark", "--period=2025-06");
    EXPECT_WRONG("--timeout", "--timeout", "0", "init");
    EXPECT_WRONG("--timeout", "--timeout", "10s", "init");
    EXPECT_WRONG("--hub", "--hub", "localhost", "init");
    EXPECT_WRONG("--hub-key", "init", "--hub-key", "short");
    EXPECT_WRONG("--year", "submit", "f", "--year", "25");
    EXPECT_WRONG("no value", "submit", "--zeros=yes", "f");
    EXPECT_WRONG("--dealer", "keys", "admit", "k", "--dealer", "a,b");
    EXPECT_WRONG("bench", "bench");
    EXPECT_WRONG("keys steal", "keys", "steal");
    EXPECT_WRONG("keys admit|list", "keys");
    EXPECT_WRONG("keys steal; write keys admit|list", "keys", "steal");
    EXPECT_WRONG("key", "key");
    EXPECT_WRONG("one --scope", "rank", "--scope", "nation", "--scope", "region:east");
    EXPECT_WRONG("FILE", "submit");
    EXPECT_WRONG("fourth", "submit", "1", "2", "3", "fourth");
    cr_assert_eq(parse(&(invocation_t){0}, (char *[]){"prog", NULL}), STATUS_INVALID);
}

Test(options, help_and_version_need_nothing_else)
{
    CLEANUP(invocation_fini) invocation_t program = {0}, command = {0}, version = {0};
    cr_assert_eq(PARSE(&program, "--help"), STATUS_OK);
    cr_assert(program.wants_help);
    cr_assert_null(program.command);
    cr_assert_eq(PARSE(&command, "benchmark", "--help"), STATUS_OK);
    cr_assert_str_eq(command.command->name, "benchmark");
    cr_assert_eq(PARSE(&version, "--version"), STATUS_OK);
    cr_assert(version.wants_version);
}

Test(options, help_is_not_given_of_an_unknown_command)
{
    EXPECT_WRONG("nonsense", "nonsense", "--help");
    EXPECT_WRONG("nonsense", "--help", "nonsense");
    EXPECT_WRONG("keys admit|list", "keys", "--help");
    EXPECT_WRONG("keys admit|list", "keys", "steal", "-h");
}

static char *help_of(const command_t *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    cr_assert_not_null(file);
    options_print_help(file, &PROGRAM, command);
    cr_assert_eq(fclose(file), 0);
    return text;
}

Test(options, help_is_made_from_the_table)
{
    char *program = help_of(NULL), *command = help_of(&COMMANDS[0]);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        cr_assert_not_null(strstr(program, COMMANDS[i].name));
    cr_assert_not_null(strstr(program, "--timeout SECONDS"));
    cr_assert_not_null(strstr(command, "--period YYYY-MM"));
    cr_assert_not_null(strstr(command, "when (needed)"));
    cr_assert_not_null(strstr(command, "--scope SCOPE…"));
    cr_assert_null(strstr(command, "--dealer"));
    free(program);
    free(command);
}

Test(options, help_says_what_an_option_means_to_the_command)
{
    char *init = help_of(&COMMANDS[3]), *rank = help_of(&COMMANDS[4]);
    const char *hub = strstr(init, "--hub ENDPOINT");
    cr_assert(hub && !strstr(hub + 1, "--hub ENDPOINT"), "once:\n%s", init);
    cr_assert_not_null(strstr(init, "where from now on (needed)"));
    cr_assert(strstr(rank, "--scope SCOPE ") && !strstr(rank, "SCOPE…"), "%s", rank);
    cr_assert(strstr(rank, "--hub ENDPOINT") && strstr(rank, " where\n"), "%s", rank);
    free(init);
    free(rank);
}

Test(options, codes_are_split_at_commas)
{
    char buffer[10];
    const char *codes[2];
    cr_assert_eq(options_split_codes("a,bc,,d", buffer, codes, 2), 4);
    cr_assert_str_eq(codes[0], "a");
    cr_assert_str_eq(codes[1], "bc");
    cr_assert_eq(options_split_codes("a", buffer, codes, 2), 1);
}
