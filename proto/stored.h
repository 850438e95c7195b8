/* Values of the hub's store <-> core's terms (stored.proto). Only bytes and meaning; version byte and checksum are the
 * store's (hub/store.h). */
#pragma once

#include "proto/codec.h"

typedef struct {
    const char *dealer;
    period_t period;
    uint32_t revision;
    uint8_t submission_id[SUBMISSION_ID_SIZE];
    uint64_t time_ms;
    uint8_t public_key[KEY_SIZE];
    role_t role;
    bool late, withdrawn;
    const char *why; /* "" = none */
    uint64_t catalog_digest;
    packed_facts_t facts;
    const char **warnings;
    size_t warning_count;
    const packed_consultant_t *consultants;
    size_t consultant_count;
    bool filed_in_time; /* late, but it replaces what was filed in time: the month does not count as late */
    uint64_t filed_ms;  /* filed again: when it was acknowledged at first; 0 = not so, or not read (no consultants) */
} stored_revision_t;

typedef struct {
    period_t period;
    outcome_t outcome;
    uint32_t revision;
    uint64_t sequence, time_ms;
    bool late;
    uint32_t facts_dropped, consultants_dropped;
    const char **warnings;
    size_t warning_count;
    uint64_t catalog_digest;
} stored_answer_t;

typedef struct {
    key_entry_t entry; /* public_key is not stored: it is the record's key */
    bool has_revoked_by;
    uint8_t revoked_by[KEY_SIZE];
} stored_key_t;

typedef struct {
    token_entry_t entry;          /* digest is not stored: it is the record's key */
    uint8_t revoked_by[KEY_SIZE]; /* where entry.revoked_ms */
} stored_token_t;

/* What an entry of the log is about, and which of its fields tell what (subject, then the others). */
typedef enum {
    EVENT_NONE,
    EVENT_REVISIONS, /* (none): the revisions from first_sequence to sequence; digest over their records */
    EVENT_KEY,      /* "key/HEX": admitted, or revoked (flag); name = its role, text = its stores, scope = its region */
    EVENT_TOKEN,    /* "token/HEX": name = made, used or revoked; text = its stores, until_ms */
    EVENT_CATALOG,  /* "catalog": name = its digest, 16 hex digits */
    EVENT_NETWORK,  /* "network": number = its number */
    EVENT_SETTINGS, /* "settings": name = time zone, numbers, as hub/settings_log.h orders them */
    EVENT_CLOSE,    /* "month/YYYYMM": period, text */
    EVENT_REOPEN,   /* "month/YYYYMM": period, text */
    EVENT_ALLOW,    /* "allow/DEALER/YYYYMM": dealer, period, until_ms (0 = taken back), text */
    EVENT_RELEASE,  /* "release/YYYYMM": period, number, held */
    EVENT_EXEMPLAR, /* "exemplar/SCOPE": scope, dealer ("" = withdrawn), period from which on, flag = consented, text */
    EVENT_COMMENT,  /* "comment/DEALER/YYYYMM": dealer, period, revision, name = row or check, text */
    EVENT_UPGRADE,  /* "upgrade": number = the format before */
    EVENT_KIND_COUNT
} event_kind_t;
/* "revisions", "key" … */
extern const char *const event_kind_names[EVENT_KIND_COUNT];

typedef struct {
    const char *dealer;
    uint64_t sequence; /* 0 = nothing of the dealer */
} held_revision_t;

/* One entry of the log. Its number is its record's key: 1, 2, 3 … Strings may be NULL when encoding. */
typedef struct {
    uint64_t event; /* its number; not stored */
    uint64_t time_ms;
    event_kind_t kind;
    bool has_actor; /* false: the hub itself */
    role_t role;
    uint8_t public_key[KEY_SIZE];
    bool is_first; /* then it has no `before` */
    uint8_t before[DIGEST_SIZE];
    bool has_digest;
    uint8_t digest[DIGEST_SIZE];
    uint64_t sequence, network, catalog_digest; /* the newest after it */
    uint64_t first_sequence;
    const char *subject, *dealer;
    period_t period; /* none: PERIOD_NONE, or 0 where it is encoded */
    uint32_t revision;
    const char *scope, *name, *text;
    uint64_t until_ms;
    uint32_t number;
    bool flag;
    const held_revision_t *held;
    size_t held_count;
    const uint32_t *numbers;
    size_t number_count;
} stored_event_t;

#define EVENT_NUMBERS_MAX 64

status_t stored_event_encode(const stored_event_t *event, buffer_t *out) NODISCARD;
status_t stored_event_decode(span_t bytes, arena_t *arena, stored_event_t *out) NODISCARD;

status_t stored_revision_encode(const stored_revision_t *revision, buffer_t *out) NODISCARD;
/* STATUS_DAMAGED for bytes that are none. `with_consultants` false skips the consultants (count 0). */
status_t stored_revision_decode(span_t bytes, bool with_consultants, arena_t *arena, stored_revision_t *out) NODISCARD;
/* Only how it was filed; costs no memory and reads no fact. STATUS_DAMAGED. */
status_t stored_revision_peek(span_t bytes, bool *out_late, bool *out_withdrawn) NODISCARD;

status_t stored_answer_encode(const stored_answer_t *answer, buffer_t *out) NODISCARD;
status_t stored_answer_decode(span_t bytes, arena_t *arena, stored_answer_t *out) NODISCARD;

status_t stored_key_encode(const stored_key_t *key, buffer_t *out) NODISCARD;
status_t stored_key_decode(span_t bytes, arena_t *arena, stored_key_t *out) NODISCARD;

status_t stored_token_encode(const stored_token_t *token, buffer_t *out) NODISCARD;
status_t stored_token_decode(span_t bytes, arena_t *arena, stored_token_t *out) NODISCARD;

/* A whole network, as NetworkPart's lines. */
status_t stored_network_encode(const network_lines_t *lines, buffer_t *out) NODISCARD;
status_t stored_network_decode(span_t bytes, arena_t *arena, network_lines_t *out) NODISCARD;
