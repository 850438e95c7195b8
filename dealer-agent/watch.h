/* The inbox: which of its files are whole, and which is next. A file that is still being copied is left until it is
 * complete, and holds up no other. Reads names and attributes only, never a byte of a file. */
#pragma once

#include "core/limits.h"
#include "dealer-agent/errand.h"
#include "dealer-agent/stamp.h"

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#define WATCH_CLOSED_MS 1000   /* unchanged for so long after its writer closed it, or it was moved in */
#define WATCH_EMPTY_MS  60000  /* so long is an empty or unreadable file taken for one that is still coming */
#define WATCH_ORDER_MS  5000   /* most that a whole file waits for an earlier one that is about to be whole */
#define WATCH_SCAN_MS   60000  /* the folder is read at least so often, whatever its attributes say */
#define WATCH_MONTH_MS  600000 /* consultants wait so long for the month that they belong to */
#define WATCH_FAILURES  3      /* so often may a file fail until those behind it wait for it no longer */
#define WATCH_CRASHES   5      /* so often may reading a file kill its reader until the file is set aside unread */

/* Why a file is still in the inbox. */
typedef enum {
    WAIT_TURN,       /* it is whole */
    WAIT_ARRIVING,   /* it changed a moment ago */
    WAIT_OPEN,       /* a program has it open for writing */
    WAIT_EMPTY,      /* it has no bytes yet */
    WAIT_UNREADABLE, /* this user may not read it yet */
    WAIT_MONTH,      /* its consultants' month is not filed yet */
    WAIT_STORE,      /* it does not name its store, and the hub has not said yet which this agent has */
    WAIT_CATALOG,    /* it does not fit the catalog that hubs begin with, and this hub's has not come yet */
    WAIT_RETRY,      /* it could not be taken, for its own sake; again later */
    WAIT_OUTBOX,     /* none can be taken: the outbox, the home or the desk cannot be used */
    WAIT_ROOM,       /* none can be taken: a disk is full */
    WAIT_COUNT
} wait_t;

/* A few words of it, for the status and the log. Static storage. */
const char *wait_text(wait_t wait);

#define WATCH_WAITING_FILE                                                                                             \
    "WAITING.txt" /* the daemon's note in the inbox (dealer-agent/run_waiting.h): no file to take */

#define WATCH_IGNORED_MAX 20 /* entries of the inbox that are never taken and are named; the others are counted */

typedef enum { IGNORED_FOLDER, IGNORED_LINK, IGNORED_OTHER } ignored_kind_t;

/* An entry of the inbox that is never taken, and whose name is none of those of watch_is_temporary. */
typedef struct {
    char name[NAME_MAX + 1]; /* any bytes */
    ignored_kind_t kind;
    bool is_seen; /* in the scan that goes on */
    bool is_told; /* in the log; the caller's */
} ignored_t;

/* "a folder" … Static storage. */
const char *ignored_text(ignored_kind_t kind);

typedef struct {
    char name[NAME_MAX + 1]; /* any bytes */
    stamp_t stamp;
    bool is_seen; /* in the scan that goes on */
    wait_t wait;
    moment_t since;    /* when it was first seen as it is */
    moment_t ready;    /* when to look at it again; where it is the same then, it is whole */
    moment_t whole;    /* since when it is known to be whole; MOMENT_NEVER where it is not */
    moment_t waits;    /* since when its month is missing; MOMENT_NEVER where it is not */
    unsigned failures; /* to take it, in a row, for its own sake */
    unsigned crashes;  /* of which killed their reader */
} watched_t;

typedef struct {
    char path[PATH_MAX];
    int64_t still_ms; /* unchanged for so long where nobody told that it was closed */
    watched_t *files; /* INBOX_FILES_MAX of room; in no order */
    size_t count;
    size_t more; /* whole or not, for which there was no room */
    ignored_t ignored[WATCH_IGNORED_MAX];
    size_t ignored_count, ignored_more;
    stamp_t folder; /* when it was last read */
    bool is_there;  /* the folder, and it could be read */
    moment_t read_at;
} watch_t;

/* Begins to watch the folder `path`, which need not be there yet. `rescan_s`: as of --rescan. False when out of memory.
 */
bool watch_init(watch_t *watch, const char *path, unsigned rescan_s);
void watch_fini(watch_t *watch);

/* Whether a name is one that programs give to files that are not whole, or that nobody meant to drop: hidden ones,
 * office programs' locks, downloads, backups of editors, what file managers leave behind; and the daemon's own note. */
bool watch_is_temporary(const char *name);

/* The folder is read where its attributes have changed, files are waiting to become whole, or WATCH_SCAN_MS have
 * passed; one `stat` otherwise. False where there is no folder to read. */
bool watch_look(watch_t *watch, moment_t now);

/* The kernel told that `name` was closed by its writer, or moved in. */
void watch_note_closed(watch_t *watch, const char *name, moment_t now);

/* The file to take now, by time of change and then by name, also where it failed before. NULL: none is whole.
 * Valid until the next call of watch_look. */
watched_t *watch_next(watch_t *watch, moment_t now);

/* When watch_next may have something new to say: MOMENT_NEVER where only an event can tell. */
moment_t watch_due(const watch_t *watch);

/* How taking a file went. DONE: it has left the inbox, and those that wait for a month are tried again. LATER,
 * NO_STORE, NO_CATALOG, CRASHED: that file is tried again later and later (errand_backoff_ms; `random`: uniform), the
 * others meanwhile. NO_OUTBOX, NO_ROOM: nothing of the file's; when to go on is the caller's to say. */
typedef enum {
    TAKE_DONE,
    TAKE_LATER,
    TAKE_NO_MONTH,
    TAKE_NO_STORE,
    TAKE_NO_CATALOG,
    TAKE_CRASHED,
    TAKE_NO_OUTBOX,
    TAKE_NO_ROOM
} take_end_t;
void watch_note_taken(watch_t *watch, const char *name, take_end_t end, moment_t now, uint32_t random);

/* Tries those that wait for that again at once. */
void watch_retry(watch_t *watch, wait_t wait, moment_t now);

/* The same with all that could not be taken, as if none had failed. */
void watch_hurry(watch_t *watch, moment_t now);

/* Why a file is in the inbox as of now: one that has not changed for long enough waits for its turn, be it looked at
 * for the second time or not. */
wait_t watch_why(const watched_t *file, moment_t now);

/* Whether the month of its consultants has been waited for long enough. */
bool watch_is_last_try(const watched_t *file, moment_t now);
