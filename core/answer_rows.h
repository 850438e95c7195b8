/* What the makers of answers share. */
#pragma once

#include "core/answers.h"
#include "core/arena.h"

/* Head lines of rows, copied into the arena. NULL when out of memory. */
answer_row_t *answer_rows_make(const catalog_t *catalog, const size_t *rows, size_t count, arena_t *arena);
