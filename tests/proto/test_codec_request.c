/* Round trips of every request, and each bound at its cap and one past it. */
#include "support.h"

#include <stdio.h>

#define JUNE (2025 * 12 + 5)

static const uint8_t KEY[KEY_SIZE] = {0xAA, [31] = 0xBB};

Test(codec_request, bodies_without_fields_come_back)
{
    static const request_kind_t KINDS[] = {REQUEST_DESCRIBE, REQUEST_LIST_KEYS, REQUEST_SHOW_NETWORK,
                                           REQUEST_GET_HEALTH};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        decoded_t decoded = request_round(&(request_t){.id = UINT64_MAX - i, .kind = KINDS[i]});
        decoded_fini(&decoded);
    }
}

Test(codec_request, a_request_of_kind_none_cannot_be_encoded)
{
    buffer_t buffer = {0};
    cr_assert_eq(request_encode(&(request_t){.id = 1}, &buffer), STATUS_UNSUPPORTED);
    cr_assert_null(buffer.data);
}

Test(codec_request, a_catalog_s_digest_comes_back)
{
    CLEANUP(decoded_fini)
    decoded_t decoded = request_round(&(request_t){.kind = REQUEST_GET_CATALOG, .known_digest = 0x8000000000000001});
    cr_assert_eq(decoded.request->known_digest, 0x8000000000000001);
}

Test(codec_request, a_submission_with_consultants_comes_back)
{
    static const int64_t VALUES[] = {0, -1, INT64_C(1000000000000000)};
    static const uint8_t PRESENCE[] = {0x03, 0x80};
    packed_facts_t facts = {{PRESENCE, 2}, VALUES, 3}, none = {{NULL, 0}, NULL, 0};
    packed_consultant_t consultants[] = {{"C-1", facts}, {"王小明", none}};
    request_t request = {.id = 3, .kind = REQUEST_SUBMIT};
    request.submission = (submission_t){{[0] = 1, [15] = 16}, "D0001", JUNE, 42, facts, consultants, 2, true, NULL};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&request);
    const submission_t *got = &decoded.request->submission;
    cr_assert_arr_eq(got->id, request.submission.id, SUBMISSION_ID_SIZE);
    cr_assert_str_eq(got->dealer, "D0001");
    cr_assert_eq(got->period, JUNE);
    cr_assert_eq(got->catalog_digest, 42);
    cr_assert_eq(got->facts.count, 3);
    cr_assert_arr_eq(got->facts.values, VALUES, sizeof VALUES);
    cr_assert_arr_eq(got->facts.presence.data, PRESENCE, 2);
    cr_assert_eq(got->consultant_count, 2);
    cr_assert_str_eq(got->consultants[1].consultant, "王小明");
    cr_assert_eq(got->consultants[0].facts.values[2], VALUES[2]);
    cr_assert_eq(got->consultants[1].facts.count, 0);
    cr_assert(got->group_receipt);
}

Test(codec_request, a_withdrawal_comes_back)
{
    request_t request = {.kind = REQUEST_WITHDRAW};
    request.withdrawal = (withdrawal_t){{9}, "D0001", JUNE, "wrong month\nsent twice", true, NULL};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&request);
    cr_assert_eq(decoded.request->withdrawal.id[0], 9);
    cr_assert_str_eq(decoded.request->withdrawal.dealer, "D0001");
    cr_assert_eq(decoded.request->withdrawal.period, JUNE);
    cr_assert_str_eq(decoded.request->withdrawal.why, "wrong month\nsent twice");
    cr_assert(decoded.request->withdrawal.group_receipt);
}

Test(codec_request, who_says_nothing_of_groups_takes_none)
{
    frame_t *body = frame_new(0);
    frame_submission(body);
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(4, body));
    cr_assert_eq(decoded.status, STATUS_OK);
    cr_assert_not(decoded.request->submission.group_receipt);
}

static void expect_as_of(const as_of_t *as_of, uint64_t time_ms, uint64_t event, bool restated)
{
    cr_assert(as_of->time_ms == time_ms && as_of->event == event && as_of->restated == restated);
}

Test(codec_request, a_comparison_s_query_comes_back)
{
    const char *peers[] = {"D0002", "D0003"};
    request_t request = {.kind = REQUEST_COMPARE, .compare = {"D0001", JUNE, peers, 2, "east", {7, 0, true}}};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&request);
    const compare_query_t *got = &decoded.request->compare;
    cr_assert_str_eq(got->dealer, "D0001");
    cr_assert_eq(got->period, JUNE);
    cr_assert_eq(got->peer_count, 2);
    cr_assert_str_eq(got->peers[1], "D0003");
    cr_assert_str_eq(got->region, "east");
    expect_as_of(&got->as_of, 7, 0, true);
    cr_assert_not(got->all_peers);
}

Test(codec_request, all_peers_may_be_asked_for)
{
    request_t request = {.kind = REQUEST_COMPARE,
                         .compare = {.dealer = "D0001", .period = JUNE, .region = "", .all_peers = true}};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&request);
    cr_assert(decoded.request->compare.all_peers);
    cr_assert_eq(decoded.request->compare.peer_count, 0);
}

Test(codec_request, the_other_queries_come_back)
{
    const char *scopes[] = {"nation", "region:east"};
    decoded_t trend = request_round(&(request_t){.kind = REQUEST_TREND, .trend = {"D0001", 2025, {0, 5, false}}});
    cr_assert_str_eq(trend.request->trend.dealer, "D0001");
    cr_assert_eq(trend.request->trend.year, 2025);
    decoded_t consultants = request_round(
        &(request_t){.kind = REQUEST_CONSULTANTS, .consultants = {"D0001", JUNE, {UINT64_MAX, 0, false}}});
    cr_assert_str_eq(consultants.request->consultants.dealer, "D0001");
    cr_assert_eq(consultants.request->consultants.period, JUNE);
    decoded_t rank = request_round(
        &(request_t){.kind = REQUEST_RANK, .rank = {"new_conversion", "nation", JUNE, {0, UINT64_MAX, true}}});
    cr_assert_str_eq(rank.request->rank.row, "new_conversion");
    cr_assert_str_eq(rank.request->rank.scope, "nation");
    cr_assert_eq(rank.request->rank.period, JUNE);
    decoded_t table = request_round(
        &(request_t){.kind = REQUEST_BENCHMARK, .benchmark = {JUNE, scopes, 2, "showroom", {1, 0, false}}});
    cr_assert_eq(table.request->benchmark.period, JUNE);
    cr_assert_str_eq(table.request->benchmark.scopes[1], "region:east");
    cr_assert_str_eq(table.request->benchmark.table, "showroom");
    decoded_t coverage =
        request_round(&(request_t){.kind = REQUEST_COVERAGE, .coverage = {JUNE, NULL, 0, {0, 0, true}}});
    cr_assert_eq(coverage.request->coverage.period, JUNE);
    cr_assert_eq(coverage.request->coverage.scope_count, 0);
    expect_as_of(&trend.request->trend.as_of, 0, 5, false);
    expect_as_of(&consultants.request->consultants.as_of, UINT64_MAX, 0, false);
    expect_as_of(&rank.request->rank.as_of, 0, UINT64_MAX, true);
    expect_as_of(&table.request->benchmark.as_of, 1, 0, false);
    expect_as_of(&coverage.request->coverage.as_of, 0, 0, true);
    decoded_t *all[] = {&trend, &consultants, &rank, &table, &coverage};
    for (size_t i = 0; i < 5; i++)
        decoded_fini(all[i]);
}

Test(codec_request, the_coverage_of_a_year_is_asked_for_within_the_calendar)
{
    const char *scopes[] = {"region:east"};
    coverage_year_query_t query = {PERIOD_YEAR_MIN, scopes, 1, true, true};
    CLEANUP(decoded_fini)
    decoded_t good = request_round(&(request_t){.kind = REQUEST_COVERAGE_YEAR, .coverage_year = query});
    const coverage_year_query_t *back = &good.request->coverage_year;
    cr_assert(back->year == PERIOD_YEAR_MIN && back->scope_count == 1 && back->never_only && back->regions_today);
    cr_assert_str_eq(back->scopes[0], "region:east");
}

Test(codec_request, an_admission_and_a_revocation_come_back)
{
    const char *dealers[] = {"D0001", "D0002"};
    request_t request = {.kind = REQUEST_ADMIT_KEY,
                         .admit = {.role = ROLE_DEALER, .dealers = dealers, .dealer_count = 2}};
    memcpy(request.admit.public_key, KEY, KEY_SIZE);
    decoded_t decoded = request_round(&request);
    cr_assert_eq(decoded.request->admit.role, ROLE_DEALER);
    cr_assert_str_eq(decoded.request->admit.dealers[1], "D0002");
    cr_assert_arr_eq(decoded.request->admit.public_key, KEY, KEY_SIZE);
    decoded_fini(&decoded);
    request_t revocation = {.kind = REQUEST_REVOKE_KEY};
    memcpy(revocation.revoke, KEY, KEY_SIZE);
    decoded = request_round(&revocation);
    cr_assert_arr_eq(decoded.request->revoke, KEY, KEY_SIZE);
    decoded_fini(&decoded);
}

Test(codec_request, a_part_of_a_network_comes_back)
{
    network_region_line_t regions[] = {{"east", "", "华东", 2}};
    network_dealer_line_t dealers[] = {{"D0001", "Store", "", 2}, {"D0002", "", "group", 3}};
    network_membership_line_t memberships[] = {{"D0001", "east", JUNE, 2}, {"D0002", "", JUNE + 1, 3}};
    network_circle_line_t circles[] = {{"c1", "D0001", PERIOD_NONE, JUNE, 2}};
    request_t request = {.kind = REQUEST_IMPORT_NETWORK,
                         .network_part = {{1, 2}, 4, true, {regions, 1, dealers, 2, memberships, 2, circles, 1}, true}};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&request);
    const network_part_t *got = &decoded.request->network_part;
    cr_assert_eq(got->part, 4);
    cr_assert(got->last);
    cr_assert_str_eq(got->lines.regions[0].name, "华东");
    cr_assert_str_eq(got->lines.dealers[1].owner, "group");
    cr_assert_eq(got->lines.dealers[1].line, 3);
    cr_assert_str_eq(got->lines.memberships[1].region, "");
    cr_assert_eq(got->lines.memberships[1].from, JUNE + 1);
    cr_assert_eq(got->lines.circles[0].from, PERIOD_NONE);
    cr_assert_eq(got->lines.circles[0].until, JUNE);
}

Test(codec_request, a_catalog_to_install_comes_back_byte_for_byte)
{
    request_t request = {.kind = REQUEST_INSTALL_CATALOG, .catalog_yaml = {(const uint8_t *)"a: \xff\0b", 7}};
    CLEANUP(decoded_fini) decoded_t decoded = request_round(&request);
    cr_assert_eq(decoded.request->catalog_yaml.size, 7);
    cr_assert_arr_eq(decoded.request->catalog_yaml.data, "a: \xff\0b", 7);
}

/* ---- bounds, one past and at the cap */

static void submit(frame_t *body, status_t expected, const char *part)
{
    frame_t *request = frame_request(4, body);
    if (expected != STATUS_OK) {
        expect_refused(request, expected, part);
        return;
    }
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(request);
    cr_assert_eq(decoded.status, STATUS_OK, "%s", decoded.why);
}

Test(codec_request, a_frame_has_a_size_at_which_it_is_refused)
{
    static uint8_t bytes[REQUEST_SIZE_MAX + 1];
    decoded_t decoded = decode_bytes(bytes, sizeof bytes);
    cr_assert_eq(decoded.status, STATUS_MALFORMED);
    cr_assert_not_null(strstr(decoded.why, "262145 bytes: at most 262144"));
    decoded_fini(&decoded);
    frame_t *frame = frame_new(0), *body = frame_new(1);
    body->size = CATALOG_SIZE_MAX;
    memset(body->bytes, 'y', body->size);
    frame_t *catalog = frame_new(2);
    frame_nest(catalog, 1, body);
    frame_number(frame, 1, 1);
    frame_nest(frame, 17, catalog);
    size_t padding = REQUEST_SIZE_MAX - frame->size - 4 - 1; /* an unknown field fills the frame up */
    body->size = padding;
    frame_nest(frame, 100, body);
    cr_assert_eq(frame->size, REQUEST_SIZE_MAX);
    decoded = decode_frame(frame);
    cr_assert_eq(decoded.status, STATUS_OK, "%s", decoded.why);
    decoded_fini(&decoded);
}

Test(codec_request, encoding_refuses_what_no_hub_would_take)
{
    static uint8_t yaml[REQUEST_SIZE_MAX];
    buffer_t buffer = {0};
    cr_assert_eq(
        request_encode(&(request_t){.kind = REQUEST_INSTALL_CATALOG, .catalog_yaml = {yaml, sizeof yaml}}, &buffer),
        STATUS_LIMIT);
    cr_assert_null(buffer.data);
}

Test(codec_request, a_catalog_is_bounded)
{
    for (size_t extra = 0; extra < 2; extra++) {
        frame_t *yaml = frame_new(0), *body = frame_new(1);
        yaml->size = CATALOG_SIZE_MAX + extra;
        memset(yaml->bytes, 'y', yaml->size);
        frame_nest(body, 1, yaml);
        CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(17, body));
        cr_assert_eq(decoded.status, extra ? STATUS_MALFORMED : STATUS_OK);
    }
}

Test(codec_request, ids_and_keys_have_exact_sizes)
{
    static const struct {
        uint32_t body;
        size_t size;
    } CASES[] = {
        {4, SUBMISSION_ID_SIZE}, {5, SUBMISSION_ID_SIZE}, {12, KEY_SIZE}, {13, KEY_SIZE}, {15, UPLOAD_ID_SIZE}};
    static const uint8_t bytes[KEY_SIZE + 1];
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int off = -1; off <= 1; off += 2) {
            frame_t *body = frame_new(0);
            frame_bytes(body, 1, bytes, CASES[i].size + (size_t)off);
            expect_refused(frame_request(CASES[i].body, body), STATUS_MALFORMED, "exactly");
        }
    frame_t *empty = frame_new(0);
    expect_refused(frame_request(13, empty), STATUS_MALFORMED, "0 bytes");
}

Test(codec_request, facts_agree_with_their_bitmap)
{
    frame_t *body = frame_new(0);
    frame_submission(body);
    submit(body, STATUS_OK, NULL);
    frame_bytes(body, 6, "\x02", 1);
    submit(body, STATUS_MALFORMED, "names 2 facts, but there are 3 values");
    body = frame_new(0);
    frame_submission(body);
    body->size -= 4; /* the values */
    submit(body, STATUS_MALFORMED, "names 2 facts, but there are 0 values");
}

static void add_facts(frame_t *body, uint32_t presence_field, size_t presence_size, uint32_t facts_field, size_t count)
{
    uint8_t presence[64] = {0}, values[400] = {0};
    for (size_t i = 0; i < count; i++)
        presence[i / 8] |= (uint8_t)(1u << i % 8);
    frame_bytes(body, presence_field, presence, presence_size);
    frame_bytes(body, facts_field, values, count);
}

static frame_t *submission_of(size_t presence_size, size_t count)
{
    frame_t *body = frame_new(0);
    frame_bytes(body, 1, "0123456789abcdef", 16);
    frame_text(body, 2, "D0001");
    frame_number(body, 3, 202506);
    add_facts(body, 5, presence_size, 6, count);
    return body;
}

Test(codec_request, facts_are_bounded)
{
    submit(submission_of(CATALOG_FACTS_MAX / 8, CATALOG_FACTS_MAX), STATUS_OK, NULL);
    submit(submission_of(CATALOG_FACTS_MAX / 8 + 1, CATALOG_FACTS_MAX), STATUS_MALFORMED, "presence has 33 bytes");
    submit(submission_of(CATALOG_FACTS_MAX / 8 + 1, CATALOG_FACTS_MAX + 1), STATUS_MALFORMED,
           "Submission.facts has more");
}

Test(codec_request, consultants_and_their_facts_are_bounded)
{
    for (size_t extra = 0; extra < 2; extra++) {
        frame_t *body = submission_of(1, 8), *one = frame_new(1);
        frame_text(one, 1, "C");
        add_facts(one, 2, CATALOG_FACTS_MAX / 8, 3, CATALOG_FACTS_MAX);
        for (size_t i = 0; i < CONSULTANTS_MAX + extra; i++)
            frame_nest(body, 7, one);
        submit(body, extra ? STATUS_MALFORMED : STATUS_OK, "Submission.consultants has more");
    }
    frame_t *body = submission_of(1, 8), *one = frame_new(1);
    frame_text(one, 1, "C");
    add_facts(one, 2, CATALOG_FACTS_MAX / 8, 3, CATALOG_FACTS_MAX + 1);
    frame_nest(body, 7, one);
    submit(body, STATUS_MALFORMED, "ConsultantFacts.facts has more");
}

Test(codec_request, lists_of_texts_are_bounded)
{
    static const struct {
        uint32_t body, field, period;
        size_t most;
    } CASES[] = {{6, 3, 2, PEERS_MAX}, {10, 2, 1, SCOPES_MAX}, {11, 2, 1, SCOPES_MAX}, {12, 3, 0, KEY_DEALERS_MAX}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (size_t extra = 0; extra < 2; extra++) {
            frame_t *body = frame_new(0);
            if (CASES[i].body == 6)
                frame_text(body, 1, "D1");
            if (CASES[i].period)
                frame_number(body, CASES[i].period, 202506);
            if (CASES[i].body == 12) {
                frame_bytes(body, 1, KEY, KEY_SIZE);
                frame_number(body, 2, 1);
            }
            for (size_t n = 0; n < CASES[i].most + extra; n++)
                frame_text(body, CASES[i].field, "nation");
            CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(CASES[i].body, body));
            cr_assert_eq(decoded.status, extra ? STATUS_MALFORMED : STATUS_OK, "body %u", CASES[i].body);
        }
}

Test(codec_request, a_part_of_a_network_is_bounded_and_a_full_one_fits_the_budget)
{
    static const char LINES[5][12] = {"", "\x0a\x02R1",
                                      "\x0a\x02"
                                      "D1\x12\x02"
                                      "D1",
                                      "\x0a\x02"
                                      "D1\x18\xa1\xad\x0c",
                                      "\x0a\x02"
                                      "C1\x12\x02"
                                      "D1"};
    for (uint32_t list = 1; list <= 4; list++)
        for (size_t extra = 0; extra < 2; extra++) {
            frame_t *lines = frame_new(0), *body = frame_new(1);
            for (size_t i = 0; i < NETWORK_PART_LINES_MAX + extra; i++)
                frame_text(lines, list, LINES[list]);
            frame_bytes(body, 1, KEY, UPLOAD_ID_SIZE);
            frame_nest(body, 4, lines);
            CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(15, body));
            cr_assert_eq(decoded.status, extra ? STATUS_MALFORMED : STATUS_OK, "list %u: %s", list, decoded.why);
        }
}

Test(codec_request, texts_are_bounded)
{
    static const struct {
        uint32_t body, field;
        size_t most;
    } CASES[] = {{5, 4, TEXT_LENGTH_MAX},
                 {9, 1, CODE_LENGTH_MAX},
                 {9, 2, CODE_LENGTH_MAX + 7},
                 {10, 3, CODE_LENGTH_MAX},
                 {8, 1, CODE_LENGTH_MAX}};
    char text[TEXT_LENGTH_MAX + 2];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (size_t extra = 0; extra < 2; extra++) {
            frame_t *body = frame_new(0);
            static const uint32_t PERIODS[] = {[5] = 3, [8] = 2, [9] = 3, [10] = 1};
            frame_number(body, PERIODS[CASES[i].body], 202506);
            if (CASES[i].body == 5) {
                frame_bytes(body, 1, KEY, SUBMISSION_ID_SIZE);
                frame_text(body, 2, "D1");
            }
            if (CASES[i].body == 9)
                frame_text(body, CASES[i].field == 1 ? 2 : 1, "nation");
            frame_bytes(body, CASES[i].field, text, CASES[i].most + extra);
            CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(CASES[i].body, body));
            cr_assert_eq(decoded.status, extra ? STATUS_MALFORMED : STATUS_OK, "body %u: %s", CASES[i].body,
                         decoded.why);
        }
}

Test(codec_request, codes_are_codes)
{
    static const char *const BAD[] = {"", " D1", "a,b", "a:b", "a\"b", "a\tb"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        frame_t *body = frame_new(0);
        frame_text(body, 1, BAD[i]);
        frame_number(body, 2, 2025);
        expect_refused(frame_request(7, body), STATUS_MALFORMED, "trend.dealer is no code");
    }
}

Test(codec_request, periods_and_years_are_in_range)
{
    static const uint32_t BAD[] = {0, 202500, 202513, 189912, 220001, UINT32_MAX};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        frame_t *body = frame_new(0);
        frame_text(body, 1, "D1");
        frame_number(body, 2, BAD[i]);
        expect_refused(frame_request(8, body), STATUS_MALFORMED, "is no month");
        expect_refused(frame_request(7, body), STATUS_MALFORMED, "is no year");
    }
}

Test(codec_request, roles_are_known)
{
    static const uint64_t BAD[] = {ROLE_COUNT, UINT64_MAX};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        frame_t *body = frame_new(0);
        frame_bytes(body, 1, KEY, KEY_SIZE);
        frame_number(body, 2, BAD[i]);
        expect_refused(frame_request(12, body), STATUS_MALFORMED, "admit_key.role");
    }
}

/* ---- the outermost message */

Test(codec_request, a_body_from_the_future_is_unsupported_and_none_is_malformed)
{
    frame_t *empty = frame_new(0);
    frame_t *future = frame_request(99, empty);
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(future);
    cr_assert_eq(decoded.status, STATUS_UNSUPPORTED);
    cr_assert_eq(decoded.id, 7);
    frame_t *none = frame_new(1);
    frame_number(none, 1, 7);
    expect_refused(none, STATUS_MALFORMED, "no body");
    expect_refused(frame_new(2), STATUS_MALFORMED, "no body");
}

Test(codec_request, a_refused_request_keeps_its_id)
{
    frame_t *body = frame_new(0);
    frame_submission(body);
    frame_t *request = frame_request(4, body);
    for (size_t size = 2; size < request->size; size++) {
        CLEANUP(decoded_fini) decoded_t decoded = decode_bytes(request->bytes, size);
        cr_assert_eq(decoded.status, STATUS_MALFORMED);
        cr_assert_eq(decoded.id, 7);
    }
}

Test(codec_request, a_spent_budget_is_refused_and_not_exceeded)
{
    /* 256 values in each of 500 consultants, one by one instead of packed: legal protobuf whose reading costs far more
     * memory than bytes. */
    frame_t *body = submission_of(1, 8), *one = frame_new(1);
    for (size_t i = 0; i < CATALOG_FACTS_MAX; i++)
        frame_number(one, 3, 0);
    uint8_t presence[CATALOG_FACTS_MAX / 8];
    memset(presence, 0xFF, sizeof presence);
    frame_bytes(one, 2, presence, sizeof presence);
    frame_text(one, 1, "C");
    for (size_t i = 0; i < 400; i++)
        frame_nest(body, 7, one);
    CLEANUP(decoded_fini) decoded_t decoded = decode_frame(frame_request(4, body));
    cr_assert_eq(decoded.status, STATUS_MALFORMED);
    cr_assert_not_null(strstr(decoded.why, "more memory"));
    cr_assert_eq(decoded.id, 7);
    cr_assert(arena_used(decoded.arena) <= REQUEST_MEMORY_MAX);
}

Test(codec_request, every_small_budget_is_refused_without_a_crash)
{
    frame_t *body = submission_of(2, 15), *one = frame_new(1);
    frame_text(one, 1, "C");
    add_facts(one, 2, 1, 3, 8);
    frame_nest(body, 7, one);
    frame_nest(body, 7, one);
    frame_t *request = frame_request(4, body);
    size_t failures = 0;
    for (size_t budget = 0; budget < 4096; budget += 16, failures++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(budget);
        request_t *decoded = NULL;
        uint64_t id = 0;
        const char *why = NULL;
        if (request_decode((span_t){request->bytes, request->size}, arena, &decoded, &id, &why) == STATUS_OK)
            break;
        cr_assert_null(decoded);
        cr_assert_not_null(why);
    }
    cr_assert(failures > 20 && failures < 256, "%zu", failures);
}
