/* The hub's log: one logfmt line an event on standard error, few of them, never a secret or a fact. Any thread. */
#pragma once

#include "core/status.h"

typedef enum { LOG_INFO, LOG_WARNING, LOG_ERROR } log_level_t;

/* `event`: a word in lower case. The rest are fields (`key=value …`, quotes around values that hold blanks); "" for
 * none. A line is written with one call and cut at 1,000 bytes. */
void log_event(log_level_t level, const char *event, const char *format, ...) PRINTF(3, 4);
