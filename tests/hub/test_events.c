/* The log: what is entered, and that whoever changes the stored bytes is found out, though he knows the program and
 * makes checksums, counts and the head anew. Only a log that was wholly written anew stands by itself; that is found by
 * an entry that was seen earlier. */
#include "core/catalog.h"
#include "core/scratch.h"
#include "hub/store_internal.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t SOME_KEY[KEY_SIZE] = {[0 ... KEY_SIZE - 1] = 6}; /* of those that fill() puts */

/* ---- stores */

static void append(store_t *store, event_kind_t kind, const char *subject, uint64_t time_ms)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    store_actor_t actor = {.time_ms = time_ms, .role = ROLE_HEADQUARTERS, .public_key = {1, 2, 3}};
    stored_event_t event = {.kind = kind, .subject = subject, .period = JUNE, .text = "why"};
    OK(store_begin_write(store, &txn));
    store_set_actor(txn, &actor);
    OK(store_append_event(txn, &event));
    OK(store_commit(&txn));
}

static void put_network(store_t *store)
{
    static const network_region_line_t REGIONS[] = {{"east", "", "East", 0}, {"west", "", "West", 0}};
    const network_lines_t lines = {.regions = REGIONS, .region_count = 2};
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    OK(store_put_network(txn, &lines, 77));
    OK(store_commit(&txn));
}

/* The built-in catalog under another version number. */
static void put_catalog(store_t *store)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    span_t builtin = catalog_builtin();
    CLEANUP(scratch_free) char *text = strndup((const char *)builtin.data, builtin.size);
    char *version = strstr(text, "version: 1");
    cr_assert(version);
    version[9] = '2';
    span_t yaml = {(const uint8_t *)text, builtin.size};
    OK(catalog_load(yaml, &catalog, &faults));
    OK(store_begin_write(store, &txn));
    OK(store_put_catalog(txn, catalog->digest, yaml, 78));
    OK(store_commit(&txn));
}

static void put_key(store_t *store, const uint8_t public_key[KEY_SIZE], bool revoked)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    stored_key_t key = {.entry = {.role = ROLE_MANAGER, .region = "east", .admitted_ms = 5, .revoked = revoked}};
    OK(store_begin_write(store, &txn));
    OK(store_put_key(txn, public_key, &key));
    OK(store_commit(&txn));
}

/* A store with every kind of record, and deeds that only the log tells in the middle of it. */
static store_t *filled_store(const directory_t *directory)
{
    store_t *store = store_at(directory, MAP_BYTES);
    fill(store);
    append(store, EVENT_CLOSE, "month/202506", 1000);
    put_network(store);
    put_catalog(store);
    append(store, EVENT_REOPEN, "month/202506", 2000);
    put_one(store, "D0007", JUNE, 2, 99);
    append(store, EVENT_CLOSE, "month/202506", 3000);
    put_key(store, SOME_KEY, true);
    put_one(store, "D0007", JUNE, 3, 100);
    return store;
}

static uint64_t newest_of(store_t *store, uint8_t hash[DIGEST_SIZE])
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    uint64_t event, time_ms;
    OK(store_begin_read(store, &txn));
    store_newest_event(txn, &event, &time_ms);
    if (hash)
        OK(store_hash_of_event(txn, event, hash));
    return event;
}

/* As `audit verify` asks: part by part. */
static status_t verify_log(store_t *store, const log_expectation_t *expected, size_t budget, char why[500])
{
    log_mark_t mark = {0};
    bool complete = false;
    size_t parts = 0;
    while (!complete) {
        CLEANUP(store_abort) store_txn_t *txn = NULL;
        cr_assert_lt(parts++, 10000);
        OK(store_begin_read(store, &txn));
        TRY(store_verify_log(txn, expected, budget, &mark, &complete, why, 500));
    }
    cr_assert_eq(mark.event, newest_of(store, NULL));
    return STATUS_OK;
}

/* ---- the attacker: he writes records with right checksums and counts past the log */

static span_t payload_of(store_txn_t *txn, store_table_t table, const store_key_t *key)
{
    span_t payload;
    OK(store_get(txn, table, key, &payload));
    return payload;
}

/* A copy that lives on while records are written. */
static buffer_t copy_of(store_txn_t *txn, store_table_t table, const store_key_t *key)
{
    span_t payload = payload_of(txn, table, key);
    buffer_t copy = {.data = malloc(payload.size + 1), .size = payload.size};
    cr_assert(copy.data);
    memcpy(copy.data, payload.data, payload.size);
    return copy;
}

static void overwrite(store_txn_t *txn, store_table_t table, const store_key_t *key, const buffer_t *bytes)
{
    OK(store_put(txn, table, key, (span_t){bytes->data, bytes->size}, 0));
}

static void erase(store_txn_t *txn, store_table_t table, const store_key_t *key)
{
    MDB_val at = {key->size, (void *)key->bytes};
    cr_assert_eq(mdb_del(txn->txn, txn->store->tables[table], &at, NULL), 0);
    txn->head.counts[table]--;
    txn->dirty = true;
}

static store_key_t subject_key(const char *subject, uint64_t event)
{
    store_key_t key = {.size = strlen(subject) + 9};
    memcpy(key.bytes, subject, strlen(subject) + 1);
    frame_put_u64(key.bytes + strlen(subject) + 1, event);
    return key;
}

/* Makes the head's word of the log's end right. */
static void refit_head(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    uint64_t last = txn->head.counts[TABLE_EVENTS];
    stored_event_t event;
    OK(store_get_event(txn, last, arena, &event));
    OK(store_hash_of_event(txn, last, txn->head.event_hash));
    txn->head.event_ms = event.time_ms;
    txn->dirty = true;
}

typedef void edit_t(stored_event_t *event);

static void rewrite_event(store_txn_t *txn, uint64_t number, edit_t *edit)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    stored_event_t event;
    store_key_t key = store_key_of_u64(number);
    OK(store_get_event(txn, number, arena, &event));
    edit(&event);
    OK(stored_event_encode(&event, &bytes));
    overwrite(txn, TABLE_EVENTS, &key, &bytes);
}

/* Chains all entries anew from one on, and the head. */
static void rechain(store_txn_t *txn, uint64_t from)
{
    for (uint64_t number = from; number <= txn->head.counts[TABLE_EVENTS]; number++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
        CLEANUP(buffer_fini) buffer_t bytes = {0};
        stored_event_t event;
        store_key_t key = store_key_of_u64(number);
        OK(store_get_event(txn, number, arena, &event));
        if (number > 1)
            OK(store_hash_of_event(txn, number - 1, event.before));
        OK(stored_event_encode(&event, &bytes));
        overwrite(txn, TABLE_EVENTS, &key, &bytes);
    }
    refit_head(txn);
}

static uint64_t middle(const store_txn_t *txn)
{
    return txn->head.counts[TABLE_EVENTS] - 5;
}

static void flip_last(store_txn_t *txn, store_table_t table, const store_key_t *key)
{
    CLEANUP(buffer_fini) buffer_t bytes = copy_of(txn, table, key);
    bytes.data[bytes.size - 1] ^= 1;
    overwrite(txn, table, key, &bytes);
}

/* ---- each kind of tampering */

static void another_text(stored_event_t *event)
{
    event->text = "another";
}

static void another_key(stored_event_t *event)
{
    event->has_actor = true;
    event->role = ROLE_HEADQUARTERS;
    memset(event->public_key, 9, KEY_SIZE);
}

static void another_time(stored_event_t *event)
{
    event->time_ms++;
}

static void change_text(store_txn_t *txn)
{
    rewrite_event(txn, middle(txn), another_text);
}

static void change_actor(store_txn_t *txn)
{
    rewrite_event(txn, middle(txn), another_key);
}

static void change_time(store_txn_t *txn)
{
    rewrite_event(txn, middle(txn), another_time);
}

static void first_moment(stored_event_t *event)
{
    event->time_ms = 0;
}

static void turn_time_back(store_txn_t *txn)
{
    rewrite_event(txn, middle(txn), first_moment);
    rechain(txn, 2);
}

static void change_last(store_txn_t *txn)
{
    rewrite_event(txn, txn->head.counts[TABLE_EVENTS], another_text);
}

static void cut_one(store_txn_t *txn)
{
    store_key_t key = store_key_of_u64(middle(txn));
    erase(txn, TABLE_EVENTS, &key);
}

/* All behind it move up by one. */
static void cut_and_close_ranks(store_txn_t *txn)
{
    uint64_t last = txn->head.counts[TABLE_EVENTS];
    for (uint64_t number = middle(txn); number < last; number++) {
        store_key_t from = store_key_of_u64(number + 1), to = store_key_of_u64(number);
        CLEANUP(buffer_fini) buffer_t bytes = copy_of(txn, TABLE_EVENTS, &from);
        overwrite(txn, TABLE_EVENTS, &to, &bytes);
    }
    store_key_t key = store_key_of_u64(last);
    erase(txn, TABLE_EVENTS, &key);
    refit_head(txn);
}

static void swap_two(store_txn_t *txn)
{
    store_key_t one = store_key_of_u64(middle(txn)), other = store_key_of_u64(middle(txn) + 1);
    CLEANUP(buffer_fini) buffer_t first = copy_of(txn, TABLE_EVENTS, &one);
    CLEANUP(buffer_fini) buffer_t second = copy_of(txn, TABLE_EVENTS, &other);
    overwrite(txn, TABLE_EVENTS, &one, &second);
    overwrite(txn, TABLE_EVENTS, &other, &first);
}

static void insert_one(store_txn_t *txn)
{
    uint64_t last = txn->head.counts[TABLE_EVENTS], place = middle(txn);
    for (uint64_t number = last; number >= place; number--) {
        store_key_t from = store_key_of_u64(number), to = store_key_of_u64(number + 1);
        CLEANUP(buffer_fini) buffer_t bytes = copy_of(txn, TABLE_EVENTS, &from);
        overwrite(txn, TABLE_EVENTS, &to, &bytes);
    }
    rewrite_event(txn, place, another_text);
    refit_head(txn);
}

static void change_facts(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    stored_revision_t revision;
    store_key_t key = store_key_of_u64(17);
    OK(store_get_sequence(txn, 17, true, arena, &revision));
    revision.facts = some_facts(revision.facts.values[0] + 1);
    OK(stored_revision_encode(&revision, &bytes));
    overwrite(txn, TABLE_REVISIONS, &key, &bytes);
}

static void move_revisions_time(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    stored_revision_t revision;
    store_key_t key = store_key_of_u64(17);
    OK(store_get_sequence(txn, 17, true, arena, &revision));
    revision.late = !revision.late;
    revision.time_ms -= 1;
    OK(stored_revision_encode(&revision, &bytes));
    overwrite(txn, TABLE_REVISIONS, &key, &bytes);
}

/* A network whose bytes still are one. */
static void change_network(store_txn_t *txn)
{
    static const network_region_line_t REGIONS[] = {{"north", "", "North", 0}};
    const network_lines_t lines = {.regions = REGIONS, .region_count = 1};
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    store_key_t key = store_key_of_u64(1);
    OK(stored_network_encode(&lines, &bytes));
    buffer_t whole = {.data = calloc(1, bytes.size + NETWORK_HEADER_SIZE), .size = bytes.size + NETWORK_HEADER_SIZE};
    memcpy(whole.data + NETWORK_HEADER_SIZE, bytes.data, bytes.size);
    overwrite(txn, TABLE_NETWORKS, &key, &whole);
    buffer_fini(&whole);
}

static void change_catalogs_time(store_txn_t *txn)
{
    store_key_t key = store_key_of_u64(txn->head.catalog_digest);
    CLEANUP(buffer_fini) buffer_t bytes = copy_of(txn, TABLE_CATALOGS, &key);
    bytes.data[15] ^= 1;
    overwrite(txn, TABLE_CATALOGS, &key, &bytes);
}

static void change_catalogs_text(store_txn_t *txn)
{
    store_key_t key = store_key_of_u64(txn->head.catalog_digest);
    flip_last(txn, TABLE_CATALOGS, &key);
}

/* The earlier catalog is made current again, past the log. */
static void turn_catalog_back(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_event_t event;
    OK(store_next_event(txn, "catalog", 0, arena, &event));
    cr_assert_neq(event.catalog_digest, txn->head.catalog_digest);
    txn->head.catalog_digest = event.catalog_digest;
    txn->dirty = true;
}

static void smuggle_catalog(store_txn_t *txn)
{
    store_key_t from = store_key_of_u64(txn->head.catalog_digest), to = store_key_of_u64(12345);
    CLEANUP(buffer_fini) buffer_t bytes = copy_of(txn, TABLE_CATALOGS, &from);
    overwrite(txn, TABLE_CATALOGS, &to, &bytes);
}

static void smuggle_network(store_txn_t *txn)
{
    store_key_t from = store_key_of_u64(1), to = store_key_of_u64(++txn->head.network);
    CLEANUP(buffer_fini) buffer_t bytes = copy_of(txn, TABLE_NETWORKS, &from);
    overwrite(txn, TABLE_NETWORKS, &to, &bytes);
}

static void put_rights(store_txn_t *txn, const uint8_t public_key[KEY_SIZE])
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    stored_key_t key = {.entry = {.role = ROLE_HEADQUARTERS, .region = "", .admitted_ms = 1}};
    store_key_t at = store_key_of_bytes(public_key, KEY_SIZE);
    OK(stored_key_encode(&key, &bytes));
    overwrite(txn, TABLE_KEYS, &at, &bytes);
}

static void raise_rights(store_txn_t *txn)
{
    put_rights(txn, SOME_KEY);
}

static void smuggle_key(store_txn_t *txn)
{
    put_rights(txn, (const uint8_t[KEY_SIZE]){0xEE});
}

static void erase_key(store_txn_t *txn)
{
    store_key_t key = store_key_of_bytes(SOME_KEY, KEY_SIZE);
    erase(txn, TABLE_KEYS, &key);
}

static void erase_token(store_txn_t *txn)
{
    store_key_t key = store_key_of_bytes((const uint8_t[DIGEST_SIZE]){7}, DIGEST_SIZE);
    erase(txn, TABLE_TOKENS, &key);
}

/* The number of the last closing, which `subjects` must lead to. */
static uint64_t last_closing(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_event_t event;
    OK(store_last_event(txn, "month/202506", UINT64_MAX, arena, &event));
    return event.event;
}

static void erase_subject(store_txn_t *txn)
{
    store_key_t key = subject_key("month/202506", last_closing(txn));
    erase(txn, TABLE_SUBJECTS, &key);
}

static void move_subject(store_txn_t *txn)
{
    store_key_t from = subject_key("month/202506", last_closing(txn));
    store_key_t to = subject_key("month/202507", last_closing(txn));
    erase(txn, TABLE_SUBJECTS, &from);
    OK(store_put(txn, TABLE_SUBJECTS, &to, (span_t){(const uint8_t *)"", 0}, 0));
}

static void add_subject(store_txn_t *txn)
{
    store_key_t key = subject_key("month/202507", last_closing(txn));
    OK(store_put(txn, TABLE_SUBJECTS, &key, (span_t){(const uint8_t *)"", 0}, 0));
}

static void lead_elsewhere(store_txn_t *txn)
{
    store_key_t key = subject_key("month/202506", txn->head.counts[TABLE_EVENTS]);
    OK(store_put(txn, TABLE_SUBJECTS, &key, (span_t){(const uint8_t *)"", 0}, 0));
}

/* The changed revision's entry is given the right digest, but the chain is not made anew. */
static void change_facts_and_entry(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    crypto_generichash_state state;
    stored_event_t event;
    uint64_t number = txn->head.counts[TABLE_EVENTS];
    change_facts(txn);
    do
        OK(store_get_event(txn, --number, arena, &event));
    while (event.kind != EVENT_REVISIONS || event.first_sequence > 17);
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    for (uint64_t sequence = event.first_sequence; sequence <= event.sequence; sequence++) {
        store_key_t at = store_key_of_u64(sequence);
        store_hash_record(&state, &at, payload_of(txn, TABLE_REVISIONS, &at));
    }
    crypto_generichash_final(&state, event.digest, DIGEST_SIZE);
    store_key_t key = store_key_of_u64(number);
    OK(stored_event_encode(&event, &bytes));
    overwrite(txn, TABLE_EVENTS, &key, &bytes);
}

static const struct {
    const char *what;
    void (*tamper)(store_txn_t *txn);
    const char *says; /* while it is served */
} TAMPERINGS[] = {
    {"a text in an entry", change_text, "does not follow from the one before"},
    {"who did it", change_actor, "does not follow from the one before"},
    {"a time moved", change_time, "does not follow from the one before"},
    {"a time before the one before, all written anew", turn_time_back, "is of an earlier time than the one before"},
    {"the last entry", change_last, "does not end as it was left"},
    {"one cut out", cut_one, "is missing"},
    {"one cut out, the others moved up", cut_and_close_ranks, "does not follow from the one before"},
    {"two swapped", swap_two, "does not follow from the one before"},
    {"one put in", insert_one, "does not follow from the one before"},
    {"a revision's facts", change_facts, "was made with other revisions"},
    {"a revision's facts and its entry", change_facts_and_entry, "does not follow from the one before"},
    {"a revision's time", move_revisions_time, "was made with other revisions"},
    {"a network", change_network, "was made with another record of table networks"},
    {"a catalog's time", change_catalogs_time, "was made with another record of table catalogs"},
    {"a catalog's text", change_catalogs_text, "was made with another record of table catalogs"},
    {"a catalog that nobody installed", smuggle_catalog, "does not tell of catalog 0000000000003039"},
    {"a network that nobody imported", smuggle_network, "tells of networks up to 2, and the newest is 3"},
    {"which catalog is current", turn_catalog_back, "does not tell of what is current"},
    {"a key's rights", raise_rights, "was made with another record of table keys"},
    {"a key that nobody admitted", smuggle_key, "does not tell of a record of table keys"},
    {"a key erased", erase_key, "tells of a record of table keys that is not there"},
    {"a token erased", erase_token, "tells of a record of table tokens that is not there"},
    {"an entry out of the index", erase_subject, "is not found under its subject"},
    {"an entry under another subject", move_subject, "is not found under its subject"},
    {"an entry under a second subject", add_subject, "index names events that are not about its subjects"},
    {"a subject that leads elsewhere", lead_elsewhere, "index names events that are not about its subjects"},
};

static void tamper(store_t *store, void (*how)(store_txn_t *txn))
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    how(txn);
    OK(store_commit(&txn));
}

Test(events, each_kind_of_tampering_is_found, .timeout = 120)
{
    for (size_t i = 0; i < sizeof TAMPERINGS / sizeof *TAMPERINGS; i++) {
        CLEANUP(directory_remove) directory_t directory = directory_make();
        CLEANUP(store_close) store_t *store = filled_store(&directory);
        char why[500] = "", offline[500] = "";
        store_counts_t counts;
        cr_assert_eq(verify_log(store, NULL, 100, why), STATUS_OK, "%s: %s", TAMPERINGS[i].what, why);
        tamper(store, TAMPERINGS[i].tamper);
        cr_assert_eq(verify_log(store, NULL, 100, why), STATUS_DAMAGED, "%s", TAMPERINGS[i].what);
        cr_assert(strstr(why, TAMPERINGS[i].says), "%s: %s", TAMPERINGS[i].what, why);
        store_close(&store);
        cr_assert_eq(store_verify(path_in(&directory, "store"), &counts, offline, sizeof offline), STATUS_DAMAGED, "%s",
                     TAMPERINGS[i].what);
    }
}

/* ---- cut from the end */

static void cut_last(store_txn_t *txn)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_event_t event;
    uint64_t last = txn->head.counts[TABLE_EVENTS];
    store_key_t key = store_key_of_u64(last);
    OK(store_get_event(txn, last, arena, &event));
    if (*event.subject) {
        store_key_t subject = subject_key(event.subject, last);
        erase(txn, TABLE_SUBJECTS, &subject);
    }
    erase(txn, TABLE_EVENTS, &key);
    refit_head(txn);
}

static void add_revision(store_t *store)
{
    put_one(store, "D0014", JUNE, 3, 7);
}

static void add_key(store_t *store)
{
    put_key(store, (const uint8_t[KEY_SIZE]){0xAA}, false);
}

static void revoke_key(store_t *store)
{
    put_key(store, (const uint8_t[KEY_SIZE]){[0 ... KEY_SIZE - 1] = 11}, true);
}

static void add_closing(store_t *store)
{
    append(store, EVENT_CLOSE, "month/202507", 9000);
}

static const struct {
    void (*last)(store_t *store);
    const char *says; /* NULL: only who has seen it can tell */
} CUTS[] = {
    {add_revision, "tells of revisions up to"},
    {put_network, "tells of networks up to"},
    {add_key, "does not tell of a record of table keys"},
    {revoke_key, "was made with another record of table keys"},
    {add_closing, NULL},
};

Test(events, what_is_cut_from_the_end_is_found_by_the_other_tables_or_by_who_has_seen_it, .timeout = 120)
{
    for (size_t i = 0; i < sizeof CUTS / sizeof *CUTS; i++) {
        CLEANUP(directory_remove) directory_t directory = directory_make();
        CLEANUP(store_close) store_t *store = filled_store(&directory);
        char why[500] = "";
        log_expectation_t seen;
        CUTS[i].last(store);
        seen.event = newest_of(store, seen.hash);
        cr_assert_eq(verify_log(store, &seen, 100, why), STATUS_OK, "%zu: %s", i, why);
        tamper(store, cut_last);
        cr_assert_eq(verify_log(store, NULL, 100, why), CUTS[i].says ? STATUS_DAMAGED : STATUS_OK, "%zu: %s", i, why);
        cr_assert(!CUTS[i].says || strstr(why, CUTS[i].says), "%zu: %s", i, why);
        cr_assert_eq(verify_log(store, &seen, 100, why), STATUS_DAMAGED);
        cr_assert(CUTS[i].says || strstr(why, "was seen: it was cut"), "%zu: %s", i, why);
    }
}

/* ---- wholly written anew */

static void write_anew(store_txn_t *txn)
{
    change_facts_and_entry(txn);
    rechain(txn, 2);
}

static void close_at_another_time(store_txn_t *txn)
{
    rewrite_event(txn, middle(txn), another_text);
    rechain(txn, 2);
}

static log_expectation_t seen_at(store_t *store, uint64_t event)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    log_expectation_t seen = {.event = event};
    OK(store_begin_read(store, &txn));
    OK(store_hash_of_event(txn, event, seen.hash));
    return seen;
}

static void expect_rewriting_found(void (*how)(store_txn_t *txn))
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = filled_store(&directory);
    char why[500] = "";
    store_counts_t counts;
    uint64_t newest = newest_of(store, NULL);
    log_expectation_t before = seen_at(store, 1), after = seen_at(store, newest);
    append(store, EVENT_CLOSE, "month/202508", 9000); /* more came since then */
    cr_assert_eq(verify_log(store, &after, 100, why), STATUS_OK, "%s", why);
    tamper(store, how);
    cr_assert_eq(verify_log(store, NULL, 100, why), STATUS_OK, "it stands by itself: %s", why);
    cr_assert_eq(verify_log(store, &before, 100, why), STATUS_OK, "what was before it is as it was: %s", why);
    cr_assert_eq(verify_log(store, &after, 100, why), STATUS_DAMAGED);
    cr_assert(strstr(why, "has another hash than when it was seen"), "%s", why);
    store_close(&store);
    OK(store_verify(path_in(&directory, "store"), &counts, why, sizeof why));
}

Test(events, a_log_that_was_wholly_written_anew_is_found_by_who_has_seen_an_entry)
{
    expect_rewriting_found(write_anew);
    expect_rewriting_found(close_at_another_time);
}

Test(events, it_is_verified_part_by_part_to_the_same_end)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = filled_store(&directory);
    char why[500] = "";
    for (size_t budget = 1; budget < 2000; budget = budget * 3 + 1)
        cr_assert_eq(verify_log(store, NULL, budget, why), STATUS_OK, "%zu: %s", budget, why);
    tamper(store, change_facts);
    for (size_t budget = 1; budget < 2000; budget = budget * 3 + 1)
        cr_assert_eq(verify_log(store, NULL, budget, why), STATUS_DAMAGED, "%zu", budget);
}

/* ---- what is entered */

static stored_event_t event_of(store_t *store, uint64_t number, arena_t *arena)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    stored_event_t event;
    OK(store_begin_read(store, &txn));
    OK(store_get_event(txn, number, arena, &event));
    return event;
}

Test(events, an_aborted_transaction_enters_nothing)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = filled_store(&directory);
    uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
    uint64_t newest = newest_of(store, before), sequence;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    stored_revision_t revision = revision_of("D0700", JUNE, 1, 3);
    stored_key_t key = {.entry = {.role = ROLE_OPERATOR, .region = ""}};
    stored_event_t event = {.kind = EVENT_CLOSE, .subject = "month/202509", .period = JUNE + 3};
    OK(store_begin_write(store, &txn));
    OK(store_put_revision(txn, &revision, &sequence));
    OK(store_put_key(txn, SOME_KEY, &key));
    OK(store_append_event(txn, &event));
    store_abort(&txn);
    cr_assert_eq(newest_of(store, after), newest);
    cr_assert_arr_eq(before, after, DIGEST_SIZE);
    char why[500];
    cr_assert_eq(verify_log(store, NULL, 100, why), STATUS_OK, "%s", why);
}

Test(events, as_many_come_as_changes_and_a_transactions_revisions_are_one)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    fill(store); /* a catalog, a network, 20 keys; 30 tokens; 3 months; 1 revision */
    cr_assert_eq(newest_of(store, NULL), 1 + 1 + 20 + 30 + 3 + 1);
    put_network(store);
    put_catalog(store);
    append(store, EVENT_CLOSE, "month/202506", 1);
    cr_assert_eq(newest_of(store, NULL), 56 + 3);
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    OK(store_commit(&txn));
    cr_assert_eq(newest_of(store, NULL), 59, "nothing was changed");
}

Test(events, each_says_who_did_it_and_revisions_say_it_themselves)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    store_actor_t actor = {.time_ms = 5, .role = ROLE_OPERATOR, .public_key = {4, 4}};
    stored_key_t key = {.entry = {.role = ROLE_MANAGER, .region = "east"}};
    OK(store_begin_write(store, &txn));
    OK(store_put_key(txn, SOME_KEY, &key)); /* before anybody is named: the hub itself */
    store_set_actor(txn, &actor);
    key.entry.revoked = true;
    OK(store_put_key(txn, SOME_KEY, &key));
    stored_revision_t revision = revision_of("D1", JUNE, 1, 3);
    uint64_t sequence;
    OK(store_put_revision(txn, &revision, &sequence));
    OK(store_commit(&txn));
    stored_event_t event = event_of(store, 1, arena);
    cr_assert(event.kind == EVENT_KEY && !event.has_actor && !event.flag);
    cr_assert_str_eq(event.name, "manager");
    cr_assert_str_eq(event.scope, "east");
    event = event_of(store, 2, arena);
    cr_assert(event.kind == EVENT_KEY && event.has_actor && event.role == ROLE_OPERATOR && event.flag);
    cr_assert_arr_eq(event.public_key, actor.public_key, KEY_SIZE);
    event = event_of(store, 3, arena);
    cr_assert(event.kind == EVENT_REVISIONS && !event.has_actor && event.first_sequence == 1 && event.sequence == 1);
    cr_assert_eq(event.time_ms, 5);
}

Test(events, their_time_never_goes_back)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(store_close) store_t *store = store_at(&directory, MAP_BYTES);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    static const uint64_t CLOCK[] = {1000, 900, 0, 1001, 1000}, ENTERED[] = {1000, 1000, 1000, 1001, 1001};
    char why[500] = "";
    for (size_t i = 0; i < 5; i++)
        append(store, i % 2 ? EVENT_REOPEN : EVENT_CLOSE, "month/202506", CLOCK[i]);
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(event_of(store, i + 1, arena).time_ms, ENTERED[i], "%zu", i);
    cr_assert_eq(verify_log(store, NULL, 100, why), STATUS_OK, "%s", why);
}
