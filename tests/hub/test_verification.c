/* The store before it is opened and beside serving: what each of the two parts finds, and that the child which reads is
 * gone afterwards. */
#include "hub/store_internal.h"
#include "support.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 60000

typedef struct {
    directory_t directory;
    store_t *store;
} fixture_t;

static fixture_t set_up(void)
{
    fixture_t fixture = {.directory = directory_make()};
    fixture.store = store_at(&fixture.directory, MAP_BYTES);
    fill(fixture.store);
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    store_close(&fixture->store);
    directory_remove(&fixture->directory);
}

static const char *path_of(const fixture_t *fixture)
{
    return path_in(&fixture->directory, "store");
}

static void close_store(fixture_t *fixture)
{
    store_close(&fixture->store);
}

static void open_store(fixture_t *fixture)
{
    const store_options_t options = {.map_bytes = MAP_BYTES, .max_readers = 10};
    char why[500] = "";
    cr_assert_eq(store_open(path_of(fixture), &options, &fixture->store, why, sizeof why), STATUS_OK, "%s", why);
}

/* As a hub does: made before the store is opened, begun after. */
static store_verification_t *begin(fixture_t *fixture)
{
    store_verification_t *verification = NULL;
    close_store(fixture);
    OK(store_verification_create(path_of(fixture), &verification));
    open_store(fixture);
    store_verification_start(verification);
    return verification;
}

static const store_progress_t *await_end(store_verification_t *verification)
{
    for (;;) {
        const store_progress_t *progress = store_verification_read(verification);
        if (progress->has_ended)
            return progress;
        struct pollfd poller = {.fd = store_verification_descriptor(verification), .events = POLLIN};
        cr_assert_eq(poll(&poller, 1, PATIENCE_MS), 1);
    }
}

static void assert_no_child(void)
{
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_assert_eq(errno, ECHILD);
}

/* Whether the process has come so far as to be told from others. */
static bool is_reader(pid_t process)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", process);
    FILE *file = fopen(path, "re");
    cr_assert(file && fgets(name, sizeof name, file));
    fclose(file);
    return strcmp(name, "hub-verify\n") == 0;
}

/* The one child of this process that is there; once signals do to it what they are meant to. */
static pid_t child_of_this(void)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    FILE *file = fopen(path, "re");
    cr_assert(file && fscanf(file, "%d", &child) == 1);
    fclose(file);
    while (!is_reader(child)) /* the test's timeout bounds it */
        sched_yield();
    return child;
}

/* Flips a bit of each value of a table, where it lies. */
static void spoil_table(store_t *store, store_table_t table)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t count = 0;
    cr_assert_eq(mdb_txn_begin(store->env, NULL, 0, &txn), MDB_SUCCESS);
    cr_assert_eq(mdb_cursor_open(txn, store->tables[table], &cursor), MDB_SUCCESS);
    for (int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); code == MDB_SUCCESS;
         code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT), count++) {
        uint8_t *bytes = malloc(value.mv_size);
        memcpy(bytes, value.mv_data, value.mv_size);
        bytes[value.mv_size / 2] ^= 4;
        MDB_val spoiled = {value.mv_size, bytes};
        cr_assert_eq(mdb_cursor_put(cursor, &key, &spoiled, MDB_CURRENT), MDB_SUCCESS);
        free(bytes);
    }
    mdb_cursor_close(cursor);
    if (table != TABLE_META) { /* the head of this transaction, as a commit writes it */
        store_txn_t writing = {.store = store, .txn = txn, .writes = true};
        OK(store_find_head(txn, &writing.head));
        OK(store_head_write(&writing));
    }
    cr_assert_eq(mdb_txn_commit(txn), MDB_SUCCESS);
    cr_assert_gt(count, 0);
}

Test(verification, a_sound_store_is_read_through_beside_its_hub)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    CLEANUP(store_verification_destroy) store_verification_t *verification = begin(&fixture);
    store_counts_t counts;
    char why[500];
    const store_progress_t *progress = await_end(verification);
    cr_assert_eq(progress->status, STATUS_OK, "%s", progress->why);
    cr_assert_eq(store_verification_descriptor(verification), -1);
    cr_assert(store_verification_read(verification)->has_ended, "reading goes on being harmless");
    OK(store_verify(path_of(&fixture), &counts, why, sizeof why));
    cr_assert_eq(progress->records, counts.records);
    cr_assert_gt(counts.records, counts.revisions + counts.answers + counts.keys);
    assert_no_child();
}

Test(verification, what_is_committed_meanwhile_is_not_waited_for)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    CLEANUP(store_verification_destroy) store_verification_t *verification = begin(&fixture);
    for (uint32_t i = 0; i < 100; i++)
        put_one(fixture.store, "BUSY", JUNE, i + 1, i);
    cr_assert_eq(await_end(verification)->status, STATUS_OK, "%s", await_end(verification)->why);
    cr_assert_eq(current_value(fixture.store, "BUSY", JUNE), 99);
}

Test(verification, a_damaged_record_passes_the_pages_and_is_found_beside, .timeout = 120)
{
    for (store_table_t table = 0; table < TABLE_COUNT; table++) {
        CLEANUP(tear_down) fixture_t fixture = set_up();
        store_counts_t counts;
        char why[1000] = "", expected[1000] = "";
        unsigned format = 0;
        if (table == TABLE_META || table == TABLE_EVENTS)
            continue; /* the head, and the newest event, are read before serving */
        spoil_table(fixture.store, table);
        cr_assert_eq(store_verify(path_of(&fixture), &counts, expected, sizeof expected), STATUS_DAMAGED, "%s",
                     store_table_names[table]);
        close_store(&fixture);
        cr_assert_eq(store_verify_pages(path_of(&fixture), &format, why, sizeof why), STATUS_OK, "%s: %s",
                     store_table_names[table], why);
        cr_assert_eq(format, STORE_FORMAT);
        CLEANUP(store_verification_destroy) store_verification_t *verification = begin(&fixture);
        const store_progress_t *progress = await_end(verification);
        cr_assert_eq(progress->status, STATUS_DAMAGED, "%s", store_table_names[table]);
        cr_assert_str_eq(progress->why, expected);
        cr_assert(strstr(progress->why, "; restore the directory from a backup"), "%s", progress->why);
        assert_no_child();
    }
}

Test(verification, a_damaged_newest_event_is_refused_at_once)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    const store_options_t options = {.map_bytes = MAP_BYTES};
    char why[500] = "";
    spoil_table(fixture.store, TABLE_EVENTS);
    close_store(&fixture);
    cr_assert_eq(store_open(path_of(&fixture), &options, &fixture.store, why, sizeof why), STATUS_DAMAGED);
    cr_assert(strstr(why, "the log does not end as it was left"), "%s", why);
}

Test(verification, a_damaged_page_is_refused_before_anything_is_opened)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    char why[500] = "";
    unsigned format;
    size_t size;
    close_store(&fixture);
    char data[200];
    snprintf(data, sizeof data, "%s/data.mdb", path_of(&fixture));
    uint8_t *bytes = file_read(data, &size);
    size_t refused = 0;
    for (size_t page = 2; page < size / 4096; page += 3) {
        uint8_t kept[4096];
        memcpy(kept, bytes + page * 4096, sizeof kept);
        memset(bytes + page * 4096 + 16, 0xFF, 4096 - 16);
        file_write(data, bytes, size);
        status_t status = store_verify_pages(path_of(&fixture), &format, why, sizeof why);
        cr_assert(status == STATUS_OK || status == STATUS_DAMAGED);
        refused += status == STATUS_DAMAGED;
        memcpy(bytes + page * 4096, kept, sizeof kept);
    }
    file_write(data, bytes, size);
    free(bytes);
    cr_assert_gt(refused, size / 4096 / 3 / 2, "most pages are in use");
    assert_no_child();
}

static uint16_t take16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* Searches go astray where a leaf's keys ascend, but lie beside those that its branch gives it. How many of the leaves
 * are refused whose first or last key was moved out. */
static void move_keys_out(const char *store, bool last, size_t *out_moved, size_t *out_refused)
{
    char data[200], why[500];
    unsigned format;
    size_t size;
    snprintf(data, sizeof data, "%s/data.mdb", store);
    uint8_t *bytes = file_read(data, &size);
    for (uint8_t *page = bytes + 2 * 4096; page < bytes + size; page += 4096) {
        const size_t count = (take16(page + 12) - 16u) / 2;
        if (take16(page + 10) != 2 || count < 2 || count > 500)
            continue; /* no leaf */
        uint8_t *node = page + take16(page + 16 + 2 * (last ? count - 1 : 0)), *byte = node + 8, kept = *byte;
        const uint8_t beyond = last ? 0xFF : 0;
        if (kept == beyond || take16(node + 4) & 2)
            continue; /* at the end already, or the list of tables */
        *byte = beyond;
        file_write(data, bytes, size);
        *out_refused += store_verify_pages(store, &format, why, sizeof why) != STATUS_OK;
        *out_moved += 1;
        *byte = kept;
    }
    file_write(data, bytes, size);
    free(bytes);
}

/* So many that the indices have dozens of leaves. */
static void put_many(store_t *store)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    for (int i = 0; i < 3000; i++) {
        char dealer[16];
        uint64_t sequence;
        snprintf(dealer, sizeof dealer, "M%05d", i);
        const stored_revision_t revision = revision_of(dealer, JUNE, 1, i);
        OK(store_put_revision(txn, &revision, &sequence));
    }
    OK(store_commit(&txn));
}

Test(verification, keys_that_lie_outside_their_branch_are_refused_before_anything_is_opened, .timeout = 120)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    put_many(fixture.store);
    close_store(&fixture);
    for (int last = 0; last < 2; last++) {
        size_t moved = 0, refused = 0;
        move_keys_out(path_of(&fixture), last, &moved, &refused);
        cr_assert_gt(moved, 25);
        cr_assert_gt(refused, moved / 2, "%zu of %zu; free pages and a table's ends do not matter", refused, moved);
    }
}

Test(verification, it_ends_with_who_wanted_it)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    store_verification_t *verification = NULL;
    close_store(&fixture);
    OK(store_verification_create(path_of(&fixture), &verification));
    store_verification_destroy(&verification); /* never begun */
    assert_no_child();
    verification = begin(&fixture);
    cr_assert_eq(kill(child_of_this(), SIGSTOP), 0); /* at work */
    store_verification_destroy(&verification);
    cr_assert_null(verification);
    store_verification_destroy(&verification);
    assert_no_child();
}

Test(verification, a_child_that_somebody_ends_says_nothing_of_the_store)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    store_verification_t *verification = NULL;
    close_store(&fixture);
    OK(store_verification_create(path_of(&fixture), &verification));
    open_store(&fixture);
    cr_assert_eq(kill(child_of_this(), SIGKILL), 0);
    store_verification_start(verification);
    const store_progress_t *progress = await_end(verification);
    cr_assert(progress->status != STATUS_OK && progress->status != STATUS_DAMAGED, "%s", status_name(progress->status));
    cr_assert_neq(strlen(progress->why), 0);
    store_verification_destroy(&verification);
    assert_no_child();
}

/* What a damaged page makes a reader do. */
Test(verification, a_child_that_crashes_has_found_damage)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    store_verification_t *verification = NULL;
    close_store(&fixture);
    OK(store_verification_create(path_of(&fixture), &verification));
    open_store(&fixture);
    cr_assert_eq(kill(child_of_this(), SIGBUS), 0);
    const store_progress_t *progress = await_end(verification);
    cr_assert_eq(progress->status, STATUS_DAMAGED, "%s", status_name(progress->status));
    cr_assert(strstr(progress->why, "reading it ended the reading process; restore"), "%s", progress->why);
    store_verification_destroy(&verification);
}

/* ---- and what is read meanwhile is checked as it is read */

static status_t take_revision(void *context, const stored_revision_t *revision)
{
    (void)context;
    (void)revision;
    return STATUS_OK;
}

static status_t take_change(void *context, const char *dealer, uint64_t sequence)
{
    (void)context;
    (void)dealer;
    (void)sequence;
    return STATUS_OK;
}

static status_t take_filed(void *context, const char *dealer, filed_t filed)
{
    (void)context;
    (void)dealer;
    (void)filed;
    return STATUS_OK;
}

static status_t take_key(void *context, const stored_key_t *key)
{
    (void)context;
    (void)key;
    return STATUS_OK;
}

static bool any_month(void *context, period_t period)
{
    (void)context;
    (void)period;
    return true;
}

/* One way to read each table: what it says. */
typedef struct {
    store_txn_t *txn;
    arena_t *arena;
} reading_t;

static void read_months(const reading_t *reading, store_table_t table, const uint8_t id[SUBMISSION_ID_SIZE])
{
    store_txn_t *txn = reading->txn;
    stored_revision_t revision;
    stored_answer_t answer;
    uint64_t sequence;
    bool any;
    period_t first, last;
    if (table == TABLE_CURRENT || table == TABLE_REVISIONS) {
        cr_assert_eq(store_get_current(txn, "D0007", JUNE, true, reading->arena, &revision), STATUS_DAMAGED);
        cr_assert_eq(store_scan_month(txn, JUNE, take_revision, NULL), STATUS_DAMAGED);
        cr_assert_eq(store_scan_filed(txn, JUNE, take_filed, NULL), STATUS_DAMAGED);
    }
    if (table == TABLE_CURRENT)
        cr_assert_eq(store_scan_changes(txn, JUNE, 0, take_change, NULL), STATUS_DAMAGED);
    if (table == TABLE_HISTORY) {
        cr_assert_eq(store_get_sequence_of(txn, "D0007", JUNE, 1, &sequence), STATUS_DAMAGED);
        cr_assert_eq(store_get_sequence_at(txn, "D0007", JUNE, UINT64_MAX, &sequence), STATUS_DAMAGED);
        cr_assert_eq(store_has_revisions(txn, "D0007", &any), STATUS_DAMAGED);
        cr_assert_eq(store_find_reports(txn, "D0007", any_month, NULL, &first, &last), STATUS_DAMAGED);
    }
    if (table == TABLE_ANSWERS)
        cr_assert_eq(store_get_answer(txn, "D0007", id, reading->arena, &answer), STATUS_DAMAGED);
}

static status_t take_subject(void *context, const char *subject, uint64_t event)
{
    (void)context;
    (void)subject;
    (void)event;
    return STATUS_OK;
}

static void read_others(const reading_t *reading, store_table_t table, const uint8_t key[KEY_SIZE],
                        const uint8_t digest[DIGEST_SIZE])
{
    store_txn_t *txn = reading->txn;
    arena_t *arena = reading->arena;
    stored_key_t entry, *keys;
    stored_token_t token, *tokens;
    network_lines_t lines;
    stored_event_t event;
    span_t yaml;
    size_t count;
    bool more;
    if (table == TABLE_KEYS) {
        cr_assert_eq(store_get_key(txn, key, arena, &entry), STATUS_DAMAGED);
        cr_assert_eq(store_scan_keys(txn, take_key, NULL), STATUS_DAMAGED);
        cr_assert_eq(store_list_keys(txn, arena, &keys, &count), STATUS_DAMAGED);
    }
    if (table == TABLE_TOKENS) {
        cr_assert_eq(store_get_token(txn, digest, arena, &token), STATUS_DAMAGED);
        cr_assert_eq(store_list_tokens(txn, NULL, 10, arena, &tokens, &count, &more), STATUS_DAMAGED);
    }
    if (table == TABLE_CATALOGS)
        cr_assert_eq(store_get_catalog(txn, 0, arena, &yaml), STATUS_DAMAGED);
    if (table == TABLE_NETWORKS)
        cr_assert_eq(store_get_network(txn, 0, arena, &lines), STATUS_DAMAGED);
    if (table == TABLE_EVENTS)
        cr_assert_eq(store_get_event(txn, 1, arena, &event), STATUS_DAMAGED);
    if (table == TABLE_EVENTS || table == TABLE_SUBJECTS) {
        cr_assert_eq(store_last_event(txn, "network", UINT64_MAX, arena, &event), STATUS_DAMAGED);
        cr_assert_eq(store_next_event(txn, "network", 0, arena, &event), STATUS_DAMAGED);
    }
    if (table == TABLE_SUBJECTS)
        cr_assert_eq(store_scan_subjects(txn, "", UINT64_MAX, take_subject, NULL), STATUS_DAMAGED);
}

/* The first record's key. */
static void first_key(store_txn_t *txn, store_table_t table, uint8_t out[], size_t offset, size_t size)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    cr_assert_eq(mdb_cursor_open(txn->txn, txn->store->tables[table], &cursor), MDB_SUCCESS);
    cr_assert_eq(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), MDB_SUCCESS);
    for (; offset && memcmp(key.mv_data, "D0007", 6) != 0;) /* the answer that is asked for is D0007's */
        cr_assert_eq(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), MDB_SUCCESS);
    memcpy(out, (const uint8_t *)key.mv_data + offset, size);
    mdb_cursor_close(cursor);
}

Test(verification, each_record_is_checked_whenever_it_is_read, .timeout = 120)
{
    for (store_table_t table = TABLE_META + 1; table < TABLE_COUNT; table++) {
        CLEANUP(tear_down) fixture_t fixture = set_up();
        CLEANUP(arena_destroy) arena_t *arena = arena_create(64u << 20);
        CLEANUP(store_abort) store_txn_t *txn = NULL;
        uint8_t id[SUBMISSION_ID_SIZE], key[KEY_SIZE], digest[DIGEST_SIZE];
        spoil_table(fixture.store, table);
        OK(store_begin_read(fixture.store, &txn));
        first_key(txn, TABLE_ANSWERS, id, sizeof "D0007", sizeof id);
        first_key(txn, TABLE_KEYS, key, 0, sizeof key);
        first_key(txn, TABLE_TOKENS, digest, 0, sizeof digest);
        const reading_t reading = {txn, arena};
        read_months(&reading, table, id);
        read_others(&reading, table, key, digest);
    }
}
