/* Moments as people write them on a command line: an entry of the hub's log by its number, or a time. */
#pragma once

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* One of them: the other is 0. */
typedef struct {
    uint64_t event, time_ms;
} log_place_t;

/* "#17"; "2025-06-10", "2025-06-10T09:30", "2025-06-10T09:30:00", the same with .250 for milliseconds and with Z for
 * UTC or +08:00 (else by this machine's time zone); a blank may stand for the T. A day, a minute or a second is its
 * first millisecond, or with `ends` its last one. False where the text is none of them. */
bool log_place_parse(const char *text, bool ends, log_place_t *out);

/* Whether it is a time that depends on a time zone. */
bool log_place_is_local(const char *text);

/* The same as log_place_parse with another time zone (IANA name). While there is one thread. */
bool log_place_parse_in(const char *text, bool ends, const char *time_zone, log_place_t *out);

/* What may be written, for a message: "#NUMBER, …". */
extern const char *const log_place_forms;
