/* Copies of a store, and backups of a data directory (hub/backup.h). */
#include "hub/backup.h"
#include "hub/directory.h"
#include "hub/store_internal.h"
#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, META_LAST = 136 }; /* where a meta page counts the file's pages (storage/pages.c) */

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    cr_assert_eq(lstat(path, &status), 0, "%s", path);
    return status.st_mode & 07777;
}

/* The names in a directory, sorted, each with a blank behind it; static storage. */
static const char *names_in(const char *path)
{
    static char text[500];
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    cr_assert_geq(count, 0, "%s", path);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            strcat(text, entries[i]->d_name);
            strcat(text, " ");
        }
        free(entries[i]);
    }
    free(entries);
    return text;
}

static void assert_sound(const char *path)
{
    char why[500] = "";
    store_counts_t counts;
    cr_assert_eq(store_verify(path, &counts, why, sizeof why), STATUS_OK, "%s", why);
}

/* A copy of `directory`/store as `directory`/NAME. */
static const char *copy_to(const directory_t *directory, const char *name)
{
    char why[500] = "";
    const char *path = path_in(directory, name);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(store_copy(path_in(directory, "store"), path, why, sizeof why), STATUS_OK, "%s", why);
    return path;
}

static void assert_holds_all(const char *path)
{
    char why[500] = "";
    CLEANUP(store_close) store_t *store = NULL;
    store_options_t options = {.map_bytes = MAP_BYTES};
    cr_assert_eq(store_open(path, &options, &store, why, sizeof why), STATUS_OK, "%s", why);
    cr_assert(is_as_filled(store));
}

Test(store_copy, holds_all_that_the_store_holds_and_nothing_else)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    fill(store);
    store_close(&store);
    char path[100];
    snprintf(path, sizeof path, "%s", copy_to(&directory, "copy"));
    cr_assert_str_eq(names_in(path), "FORMAT LOCK data.mdb ");
    cr_assert(mode_of(path_in(&directory, "copy/FORMAT")) == 0600 && mode_of(path_in(&directory, "copy/LOCK")) == 0600);
    cr_assert_eq(mode_of(path_in(&directory, "copy/data.mdb")), 0600);
    assert_sound(path);
    cr_assert_str_eq(names_in(path), "FORMAT LOCK data.mdb ", "verifying leaves nothing");
    assert_holds_all(path);
}

/* Between a hub's commit and its making the file as long as its count, the file is shorter. */
Test(store_copy, is_as_long_as_its_count_where_the_store_is_not_yet)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    fill(store);
    store_close(&store);
    size_t size, pages;
    char data[100];
    snprintf(data, sizeof data, "%s/store/data.mdb", directory.path);
    uint8_t *bytes = file_read(data, &size);
    pages = size / PAGE; /* one more than are there, counted from 0 */
    memcpy(bytes + META_LAST, &pages, sizeof pages);
    memcpy(bytes + PAGE + META_LAST, &pages, sizeof pages);
    file_write(data, bytes, size);
    free(bytes);
    const char *path = copy_to(&directory, "copy");
    assert_sound(path);
    assert_holds_all(path);
}

static void write_without_end(const char *path)
{
    char why[500];
    store_t *store = NULL;
    store_options_t options = {.map_bytes = MAP_BYTES};
    if (store_open(path, &options, &store, why, sizeof why) != STATUS_OK)
        _exit(1);
    for (uint32_t number = 2;; number++) {
        uint64_t sequence;
        store_txn_t *txn = NULL;
        stored_revision_t revision = revision_of("LAST", JUNE, number, number);
        if (store_begin_write(store, &txn) != STATUS_OK || store_put_revision(txn, &revision, &sequence) != STATUS_OK ||
            store_commit(&txn) != STATUS_OK)
            _exit(1);
    }
}

static pid_t child_of(void (*work)(const char *), const char *path)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        work(path);
        _exit(0);
    }
    return child;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
}

static uint64_t revisions_in(const char *path)
{
    char why[500] = "";
    store_counts_t counts;
    cr_assert_eq(store_verify(path, &counts, why, sizeof why), STATUS_OK, "%s", why);
    return counts.revisions;
}

Test(store_copy, is_sound_each_time_while_another_process_commits)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    char name[16];
    fill(store);
    store_close(&store);
    uint64_t first = revisions_in(path_in(&directory, "store")), before = first;
    pid_t writer = child_of(write_without_end, path_in(&directory, "store"));
    for (int i = 0; i < 200 && (i < 20 || before <= first); i++) {
        snprintf(name, sizeof name, "copy-%d", i);
        uint64_t now = revisions_in(copy_to(&directory, name));
        cr_assert_geq(now, before);
        before = now;
    }
    end_child(writer);
    cr_assert_gt(before, first, "nothing was committed meanwhile");
    cr_assert_geq(revisions_in(path_in(&directory, "store")), before);
}

static int ready[2]; /* of the reading child */

static void read_until_killed(const char *path)
{
    char why[300];
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    if (store_open_beside(path, 0, &env, why, sizeof why) != STATUS_OK ||
        mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 || write(ready[1], "r", 1) != 1)
        _exit(1);
    pause();
}

Test(store, the_slot_of_a_reader_that_was_killed_is_freed)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    char byte;
    int dead = -1;
    cr_assert_eq(pipe(ready), 0);
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    store_close(&store);
    pid_t reader = child_of(read_until_killed, path_in(&directory, "store"));
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    store = store_at(&directory, MAP_BYTES);
    OK(store_forget_dead_readers(store, &dead));
    cr_assert_eq(dead, 0);
    end_child(reader);
    OK(store_forget_dead_readers(store, &dead));
    cr_assert_eq(dead, 1);
    OK(store_forget_dead_readers(store, &dead));
    cr_assert_eq(dead, 0);
    close(ready[0]);
    close(ready[1]);
}

/* ---- backups */

/* A data directory as `init` makes it, with some records: `directory`/hub; backups go to `directory`/backup. */
typedef struct {
    directory_t directory;
    char hub[80], backup[80], partial[90];
    faults_t faults;
    store_counts_t counts;
} place_t;

static place_t place_make(void)
{
    place_t place = {.directory = directory_make()};
    snprintf(place.hub, sizeof place.hub, "%s/hub", place.directory.path);
    snprintf(place.backup, sizeof place.backup, "%s/backup", place.directory.path);
    snprintf(place.partial, sizeof place.partial, "%s/backup.partial", place.directory.path);
    const directory_plan_t plan = {.directory = place.hub, .listen = "tcp://127.0.0.1:7001"};
    OK(directory_init(&plan, &place.faults));
    return place;
}

static void place_end(place_t *place)
{
    faults_fini(&place->faults);
    directory_remove(&place->directory);
}

static status_t back_up_to(place_t *place, const char *destination, bool without_keys)
{
    const backup_plan_t plan = {place->hub, destination, without_keys};
    faults_fini(&place->faults);
    return backup_make(&plan, &place->counts, &place->faults);
}

static status_t back_up(place_t *place)
{
    return back_up_to(place, place->backup, false);
}

/* That it was refused in these words, with nothing left. */
static void assert_refused(place_t *place, status_t status, status_t expected, const char *words)
{
    cr_assert_eq(status, expected, "%s", status_name(status));
    cr_assert_eq(place->faults.count, 1);
    cr_assert(strstr(place->faults.items[0].message, words), "%s", place->faults.items[0].message);
}

static void assert_nothing_left(const place_t *place)
{
    cr_assert_not(exists(place->backup));
    cr_assert_not(exists(place->partial));
}

static bool same_file(const place_t *place, const char *name)
{
    char path[120];
    size_t sizes[2];
    uint8_t *bytes[2];
    const char *directories[] = {place->hub, place->backup};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", directories[i], name);
        bytes[i] = file_read(path, &sizes[i]);
    }
    bool same = sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0;
    free(bytes[0]);
    free(bytes[1]);
    return same;
}

Test(backup, is_a_data_directory_with_the_same_keys_and_settings_and_without_headquarters_home)
{
    CLEANUP(place_end) place_t place = place_make();
    cr_assert_eq(back_up(&place), STATUS_OK, "%s", place.faults.count ? place.faults.items[0].message : "");
    cr_assert_str_eq(names_in(place.backup), "FORMAT LOCK data.mdb hub.key hub.yaml ");
    cr_assert_eq(mode_of(place.backup), 0700);
    cr_assert_eq(mode_of(path_in(&place.directory, "backup/hub.key")), 0600);
    cr_assert_eq(mode_of(path_in(&place.directory, "backup/hub.yaml")), 0600);
    cr_assert(same_file(&place, "hub.key") && same_file(&place, "hub.yaml") && same_file(&place, "FORMAT"));
    OK(directory_verify(place.backup, &place.counts, &place.faults));
    cr_assert(place.counts.keys == 1 && place.counts.catalogs == 1);
    cr_assert_not(exists(place.partial));
}

Test(backup, without_keys_says_so_and_verifies)
{
    CLEANUP(place_end) place_t place = place_make();
    OK(back_up_to(&place, place.backup, true));
    cr_assert_str_eq(names_in(place.backup), "FORMAT LOCK WITHOUT-KEYS data.mdb hub.yaml ");
    cr_assert(directory_is_keyless(place.backup) && !directory_is_keyless(place.hub));
    OK(directory_verify(place.backup, &place.counts, &place.faults));
    char key[100];
    snprintf(key, sizeof key, "%s", path_in(&place.directory, "backup/hub.key"));
    cr_assert_eq(rename(path_in(&place.directory, "hub/hub.key"), key), 0); /* put back */
    cr_assert_not(directory_is_keyless(place.backup));
    OK(directory_verify(place.backup, &place.counts, &place.faults));
}

Test(backup, takes_no_name_that_is_taken)
{
    CLEANUP(place_end) place_t place = place_make();
    file_write(place.backup, "mine", 4);
    assert_refused(&place, back_up(&place), STATUS_CONFLICT, "exists already");
    cr_assert_eq(unlink(place.backup), 0);
    cr_assert_eq(symlink("nowhere", place.backup), 0);
    assert_refused(&place, back_up(&place), STATUS_CONFLICT, "exists already");
    cr_assert_eq(unlink(place.backup), 0);
    cr_assert_eq(mkdir(place.backup, 0700), 0);
    assert_refused(&place, back_up(&place), STATUS_CONFLICT, "exists already");
    cr_assert_str_eq(names_in(place.backup), "");
    assert_refused(&place, back_up_to(&place, place.hub, false), STATUS_CONFLICT, "exists already");
    cr_assert_not(exists(place.partial));
    assert_refused(&place, back_up_to(&place, "", false), STATUS_INVALID, "empty or too long");
}

Test(backup, what_a_killed_one_left_is_removed_and_what_is_foreign_is_not)
{
    CLEANUP(place_end) place_t place = place_make();
    cr_assert_eq(mkdir(place.partial, 0700), 0);
    file_write(path_in(&place.directory, "backup.partial/data.mdb"), "half", 4);
    file_write(path_in(&place.directory, "backup.partial/hub.key"), "half", 4);
    OK(back_up(&place));
    OK(directory_verify(place.backup, &place.counts, &place.faults));

    char other[100], foreign[120];
    snprintf(other, sizeof other, "%s/other", place.directory.path);
    snprintf(foreign, sizeof foreign, "%s.partial/letter.txt", other);
    cr_assert_eq(mkdir(path_in(&place.directory, "other.partial"), 0700), 0);
    file_write(foreign, "mine", 4);
    assert_refused(&place, back_up_to(&place, other, false), STATUS_CONFLICT, "holds what no backup made");
    cr_assert(exists(foreign) && !exists(other));
}

Test(backup, of_no_store_or_to_no_place_is_refused)
{
    CLEANUP(place_end) place_t place = place_make();
    char nowhere[100];
    snprintf(nowhere, sizeof nowhere, "%s/no/where", place.directory.path);
    cr_assert_neq(back_up_to(&place, nowhere, false), STATUS_OK);
    cr_assert(strstr(place.faults.items[0].message, "directory above it must exist"));
    cr_assert_eq(unlink(path_in(&place.directory, "hub/FORMAT")), 0);
    assert_refused(&place, back_up(&place), STATUS_INVALID, "holds no file FORMAT");
    assert_nothing_left(&place);
}

Test(backup, on_which_no_hub_would_start_is_refused)
{
    CLEANUP(place_end) place_t place = place_make();
    char key[100], away[100];
    snprintf(key, sizeof key, "%s", path_in(&place.directory, "hub/hub.key"));
    snprintf(away, sizeof away, "%s", path_in(&place.directory, "away"));
    cr_assert_eq(rename(key, away), 0);
    assert_refused(&place, back_up(&place), STATUS_INVALID, "hub.key: is missing");
    assert_nothing_left(&place);
    cr_assert_eq(rename(away, key), 0);
    file_write(path_in(&place.directory, "hub/hub.yaml"), "due_day: 99\n", 12);
    cr_assert_neq(back_up(&place), STATUS_OK);
    cr_assert_geq(place.faults.count, 1);
    assert_nothing_left(&place);
}

Test(backup, of_a_damaged_store_is_not_made)
{
    CLEANUP(place_end) place_t place = place_make();
    char data[100];
    size_t size;
    snprintf(data, sizeof data, "%s", path_in(&place.directory, "hub/data.mdb"));
    uint8_t *bytes = file_read(data, &size);
    uint8_t *found = memmem(bytes, size, "showroom_visits", 15); /* in the catalog's text */
    cr_assert(found);
    *found ^= 1;
    file_write(data, bytes, size);
    free(bytes);
    assert_refused(&place, back_up(&place), STATUS_DAMAGED, "the copy that was made of it is not sound");
    assert_nothing_left(&place);
    cr_assert_eq(truncate(data, 5000), 0);
    assert_refused(&place, back_up(&place), STATUS_DAMAGED, "restore the directory from a backup");
    assert_nothing_left(&place);
    cr_assert_eq(truncate(data, 0), 0);
    assert_refused(&place, back_up(&place), STATUS_DAMAGED, "data.mdb is missing, empty or cut off");
    assert_nothing_left(&place);
}

Test(backup, on_a_full_disk_says_so_and_leaves_nothing)
{
    CLEANUP(place_end) place_t place = place_make();
    struct rlimit limit = {20000, RLIM_INFINITY}; /* the disk's end, played by the limit on a file's size */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_refused(&place, back_up(&place), STATUS_STORE_FULL, "make room there");
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_nothing_left(&place);
    OK(back_up(&place));
}
