#include "core/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

TestSuite(arena, .timeout = 10);

Test(arena, hands_out_zeroed_aligned_bytes)
{
    arena_t *arena = arena_create(1u << 20);
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *bytes = arena_alloc(arena, size);
        cr_assert_not_null(bytes);
        cr_assert_eq((uintptr_t)bytes % 16, 0);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(bytes[i], 0);
        memset(bytes, 0xAA, size);
    }
    arena_destroy(&arena);
    cr_assert_null(arena);
}

Test(arena, stops_at_its_budget)
{
    arena_t *arena = arena_create(1024);
    cr_assert_not_null(arena_alloc(arena, 1008));
    cr_assert_not_null(arena_alloc(arena, 16));
    cr_assert_eq(arena_used(arena), 1024);
    cr_assert_null(arena_alloc(arena, 1));
    arena_destroy(&arena);
    arena = arena_create(1024);
    cr_assert_null(arena_alloc(arena, 1025));
    arena_destroy(&arena);
}

Test(arena, refuses_sizes_that_overflow)
{
    arena_t *arena = arena_create(SIZE_MAX);
    cr_assert_null(arena_array(arena, SIZE_MAX / 2, 3));
    cr_assert_null(arena_alloc(arena, SIZE_MAX));
    cr_assert_null(arena_memdup(arena, "", SIZE_MAX));
    arena_destroy(&arena);
}

Test(arena, copies_text)
{
    arena_t *arena = arena_create(1u << 16);
    cr_assert_str_eq(arena_strdup(arena, "hello"), "hello");
    cr_assert_null(arena_strdup(arena, NULL));
    cr_assert_str_eq(arena_memdup(arena, "hello", 2), "he");
    cr_assert_str_eq(arena_memdup(arena, NULL, 0), "");
    cr_assert_str_eq(arena_printf(arena, "%d-%s", 5, "x"), "5-x");
    arena_destroy(&arena);
}

Test(arena, is_as_new_after_a_reset)
{
    arena_t *arena = arena_create(1u << 20);
    for (int round = 0; round < 3; round++) {
        cr_assert_eq(arena_used(arena), 0);
        for (size_t size = 1; size < 100000; size = size * 3 + 5) {
            unsigned char *bytes = arena_alloc(arena, size);
            cr_assert_not_null(bytes);
            for (size_t i = 0; i < size; i++)
                cr_assert_eq(bytes[i], 0);
            memset(bytes, 0xAA, size);
        }
        arena_reset(arena);
    }
    cr_assert_not_null(arena_alloc(arena, 1u << 20));
    cr_assert_null(arena_alloc(arena, 1));
    arena_reset(arena);
    cr_assert_not_null(arena_alloc(arena, 1));
    arena_destroy(&arena);
}

Test(arena, destroying_nothing_is_allowed)
{
    arena_t *arena = NULL;
    arena_destroy(&arena);
    arena_destroy(NULL);
}
