/* results/receipts.csv: every receipt of the outbox, the newest last, for spreadsheet programs (UTF-8 with a BOM,
 * CRLF). Columns: number (in the outbox), dealer, period, outcome (accepted, unchanged or withdrawn), revision, late
 * (yes or no), time (the hub's, with this machine's offset), facts_dropped and consultants_dropped (that the revision
 * before held and this one, which replaces the month wholly, does not), digest (of the facts, 64 hexadecimal digits;
 * empty where the hub did not sign). */
#pragma once

#include "core/faults.h"
#include "dealer-agent/outbox.h"

#define RECEIPTS_FILE "receipts.csv"

/* Writes it in the folder (an open directory) where it is not so already: beside its place, synced, moved there.
 * STATUS_STORE_FULL; STATUS_IO with errno; of the outbox with a fault. */
status_t report_receipts_write(outbox_t *outbox, int folder, faults_t *faults) NODISCARD;
