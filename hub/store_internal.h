/* What the store's parts share; the one header of the hub's that brings <lmdb.h> along. */
#pragma once

#include "hub/store.h"
#include "storage/environment.h"
#include "storage/frame.h"

#include <sodium.h>

#define TABLE_LIST(X)                                                                                                  \
    X(META, "meta")                                                                                                    \
    X(REVISIONS, "revisions")                                                                                          \
    X(CURRENT, "current")                                                                                              \
    X(HISTORY, "history")                                                                                              \
    X(ANSWERS, "answers")                                                                                              \
    X(KEYS, "keys")                                                                                                    \
    X(CATALOGS, "catalogs")                                                                                            \
    X(NETWORKS, "networks")                                                                                            \
    X(TOKENS, "tokens")                                                                                                \
    X(EVENTS, "events")                                                                                                \
    X(SUBJECTS, "subjects")

typedef enum {
#define TABLE_ENUM(id, name) TABLE_##id,
    TABLE_LIST(TABLE_ENUM)
#undef TABLE_ENUM
        TABLE_COUNT
} store_table_t;
extern const char *const store_table_names[TABLE_COUNT];

/* How many of them, from the first, a store of that format has: tables are only ever added at the end, since a record's
 * checksum covers its table's number. */
size_t store_tables_of(uint32_t format);

/* The one record of `meta`: what the rest must agree with. Written in each transaction that changes anything. */
typedef struct {
    uint32_t format;
    uint64_t epoch;               /* LMDB's number of the transaction that wrote it: a rolled-back meta page shows */
    uint64_t sequence;            /* of the newest revision */
    uint64_t catalog_digest;      /* of the current catalog; 0 = none */
    uint64_t network;             /* number of the current network; 0 = none */
    uint64_t counts[TABLE_COUNT]; /* records of each table */
    uint64_t event_ms;            /* of the newest event; its number is the count of events */
    uint8_t event_hash[DIGEST_SIZE];
} store_head_t;
#define STORE_HEAD_KEY  "head"
#define STORE_HEAD_SIZE (4 + 8 * (4 + TABLE_COUNT) + 8 + DIGEST_SIZE) /* of this format; earlier ones hold less */

struct store {
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    int lock; /* file descriptor of LOCK, held exclusively while the store is open */
    unsigned upgraded_from;
    uint64_t disclosure_stamp; /* atomic */
};

struct store_txn {
    store_t *store;
    MDB_txn *txn;
    bool writes, dirty;
    status_t failure; /* the first failure but NOT_FOUND: commit then refuses */
    store_head_t head;
    store_actor_t actor;
    bool has_disclosure; /* a release or an exemplar was entered */
    bool has_revisions;  /* put, and not entered in the log yet */
    uint64_t first_sequence;
    crypto_generichash_state revisions; /* over them */
};

/* A key under construction: at most LMDB's 511 bytes, here far below. */
typedef struct {
    uint8_t bytes[192];
    size_t size;
} store_key_t;

/* Big-endian numbers before a document's bytes: number and time; time. */
enum { CATALOG_HEADER_SIZE = 16, NETWORK_HEADER_SIZE = 8 };

#define STORED_RECORD_MEMORY_MAX                                                                                       \
    (UINT64_C(16) << 20) /* decoding one revision, answer or key: at most 500 consultants of 256 facts */
#define STORED_EVENT_MEMORY_MAX   (UINT64_C(256) << 20) /* one event: a release that holds back every dealer */
#define STORED_NETWORK_MEMORY_MAX (UINT64_C(2) << 30)   /* decoding one network at its caps (core/limits.h) */

/* Keys. */
store_key_t store_key_of_u64(uint64_t number);
store_key_t store_key_of_bytes(const uint8_t *bytes, size_t size);
store_key_t store_key_of_month(period_t period, const char *dealer);
store_key_t store_key_of_history(const char *dealer, period_t period, uint32_t revision);
store_key_t store_key_of_answer(const char *dealer, const uint8_t id[SUBMISSION_ID_SIZE]);

/* SipHash-2-4 over table, key and value (without the checksum itself). */
uint64_t store_checksum(store_table_t table, const uint8_t *key, size_t key_size, const uint8_t *value,
                        size_t value_size);

/* What a stored value holds between its version byte and its checksum. STATUS_DAMAGED, or STATUS_NEWER_FORMAT for a
 * version that this program does not know (with a right checksum). */
status_t store_unframe(store_table_t table, const uint8_t *key, size_t key_size, const uint8_t *value, size_t size,
                       span_t *out) NODISCARD;

/* Reads `head` from the frame's payload, of this format or an earlier one. */
status_t store_head_decode(span_t payload, store_head_t *out) NODISCARD;

/* Writes the transaction's head, as its commit does. */
status_t store_head_write(store_txn_t *txn) NODISCARD;

/* An environment to read from beside a hub that may be at work (`flags` beside MDB_RDONLY). */
status_t store_open_beside(const char *directory, unsigned flags, MDB_env **out, char *out_why,
                           size_t why_size) NODISCARD;
/* A page that was taken at the file's end and given back within one transaction is counted but never written. The file
 * is made as long as its count, so that a shorter one is always a truncated one. */
void store_extend_file(MDB_env *env);
/* Those of `format`. */
status_t store_open_tables(MDB_txn *txn, unsigned flags, uint32_t format, MDB_dbi out[TABLE_COUNT]) NODISCARD;
/* The head as a transaction sees it, and whether LMDB's own numbers agree with it. `meta` is its table's handle. */
status_t store_load_head(MDB_txn *txn, MDB_dbi meta, store_head_t *out) NODISCARD;
/* The same where no table is open yet. */
status_t store_find_head(MDB_txn *txn, store_head_t *out) NODISCARD;
status_t store_check_head(MDB_txn *txn, const MDB_dbi tables[TABLE_COUNT], const store_head_t *head, char *out_why,
                          size_t why_size) NODISCARD;

/* One record. Get: the payload lies in the map and lives as long as the transaction. Put: `payload` is framed; `flags`
 * as mdb_put's. STATUS_CONFLICT for MDB_NOOVERWRITE on a key that exists. */
status_t store_get(store_txn_t *txn, store_table_t table, const store_key_t *key, span_t *out) NODISCARD;
status_t store_put(store_txn_t *txn, store_table_t table, const store_key_t *key, span_t payload,
                   unsigned flags) NODISCARD;
/* The same for an index's value, a sequence. */
status_t store_get_u64(store_txn_t *txn, store_table_t table, const store_key_t *key, uint64_t *out) NODISCARD;
status_t store_put_u64_at(store_txn_t *txn, store_table_t table, const store_key_t *key, uint64_t value,
                          unsigned flags) NODISCARD;

/* Makes *payload one that outlives the transaction: its bytes are copied into `arena`. */
status_t store_copy_payload(arena_t *arena, span_t *payload) NODISCARD;
/* What an index names must be there: NOT_FOUND becomes DAMAGED. */
status_t store_must_exist(status_t status) NODISCARD;

/* hub/store_events.c: what the others tell the log. */

/* A revision was put under its sequence; entered with store_flush_revisions, which a commit does. */
status_t store_note_revision(store_txn_t *txn, uint64_t sequence, span_t payload) NODISCARD;
status_t store_flush_revisions(store_txn_t *txn) NODISCARD;
/* A record was put: an event of that kind and subject, with the record's digest. */
status_t store_note_record(store_txn_t *txn, stored_event_t *event, const store_key_t *key, span_t payload) NODISCARD;
/* The same of a key or a token, whose events tell its rights. */
status_t store_note_key(store_txn_t *txn, const stored_key_t *key, const store_key_t *at, span_t payload) NODISCARD;
status_t store_note_token(store_txn_t *txn, const stored_token_t *token, const store_key_t *at,
                          span_t payload) NODISCARD;
/* The subjects of keys and tokens: "key/HEX". */
void store_subject_of(const char *kind, const uint8_t bytes[32], char out[STORE_SUBJECT_SIZE]);
/* A record by itself: BLAKE2b-256 of u64 size of the key, key, u64 size of the payload, payload; revisions one behind
 * the other. */
void store_hash_record(crypto_generichash_state *state, const store_key_t *key, span_t payload);
/* What the next event carries as `before`: BLAKE2b-256 of the event's number u64 and its payload. */
void store_hash_event(uint64_t event, span_t payload, uint8_t out[DIGEST_SIZE]);

/* FORMAT, LOCK and data.mdb before LMDB opens them (hub/store_files.c). `exclusive` waits for nobody: a store that is
 * served elsewhere is refused. */
status_t store_check_format(const char *directory, unsigned *out_format, char *out_why, size_t why_size) NODISCARD;
/* Replaces FORMAT by this program's number, all or nothing, synced. */
status_t store_renew_format(const char *directory, char *out_why, size_t why_size) NODISCARD;
status_t store_take_lock(const char *directory, int *out_lock, char *out_why, size_t why_size) NODISCARD;
/* LOCK and FORMAT as new files, synced with their directory. FORMAT comes last: a directory that has it is whole. */
status_t store_finish_files(const char *directory, unsigned format, char *out_why, size_t why_size) NODISCARD;
/* Whole directory entries reach the disk. */
status_t store_sync_directory(const char *directory) NODISCARD;

/* hub/store_upgrade.c: what store_open does where it upgrades. `format` is what FORMAT says. Nothing where the store is
 * up to date; store->upgraded_from says what was done. */
status_t store_upgrade(store_t *store, const char *directory, unsigned format, uint64_t now_ms, char *out_why,
                       size_t why_size) NODISCARD;

/* hub/store_pages.c: LMDB's data file read without LMDB, for what that trusts (storage/pages.h). */

/* Magic, versions, sizes, and that each of the two snapshots holds the head of its own transaction. Safe only while no
 * environment is open in this process. */
status_t store_check_file(const char *directory, char *out_why, size_t why_size) NODISCARD;
/* Each page that the newest snapshot reaches, and its free list. `out_pages` is their number. For a process that pins a
 * snapshot. */
status_t store_check_pages(const char *directory, void (*tick)(void *), void *context, char *out_why,
                           size_t why_size) NODISCARD;

/* What reads everything, or the log: hub/store_check.c, in store_verify's child, and store_verify_log. */
typedef struct {
    store_txn_t txn;
    void (*tick)(void *); /* NULL: none is wanted */
    void *context;
    char *why;
    size_t why_size;
    uint64_t sequence, network; /* of the last revision and network met */
    uint64_t catalog_seen;      /* the last digest that was found in `catalogs` */
    bool has_catalog;           /* the current one was met */
    store_key_t history;        /* the last entry of `history` */
    uint64_t history_sequence;  /* what it points at */
    uint64_t months;            /* months in `history` */
    log_mark_t log;             /* how far the log was met */
    const log_expectation_t *expected;
    size_t work;  /* entries of the log and revisions that were met */
    uint64_t met; /* records of tables */
} store_check_t;

/* All records of one snapshot. */
status_t store_check_records(store_check_t *check) NODISCARD;

/* Every record of a table in key order: its checksum, then `visit`; then their number. */
typedef status_t store_check_record_t(store_check_t *check, const MDB_val *key, span_t payload);
status_t store_check_table(store_check_t *check, store_table_t table, store_check_record_t *visit) NODISCARD;

/* hub/store_check_events.c: the log's part of it. The log and its index; that the log ends where the head says; that it
 * tells of each key, token and catalog as they stand. Nothing where the format has no log. */
status_t store_check_log(store_check_t *check) NODISCARD;
/* Of the log its last event alone: that the head names it, and that it leads to what is current. */
status_t store_check_newest_event(store_txn_t *txn, char *out_why, size_t why_size) NODISCARD;
