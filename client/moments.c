#include "client/moments.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000

const char *const log_place_forms = "#NUMBER, YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS[.mmm]][Z|+HH:MM]";

static bool parse_event(const char *text, log_place_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] || *text == '0')
        return false;
    *out = (log_place_t){.event = strtoull(text, NULL, 10)};
    return true;
}

/* Exactly so many digits, not above `most`. */
static bool take_digits(const char **at, size_t count, int most, int *out)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9')
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += count;
    *out = value;
    return value <= most;
}

static bool take(const char **at, char wanted)
{
    bool is_it = **at == wanted;
    *at += is_it;
    return is_it;
}

/* Hours and what follows them; *precision is how many milliseconds the finest part that was written lasts. */
static bool take_time(const char **at, struct tm *parts, int *out_ms, int *precision)
{
    if (!take_digits(at, 2, 23, &parts->tm_hour) || !take(at, ':') || !take_digits(at, 2, 59, &parts->tm_min))
        return false;
    *precision = 60000;
    if (!take(at, ':'))
        return true;
    if (!take_digits(at, 2, 59, &parts->tm_sec))
        return false;
    *precision = 1000;
    if (!take(at, '.'))
        return true;
    *precision = 1;
    return take_digits(at, 3, 999, out_ms);
}

static bool take_date(const char **at, struct tm *parts)
{
    if (!take_digits(at, 4, 2200, &parts->tm_year) || !take(at, '-') || !take_digits(at, 2, 12, &parts->tm_mon) ||
        !take(at, '-') || !take_digits(at, 2, 31, &parts->tm_mday))
        return false;
    parts->tm_year -= 1900;
    parts->tm_mon -= 1;
    return parts->tm_year >= 70 && parts->tm_mon >= 0 && parts->tm_mday >= 1;
}

/* "Z" or "+08:00": how many seconds the written time is ahead of UTC. False where neither stands there. */
static bool take_zone(const char **at, int *out_ahead)
{
    const char *from = *at;
    int hours, minutes;
    *out_ahead = 0;
    if (take(at, 'Z'))
        return true;
    bool is_behind = **at == '-';
    if ((take(at, '+') || take(at, '-')) && take_digits(at, 2, 23, &hours) && take(at, ':') &&
        take_digits(at, 2, 59, &minutes)) {
        *out_ahead = (is_behind ? -60 : 60) * (60 * hours + minutes);
        return true;
    }
    *at = from;
    return false;
}

static bool parse(const char *text, bool ends, log_place_t *out, bool *out_is_local)
{
    struct tm parts = {.tm_isdst = -1};
    int ms = 0, precision = DAY_MS, ahead = 0;
    *out_is_local = false;
    if (take(&text, '#'))
        return parse_event(text, out);
    if (!take_date(&text, &parts))
        return false;
    int day = parts.tm_mday;
    if ((take(&text, 'T') || take(&text, ' ')) && !take_time(&text, &parts, &ms, &precision))
        return false;
    *out_is_local = precision == DAY_MS || !take_zone(&text, &ahead);
    if (*text)
        return false;
    time_t seconds = *out_is_local ? mktime(&parts) : timegm(&parts);
    if (parts.tm_mday != day || seconds < ahead) /* 31 April is none */
        return false;
    *out = (log_place_t){.time_ms =
                             (uint64_t)(seconds - ahead) * 1000 + (uint64_t)ms + (ends ? (uint64_t)precision - 1 : 0)};
    if (ends && precision == DAY_MS) { /* a day of summer time may be shorter or longer */
        parts.tm_mday++;
        parts.tm_isdst = -1;
        out->time_ms = (uint64_t)mktime(&parts) * 1000 - 1;
    }
    return true;
}

bool log_place_parse(const char *text, bool ends, log_place_t *out)
{
    bool is_local;
    return parse(text, ends, out, &is_local);
}

bool log_place_is_local(const char *text)
{
    log_place_t place;
    bool is_local;
    return parse(text, false, &place, &is_local) && is_local;
}

bool log_place_parse_in(const char *text, bool ends, const char *time_zone, log_place_t *out)
{
    const char *own = getenv("TZ");
    char *kept = own ? strdup(own) : NULL;
    if (own && !kept)
        return false;
    setenv("TZ", time_zone, 1);
    tzset();
    bool is_place = log_place_parse(text, ends, out);
    if (kept)
        setenv("TZ", kept, 1);
    else
        unsetenv("TZ");
    tzset();
    free(kept);
    return is_place;
}
