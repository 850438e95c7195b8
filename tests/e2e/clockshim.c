/* Loaded with LD_PRELOAD into the agent by the tests: bends the wall clock, and only that. What clock_gettime
 * (CLOCK_REALTIME and CLOCK_REALTIME_COARSE), gettimeofday and time tell is moved by the whole seconds, which may be
 * negative, that stand in decimal in the file $CLOCKSHIM_FILE; no file, or nothing readable in it: by none. The file
 * is looked at again at most each 5 ms. CLOCK_MONOTONIC, timers, the times of files and what the kernel itself reads
 * stay as they are. Children inherit it with their environment. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REREAD_MS 5

static _Atomic int64_t offset_s, read_at_ms = INT64_MIN / 2;

/* By the system call, so that neither we nor a sanitizer's wrapper are called again. */
static int real_clock(clockid_t clock, struct timespec *out)
{
    return (int)syscall(SYS_clock_gettime, clock, out);
}

static int64_t read_offset(void)
{
    char text[32] = {0};
    const char *path = getenv("CLOCKSHIM_FILE");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t size = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    return size > 0 ? strtoll(text, NULL, 10) : 0;
}

static int64_t offset(void)
{
    struct timespec now = {0};
    real_clock(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (now_ms - atomic_load(&read_at_ms) >= REREAD_MS) {
        atomic_store(&offset_s, read_offset());
        atomic_store(&read_at_ms, now_ms);
    }
    return atomic_load(&offset_s);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int result = real_clock(clock, out);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += offset();
    return result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone; /* obsolete: nobody passes one */
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
