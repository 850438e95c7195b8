#include "client/token.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define PREFIX        "ys1."
#define PREFIX_SIZE   4
#define CHECKSUM_SIZE 4
#define HEAD_SIZE     (TOKEN_SECRET_SIZE + KEY_SIZE + 2) /* before the endpoint */
#define BYTES_MAX     (HEAD_SIZE + HOME_ENDPOINT_SIZE + CHECKSUM_SIZE)
#define VARIANT       sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(PREFIX_SIZE + (BYTES_MAX + 2) / 3 * 4 < TOKEN_TEXT_SIZE, "room for the longest endpoint");

static void checksum(const uint8_t *bytes, size_t size, uint8_t out[CHECKSUM_SIZE])
{
    uint8_t hash[DIGEST_SIZE];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)PREFIX, PREFIX_SIZE);
    crypto_generichash_update(&state, bytes, size);
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(out, hash, CHECKSUM_SIZE);
}

void token_write(const token_t *token, char out[TOKEN_TEXT_SIZE])
{
    uint8_t bytes[BYTES_MAX];
    size_t length = strlen(token->endpoint), size = HEAD_SIZE + length;
    memcpy(bytes, token->secret, TOKEN_SECRET_SIZE);
    zmq_z85_decode(bytes + TOKEN_SECRET_SIZE, token->hub_key);
    bytes[HEAD_SIZE - 2] = (uint8_t)(token->port >> 8);
    bytes[HEAD_SIZE - 1] = (uint8_t)token->port;
    memcpy(bytes + HEAD_SIZE, token->endpoint, length);
    checksum(bytes, size, bytes + size);
    strcpy(out, PREFIX);
    sodium_bin2base64(out + PREFIX_SIZE, TOKEN_TEXT_SIZE - PREFIX_SIZE, bytes, size + CHECKSUM_SIZE, VARIANT);
    sodium_memzero(bytes, sizeof bytes);
}

/* The bytes in front of the checksum, 0 where the text is none. */
static size_t decode(const char *text, uint8_t bytes[BYTES_MAX])
{
    size_t size = 0;
    uint8_t expected[CHECKSUM_SIZE];
    const char *end = NULL;
    text += PREFIX_SIZE;
    if (sodium_base642bin(bytes, BYTES_MAX, text, strcspn(text, " \t\r\n"), NULL, &size, &end, VARIANT) != 0 ||
        end[strspn(end, " \t\r\n")] || size <= HEAD_SIZE + CHECKSUM_SIZE)
        return 0;
    size -= CHECKSUM_SIZE;
    checksum(bytes, size, expected);
    return memcmp(bytes + size, expected, CHECKSUM_SIZE) == 0 ? size : 0;
}

static bool take(const uint8_t *bytes, size_t size, token_t *out)
{
    size_t length = size - HEAD_SIZE;
    if (length >= HOME_ENDPOINT_SIZE)
        return false;
    memcpy(out->secret, bytes, TOKEN_SECRET_SIZE);
    zmq_z85_encode(out->hub_key, bytes + TOKEN_SECRET_SIZE, KEY_SIZE);
    out->port = (uint16_t)(bytes[HEAD_SIZE - 2] << 8 | bytes[HEAD_SIZE - 1]);
    memcpy(out->endpoint, bytes + HEAD_SIZE, length);
    out->endpoint[length] = '\0';
    return out->port && strlen(out->endpoint) == length && home_is_endpoint(out->endpoint);
}

status_t token_read(const char *text, token_t *out, const char **out_why)
{
    uint8_t bytes[BYTES_MAX];
    CLEANUP(token_fini) token_t token = {0};
    text += strspn(text, " \t\r\n");
    *out_why = TRANSLATED("it is no enrolment token: one begins with ys1.");
    if (strncmp(text, PREFIX, PREFIX_SIZE) != 0)
        return STATUS_INVALID;
    *out_why = TRANSLATED(
        "it is mistyped or cut off (its checksum does not fit); copy it whole, or ask headquarters for it again");
    size_t size = decode(text, bytes);
    bool is_whole = size && take(bytes, size, &token);
    sodium_memzero(bytes, sizeof bytes);
    if (!is_whole)
        return STATUS_INVALID;
    *out = token;
    return STATUS_OK;
}

void token_digest(const uint8_t secret[TOKEN_SECRET_SIZE], uint8_t out[DIGEST_SIZE])
{
    crypto_generichash(out, DIGEST_SIZE, secret, TOKEN_SECRET_SIZE, NULL, 0);
}

void token_enrolment_endpoint(const token_t *token, char out[HOME_ENDPOINT_SIZE])
{
    int host = (int)(strrchr(token->endpoint, ':') - token->endpoint);
    snprintf(out, HOME_ENDPOINT_SIZE, "%.*s:%u", host, token->endpoint, token->port);
}

void token_fini(token_t *token)
{
    sodium_memzero(token, sizeof *token);
}
