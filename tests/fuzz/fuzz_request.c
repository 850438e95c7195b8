/* Any bytes as a frame: refused with a reason, or read; what is read is written and read again to the same bytes. The
 * same bytes are tried as a request, as a response and as stored values, and the facts of a submission against the
 * builtin catalog. */
#include "core/limits.h"
#include "proto/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MEMORY (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_same(const buffer_t *first, const buffer_t *second)
{
    require(first->size == second->size && memcmp(first->data, second->data, first->size) == 0);
}

static const catalog_t *builtin(void)
{
    static catalog_t *catalog;
    faults_t faults = {0};
    if (!catalog)
        require(catalog_load(catalog_builtin(), &catalog, &faults) == STATUS_OK);
    return catalog;
}

/* Facts that the catalog takes are packed and unpacked to the same facts. */
static void check_facts(const packed_facts_t *packed)
{
    int64_t facts[CATALOG_FACTS_MAX], again[CATALOG_FACTS_MAX];
    const catalog_t *catalog = builtin();
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    packed_facts_t repacked;
    size_t fact = 0;
    const char *why = NULL;
    if (packed_facts_unpack(packed, catalog, facts, &fact, &why) != STATUS_OK) {
        require(why && (fact == ROW_NONE || fact < catalog->fact_count));
        return;
    }
    require(packed_facts_pack(facts, catalog->fact_count, arena, &repacked) == STATUS_OK);
    require(packed_facts_unpack(&repacked, catalog, again, &fact, &why) == STATUS_OK);
    require(memcmp(facts, again, catalog->fact_count * sizeof *facts) == 0);
}

static void check_submission(const submission_t *submission)
{
    check_facts(&submission->facts);
    for (size_t i = 0; i < submission->consultant_count; i++)
        check_facts(&submission->consultants[i].facts);
}

static void check_request(span_t frame)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    CLEANUP(arena_destroy) arena_t *other = arena_create(2 * REQUEST_MEMORY_MAX); /* the written form may be longer */
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    request_t *request = NULL, *again = NULL;
    uint64_t id = 0;
    const char *why = NULL;
    status_t status = request_decode(frame, arena, &request, &id, &why);
    require((status == STATUS_OK) == (request != NULL));
    require(status == STATUS_OK || ((status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) && why));
    if (!request)
        return;
    require(request->id == id && request->kind > REQUEST_NONE && request->kind < REQUEST_KIND_COUNT);
    if (request->kind == REQUEST_SUBMIT)
        check_submission(&request->submission);
    status = request_encode(request, &first);
    if (status == STATUS_LIMIT && frame.size > REQUEST_SIZE_MAX - 64)
        return;
    require(status == STATUS_OK);
    require(request_decode((span_t){first.data, first.size}, other, &again, &id, &why) == STATUS_OK);
    require(request_encode(again, &second) == STATUS_OK);
    require_same(&first, &second);
}

static void check_response(span_t frame)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ANSWER_MEMORY);
    CLEANUP(arena_destroy) arena_t *other = arena_create(4 * ANSWER_MEMORY);
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    response_t *response = NULL, *again = NULL;
    const char *why = NULL;
    if (response_decode(frame, arena, &response, &why) != STATUS_OK) {
        require(!response && why);
        return;
    }
    require(response_encode(response, &first) == STATUS_OK);
    require(response_decode((span_t){first.data, first.size}, other, &again, &why) == STATUS_OK);
    require(response_encode(again, &second) == STATUS_OK);
    require_same(&first, &second);
}

static void check_revision(span_t bytes, bool with_consultants)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ANSWER_MEMORY);
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    stored_revision_t revision, again;
    if (stored_revision_decode(bytes, with_consultants, arena, &revision) != STATUS_OK)
        return;
    require(with_consultants || revision.consultant_count == 0);
    require(stored_revision_encode(&revision, &first) == STATUS_OK);
    require(stored_revision_decode((span_t){first.data, first.size}, true, arena, &again) == STATUS_OK);
    require(stored_revision_encode(&again, &second) == STATUS_OK);
    require_same(&first, &second);
}

static void check_stored(span_t bytes)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ANSWER_MEMORY);
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    CLEANUP(buffer_fini) buffer_t third = {0};
    stored_answer_t answer;
    CLEANUP(buffer_fini) buffer_t fourth = {0};
    stored_key_t key;
    stored_token_t token;
    network_lines_t lines;
    check_revision(bytes, true);
    check_revision(bytes, false);
    if (stored_answer_decode(bytes, arena, &answer) == STATUS_OK)
        require(stored_answer_encode(&answer, &first) == STATUS_OK);
    if (stored_key_decode(bytes, arena, &key) == STATUS_OK)
        require(stored_key_encode(&key, &second) == STATUS_OK);
    if (stored_token_decode(bytes, arena, &token) == STATUS_OK)
        require(stored_token_encode(&token, &fourth) == STATUS_OK);
    if (stored_network_decode(bytes, arena, &lines) == STATUS_OK)
        require(stored_network_encode(&lines, &third) == STATUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span_t bytes = {data, size};
    check_request(bytes);
    check_response(bytes);
    check_stored(bytes);
    return 0;
}
