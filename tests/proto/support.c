#include "support.h"

frame_t *frame_new(unsigned slot)
{
    static frame_t frames[4];
    frames[slot].size = 0;
    return &frames[slot];
}

void frame_varint(frame_t *frame, uint64_t value)
{
    do {
        frame->bytes[frame->size++] = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        value >>= 7;
    } while (value);
}

void frame_number(frame_t *frame, uint32_t field, uint64_t value)
{
    frame_varint(frame, (uint64_t)field << 3);
    frame_varint(frame, value);
}

void frame_bytes(frame_t *frame, uint32_t field, const void *bytes, size_t size)
{
    frame_varint(frame, (uint64_t)field << 3 | 2);
    frame_varint(frame, size);
    cr_assert(frame->size + size <= sizeof frame->bytes);
    memcpy(frame->bytes + frame->size, bytes, size);
    frame->size += size;
}

void frame_text(frame_t *frame, uint32_t field, const char *text)
{
    frame_bytes(frame, field, text, strlen(text));
}

void frame_nest(frame_t *frame, uint32_t field, const frame_t *inner)
{
    frame_bytes(frame, field, inner->bytes, inner->size);
}

frame_t *frame_request(uint32_t field, const frame_t *body)
{
    frame_t *request = frame_new(3);
    frame_number(request, 1, 7);
    frame_nest(request, field, body);
    return request;
}

decoded_t decode_bytes(const uint8_t *bytes, size_t size)
{
    decoded_t decoded = {.arena = arena_create(REQUEST_MEMORY_MAX)};
    /* An exact copy on the heap, so that ASan sees a read behind the frame. */
    uint8_t *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    decoded.status = request_decode((span_t){copy, size}, decoded.arena, &decoded.request, &decoded.id, &decoded.why);
    free(copy);
    if (decoded.status != STATUS_OK)
        cr_assert_not_null(decoded.why, "a refusal must say why");
    return decoded;
}

decoded_t decode_frame(const frame_t *frame)
{
    return decode_bytes(frame->bytes, frame->size);
}

void decoded_fini(decoded_t *decoded)
{
    arena_destroy(&decoded->arena);
}

decoded_t request_round(const request_t *request)
{
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    cr_assert_eq(request_encode(request, &first), STATUS_OK);
    decoded_t decoded = decode_bytes(first.data, first.size);
    cr_assert_eq(decoded.status, STATUS_OK, "%s", decoded.why);
    cr_assert_eq(decoded.id, request->id);
    cr_assert_eq(decoded.request->id, request->id);
    cr_assert_eq(decoded.request->kind, request->kind);
    cr_assert_eq(request_encode(decoded.request, &second), STATUS_OK);
    cr_assert_eq(first.size, second.size);
    cr_assert_arr_eq(first.data, second.data, first.size);
    return decoded;
}

answered_t response_round(const response_t *response)
{
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    answered_t answered = {.arena = arena_create(64u << 20)};
    const char *why = "";
    cr_assert_eq(response_encode(response, &first), STATUS_OK);
    cr_assert_eq(response_decode((span_t){first.data, first.size}, answered.arena, &answered.response, &why), STATUS_OK,
                 "%s", why);
    cr_assert_eq(answered.response->id, response->id);
    cr_assert_eq(answered.response->status, response->status);
    cr_assert_eq(answered.response->kind, response->kind);
    cr_assert_eq(response_encode(answered.response, &second), STATUS_OK);
    cr_assert_eq(first.size, second.size);
    cr_assert_arr_eq(first.data, second.data, first.size);
    return answered;
}

void answered_fini(answered_t *answered)
{
    arena_destroy(&answered->arena);
}

void frame_submission(frame_t *frame)
{
    static const uint8_t ID[SUBMISSION_ID_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    frame_bytes(frame, 1, ID, sizeof ID);
    frame_text(frame, 2, "D0001");
    frame_number(frame, 3, 202506);
    frame_bytes(frame, 5, "\x05", 1);
    frame_bytes(frame, 6, "\x02\x03", 2); /* 1 and -2 */
}

void expect_refused(const frame_t *frame, status_t status, const char *part)
{
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame);
    cr_assert_eq(decoded.status, status, "%s instead of %s", status_name(decoded.status), status_name(status));
    cr_assert_not_null(strstr(decoded.why, part), "\"%s\" does not name \"%s\"", decoded.why, part);
}

signed_receipt_t receipt_altered(signed_receipt_t receipt, size_t i)
{
    receipt.hub_key[0] ^= i == 0;
    receipt.dealer = i == 1 ? "D9999" : i == 2 ? "D99990" : receipt.dealer;
    receipt.period += i == 3;
    receipt.outcome = i == 4 ? OUTCOME_UNCHANGED : receipt.outcome;
    receipt.revision += i == 5;
    receipt.sequence += i == 6;
    receipt.time_ms += i == 7;
    receipt.late = i == 8;
    receipt.submission_id[15] ^= i == 9 ? 0x80 : 0;
    receipt.facts_digest[31] ^= i == 10 ? 0x80 : 0;
    return receipt;
}
