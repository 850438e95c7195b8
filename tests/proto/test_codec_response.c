/* Round trips of the small responses, and what a client refuses. The answers to queries: test_codec_answers.c. */
#include "proto/receipt_group.h"
#include "support.h"

#include <stdio.h>

static const uint8_t KEY[KEY_SIZE] = {1, [31] = 2};

Test(codec_response, a_refusal_comes_back_with_its_faults)
{
    const fault_t faults[] = {{(char *)"regions.csv", 3, 5, (char *)"cycle"}, {NULL, 0, 0, (char *)"另一个"}};
    response_t response = {.id = 9,
                           .status = STATUS_INVALID,
                           .message = "2 faults",
                           .where = "regions.csv",
                           .faults = faults,
                           .fault_count = 2};
    CLEANUP(answered_fini) answered_t got = response_round(&response);
    cr_assert_str_eq(got.response->message, "2 faults");
    cr_assert_str_eq(got.response->where, "regions.csv");
    cr_assert_eq(got.response->fault_count, 2);
    cr_assert_str_eq(got.response->faults[0].source, "regions.csv");
    cr_assert_eq(got.response->faults[0].line, 3);
    cr_assert_eq(got.response->faults[0].column, 5);
    cr_assert_null(got.response->faults[1].source);
    cr_assert_str_eq(got.response->faults[1].message, "另一个");
}

Test(codec_response, a_bare_done_comes_back)
{
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.id = UINT64_MAX});
    cr_assert_str_eq(got.response->message, "");
    cr_assert_null(got.response->where);
    cr_assert_eq(got.response->fault_count, 0);
}

Test(codec_response, texts_that_quote_unclean_bytes_are_made_clean)
{
    response_t response = {.status = STATUS_INVALID, .message = "found \xff\x1b[31m"};
    CLEANUP(buffer_fini) buffer_t buffer = {0};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    response_t *got = NULL;
    const char *why = "";
    cr_assert_eq(response_encode(&response, &buffer), STATUS_OK);
    cr_assert_eq(response_decode((span_t){buffer.data, buffer.size}, arena, &got, &why), STATUS_OK, "%s", why);
    cr_assert_str_eq(got->message, "found ??[31m");
}

Test(codec_response, a_status_that_may_not_travel_becomes_internal)
{
    CLEANUP(buffer_fini) buffer_t buffer = {0};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    response_t *got = NULL;
    const char *why = "";
    cr_assert_eq(response_encode(&(response_t){.status = STATUS_DAMAGED}, &buffer), STATUS_OK);
    cr_assert_eq(response_decode((span_t){buffer.data, buffer.size}, arena, &got, &why), STATUS_OK, "%s", why);
    cr_assert_eq(got->status, STATUS_INTERNAL);
}

Test(codec_response, a_description_comes_back)
{
    const char *dealers[] = {"D0001", "D0002"};
    response_t response = {
        .kind = RESPONSE_DESCRIPTION,
        .description = {ROLE_DEALER, dealers, 2, "", UINT64_MAX, "0.1.0", "Asia/Shanghai", 1750000000000}};
    CLEANUP(answered_fini) answered_t got = response_round(&response);
    const description_t *description = &got.response->description;
    cr_assert_eq(description->role, ROLE_DEALER);
    cr_assert_str_eq(description->dealers[1], "D0002");
    cr_assert_eq(description->catalog_digest, UINT64_MAX);
    cr_assert_str_eq(description->hub_version, "0.1.0");
    cr_assert_str_eq(description->time_zone, "Asia/Shanghai");
    cr_assert_eq(description->time_ms, 1750000000000);
    cr_assert_not(description->has_signing_key);
}

Test(codec_response, what_is_signed_comes_back_with_its_signature)
{
    response_t description = {.kind = RESPONSE_DESCRIPTION, .description = {.has_signing_key = true}};
    memcpy(description.description.signing_key, KEY, KEY_SIZE);
    answered_t got = response_round(&description);
    cr_assert(got.response->description.has_signing_key);
    cr_assert_arr_eq(got.response->description.signing_key, KEY, KEY_SIZE);
    answered_fini(&got);
    response_t catalog = {.kind = RESPONSE_CATALOG, .catalog = {.digest = 5, .is_signed = true}};
    memcpy(catalog.catalog.signature + 32, KEY, KEY_SIZE);
    got = response_round(&catalog);
    cr_assert(got.response->catalog.is_signed && got.response->catalog.yaml.size == 0);
    cr_assert_arr_eq(got.response->catalog.signature, catalog.catalog.signature, SIGNATURE_SIZE);
    answered_fini(&got);
    response_t receipt = {.kind = RESPONSE_RECEIPT, .receipt = {.outcome = OUTCOME_ACCEPTED, .is_signed = true}};
    memcpy(receipt.receipt.facts_digest, KEY, DIGEST_SIZE);
    memcpy(receipt.receipt.signature + 32, KEY, KEY_SIZE);
    got = response_round(&receipt);
    cr_assert(got.response->receipt.is_signed);
    cr_assert_arr_eq(got.response->receipt.facts_digest, KEY, DIGEST_SIZE);
    cr_assert_arr_eq(got.response->receipt.signature, receipt.receipt.signature, SIGNATURE_SIZE);
    cr_assert(got.response->receipt.group_size == 0 && got.response->receipt.group_path.size == 0);
    answered_fini(&got);
}

Test(codec_response, a_receipt_of_a_group_comes_back_with_its_path)
{
    uint8_t path[RECEIPT_PATH_MAX * DIGEST_SIZE];
    memset(path, 7, sizeof path);
    for (size_t digests = 0; digests <= RECEIPT_PATH_MAX; digests++) {
        response_t receipt = {.kind = RESPONSE_RECEIPT, .receipt = {.outcome = OUTCOME_ACCEPTED, .is_signed = true}};
        receipt.receipt.group_size = RECEIPT_GROUP_MAX;
        receipt.receipt.group_index = RECEIPT_GROUP_MAX - 1;
        receipt.receipt.group_path = (span_t){path, digests * DIGEST_SIZE};
        CLEANUP(answered_fini) answered_t got = response_round(&receipt);
        const receipt_t *back = &got.response->receipt;
        cr_assert(back->group_size == RECEIPT_GROUP_MAX && back->group_index == RECEIPT_GROUP_MAX - 1);
        cr_assert_eq(back->group_path.size, digests * DIGEST_SIZE);
        if (digests)
            cr_assert_arr_eq(back->group_path.data, path, back->group_path.size);
    }
}

Test(codec_response, a_catalog_comes_back)
{
    response_t response = {.kind = RESPONSE_CATALOG, .catalog = {5, {(const uint8_t *)"a: 1\n", 5}}};
    CLEANUP(answered_fini) answered_t got = response_round(&response);
    cr_assert_eq(got.response->catalog.digest, 5);
    cr_assert_arr_eq(got.response->catalog.yaml.data, "a: 1\n", 5);
}

Test(codec_response, a_receipt_comes_back)
{
    const check_warning_t warnings[] = {{"new_orders", {"新增", "More"}}};
    response_t response = {.kind = RESPONSE_RECEIPT,
                           .receipt = {OUTCOME_UNCHANGED, 2, 1u << 31, 77, true, 3, 4, warnings, 1}};
    CLEANUP(answered_fini) answered_t got = response_round(&response);
    const receipt_t *receipt = &got.response->receipt;
    cr_assert_eq(receipt->outcome, OUTCOME_UNCHANGED);
    cr_assert_eq(receipt->revision, 2);
    cr_assert_eq(receipt->sequence, 1u << 31);
    cr_assert_eq(receipt->time_ms, 77);
    cr_assert(receipt->late);
    cr_assert(receipt->facts_dropped == 3 && receipt->consultants_dropped == 4);
    cr_assert_str_eq(receipt->warnings[0].check, "new_orders");
    cr_assert_str_eq(receipt->warnings[0].title[LANGUAGE_ZH], "新增");
    cr_assert_str_eq(receipt->warnings[0].title[LANGUAGE_EN], "More");
}

Test(codec_response, keys_come_back)
{
    const char *dealers[] = {"D0001"};
    key_entry_t keys[] = {
        {.role = ROLE_DEALER, .dealers = dealers, .dealer_count = 1, .admitted_ms = 3, .has_admitted_by = true},
        {.role = ROLE_MANAGER, .region = "east", .revoked = true, .revoked_ms = 4}};
    memcpy(keys[0].public_key, KEY, KEY_SIZE);
    keys[0].admitted_by[5] = 6;
    CLEANUP(answered_fini) answered_t got = response_round(&(response_t){.kind = RESPONSE_KEYS, .keys = {keys, 2}});
    const key_entry_t *back = got.response->keys.items;
    cr_assert_eq(got.response->keys.count, 2);
    cr_assert_arr_eq(back[0].public_key, KEY, KEY_SIZE);
    cr_assert_str_eq(back[0].dealers[0], "D0001");
    cr_assert(back[0].has_admitted_by && back[0].admitted_by[5] == 6 && back[0].admitted_ms == 3);
    cr_assert(back[1].revoked && back[1].revoked_ms == 4 && !back[1].has_admitted_by);
    cr_assert_str_eq(back[1].region, "east");
}

Test(codec_response, counts_and_health_come_back)
{
    response_t imported = {.kind = RESPONSE_IMPORTED, .imported = {1, 2, 3, 4, true}};
    answered_t got = response_round(&imported);
    cr_assert_eq(memcmp(&got.response->imported, &imported.imported, 4 * sizeof(uint32_t)), 0);
    cr_assert(got.response->imported.complete);
    answered_fini(&got);
    response_t health = {.kind = RESPONSE_HEALTH,
                         .health = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, SELF_CHECK_CUT_OFF, 14, 15}};
    got = response_round(&health);
    const health_t *h = &got.response->health;
    cr_assert(h->uptime_ms == 1 && h->revisions == 2 && h->stored_bytes == 3 && h->map_bytes == 4 && h->keys == 5);
    cr_assert(h->dealers == 6 && h->commits_queued == 7 && h->queries_queued == 8 && h->requests == 9);
    cr_assert(h->refusals == 10 && h->busy == 11 && h->months_cached == 12 && h->month_bytes == 13);
    cr_assert(h->self_check == SELF_CHECK_CUT_OFF && h->self_check_records == 14 && h->self_check_ms == 15);
    answered_fini(&got);
}

Test(codec_response, a_network_comes_back)
{
    const network_dealer_line_t dealers[] = {{"D1", "Store", "G", 2}};
    response_t response = {.kind = RESPONSE_NETWORK, .network = {.dealers = dealers, .dealer_count = 1}};
    CLEANUP(answered_fini) answered_t got = response_round(&response);
    cr_assert_str_eq(got.response->network.dealers[0].owner, "G");
    cr_assert_eq(got.response->network.region_count, 0);
}

/* ---- what a client refuses */

/* The reason is copied: it lives in the arena. */
static status_t decode(const frame_t *frame, size_t budget, const char **out_why)
{
    static char reason[1000];
    CLEANUP(arena_destroy) arena_t *arena = arena_create(budget);
    response_t *response = NULL;
    const char *why = "";
    status_t status = response_decode((span_t){frame->bytes, frame->size}, arena, &response, &why);
    snprintf(reason, sizeof reason, "%s", why);
    *out_why = reason;
    return status;
}

Test(codec_response, a_status_code_ends_at_63)
{
    for (uint32_t code = 63; code < 65; code++) {
        frame_t *status = frame_new(0), *frame = frame_new(1);
        const char *why = "";
        frame_number(status, 1, code);
        frame_nest(frame, 2, status);
        cr_assert_eq(decode(frame, 1u << 16, &why), code < 64 ? STATUS_OK : STATUS_MALFORMED);
    }
}

Test(codec_response, choices_that_are_unknown_are_refused)
{
    static const struct {
        uint32_t body, field, count;
        const char *what;
    } CASES[] = {{3, 1, ROLE_COUNT, "description.role"}, {5, 1, OUTCOME_COUNT, "receipt.outcome"}};
    for (size_t i = 0; i < 2; i++)
        for (uint32_t extra = 0; extra < 2; extra++) {
            frame_t *body = frame_new(0), *frame = frame_new(1);
            const char *why = "";
            frame_number(body, CASES[i].field, CASES[i].count - 1 + extra);
            frame_nest(frame, CASES[i].body, body);
            cr_assert_eq(decode(frame, 1u << 16, &why), extra ? STATUS_MALFORMED : STATUS_OK);
            cr_assert(!extra || strstr(why, CASES[i].what));
        }
}

Test(codec_response, a_key_of_another_size_is_refused)
{
    frame_t *key = frame_new(0), *keys = frame_new(1), *frame = frame_new(2);
    const char *why = "";
    frame_bytes(key, 1, KEY, KEY_SIZE - 1);
    frame_nest(keys, 1, key);
    frame_nest(frame, 12, keys);
    cr_assert_eq(decode(frame, 1u << 16, &why), STATUS_MALFORMED);
}

/* Field `field` of body `body` with `size` bytes, and `digest_size` bytes of a receipt's digest. */
static status_t decode_signed(uint32_t body, uint32_t field, size_t size, size_t digest_size)
{
    static const uint8_t BYTES[SIGNATURE_SIZE + 1];
    frame_t *inner = frame_new(0), *frame = frame_new(1);
    const char *why = "";
    if (digest_size)
        frame_bytes(inner, 9, BYTES, digest_size);
    frame_bytes(inner, field, BYTES, size);
    frame_nest(frame, body, inner);
    return decode(frame, 1u << 16, &why);
}

Test(codec_response, keys_and_signatures_are_whole_or_not_there)
{
    static const struct {
        uint32_t body, field;
        size_t size, digest_size;
    } CASES[] = {{3, 8, SIGNING_KEY_SIZE, 0}, {4, 3, SIGNATURE_SIZE, 0}, {5, 10, SIGNATURE_SIZE, DIGEST_SIZE}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (size_t size = 0; size <= CASES[i].size + 1; size++) {
            bool is_fine = size == CASES[i].size || (size == 0 && CASES[i].digest_size == 0);
            cr_assert_eq(decode_signed(CASES[i].body, CASES[i].field, size, CASES[i].digest_size),
                         is_fine ? STATUS_OK : STATUS_MALFORMED, "body %u, %zu bytes", CASES[i].body, size);
        }
    cr_assert_eq(decode_signed(5, 10, 0, 0), STATUS_OK);
    cr_assert_eq(decode_signed(5, 10, SIGNATURE_SIZE, 0), STATUS_MALFORMED);
    cr_assert_eq(decode_signed(5, 10, SIGNATURE_SIZE, DIGEST_SIZE - 1), STATUS_MALFORMED);
    cr_assert_eq(decode_signed(5, 10, SIGNATURE_SIZE, DIGEST_SIZE + 1), STATUS_MALFORMED);
}

Test(codec_response, a_spent_budget_is_told_from_a_malformed_answer)
{
    frame_t *yaml = frame_new(0), *body = frame_new(1), *frame = frame_new(2);
    const char *why = "";
    yaml->size = 10000;
    memset(yaml->bytes, 'y', yaml->size);
    frame_nest(body, 2, yaml);
    frame_nest(frame, 4, body);
    cr_assert_eq(decode(frame, 1u << 16, &why), STATUS_OK);
    cr_assert_eq(decode(frame, 9000, &why), STATUS_NO_MEMORY);
    frame->size--;
    cr_assert_eq(decode(frame, 1u << 16, &why), STATUS_MALFORMED);
}

Test(codec_response, a_body_from_the_future_leaves_the_status_readable)
{
    frame_t *empty = frame_new(0), *frame = frame_new(1);
    const char *why = "";
    frame_number(frame, 1, 4);
    frame_nest(frame, 90, empty);
    cr_assert_eq(decode(frame, 1u << 16, &why), STATUS_OK);
}

/* A signed receipt with these fields of a group, given one by one: 0 or no bytes = not sent. */
static void expect_receipt_refused(bool is_signed, uint64_t size, uint64_t index, size_t path_size)
{
    static const uint8_t BYTES[1000];
    frame_t *receipt = frame_new(0), *response = frame_new(1);
    frame_number(receipt, 1, OUTCOME_ACCEPTED);
    if (is_signed) {
        frame_bytes(receipt, 9, BYTES, DIGEST_SIZE);
        frame_bytes(receipt, 10, BYTES, SIGNATURE_SIZE);
    }
    frame_number(receipt, 11, size);
    frame_number(receipt, 12, index);
    frame_bytes(receipt, 13, BYTES, path_size);
    frame_nest(response, 5, receipt);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    response_t *got = NULL;
    const char *why = "";
    cr_assert_eq(response_decode((span_t){response->bytes, response->size}, arena, &got, &why), STATUS_MALFORMED);
    cr_assert(strstr(why, "group"), "%s", why);
}

Test(codec_response, a_receipt_that_cannot_stand_in_its_group_is_refused)
{
    expect_receipt_refused(false, 1, 0, 0);
    expect_receipt_refused(true, 0, 1, 0);
    expect_receipt_refused(true, 0, 0, DIGEST_SIZE);
    expect_receipt_refused(true, 1, 1, 0);
    expect_receipt_refused(true, 2, 1, DIGEST_SIZE + 1);
    expect_receipt_refused(true, RECEIPT_GROUP_MAX + 1, 0, DIGEST_SIZE);
    expect_receipt_refused(true, RECEIPT_GROUP_MAX, 0, (RECEIPT_PATH_MAX + 1) * DIGEST_SIZE);
}
