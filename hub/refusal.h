/* Why the hub says no: a status, a sentence for a person and what it is about. */
#pragma once

#include "core/faults.h"
#include "core/limits.h"
#include "core/status.h"

typedef struct {
    char message[480];
    char where[CODE_LENGTH_MAX + 16]; /* field, row, scope or dealer; "" where there is none */
} refusal_t;

/* Fills `out` and returns `status`, so that a rule reads `return refuse(…)`. Too long a text is cut between characters.
 */
status_t refuse(refusal_t *out, status_t status, const char *where, const char *format, ...) PRINTF(4, 5) NODISCARD;
