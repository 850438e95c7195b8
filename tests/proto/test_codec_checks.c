/* Round trips of findings and comments. */
#include "support.h"

#define JUNE (2025 * 12 + 5)

Test(codec_checks, a_question_comes_back)
{
    const char *scopes[] = {"nation", "region:east"};
    CLEANUP(decoded_fini)
    decoded_t got = request_round(&(request_t){.kind = REQUEST_CHECKS, .checks = {JUNE, scopes, 2, "D0001", 50}});
    const checks_query_t *back = &got.request->checks;
    cr_assert_eq(back->period, JUNE);
    cr_assert_eq(back->scope_count, 2);
    cr_assert_str_eq(back->scopes[1], "region:east");
    cr_assert_str_eq(back->dealer, "D0001");
    cr_assert_eq(back->limit, 50);
}

Test(codec_checks, a_comment_comes_back)
{
    CLEANUP(decoded_fini)
    decoded_t got = request_round(
        &(request_t){.kind = REQUEST_COMMENT, .comment = {"D0001", JUNE, 3, "ad_spend", "", "a fair\nof three days"}});
    const comment_t *back = &got.request->comment;
    cr_assert_str_eq(back->dealer, "D0001");
    cr_assert_eq(back->period, JUNE);
    cr_assert_eq(back->revision, 3);
    cr_assert_str_eq(back->row, "ad_spend");
    cr_assert_str_eq(back->check, "");
    cr_assert_str_eq(back->text, "a fair\nof three days");
}

/* A comment on a row with a text of that many bytes. */
static frame_t *frame_of_comment(size_t text_size)
{
    static char text[TEXT_LENGTH_MAX + 2];
    frame_t *body = frame_new(0);
    memset(text, 'x', text_size);
    text[text_size] = '\0';
    frame_text(body, 1, "D0001");
    frame_number(body, 2, 202506);
    frame_text(body, 4, "ad_spend");
    frame_text(body, 6, text);
    return frame_request(35, body);
}

Test(codec_checks, a_comments_text_may_have_a_thousand_bytes)
{
    CLEANUP(decoded_fini) decoded_t got = decode_frame(frame_of_comment(TEXT_LENGTH_MAX));
    cr_assert_eq(got.status, STATUS_OK, "%s", got.why);
    expect_refused(frame_of_comment(TEXT_LENGTH_MAX + 1), STATUS_MALFORMED, "comment.text");
}

Test(codec_checks, findings_come_back)
{
    finding_t findings[] = {
        {"D0001", FINDING_HISTORY, "ad_spend", -4.5, 1, NO_VALUE, 2, 0.25, true, 7, "", 2, "a fair", 5},
        {"D0002", FINDING_REGION, "new_conversion", 20, 0.5, 12, 0.1, 0.02, false, 31, "east", 1, NULL, 0},
    };
    checks_answer_t answer = {JUNE, 60, 58, 9, findings, 2};
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_CHECKS, .checks = &answer});
    const checks_answer_t *back = got.response->checks;
    cr_assert_eq(back->period, JUNE);
    cr_assert(back->expected == 60 && back->reported == 58 && back->found == 9 && back->finding_count == 2);
    const finding_t *first = &back->findings[0], *second = &back->findings[1];
    cr_assert_str_eq(first->dealer, "D0001");
    cr_assert_eq(first->kind, FINDING_HISTORY);
    cr_assert_str_eq(first->name, "ad_spend");
    cr_assert(first->score == -4.5 && first->value == 1 && first->median == 2 && first->spread == 0.25);
    cr_assert(isnan(first->base) && first->is_relative && first->compared == 7 && first->revision == 2);
    cr_assert_str_eq(first->comment, "a fair");
    cr_assert_eq(first->comment_ms, 5);
    cr_assert(second->kind == FINDING_REGION && second->base == 12 && !second->is_relative);
    cr_assert_str_eq(second->region, "east");
    cr_assert_null(second->comment);
}

Test(codec_checks, a_comments_receipt_comes_back)
{
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_COMMENTED, .commented = {2, 5, 6}});
    const commented_t *back = &got.response->commented;
    cr_assert(back->revision == 2 && back->time_ms == 5 && back->event == 6);
}
