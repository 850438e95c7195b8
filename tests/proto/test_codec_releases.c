/* Releases, exemplars and the explanation of hidden figures on the wire: round trips, and what is refused. */
#include "support.h"

#define JUNE period_make(2025, 6)

static const uint8_t KEY[KEY_SIZE] = {0xAA, [31] = 0xBB};

Test(codec_releases, the_requests_come_back)
{
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_RELEASE_MONTH, .release_month = JUNE});
    cr_assert_eq(decoded.request->release_month, JUNE);
    decoded_fini(&decoded);
    request_t designate = {
        .kind = REQUEST_DESIGNATE_EXEMPLAR,
        .designate = {.scope = "region:east", .dealer = "D1", .from = JUNE, .consented = true, .why = "w"}};
    decoded = request_round(&designate);
    const exemplar_entry_t *got = &decoded.request->designate;
    cr_assert_str_eq(got->scope, "region:east");
    cr_assert_str_eq(got->dealer, "D1");
    cr_assert_str_eq(got->why, "w");
    cr_assert(got->from == JUNE && got->consented);
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_LIST_EXEMPLARS});
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_EXPLAIN_DISCLOSURE, .explain = {"D1", JUNE}});
    cr_assert_str_eq(decoded.request->explain.dealer, "D1");
    cr_assert_eq(decoded.request->explain.period, JUNE);
    decoded_fini(&decoded);
}

Test(codec_releases, what_came_of_a_release_comes_back)
{
    const char *waiting[] = {"D1", "D2"};
    CLEANUP(answered_fini)
    answered_t got = response_round(
        &(response_t){.kind = RESPONSE_RELEASED, .released = {JUNE, 3, UINT64_C(1) << 41, 58, waiting, 2}});
    const released_t *back = &got.response->released;
    cr_assert(back->period == JUNE && back->release == 3 && back->release_ms == UINT64_C(1) << 41 && back->taken == 58);
    cr_assert_eq(back->waiting_count, 2);
    cr_assert_str_eq(back->waiting[1], "D2");
}

Test(codec_releases, exemplars_come_back)
{
    exemplar_entry_t entries[] = {
        {.scope = "nation", .dealer = "D1", .from = JUNE, .consented = true, .why = "w", .time_ms = 9},
        {.scope = "region:east", .dealer = "", .from = JUNE + 1, .why = ""}};
    memcpy(entries[0].public_key, KEY, KEY_SIZE);
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_EXEMPLARS, .exemplars = {entries, 2}});
    cr_assert_eq(got.response->exemplars.count, 2);
    const exemplar_entry_t *back = got.response->exemplars.items;
    cr_assert(back[0].consented && back[0].time_ms == 9 && back[0].from == JUNE && !back[1].consented);
    cr_assert_arr_eq(back[0].public_key, KEY, KEY_SIZE);
    cr_assert_str_eq(back[1].scope, "region:east");
    cr_assert_str_eq(back[1].dealer, "");
}

Test(codec_releases, an_explanation_comes_back)
{
    hidden_cell_t hidden[] = {{"ad_spend", "region_average", 3, "too few"}};
    waiting_dealer_t waiting[] = {{"D1", 1, 2, "corrected"}};
    const disclosure_answer_t answer = {"D2", JUNE, 2, 77, hidden, 1, waiting, 1};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_DISCLOSURE, .disclosure = &answer});
    const disclosure_answer_t *back = got.response->disclosure;
    cr_assert(back->period == JUNE && back->release == 2 && back->release_ms == 77);
    cr_assert(back->hidden_count == 1 && back->hidden[0].reason == 3);
    cr_assert_str_eq(back->hidden[0].column, "region_average");
    cr_assert_str_eq(back->hidden[0].text, "too few");
    cr_assert(back->waiting_count == 1 && back->waiting[0].change == 1 && back->waiting[0].wait == 2);
    cr_assert_str_eq(back->waiting[0].dealer, "D1");
}
