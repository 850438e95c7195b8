/* Enrolment: tokens that are made, listed and revoked, and the exchange at the enrolment endpoint. */
#include "core/limits.h"
#include "proto/codec_internals.h"

#include <string.h>

/* ---- requests */

static status_t read_new_token(reader_t *reader, const Yardstick__V1__NewToken *message, token_entry_t *out)
{
    TRY(reader_bytes(reader, "make_tokens.digest", message->digest, DIGEST_SIZE, out->digest));
    TRY(reader_codes(reader, "make_tokens.dealers", message->dealers, message->n_dealers));
    out->dealers = (const char **)message->dealers;
    out->dealer_count = message->n_dealers;
    out->expires_ms = message->expires_ms;
    return STATUS_OK;
}

static status_t read_new_tokens(reader_t *reader, const Yardstick__V1__MakeTokens *message, token_entries_t *out)
{
    token_entry_t *tokens;
    READ_ARRAY(reader->arena, message->n_tokens, tokens);
    for (size_t i = 0; i < message->n_tokens; i++)
        TRY(read_new_token(reader, message->tokens[i], &tokens[i]));
    *out = (token_entries_t){tokens, message->n_tokens};
    return STATUS_OK;
}

static status_t read_digests(reader_t *reader, const Yardstick__V1__RevokeTokens *message, digests_t *out)
{
    uint8_t(*digests)[DIGEST_SIZE];
    READ_ARRAY(reader->arena, message->n_digests, digests);
    for (size_t i = 0; i < message->n_digests; i++)
        TRY(reader_bytes(reader, "revoke_tokens.digests", message->digests[i], DIGEST_SIZE, digests[i]));
    *out = (digests_t){(const uint8_t(*)[DIGEST_SIZE])digests, message->n_digests};
    return STATUS_OK;
}

status_t token_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out)
{
    switch (out->kind) {
    case REQUEST_MAKE_TOKENS:
        return read_new_tokens(reader, message->make_tokens, &out->make_tokens);
    case REQUEST_LIST_TOKENS:
        out->list_tokens.has_after = message->list_tokens->after.len > 0;
        return out->list_tokens.has_after ? reader_bytes(reader, "list_tokens.after", message->list_tokens->after,
                                                         DIGEST_SIZE, out->list_tokens.after)
                                          : STATUS_OK;
    case REQUEST_REVOKE_TOKENS:
        return read_digests(reader, message->revoke_tokens, &out->revoke_tokens);
    default:
        return reader_bytes(reader, "enroll.secret", message->enroll->secret, TOKEN_SECRET_SIZE, out->enroll);
    }
}

static status_t write_new_tokens(arena_t *arena, const token_entries_t *tokens, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__MakeTokens)YARDSTICK__V1__MAKE_TOKENS__INIT, out->make_tokens);
    Yardstick__V1__NewToken *items, initial = YARDSTICK__V1__NEW_TOKEN__INIT;
    WRITE_LIST(arena, tokens->count, initial, items, out->make_tokens->tokens);
    out->make_tokens->n_tokens = tokens->count;
    for (size_t i = 0; i < tokens->count; i++) {
        items[i].digest = lend_bytes(tokens->items[i].digest, DIGEST_SIZE);
        items[i].dealers = (char **)tokens->items[i].dealers;
        items[i].n_dealers = tokens->items[i].dealer_count;
        items[i].expires_ms = tokens->items[i].expires_ms;
    }
    return STATUS_OK;
}

static status_t write_digests(arena_t *arena, const digests_t *digests, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__RevokeTokens)YARDSTICK__V1__REVOKE_TOKENS__INIT, out->revoke_tokens);
    READ_ARRAY(arena, digests->count, out->revoke_tokens->digests);
    out->revoke_tokens->n_digests = digests->count;
    for (size_t i = 0; i < digests->count; i++)
        out->revoke_tokens->digests[i] = lend_bytes(digests->items[i], DIGEST_SIZE);
    return STATUS_OK;
}

status_t token_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    switch (request->kind) {
    case REQUEST_MAKE_TOKENS:
        return write_new_tokens(arena, &request->make_tokens, out);
    case REQUEST_LIST_TOKENS:
        WRITE_ONE(arena, (Yardstick__V1__ListTokens)YARDSTICK__V1__LIST_TOKENS__INIT, out->list_tokens);
        out->list_tokens->after =
            lend_bytes(request->list_tokens.after, request->list_tokens.has_after ? DIGEST_SIZE : 0);
        return STATUS_OK;
    case REQUEST_REVOKE_TOKENS:
        return write_digests(arena, &request->revoke_tokens, out);
    default:
        WRITE_ONE(arena, (Yardstick__V1__Enroll)YARDSTICK__V1__ENROLL__INIT, out->enroll);
        out->enroll->secret = lend_bytes(request->enroll, TOKEN_SECRET_SIZE);
        return STATUS_OK;
    }
}

/* ---- responses */

static status_t read_token(reader_t *reader, const Yardstick__V1__Token *message, token_entry_t *out)
{
    TRY(reader_bytes(reader, "tokens.digest", message->digest, DIGEST_SIZE, out->digest));
    TRY(reader_bytes(reader, "tokens.made_by", message->made_by, KEY_SIZE, out->made_by));
    if (message->used_ms)
        TRY(reader_bytes(reader, "tokens.used_by", message->used_by, KEY_SIZE, out->used_by));
    out->dealers = (const char **)message->dealers;
    out->dealer_count = message->n_dealers;
    out->made_ms = message->made_ms;
    out->expires_ms = message->expires_ms;
    out->used_ms = message->used_ms;
    out->revoked_ms = message->revoked_ms;
    return STATUS_OK;
}

status_t token_page_read(reader_t *reader, const Yardstick__V1__TokenList *message, token_page_t *out)
{
    token_entry_t *tokens;
    READ_ARRAY(reader->arena, message->n_tokens, tokens);
    for (size_t i = 0; i < message->n_tokens; i++)
        TRY(read_token(reader, message->tokens[i], &tokens[i]));
    *out = (token_page_t){{tokens, message->n_tokens}, message->more, message->port};
    return STATUS_OK;
}

status_t token_page_write(arena_t *arena, const token_page_t *page, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__TokenList)YARDSTICK__V1__TOKEN_LIST__INIT, out->tokens);
    Yardstick__V1__Token *items, initial = YARDSTICK__V1__TOKEN__INIT;
    WRITE_LIST(arena, page->list.count, initial, items, out->tokens->tokens);
    out->tokens->n_tokens = page->list.count;
    out->tokens->more = page->more;
    out->tokens->port = page->port;
    for (size_t i = 0; i < page->list.count; i++) {
        const token_entry_t *token = &page->list.items[i];
        items[i].digest = lend_bytes(token->digest, DIGEST_SIZE);
        items[i].dealers = (char **)token->dealers;
        items[i].n_dealers = token->dealer_count;
        items[i].made_ms = token->made_ms;
        items[i].made_by = lend_bytes(token->made_by, KEY_SIZE);
        items[i].expires_ms = token->expires_ms;
        items[i].used_ms = token->used_ms;
        items[i].used_by = lend_bytes(token->used_by, token->used_ms ? KEY_SIZE : 0);
        items[i].revoked_ms = token->revoked_ms;
    }
    return STATUS_OK;
}

status_t enrolled_read(reader_t *reader, const Yardstick__V1__Enrolled *message, enrolled_t *out)
{
    out->dealers = (const char **)message->dealers;
    out->dealer_count = message->n_dealers;
    out->has_signing_key = message->signing_key.len > 0;
    return out->has_signing_key
               ? reader_bytes(reader, "enrolled.signing_key", message->signing_key, SIGNING_KEY_SIZE, out->signing_key)
               : STATUS_OK;
}

status_t enrolled_write(arena_t *arena, const enrolled_t *enrolled, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Enrolled)YARDSTICK__V1__ENROLLED__INIT, out->enrolled);
    out->enrolled->dealers = (char **)enrolled->dealers;
    out->enrolled->n_dealers = enrolled->dealer_count;
    out->enrolled->signing_key = lend_bytes(enrolled->signing_key, enrolled->has_signing_key ? SIGNING_KEY_SIZE : 0);
    return STATUS_OK;
}
