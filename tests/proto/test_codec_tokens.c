/* Enrolment on the wire: round trips, and each bound at its cap and one past it. */
#include "support.h"

#include <stdio.h>

enum { FIELD_MAKE_TOKENS = 19, FIELD_LIST_TOKENS = 20, FIELD_REVOKE_TOKENS = 21, FIELD_ENROLL = 22 };

static const uint8_t DIGEST[DIGEST_SIZE] = {0xD1, [31] = 0xD2};
static const uint8_t KEY[KEY_SIZE] = {0xAA, [31] = 0xBB};

Test(codec_tokens, tokens_to_make_come_back)
{
    const char *first[] = {"D0001", "D0002"}, *second[] = {"店-3"};
    token_entry_t tokens[] = {{.dealers = first, .dealer_count = 2, .expires_ms = UINT64_C(1) << 41},
                              {.dealers = second, .dealer_count = 1, .expires_ms = 7}};
    memcpy(tokens[1].digest, DIGEST, DIGEST_SIZE);
    CLEANUP(decoded_fini)
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_MAKE_TOKENS, .make_tokens = {tokens, 2}});
    const token_entries_t *got = &decoded.request->make_tokens;
    cr_assert_eq(got->count, 2);
    cr_assert_eq(got->items[0].dealer_count, 2);
    cr_assert_str_eq(got->items[0].dealers[1], "D0002");
    cr_assert_eq(got->items[0].expires_ms, UINT64_C(1) << 41);
    cr_assert_arr_eq(got->items[1].digest, DIGEST, DIGEST_SIZE);
    cr_assert_str_eq(got->items[1].dealers[0], "店-3");
}

Test(codec_tokens, the_other_requests_come_back)
{
    request_t from_first = {.kind = REQUEST_LIST_TOKENS}, from = {.kind = REQUEST_LIST_TOKENS};
    from.list_tokens.has_after = true;
    memcpy(from.list_tokens.after, DIGEST, DIGEST_SIZE);
    decoded_t decoded = request_round(&from_first);
    cr_assert(!decoded.request->list_tokens.has_after);
    decoded_fini(&decoded);
    decoded = request_round(&from);
    cr_assert(decoded.request->list_tokens.has_after);
    cr_assert_arr_eq(decoded.request->list_tokens.after, DIGEST, DIGEST_SIZE);
    decoded_fini(&decoded);
    const uint8_t digests[2][DIGEST_SIZE] = {{1}, {2}};
    decoded = request_round(&(request_t){.kind = REQUEST_REVOKE_TOKENS, .revoke_tokens = {digests, 2}});
    cr_assert_eq(decoded.request->revoke_tokens.count, 2);
    cr_assert_arr_eq(decoded.request->revoke_tokens.items, digests, sizeof digests);
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_ENROLL, .enroll = {1, [15] = 16}});
    cr_assert(decoded.request->enroll[0] == 1 && decoded.request->enroll[15] == 16);
    decoded_fini(&decoded);
}

Test(codec_tokens, an_enrolment_is_a_frame_far_below_its_cap)
{
    CLEANUP(buffer_fini) buffer_t frame = {0};
    cr_assert_eq(request_encode(&(request_t){.id = UINT64_MAX, .kind = REQUEST_ENROLL}, &frame), STATUS_OK);
    cr_assert(frame.size <= ENROLL_SIZE_MAX / 8, "%zu", frame.size);
}

Test(codec_tokens, a_page_comes_back)
{
    const char *dealers[] = {"D0001", "D0002"};
    token_entry_t tokens[] = {
        {.dealers = dealers, .dealer_count = 2, .made_ms = 1, .expires_ms = 2},
        {.dealers = dealers, .dealer_count = 1, .made_ms = 3, .expires_ms = 4, .used_ms = 5, .revoked_ms = 6}};
    memcpy(tokens[1].digest, DIGEST, DIGEST_SIZE);
    memcpy(tokens[1].made_by, KEY, KEY_SIZE);
    memcpy(tokens[1].used_by, KEY, KEY_SIZE);
    response_t response = {.kind = RESPONSE_TOKENS, .tokens = {{tokens, 2}, true, 7421}};
    CLEANUP(answered_fini) answered_t answered = response_round(&response);
    const token_page_t *got = &answered.response->tokens;
    cr_assert(got->list.count == 2 && got->more && got->port == 7421);
    cr_assert_str_eq(got->list.items[0].dealers[1], "D0002");
    cr_assert(got->list.items[0].made_ms == 1 && got->list.items[0].expires_ms == 2 && got->list.items[0].used_ms == 0);
    cr_assert(got->list.items[1].used_ms == 5 && got->list.items[1].revoked_ms == 6);
    cr_assert_arr_eq(got->list.items[1].digest, DIGEST, DIGEST_SIZE);
    cr_assert_arr_eq(got->list.items[1].made_by, KEY, KEY_SIZE);
    cr_assert_arr_eq(got->list.items[1].used_by, KEY, KEY_SIZE);
}

Test(codec_tokens, an_enrolment_s_answer_comes_back_with_and_without_a_signing_key)
{
    const char *dealers[] = {"D0001", "D0002"};
    for (int with = 0; with < 2; with++) {
        response_t response = {.kind = RESPONSE_ENROLLED, .enrolled = {dealers, 2, with, {9, [31] = 8}}};
        CLEANUP(answered_fini) answered_t answered = response_round(&response);
        const enrolled_t *got = &answered.response->enrolled;
        cr_assert_eq(got->dealer_count, 2);
        cr_assert_str_eq(got->dealers[1], "D0002");
        cr_assert_eq(got->has_signing_key, with);
        cr_assert_eq(got->signing_key[31], with ? 8 : 0);
    }
}

/* ---- bounds */

static frame_t *token_of(const uint8_t *digest, size_t digest_size, size_t dealers)
{
    frame_t *token = frame_new(1);
    frame_bytes(token, 1, digest, digest_size);
    for (size_t i = 0; i < dealers; i++)
        frame_text(token, 2, "D1");
    return token;
}

static void make(frame_t *token, size_t count, status_t expected, const char *part)
{
    frame_t *body = frame_new(2);
    for (size_t i = 0; i < count; i++)
        frame_nest(body, 1, token);
    frame_t *request = frame_request(FIELD_MAKE_TOKENS, body);
    if (expected != STATUS_OK) {
        expect_refused(request, expected, part);
        return;
    }
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(request);
    cr_assert_eq(decoded.status, STATUS_OK, "%s", decoded.why);
    cr_assert_eq(decoded.request->make_tokens.count, count);
}

Test(codec_tokens, tokens_of_one_request_are_bounded)
{
    make(token_of(DIGEST, DIGEST_SIZE, 1), TOKENS_MAX, STATUS_OK, "");
    make(token_of(DIGEST, DIGEST_SIZE, 1), TOKENS_MAX + 1, STATUS_MALFORMED, "tokens has more elements");
    make(token_of(DIGEST, DIGEST_SIZE, KEY_DEALERS_MAX), 1, STATUS_OK, "");
    make(token_of(DIGEST, DIGEST_SIZE, KEY_DEALERS_MAX + 1), 1, STATUS_MALFORMED, "dealers has more elements");
    make(token_of(DIGEST, DIGEST_SIZE - 1, 1), 1, STATUS_MALFORMED, "make_tokens.digest has 31 bytes");
    frame_t *bad = token_of(DIGEST, DIGEST_SIZE, 0);
    frame_text(bad, 2, " D1");
    make(bad, 1, STATUS_MALFORMED, "make_tokens.dealers is no code");
}

Test(codec_tokens, digests_of_one_request_are_bounded)
{
    frame_t *body = frame_new(1);
    for (size_t i = 0; i < TOKENS_MAX; i++)
        frame_bytes(body, 1, DIGEST, DIGEST_SIZE);
    decoded_t decoded = decode_frame(frame_request(FIELD_REVOKE_TOKENS, body));
    cr_assert_eq(decoded.status, STATUS_OK, "%s", decoded.why);
    decoded_fini(&decoded);
    frame_bytes(body, 1, DIGEST, DIGEST_SIZE);
    expect_refused(frame_request(FIELD_REVOKE_TOKENS, body), STATUS_MALFORMED, "digests has more elements");
    body->size = 0;
    frame_bytes(body, 1, DIGEST, 5);
    expect_refused(frame_request(FIELD_REVOKE_TOKENS, body), STATUS_MALFORMED, "revoke_tokens.digests has 5 bytes");
}

Test(codec_tokens, a_secret_and_a_place_in_the_list_have_one_size)
{
    frame_t *body = frame_new(1);
    frame_bytes(body, 1, DIGEST, TOKEN_SECRET_SIZE + 1);
    expect_refused(frame_request(FIELD_ENROLL, body), STATUS_MALFORMED, "enroll.secret has 17 bytes");
    body->size = 0;
    expect_refused(frame_request(FIELD_ENROLL, body), STATUS_MALFORMED, "enroll.secret has 0 bytes");
    frame_bytes(body, 1, DIGEST, 31);
    expect_refused(frame_request(FIELD_LIST_TOKENS, body), STATUS_MALFORMED, "list_tokens.after has 31 bytes");
}
