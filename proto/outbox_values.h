/* Values of the agent's outbox <-> what they mean (outbox.proto). Only bytes and meaning; version byte and checksum are
 * the outbox's (dealer-agent/outbox_table.h). Encoding refuses (STATUS_INVALID) what decoding would call damage, so
 * that what was stored can be read; STATUS_LIMIT for a value over OUTBOX_VALUE_SIZE_MAX. Decoding gives STATUS_DAMAGED
 * for bytes that are none; all memory comes from the arena. */
#pragma once

#include "proto/codec.h"

#define OUTBOX_VALUE_SIZE_MAX   ((size_t)4 << 20)  /* bytes; a filing that fits a request takes far less */
#define OUTBOX_VALUE_MEMORY_MAX ((size_t)32 << 20) /* decoding one takes no more */

typedef struct {
    uint8_t id[SUBMISSION_ID_SIZE];
    const char *dealer;
    period_t period;
    bool is_withdrawal;
    const char *why, *source; /* clean UTF-8; "" = none */
    uint32_t line, column;
    uint64_t time_ms;
    named_facts_t facts; /* each id once in a list */
} outbox_filing_t;

typedef struct {
    receipt_t receipt;
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE];
    uint64_t taken_ms;
} outbox_receipt_t;

typedef struct {
    status_t status;
    const char *reason;
    uint64_t time_ms;
} outbox_aside_t;

typedef struct {
    uint64_t last_contact_ms, unreached_since_ms, last_error_ms, last_delivered;
    const char *last_error;
} outbox_notes_t;

/* What is known of the hub's log. */
typedef struct {
    uint8_t hub_key[KEY_SIZE]; /* whose log */
    uint64_t event;            /* its newest entry as heard last; 0 = none */
    uint8_t hash[DIGEST_SIZE]; /* where there is one */
    uint64_t sequence, heard_ms;
    const uint64_t *left; /* filings that the log no longer tells of, and that the hub did not take again */
    size_t left_count;
    uint64_t broken_ms;                /* the log was found to be another; 0 = never */
    uint64_t again, again_ms, refused; /* since then: filings that were lost and taken again, or refused */
    uint64_t told_ms;                  /* when that was last told */
} outbox_witness_t;

status_t outbox_filing_encode(const outbox_filing_t *filing, buffer_t *out) NODISCARD;
/* `with_facts` false skips facts and consultants (counts 0). */
status_t outbox_filing_decode(span_t bytes, bool with_facts, arena_t *arena, outbox_filing_t *out) NODISCARD;

status_t outbox_receipt_encode(const outbox_receipt_t *receipt, buffer_t *out) NODISCARD;
status_t outbox_receipt_decode(span_t bytes, arena_t *arena, outbox_receipt_t *out) NODISCARD;

status_t outbox_aside_encode(const outbox_aside_t *aside, buffer_t *out) NODISCARD;
status_t outbox_aside_decode(span_t bytes, arena_t *arena, outbox_aside_t *out) NODISCARD;

status_t outbox_notes_encode(const outbox_notes_t *notes, buffer_t *out) NODISCARD;
status_t outbox_notes_decode(span_t bytes, arena_t *arena, outbox_notes_t *out) NODISCARD;

status_t outbox_witness_encode(const outbox_witness_t *witness, buffer_t *out) NODISCARD;
status_t outbox_witness_decode(span_t bytes, arena_t *arena, outbox_witness_t *out) NODISCARD;
