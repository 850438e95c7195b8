#include "dealer-agent/run_events.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BELL      "bell"
#define HOME_FILE "home.txt"
#define READS_MAX 64 /* in a row: whoever makes events faster than they are read does not keep us from the rest */
#define CHANGES   (IN_CLOSE_WRITE | IN_MOVED_TO)
#define VANISHES  (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED | IN_Q_OVERFLOW)

static bool take_signals(run_events_t *events)
{
    static const int TAKEN[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD}, IGNORED[] = {SIGPIPE, SIGXFSZ, SIGIO};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++)
        sigaddset(&set, TAKEN[i]);
    for (size_t i = 0; i < sizeof IGNORED / sizeof *IGNORED; i++)
        signal(IGNORED[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, as some starters leave it, children would leave no status */
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
           (events->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) >= 0;
}

bool run_events_open(run_events_t *events)
{
    *events = (run_events_t){-1, -1, -1, -1, -1};
    if (!take_signals(events))
        return false;
    events->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK); /* -1: rescans must do */
    return true;
}

void run_events_close(run_events_t *events)
{
    if (events->signals >= 0)
        close(events->signals);
    if (events->notify >= 0)
        close(events->notify);
    *events = (run_events_t){-1, -1, -1, -1, -1};
}

static void watch(run_events_t *events, int *watch, const char *path, uint32_t mask)
{
    if (events->notify < 0)
        return;
    int now = inotify_add_watch(events->notify, path, mask | IN_ONLYDIR);
    if (*watch >= 0 && now != *watch)
        (void)inotify_rm_watch(events->notify, *watch);
    *watch = now;
}

void run_events_watch_inbox(run_events_t *events, const char *path)
{
    watch(events, &events->inbox, path, CHANGES | IN_DELETE_SELF | IN_MOVE_SELF);
}

void run_events_watch_outbox(run_events_t *events, const char *path)
{
    watch(events, &events->outbox, path, CHANGES);
}

void run_events_watch_home(run_events_t *events, const char *path)
{
    watch(events, &events->home, path, CHANGES);
}

typedef struct {
    const run_events_t *events;
    run_news_t *out;
    void (*on_closed)(void *context, const char *name);
    void *context;
} reader_t;

static void take_event(const reader_t *reader, const struct inotify_event *event)
{
    const run_events_t *events = reader->events;
    const char *name = event->len ? event->name : "";
    if (event->mask & VANISHES) {
        /* A watch that was given up (IGNORED) was one of before. */
        if (event->wd == events->inbox || event->mask & IN_Q_OVERFLOW)
            reader->out->is_unsure = true;
    } else if (event->wd == events->inbox) {
        reader->on_closed(reader->context, name);
    } else if (event->wd == events->outbox && strcmp(name, BELL) == 0) {
        reader->out->is_bell = true;
    } else if (event->wd == events->home && strcmp(name, HOME_FILE) == 0) {
        reader->out->is_home = true;
    }
}

static void read_notify(const reader_t *reader)
{
    _Alignas(struct inotify_event) char buffer[16384];
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t size = read(reader->events->notify, buffer, sizeof buffer);
        for (ssize_t at = 0; at < size;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);
            take_event(reader, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
        if (size <= 0)
            return;
    }
}

static void read_signals(const run_events_t *events, run_news_t *out)
{
    struct signalfd_siginfo info;
    while (read(events->signals, &info, sizeof info) == sizeof info) {
        out->is_end |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
        out->is_hurry |= info.ssi_signo == SIGHUP;
        out->is_child |= info.ssi_signo == SIGCHLD;
    }
}

static int milliseconds_till(moment_t till)
{
    moment_t now = moment_now();
    if (till.ms <= now.ms)
        return 0;
    return till.ms - now.ms > INT_MAX ? INT_MAX : (int)(till.ms - now.ms);
}

void run_events_wait(run_events_t *events, moment_t till, run_news_t *out,
                     void (*on_closed)(void *context, const char *name), void *context)
{
    *out = (run_news_t){0};
    struct pollfd polled[2] = {{.fd = events->signals, .events = POLLIN}, {.fd = events->notify, .events = POLLIN}};
    (void)poll(polled, 2, milliseconds_till(till)); /* what poll says is what the reads find */
    reader_t reader = {events, out, on_closed, context};
    read_signals(events, out);
    if (events->notify >= 0)
        read_notify(&reader);
}
