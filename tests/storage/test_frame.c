/* Frames of stored values: what was written is read, anything else is damage. */
#include "storage/frame.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t SECRET[FRAME_SECRET_SIZE] = "a secret of test";
static const uint8_t KEY[] = "key";

static frame_place_t place_of(uint8_t table, size_t key_size)
{
    return (frame_place_t){SECRET, table, {KEY, key_size}};
}

Test(frame, what_was_written_is_read)
{
    frame_place_t place = place_of(3, 3);
    for (size_t size = 0; size <= 5; size++) {
        uint8_t bytes[5 + FRAME_OVERHEAD];
        span_t payload;
        frame_write(&place, (span_t){(const uint8_t *)"12345", size}, bytes);
        cr_assert_eq(frame_read(&place, (span_t){bytes, size + FRAME_OVERHEAD}, &payload), STATUS_OK);
        cr_assert_eq(payload.size, size);
        cr_assert_eq(memcmp(payload.data, "12345", size), 0);
    }
}

Test(frame, every_flipped_bit_and_every_cut_is_damage)
{
    frame_place_t place = place_of(3, 3);
    uint8_t bytes[5 + FRAME_OVERHEAD];
    span_t payload;
    frame_write(&place, (span_t){(const uint8_t *)"12345", 5}, bytes);
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(frame_read(&place, (span_t){bytes, sizeof bytes}, &payload), STATUS_DAMAGED, "bit %zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t size = 0; size < sizeof bytes; size++)
        cr_assert_eq(frame_read(&place, (span_t){bytes, size}, &payload), STATUS_DAMAGED, "%zu bytes", size);
}

Test(frame, a_value_at_another_key_or_table_is_damage)
{
    frame_place_t place = place_of(3, 3), other_key = place_of(3, 2), other_table = place_of(4, 3);
    uint8_t bytes[1 + FRAME_OVERHEAD];
    span_t payload;
    frame_write(&place, (span_t){(const uint8_t *)"1", 1}, bytes);
    cr_assert_eq(frame_read(&other_key, (span_t){bytes, sizeof bytes}, &payload), STATUS_DAMAGED);
    cr_assert_eq(frame_read(&other_table, (span_t){bytes, sizeof bytes}, &payload), STATUS_DAMAGED);
}

Test(frame, numbers_sort_as_their_bytes)
{
    static const uint64_t NUMBERS[] = {0, 1, 255, 256, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};
    uint8_t before[8], bytes[8];
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        frame_put_u64(bytes, NUMBERS[i]);
        cr_assert_eq(frame_take_u64(bytes), NUMBERS[i]);
        cr_assert(i == 0 || memcmp(before, bytes, 8) < 0);
        memcpy(before, bytes, 8);
    }
    frame_put_u32(bytes, 0x01020304);
    cr_assert_eq(bytes[0], 1);
    cr_assert_eq(frame_take_u32(bytes), 0x01020304);
}
