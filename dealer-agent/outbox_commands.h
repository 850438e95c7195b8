/* The commands about the outbox: `deliver`, `outbox list|retry|drop`. */
#pragma once

#include "client/session.h"

/* Reaches the hub, delivers all that waits, and prints what became of it. STATUS_INVALID where something was put aside,
 * STATUS_TIMED_OUT where the hub was not reached or something still waits. */
status_t deliver_command(session_t *session) NODISCARD;

/* What waits and what is aside, with the reason and what to do. */
status_t outbox_list_command(session_t *session) NODISCARD;

/* Numbers of filings that are aside: back to waiting; forgotten. Each that cannot be is a fault, the others are done.
 * `retry --all` takes all of them (of one store with --dealer), and says which it leaves because a newer filing of
 * their month waits or is delivered. */
status_t outbox_retry_command(session_t *session) NODISCARD;
status_t outbox_drop_command(session_t *session) NODISCARD;
/* Wrong usage: an argument that is no number; of retry, neither numbers nor --all, or both. */
status_t outbox_check_numbers(session_t *session) NODISCARD;
status_t outbox_check_retry(session_t *session) NODISCARD;

/* An argument as a filing's number; 0 where it is none. */
uint64_t outbox_number(const char *argument);
