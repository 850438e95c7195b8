/* An enrolment token as people hand it on: one string that says all an agent needs (proto/README.md, section 8). */
#pragma once

#include "client/home.h"
#include "proto/message.h"

#define TOKEN_TEXT_SIZE  512  /* with NUL */
#define TOKEN_INPUT_SIZE 4096 /* of what may hold one, with NUL */

typedef struct {
    uint8_t secret[TOKEN_SECRET_SIZE];
    char hub_key[HOME_KEY_SIZE];  /* the hub's CURVE key, Z85 */
    uint16_t port;                /* of enrolment, at the endpoint's host */
    char endpoint[ENDPOINT_SIZE]; /* the hub's main one, as agents see it */
} token_t;

/* Its text. */
void token_write(const token_t *token, char out[TOKEN_TEXT_SIZE]);

/* Reads it out of what people paste: whatever stands around it (a line of `yardstick enroll`'s file, say), blanks and
 * line breaks in it, and full-width characters are let pass; only the first TOKEN_INPUT_SIZE bytes are looked at.
 * STATUS_INVALID with a clause in *out_why (static, with its Chinese in client/messages.c) where there is none, or are
 * several, or it is mistyped or cut off, which its checksum shows; *out then stays as it is. */
status_t token_read(const char *text, token_t *out, const char **out_why) NODISCARD;

/* What the hub knows of a secret: its BLAKE2b-256. */
void token_digest(const uint8_t secret[TOKEN_SECRET_SIZE], uint8_t out[DIGEST_SIZE]);

/* Where the token is used: its port at the host of its endpoint. */
void token_enrolment_endpoint(const token_t *token, char out[ENDPOINT_SIZE]);

/* Wipes it; fit for CLEANUP. */
void token_fini(token_t *token);
