#include "dealer-agent/stamp.h"

#include "dealer-agent/outbox_files.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static directory_t work;

static void begin(void)
{
    work = directory_make();
    file_write(path_in(&work, "june.csv"), "period\n", 7);
}

static void end(void)
{
    directory_remove(&work);
}

TestSuite(stamp, .init = begin, .fini = end, .timeout = 60);

static stamp_t stamp_now(const char *name)
{
    stamp_t stamp;
    cr_assert(stamp_read(AT_FDCWD, path_in(&work, name), &stamp));
    return stamp;
}

/* A time that a clerk's copy may have, whatever is in it. */
static void set_time(const char *name)
{
    struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, path_in(&work, name), times, 0), 0);
}

Test(stamp, of_a_file_that_nobody_touched_is_the_same_and_so_are_its_words)
{
    char words[2][STAMP_TEXT_SIZE];
    stamp_t first = stamp_now("june.csv"), second = stamp_now("june.csv");
    cr_assert(stamp_is_same(&first, &second));
    cr_assert_str_eq(stamp_format(&first, words[0]), stamp_format(&second, words[1]));
    cr_assert_null(strpbrk(words[0], " \n"));
}

Test(stamp, tells_another_file_of_the_same_size_and_time)
{
    set_time("june.csv");
    stamp_t first = stamp_now("june.csv");
    file_write(path_in(&work, "other.csv"), "PERIOD\n", 7);
    set_time("other.csv");
    cr_assert_eq(rename(path_in(&work, "other.csv"), path_in(&work, "june.csv")), 0);
    stamp_t second = stamp_now("june.csv");
    char words[2][STAMP_TEXT_SIZE];
    cr_assert_not(stamp_is_same(&first, &second));
    cr_assert_str_neq(stamp_format(&first, words[0]), stamp_format(&second, words[1]));
}

Test(stamp, is_of_files_only)
{
    stamp_t stamp;
    cr_assert_eq(symlink("june.csv", path_in(&work, "link.csv")), 0);
    cr_assert_eq(mkfifo(path_in(&work, "pipe"), 0600), 0);
    cr_assert_not(stamp_read(AT_FDCWD, path_in(&work, "link.csv"), &stamp));
    cr_assert_not(stamp_read(AT_FDCWD, path_in(&work, "pipe"), &stamp));
    cr_assert_not(stamp_read(AT_FDCWD, work.path, &stamp));
    cr_assert_not(stamp_read(AT_FDCWD, path_in(&work, "none"), &stamp));
}

Test(stamp, of_the_bell_changes_when_it_rings)
{
    outbox_ring(work.path);
    set_time("bell");
    stamp_t before = stamp_now("bell");
    outbox_ring(work.path);
    stamp_t after = stamp_now("bell");
    cr_assert_not(stamp_is_same(&before, &after), "by it a daemon hears that is told of no changes");
}
