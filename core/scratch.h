/* Scope-bound memory and exact numbers, for CLEANUP. */
#pragma once

#include "core/status.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* CLEANUP(scratch_free) void-like *pointer = malloc(…): frees it at the end of the scope. */
static inline void scratch_free(void *pointer)
{
    free(*(void **)pointer);
}

/* Closes a stream of open_memstream; STATUS_NO_MEMORY where its memory does not hold all that was written. */
NODISCARD static inline status_t scratch_close(FILE *stream)
{
    bool is_cut = ferror(stream) != 0;
    return fclose(stream) != 0 || is_cut ? STATUS_NO_MEMORY : STATUS_OK;
}

/* CLEANUP(scratch_clear) mpq_t value; right behind it mpq_init(value). */
static inline void scratch_clear(mpq_t *value)
{
    mpq_clear(*value);
}
