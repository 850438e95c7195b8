/* The hub's log: one line an event on standard error, few of them, never a secret or a fact. Any thread. */
#pragma once

#include "core/log_line.h"

/* `event`, `format`: as of log_line. A line is written with one call; one that cannot be written stops nothing. */
void log_event(log_level_t level, const char *event, const char *format, ...) PRINTF(3, 4);
