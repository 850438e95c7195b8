/* A budgeted arena: many small allocations that end together. Not thread-safe: one owner at a time. */
#pragma once

#include "core/status.h"

#include <stddef.h>

typedef struct arena arena_t;

/* An arena that hands out at most `budget` bytes in all. NULL when out of memory. */
arena_t *arena_create(size_t budget);

/* Frees everything that came from it; sets *arena to NULL; accepts NULL and *NULL. */
void arena_destroy(arena_t **arena);

/* Ends everything that came from it, and keeps some memory for what comes next. */
void arena_reset(arena_t *arena);

/* `size` zeroed bytes, aligned to 16, owned by the arena. NULL when the budget or the memory is spent; size 0 gives a
 * valid pointer. */
void *arena_alloc(arena_t *arena, size_t size);

/* As arena_alloc(count * size), NULL also on overflow of the product. */
void *arena_array(arena_t *arena, size_t count, size_t size);

/* Copy of a NUL-terminated string (NULL gives NULL), or of `size` bytes with a NUL behind them. */
char *arena_strdup(arena_t *arena, const char *text);
char *arena_memdup(arena_t *arena, const void *bytes, size_t size);

char *arena_printf(arena_t *arena, const char *format, ...) PRINTF(2, 3);

/* Bytes handed out so far. */
size_t arena_used(const arena_t *arena);
