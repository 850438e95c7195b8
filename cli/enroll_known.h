/* What the hub knows of stores before their agents enrol: which keys serve them, and which tokens were made for them.
 */
#pragma once

#include "cli/enroll.h"

typedef struct {
    const char *dealer;
    uint64_t since_ms; /* admitted, made */
    size_t index;      /* of the key, of the token */
} enroll_mention_t;

typedef struct {
    enroll_mention_t *items; /* by dealer, then by time */
    size_t count;
} enroll_mentions_t;

typedef struct {
    answer_t keys_answer;
    const key_entry_t *keys;
    token_entries_t tokens;      /* all of the hub, by digest */
    uint32_t port;               /* where it takes enrolments, 0 = nowhere */
    uint64_t now_ms;             /* its clock */
    enroll_mentions_t of_keys;   /* each store of each dealer's key that is not revoked */
    enroll_mentions_t of_tokens; /* each store of each token */
} enroll_known_t;
void enroll_known_fini(enroll_known_t *known);

/* Asks the hub for all of it. Memory from `arena`, and from the answer until enroll_known_fini. */
status_t enroll_know(session_t *session, arena_t *arena, enroll_known_t *out) NODISCARD;

/* The key that serves the store, the newest of several, and the newest token that was made for it; NULL where there is
 * none. */
const key_entry_t *enroll_key_of(const enroll_known_t *known, const char *dealer);
const token_entry_t *enroll_token_of(const enroll_known_t *known, const char *dealer);
