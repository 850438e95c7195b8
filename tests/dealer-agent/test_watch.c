#include "dealer-agent/watch.h"

#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESCAN_S 5
#define STILL_MS 2500       /* half of it */
#define RANDOM   UINT32_MAX /* the longest pause */

/* Times are the test's own: nothing waits. */
static directory_t work;
static watch_t inbox;

static void begin(void)
{
    work = directory_make();
    cr_assert(watch_init(&inbox, work.path, RESCAN_S));
}

static void end(void)
{
    watch_fini(&inbox);
    directory_remove(&work);
}

TestSuite(watch, .init = begin, .fini = end, .timeout = 60);

static moment_t at(int64_t ms)
{
    return (moment_t){1000000 + ms};
}

/* A file of `text` that was changed so many seconds after 2001. */
static void drop_at(const char *name, const char *text, time_t changed)
{
    file_write(path_in(&work, name), text, strlen(text));
    struct timespec times[2] = {{.tv_sec = 1000000000 + changed}, {.tv_sec = 1000000000 + changed}};
    cr_assert_eq(utimensat(AT_FDCWD, path_in(&work, name), times, 0), 0);
}

static void drop(const char *name)
{
    drop_at(name, "period\n", 0);
}

static const char *next(int64_t ms)
{
    const watched_t *file = watch_next(&inbox, at(ms));
    return file ? file->name : "none";
}

static void look(int64_t ms)
{
    cr_assert(watch_look(&inbox, at(ms)));
}

Test(watch, says_that_a_file_waits_for_its_turn_once_it_has_not_changed_for_long_enough)
{
    drop("june.csv");
    look(0);
    cr_assert_eq(watch_why(&inbox.files[0], at(STILL_MS - 1)), WAIT_ARRIVING);
    cr_assert_eq(watch_why(&inbox.files[0], at(STILL_MS)), WAIT_TURN, "nobody has looked at it again yet");
    cr_assert_str_eq(next(STILL_MS), "june.csv");
    cr_assert_eq(watch_why(&inbox.files[0], at(STILL_MS)), WAIT_TURN);
    drop_at("june.csv", "period,ad_spend\n", 1);
    cr_assert_str_eq(next(STILL_MS + 1), "none");
    cr_assert_eq(watch_why(&inbox.files[0], at(STILL_MS + 1)), WAIT_ARRIVING);
}

Test(watch, knows_names_that_nobody_dropped)
{
    static const char *const TEMPORARY[] = {".hidden.csv",
                                            "~$june.xlsx",
                                            "june.csv.tmp",
                                            "june.TMP",
                                            "june.csv.part",
                                            "a.crdownload",
                                            ".~lock.june.ods#",
                                            "june.csv.filepart",
                                            "WAITING.txt",
                                            "waiting.TXT",
                                            "#june.csv#",
                                            "june.csv~",
                                            "Thumbs.db",
                                            "desktop.ini",
                                            ".DS_Store",
                                            "june.csv.lock",
                                            "june.partial",
                                            "june.xlsx.xltd",
                                            "june.xlsx.baiduyun.p.downloading",
                                            ".june.csv.x8Yz"};
    static const char *const MEANT[] = {"june.csv",    "2025\xE5\xB9\xB4.xlsx",
                                        "-rf",         "a b\nc.csv",
                                        "tmp",         "june.csv.1",
                                        "part.csv",    "\xFF\xFE",
                                        "lock#.csv",   "a.tmp.csv",
                                        "$june~1.csv", "--desk=x",
                                        "#3 june.csv"};
    for (size_t i = 0; i < sizeof TEMPORARY / sizeof *TEMPORARY; i++)
        cr_assert(watch_is_temporary(TEMPORARY[i]), "%s", TEMPORARY[i]);
    for (size_t i = 0; i < sizeof MEANT / sizeof *MEANT; i++)
        cr_assert_not(watch_is_temporary(MEANT[i]), "%s", MEANT[i]);
}

Test(watch, takes_a_file_that_has_not_changed_between_two_looks)
{
    drop("june.csv");
    look(0);
    cr_assert_str_eq(next(STILL_MS - 1), "none");
    cr_assert_eq(watch_due(&inbox).ms, at(STILL_MS).ms);
    cr_assert_str_eq(next(STILL_MS), "june.csv");
}

Test(watch, sees_at_once_what_comes_into_a_folder_that_was_just_read)
{
    const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, work.path, long_ago, 0), 0);
    look(0);
    drop("june.csv");
    look(1);
    cr_assert_eq(inbox.count, 1);
}

Test(watch, reads_a_folder_that_looks_the_same_again_after_a_minute)
{
    drop("june.csv");
    look(0);
    inbox.count = 0; /* as if it had come without the folder's attributes showing it */
    look(WATCH_SCAN_MS - 1);
    cr_assert_eq(inbox.count, 0);
    look(WATCH_SCAN_MS);
    cr_assert_eq(inbox.count, 1);
}

Test(watch, leaves_a_file_that_grows_until_it_has_stopped)
{
    drop("june.csv");
    look(0);
    for (int64_t ms = STILL_MS; ms <= 20 * STILL_MS; ms += STILL_MS) {
        FILE *file = fopen(path_in(&work, "june.csv"), "ab");
        fprintf(file, "line at %lld\n", (long long)ms);
        fclose(file);
        cr_assert_str_eq(next(ms), "none", "after %lld ms", (long long)ms);
        cr_assert_eq(inbox.files[0].wait, WAIT_ARRIVING);
    }
    cr_assert_str_eq(next(21 * STILL_MS), "june.csv");
}

Test(watch, takes_a_file_soon_after_it_was_closed)
{
    drop("june.csv");
    watch_note_closed(&inbox, "june.csv", at(0));
    cr_assert_str_eq(next(WATCH_CLOSED_MS - 1), "none");
    cr_assert_str_eq(next(WATCH_CLOSED_MS), "june.csv");
}

Test(watch, waits_the_longer_time_where_a_file_changed_after_it_was_closed)
{
    drop("june.csv");
    watch_note_closed(&inbox, "june.csv", at(0));
    drop_at("june.csv", "period\nmore\n", 1);
    cr_assert_str_eq(next(WATCH_CLOSED_MS), "none");
    cr_assert_str_eq(next(WATCH_CLOSED_MS + STILL_MS - 1), "none");
    cr_assert_str_eq(next(WATCH_CLOSED_MS + STILL_MS), "june.csv");
}

Test(watch, notices_another_file_of_the_same_name_size_and_time)
{
    drop("june.csv");
    look(0);
    drop("other");
    cr_assert_eq(rename(path_in(&work, "other"), path_in(&work, "june.csv")), 0);
    cr_assert_str_eq(next(STILL_MS), "none");
}

Test(watch, leaves_a_file_that_a_program_has_open_for_writing_and_takes_another)
{
    drop_at("a.csv", "period\n", 0);
    drop_at("b.csv", "period\n", 1);
    int writer = open(path_in(&work, "a.csv"), O_WRONLY);
    look(0);
    cr_assert_str_eq(next(STILL_MS), "b.csv");
    cr_assert_eq(inbox.files[strcmp(inbox.files[0].name, "a.csv") != 0].wait, WAIT_OPEN);
    watch_note_taken(&inbox, "b.csv", TAKE_DONE, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(1000000), "none");
    close(writer);
    cr_assert_str_eq(next(2000000), "a.csv");
}

Test(watch, gives_an_empty_file_a_minute)
{
    drop_at("june.csv", "", 0);
    watch_note_closed(&inbox, "june.csv", at(0));
    cr_assert_str_eq(next(WATCH_EMPTY_MS - 1), "none");
    cr_assert_eq(inbox.files[0].wait, WAIT_EMPTY);
    cr_assert_str_eq(next(WATCH_EMPTY_MS), "june.csv");
}

Test(watch, goes_by_the_time_of_change_and_then_by_name)
{
    drop_at("b.csv", "1", 5);
    drop_at("c.csv", "1", 5);
    drop_at("a.csv", "1", 9);
    drop_at("z.csv", "1", 1);
    look(0);
    static const char *const ORDER[] = {"z.csv", "b.csv", "c.csv", "a.csv"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_eq(next(STILL_MS), ORDER[i]);
        watch_note_taken(&inbox, ORDER[i], TAKE_DONE, at(STILL_MS), RANDOM);
    }
    cr_assert_str_eq(next(STILL_MS), "none");
}

Test(watch, lets_a_whole_file_wait_for_an_earlier_one_that_is_nearly_whole_but_not_for_long)
{
    drop_at("late.csv", "1", 9);
    watch_note_closed(&inbox, "late.csv", at(0));
    drop_at("early.csv", "1", 1);
    watch_note_closed(&inbox, "early.csv", at(500));
    cr_assert_str_eq(next(WATCH_CLOSED_MS), "none", "the earlier one will be whole in a moment");
    cr_assert_eq(watch_due(&inbox).ms, at(500 + WATCH_CLOSED_MS).ms, "and until then nothing is due");
    cr_assert_str_eq(next(500 + WATCH_CLOSED_MS), "early.csv");
    watch_note_taken(&inbox, "early.csv", TAKE_DONE, at(2000), RANDOM);

    /* One that never becomes whole holds it up for a while only. */
    int64_t ms = 2000;
    for (int i = 0; strcmp(next(ms), "late.csv") != 0 && i < 100; i++, ms += 500) {
        char text[20];
        snprintf(text, sizeof text, "%d", i);
        drop_at("endless.csv", text, 2);
        watch_note_closed(&inbox, "endless.csv", at(ms));
    }
    cr_assert_leq(ms, 2000 + WATCH_ORDER_MS + 1000);
}

Test(watch, takes_regular_files_only)
{
    drop("june.csv");
    cr_assert_eq(symlink(path_in(&work, "june.csv"), path_in(&work, "link.csv")), 0);
    cr_assert_eq(mkdir(path_in(&work, "folder.csv"), 0755), 0);
    cr_assert_eq(mkfifo(path_in(&work, "pipe.csv"), 0644), 0);
    look(0);
    watch_note_closed(&inbox, "link.csv", at(0));
    watch_note_closed(&inbox, "folder.csv", at(0));
    watch_note_closed(&inbox, "pipe.csv", at(0));
    cr_assert_eq(inbox.count, 1);
    cr_assert_str_eq(inbox.files[0].name, "june.csv");
}

Test(watch, forgets_a_file_that_has_gone)
{
    drop("june.csv");
    drop("july.csv");
    look(0);
    cr_assert_eq(unlink(path_in(&work, "june.csv")), 0);
    cr_assert_str_eq(next(STILL_MS), "july.csv");
    cr_assert_eq(unlink(path_in(&work, "july.csv")), 0);
    cr_assert_str_eq(next(STILL_MS), "none");
    look(WATCH_SCAN_MS);
    cr_assert_eq(inbox.count, 0);
    cr_assert_eq(watch_due(&inbox).ms, INT64_MAX);
}

Test(watch, keeps_the_order_where_none_can_be_taken)
{
    drop_at("a.csv", "1", 1);
    drop_at("b.csv", "1", 2);
    look(0);
    cr_assert_str_eq(next(STILL_MS), "a.csv");
    watch_note_taken(&inbox, "a.csv", TAKE_NO_ROOM, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(STILL_MS), "a.csv");
    watch_note_taken(&inbox, "a.csv", TAKE_NO_OUTBOX, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(STILL_MS), "a.csv", "b may correct it");
    cr_assert_eq(unlink(path_in(&work, "a.csv")), 0);
    watch_note_taken(&inbox, "a.csv", TAKE_DONE, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(STILL_MS), "b.csv");
}

Test(watch, keeps_the_order_where_a_file_fails_once_and_no_longer_where_it_goes_on)
{
    drop_at("a.csv", "1", 1);
    drop_at("b.csv", "1", 2);
    look(0);
    cr_assert_str_eq(next(STILL_MS), "a.csv");
    watch_note_taken(&inbox, "a.csv", TAKE_CRASHED, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(STILL_MS), "none", "b may correct it");
    int64_t ms = STILL_MS;
    for (int i = 1; i < WATCH_FAILURES; i++) {
        ms += 1000 * i;
        cr_assert_str_eq(next(ms), "a.csv");
        watch_note_taken(&inbox, "a.csv", TAKE_LATER, at(ms), RANDOM);
    }
    cr_assert_str_eq(next(ms), "b.csv");
    cr_assert_eq(unlink(path_in(&work, "b.csv")), 0);
    watch_note_taken(&inbox, "b.csv", TAKE_DONE, at(ms), RANDOM);
    cr_assert_str_eq(next(ms), "none");
    cr_assert_str_eq(next(ms + 4000), "a.csv");
    cr_assert_eq(inbox.files[0].crashes, 1);
}

Test(watch, holds_up_no_other_where_a_file_fails_again_and_again)
{
    drop_at("stuck.csv", "1", 1);
    look(0);
    int64_t ms = STILL_MS;
    for (int i = 0; i < 20; i++) {
        cr_assert_str_eq(next(ms), "stuck.csv");
        watch_note_taken(&inbox, "stuck.csv", TAKE_LATER, at(ms), RANDOM);
        ms += ERRAND_BACKOFF_MAX_MS;
    }
    cr_assert_str_eq(next(ms), "stuck.csv");
    watch_note_taken(&inbox, "stuck.csv", TAKE_LATER, at(ms), RANDOM);
    drop_at("new.csv", "1", 2);
    watch_note_closed(&inbox, "new.csv", at(ms));
    cr_assert_str_eq(next(ms + WATCH_CLOSED_MS), "new.csv");
    watch_note_taken(&inbox, "new.csv", TAKE_DONE, at(ms + WATCH_CLOSED_MS), RANDOM);
    cr_assert_str_eq(next(ms + WATCH_CLOSED_MS), "none");
    watch_hurry(&inbox, at(ms));
    cr_assert_str_eq(next(ms), "stuck.csv", "somebody's wish");
}

Test(watch, tries_a_file_without_a_store_again_when_that_may_be_known)
{
    drop("june.csv");
    look(0);
    cr_assert_str_eq(next(STILL_MS), "june.csv");
    for (int i = 0; i < 10; i++)
        watch_note_taken(&inbox, "june.csv", TAKE_NO_STORE, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(STILL_MS + 60000), "none");
    cr_assert_eq(inbox.files[0].wait, WAIT_STORE);
    watch_retry(&inbox, WAIT_STORE, at(STILL_MS));
    cr_assert_str_eq(next(STILL_MS), "june.csv");
}

Test(watch, lets_consultants_wait_for_their_month_and_tries_them_when_something_was_taken)
{
    drop_at("people.csv", "1", 1);
    look(0);
    cr_assert_str_eq(next(STILL_MS), "people.csv");
    cr_assert_not(watch_is_last_try(&inbox.files[0], at(STILL_MS)));
    watch_note_taken(&inbox, "people.csv", TAKE_NO_MONTH, at(STILL_MS), RANDOM);
    cr_assert_str_eq(next(STILL_MS + WATCH_MONTH_MS - 1), "none");
    cr_assert_eq(inbox.files[0].wait, WAIT_MONTH);
    drop_at("june.csv", "1", 2);
    watch_note_closed(&inbox, "june.csv", at(100000));
    cr_assert_str_eq(next(110000), "june.csv");
    watch_note_taken(&inbox, "june.csv", TAKE_DONE, at(110000), RANDOM);
    cr_assert_str_eq(next(110000), "people.csv");
    watch_note_taken(&inbox, "people.csv", TAKE_NO_MONTH, at(110000), RANDOM);
    cr_assert_not(watch_is_last_try(&inbox.files[0], at(STILL_MS + WATCH_MONTH_MS - 1)), "counted from the first time");
    cr_assert_str_eq(next(STILL_MS + WATCH_MONTH_MS), "people.csv");
    cr_assert(watch_is_last_try(&inbox.files[0], at(STILL_MS + WATCH_MONTH_MS)));
}

Test(watch, looks_after_so_many_files_at_a_time_and_after_the_others_later)
{
    char name[32];
    for (int i = 0; i <= INBOX_FILES_MAX; i++) {
        snprintf(name, sizeof name, "%04d.csv", i);
        drop_at(name, "1", INBOX_FILES_MAX - i);
    }
    look(0);
    cr_assert_eq(inbox.count, INBOX_FILES_MAX);
    cr_assert_eq(inbox.more, 1);
    for (int i = INBOX_FILES_MAX; i >= 0; i--) {
        snprintf(name, sizeof name, "%04d.csv", i);
        int64_t ms = STILL_MS * (i == 0 ? 2 : 1);
        cr_assert_str_eq(next(ms), name);
        cr_assert_eq(unlink(path_in(&work, name)), 0);
        watch_note_taken(&inbox, name, TAKE_DONE, at(ms), RANDOM);
        look(STILL_MS);
    }
    cr_assert_eq(inbox.count + inbox.more, 0);
}

Test(watch, lets_a_new_file_have_the_place_of_one_that_is_stuck)
{
    char name[32];
    int writers[INBOX_FILES_MAX];
    for (int i = 0; i < INBOX_FILES_MAX; i++) {
        snprintf(name, sizeof name, "%04d.csv", i);
        drop_at(name, "1", i);
        writers[i] = open(path_in(&work, name), O_WRONLY);
        cr_assert_geq(writers[i], 0);
    }
    look(0);
    cr_assert_str_eq(next(STILL_MS), "none");
    drop_at("z.csv", "1", 100000);
    watch_note_closed(&inbox, "z.csv", at(STILL_MS));
    cr_assert_str_eq(next(STILL_MS + WATCH_CLOSED_MS), "z.csv");
    for (int i = 0; i < INBOX_FILES_MAX; i++)
        close(writers[i]);
}

Test(watch, knows_what_is_never_taken_as_long_as_it_is_there)
{
    char name[32];
    cr_assert_eq(mkdir(path_in(&work, "folder"), 0700), 0);
    cr_assert_eq(symlink("/etc/passwd", path_in(&work, "link.csv")), 0);
    cr_assert_eq(mkfifo(path_in(&work, "pipe.csv"), 0600), 0);
    cr_assert_eq(mkdir(path_in(&work, ".hidden"), 0700), 0);
    look(0);
    cr_assert_eq(inbox.count, 0);
    cr_assert_eq(inbox.ignored_count, 3);
    unsigned kinds = 0;
    for (size_t i = 0; i < 3; i++) {
        inbox.ignored[i].is_told = true;
        kinds |= 1u << inbox.ignored[i].kind;
    }
    cr_assert_eq(kinds, 7);
    look(WATCH_SCAN_MS);
    cr_assert(inbox.ignored_count == 3 && inbox.ignored[0].is_told && inbox.ignored[2].is_told, "they are the same");
    for (int i = 3; i <= WATCH_IGNORED_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        cr_assert_eq(mkdir(path_in(&work, name), 0700), 0);
    }
    look(2 * WATCH_SCAN_MS);
    cr_assert_eq(inbox.ignored_count, WATCH_IGNORED_MAX);
    cr_assert_eq(inbox.ignored_more, 1);
    for (int i = 3; i <= WATCH_IGNORED_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        cr_assert_eq(rmdir(path_in(&work, name)), 0);
    }
    cr_assert_eq(unlink(path_in(&work, "link.csv")), 0);
    look(3 * WATCH_SCAN_MS);
    cr_assert_eq(inbox.ignored_count, 2);
    cr_assert_eq(inbox.ignored_more, 0);
}

Test(watch, says_where_there_is_no_folder_and_goes_on_when_it_is_back)
{
    drop("june.csv");
    look(0);
    char away[80];
    snprintf(away, sizeof away, "%s-away", work.path);
    cr_assert_eq(rename(work.path, away), 0);
    cr_assert_not(watch_look(&inbox, at(1)));
    cr_assert_eq(inbox.count, 0);
    cr_assert_eq(rename(away, work.path), 0);
    look(2);
    cr_assert_eq(inbox.count, 1);
}
