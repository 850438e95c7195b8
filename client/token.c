#include "client/token.h"

#include "core/faults.h"
#include "core/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define PREFIX        "ys1."
#define ALPHABET      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define PREFIX_SIZE   4
#define CHECKSUM_SIZE 4
#define HEAD_SIZE     (TOKEN_SECRET_SIZE + KEY_SIZE + 2) /* before the endpoint */
#define BYTES_MAX     (HEAD_SIZE + ENDPOINT_SIZE + CHECKSUM_SIZE)
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
    if (sodium_base642bin(bytes, BYTES_MAX, text, strspn(text, ALPHABET), NULL, &size, NULL, VARIANT) != 0 ||
        size <= HEAD_SIZE + CHECKSUM_SIZE)
        return 0;
    size -= CHECKSUM_SIZE;
    checksum(bytes, size, expected);
    return memcmp(bytes + size, expected, CHECKSUM_SIZE) == 0 ? size : 0;
}

static bool take(const uint8_t *bytes, size_t size, token_t *out)
{
    size_t length = size - HEAD_SIZE;
    if (length >= ENDPOINT_SIZE)
        return false;
    memcpy(out->secret, bytes, TOKEN_SECRET_SIZE);
    zmq_z85_encode(out->hub_key, bytes + TOKEN_SECRET_SIZE, KEY_SIZE);
    out->port = (uint16_t)(bytes[HEAD_SIZE - 2] << 8 | bytes[HEAD_SIZE - 1]);
    memcpy(out->endpoint, bytes + HEAD_SIZE, length);
    out->endpoint[length] = '\0';
    return out->port && strlen(out->endpoint) == length && endpoint_is_valid(out->endpoint);
}

/* A token travels by mail and chat: full-width characters, dashes of other kinds. */
static uint32_t plain(uint32_t point)
{
    if (point >= 0xFF01 && point <= 0xFF5E)
        return point - 0xFEE0;
    return (point >= 0x2010 && point <= 0x2013) || point == 0x2212 ? '-' : point;
}

/* The text in plain characters, with each other one and each blank as a blank, or without the blanks; cut to fit. */
static void simplify(const char *text, bool keep_blanks, char out[TOKEN_INPUT_SIZE])
{
    size_t length = 0;
    for (uint32_t point; (point = text_next(&text)) != 0 && length + 1 < TOKEN_INPUT_SIZE;)
        if (!text_is_blank(point))
            out[length++] = plain(point) < 0x7F ? (char)plain(point) : ' ';
        else if (keep_blanks)
            out[length++] = ' ';
    out[length] = '\0';
}

/* The first token in the text; *out_count: how many there are. */
static bool find(const char *text, bool keep_blanks, token_t *out, size_t *out_count)
{
    uint8_t bytes[BYTES_MAX];
    char simple[TOKEN_INPUT_SIZE];
    simplify(text, keep_blanks, simple);
    *out_count = 0;
    for (const char *at = simple; (at = strstr(at, PREFIX)) != NULL; at += PREFIX_SIZE)
        ++*out_count;
    const char *first = strstr(simple, PREFIX);
    size_t size = first ? decode(first + PREFIX_SIZE, bytes) : 0;
    bool is_whole = size && take(bytes, size, out);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(simple, sizeof simple);
    return is_whole;
}

status_t token_read(const char *text, token_t *out, const char **out_why)
{
    CLEANUP(token_fini) token_t token = {0};
    size_t count;
    /* A blank ends it, or, where a program broke its line, stands in the middle: the checksum knows. */
    bool is_whole = find(text, true, &token, &count) || find(text, false, &token, &count);
    if (count == 1 && is_whole) {
        *out = token;
        return STATUS_OK;
    }
    *out_why = TRANSLATED("it is mistyped or cut off (its checksum does not fit); copy it whole, or ask headquarters "
                          "for it again");
    if (count == 0)
        *out_why = TRANSLATED("it is no enrolment token: one begins with ys1.");
    if (count > 1)
        *out_why = TRANSLATED("there are several tokens; give the one that is for this agent");
    return STATUS_INVALID;
}

void token_digest(const uint8_t secret[TOKEN_SECRET_SIZE], uint8_t out[DIGEST_SIZE])
{
    crypto_generichash(out, DIGEST_SIZE, secret, TOKEN_SECRET_SIZE, NULL, 0);
}

void token_enrolment_endpoint(const token_t *token, char out[ENDPOINT_SIZE])
{
    int host = (int)(strrchr(token->endpoint, ':') - token->endpoint);
    snprintf(out, ENDPOINT_SIZE, "%.*s:%u", host, token->endpoint, token->port);
}

void token_fini(token_t *token)
{
    sodium_memzero(token, sizeof *token);
}
