/* The log, its verification and a month's history: what comes back from a round trip, and what is refused. */
#include "support.h"

#include <math.h>

#define JUNE (2025 * 12 + 5)
enum { FIELD_LIST_EVENTS = 30, FIELD_HISTORY = 31, FIELD_VERIFY_EVENTS = 32 };

static const log_actor_t SOMEBODY = {ROLE_OPERATOR, true, {1, 2, 3}};

Test(codec_audit, a_query_of_the_log_comes_back)
{
    const events_query_t query = {3, 90, 80, 1000, 2000, "month/202506", 50};
    CLEANUP(decoded_fini)
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_LIST_EVENTS, .list_events = query});
    const events_query_t *back = &decoded.request->list_events;
    cr_assert(back->after == 3 && back->from_event == 90 && back->from_sequence == 80 && back->most == 50);
    cr_assert(back->since_ms == 1000 && back->until_ms == 2000);
    cr_assert_str_eq(back->about, "month/202506");
}

Test(codec_audit, a_subject_may_be_as_long_as_the_store_takes_it_and_no_longer)
{
    char about[SUBJECT_LENGTH_MAX + 2];
    memset(about, 'x', sizeof about);
    about[SUBJECT_LENGTH_MAX + 1] = 0;
    frame_t *body = frame_new(0);
    frame_text(body, 6, about);
    expect_refused(frame_request(FIELD_LIST_EVENTS, body), STATUS_MALFORMED, "list_events.about");
    body = frame_new(0);
    frame_text(body, 6, about + 1);
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(FIELD_LIST_EVENTS, body));
    cr_assert_eq(decoded.status, STATUS_OK);
}

Test(codec_audit, how_far_the_log_was_verified_comes_back)
{
    const verify_query_t query = {{7, 70, {9, 9}, 5, 2, 6}, 12, {8, 8}};
    CLEANUP(decoded_fini)
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_VERIFY_EVENTS, .verify_events = query});
    const verify_query_t *back = &decoded.request->verify_events;
    cr_assert(back->mark.event == 7 && back->mark.time_ms == 70 && back->mark.sequence == 5);
    cr_assert(back->mark.network == 2 && back->mark.subjects == 6 && back->expected_event == 12);
    cr_assert_arr_eq(back->mark.hash, query.mark.hash, DIGEST_SIZE);
    cr_assert_arr_eq(back->expected_hash, query.expected_hash, DIGEST_SIZE);
}

Test(codec_audit, a_hash_goes_with_its_entry)
{
    static const uint8_t HASH[DIGEST_SIZE];
    frame_t *body = frame_new(0);
    frame_number(body, 2, 9);
    expect_refused(frame_request(FIELD_VERIFY_EVENTS, body), STATUS_MALFORMED, "expected_hash");
    body = frame_new(0);
    frame_number(body, 2, 9);
    frame_bytes(body, 3, HASH, DIGEST_SIZE - 1);
    expect_refused(frame_request(FIELD_VERIFY_EVENTS, body), STATUS_MALFORMED, "expected_hash");
    frame_t *mark = frame_new(1);
    frame_bytes(mark, 3, HASH, DIGEST_SIZE);
    body = frame_new(0);
    frame_nest(body, 1, mark);
    expect_refused(frame_request(FIELD_VERIFY_EVENTS, body), STATUS_MALFORMED, "mark.hash");
}

Test(codec_audit, a_query_of_a_history_names_a_dealer_and_a_month)
{
    CLEANUP(decoded_fini)
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_HISTORY, .history = {"D0001", JUNE}});
    cr_assert_str_eq(decoded.request->history.dealer, "D0001");
    cr_assert_eq(decoded.request->history.period, JUNE);
    frame_t *body = frame_new(0);
    frame_text(body, 1, "D0001");
    frame_number(body, 2, 202513);
    expect_refused(frame_request(FIELD_HISTORY, body), STATUS_MALFORMED, "history.period");
    body = frame_new(0);
    frame_number(body, 2, 202506);
    expect_refused(frame_request(FIELD_HISTORY, body), STATUS_MALFORMED, "history.dealer");
}

Test(codec_audit, a_page_of_the_log_comes_back)
{
    static const uint32_t NUMBERS[] = {10, 100, 3};
    const logged_revision_t revisions[] = {{9, 90, "D1", JUNE, 2, SOMEBODY, true, false, "twice"},
                                           {8, 80, "D2", JUNE + 1, 1, SOMEBODY, false, true, ""}};
    const logged_event_t events[] = {
        {.event = 5, .time_ms = 50, .kind = 1, .period = PERIOD_NONE, .revisions = revisions, .revision_count = 2},
        {.event = 4,
         .time_ms = 40,
         .kind = 77,
         .actor = SOMEBODY,
         .hash = {6},
         .subject = "a/b",
         .dealer = "D3",
         .scope = "nation",
         .name = "n",
         .text = "t",
         .period = JUNE,
         .revision = 3,
         .number = 4,
         .held = 5,
         .until_ms = 6,
         .flag = true,
         .numbers = NUMBERS,
         .number_count = 3}};
    const event_page_t page = {events, 2, 3, 7};
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_EVENTS, .events = page});
    const event_page_t *back = &got.response->events;
    cr_assert(back->count == 2 && back->next_event == 3 && back->next_sequence == 7);
    const logged_revision_t *one = &back->items[0].revisions[0], *other = &back->items[0].revisions[1];
    cr_assert(!back->items[0].actor.has_key && back->items[0].period == PERIOD_NONE);
    cr_assert(one->sequence == 9 && one->time_ms == 90 && one->period == JUNE && one->revision == 2);
    cr_assert(one->late && !one->withdrawn && other->withdrawn && !other->late && one->actor.has_key);
    cr_assert_str_eq(one->why, "twice");
    cr_assert_str_eq(other->dealer, "D2");
    const logged_event_t *event = &back->items[1];
    cr_assert(event->kind == 77 && event->actor.role == ROLE_OPERATOR && event->period == JUNE && event->revision == 3);
    cr_assert(event->number == 4 && event->held == 5 && event->until_ms == 6 && event->flag);
    cr_assert(event->number_count == 3 && event->numbers[1] == 100 && event->hash[0] == 6);
    cr_assert_str_eq(event->subject, "a/b");
    cr_assert_str_eq(event->scope, "nation");
    cr_assert_str_eq(event->text, "t");
}

Test(codec_audit, a_verification_comes_back)
{
    const verification_t found = {{4, 40, {1}, 3, 2, 1}, true, "what"};
    CLEANUP(answered_fini)
    answered_t got = response_round(&(response_t){.kind = RESPONSE_VERIFICATION, .verification = found});
    const verification_t *back = &got.response->verification;
    cr_assert(back->complete && back->mark.event == 4 && back->mark.hash[0] == 1 && back->mark.subjects == 1);
    cr_assert_str_eq(back->damage, "what");
}

Test(codec_audit, a_history_comes_back)
{
    const fact_change_t changes[] = {{"ad_spend", "", NAN, 46587.23}, {"visits", "S1", 4, NAN}};
    const char *warnings[] = {"c"}, *added[] = {"S2", "S3"}, *dropped[] = {"S4"};
    const history_revision_t revision = {.revision = 2,
                                         .filed_ms = 33,
                                         .sequence = 9,
                                         .time_ms = 90,
                                         .actor = SOMEBODY,
                                         .late = true,
                                         .withdrawn = true,
                                         .why = "twice",
                                         .catalog = "auto-dealer 1",
                                         .catalog_digest = 77,
                                         .warnings = warnings,
                                         .added = added,
                                         .dropped = dropped,
                                         .warning_count = 1,
                                         .added_count = 2,
                                         .dropped_count = 1,
                                         .changes = changes,
                                         .change_count = 2};
    const history_comment_t comment = {5, 50, SOMEBODY, 2, "ad_spend", "fair"};
    const history_answer_t answer = {"D0001", JUNE, &revision, 1, &comment, 1};
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_HISTORY, .history = answer});
    const history_answer_t *back = &got.response->history;
    const history_revision_t *one = &back->revisions[0];
    cr_assert(back->period == JUNE && back->revision_count == 1 && back->comment_count == 1);
    cr_assert(one->revision == 2 && one->filed_ms == 33 && one->sequence == 9 && one->late && one->withdrawn &&
              one->catalog_digest == 77);
    cr_assert(one->change_count == 2 && isnan(one->changes[0].before) && one->changes[0].after == 46587.23);
    cr_assert(isnan(one->changes[1].after) && one->warning_count == 1 && one->added_count == 2);
    cr_assert_str_eq(one->changes[1].consultant, "S1");
    cr_assert_str_eq(one->added[1], "S3");
    cr_assert_str_eq(one->dropped[0], "S4");
    cr_assert_str_eq(back->comments[0].text, "fair");
}
