#include "cli/enroll.h"

#include "cli/commands.h"
#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    session_t *session;
    arena_t *arena;
    token_entries_t tokens;          /* all of the hub, by digest */
    bool *is_chosen;                 /* of each of them, whether it is asked for */
    uint8_t (*digests)[DIGEST_SIZE]; /* those that are to be revoked */
    size_t count, used, revoked;     /* of them; asked for but used or revoked already */
} revoking_t;

status_t check_enroll_revoke(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    bool has_file = invocation_value(invocation, "file"), has_dealers = invocation->argument_count > 0;
    if (has_file == has_dealers)
        return session_misuse(session, "enroll revoke needs either stores (DEALER…) or --file FILE");
    return check_codes(session);
}

/* Each once, however often a file names it. */
static void choose(revoking_t *revoking, const token_entry_t *token)
{
    bool *is_chosen = &revoking->is_chosen[token - revoking->tokens.items];
    if (*is_chosen)
        return;
    *is_chosen = true;
    if (token->used_ms)
        revoking->used++;
    else if (token->revoked_ms)
        revoking->revoked++;
    else
        memcpy(revoking->digests[revoking->count++], token->digest, DIGEST_SIZE);
}

/* The tokens of the stores that are named; a store without any is a fault. */
static status_t choose_by_dealers(revoking_t *revoking)
{
    const invocation_t *invocation = revoking->session->invocation;
    bool *met = arena_array(revoking->arena, invocation->argument_count, sizeof *met);
    if (!met)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < revoking->tokens.count; i++) {
        const token_entry_t *token = &revoking->tokens.items[i];
        bool is_named = false;
        for (size_t j = 0; j < invocation->argument_count; j++)
            if (enroll_names(token, invocation->arguments[j]))
                met[j] = is_named = true;
        if (is_named)
            choose(revoking, token);
    }
    for (size_t j = 0; j < invocation->argument_count; j++)
        if (!met[j])
            faults_add(&revoking->session->faults, 0, 0, "no token was made for %s; see `yardstick enroll list`",
                       invocation->arguments[j]);
    return faults_empty(&revoking->session->faults) ? STATUS_OK : STATUS_UNKNOWN;
}

static int compare_digests(const void *left, const void *right)
{
    return memcmp(left, ((const token_entry_t *)right)->digest, DIGEST_SIZE);
}

static status_t choose_by_file(revoking_t *revoking, const char *path)
{
    enroll_digests_t asked = {0};
    size_t unknown = 0;
    TRY(enroll_read_digests(path, revoking->arena, &asked, &revoking->session->faults));
    for (size_t i = 0; i < asked.count; i++) {
        const token_entry_t *token =
            bsearch(asked.digests[i], revoking->tokens.items, revoking->tokens.count, sizeof *token, compare_digests);
        if (token)
            choose(revoking, token);
        else
            unknown++;
    }
    if (unknown)
        fprintf(stderr, "%s: note: %zu of the tokens in %s were never made at this hub, and admit nobody\n",
                revoking->session->invocation->program->name, unknown, path);
    return STATUS_OK;
}

/* ---- the exchange, in parts that the hub takes */

typedef struct {
    session_t *session;
    const uint8_t (*digests)[DIGEST_SIZE];
    size_t count;
} parts_t;

static status_t make_part(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    const parts_t *parts = context;
    size_t start = index * TOKENS_MAX, left = parts->count - start;
    *out = (request_t){.kind = REQUEST_REVOKE_TOKENS,
                       .revoke_tokens = {parts->digests + start, left < TOKENS_MAX ? left : TOKENS_MAX}};
    return STATUS_OK;
}

static status_t take_part(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)index, (void)arena;
    const parts_t *parts = context;
    if (response->status != STATUS_OK)
        session_add_refusal(parts->session, "enroll revoke", response);
    return response->status;
}

status_t enroll_revoke_all(session_t *session, const uint8_t (*digests)[DIGEST_SIZE], size_t count)
{
    parts_t parts = {session, digests, count};
    exchange_t exchange = {(count + TOKENS_MAX - 1) / TOKENS_MAX, 1, &parts, make_part, take_part};
    return connection_exchange(session->connection, &exchange, &session->faults);
}

/* ---- the command */

static status_t revoke_chosen(revoking_t *revoking)
{
    session_t *session = revoking->session;
    const char *path = invocation_value(session->invocation, "file");
    uint32_t port;
    TRY(enroll_fetch(session, revoking->arena, &revoking->tokens, &port));
    revoking->digests = arena_array(revoking->arena, revoking->tokens.count, sizeof *revoking->digests);
    revoking->is_chosen = arena_array(revoking->arena, revoking->tokens.count, sizeof *revoking->is_chosen);
    if (!revoking->digests || !revoking->is_chosen)
        return STATUS_NO_MEMORY;
    TRY(path ? choose_by_file(revoking, path) : choose_by_dealers(revoking));
    return enroll_revoke_all(session, (const uint8_t(*)[DIGEST_SIZE])revoking->digests, revoking->count);
}

status_t run_enroll_revoke(session_t *session)
{
    revoking_t revoking = {.session = session, .arena = arena_create(SIZE_MAX / 4)};
    if (!revoking.arena)
        return STATUS_NO_MEMORY;
    status_t status = revoke_chosen(&revoking);
    arena_destroy(&revoking.arena);
    TRY(status);
    if (revoking.count || revoking.revoked || !revoking.used)
        printf("revoked %zu token%s\n", revoking.count, revoking.count == 1 ? "" : "s");
    if (revoking.revoked)
        printf("%zu %s revoked already\n", revoking.revoked, revoking.revoked == 1 ? "was" : "were");
    if (!revoking.used)
        return STATUS_OK;
    return session_fail(session, STATUS_CONFLICT,
                        "%zu of the tokens %s used; what they admitted is shut out with `yardstick keys revoke KEY`, "
                        "and `yardstick enroll list` names the keys",
                        revoking.used, revoking.used == 1 ? "was" : "were");
}
