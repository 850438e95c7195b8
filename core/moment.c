#include "core/moment.h"

#include "core/period.h"

static bool take_digits(const char **at, unsigned count, uint32_t *out)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < count; i++) {
        char digit = (*at)[i];
        if (digit < '0' || digit > '9')
            return false;
        number = number * 10 + (uint32_t)(digit - '0');
    }
    *at += count;
    *out = number;
    return true;
}

static bool take(const char **at, char expected)
{
    bool is_there = **at == expected;
    *at += is_there;
    return is_there;
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && is_leap);
}

static bool take_date(const char **at, uint32_t *year, uint32_t *month, uint32_t *day)
{
    return take_digits(at, 4, year) && take(at, '-') && take_digits(at, 2, month) && take(at, '-') &&
           take_digits(at, 2, day) && *year >= 1970 && *year <= PERIOD_YEAR_MAX && *month >= 1 && *month <= 12 &&
           *day >= 1 && *day <= days_in(*year, *month);
}

/* Days from 1970-01-01. */
static uint64_t day_number(uint32_t year, uint32_t month, uint32_t day)
{
    uint64_t days = day - 1;
    for (uint32_t y = 1970; y < year; y++)
        days += 337 + days_in(y, 2);
    for (uint32_t m = 1; m < month; m++)
        days += days_in(year, m);
    return days;
}

/* Minutes east of Greenwich: "Z", "+08:00". */
static bool take_zone(const char **at, int *out)
{
    uint32_t hours, minutes;
    *out = 0;
    if (take(at, 'Z'))
        return true;
    bool is_west = **at == '-';
    if (!take(at, '-') && !take(at, '+'))
        return false;
    if (!take_digits(at, 2, &hours) || !take(at, ':') || !take_digits(at, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *out = (int)(hours * 60 + minutes) * (is_west ? -1 : 1);
    return true;
}

bool moment_parse(const char *text, moment_t *out)
{
    uint32_t year, month, day, hour, minute, second = 0;
    int zone = 0;
    if (!take_date(&text, &year, &month, &day))
        return false;
    moment_t moment = {.day = year * 10000 + month * 100 + day, .minute = MOMENT_DAY_MINUTES};
    if (!*text) {
        *out = moment;
        return true;
    }
    if ((!take(&text, ' ') && !take(&text, 'T')) || !take_digits(&text, 2, &hour) || !take(&text, ':') ||
        !take_digits(&text, 2, &minute) || hour > 23 || minute > 59)
        return false;
    moment.minute = hour * 60 + minute;
    bool has_seconds = take(&text, ':');
    if (has_seconds && (!take_digits(&text, 2, &second) || second > 59))
        return false;
    if (*text || has_seconds) {
        if (!take_zone(&text, &zone) || *text)
            return false;
        int64_t minutes = (int64_t)(day_number(year, month, day) * MOMENT_DAY_MINUTES + moment.minute) - zone;
        if (minutes <= 0)
            return false;
        moment = (moment_t){.ms = (uint64_t)minutes * 60000 + second * 1000};
    }
    *out = moment;
    return true;
}
