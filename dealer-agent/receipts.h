/* The commands `receipts list|show|verify`: what was filed when, and the proof of it. None needs the hub. */
#pragma once

#include "client/session.h"
#include "dealer-agent/outbox.h"

/* What was delivered, by number; --period and --dealer narrow it. */
status_t receipts_list_command(session_t *session) NODISCARD;

/* One filing with its receipt, its signature and all that was filed. In JSON: all that another program needs to verify
 * it as proto/README.md, section 4, says. */
status_t receipts_show_command(session_t *session) NODISCARD;

/* Computes the digest of what is stored anew and checks the signature; of the filings named, or of all that are
 * delivered. One of another hub than this home is pinned to is checked with the keys that it was taken with, named with
 * its signing key and counted by itself. STATUS_INVALID, with a line for each, where one fails. */
status_t receipts_verify_command(session_t *session) NODISCARD;
