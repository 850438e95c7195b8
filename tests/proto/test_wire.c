/* What is refused on the bytes, before protobuf-c sees them. Through request_decode: the wire's rules are the codec's.
 */
#include "support.h"

#include <dirent.h>
#include <stdio.h>

#define CORPUS TEST_DATA "/../fuzz/corpus/request"

static frame_t *trend_of(const void *dealer, size_t size)
{
    frame_t *body = frame_new(0);
    frame_bytes(body, 1, dealer, size);
    frame_number(body, 2, 2025);
    return frame_request(7, body);
}

Test(wire, strings_are_clean_utf8)
{
    static const struct {
        const char *bytes;
        size_t size;
    } BAD[] = {{"D\0"
                "1",
                3},
               {"D1\0", 3},
               {"\xff", 1},
               {"\xc0\x80", 2},
               {"\xed\xa0\x80", 3},
               {"\xe5\x8d", 2},
               {"D\x01", 2},
               {"D\x7f", 2}};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        expect_refused(trend_of(BAD[i].bytes, BAD[i].size), STATUS_MALFORMED, "TrendQuery.dealer is not UTF-8");
    CLEANUP(decoded_fini) decoded_t good = decode_frame(trend_of("店", 3));
    cr_assert_eq(good.status, STATUS_OK);
}

Test(wire, sixteen_unknown_fields_pass_and_one_more_does_not)
{
    for (size_t extra = 0; extra < 2; extra++) {
        frame_t *body = frame_new(0);
        frame_text(body, 1, "D1");
        frame_number(body, 2, 2025);
        for (size_t i = 0; i < 8; i++)
            frame_number(body, 50 + (uint32_t)i, i);
        frame_t *request = frame_request(7, body);
        for (size_t i = 0; i < 8 + extra; i++)
            frame_text(request, 60, "future");
        CLEANUP(decoded_fini) decoded_t decoded = decode_frame(request);
        cr_assert_eq(decoded.status, extra ? STATUS_MALFORMED : STATUS_OK);
        if (extra)
            cr_assert_not_null(strstr(decoded.why, "unknown fields"));
    }
}

Test(wire, a_field_stands_once)
{
    frame_t *body = frame_new(0);
    frame_text(body, 1, "D1");
    frame_number(body, 2, 2025);
    frame_text(body, 1, "D1");
    expect_refused(frame_request(7, body), STATUS_MALFORMED, "TrendQuery.dealer is there twice");
}

Test(wire, one_body_a_request)
{
    frame_t *empty = frame_new(0);
    frame_t *request = frame_request(2, empty);
    frame_nest(request, 18, empty);
    expect_refused(request, STATUS_MALFORMED, "second body");
    request = frame_request(2, empty);
    frame_nest(request, 2, empty);
    expect_refused(request, STATUS_MALFORMED, "twice");
}

Test(wire, a_field_keeps_its_type)
{
    frame_t *body = frame_new(0);
    frame_number(body, 1, 5);
    expect_refused(frame_request(7, body), STATUS_MALFORMED, "TrendQuery.dealer has another type");
    body = frame_new(0);
    frame_text(body, 2, "2025");
    expect_refused(frame_request(7, body), STATUS_MALFORMED, "TrendQuery.year has another type");
}

Test(wire, broken_encodings_are_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
    } BAD[] = {
        {"\x80", 1},                                              /* a tag that does not end */
        {"\x80\x80\x80\x80\x80\x80\x01", 7},                      /* a tag of seven bytes */
        {"\x02\x00", 2},                                          /* field 0 */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* a varint of eleven bytes */
        {"\x13\x14", 2},                                          /* a group */
        {"\x16\x00", 2},                                          /* wire type 6 */
        {"\x12\x05", 2},                                          /* longer than the frame */
        {"\x12\xff\xff\xff\xff\x0f", 6},                          /* 4 GiB long */
        {"\x09\x00", 2},                                          /* half a 64-bit value */
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        CLEANUP(decoded_fini) decoded_t decoded = decode_bytes((const uint8_t *)BAD[i].bytes, BAD[i].size);
        cr_assert_eq(decoded.status, STATUS_MALFORMED, "case %zu", i);
        cr_assert_str_eq(decoded.why, "Request is cut off or is no protobuf message", "case %zu: %s", i, decoded.why);
    }
}

static size_t read_file(const char *name, uint8_t *out, size_t size)
{
    char path[1024];
    snprintf(path, sizeof path, CORPUS "/%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t got = fread(out, 1, size, file);
    fclose(file);
    return got;
}

/* The corpus is written by Google's protobuf (tests/fuzz/make_request_corpus.py): ok-* are requests, bad-* are none. */
Test(wire, requests_of_another_implementation_are_read_as_they_were_meant)
{
    static uint8_t bytes[REQUEST_SIZE_MAX + 1];
    size_t good = 0, bad = 0;
    DIR *directory = opendir(CORPUS);
    cr_assert_not_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        bool is_good = !strncmp(entry->d_name, "ok-", 3), is_bad = !strncmp(entry->d_name, "bad-", 4);
        if (!is_good && !is_bad)
            continue;
        CLEANUP(decoded_fini) decoded_t decoded = decode_bytes(bytes, read_file(entry->d_name, bytes, sizeof bytes));
        cr_assert_eq(decoded.status == STATUS_OK, is_good, "%s: %s", entry->d_name, decoded.why ? decoded.why : "read");
        *(is_good ? &good : &bad) += 1;
    }
    closedir(directory);
    size_t kinds = 0; /* numbers between may be of no kind */
    for (request_kind_t kind = REQUEST_NONE + 1; kind < REQUEST_KIND_COUNT; kind++)
        kinds += request_kind_names[kind] != NULL;
    cr_assert(good >= kinds && bad >= 8, "%zu good, %zu bad", good, bad);
}

/* Every prefix of every valid frame of the corpus: never a crash (ASan), never read as a request of another meaning. */
Test(wire, every_prefix_of_a_request_is_refused_or_a_request)
{
    static uint8_t bytes[REQUEST_SIZE_MAX + 1];
    size_t refused = 0;
    DIR *directory = opendir(CORPUS);
    cr_assert_not_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, "ok-", 3))
            continue;
        size_t size = read_file(entry->d_name, bytes, sizeof bytes);
        for (size_t cut = 0; cut < size; cut++) {
            CLEANUP(decoded_fini) decoded_t decoded = decode_bytes(bytes, cut);
            refused += decoded.status != STATUS_OK;
        }
    }
    closedir(directory);
    cr_assert(refused > 500, "%zu", refused);
}
