/* The daemon's log: one line an event on standard error, few of them. */
#pragma once

#include "core/log_line.h"

/* `event`, `format`: as of log_line. A log that cannot be written stops nothing. */
void run_log(log_level_t level, const char *event, const char *format, ...) PRINTF(3, 4);
