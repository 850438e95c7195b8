#include "hub/listener.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define TRIES  200
#define TRY_MS 5

/* A line of an epoll's fdinfo: "tfd:       17 events:       19 data:     7f12a4000c80 …". */
static bool read_entry(const char *line, int fd, listener_t *out)
{
    int watched;
    uint32_t events;
    uint64_t data;
    if (sscanf(line, "tfd: %d events: %" SCNx32 " data: %" SCNx64, &watched, &events, &data) != 3 || watched != fd ||
        !(events & EPOLLIN))
        return false;
    out->events = events;
    out->data = data;
    return true;
}

static bool is_watched_by(const char *epoll, int fd, listener_t *out)
{
    char path[64], line[200];
    bool is_found = false;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%.20s", epoll);
    FILE *file = fopen(path, "r");
    while (file && !is_found && fgets(line, sizeof line, file))
        is_found = read_entry(line, fd, out);
    if (file)
        fclose(file);
    return is_found;
}

static bool look(listener_t *listener, int fd)
{
    DIR *all = opendir("/proc/self/fdinfo");
    if (!all)
        return false;
    for (struct dirent *entry; (entry = readdir(all)) != NULL;)
        if (is_watched_by(entry->d_name, fd, listener)) {
            listener->fd = fd;
            listener->epoll = atoi(entry->d_name);
            break;
        }
    closedir(all);
    return listener->epoll > 0;
}

bool listener_find(listener_t *listener, int fd)
{
    const struct timespec moment = {0, TRY_MS * 1000000};
    *listener = (listener_t){.epoll = -1};
    for (int i = 0; i < TRIES; i++) { /* the I/O thread takes a listener over some time after it was bound */
        if (look(listener, fd))
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

bool listener_hold(listener_t *listener, bool holds)
{
    struct epoll_event event = {.events = listener->events, .data.u64 = listener->data};
    if (listener->epoll <= 0 || holds == listener->is_held ||
        epoll_ctl(listener->epoll, holds ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, listener->fd, &event) != 0)
        return false;
    listener->is_held = holds;
    return true;
}
