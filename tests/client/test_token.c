/* Enrolment tokens as text. */
#include "client/token.h"

#include "core/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static token_t sample(void)
{
    token_t token = {
        .hub_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", .port = 7421, .endpoint = "tcp://hub.example:7420"};
    for (int i = 0; i < TOKEN_SECRET_SIZE; i++)
        token.secret[i] = (uint8_t)i;
    return token;
}

/* Made by another program from proto/README.md, section 8 (python3: hashlib, base64). */
static const char SAMPLE[] =
    "ys1.AAECAwQFBgcICQoLDA0OD1T8uiTpMkmWkxb7YXyHK7DB0f8UgAQnxZTL-s8bwtZSHP10Y3A6Ly9odWIuZXhhbXBsZTo3NDIwMMKzYQ";

static void expect_equal(const token_t *left, const token_t *right)
{
    cr_assert_arr_eq(left->secret, right->secret, TOKEN_SECRET_SIZE);
    cr_assert_str_eq(left->hub_key, right->hub_key);
    cr_assert_eq(left->port, right->port);
    cr_assert_str_eq(left->endpoint, right->endpoint);
}

Test(token, its_text_is_the_documented_one)
{
    char text[TOKEN_TEXT_SIZE];
    token_t token = sample();
    token_write(&token, text);
    cr_assert_str_eq(text, SAMPLE);
}

static void expect_sample(const char *text)
{
    const char *why = "";
    token_t token = sample(), back = {0};
    cr_assert_eq(token_read(text, &back, &why), STATUS_OK, "%s: %s", text, why);
    expect_equal(&back, &token);
}

Test(token, it_comes_back_with_anything_around_it)
{
    static const char *const AROUND[][2] = {{"", ""},
                                            {" ", "\n"},
                                            {"\t", " \r\n"},
                                            {"\n\n", ""},
                                            {"\xEF\xBB\xBF", ""},
                                            {"\xE2\x80\x8B", "\xE3\x80\x80"},
                                            {"\"", "\""},
                                            {"<", ">"},
                                            {"令牌：", "，有效期一个月"},
                                            {"token: ", " A B"},
                                            {"D0001,", ",2026-12-26T08:00:00Z\n"}};
    for (size_t i = 0; i < sizeof AROUND / sizeof *AROUND; i++) {
        char text[TOKEN_TEXT_SIZE + 80];
        snprintf(text, sizeof text, "%s%s%s", AROUND[i][0], SAMPLE, AROUND[i][1]);
        expect_sample(text);
    }
}

Test(token, it_comes_back_with_blanks_and_line_breaks_in_it)
{
    static const char *const BETWEEN[] = {" ", "\n", "\r\n", "\xE3\x80\x80", "\xE2\x80\x8B", "\xC2\xA0"};
    for (size_t i = 0; i < sizeof BETWEEN / sizeof *BETWEEN; i++)
        for (int at = 1; at < (int)strlen(SAMPLE); at++) {
            char text[TOKEN_TEXT_SIZE + 10];
            snprintf(text, sizeof text, "%.*s%s%s\n", at, SAMPLE, BETWEEN[i], SAMPLE + at);
            expect_sample(text);
        }
}

/* As an input method, and a program that thinks of typography, write it. */
Test(token, it_comes_back_from_full_width_characters_and_other_dashes)
{
    char wide[4 * TOKEN_TEXT_SIZE] = "", dashed[4 * TOKEN_TEXT_SIZE] = "";
    size_t size = 0;
    for (const char *at = SAMPLE; *at; at++) {
        size += text_encode((uint32_t)(uint8_t)*at + 0xFEE0, wide + size);
        strcat(dashed, *at == '-' ? "\xE2\x80\x91" : (const char[]){*at, '\0'});
    }
    expect_sample(wide);
    expect_sample(dashed);
}

Test(token, of_several_none_is_taken)
{
    char text[3 * TOKEN_TEXT_SIZE];
    const char *why = "";
    token_t back;
    snprintf(text, sizeof text, "dealers,token,expires\nD1,%s,2026\nD2,%s,2026\n", SAMPLE, SAMPLE);
    cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID);
    cr_assert(strstr(why, "several tokens"), "%s", why);
}

Test(token, no_more_than_so_much_is_looked_at)
{
    char text[TOKEN_INPUT_SIZE + TOKEN_TEXT_SIZE];
    const char *why = "";
    token_t back;
    memset(text, 'x', sizeof text);
    size_t least = TOKEN_INPUT_SIZE - 1 - strlen(SAMPLE);
    strcpy(text + least, SAMPLE);
    expect_sample(text);
    memset(text, 'x', sizeof text);
    strcpy(text + least + 1, SAMPLE);
    cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID, "its last character is one past the end");
}

Test(token, the_longest_endpoint_fits)
{
    char text[TOKEN_TEXT_SIZE];
    const char *why;
    token_t token = sample(), back = {0};
    snprintf(token.endpoint, sizeof token.endpoint, "tcp://%0*d:65535", ENDPOINT_SIZE - 1 - 12, 0);
    cr_assert_eq(strlen(token.endpoint), ENDPOINT_SIZE - 1);
    token_write(&token, text);
    cr_assert_eq(token_read(text, &back, &why), STATUS_OK);
    expect_equal(&back, &token);
}

/* Each character changed to another one of the alphabet; the last may carry bits that are none. */
Test(token, every_mistyped_character_is_told)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t at = 0; at < strlen(SAMPLE); at++) {
        char text[TOKEN_TEXT_SIZE];
        const char *why = "";
        token_t back = {.port = 1};
        strcpy(text, SAMPLE);
        const char *place = strchr(ALPHABET, text[at]);
        text[at] = place ? ALPHABET[(place - ALPHABET + 17) % 64] : 'x';
        cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID, "character %zu", at);
        cr_assert(strstr(why, at < 4 ? "begins with ys1." : "mistyped or cut off"), "%s", why);
        cr_assert_eq(back.port, 1, "an output changes only on success");
    }
}

Test(token, a_cut_or_lengthened_one_is_told)
{
    char text[TOKEN_TEXT_SIZE];
    const char *why;
    token_t back;
    for (size_t length = 0; length < strlen(SAMPLE); length++) {
        snprintf(text, sizeof text, "%.*s", (int)length, SAMPLE);
        cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID, "%zu characters", length);
    }
    static const char *const MORE[] = {"A", "-", "AAAA"};
    for (size_t i = 0; i < sizeof MORE / sizeof *MORE; i++) {
        snprintf(text, sizeof text, "%s%s", SAMPLE, MORE[i]);
        cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID, "%s", text);
    }
}

Test(token, one_that_names_no_endpoint_or_port_is_none)
{
    static const char *const ENDPOINTS[] = {"tcp://*:7420", "hub.example:7420", "tcp://hub", "ipc://x:1"};
    char text[TOKEN_TEXT_SIZE];
    const char *why;
    token_t back, token = sample();
    for (size_t i = 0; i < sizeof ENDPOINTS / sizeof *ENDPOINTS; i++) {
        snprintf(token.endpoint, sizeof token.endpoint, "%s", ENDPOINTS[i]);
        token_write(&token, text);
        cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID, "%s", ENDPOINTS[i]);
    }
    token = sample();
    token.port = 0;
    token_write(&token, text);
    cr_assert_eq(token_read(text, &back, &why), STATUS_INVALID);
}

Test(token, it_is_used_at_its_port_of_its_host)
{
    char endpoint[ENDPOINT_SIZE];
    token_t token = sample();
    token_enrolment_endpoint(&token, endpoint);
    cr_assert_str_eq(endpoint, "tcp://hub.example:7421");
    snprintf(token.endpoint, sizeof token.endpoint, "tcp://[2001:db8::1]:7420");
    token_enrolment_endpoint(&token, endpoint);
    cr_assert_str_eq(endpoint, "tcp://[2001:db8::1]:7421");
}

Test(token, the_hub_knows_it_by_its_digest)
{
    uint8_t digest[DIGEST_SIZE];
    token_t token = sample();
    token_digest(token.secret, digest);
    char text[2 * DIGEST_SIZE + 1];
    for (int i = 0; i < DIGEST_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    cr_assert_str_eq(
        text, "c7cb5d1a1a214f1d833a21fe6c7b2420e417c2f220784cbe90072975131bc367"); /* hashlib.blake2b(bytes(range(16)),
                                                                                      digest_size=32) */
}
