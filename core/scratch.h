/* Scope-bound memory and exact numbers, for CLEANUP. */
#pragma once

#include "core/status.h"

#include <gmp.h>
#include <stdlib.h>

/* CLEANUP(scratch_free) void-like *pointer = malloc(…): frees it at the end of the scope. */
static inline void scratch_free(void *pointer)
{
    free(*(void **)pointer);
}

/* CLEANUP(scratch_clear) mpq_t value; right behind it mpq_init(value). */
static inline void scratch_clear(mpq_t *value)
{
    mpq_clear(*value);
}
