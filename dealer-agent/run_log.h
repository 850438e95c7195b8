/* The daemon's log: one logfmt line an event on standard error, few of them. */
#pragma once

#include "core/status.h"

#include <stddef.h>

typedef enum { RUN_INFO, RUN_WARNING, RUN_ERROR } run_level_t;

/* `format`: the event's own fields, `name=value`. A log that cannot be written stops nothing. */
void run_log(run_level_t level, const char *event, const char *format, ...) PRINTF(3, 4);

#define RUN_LOG_VALUE_SIZE 600

/* A value of any bytes as logfmt quotes it: "june \"2\".csv"; cut to fit. Returns `out`. */
const char *run_log_quote(const char *value, char out[RUN_LOG_VALUE_SIZE]);
