/* The commands `receipts list|show|verify`: what was filed when, and the proof of it. None needs the hub. */
#pragma once

#include "client/session.h"
#include "dealer-agent/outbox.h"

/* What was delivered, by number; --period and --dealer narrow it. */
status_t receipts_list_command(session_t *session) NODISCARD;

/* One filing with its receipt, its signature and all that was filed. In JSON: all that anybody needs to verify it
 * (dealer-agent/receipt_json.h). */
status_t receipts_show_command(session_t *session) NODISCARD;

/* Computes the digest of what is stored anew and checks the signature; of the filings named, or of all that are
 * delivered. One of another hub than this home is pinned to is checked with the keys that it was taken with, named with
 * its signing key and counted by itself.
 * An argument that is no number is a file as `receipts show --format json` writes it, whoever brings it: it must be
 * signed with the key of --signing-key, or else with the one that this home is pinned to, and what it proves is
 * printed. With files only and that option no home is needed. STATUS_INVALID, with a line for each, where one fails. */
status_t receipts_verify_command(session_t *session) NODISCARD;

/* ---- for these commands */

/* A delivered filing, whole. STATUS_INVALID with a fault that says why it is none. */
status_t receipts_get(session_t *session, outbox_t *outbox, uint64_t number, arena_t *arena, filing_t *out) NODISCARD;

/* What its receipt proves, and nothing else of the filing: store, month, outcome, the hub's time (in UTC), facts. */
void receipts_print_proved(const session_t *session, const filing_t *filing);
