#include "hub/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t standing_ms; /* 0: the clock runs; written by clock_stand only */

void clock_stand(void)
{
    const char *standing = getenv("YARDSTICK_TEST_NOW_MS");
    standing_ms = standing ? strtoull(standing, NULL, 10) : 0;
}

bool clock_init(const char *time_zone)
{
    char path[256];
    const char *directory = getenv("TZDIR");
    int length = snprintf(path, sizeof path, "%s/%s", directory ? directory : "/usr/share/zoneinfo", time_zone);
    if (!*time_zone || *time_zone == '/' || strstr(time_zone, "..") || length < 0 || (size_t)length >= sizeof path)
        return false;
    /* glibc takes an unknown zone for UTC without a word. */
    if (access(path, R_OK) != 0 || setenv("TZ", time_zone, 1) != 0)
        return false;
    tzset();
    clock_stand();
    return true;
}

static uint64_t read_clock(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

wall_time_t clock_wall(void)
{
    return (wall_time_t){standing_ms ? standing_ms : read_clock(CLOCK_REALTIME)};
}

monotonic_time_t clock_monotonic(void)
{
    return (monotonic_time_t){read_clock(CLOCK_MONOTONIC)};
}

/* To the minute. The zone's tables are not searched again within one: each submission asks twice. */
static struct tm local_time(wall_time_t now)
{
    static _Thread_local uint64_t known_minute = UINT64_MAX;
    static _Thread_local struct tm known;
    uint64_t minute = now.ms / 60000;
    if (minute != known_minute) {
        time_t seconds = (time_t)(minute * 60);
        known = (struct tm){0};
        localtime_r(&seconds, &known);
        known_minute = minute;
    }
    return known;
}

period_t clock_period(wall_time_t now)
{
    struct tm local = local_time(now);
    return period_make(local.tm_year + 1900, local.tm_mon + 1);
}

uint32_t clock_day(wall_time_t now)
{
    struct tm local = local_time(now);
    return ((uint32_t)local.tm_year + 1900) * 10000 + ((uint32_t)local.tm_mon + 1) * 100 + (uint32_t)local.tm_mday;
}

const char *clock_format(uint64_t time_ms, char out[CLOCK_TEXT_SIZE])
{
    struct tm local = local_time((wall_time_t){time_ms});
    size_t size = strftime(out, CLOCK_TEXT_SIZE - 1, "%Y-%m-%d %H:%M %z", &local);
    if (!size) {
        out[0] = '\0';
        return out;
    }
    memmove(out + size - 1, out + size - 2, sizeof "00"); /* +0800 becomes +08:00 */
    out[size - 2] = ':';
    return out;
}

bool clock_moment(uint32_t day, uint32_t minute, wall_time_t *out)
{
    int month_day = (int)(day % 100);
    period_t period = period_from_number(day / 100);
    if (period == PERIOD_NONE || minute > CLOCK_DAY_MINUTES)
        return false;
    struct tm local = {.tm_year = period_year(period) - 1900,
                       .tm_mon = period_month(period) - 1,
                       .tm_mday = month_day,
                       .tm_hour = 12,
                       .tm_isdst = -1};
    if (mktime(&local) == -1 || local.tm_mday != month_day)
        return false;
    local.tm_hour = (int)minute / 60;
    local.tm_min = (int)minute % 60;
    local.tm_isdst = -1;
    time_t seconds = mktime(&local);
    if (seconds <= 0)
        return false;
    *out = (wall_time_t){(uint64_t)seconds * 1000 - (minute == CLOCK_DAY_MINUTES)};
    return true;
}

bool clock_is_late(period_t period, uint32_t due_day, wall_time_t now)
{
    struct tm local = local_time(now);
    period_t month = period_make(local.tm_year + 1900, local.tm_mon + 1);
    return month > period + 1 || (month == period + 1 && (uint32_t)local.tm_mday > due_day);
}
