#include "support.h"

#include <stdio.h>

/* Three facts, the second signed; packed_facts_* read only what is set here. */
static row_t rows[] = {{.id = "a"}, {.id = "b", .is_signed = true}, {.id = "c"}};
static const catalog_t CATALOG = {.rows = rows, .row_count = 3, .fact_count = 3};

static status_t unpack(const char *presence, size_t size, const int64_t *values, size_t count, size_t *out_fact)
{
    int64_t facts[3] = {7, 7, 7};
    const char *why = NULL;
    packed_facts_t packed = {{(const uint8_t *)presence, size}, values, count};
    status_t status = packed_facts_unpack(&packed, &CATALOG, facts, out_fact, &why);
    cr_assert_eq(status == STATUS_OK, why == NULL);
    return status;
}

Test(facts, packing_and_unpacking_keeps_what_is_absent)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(4096);
    for (unsigned mask = 0; mask < 8; mask++) {
        int64_t facts[3], back[3];
        for (unsigned i = 0; i < 3; i++)
            facts[i] = mask >> i & 1 ? 10 + i : FACT_ABSENT;
        packed_facts_t packed;
        size_t fact = 0;
        const char *why = NULL;
        cr_assert_eq(packed_facts_pack(facts, 3, arena, &packed), STATUS_OK);
        cr_assert_eq(packed.count, (size_t)__builtin_popcount(mask));
        cr_assert_eq(packed.presence.size, 1);
        cr_assert_eq(packed.presence.data[0], mask);
        cr_assert_eq(packed_facts_unpack(&packed, &CATALOG, back, &fact, &why), STATUS_OK);
        cr_assert_arr_eq(facts, back, sizeof facts);
    }
}

Test(facts, packing_says_when_the_arena_is_spent)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(16);
    packed_facts_t packed;
    cr_assert_eq(packed_facts_pack((int64_t[]){1, 2, 3}, 3, arena, &packed), STATUS_NO_MEMORY);
}

Test(facts, a_bitmap_may_be_shorter_or_longer_but_names_only_facts_of_the_catalog)
{
    size_t fact = 0;
    cr_assert_eq(unpack("", 0, NULL, 0, &fact), STATUS_OK);
    cr_assert_eq(unpack("\x01\0\0", 3, (int64_t[]){1}, 1, &fact), STATUS_OK);
    cr_assert_eq(unpack("\x08", 1, (int64_t[]){1}, 1, &fact), STATUS_INVALID);
    cr_assert_eq(fact, ROW_NONE);
    cr_assert_eq(unpack("\0\x01", 2, (int64_t[]){1}, 1, &fact), STATUS_INVALID);
}

Test(facts, values_and_bitmap_fit)
{
    size_t fact = 0;
    cr_assert_eq(unpack("\x05", 1, (int64_t[]){1, 2}, 1, &fact), STATUS_INVALID);
    cr_assert_eq(fact, 2);
    cr_assert_eq(unpack("\x01", 1, (int64_t[]){1, 2}, 2, &fact), STATUS_INVALID);
    cr_assert_eq(fact, ROW_NONE);
}

Test(facts, values_are_in_range_and_negative_only_where_signed)
{
    size_t fact = 0;
    cr_assert_eq(unpack("\x07", 1, (int64_t[]){FACT_VALUE_MAX, -FACT_VALUE_MAX, 0}, 3, &fact), STATUS_OK);
    cr_assert_eq(unpack("\x07", 1, (int64_t[]){FACT_VALUE_MAX + 1, 0, 0}, 3, &fact), STATUS_INVALID);
    cr_assert_eq(fact, 0);
    cr_assert_eq(unpack("\x07", 1, (int64_t[]){0, -FACT_VALUE_MAX - 1, 0}, 3, &fact), STATUS_INVALID);
    cr_assert_eq(fact, 1);
    cr_assert_eq(unpack("\x04", 1, (int64_t[]){-1}, 1, &fact), STATUS_INVALID);
    cr_assert_eq(fact, 2);
    cr_assert_eq(unpack("\x01", 1, (int64_t[]){FACT_ABSENT}, 1, &fact), STATUS_INVALID);
}

/* ---- the example of proto/README.md: D0001's June 2025 of the golden network */

static const int64_t JUNE_OF_D0001[] = {4658723, 219, 114, 77, 27, 10, 15, 38, 22, 3, 7, 4, 2, 6, 8};

static void example_frame(arena_t *arena, buffer_t *out)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    catalog_t *catalog = NULL;
    status_t status = catalog_load(catalog_builtin(), &catalog, &faults);
    cr_assert_eq(status, STATUS_OK, "%s", faults.count ? faults.items[0].message : status_name(status));
    cr_assert_eq(catalog->fact_count, sizeof JUNE_OF_D0001 / sizeof *JUNE_OF_D0001);
    request_t request = {.id = 1, .kind = REQUEST_SUBMIT};
    request.submission = (submission_t){.dealer = "D0001", .period = 2025 * 12 + 5, .catalog_digest = catalog->digest};
    for (uint8_t i = 0; i < SUBMISSION_ID_SIZE; i++)
        request.submission.id[i] = i;
    cr_assert_eq(packed_facts_pack(JUNE_OF_D0001, catalog->fact_count, arena, &request.submission.facts), STATUS_OK);
    cr_assert_eq(request_encode(&request, out), STATUS_OK);
    catalog_destroy(&catalog);
}

/* Text of a file as one line of hex digits, white space dropped; for the README: everything but blanks. */
static void read_squeezed(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    size_t length = 0;
    for (int c; (c = fgetc(file)) != EOF && length + 1 < size;)
        if (c != ' ' && c != '\n')
            out[length++] = (char)c;
    out[length] = '\0';
    fclose(file);
}

Test(facts, a_submission_takes_the_bytes_of_the_golden_file_and_of_the_readme)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(4096);
    CLEANUP(buffer_fini) buffer_t frame = {0};
    example_frame(arena, &frame);
    cr_assert(frame.size <= 120, "%zu bytes", frame.size);
    char hex[300] = "";
    for (size_t i = 0; i < frame.size; i++)
        snprintf(hex + 2 * i, 3, "%02x", frame.data[i]);
    static char text[100000];
    read_squeezed(TEST_DATA "/submission-D0001-2025-06.hex", text, sizeof text);
    cr_assert_str_eq(hex, text);
    read_squeezed(TEST_DATA "/../../proto/README.md", text, sizeof text);
    cr_assert_not_null(strstr(text, hex), "proto/README.md shows other bytes than %s", hex);
}
