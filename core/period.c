#include "core/period.h"

#include <stdio.h>

period_t period_make(int year, int month)
{
    if (year < PERIOD_YEAR_MIN || year > PERIOD_YEAR_MAX || month < 1 || month > 12)
        return PERIOD_NONE;
    return year * 12 + month - 1;
}

int period_year(period_t period)
{
    return period / 12;
}

int period_month(period_t period)
{
    return period % 12 + 1;
}

/* `count` ASCII digits as a number; -1 where one is none. */
static int digits_value(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool period_parse(const char *text, period_t *out)
{
    int year = digits_value(text, 4);
    if (year < 0 || text[4] != '-')
        return false;
    int month = digits_value(text + 5, 2);
    period_t period = month < 0 || text[7] != '\0' ? PERIOD_NONE : period_make(year, month);
    if (period == PERIOD_NONE)
        return false;
    *out = period;
    return true;
}

void period_format(period_t period, char out[PERIOD_TEXT_SIZE])
{
    unsigned year = (unsigned)period_year(period) % 10000u, month = (unsigned)period_month(period) % 100u;
    snprintf(out, PERIOD_TEXT_SIZE, "%04u-%02u", year, month);
}

period_t period_from_number(uint32_t yyyymm)
{
    if (yyyymm > PERIOD_YEAR_MAX * 100u + 12u)
        return PERIOD_NONE;
    return period_make((int)(yyyymm / 100u), (int)(yyyymm % 100u));
}

uint32_t period_to_number(period_t period)
{
    return (uint32_t)period_year(period) * 100u + (uint32_t)period_month(period);
}
