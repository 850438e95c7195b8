/* The life of a month on the wire: round trips, and what is refused. */
#include "support.h"

#include <math.h>

enum { FIELD_MONTH_STATUS = 23, FIELD_CLOSE = 24, FIELD_REOPEN = 25, FIELD_ALLOW = 26, FIELD_DRIFT = 27 };

#define JUNE ((period_t)(2025 * 12 + 5))

static const uint8_t KEY[KEY_SIZE] = {0xAA, [31] = 0xBB};

Test(codec_months, the_requests_come_back)
{
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_MONTH_STATUS, .month_status = {PERIOD_NONE, 2025}});
    cr_assert(decoded.request->month_status.period == PERIOD_NONE && decoded.request->month_status.year == 2025);
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_MONTH_STATUS, .month_status = {JUNE, 0}});
    cr_assert(decoded.request->month_status.period == JUNE && decoded.request->month_status.year == 0);
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_CLOSE_MONTH, .month_deed = {JUNE, ""}});
    cr_assert_eq(decoded.request->month_deed.period, JUNE);
    cr_assert_str_eq(decoded.request->month_deed.why, "");
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_REOPEN_MONTH, .month_deed = {JUNE, "原因"}});
    cr_assert_str_eq(decoded.request->month_deed.why, "原因");
    decoded_fini(&decoded);
    decoded = request_round(&(request_t){.kind = REQUEST_MONTH_DRIFT, .month_drift = JUNE});
    cr_assert_eq(decoded.request->month_drift, JUNE);
    decoded_fini(&decoded);
}

Test(codec_months, an_allowance_comes_back_in_each_of_its_forms)
{
    static const allowance_t FORMS[] = {{"D1", JUNE, 1u << 30, 0, 0, "why", false},
                                        {"D1", JUNE, 0, 20250731, 1440, "why", false},
                                        {"D1", JUNE, 0, 0, 0, "", true}};
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
        CLEANUP(decoded_fini)
        decoded_t decoded = request_round(&(request_t){.kind = REQUEST_ALLOW_CORRECTION, .allowance = FORMS[i]});
        const allowance_t *got = &decoded.request->allowance;
        cr_assert_str_eq(got->dealer, "D1");
        cr_assert_str_eq(got->why, FORMS[i].why);
        cr_assert(got->period == JUNE && got->until_ms == FORMS[i].until_ms && got->until_day == FORMS[i].until_day &&
                  got->until_minute == FORMS[i].until_minute && got->withdraw == FORMS[i].withdraw);
    }
}

static frame_t *body(uint32_t period, size_t why)
{
    static char text[TEXT_LENGTH_MAX + 2];
    frame_t *frame = frame_new(1);
    memset(text, 'x', sizeof text - 1);
    text[why] = '\0';
    frame_number(frame, 1, period);
    if (why)
        frame_text(frame, 2, text);
    memset(text, 'x', sizeof text - 1);
    return frame;
}

Test(codec_months, what_breaks_a_rule_is_refused)
{
    expect_refused(frame_request(FIELD_CLOSE, body(202513, 0)), STATUS_MALFORMED, "close_month.period 202513");
    expect_refused(frame_request(FIELD_CLOSE, body(202506, TEXT_LENGTH_MAX + 1)), STATUS_MALFORMED, "close_month.why");
    expect_refused(frame_request(FIELD_REOPEN, body(202506, 0)), STATUS_MALFORMED, "reopen_month.why takes 0 bytes");
    expect_refused(frame_request(FIELD_DRIFT, body(0, 0)), STATUS_MALFORMED, "month_drift.period 0");
    decoded_t decoded = decode_frame(frame_request(FIELD_REOPEN, body(202506, TEXT_LENGTH_MAX)));
    cr_assert_eq(decoded.status, STATUS_OK, "%s", decoded.why);
    decoded_fini(&decoded);
    frame_t *frame = frame_new(1);
    frame_number(frame, 1, 202506);
    frame_number(frame, 2, 2025);
    expect_refused(frame_request(FIELD_MONTH_STATUS, frame), STATUS_MALFORMED, "a month and a year");
    frame->size = 0;
    frame_number(frame, 2, 1899);
    expect_refused(frame_request(FIELD_MONTH_STATUS, frame), STATUS_MALFORMED, "month_status.year 1899");
}

Test(codec_months, an_allowance_says_one_thing)
{
    static const struct {
        uint32_t until_ms, until_day, withdraw, why;
        const char *part;
    } CASES[] = {{1, 20250731, 0, 1, "one of until_ms"},
                 {0, 0, 0, 1, "one of until_ms"},
                 {1, 0, 1, 1, "one of until_ms"},
                 {1, 0, 0, 0, "allow_correction.why takes 0 bytes"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        frame_t *frame = frame_new(1);
        frame_text(frame, 1, "D1");
        frame_number(frame, 2, 202506);
        frame_number(frame, 3, CASES[i].until_ms);
        frame_number(frame, 4, CASES[i].until_day);
        if (CASES[i].why)
            frame_text(frame, 6, "x");
        frame_number(frame, 7, CASES[i].withdraw);
        expect_refused(frame_request(FIELD_ALLOW, frame), STATUS_MALFORMED, CASES[i].part);
    }
}

Test(codec_months, a_list_of_months_comes_back)
{
    exception_t exceptions[] = {{.dealer = "D1", .until_ms = 1, .granted_ms = 2, .has_by = true, .why = "w"},
                                {.dealer = "D2", .until_ms = 3, .granted_ms = 4, .why = ""}};
    memcpy(exceptions[0].by, KEY, KEY_SIZE);
    month_status_t months[] = {{.period = JUNE,
                                .is_closed = true,
                                .since_ms = 5,
                                .has_by = true,
                                .why = "y",
                                .due_day = 20250710,
                                .is_overdue = true,
                                .has_counts = true,
                                .expected = 6,
                                .reported = 4,
                                .late = 1,
                                .missing = 2,
                                .corrections = 3,
                                .exceptions = exceptions,
                                .exception_count = 2},
                               {.period = JUNE + 1, .why = "", .due_day = 20250810}};
    memcpy(months[0].by, KEY, KEY_SIZE);
    response_t response = {.kind = RESPONSE_MONTHS};
    response.months.items = months;
    response.months.count = 2;
    CLEANUP(answered_fini) answered_t answered = response_round(&response);
    const month_status_t *got = answered.response->months.items;
    cr_assert_eq(answered.response->months.count, 2);
    cr_assert(got->period == JUNE && got->is_closed && got->since_ms == 5 && got->has_by && got->due_day == 20250710 &&
              got->is_overdue && got->has_counts);
    cr_assert(got->expected == 6 && got->reported == 4 && got->late == 1 && got->missing == 2 && got->corrections == 3);
    cr_assert_arr_eq(got->by, KEY, KEY_SIZE);
    cr_assert_str_eq(got->why, "y");
    cr_assert_eq(got->exception_count, 2);
    cr_assert(got->exceptions[0].until_ms == 1 && got->exceptions[0].granted_ms == 2 && got->exceptions[0].has_by);
    cr_assert_arr_eq(got->exceptions[0].by, KEY, KEY_SIZE);
    cr_assert_str_eq(got->exceptions[0].why, "w");
    cr_assert_str_eq(got->exceptions[1].dealer, "D2");
    cr_assert(!got->exceptions[1].has_by && !got[1].is_closed && !got[1].has_counts && !got[1].has_by);
}

Test(codec_months, a_drift_comes_back)
{
    drift_cell_t cells[] = {{"nation", "a", "count", STATISTIC_BENCHMARK_N, 3, 4, 1, 1.0 / 3},
                            {"region:r", "b", "CNY", STATISTIC_N, NAN, 4, NAN, NAN}};
    exception_t exception = {.dealer = "D1", .until_ms = 9, .granted_ms = 8, .why = "w"};
    correction_t corrections[] = {{"D1", JUNE, 1, 3, true, 7, ROLE_DEALER, {[31] = 1}, &exception},
                                  {"D2", JUNE - 1, 0, 1, false, 6, ROLE_HEADQUARTERS, {[31] = 2}, NULL}};
    drift_answer_t drift = {.period = JUNE,
                            .is_closed = true,
                            .published_ms = 5,
                            .has_published_by = true,
                            .drift = {cells, 2, 11},
                            .corrections = corrections,
                            .correction_count = 2,
                            .network_ms = 12,
                            .catalog_ms = 13};
    memcpy(drift.published_by, KEY, KEY_SIZE);
    CLEANUP(answered_fini) answered_t answered = response_round(&(response_t){.kind = RESPONSE_DRIFT, .drift = &drift});
    const drift_answer_t *got = answered.response->drift;
    cr_assert(got->period == JUNE && got->is_closed && got->published_ms == 5 && got->network_ms == 12 &&
              got->catalog_ms == 13 && got->drift.cell_count == 2 && got->drift.left == 11);
    cr_assert_arr_eq(got->published_by, KEY, KEY_SIZE);
    cr_assert_eq(got->drift.cells[0].statistic, STATISTIC_BENCHMARK_N);
    cr_assert(got->drift.cells[0].published == 3 && got->drift.cells[0].restated == 4 &&
              got->drift.cells[0].difference == 1 && got->drift.cells[0].relative == 1.0 / 3);
    cr_assert_str_eq(got->drift.cells[1].scope, "region:r");
    cr_assert_str_eq(got->drift.cells[1].unit, "CNY");
    cr_assert(isnan(got->drift.cells[1].published) && isnan(got->drift.cells[1].relative));
    cr_assert_eq(got->correction_count, 2);
    cr_assert(got->corrections[0].revision_before == 1 && got->corrections[0].revision == 3 &&
              got->corrections[0].is_withdrawn && got->corrections[0].time_ms == 7 &&
              got->corrections[0].role == ROLE_DEALER && got->corrections[0].public_key[31] == 1);
    cr_assert_eq(got->corrections[0].exception->until_ms, 9);
    cr_assert(got->corrections[1].period == JUNE - 1 && !got->corrections[1].exception);
}
