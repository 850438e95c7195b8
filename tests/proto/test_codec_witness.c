/* The newest entry of the log, as it is asked for and answered; and a submission that is sent again with its receipt.
 */
#include "support.h"

#define JUNE (2025 * 12 + 5)
enum { FIELD_SUBMIT = 4, FIELD_WITNESS = 44 };

Test(codec_witness, an_entry_that_was_seen_earlier_comes_back)
{
    const witness_query_t query = {12, {1, 2, 3}};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&(request_t){.kind = REQUEST_WITNESS, .witness = query});
    cr_assert_eq(decoded.request->witness.event, 12);
    cr_assert_arr_eq(decoded.request->witness.hash, query.hash, DIGEST_SIZE);
    CLEANUP(decoded_fini) decoded_t none = request_round(&(request_t){.kind = REQUEST_WITNESS});
    cr_assert_eq(none.request->witness.event, 0);
}

Test(codec_witness, a_hash_goes_with_its_entry)
{
    static const uint8_t HASH[DIGEST_SIZE + 1];
    frame_t *body = frame_new(0);
    frame_number(body, 1, 12);
    expect_refused(frame_request(FIELD_WITNESS, body), STATUS_MALFORMED, "witness.hash");
    body = frame_new(0);
    frame_bytes(body, 2, HASH, DIGEST_SIZE);
    expect_refused(frame_request(FIELD_WITNESS, body), STATUS_MALFORMED, "witness.hash");
    body = frame_new(0);
    frame_number(body, 1, 12);
    frame_bytes(body, 2, HASH, sizeof HASH);
    expect_refused(frame_request(FIELD_WITNESS, body), STATUS_MALFORMED, "witness.hash");
}

Test(codec_witness, the_newest_entry_comes_back)
{
    const witnessed_t found = {9, {4, 5}, 7, true};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_WITNESSED, .witnessed = found});
    cr_assert(got.response->witnessed.event == 9 && got.response->witnessed.sequence == 7);
    cr_assert(got.response->witnessed.is_known);
    cr_assert_arr_eq(got.response->witnessed.hash, found.hash, DIGEST_SIZE);
    CLEANUP(answered_fini) answered_t empty = response_round(&(response_t){.kind = RESPONSE_WITNESSED});
    cr_assert(empty.response->witnessed.event == 0 && !empty.response->witnessed.is_known);
}

Test(codec_witness, what_is_sent_again_carries_its_receipt)
{
    static const uint8_t PATH[DIGEST_SIZE] = {8};
    const receipt_t earlier = {.outcome = OUTCOME_ACCEPTED,
                               .revision = 3,
                               .sequence = 5,
                               .time_ms = 1000,
                               .is_signed = true,
                               .facts_digest = {1},
                               .signature = {2},
                               .group_size = 2,
                               .group_index = 1,
                               .group_path = {PATH, sizeof PATH}};
    request_t submit = {.kind = REQUEST_SUBMIT, .submission = {.dealer = "D1", .period = JUNE, .earlier = &earlier}};
    request_t withdraw = {.kind = REQUEST_WITHDRAW,
                          .withdrawal = {.dealer = "D1", .period = JUNE, .earlier = &earlier}};
    CLEANUP(decoded_fini) decoded_t first = request_round(&submit);
    CLEANUP(decoded_fini) decoded_t second = request_round(&withdraw);
    const receipt_t *backs[] = {first.request->submission.earlier, second.request->withdrawal.earlier};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_not_null(backs[i]);
        cr_assert(backs[i]->outcome == OUTCOME_ACCEPTED && backs[i]->revision == 3 && backs[i]->sequence == 5);
        cr_assert(backs[i]->time_ms == 1000 && !backs[i]->late && backs[i]->is_signed);
        cr_assert_arr_eq(backs[i]->signature, earlier.signature, SIGNATURE_SIZE);
        cr_assert_arr_eq(backs[i]->group_path.data, PATH, sizeof PATH);
    }
    CLEANUP(decoded_fini)
    decoded_t without =
        request_round(&(request_t){.kind = REQUEST_WITHDRAW, .withdrawal = {.dealer = "D1", .period = JUNE}});
    cr_assert_null(without.request->withdrawal.earlier);
}

Test(codec_witness, a_receipt_in_a_request_has_its_bounds)
{
    frame_t *receipt = frame_new(1), *body = frame_new(0);
    frame_number(receipt, 1, OUTCOME_COUNT);
    frame_submission(body);
    frame_nest(body, 9, receipt);
    expect_refused(frame_request(FIELD_SUBMIT, body), STATUS_MALFORMED, "receipt.outcome");
    receipt = frame_new(1);
    for (size_t i = 0; i <= CATALOG_CHECKS_MAX; i++)
        frame_text(receipt, 6, "");
    body = frame_new(0);
    frame_submission(body);
    frame_nest(body, 9, receipt);
    expect_refused(frame_request(FIELD_SUBMIT, body), STATUS_MALFORMED, "more elements");
}
