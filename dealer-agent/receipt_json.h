/* A delivered filing as JSON: with all that somebody needs who has neither the home nor the hub, to see what its
 * receipt proves (proto/README.md, section 4). `receipts show --format json` writes it, `receipts verify FILE` reads
 * it. */
#pragma once

#include "client/session.h"
#include "dealer-agent/outbox.h"

#include <jansson.h>

/* What a list shows of it. NULL when out of memory. */
json_t *receipt_json_head(const filing_t *filing);

/* The whole; titles of warnings in that language. */
json_t *receipt_json_whole(const filing_t *filing, language_t language);

/* Reads what receipt_json_whole wrote, whatever program has written it out since (any layout, further keys). Of *out
 * are set: dealer, period, id, facts, is_withdrawal, hub_key, signing_key and of the receipt what its signature covers
 * and the proof; whether they belong together is not looked at. All memory from `arena`.
 * STATUS_INVALID with a fault: it cannot be read, is not such JSON, is not signed, or tells in words (outcome, time,
 * amounts) something else than in the numbers that are proved. STATUS_NO_MEMORY. */
status_t receipt_json_read(const char *path, arena_t *arena, filing_t *out, faults_t *faults) NODISCARD;
status_t receipt_json_read_bytes(span_t bytes, arena_t *arena, filing_t *out, faults_t *faults) NODISCARD;
