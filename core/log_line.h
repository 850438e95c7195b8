/* One event of a program's log as a logfmt line. The time is the caller's, and so is the writing. */
#pragma once

#include "core/status.h"

#include <stdarg.h>
#include <stddef.h>
#include <time.h>

typedef enum { LOG_INFO, LOG_WARNING, LOG_ERROR } log_level_t;

#define LOG_LINE_SIZE  1400
#define LOG_VALUE_SIZE 600

/* "time=… level=… event=EVENT FIELDS\n" in out, cut to fit; control characters within it become '?'. `event`: a word in
 * lower case. `format`: the event's own fields (`name=value …`, quotes around values that hold blanks); "" for none.
 * Returns the line's length. */
size_t log_line(char out[LOG_LINE_SIZE], time_t now, log_level_t level, const char *event, const char *format,
                va_list arguments) __attribute__((format(printf, 5, 0)));

/* A value of any bytes as logfmt quotes it: "june \"2\".csv"; cut to fit. Returns `out`. */
const char *log_quote(const char *value, char out[LOG_VALUE_SIZE]);
