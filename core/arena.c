#include "core/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT  16u
#define BLOCK_SIZE 4096u
#define LARGE_SIZE 65536u

typedef struct block {
    struct block *next;
    size_t size, used;
    bool is_zeroed; /* whole: a large block's pages are, as they come from the system */
    _Alignas(ALIGNMENT) unsigned char bytes[];
} block_t;

struct arena {
    size_t budget, used;
    block_t *blocks; /* the newest first */
};

arena_t *arena_create(size_t budget)
{
    arena_t *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->budget = budget;
    return arena;
}

void arena_destroy(arena_t **arena)
{
    if (!arena || !*arena)
        return;
    for (block_t *block = (*arena)->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(*arena);
    *arena = NULL;
}

void arena_reset(arena_t *arena)
{
    block_t *kept = NULL;
    for (block_t *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        if (!next && block->size == BLOCK_SIZE)
            kept = block; /* the first of an ordinary arena */
        else
            free(block);
    }
    if (kept)
        kept->used = 0;
    arena->blocks = kept;
    arena->used = 0;
}

/* A block with room for `size` more bytes: the newest, or a new one twice as large. */
static block_t *block_with_room(arena_t *arena, size_t size)
{
    block_t *newest = arena->blocks;
    if (newest && newest->size - newest->used >= size)
        return newest;
    size_t room = newest ? newest->size * 2 : BLOCK_SIZE;
    if (room > 1u << 20)
        room = 1u << 20;
    if (room < size)
        room = size;
    bool is_zeroed = room >= LARGE_SIZE;
    block_t *block = is_zeroed ? calloc(1, sizeof *block + room) : malloc(sizeof *block + room);
    if (!block)
        return NULL;
    *block = (block_t){.size = room, .next = newest, .is_zeroed = is_zeroed};
    arena->blocks = block;
    return block;
}

void *arena_alloc(arena_t *arena, size_t size)
{
    if (size > SIZE_MAX / 2 || arena->budget - arena->used < size)
        return NULL;
    if (size == 0)
        return arena; /* nobody reads or writes there */
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->budget - arena->used < rounded)
        return NULL;
    block_t *block = block_with_room(arena, rounded);
    if (!block)
        return NULL;
    void *bytes = block->bytes + block->used;
    if (!block->is_zeroed)
        memset(bytes, 0, rounded);
    block->used += rounded;
    arena->used += rounded;
    return bytes;
}

void *arena_array(arena_t *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_alloc(arena, bytes);
}

char *arena_memdup(arena_t *arena, const void *bytes, size_t size)
{
    char *copy = size < SIZE_MAX ? arena_alloc(arena, size + 1) : NULL;
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_strdup(arena_t *arena, const char *text)
{
    return text ? arena_memdup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(arena_t *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

size_t arena_used(const arena_t *arena)
{
    return arena->used;
}
