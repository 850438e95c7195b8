#include "client/session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(session, .timeout = 10);

static const struct {
    status_t status;
    const char *message, *where, *reason;
} REASONS[] = {
    {STATUS_INVALID, "June 2099 has not begun", "period", "June 2099 has not begun"},
    {STATUS_CONFLICT, "this key is admitted already", "public_key", "this key is admitted already"},
    {STATUS_UNKNOWN, "the network has no dealer D9", "D9", "the network has no dealer D9"},
    {STATUS_INVALID, "too many", "D9", "too many (D9)"},
    {STATUS_MALFORMED, "not in its range", "year", "not in its range (year)"},
    {STATUS_INVALID, "too many", NULL, "too many"},
    {STATUS_BUSY, "", "", "the hub's queue is full; send it again a little later"},
};

Test(session, a_reason_names_a_place_only_where_that_says_more)
{
    for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++) {
        response_t response = {.status = REASONS[i].status, .message = REASONS[i].message, .where = REASONS[i].where};
        char reason[200];
        response_reason(&response, reason, sizeof reason);
        cr_assert_str_eq(reason, REASONS[i].reason);
    }
}

/* ---- the hub's signing key */

static const uint8_t ONE_KEY[32] = {1}, OTHER_KEY[32] = {2};
static const program_t PROGRAM = {.name = "test"};
static const invocation_t INVOCATION = {.program = &PROGRAM};

static session_t session_with_home(void)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    session_t session = {.invocation = &INVOCATION};
    home_t hub = {0};
    strcpy(session.home_path, "/tmp/yardstick-session-XXXXXX");
    cr_assert_not_null(mkdtemp(session.home_path));
    cr_assert_eq(home_make_keys(&hub), STATUS_OK);
    cr_assert_eq(home_create(session.home_path, "tcp://127.0.0.1:1", hub.public_key, NULL, &session.home, &faults),
                 STATUS_OK);
    return session;
}

static void end_session(session_t *session)
{
    char command[PATH_MAX + 10];
    snprintf(command, sizeof command, "rm -rf '%s'", session->home_path);
    cr_assert_eq(system(command), 0);
    faults_fini(&session->faults);
    home_fini(&session->home);
}

static void expect_pin(const session_t *session, const uint8_t key[32])
{
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(home_fini) home_t home = {0};
    char wanted[HOME_KEY_SIZE];
    home_format_key(key, wanted);
    cr_assert_str_eq(session->home.signing_key, wanted);
    cr_assert_eq(home_open(session->home_path, &home, &faults), STATUS_OK);
    cr_assert_str_eq(home.signing_key, wanted);
}

Test(session, the_first_signing_key_is_pinned_and_another_one_refused_in_words)
{
    CLEANUP(end_session) session_t session = session_with_home();
    char other[HOME_KEY_SIZE];
    cr_assert_eq(session_pin(&session, ONE_KEY), STATUS_OK);
    expect_pin(&session, ONE_KEY);
    cr_assert_eq(session_pin(&session, ONE_KEY), STATUS_OK);
    cr_assert_eq(session.faults.count, 0);
    cr_assert_eq(session_pin(&session, OTHER_KEY), STATUS_CONFLICT);
    expect_pin(&session, ONE_KEY);
    home_format_key(OTHER_KEY, other);
    const char *words = session.faults.items[0].message;
    cr_assert(strstr(words, other) && strstr(words, session.home.signing_key), "%s", words);
    cr_assert(strstr(words, "rebuilt or restored") && strstr(words, "another hub"), "%s", words);
    cr_assert(strstr(words, "yardstick-hub key DIR") && strstr(words, "home.txt"), "%s", words);
}

Test(session, a_hub_without_a_signing_key_is_taken_only_by_a_home_that_knows_none)
{
    CLEANUP(end_session) session_t session = session_with_home();
    cr_assert_eq(session_pin(&session, NULL), STATUS_OK);
    cr_assert_str_eq(session.home.signing_key, "");
    cr_assert_eq(session_pin(&session, ONE_KEY), STATUS_OK);
    cr_assert_eq(session_pin(&session, NULL), STATUS_CONFLICT);
    cr_assert(strstr(session.faults.items[0].message, "older version"), "%s", session.faults.items[0].message);
    expect_pin(&session, ONE_KEY);
}

Test(session, a_home_that_cannot_be_written_is_pinned_for_this_run)
{
    CLEANUP(end_session) session_t session = session_with_home();
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.200s/home.txt", session.home_path);
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(session_pin(&session, ONE_KEY), STATUS_OK);
    cr_assert_eq(session_pin(&session, OTHER_KEY), STATUS_CONFLICT);
}
