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

status_t stored_revision_encode(const stored_revision_t *revision, buffer_t *out) NODISCARD;
/* STATUS_DAMAGED for bytes that are none. `with_consultants` false skips the consultants (count 0). */
status_t stored_revision_decode(span_t bytes, bool with_consultants, arena_t *arena, stored_revision_t *out) NODISCARD;

status_t stored_answer_encode(const stored_answer_t *answer, buffer_t *out) NODISCARD;
status_t stored_answer_decode(span_t bytes, arena_t *arena, stored_answer_t *out) NODISCARD;

status_t stored_key_encode(const stored_key_t *key, buffer_t *out) NODISCARD;
status_t stored_key_decode(span_t bytes, arena_t *arena, stored_key_t *out) NODISCARD;

status_t stored_token_encode(const stored_token_t *token, buffer_t *out) NODISCARD;
status_t stored_token_decode(span_t bytes, arena_t *arena, stored_token_t *out) NODISCARD;

/* A whole network, as NetworkPart's lines. */
status_t stored_network_encode(const network_lines_t *lines, buffer_t *out) NODISCARD;
status_t stored_network_decode(span_t bytes, arena_t *arena, network_lines_t *out) NODISCARD;
