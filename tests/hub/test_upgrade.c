/* Stores of earlier formats, as their own programs left them (files/README.md), are brought up to this format: also
 * where the upgrade is killed before any one of its writes, syncs and renames. This file stands before the C library
 * for these calls, LMDB's too. */
#include "hub/store_internal.h"
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- death before the n-th call that changes the disk */

typedef enum { FULL_NOTHING, FULL_FILES, FULL_PAGES } full_t;
static volatile int calls_left; /* 0: nobody dies */
static volatile full_t full;    /* what finds the disk full: write, or what LMDB writes its pages with */

/* Whether the call goes through; else errno is set. */
static bool passes(full_t kind)
{
    if (calls_left && --calls_left == 0)
        raise(SIGKILL);
    errno = ENOSPC;
    return kind == FULL_NOTHING || full != kind;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define STAND_BEFORE(type, kind, name, parameters, ...)                                                                \
    type name parameters                                                                                               \
    {                                                                                                                  \
        return passes(FULL_##kind) ? NEXT(name)(__VA_ARGS__) : -1;                                                     \
    }

STAND_BEFORE(ssize_t, FILES, write, (int fd, const void *data, size_t size), fd, data, size)
STAND_BEFORE(ssize_t, PAGES, pwrite, (int fd, const void *data, size_t size, off_t offset), fd, data, size, offset)
STAND_BEFORE(ssize_t, PAGES, pwrite64, (int fd, const void *data, size_t size, off64_t offset), fd, data, size, offset)
STAND_BEFORE(ssize_t, PAGES, pwritev, (int fd, const struct iovec *parts, int count, off_t offset), fd, parts, count,
             offset)
STAND_BEFORE(ssize_t, PAGES, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
STAND_BEFORE(int, NOTHING, fsync, (int fd), fd)
STAND_BEFORE(int, NOTHING, fdatasync, (int fd), fd)
STAND_BEFORE(int, NOTHING, ftruncate, (int fd, off_t size), fd, size)
STAND_BEFORE(int, NOTHING, rename, (const char *from, const char *to), from, to)
STAND_BEFORE(int, NOTHING, unlink, (const char *path), path)

/* ---- the fixtures */

/* What each holds. */
typedef struct {
    unsigned format;
    uint64_t revisions, dealer_months, answers, keys, catalogs, networks, tokens;
} fixture_t;
static const fixture_t FIXTURES[] = {{1, 5, 4, 5, 4, 1, 1, 0}, {2, 8, 5, 8, 6, 2, 2, 3}};
#define FIXTURE_COUNT (sizeof FIXTURES / sizeof *FIXTURES)

static const char *unpacked(const directory_t *directory, const fixture_t *fixture)
{
    char command[300], name[20];
    snprintf(name, sizeof name, "format-%u", fixture->format);
    snprintf(command, sizeof command, "tar -xzf '%s/files/%s.tar.gz' -C '%s'", TEST_DATA, name, directory->path);
    cr_assert_eq(system(command), 0);
    return path_in(directory, name);
}

#define NOW_MS UINT64_C(1800000000000) /* of the upgrades */

static status_t open_it(const char *path, bool upgrades, store_t **out, char why[500])
{
    store_options_t options = {.map_bytes = MAP_BYTES, .upgrades = upgrades, .now_ms = NOW_MS};
    return store_open(path, &options, out, why, 500);
}

static unsigned long format_file(const char *path)
{
    char name[PATH_MAX];
    size_t size;
    snprintf(name, sizeof name, "%s/FORMAT", path);
    char *text = (char *)file_read(name, &size);
    cr_assert_eq(strncmp(text, "yardstick-data ", 15), 0, "%s", text);
    unsigned long format = strtoul(text + 15, NULL, 10);
    free(text);
    return format;
}

static store_counts_t must_verify(const char *path)
{
    char why[500] = "";
    store_counts_t counts = {0};
    cr_assert_eq(store_verify(path, &counts, why, sizeof why), STATUS_OK, "%s", why);
    return counts;
}

static void expect_counts(const store_counts_t *counts, const fixture_t *fixture)
{
    cr_assert_eq(counts->revisions, fixture->revisions);
    cr_assert_eq(counts->dealer_months, fixture->dealer_months);
    cr_assert_eq(counts->answers, fixture->answers);
    cr_assert_eq(counts->keys, fixture->keys);
    cr_assert_eq(counts->catalogs, fixture->catalogs);
    cr_assert_eq(counts->networks, fixture->networks);
    cr_assert_eq(counts->tokens, fixture->tokens);
}

/* What the earlier programs left. */
static void expect_old_records(store_t *store, const fixture_t *fixture)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_revision_t revision;
    stored_key_t *keys;
    size_t count, dealers = 0;
    OK(store_begin_read(store, &txn));
    OK(store_get_current(txn, "D0001", JUNE - 1, true, arena, &revision));
    cr_assert(revision.revision == 2 && revision.facts.count == 3 && revision.facts.values[0] == 4100000);
    OK(store_list_keys(txn, arena, &keys, &count));
    for (size_t i = 0; i < count; i++)
        dealers += keys[i].entry.role == ROLE_DEALER;
    cr_assert(count == fixture->keys && dealers == 2, "%zu keys, %zu of dealers", count, dealers);
}

static void put_a_token(store_t *store)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const char *dealers[] = {"D0001"};
    stored_token_t token = {.entry = {.digest = {7}, .dealers = dealers, .dealer_count = 1, .expires_ms = 9}};
    OK(store_begin_write(store, &txn));
    OK(store_put_token(txn, &token));
    OK(store_commit(&txn));
}

/* The log begins with the upgrade, tells of all that was there before, by the hub and at the time of the upgrade, and
 * then of what came after. */
static void expect_log(store_t *store, const fixture_t *fixture, uint64_t now_ms)
{
    static const event_kind_t KINDS[] = {EVENT_CATALOG, EVENT_NETWORK, EVENT_KEY, EVENT_TOKEN};
    const uint64_t counts[] = {fixture->catalogs, fixture->networks, fixture->keys, fixture->tokens};
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_event_t event;
    uint64_t number = 1;
    OK(store_begin_read(store, &txn));
    OK(store_get_event(txn, number, arena, &event));
    cr_assert(event.kind == EVENT_UPGRADE && event.number == fixture->format && event.is_first && !event.has_actor);
    cr_assert_eq(event.time_ms, now_ms);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        for (uint64_t j = 0; j < counts[i]; j++) {
            OK(store_get_event(txn, ++number, arena, &event));
            cr_assert(event.kind == KINDS[i] && !event.has_actor && event.time_ms == now_ms, "event %d", (int)number);
        }
    OK(store_get_event(txn, ++number, arena, &event));
    cr_assert_eq(event.kind, EVENT_REVISIONS);
    cr_assert(event.first_sequence == 1 && event.sequence == fixture->revisions);
    cr_assert_eq(store_get_event(txn, ++number, arena, &event), STATUS_NOT_FOUND);
}

static void expect_verified_as_it_is(const fixture_t *fixture)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    const char *path = unpacked(&directory, fixture);
    store_counts_t counts = must_verify(path);
    cr_assert_eq(counts.format, fixture->format);
    cr_assert_eq(counts.events, 0);
    expect_counts(&counts, fixture);
    cr_assert_eq(format_file(path), fixture->format);
}

Test(upgrade, a_store_of_an_earlier_format_is_verified_as_what_it_is)
{
    for (size_t i = 0; i < FIXTURE_COUNT; i++)
        expect_verified_as_it_is(&FIXTURES[i]);
}

static void expect_refused_unless_told(const fixture_t *fixture)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = NULL;
    char why[500] = "", named[40];
    const char *path = unpacked(&directory, fixture);
    snprintf(named, sizeof named, "of format %u", fixture->format);
    cr_assert_eq(open_it(path, false, &store, why), STATUS_INVALID);
    cr_assert(strstr(why, named) && strstr(why, "`yardstick-hub run` upgrades it"), "%s", why);
    cr_assert_eq(format_file(path), fixture->format);
    cr_assert_eq(must_verify(path).format, fixture->format);
}

Test(upgrade, only_who_says_so_upgrades)
{
    for (size_t i = 0; i < FIXTURE_COUNT; i++)
        expect_refused_unless_told(&FIXTURES[i]);
}

static void expect_upgraded(const fixture_t *fixture)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = NULL;
    char why[500] = "";
    const char *path = unpacked(&directory, fixture);
    cr_assert_eq(open_it(path, true, &store, why), STATUS_OK, "%s", why);
    cr_assert_eq(store_upgraded_from(store), fixture->format);
    expect_old_records(store, fixture);
    expect_log(store, fixture, NOW_MS);
    store_close(&store);
    store_counts_t counts = must_verify(path);
    expect_counts(&counts, fixture);
    cr_assert_eq(counts.format, STORE_FORMAT);
    cr_assert_eq(format_file(path), STORE_FORMAT);
    cr_assert_eq(open_it(path, true, &store, why), STATUS_OK, "%s", why);
    cr_assert_eq(store_upgraded_from(store), 0, "once is enough");
    put_a_token(store);
    store_close(&store);
    counts = must_verify(path);
    cr_assert_eq(counts.tokens, fixture->tokens + 1);
}

Test(upgrade, it_keeps_all_records_begins_the_log_and_takes_more)
{
    for (size_t i = 0; i < FIXTURE_COUNT; i++)
        expect_upgraded(&FIXTURES[i]);
}

Test(upgrade, a_new_store_is_of_this_format)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    cr_assert_eq(store_upgraded_from(store), 0);
    store_close(&store);
    cr_assert_eq(must_verify(path_in(&directory, "store")).format, STORE_FORMAT);
}

/* In a child, which dies before the n-th call; true where it lived. */
static bool upgrade_in_child(const char *path, int n)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        char why[500];
        store_t *store = NULL;
        calls_left = n;
        _exit(open_it(path, true, &store, why) == STATUS_OK ? 0 : 1);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        cr_assert_eq(errno, EINTR);
    cr_assert((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
              "call %d: %x", n, (unsigned)status);
    return WIFEXITED(status);
}

/* One round: killed before the n-th call, then done again. Whether the first try lived; *between counts those that died
 * between FORMAT and the records. */
static bool kill_once(const fixture_t *fixture, int n, unsigned *between)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = NULL;
    char why[500] = "";
    const char *path = unpacked(&directory, fixture);
    bool lived = upgrade_in_child(path, n);
    store_counts_t counts = must_verify(path);
    unsigned long format = format_file(path);
    expect_counts(&counts, fixture);
    cr_assert(counts.format == fixture->format || counts.format == STORE_FORMAT, "call %d", n);
    cr_assert_geq(format, counts.format, "call %d: an earlier program would take the newer records for damage", n);
    *between += format == STORE_FORMAT && counts.format == fixture->format;
    cr_assert_eq(open_it(path, true, &store, why), STATUS_OK, "call %d: %s", n, why);
    expect_old_records(store, fixture);
    expect_log(store, fixture, NOW_MS);
    put_a_token(store);
    store_close(&store);
    cr_assert_eq(must_verify(path).format, STORE_FORMAT);
    cr_assert_eq(format_file(path), STORE_FORMAT);
    return lived;
}

static void expect_kills_survived(const fixture_t *fixture)
{
    enum { CALLS_MAX = 100 };
    unsigned between = 0;
    int n = 1;
    while (!kill_once(fixture, n, &between))
        cr_assert_lt(++n, CALLS_MAX);
    cr_assert_geq(n, 7, "the calls were counted: %d", n);
    cr_assert_geq(between, 2, "some died between FORMAT and the records: %u", between);
}

Test(upgrade, it_may_be_killed_before_any_call_that_changes_the_disk, .timeout = 120)
{
    for (size_t i = 0; i < FIXTURE_COUNT; i++)
        expect_kills_survived(&FIXTURES[i]);
}

Test(upgrade, records_behind_an_older_format_file_are_only_named_anew)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    char why[500] = "";
    fill(store);
    store_close(&store);
    const char *path = path_in(&directory, "store");
    file_write(path_in(&directory, "store/FORMAT"), "yardstick-data 1\n", 17);
    cr_assert_eq(open_it(path, true, &store, why), STATUS_OK, "%s", why);
    cr_assert_eq(store_upgraded_from(store), 1);
    cr_assert(is_as_filled(store));
    cr_assert_eq(format_file(path), STORE_FORMAT);
}

static void expect_no_room(const fixture_t *fixture, full_t kind, unsigned long format)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = NULL;
    char why[500] = "";
    const char *path = unpacked(&directory, fixture);
    full = kind;
    status_t status = open_it(path, true, &store, why);
    full = FULL_NOTHING;
    cr_assert_eq(status, STATUS_STORE_FULL, "%s", why);
    cr_assert(strstr(why, "no room for its upgrade to format 3"), "%s", why);
    cr_assert_eq(format_file(path), format);
    cr_assert_eq(must_verify(path).format, fixture->format);
    cr_assert_eq(open_it(path, true, &store, why), STATUS_OK, "%s", why);
    expect_old_records(store, fixture);
}

Test(upgrade, without_room_it_says_so_and_goes_on_when_there_is_some)
{
    for (size_t i = 0; i < FIXTURE_COUNT; i++) {
        expect_no_room(&FIXTURES[i], FULL_FILES, FIXTURES[i].format);
        expect_no_room(&FIXTURES[i], FULL_PAGES, STORE_FORMAT);
    }
}
