/* Requests and responses as the programs handle them: yardstick.v1 (yardstick.proto) in core's terms. Strings and
 * arrays belong to the arena of the decoder, or to whoever filled the struct for the encoder. */
#pragma once

#include "core/answers.h"
#include "core/drift.h"
#include "core/network.h"
#include "core/network_changes.h"
#include "core/tables.h"

#define KEY_SIZE           32 /* a CURVE public key */
#define SIGNING_KEY_SIZE   32 /* an Ed25519 public key: the hub's, proto/signed.h */
#define SIGNATURE_SIZE     64
#define DIGEST_SIZE        32 /* BLAKE2b-256 */
#define SUBMISSION_ID_SIZE 16
#define UPLOAD_ID_SIZE     16
#define TOKEN_SECRET_SIZE  16 /* of an enrolment token; the hub stores its digest */
#define NETWORK_PART_LINES_MAX                                                                                         \
    10000 /* of each list in one part of a network import; decoding a full part stays within REQUEST_MEMORY_MAX */

typedef enum { ROLE_NONE, ROLE_DEALER, ROLE_MANAGER, ROLE_HEADQUARTERS, ROLE_OPERATOR, ROLE_COUNT } role_t;
/* "dealer", "manager" … ("none" for ROLE_NONE). */
extern const char *const role_names[ROLE_COUNT];

typedef enum {
    REQUEST_NONE,
    REQUEST_DESCRIBE,
    REQUEST_GET_CATALOG,
    REQUEST_SUBMIT,
    REQUEST_WITHDRAW,
    REQUEST_COMPARE,
    REQUEST_TREND,
    REQUEST_CONSULTANTS,
    REQUEST_RANK,
    REQUEST_BENCHMARK,
    REQUEST_COVERAGE,
    REQUEST_ADMIT_KEY,
    REQUEST_REVOKE_KEY,
    REQUEST_LIST_KEYS,
    REQUEST_IMPORT_NETWORK,
    REQUEST_SHOW_NETWORK,
    REQUEST_INSTALL_CATALOG,
    REQUEST_GET_HEALTH,
    REQUEST_MAKE_TOKENS,
    REQUEST_LIST_TOKENS,
    REQUEST_REVOKE_TOKENS,
    REQUEST_ENROLL,
    REQUEST_MONTH_STATUS,
    REQUEST_CLOSE_MONTH,
    REQUEST_REOPEN_MONTH,
    REQUEST_ALLOW_CORRECTION,
    REQUEST_MONTH_DRIFT,
    REQUEST_RELEASE_MONTH,
    /* numbers between are other parts' */
    REQUEST_LIST_EVENTS = 29,
    REQUEST_HISTORY,
    REQUEST_VERIFY_EVENTS,
    REQUEST_CHECKS = 33,
    REQUEST_COMMENT,
    REQUEST_DESIGNATE_EXEMPLAR = 36,
    REQUEST_LIST_EXEMPLARS,
    REQUEST_COVERAGE_YEAR = 39,
    REQUEST_EXPLAIN_DISCLOSURE = 42,
    REQUEST_WITNESS,
    REQUEST_KIND_COUNT
} request_kind_t;
/* "describe", "get_catalog" …: the name of the oneof's field; NULL for a number that is no kind. */
extern const char *const request_kind_names[REQUEST_KIND_COUNT];

/* Facts as they travel: a presence bitmap and the present values. Unpacked against a catalog with packed_facts_unpack.
 */
typedef struct {
    span_t presence;
    const int64_t *values;
    size_t count;
} packed_facts_t;

typedef struct {
    const char *consultant;
    packed_facts_t facts;
} packed_consultant_t;

/* A fact by its name, so that what was filed can be read and checked without the catalog of its day. */
typedef struct {
    const char *id;
    unsigned decimals;
    int64_t value; /* in the smallest unit */
} named_fact_t;

typedef struct {
    const char *consultant;
    const named_fact_t *facts;
    size_t count;
} named_consultant_t;

/* The facts of one store's month, present ones only, in any order. */
typedef struct {
    const named_fact_t *facts;
    size_t count;
    const named_consultant_t *consultants;
    size_t consultant_count;
} named_facts_t;

typedef enum { OUTCOME_NONE, OUTCOME_ACCEPTED, OUTCOME_UNCHANGED, OUTCOME_WITHDRAWN, OUTCOME_COUNT } outcome_t;
extern const char *const outcome_names[OUTCOME_COUNT];

typedef struct {
    const char *check, *title[LANGUAGE_COUNT];
} check_warning_t;

typedef struct {
    outcome_t outcome;
    uint32_t revision;
    uint64_t sequence, time_ms;
    bool late;
    uint32_t facts_dropped, consultants_dropped; /* that the revision before held and this one does not */
    const check_warning_t *warnings;
    size_t warning_count;
    bool is_signed;
    uint8_t facts_digest[DIGEST_SIZE], signature[SIGNATURE_SIZE]; /* where it is signed: proto/signed.h */
    uint32_t group_size, group_index; /* receipts under the signature (0: this one alone), and its place among them */
    span_t group_path;                /* whole digests, borrowed: proto/receipt_group.h */
} receipt_t;

typedef struct {
    uint8_t id[SUBMISSION_ID_SIZE];
    const char *dealer;
    period_t period;
    uint64_t catalog_digest;
    packed_facts_t facts;
    const packed_consultant_t *consultants;
    size_t consultant_count;
    bool group_receipt;       /* takes a receipt of a group (proto/receipt_group.h) */
    const receipt_t *earlier; /* sent again: its first receipt; NULL = not so */
} submission_t;

typedef struct {
    uint8_t id[SUBMISSION_ID_SIZE];
    const char *dealer;
    period_t period;
    const char *why;
    bool group_receipt;
    const receipt_t *earlier;
} withdrawal_t;

/* Which figures of a month: the zero of it is the present's, published where the month is closed. */
typedef struct {
    uint64_t time_ms,
        event;     /* as they were at that time, or right behind that entry of the log; one of them, or none */
    bool restated; /* of a closed month: with the corrections that were made since */
} as_of_t;

typedef struct {
    const char *dealer;
    period_t period;
    const char **peers;
    size_t peer_count;
    const char *region; /* "" = own */
    as_of_t as_of;
    bool regions_today;
    bool all_peers; /* instead of naming them */
} compare_query_t;
typedef struct {
    const char *dealer;
    int year;
    as_of_t as_of;
} trend_query_t;
typedef struct {
    const char *dealer;
    period_t period;
    as_of_t as_of;
} consultants_query_t;
typedef struct {
    const char *row, *scope;
    period_t period;
    as_of_t as_of;
    bool regions_today;
} rank_query_t;
typedef struct {
    period_t period;
    const char **scopes;
    size_t scope_count;
    const char *table; /* "" = all */
    as_of_t as_of;
    bool regions_today;
} benchmark_query_t;
typedef struct {
    period_t period;
    const char **scopes;
    size_t scope_count;
    as_of_t as_of;
    bool regions_today;
} coverage_query_t;
typedef struct {
    int year;
    const char **scopes;
    size_t scope_count;
    bool never_only, regions_today;
} coverage_year_query_t;

typedef struct {
    uint8_t public_key[KEY_SIZE];
    role_t role;
    const char **dealers;
    size_t dealer_count;
    const char *region;
    bool revoked;
    uint64_t admitted_ms, revoked_ms;
    bool has_admitted_by;
    uint8_t admitted_by[KEY_SIZE];
} key_entry_t; /* an admission uses the first four */

typedef struct {
    uint8_t upload_id[UPLOAD_ID_SIZE];
    uint32_t part;
    bool last;
    network_lines_t lines;
    bool dry_run;
} network_part_t;

/* An enrolment token by the digest of its secret. */
typedef struct {
    uint8_t digest[DIGEST_SIZE];
    const char **dealers;
    size_t dealer_count;
    uint64_t made_ms, expires_ms, used_ms, revoked_ms; /* used, revoked: 0 = not */
    uint8_t made_by[KEY_SIZE], used_by[KEY_SIZE];      /* used_by: where it is used */
} token_entry_t;                                       /* making one uses digest, dealers and expires_ms */
typedef struct {
    const token_entry_t *items;
    size_t count;
} token_entries_t;
typedef struct {
    const uint8_t (*items)[DIGEST_SIZE];
    size_t count;
} digests_t;

/* ---- the life of a month: yardstick.proto says what the fields mean */

typedef struct {
    period_t period; /* PERIOD_NONE: not one month */
    int year;        /* 0: not a year */
} month_status_query_t;

typedef struct {
    period_t period;
    const char *why; /* "" = none, where it may be left out */
} month_deed_t;      /* closing, reopening */

typedef struct {
    const char *dealer;
    period_t period;
    uint64_t until_ms;
    uint32_t until_day, until_minute; /* where until_ms is 0 */
    const char *why;
    bool withdraw;
} allowance_t;

typedef struct {
    const char *dealer;
    uint64_t until_ms, granted_ms;
    bool has_by;
    uint8_t by[KEY_SIZE];
    const char *why;
} exception_t;

typedef struct {
    period_t period;
    bool is_closed;
    uint64_t since_ms;
    bool has_by;
    uint8_t by[KEY_SIZE];
    const char *why;
    uint32_t due_day;
    bool is_overdue, has_counts;
    uint32_t expected, reported, late, missing, corrections;
    const exception_t *exceptions;
    size_t exception_count;
} month_status_t;

typedef struct {
    const char *dealer;
    period_t period;
    uint32_t revision_before, revision;
    bool is_withdrawn;
    uint64_t time_ms;
    role_t role;
    uint8_t public_key[KEY_SIZE];
    const exception_t *exception; /* NULL = none */
} correction_t;

typedef struct {
    period_t period;
    bool is_closed;
    uint64_t published_ms;
    bool has_published_by;
    uint8_t published_by[KEY_SIZE];
    drift_t drift;
    const correction_t *corrections;
    size_t correction_count;
    uint64_t network_ms, catalog_ms;
} drift_answer_t;

/* ---- the log and a month's history: yardstick.proto says what the fields mean */

typedef struct {
    uint64_t after, from_event, from_sequence, since_ms, until_ms;
    const char *about; /* "" = everything */
    uint32_t most;
} events_query_t;

/* How far the log was verified. The zero of it: not at all. */
typedef struct {
    uint64_t event, time_ms;   /* the last entry that was met; 0 = none */
    uint8_t hash[DIGEST_SIZE]; /* where there is one */
    uint64_t sequence, network, subjects;
} log_mark_t;

typedef struct {
    log_mark_t mark;
    uint64_t expected_event; /* 0 = none */
    uint8_t expected_hash[DIGEST_SIZE];
} verify_query_t;

/* An entry of the log that was seen earlier; event 0: none was. */
typedef struct {
    uint64_t event;
    uint8_t hash[DIGEST_SIZE]; /* where there is one */
} witness_query_t;

typedef struct {
    const char *dealer;
    period_t period;
} history_query_t;
/* ---- checks */

typedef struct {
    period_t period;
    const char **scopes;
    size_t scope_count;
    const char *dealer; /* "" = all */
    uint32_t limit;     /* 0 = FINDINGS_MAX */
} checks_query_t;

typedef struct {
    const char *dealer;
    period_t period;
    uint32_t revision;       /* 0 = the current one */
    const char *row, *check; /* one of them is "" */
    const char *text;
} comment_t;

/* A store that headquarters made the benchmark of a scope. */
typedef struct {
    const char *scope, *dealer; /* dealer "" = withdrawn */
    period_t from;
    bool consented; /* its owner agreed that dealers are shown it */
    const char *why;
    uint64_t time_ms;
    uint8_t public_key[KEY_SIZE];
} exemplar_entry_t;

typedef struct {
    uint64_t id;
    request_kind_t kind;
    union {
        uint64_t known_digest; /* get_catalog */
        submission_t submission;
        withdrawal_t withdrawal;
        compare_query_t compare;
        trend_query_t trend;
        consultants_query_t consultants;
        rank_query_t rank;
        benchmark_query_t benchmark;
        coverage_query_t coverage;
        coverage_year_query_t coverage_year;
        key_entry_t admit;
        uint8_t revoke[KEY_SIZE];
        network_part_t network_part;
        span_t catalog_yaml; /* install_catalog */
        token_entries_t make_tokens;
        struct {
            bool has_after; /* false: from the first */
            uint8_t after[DIGEST_SIZE];
        } list_tokens;
        digests_t revoke_tokens;
        uint8_t enroll[TOKEN_SECRET_SIZE];
        month_status_query_t month_status;
        month_deed_t month_deed; /* close_month, reopen_month */
        allowance_t allowance;   /* allow_correction */
        period_t month_drift;
        events_query_t list_events;
        history_query_t history;
        verify_query_t verify_events;
        witness_query_t witness;
        checks_query_t checks;
        comment_t comment;
        period_t release_month;
        exemplar_entry_t designate; /* all but when and by whom */
        struct {
            const char *dealer;
            period_t period;
        } explain;
    };
} request_t;

typedef struct {
    role_t role;
    const char **dealers;
    size_t dealer_count;
    const char *region;
    uint64_t catalog_digest;
    const char *hub_version, *time_zone;
    uint64_t time_ms;
    bool has_signing_key; /* an older hub has none */
    uint8_t signing_key[SIGNING_KEY_SIZE];
} description_t;

typedef struct {
    uint32_t regions, dealers, memberships, circles;
    bool complete;
    network_changes_t changes; /* counts only */
} imported_t;

/* Whether all records of the store were read since the hub started; AT_WORK: that goes on beside serving. */
typedef enum {
    SELF_CHECK_UNKNOWN,
    SELF_CHECK_AT_WORK,
    SELF_CHECK_DONE,
    SELF_CHECK_CUT_OFF,
    SELF_CHECK_COUNT
} self_check_t;
/* "unknown", "at_work", "done", "cut_off" */
extern const char *const self_check_names[SELF_CHECK_COUNT];

typedef struct {
    uint64_t uptime_ms, revisions, stored_bytes, map_bytes;
    uint32_t keys, dealers, commits_queued, queries_queued;
    uint64_t requests, refusals, busy;
    uint32_t months_cached;
    uint64_t month_bytes;
    self_check_t self_check;
    uint64_t self_check_records, self_check_ms; /* read so far; when it was done, 0 = it is not */
} health_t;

typedef struct {
    token_entries_t list;
    bool more;     /* another page follows */
    uint32_t port; /* at which the hub takes enrolments; 0 = it does not */
} token_page_t;

typedef struct {
    const char **dealers;
    size_t dealer_count;
    bool has_signing_key;
    uint8_t signing_key[SIGNING_KEY_SIZE];
} enrolled_t;

/* Who did something: the hub itself where it has no key. */
typedef struct {
    role_t role;
    bool has_key;
    uint8_t key[KEY_SIZE];
} log_actor_t;

typedef struct {
    uint64_t sequence, time_ms;
    const char *dealer;
    period_t period;
    uint32_t revision;
    log_actor_t actor;
    bool late, withdrawn;
    const char *why;
} logged_revision_t;

typedef struct {
    uint64_t event, time_ms;
    uint32_t kind; /* event_kind_t (proto/stored.h), or a later one's */
    log_actor_t actor;
    uint8_t hash[DIGEST_SIZE];
    const char *subject, *dealer, *scope, *name, *text;
    period_t period; /* PERIOD_NONE = none */
    uint32_t revision, number, held;
    uint64_t until_ms;
    bool flag;
    const uint32_t *numbers;
    size_t number_count;
    const logged_revision_t *revisions;
    size_t revision_count;
} logged_event_t;

typedef struct {
    const logged_event_t *items;
    size_t count;
    uint64_t next_event, next_sequence; /* 0 = that was all */
} event_page_t;

typedef struct {
    log_mark_t mark;
    bool complete;
    const char *damage; /* "" = none */
} verification_t;

/* The newest entry of the log, and whether the one that was named stands in it. */
typedef struct {
    uint64_t event; /* 0: the log is empty */
    uint8_t hash[DIGEST_SIZE];
    uint64_t sequence; /* the newest revision that it tells of */
    bool is_known;
} witnessed_t;

typedef struct {
    const char *fact, *consultant; /* consultant "" = the store's */
    double before, after;          /* in the fact's unit; NaN = absent */
} fact_change_t;

typedef struct {
    uint32_t revision;
    uint64_t sequence, time_ms;
    uint64_t filed_ms; /* filed again: when it was acknowledged at first, as its sender says; 0 = not so */
    log_actor_t actor;
    bool late, withdrawn;
    const char *why, *catalog;
    uint64_t catalog_digest;
    const char **warnings, **added, **dropped; /* ids of checks; consultants */
    size_t warning_count, added_count, dropped_count;
    const fact_change_t *changes;
    size_t change_count;
} history_revision_t;

typedef struct {
    uint64_t event, time_ms;
    log_actor_t actor;
    uint32_t revision;
    const char *name, *text;
} history_comment_t;

typedef struct {
    const char *dealer;
    period_t period;
    const history_revision_t *revisions;
    size_t revision_count;
    const history_comment_t *comments;
    size_t comment_count;
} history_answer_t;
typedef struct {
    uint32_t revision;
    uint64_t time_ms, event;
} commented_t;

/* What came of an order to release a month. */
typedef struct {
    period_t period;
    uint32_t release; /* its number; 0 = nothing could be taken over */
    uint64_t release_ms;
    uint32_t taken; /* dealers */
    const char **waiting;
    size_t waiting_count;
} released_t;

typedef enum {
    RESPONSE_NONE,
    RESPONSE_DESCRIPTION,
    RESPONSE_CATALOG,
    RESPONSE_RECEIPT,
    RESPONSE_COMPARE,
    RESPONSE_TREND,
    RESPONSE_CONSULTANTS,
    RESPONSE_RANK,
    RESPONSE_BENCHMARK,
    RESPONSE_COVERAGE,
    RESPONSE_KEYS,
    RESPONSE_NETWORK,
    RESPONSE_IMPORTED,
    RESPONSE_HEALTH,
    RESPONSE_TOKENS,
    RESPONSE_ENROLLED,
    RESPONSE_MONTHS,
    RESPONSE_DRIFT,
    RESPONSE_RELEASED = 18,
    RESPONSE_EVENTS = 20,
    RESPONSE_HISTORY,
    RESPONSE_VERIFICATION,
    RESPONSE_CHECKS = 23,
    RESPONSE_COMMENTED,
    RESPONSE_EXEMPLARS,
    RESPONSE_COVERAGE_YEAR,
    RESPONSE_NETWORK_CHANGES,
    RESPONSE_DISCLOSURE,
    RESPONSE_WITNESSED,
    RESPONSE_KIND_COUNT
} response_kind_t;

typedef struct {
    uint64_t id;
    status_t status;
    const char *message; /* for a person; "" or NULL where the status is OK */
    const char *where;   /* may be NULL */
    const fault_t *faults;
    size_t fault_count;
    response_kind_t kind;
    union {
        description_t description;
        struct {
            uint64_t digest;
            span_t yaml;
            bool is_signed;
            uint8_t signature[SIGNATURE_SIZE];
        } catalog; /* yaml empty: the known one is current, and the signature is that one's */
        receipt_t receipt;
        const compare_answer_t *compare;
        const trend_answer_t *trend;
        const consultants_answer_t *consultants;
        const rank_answer_t *rank;
        const benchmark_answer_t *benchmark;
        const coverage_answer_t *coverage;
        const coverage_year_answer_t *coverage_year;
        network_changes_t network_changes;
        struct {
            const key_entry_t *items;
            size_t count;
        } keys;
        network_lines_t network;
        imported_t imported;
        health_t health;
        token_page_t tokens;
        enrolled_t enrolled;
        struct {
            const month_status_t *items;
            size_t count;
        } months;
        const drift_answer_t *drift;
        event_page_t events;
        history_answer_t history;
        verification_t verification;
        witnessed_t witnessed;
        const checks_answer_t *checks;
        commented_t commented;
        released_t released;
        struct {
            const exemplar_entry_t *items;
            size_t count;
        } exemplars;
        const disclosure_answer_t *disclosure;
    };
} response_t;
