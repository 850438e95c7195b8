/* The hub's storage: domain operations over LMDB (only store.c, with its private parts in
 * hub/store_*.c, sees <lmdb.h>). A second backend may stand behind this interface, so nothing here speaks of LMDB's
 * types.
 *
 * Tables (named databases; keys big-endian so that byte order is sort order):
 *   meta       name -> format number, counters, current catalog digest, current network number
 *   revisions  sequence u64 -> Revision, in arrival order (appended)
 *   current    period u32, dealer -> sequence u64: the newest revision of that dealer's month (withdrawn ones too)
 *   history    dealer, 0, period u32, revision u32 -> sequence u64
 *   answers    dealer, 0, submission id 16 -> Answer: what the id was answered
 *   keys       public key 32 -> Key
 *   catalogs   digest u64 -> number u64, time, YAML text
 *   networks   number u64 -> time, Network lines
 *   tokens     digest 32 -> Token (from format 2 on)
 *   events     number u64 -> Event: the log of all that changed anything, appended, each with the hash of the one
 * before (from format 3 on, as `subjects`) subjects   subject, 0, number u64 -> nothing: which events are about a
 * subject
 *
 * Every value starts with a version byte and ends with an 8-byte checksum (SipHash over table, key and value, so that a
 * moved value is found too). meta holds a count of the records of each table and LMDB's number of the transaction that
 * wrote it, all updated in the same transaction.
 *
 * Beside LMDB's files: FORMAT ("yardstick-data 3\n") and LOCK, which a hub holds locked, so that a directory is served
 * once.
 *
 * Durability: a commit returns after LMDB's data and meta pages are synced (default flags, no MDB_WRITEMAP, no NOSYNC).
 * One writer at a time; readers are snapshots and may run on any thread. Functions return STATUS_OK, STATUS_NOT_FOUND,
 * STATUS_STORE_FULL (map or disk full: abort the transaction; all that was committed before stays), STATUS_DAMAGED,
 * STATUS_NO_MEMORY or STATUS_IO; after any failure but NOT_FOUND a write transaction must be aborted. */
#pragma once

#include "core/limits.h"
#include "proto/stored.h"

#define STORE_FORMAT       3
#define STORE_SUBJECT_SIZE (SUBJECT_LENGTH_MAX + 1)

typedef struct store store_t;
typedef struct store_txn store_txn_t;

typedef struct {
    size_t map_bytes; /* largest size of the store, reserved as address space; may grow from one start to the next,
                         never below what is used */
    unsigned max_readers;
    bool upgrades;   /* store_open: bring a store of an earlier format up to this one's (else it is refused) */
    uint64_t now_ms; /* when an upgrade is entered in the log */
} store_options_t;

/* Makes an empty store in `directory` (which must be empty or not exist; mode 0700), synced with its directory. */
status_t store_create(const char *directory, const store_options_t *options, char *out_why, size_t why_size) NODISCARD;

/* Removes the files that store_create or store_copy made, for a caller whose later steps failed. */
void store_remove(const char *directory);
/* The same for an open directory, also from a signal's handler. */
void store_remove_at(int directory);

/* Copies the newest snapshot of the store in `directory` into `destination`, an empty directory: data.mdb, LOCK and
 * FORMAT, mode 0600, synced. Beside a hub at work too (in another process: this one may not have the store open), whose
 * next commit waits for two pages of the copy at most. Not verified: that is store_verify's. A store of an earlier
 * format is copied as what it is. On failure `out_why`; what was made is left to store_remove. */
status_t store_copy(const char *directory, const char *destination, char *out_why, size_t why_size) NODISCARD;

/* The directory's entry in the one above it reaches the disk. STATUS_IO with errno. */
status_t store_sync_parent(const char *directory) NODISCARD;

/* Opens a store: format number (NEWER_FORMAT), file sizes, counters, epoch, the newest event's hash. On failure
 * `out_why` says what, where and what to do. Does not read every record: that is store_verify. Opened once in a
 * process.
 *
 * An upgrade (hub/store_upgrade.c) writes the new number to FORMAT first, beside it, synced and renamed, so that from
 * then on an earlier program refuses the directory in words; then one transaction makes what is new. Whenever it is cut
 * off, the store is wholly of the earlier format or wholly of this one, and the next opening goes on with it. */
status_t store_open(const char *directory, const store_options_t *options, store_t **out, char *out_why,
                    size_t why_size) NODISCARD;
void store_close(store_t **store);

/* The format that the store was of before store_open upgraded it; 0 where there was nothing to upgrade. */
unsigned store_upgraded_from(const store_t *store);

typedef struct {
    unsigned format; /* of the records */
    uint64_t revisions, dealer_months, answers, keys, catalogs, networks, tokens, events;
    uint64_t records;                /* of all tables, indices too */
    uint8_t event_hash[DIGEST_SIZE]; /* of the newest event */
} store_counts_t;

/* Reads everything in a child process (a damaged page may crash LMDB), read-only: each record's version, checksum and
 * meaning, the counts, and that indices and revisions agree. A store of an earlier format is read as what it is.
 * STATUS_DAMAGED or NEWER_FORMAT with `out_why`. Safe beside a serving hub. */
status_t store_verify(const char *directory, store_counts_t *out_counts, char *out_why, size_t why_size) NODISCARD;

/* The part of it that must be known before the store is opened: what LMDB trusts, which is each page that the newest
 * snapshot reaches, the order of its keys, and the list of free pages. After it no damage can end the process that
 * opens the store, or have it write over what is in use; what records hold is not looked at. `out_format`: what FORMAT
 * says. */
status_t store_verify_pages(const char *directory, unsigned *out_format, char *out_why, size_t why_size) NODISCARD;

/* The other part, beside the hub that serves the store: all records of the snapshot that is the newest when it starts,
 * read by a child at low priority. The child ends with the thread that made it. One thread. */
typedef struct store_verification store_verification_t;
typedef struct {
    bool has_ended;
    status_t status;  /* where it has ended: OK, DAMAGED and NEWER_FORMAT are of the store; with any other it was cut
                         off, and the rest of the store is not known */
    uint64_t records; /* met so far; of a store that is whole, in the end, all of them */
    char why[1000];   /* as store_verify's */
} store_progress_t;

/* Makes the child, which waits. Before the store is opened and before there are threads. */
status_t store_verification_create(const char *directory, store_verification_t **out) NODISCARD;
/* Lets it begin; once the store is open. */
void store_verification_start(store_verification_t *verification);
/* Readable when there is something to read; -1 once it has ended. */
int store_verification_descriptor(const store_verification_t *verification);
/* Takes what the child has said, without waiting; lives as long as the verification. */
const store_progress_t *store_verification_read(store_verification_t *verification);
/* Ends the child where it is still at work. Accepts NULL in *verification. */
void store_verification_destroy(store_verification_t **verification);

status_t store_begin_write(store_t *store, store_txn_t **out) NODISCARD;
status_t store_begin_read(store_t *store, store_txn_t **out) NODISCARD;
/* Nulls *txn whether it worked or not. */
status_t store_commit(store_txn_t **txn) NODISCARD;

/* Grows with each commit that enters a release or an exemplar, before store_commit returns: what was read behind a
 * stamp is current as long as the stamp is. Any thread. */
uint64_t store_disclosure_stamp(const store_t *store);
void store_abort(store_txn_t **txn);

/* Appends a revision and points `current` and `history` at it. `revision->revision` is set by the caller (current + 1).
 */
status_t store_put_revision(store_txn_t *txn, const stored_revision_t *revision, uint64_t *out_sequence) NODISCARD;
/* ---- the log (hub/store_events.c). Whatever store_put_* changes is entered by itself: each record at once, a
 * transaction's revisions as one event at the latest when it commits. So nothing changes without an entry. */

/* Who makes a transaction's changes; the hub itself where is_hub. Until it is told: the hub itself, at the time of the
 * newest event. An event's time is never before that of the event before. */
typedef struct {
    uint64_t time_ms;
    bool is_hub;
    role_t role;
    uint8_t public_key[KEY_SIZE];
} store_actor_t;
void store_set_actor(store_txn_t *txn, const store_actor_t *actor);

/* Enters a deed that no other table tells: kind, subject and what its kind needs (proto/stored.h); the rest is filled
 * in, also in *event. STATUS_LIMIT where the subject is too long. */
status_t store_append_event(store_txn_t *txn, stored_event_t *event) NODISCARD;

/* Number of the newest event, and its time; 0 where there is none. */
void store_newest_event(const store_txn_t *txn, uint64_t *out_event, uint64_t *out_time_ms);
/* One by its number; its memory comes from `arena`. */
status_t store_get_event(store_txn_t *txn, uint64_t event, arena_t *arena, stored_event_t *out) NODISCARD;
/* The last event about a subject of those numbered at most `most`; the first of those numbered more than `after`. */
status_t store_last_event(store_txn_t *txn, const char *subject, uint64_t most, arena_t *arena,
                          stored_event_t *out) NODISCARD;
status_t store_next_event(store_txn_t *txn, const char *subject, uint64_t after, arena_t *arena,
                          stored_event_t *out) NODISCARD;
/* Calls `visit` with the number of the last event, at most `most`, of each subject that begins with `prefix`, in order
 * of subjects. */
typedef status_t store_subject_visit_t(void *context, const char *subject, uint64_t event);
status_t store_scan_subjects(store_txn_t *txn, const char *prefix, uint64_t most, store_subject_visit_t *visit,
                             void *context) NODISCARD;
/* The last event that is no later than `time_ms`. NOT_FOUND where the log begins later. */
status_t store_event_at(store_txn_t *txn, uint64_t time_ms, uint64_t *out_event) NODISCARD;
/* What the event after that one carries as `before`: its hash. */
status_t store_hash_of_event(store_txn_t *txn, uint64_t event, uint8_t out[DIGEST_SIZE]) NODISCARD;

/* An event that was seen earlier, with its hash. */
typedef struct {
    uint64_t event;
    uint8_t hash[DIGEST_SIZE];
} log_expectation_t;

/* Recomputes the log from the stored bytes, as store_verify does beside all else: the chain, and that the other tables
 * hold what it tells and nothing else. Begins behind `mark` (zero: with the first event), moves it, and stops once
 * `budget` events and revisions were met; *out_complete: it reached the end. One event may tell of more revisions than
 * that. `expected`: NULL for none; found where its event is met or the end is. STATUS_DAMAGED with `out_why`. */
status_t store_verify_log(store_txn_t *txn, const log_expectation_t *expected, size_t budget, log_mark_t *mark,
                          bool *out_complete, char *out_why, size_t why_size) NODISCARD;

/* ---- revisions */

/* The newest revision of a dealer's month; its memory comes from `arena`. */
status_t store_get_current(store_txn_t *txn, const char *dealer, period_t period, bool with_consultants, arena_t *arena,
                           stored_revision_t *out) NODISCARD;
/* That revision of a dealer's month, with its consultants; its memory comes from `arena`. */
status_t store_get_revision(store_txn_t *txn, const char *dealer, period_t period, uint32_t revision, arena_t *arena,
                            stored_revision_t *out) NODISCARD;
/* The sequence of that revision. */
status_t store_get_sequence_of(store_txn_t *txn, const char *dealer, period_t period, uint32_t revision,
                               uint64_t *out) NODISCARD;
/* The newest revision of a dealer's month whose sequence is at most `sequence`: what was current then. */
status_t store_get_revision_at(store_txn_t *txn, const char *dealer, period_t period, uint64_t sequence,
                               bool with_consultants, arena_t *arena, stored_revision_t *out) NODISCARD;
/* The sequence of it alone. */
status_t store_get_sequence_at(store_txn_t *txn, const char *dealer, period_t period, uint64_t most,
                               uint64_t *out) NODISCARD;
/* The revision with that sequence. */
status_t store_get_sequence(store_txn_t *txn, uint64_t sequence, bool with_consultants, arena_t *arena,
                            stored_revision_t *out) NODISCARD;
/* Whether any revision of the dealer is stored. */
status_t store_has_revisions(store_txn_t *txn, const char *dealer, bool *out) NODISCARD;

/* Calls `visit` with the newest revision of each dealer of a month, without consultants, in the order of dealer codes;
 * stops at its first failure and returns it. The revision lives until visit returns. */
typedef status_t store_visit_t(void *context, const stored_revision_t *revision);
status_t store_scan_month(store_txn_t *txn, period_t period, store_visit_t *visit, void *context) NODISCARD;
/* The same as it was when `sequence` was the newest. Costs one look into the history for each later correction. */
status_t store_scan_month_at(store_txn_t *txn, period_t period, uint64_t sequence, store_visit_t *visit,
                             void *context) NODISCARD;
/* Calls `visit` with each dealer of a month whose newest revision came after the sequence `after`, and with that
 * revision's sequence, in the order of dealer codes. Reads no revision. */
typedef status_t store_change_visit_t(void *context, const char *dealer, uint64_t sequence);
status_t store_scan_changes(store_txn_t *txn, period_t period, uint64_t after, store_change_visit_t *visit,
                            void *context) NODISCARD;

/* ---- what stands, without its facts (hub/store_coverage.c) */

/* Calls `visit` for each dealer of a month with what stands for it (never FILED_NOTHING), in the order of dealer codes;
 * stops at its first failure and returns it. A fraction of what store_scan_month costs. */
typedef status_t store_filed_visit_t(void *context, const char *dealer, filed_t filed);
status_t store_scan_filed(store_txn_t *txn, period_t period, store_filed_visit_t *visit, void *context) NODISCARD;

/* The first and the last month for which facts of the dealer stand, of those that `may` says yes to; PERIOD_NONE where
 * there is none. */
typedef bool store_may_t(void *context, period_t period);
status_t store_find_reports(store_txn_t *txn, const char *dealer, store_may_t *may, void *context, period_t *out_first,
                            period_t *out_last) NODISCARD;

status_t store_put_answer(store_txn_t *txn, const char *dealer, const uint8_t id[SUBMISSION_ID_SIZE],
                          const stored_answer_t *answer) NODISCARD;
status_t store_get_answer(store_txn_t *txn, const char *dealer, const uint8_t id[SUBMISSION_ID_SIZE], arena_t *arena,
                          stored_answer_t *out) NODISCARD;

status_t store_put_key(store_txn_t *txn, const uint8_t public_key[KEY_SIZE], const stored_key_t *key) NODISCARD;
status_t store_get_key(store_txn_t *txn, const uint8_t public_key[KEY_SIZE], arena_t *arena,
                       stored_key_t *out) NODISCARD;
/* Calls `visit` with each key, revoked ones too, in the order of their bytes; stops at its first failure and returns
 * it. The key lives until visit returns. STATUS_DAMAGED where one is missing. */
typedef status_t store_key_visit_t(void *context, const stored_key_t *key);
status_t store_scan_keys(store_txn_t *txn, store_key_visit_t *visit, void *context) NODISCARD;
/* All of them; arrays from `arena`. */
status_t store_list_keys(store_txn_t *txn, arena_t *arena, stored_key_t **out, size_t *out_count) NODISCARD;

status_t store_put_token(store_txn_t *txn, const stored_token_t *token) NODISCARD;
status_t store_get_token(store_txn_t *txn, const uint8_t digest[DIGEST_SIZE], arena_t *arena,
                         stored_token_t *out) NODISCARD;
/* At most `most` tokens in the order of their digests, beginning behind `after` (NULL = with the first); arrays from
 * `arena`. *out_more: others follow. */
status_t store_list_tokens(store_txn_t *txn, const uint8_t *after, size_t most, arena_t *arena, stored_token_t **out,
                           size_t *out_count, bool *out_more) NODISCARD;

/* Makes the catalog current, keeping all earlier ones. */
status_t store_put_catalog(store_txn_t *txn, uint64_t digest, span_t yaml, uint64_t time_ms) NODISCARD;
/* The current catalog's text (digest 0), or that of an earlier one; copied into `arena`. */
status_t store_get_catalog(store_txn_t *txn, uint64_t digest, arena_t *arena, span_t *out_yaml) NODISCARD;

/* Makes the network current, keeping all earlier ones. */
status_t store_put_network(store_txn_t *txn, const network_lines_t *lines, uint64_t time_ms) NODISCARD;
#define NETWORK_NONE UINT64_MAX /* before the first one: NOT_FOUND */
/* That network, or the current one (number 0). */
status_t store_get_network(store_txn_t *txn, uint64_t number, arena_t *arena, network_lines_t *out) NODISCARD;
/* Number of the current network; 0 = there is none. */
uint64_t store_network_number(const store_txn_t *txn);

/* Sequence of the newest revision (0 = none) as this transaction sees it. */
status_t store_last_sequence(store_txn_t *txn, uint64_t *out) NODISCARD;
status_t store_counts(store_txn_t *txn, store_counts_t *out) NODISCARD;
/* Frees the slots of processes that were killed while they read: they would pin the pages of their snapshot, and the
 * file would grow with each commit. */
status_t store_forget_dead_readers(store_t *store, int *out_dead) NODISCARD;
/* Bytes in use and the map's size. */
void store_sizes(store_t *store, uint64_t *out_used, uint64_t *out_map);
