/* Dates and times as people type them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_DAY_MINUTES 1440u

/* A moment of the world's, or one of a time zone that only somebody else knows: the network's. */
typedef struct {
    uint64_t ms;     /* Unix milliseconds; 0: it is told by the next two */
    uint32_t day;    /* YYYYMMDD */
    uint32_t minute; /* of that day; MOMENT_DAY_MINUTES where only a date was typed: the day's end */
} moment_t;

/* "2025-06-30" (that day's end), "2025-06-30 18:00" (T for the blank too), or with a zone behind it: "…T18:00Z",
 * "…T18:00:00+08:00"; seconds only before a zone. False on anything else, *out untouched. Whether the month has that
 * many days is checked. */
bool moment_parse(const char *text, moment_t *out);
