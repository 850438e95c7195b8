#include "dealer-agent/errand.h"

#include <time.h>

moment_t moment_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (moment_t){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

moment_t moment_first(moment_t a, moment_t b)
{
    return a.ms <= b.ms ? a : b;
}

moment_t moment_after(moment_t moment, int64_t ms)
{
    return moment.ms == INT64_MAX ? moment : (moment_t){moment.ms + ms};
}

/* 0..most, uniform enough: a part of 2^32. */
static int64_t part_of(int64_t most, uint32_t random)
{
    return (int64_t)(((uint64_t)most * random) >> 32);
}

int64_t errand_backoff_ms(unsigned failures, uint32_t random)
{
    int64_t most = ERRAND_BACKOFF_MS;
    for (unsigned i = 1; i < failures && most < ERRAND_BACKOFF_MAX_MS; i++)
        most *= 2;
    return part_of(most < ERRAND_BACKOFF_MAX_MS ? most : ERRAND_BACKOFF_MAX_MS, random);
}

int64_t errand_refresh_ms(unsigned seconds, uint32_t random)
{
    int64_t whole = (int64_t)seconds * 1000;
    return whole - whole / 4 + part_of(whole / 2, random);
}

void errand_init(errand_t *errand)
{
    *errand = (errand_t){.due = MOMENT_NEVER, .rests_till = {INT64_MIN}};
}

void errand_ask(errand_t *errand, moment_t now)
{
    if (errand->is_running)
        errand->is_asked_again = true;
    else
        errand_ask_at(errand, now);
}

void errand_ask_at(errand_t *errand, moment_t when)
{
    moment_t may = when.ms < errand->rests_till.ms ? errand->rests_till : when;
    errand->due = moment_first(errand->due, may);
}

bool errand_is_due(const errand_t *errand, moment_t now)
{
    return !errand->is_running && errand->due.ms <= now.ms;
}

void errand_start(errand_t *errand, moment_t now)
{
    errand->is_running = true;
    errand->is_asked_again = false;
    errand->due = MOMENT_NEVER;
    errand->rests_till = moment_after(now, ERRAND_PAUSE_MS);
}

void errand_end(errand_t *errand, moment_t now, bool is_well, uint32_t random)
{
    errand->is_running = false;
    errand->failures = is_well ? 0 : errand->failures + (errand->failures < UINT32_MAX);
    if (errand->is_asked_again)
        errand_ask_at(errand, now);
    else if (!is_well)
        errand_ask_at(errand, moment_after(now, errand_backoff_ms(errand->failures, random)));
}
