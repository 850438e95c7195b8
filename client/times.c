#include "client/times.h"

#include <stdio.h>
#include <time.h>

uint64_t times_now_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *times_local(uint64_t time_ms, char out[TIMES_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    if (!time_ms || !localtime_r(&seconds, &parts) || !strftime(out, TIMES_SIZE, "%Y-%m-%d %H:%M:%S", &parts))
        snprintf(out, TIMES_SIZE, "—");
    return out;
}

const char *times_iso(uint64_t time_ms, char out[TIMES_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    char whole[TIMES_SIZE];
    struct tm parts;
    if (!time_ms || !gmtime_r(&seconds, &parts) || !strftime(whole, 24, "%Y-%m-%dT%H:%M:%S", &parts))
        return NULL;
    snprintf(out, TIMES_SIZE, "%.24s.%03uZ", whole, (unsigned)(time_ms % 1000));
    return out;
}

const char *times_local_of_iso(const char *iso, char out[TIMES_SIZE])
{
    struct tm parts = {0};
    return times_local(strptime(iso, "%Y-%m-%dT%H:%M:%S", &parts) ? (uint64_t)timegm(&parts) * 1000 : 0, out);
}
