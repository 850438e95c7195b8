/* The hub's clocks and the network's time zone. The only file that reads the time. */
#pragma once

#include "core/period.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t ms; /* Unix milliseconds */
} wall_time_t;

typedef struct {
    uint64_t ms; /* since some moment before the program began */
} monotonic_time_t;

/* Makes `time_zone` (IANA name) that of the whole process. Called once, in main, before there are threads. False where
 * the machine has no such zone. Lets the clock stand too. */
bool clock_init(const char *time_zone);

/* Reads YARDSTICK_TEST_NOW_MS: a clock that stands still at that moment, for tests only. For a command that needs no
 * time zone; before there are threads. */
void clock_stand(void);

wall_time_t clock_wall(void);
monotonic_time_t clock_monotonic(void);

/* The month that runs at that moment in the network's time zone. */
period_t clock_period(wall_time_t now);

/* The day of a moment in the network's time zone: YYYYMMDD. */
uint32_t clock_day(wall_time_t now);

/* A moment in the network's time zone, as people read it; with the offset, since they may read it in another zone:
 * "2025-06-30 18:00 +08:00". */
#define CLOCK_TEXT_SIZE 24
const char *clock_format(uint64_t time_ms, char out[CLOCK_TEXT_SIZE]);

#define CLOCK_DAY_MINUTES 1440u

/* The moment that lies `minute` minutes (0..1440) into a day (YYYYMMDD) in the network's time zone; of 1440 the last
 * millisecond of that day. False where there is no such day, *out untouched. */
bool clock_moment(uint32_t day, uint32_t minute, wall_time_t *out);

/* Whether the due day of `period` (day `due_day` of the month after, SPEC 5) is over. */
bool clock_is_late(period_t period, uint32_t due_day, wall_time_t now);
