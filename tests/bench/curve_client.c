#include "tests/bench/curve_client.h"

#include <sodium.h>
#include <string.h>

#define GREETING_SIZE  64
#define SIGNATURE_SIZE 10
#define HELLO_SIZE     200
#define WELCOME_SIZE   168
#define COOKIE_SIZE    96
#define VOUCH_SIZE     80
#define FLAG_LONG      2
#define FLAG_COMMAND   4
#define METADATA                                                                                                       \
    "\x0bSocket-Type\0\0\0\x06"                                                                                        \
    "DEALER\x08Identity\0\0\0\0"
#define METADATA_SIZE (sizeof METADATA - 1)
#define MESSAGE_HEAD  16 /* "\x07MESSAGE" and a nonce */
#define MAC           crypto_box_MACBYTES

void curve_prepare(curve_identity_t *identity, const uint8_t server_key[32])
{
    crypto_box_keypair(identity->transient_public, identity->transient_secret);
    (void)!crypto_box_beforenm(identity->hello_key, server_key, identity->transient_secret);
}

static void append(curve_output_t *out, const void *bytes, size_t size)
{
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static uint8_t *reserve(curve_output_t *out, size_t size)
{
    uint8_t *place = out->bytes + out->size;
    out->size += size;
    return place;
}

static void append_head(curve_output_t *out, uint8_t flags, size_t size)
{
    uint8_t head[9] = {flags};
    if (size < 256) {
        head[1] = (uint8_t)size;
        append(out, head, 2);
        return;
    }
    head[0] |= FLAG_LONG;
    for (size_t i = 0; i < 8; i++)
        head[8 - i] = (uint8_t)((uint64_t)size >> 8 * i);
    append(out, head, 9);
}

/* A short nonce: its name of 16 bytes, then a number. */
static void number_nonce(uint8_t nonce[24], const char *name, uint64_t number)
{
    memcpy(nonce, name, 16);
    for (size_t i = 0; i < 8; i++)
        nonce[23 - i] = (uint8_t)(number >> 8 * i);
}

void curve_start(curve_t *curve, curve_output_t *out)
{
    static const uint8_t signature[SIGNATURE_SIZE] = {0xff, [9] = 0x7f};
    curve->phase = CURVE_GREETING;
    curve->nonce = 1;
    curve->input_size = 0;
    append(out, signature, sizeof signature);
}

static void append_greeting_rest(curve_output_t *out)
{
    static const uint8_t rest[GREETING_SIZE - SIGNATURE_SIZE] = {3, 1, 'C', 'U', 'R', 'V', 'E'};
    append(out, rest, sizeof rest);
}

static void append_hello(curve_t *curve, const curve_identity_t *identity, curve_output_t *out)
{
    static const uint8_t zeros[64];
    uint8_t nonce[24];
    number_nonce(nonce, "CurveZMQHELLO---", curve->nonce++);
    append_head(out, FLAG_COMMAND, HELLO_SIZE);
    append(out, "\x05HELLO\x01\0", 8);
    memset(reserve(out, 72), 0, 72);
    append(out, identity->transient_public, 32);
    append(out, nonce + 16, 8);
    (void)!crypto_box_easy_afternm(reserve(out, sizeof zeros + MAC), zeros, sizeof zeros, nonce, identity->hello_key);
}

static void append_initiate(curve_t *curve, const curve_identity_t *identity, const uint8_t server_key[32],
                            const uint8_t server_transient[32], const uint8_t *cookie, curve_output_t *out)
{
    uint8_t nonce[24] = "VOUCH---", vouched[64], inner[32 + 16 + VOUCH_SIZE + METADATA_SIZE];
    randombytes_buf(nonce + 8, 16);
    memcpy(vouched, identity->transient_public, 32);
    memcpy(vouched + 32, server_key, 32);
    memcpy(inner, identity->public_key, 32);
    memcpy(inner + 32, nonce + 8, 16);
    (void)!crypto_box_easy(inner + 48, vouched, sizeof vouched, nonce, server_transient, identity->secret_key);
    memcpy(inner + 48 + VOUCH_SIZE, METADATA, METADATA_SIZE);
    number_nonce(nonce, "CurveZMQINITIATE", curve->nonce++);
    append_head(out, FLAG_COMMAND, 9 + COOKIE_SIZE + 8 + sizeof inner + MAC);
    append(out, "\x08INITIATE", 9);
    append(out, cookie, COOKIE_SIZE);
    append(out, nonce + 16, 8);
    (void)!crypto_box_easy_afternm(reserve(out, sizeof inner + MAC), inner, sizeof inner, nonce, curve->key);
}

/* A frame that has come whole: its flags, its body within the input, and the size of all of it; 0: not yet. */
static size_t find_frame(const curve_t *curve, uint8_t *flags, const uint8_t **body, size_t *size)
{
    const uint8_t *input = curve->input;
    if (curve->input_size < 2)
        return 0;
    size_t head = input[0] & FLAG_LONG ? 9 : 2;
    if (curve->input_size < head)
        return 0;
    *flags = input[0];
    *size = 0;
    for (size_t i = 1; i < head; i++)
        *size = *size << 8 | input[i];
    *body = input + head;
    return curve->input_size - head >= *size ? head + *size : 0;
}

static void drop(curve_t *curve, size_t size)
{
    curve->input_size -= size;
    memmove(curve->input, curve->input + size, curve->input_size);
}

static bool take_welcome(curve_t *curve, const curve_identity_t *identity, const uint8_t server_key[32],
                         const uint8_t *body, size_t size, curve_output_t *out)
{
    uint8_t nonce[24] = "WELCOME-", inner[WELCOME_SIZE - 24 - MAC];
    if (size != WELCOME_SIZE || memcmp(body, "\x07WELCOME", 8) != 0)
        return false;
    memcpy(nonce + 8, body + 8, 16);
    if (crypto_box_open_easy_afternm(inner, body + 24, WELCOME_SIZE - 24, nonce, identity->hello_key) != 0 ||
        crypto_box_beforenm(curve->key, inner, identity->transient_secret) != 0)
        return false;
    append_initiate(curve, identity, server_key, inner, inner + 32, out);
    curve->phase = CURVE_INITIATE;
    return true;
}

static bool take_ready(curve_t *curve, const uint8_t *body, size_t size)
{
    uint8_t nonce[24], inner[CURVE_INPUT_MAX];
    if (size < 14 + MAC || memcmp(body, "\x05READY", 6) != 0)
        return false;
    memcpy(nonce, "CurveZMQREADY---", 16);
    memcpy(nonce + 16, body + 6, 8);
    if (crypto_box_open_easy_afternm(inner, body + 14, size - 14, nonce, curve->key) != 0)
        return false;
    curve->phase = CURVE_READY;
    return true;
}

/* Of the server's greeting nothing matters here but that it has come: the first ten bytes, then all. */
static bool step_greeting(curve_t *curve, const curve_identity_t *identity, curve_output_t *out)
{
    bool has_answered = curve->nonce > 1;
    if (curve->input_size >= 1 && curve->input[0] != 0xff)
        return false;
    if (!has_answered && curve->input_size >= SIGNATURE_SIZE) {
        append_greeting_rest(out);
        curve->nonce++;
    }
    if (curve->input_size < GREETING_SIZE)
        return true;
    drop(curve, GREETING_SIZE);
    append_hello(curve, identity, out);
    curve->phase = CURVE_HELLO;
    return true;
}

bool curve_step(curve_t *curve, const curve_identity_t *identity, const uint8_t server_key[32], curve_output_t *out)
{
    uint8_t flags;
    const uint8_t *body;
    size_t size;
    if (curve->phase == CURVE_GREETING)
        return step_greeting(curve, identity, out);
    size_t whole = find_frame(curve, &flags, &body, &size);
    if (!whole)
        return curve->input_size < CURVE_INPUT_MAX;
    bool good = flags & FLAG_COMMAND &&
                (curve->phase == CURVE_HELLO ? take_welcome(curve, identity, server_key, body, size, out)
                                             : take_ready(curve, body, size));
    drop(curve, whole);
    return good;
}

bool curve_seal(curve_t *curve, const uint8_t *message, size_t size, curve_output_t *out)
{
    uint8_t nonce[24], inner[CURVE_OUTPUT_MAX];
    if (size + MESSAGE_HEAD + MAC + 10 > CURVE_OUTPUT_MAX - out->size)
        return false;
    inner[0] = 0; /* the last frame of its message */
    memcpy(inner + 1, message, size);
    number_nonce(nonce, "CurveZMQMESSAGEC", curve->nonce++);
    append_head(out, 0, MESSAGE_HEAD + size + 1 + MAC);
    append(out, "\x07MESSAGE", 8);
    append(out, nonce + 16, 8);
    return crypto_box_easy_afternm(reserve(out, size + 1 + MAC), inner, size + 1, nonce, curve->key) == 0;
}

curve_taken_t curve_open(curve_t *curve, uint8_t *out, size_t *out_size)
{
    uint8_t flags, nonce[24], inner[CURVE_INPUT_MAX];
    const uint8_t *body;
    size_t size, whole;
    while ((whole = find_frame(curve, &flags, &body, &size)) != 0) {
        if (size < MESSAGE_HEAD + 1 + MAC || memcmp(body, "\x07MESSAGE", 8) != 0)
            return CURVE_BROKEN;
        memcpy(nonce, "CurveZMQMESSAGES", 16);
        memcpy(nonce + 16, body + 8, 8);
        size_t inner_size = size - MESSAGE_HEAD - MAC;
        if (crypto_box_open_easy_afternm(inner, body + MESSAGE_HEAD, size - MESSAGE_HEAD, nonce, curve->key) != 0)
            return CURVE_BROKEN;
        drop(curve, whole);
        if (inner[0] != 0) /* a command: a sign of life */
            continue;
        *out_size = inner_size - 1;
        memcpy(out, inner + 1, inner_size - 1);
        return CURVE_MESSAGE;
    }
    return curve->input_size < CURVE_INPUT_MAX ? CURVE_NOTHING : CURVE_BROKEN;
}

/* In the order of curve_server.cpp: the transient pair; HELLO opened; the cookie sealed and WELCOME sealed; the cookie
 * opened, INITIATE opened, the vouch opened, the shared key made; READY sealed. libzmq uses the plain calls, each of
 * which computes its shared key anew. */
uint8_t curve_server_arithmetic(const uint8_t server_secret[32], const uint8_t server_public[32],
                                const curve_identity_t *client)
{
    static const uint8_t nonce[24];
    uint8_t public_key[32], secret_key[32], cookie_key[32], precomputed[32], text[256] = {0}, box[256 + MAC];
    (void)server_public;
    crypto_box_keypair(public_key, secret_key);
    (void)!crypto_box_easy(box, text, 64, nonce, client->transient_public, server_secret);
    (void)!crypto_box_open_easy(text, box, 64 + MAC, nonce, client->transient_public, server_secret);
    randombytes_buf(cookie_key, sizeof cookie_key);
    (void)!crypto_secretbox_easy(box, text, 64, nonce, cookie_key);
    (void)!crypto_secretbox_open_easy(text, box, 64 + MAC, nonce, cookie_key);
    (void)!crypto_box_open_easy(text, box, 200, nonce, client->transient_public, secret_key);
    (void)!crypto_box_open_easy(text, box, 80, nonce, client->public_key, secret_key);
    (void)!crypto_box_beforenm(precomputed, client->transient_public, secret_key);
    (void)!crypto_box_easy_afternm(box, text, 32, nonce, precomputed);
    return (uint8_t)(box[0] ^ text[0]);
}
