/* `yardstick enroll`: one-time tokens for agents (proto/README.md, section 8). What its files share. */
#pragma once

#include "client/session.h"
#include "client/token.h"
#include "core/network.h"

/* An agent that is to enrol. */
typedef struct {
    const char **dealers; /* its stores */
    size_t dealer_count;
    uint32_t line; /* in the file */
    token_entry_t token;
    char text[TOKEN_TEXT_SIZE]; /* the token */
} enroll_agent_t;

typedef struct {
    enroll_agent_t *items;
    size_t count;
} enroll_agents_t;

/* enroll_file.c */

/* Reads FILE: an agent a line, its stores' codes with blanks, commas or semicolons between (full-width ones too); or a
 * CSV whose header names a column of stores (dealer, dealers, dealer code, store, store code, code, 经销商, 门店, 代码,
 * 经销商代码, 门店代码). A word that begins with # ends its line. Faults with FILE:LINE: what is no code, a store that
 * stands twice, more than KEY_DEALERS_MAX stores on a line, no line at all. Memory from `arena`. STATUS_INVALID,
 * STATUS_IO, STATUS_NO_MEMORY. */
status_t enroll_read_agents(const char *path, arena_t *arena, enroll_agents_t *out, faults_t *faults) NODISCARD;

/* Reads the tokens of a file that `enroll` wrote: their digests, and the lines. */
typedef struct {
    uint8_t (*digests)[DIGEST_SIZE];
    size_t count;
} enroll_digests_t;
status_t enroll_read_digests(const char *path, arena_t *arena, enroll_digests_t *out, faults_t *faults) NODISCARD;

/* Writes the tokens beside `path` (`path`.partial, mode 0600, synced; never over another file), and later moves that
 * into its place (never over another file either). Faults say what is in the way. */
status_t enroll_write_beside(const char *path, const enroll_agents_t *agents, uint64_t expires_ms,
                             faults_t *faults) NODISCARD;
status_t enroll_move_into_place(const char *path, faults_t *faults) NODISCARD;
void enroll_remove_beside(const char *path);

/* "2025-06-30T08:00:00Z"; "" for 0. */
#define ENROLL_TIME_SIZE 24
void enroll_time_text(uint64_t time_ms, char out[ENROLL_TIME_SIZE]);

/* The month of that time (UTC). */
period_t enroll_period(uint64_t time_ms);

/* enroll_list.c */

/* All tokens of the hub, page by page, in the order of their digests; *out_port: where it takes enrolments, 0 =
 * nowhere. */
status_t enroll_fetch(session_t *session, arena_t *arena, token_entries_t *out, uint32_t *out_port) NODISCARD;

/* The hub's clock: it is the one by which tokens expire. */
status_t enroll_ask_time(session_t *session, uint64_t *out) NODISCARD;

typedef enum { TOKEN_UNUSED, TOKEN_USED, TOKEN_EXPIRED, TOKEN_REVOKED, TOKEN_STATE_COUNT } token_state_t;
extern const char *const token_state_names[TOKEN_STATE_COUNT];
token_state_t token_state(const token_entry_t *token, uint64_t now_ms);

/* Whether the store is one of the token's. */
bool enroll_names(const token_entry_t *token, const char *dealer);

/* enroll_revoke.c */

/* Has the hub make these unused tokens worthless. */
status_t enroll_revoke_all(session_t *session, const uint8_t (*digests)[DIGEST_SIZE], size_t count) NODISCARD;
