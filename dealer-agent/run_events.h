/* What wakes the daemon: the kernel's word on the inbox, the outbox's bell and home.txt (inotify), and signals. Where
 * the kernel tells nothing (network file systems), a look at the clock's pace finds out (run.h: --rescan). */
#pragma once

#include "dealer-agent/errand.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    int notify, signals;     /* descriptors; -1: none */
    int inbox, outbox, home; /* watches; -1: none */
} run_events_t;

/* What came. */
typedef struct {
    bool is_end;    /* SIGTERM or SIGINT */
    bool is_hurry;  /* SIGHUP */
    bool is_child;  /* SIGCHLD */
    bool is_bell;   /* something was added to the outbox */
    bool is_home;   /* home.txt was written */
    bool is_unsure; /* a folder was moved or removed, or events were lost: look yourself */
} run_news_t;

/* Blocks the signals that it reads and ignores those that a full pipe, a full disk or a lease would kill with. False
 * with errno. */
bool run_events_open(run_events_t *events);
void run_events_close(run_events_t *events);

/* Watches the folder (again, where it is another one now). That it cannot be watched is no fault. */
void run_events_watch_inbox(run_events_t *events, const char *path);
void run_events_watch_outbox(run_events_t *events, const char *path);
void run_events_watch_home(run_events_t *events, const char *path);

/* Waits for something to come, no longer than until `till`, and takes all that has. `on_closed` is told the name of
 * each file of the inbox that was closed by its writer or moved in. */
void run_events_wait(run_events_t *events, moment_t till, run_news_t *out,
                     void (*on_closed)(void *context, const char *name), void *context);
