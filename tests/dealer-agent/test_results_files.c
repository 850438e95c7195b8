#include "dealer-agent/results_files.h"

#include "client/files.h"
#include "core/limits.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/yardstick-results-XXXXXX";

static void begin(void)
{
    cr_assert(mkdtemp(folder));
}

static void end(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", folder);
}

TestSuite(results_files, .init = begin, .fini = end, .timeout = 30);

/* ---- Names ---- */

Test(results_files, names_say_store_and_month)
{
    char name[RESULTS_NAME_SIZE];
    results_month_name("D0001", period_make(2025, 6), ".xlsx", name);
    cr_assert_str_eq(name, "D0001-2025-06.xlsx");
    results_month_name("沪 一店", period_make(1999, 12), "-consultants.csv", name);
    cr_assert_str_eq(name, "沪 一店-1999-12-consultants.csv");
    results_year_name("D0001", 2025, ".csv", name);
    cr_assert_str_eq(name, "D0001-2025.csv");
}

Test(results_files, what_is_no_good_in_a_name_is_encoded)
{
    static const char *const CODES[][2] = {
        {"..", "%2E.-2025.csv"},           {".", "%2E-2025.csv"},         {"../../x", "%2E.%2F..%2Fx-2025.csv"},
        {"/etc", "%2Fetc-2025.csv"},       {"a/b", "a%2Fb-2025.csv"},     {"a\\b", "a%5Cb-2025.csv"},
        {".hidden", "%2Ehidden-2025.csv"}, {"-rf", "%2Drf-2025.csv"},     {"~$lock", "%7E$lock-2025.csv"},
        {"a-.~b", "a-.~b-2025.csv"},       {"50%2F", "50%252F-2025.csv"}, {"a*?<>|b", "a%2A%3F%3C%3E%7Cb-2025.csv"},
    };
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        char name[RESULTS_NAME_SIZE];
        results_year_name(CODES[i][0], 2025, ".csv", name);
        cr_assert_str_eq(name, CODES[i][1]);
        cr_assert_null(strchr(name, '/'));
    }
}

Test(results_files, the_longest_code_has_a_whole_name)
{
    char code[CODE_LENGTH_MAX + 1], name[RESULTS_NAME_SIZE];
    memset(code, '/', CODE_LENGTH_MAX);
    code[CODE_LENGTH_MAX] = '\0';
    results_month_name(code, period_make(2025, 6), "-consultants.csv", name);
    size_t length = strlen(name);
    cr_assert_eq(length, 3 * CODE_LENGTH_MAX + strlen("-2025-06-consultants.csv"));
    cr_assert_leq(length, 255, "what Linux takes");
    cr_assert_str_eq(name + length - 4, ".csv");
}

/* ---- Files ---- */

static void expect_file(const char *name, const char *text)
{
    char path[200], *bytes = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(files_read(path, RESULTS_FILE_MAX, &bytes, &size), STATUS_OK);
    cr_assert_str_eq(bytes, text);
    free(bytes);
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

static ino_t inode_of(const char *name)
{
    char path[200];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(stat(path, &info), 0);
    return info.st_ino;
}

Test(results_files, a_file_is_replaced_only_where_its_bytes_differ)
{
    bool is_changed = false;
    cr_assert_eq(results_replace(folder, "a.csv", "one", 3, &is_changed), STATUS_OK);
    cr_assert(is_changed);
    expect_file("a.csv", "one");
    ino_t inode = inode_of("a.csv");
    cr_assert_eq(results_replace(folder, "a.csv", "one", 3, &is_changed), STATUS_OK);
    cr_assert_not(is_changed);
    cr_assert_eq(inode_of("a.csv"), inode);
    cr_assert_eq(results_replace(folder, "a.csv", "two", 3, &is_changed), STATUS_OK);
    cr_assert(is_changed);
    expect_file("a.csv", "two");
    cr_assert_neq(inode_of("a.csv"), inode, "another file moved into its place, not written over");
    cr_assert_eq(results_replace(folder, "a.csv", "twofold", 7, &is_changed), STATUS_OK);
    cr_assert(is_changed);
    cr_assert_eq(results_replace(folder, "a.csv", "two", 3, &is_changed), STATUS_OK);
    cr_assert(is_changed);
    cr_assert_eq(count_files(), 1, "nothing is left beside it");
}

Test(results_files, what_a_killed_process_left_is_in_nobodys_way)
{
    char path[200];
    bool is_changed = false;
    snprintf(path, sizeof path, "%s/.new", folder);
    FILE *left = fopen(path, "w");
    fputs("longer than what is written next", left);
    fclose(left);
    cr_assert_eq(results_replace(folder, "a.csv", "one", 3, &is_changed), STATUS_OK);
    expect_file("a.csv", "one");
    cr_assert_eq(count_files(), 1);
}

/* Opening one waits for whoever is at its other end. */
Test(results_files, a_pipe_or_a_link_that_someone_put_there_is_replaced_and_not_followed)
{
    static const char *const NAMES[] = {"a.csv", ".new"};
    char path[200], elsewhere[200];
    bool is_changed = false;
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        cr_assert_eq(mkfifo(path, 0666), 0);
        cr_assert_eq(results_replace(folder, "a.csv", i ? "two" : "one", 3, &is_changed), STATUS_OK);
        cr_assert(is_changed);
        expect_file("a.csv", i ? "two" : "one");
    }
    fclose(fopen(elsewhere, "w"));
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        unlink(path);
        cr_assert_eq(symlink(elsewhere, path), 0);
        cr_assert_eq(results_replace(folder, "a.csv", i ? "" : "one", i ? 0 : 3, &is_changed), STATUS_OK);
        expect_file("a.csv", i ? "" : "one");
        expect_file("elsewhere", "");
    }
}

Test(results_files, a_file_may_have_its_cap_and_no_byte_more)
{
    char *bytes = calloc(1, RESULTS_FILE_MAX + 1);
    bool is_changed = false;
    cr_assert_eq(results_replace(folder, "a.xlsx", bytes, RESULTS_FILE_MAX, &is_changed), STATUS_OK);
    cr_assert(is_changed);
    cr_assert_eq(results_replace(folder, "a.xlsx", bytes, RESULTS_FILE_MAX, &is_changed), STATUS_OK);
    cr_assert_not(is_changed, "one of that size is read to its end");
    cr_assert_eq(results_replace(folder, "a.xlsx", bytes, RESULTS_FILE_MAX + 1, &is_changed), STATUS_LIMIT);
    cr_assert_eq(count_files(), 1);
    free(bytes);
}

Test(results_files, a_failed_write_leaves_what_was_there)
{
    bool is_changed = false;
    char path[200];
    snprintf(path, sizeof path, "%s/a.csv", folder);
    cr_assert_eq(mkdir(path, 0777), 0);
    cr_assert_eq(results_replace(folder, "a.csv", "one", 3, &is_changed), STATUS_IO);
    cr_assert_eq(errno, EISDIR);
    cr_assert_eq(count_files(), 1, "only the folder that stands in its place");
    cr_assert_eq(results_replace("/nonexistent", "a.csv", "one", 3, &is_changed), STATUS_IO);
    cr_assert_eq(errno, ENOENT);
}

Test(results_files, a_full_disk_leaves_what_was_there)
{
    static char more[5000];
    bool is_changed = false;
    cr_assert_eq(results_replace(folder, "a.csv", "one", 3, &is_changed), STATUS_OK);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}), 0);
    cr_assert_eq(results_replace(folder, "a.csv", more, sizeof more, &is_changed), STATUS_IO);
    cr_assert_eq(errno, EFBIG);
    expect_file("a.csv", "one");
    cr_assert_eq(count_files(), 1);
}

Test(results_files, removing_what_is_not_there_is_no_fault)
{
    bool is_removed = true, is_changed = false;
    cr_assert_eq(results_remove(folder, "a.csv", &is_removed), STATUS_OK);
    cr_assert_not(is_removed);
    cr_assert_eq(results_replace(folder, "a.csv", "one", 3, &is_changed), STATUS_OK);
    cr_assert_eq(results_remove(folder, "a.csv", &is_removed), STATUS_OK);
    cr_assert(is_removed);
    cr_assert_eq(count_files(), 0);
}
