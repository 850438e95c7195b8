/* What the outbox keeps of the hub's log, and of filings that the hub had lost: dealer-agent/witness.h says when.
 *
 * A filing that was filed again keeps its id. What the hub answered to it stands beside the earlier receipt, under a
 * number of its own: delivered or aside, and not among those of its month (outbox_find_latest), where the first stands.
 * Statuses as in outbox.h. */
#pragma once

#include "dealer-agent/outbox.h"
#include "proto/outbox_values.h"

/* Zeros where nothing is known yet. `left` comes from `arena`. */
status_t outbox_read_witness(outbox_t *outbox, arena_t *arena, outbox_witness_t *out) NODISCARD;

/* Keeps the newest entry of that hub's log, and the filings that are left as they are. */
status_t outbox_keep_witness(outbox_t *outbox, const uint8_t hub_key[KEY_SIZE], const witnessed_t *head,
                             const uint64_t *left, size_t left_count) NODISCARD;

/* The log is another than the one that was known: forgets its entry, and begins to count what it had lost. */
status_t outbox_note_break(outbox_t *outbox) NODISCARD;

/* What was found out about the hub's log has been told. */
status_t outbox_note_told(outbox_t *outbox) NODISCARD;

/* The hub had lost a delivered filing, and took it again or refused it. Also counts it; a loss that the log had not
 * shown is a break too. *out_number: of the new one; 0 where that refusal is aside already. */
status_t outbox_put_receipt_again(outbox_t *outbox, uint64_t number, const receipt_t *receipt,
                                  const uint8_t hub_key[KEY_SIZE], const uint8_t signing_key[SIGNING_KEY_SIZE],
                                  uint64_t *out_number) NODISCARD;
status_t outbox_put_aside_again(outbox_t *outbox, uint64_t number, status_t refused, const char *reason,
                                uint64_t *out_number) NODISCARD;

/* Number of the first filing with the same id: its own where it repeats none. */
status_t outbox_find_origin(outbox_t *outbox, const filing_t *filing, uint64_t *out) NODISCARD;
