#include "dealer-agent/run_waiting.h"

#include "dealer-agent/report_words.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static directory_t desk;
static work_t work;
static session_t session;
static waiting_t waiting;

static void begin(void)
{
    desk = directory_make();
    cr_assert_eq(mkdir(path_in(&desk, "inbox"), 0700), 0);
    cr_assert(work_init(&work, &session, desk.path, 1, 3600));
    waiting_init(&waiting);
}

static void end(void)
{
    waiting_fini(&waiting);
    work_fini(&work);
    directory_remove(&desk);
}

TestSuite(run_waiting, .init = begin, .fini = end, .timeout = 60);

static moment_t at(int64_t ms)
{
    return (moment_t){1000000 + ms};
}

static void drop(const char *name, wait_t wait)
{
    char path[NAME_MAX];
    snprintf(path, sizeof path, "inbox/%s", name);
    file_write(path_in(&desk, path), "period\n", 7);
    cr_assert(watch_look(&work.inbox, at(0)));
    for (size_t i = 0; i < work.inbox.count; i++)
        if (strcmp(work.inbox.files[i].name, name) == 0)
            work.inbox.files[i].wait = wait;
}

/* The note as it stands in the inbox; "" where none is. Static storage. */
static const char *note(int64_t ms)
{
    static char text[8192];
    waiting_tell(&waiting, &work, LANGUAGE_EN, at(ms));
    FILE *file = fopen(path_in(&desk, "inbox/" WATCH_WAITING_FILE), "rb");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[size] = '\0';
    return text;
}

static void assert_says(const char *text, const char *name, report_word_t word)
{
    const char *at = strstr(text, name), *says = report_words_text(LANGUAGE_EN, word);
    cr_assert(at && strstr(at, says), "%s: %s\n%s", name, says, text);
}

Test(run_waiting, says_of_a_long_queue_that_its_files_wait_for_their_turn)
{
    drop("first.csv", WAIT_ARRIVING);
    drop("second.csv", WAIT_ARRIVING);
    const char *text = note(WAITING_AFTER_MS);
    assert_says(text, "second.csv", WORD_WAITING_TURN);
    cr_assert(!strstr(text, report_words_text(LANGUAGE_EN, WORD_WAITING_ARRIVING)), "%s", text);
}

Test(run_waiting, names_each_file_that_waits_for_long_and_why)
{
    drop("b.csv", WAIT_OPEN);
    drop("a.csv", WAIT_STORE);
    drop("c.csv", WAIT_ROOM);
    cr_assert_str_eq(note(WAITING_AFTER_MS - 1), "");
    const char *text = note(WAITING_AFTER_MS + WAITING_PAUSE_MS);
    cr_assert_eq(strncmp(text, "\xEF\xBB\xBFThese files are still in the inbox", 37), 0, "%s", text);
    cr_assert_null(strstr(text, "These are never taken"));
    assert_says(text, "- a.csv\r\n", WORD_WAITING_STORE);
    assert_says(text, "- b.csv\r\n", WORD_WAITING_OPEN);
    assert_says(text, "- c.csv\r\n", WORD_WAITING_ROOM);
    cr_assert(strstr(text, "a.csv") < strstr(text, "b.csv") && strstr(text, "b.csv") < strstr(text, "c.csv"));
}

Test(run_waiting, has_words_of_its_own_for_each_reason)
{
    drop("a.csv", WAIT_TURN);
    char before[8192] = "";
    for (wait_t wait = 0; wait < WAIT_COUNT; wait++) {
        char *text = NULL;
        work.inbox.files[0].wait = wait;
        work.inbox.files[0].ready = MOMENT_NEVER; /* it changed a moment ago */
        OK(waiting_make(&work, LANGUAGE_ZH, at(WAITING_AFTER_MS), &text));
        cr_assert(strstr(text, "a.csv") && strcmp(text, before) != 0, "%s", text);
        snprintf(before, sizeof before, "%s", text);
        free(text);
    }
}

Test(run_waiting, tells_of_the_disk_with_all_that_wait_behind_it)
{
    drop("a.csv", WAIT_ROOM);
    drop("b.csv", WAIT_ARRIVING);
    work.take_failures = 1;
    work.rest_wait = WAIT_ROOM;
    assert_says(note(WAITING_AFTER_MS), "- b.csv\r\n", WORD_WAITING_ROOM);
}

Test(run_waiting, is_written_where_its_words_change_and_goes_when_nothing_waits)
{
    struct stat first, second;
    drop("a.csv", WAIT_OPEN);
    note(WAITING_AFTER_MS);
    cr_assert_eq(stat(path_in(&desk, "inbox/" WATCH_WAITING_FILE), &first), 0);
    note(WAITING_AFTER_MS + 60000);
    cr_assert_eq(stat(path_in(&desk, "inbox/" WATCH_WAITING_FILE), &second), 0);
    cr_assert(first.st_ino == second.st_ino && first.st_mtim.tv_nsec == second.st_mtim.tv_nsec);
    work.inbox.files[0].wait = WAIT_RETRY;
    assert_says(note(WAITING_AFTER_MS + 60001), "- a.csv\r\n", WORD_WAITING_RETRY);
    cr_assert_eq(unlink(path_in(&desk, "inbox/a.csv")), 0);
    cr_assert(watch_look(&work.inbox, at(WATCH_SCAN_MS)));
    cr_assert_eq(work.inbox.count, 0, "it is no file to take itself");
    cr_assert_str_eq(note(WAITING_AFTER_MS + 70000), "");
}

Test(run_waiting, of_an_earlier_daemon_goes_at_the_start)
{
    file_write(path_in(&desk, "inbox/" WATCH_WAITING_FILE), "old", 3);
    cr_assert(watch_look(&work.inbox, at(0)));
    cr_assert_str_eq(note(0), "");
}

Test(run_waiting, names_what_is_never_taken)
{
    cr_assert_eq(mkdir(path_in(&desk, "inbox/june"), 0700), 0);
    cr_assert_eq(symlink("/etc/passwd", path_in(&desk, "inbox/link.csv")), 0);
    cr_assert(watch_look(&work.inbox, at(0)));
    const char *text = note(0);
    assert_says(text, "- june\r\n", WORD_IGNORED_FOLDER);
    assert_says(text, "- link.csv\r\n", WORD_IGNORED_LINK);
    cr_assert_null(strstr(text, "These files are still"));
}
