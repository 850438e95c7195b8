#include "dealer-agent/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What a file looks like ---- */

/* Of a regular file. */
static bool stamp_file(const watch_t *watch, const char *name, stamp_t *out)
{
    int folder = open(watch->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool is_file = folder >= 0 && stamp_read(folder, name, out);
    if (folder >= 0)
        close(folder);
    return is_file;
}

typedef enum { FILE_FREE, FILE_BUSY, FILE_CLOSED_TO_US } access_t;

/* Whether another program has it open for writing, as far as this file system and its owner let us know: a read lease
 * is given only where nobody writes, and given back at once. */
static access_t ask_access(const watch_t *watch, const char *name)
{
    int folder = open(watch->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int file = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (folder >= 0)
        close(folder);
    if (file < 0)
        return FILE_CLOSED_TO_US;
    access_t access = FILE_FREE;
    if (fcntl(file, F_SETLEASE, F_RDLCK) == 0)
        (void)fcntl(file, F_SETLEASE, F_UNLCK);
    else if (errno == EAGAIN)
        access = FILE_BUSY;
    close(file);
    return access;
}

/* ---- The table ---- */

bool watch_init(watch_t *watch, const char *path, unsigned rescan_s)
{
    *watch = (watch_t){.still_ms = (int64_t)rescan_s * 500, .read_at = {INT64_MIN}};
    if (strlen(path) >= sizeof watch->path)
        return false;
    strcpy(watch->path, path);
    watch->files = malloc(INBOX_FILES_MAX * sizeof *watch->files);
    return watch->files;
}

void watch_fini(watch_t *watch)
{
    free(watch->files);
    *watch = (watch_t){0};
}

/* A file that is not whole, or waits for its month or store, stands behind those that may be taken. One that could not
 * be taken keeps its place for some tries: a later report of the same months should not be taken first, and then be
 * undone by it. */
static bool is_behind(const watched_t *file)
{
    switch (file->wait) {
    case WAIT_TURN:
    case WAIT_ARRIVING:
    case WAIT_OUTBOX:
    case WAIT_ROOM:
        return false;
    case WAIT_RETRY:
        return file->failures >= WATCH_FAILURES;
    default:
        return true;
    }
}

static bool comes_before(const watched_t *a, const watched_t *b)
{
    if (is_behind(a) != is_behind(b))
        return !is_behind(a);
    if (a->stamp.mtime_ns != b->stamp.mtime_ns)
        return a->stamp.mtime_ns < b->stamp.mtime_ns;
    return strcmp(a->name, b->name) < 0;
}

static watched_t *find(const watch_t *watch, const char *name)
{
    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->files[i].name, name) == 0)
            return &watch->files[i];
    return NULL;
}

static void forget(watch_t *watch, watched_t *file)
{
    *file = watch->files[--watch->count];
}

/* A place for one more: an empty one, or that of the last in order, where `file` comes before it. */
static watched_t *find_room(watch_t *watch, const watched_t *file)
{
    if (watch->count < INBOX_FILES_MAX)
        return &watch->files[watch->count++];
    watch->more++;
    watched_t *last = watch->files;
    for (size_t i = 1; i < watch->count; i++)
        if (comes_before(last, &watch->files[i]))
            last = &watch->files[i];
    return comes_before(file, last) ? last : NULL;
}

/* Begins to wait for it to stay as it is. */
static void settle(const watch_t *watch, watched_t *file, const stamp_t *stamp, moment_t now)
{
    file->stamp = *stamp;
    file->wait = WAIT_ARRIVING;
    file->whole = file->waits = MOMENT_NEVER;
    file->since = now;
    file->ready = moment_after(now, watch->still_ms);
    file->failures = file->crashes = 0; /* it is another file now */
}

static watched_t *take_note(watch_t *watch, const char *name, const stamp_t *stamp, moment_t now)
{
    watched_t *known = find(watch, name);
    if (known) {
        if (!stamp_is_same(&known->stamp, stamp))
            settle(watch, known, stamp, now);
        return known;
    }
    watched_t file = {0};
    strncpy(file.name, name, sizeof file.name - 1);
    settle(watch, &file, stamp, now);
    watched_t *room = find_room(watch, &file);
    if (room)
        *room = file;
    return room;
}

void watch_note_closed(watch_t *watch, const char *name, moment_t now)
{
    stamp_t stamp;
    if (watch_is_temporary(name) || !stamp_file(watch, name, &stamp))
        return;
    watched_t *file = take_note(watch, name, &stamp, now);
    if (!file)
        return;
    settle(watch, file, &stamp, now);
    if (watch->still_ms > WATCH_CLOSED_MS)
        file->ready = moment_after(now, WATCH_CLOSED_MS);
}

/* ---- Reading the folder ---- */

static ignored_t *find_ignored(watch_t *watch, const char *name, ignored_kind_t kind)
{
    for (size_t i = 0; i < watch->ignored_count; i++)
        if (watch->ignored[i].kind == kind && strcmp(watch->ignored[i].name, name) == 0)
            return &watch->ignored[i];
    return NULL;
}

static void note_ignored(watch_t *watch, const char *name, mode_t mode)
{
    ignored_kind_t kind = S_ISDIR(mode) ? IGNORED_FOLDER : S_ISLNK(mode) ? IGNORED_LINK : IGNORED_OTHER;
    ignored_t *entry = find_ignored(watch, name, kind);
    if (!entry && watch->ignored_count == WATCH_IGNORED_MAX) {
        watch->ignored_more++;
        return;
    }
    if (!entry) {
        entry = &watch->ignored[watch->ignored_count++];
        *entry = (ignored_t){.kind = kind};
        snprintf(entry->name, sizeof entry->name, "%s", name);
    }
    entry->is_seen = true;
}

static void note_entry(watch_t *watch, const char *name, const struct stat *info, moment_t now)
{
    if (!S_ISREG(info->st_mode)) {
        note_ignored(watch, name, info->st_mode);
        return;
    }
    stamp_t stamp = stamp_of(info);
    watched_t *file = take_note(watch, name, &stamp, now);
    if (file)
        file->is_seen = true;
}

static void begin_reading(watch_t *watch)
{
    watch->more = watch->ignored_more = 0;
    for (size_t i = 0; i < watch->count; i++)
        watch->files[i].is_seen = false;
    for (size_t i = 0; i < watch->ignored_count; i++)
        watch->ignored[i].is_seen = false;
}

static void end_reading(watch_t *watch)
{
    for (size_t i = watch->count; i-- > 0;)
        if (!watch->files[i].is_seen)
            forget(watch, &watch->files[i]);
    for (size_t i = watch->ignored_count; i-- > 0;)
        if (!watch->ignored[i].is_seen)
            watch->ignored[i] = watch->ignored[--watch->ignored_count];
}

static void read_folder(watch_t *watch, DIR *folder, moment_t now)
{
    begin_reading(watch);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat info;
        if (!watch_is_temporary(entry->d_name) &&
            fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
            note_entry(watch, entry->d_name, &info, now);
    }
    end_reading(watch);
}

bool watch_look(watch_t *watch, moment_t now)
{
    struct stat info;
    if (stat(watch->path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        watch->is_there = false;
        watch->count = watch->more = watch->ignored_count = watch->ignored_more = 0;
        return false;
    }
    stamp_t stamp = stamp_of(&info);
    bool is_old = moment_after(watch->read_at, WATCH_SCAN_MS).ms <= now.ms;
    if (!is_old && watch->is_there && stamp_is_same(&stamp, &watch->folder))
        return true;
    DIR *folder = opendir(watch->path);
    if (!folder) {
        watch->is_there = false;
        return false;
    }
    read_folder(watch, folder, now);
    closedir(folder);
    watch->folder = stamp;
    watch->is_there = true;
    watch->read_at = now;
    return true;
}

/* ---- Which is next ---- */

static bool put_off(watched_t *file, wait_t wait, moment_t till)
{
    file->wait = wait;
    file->ready = till;
    return false;
}

/* The second look at a file that has not changed for long enough. Where it is not whole, says when to look again. */
static bool is_whole(watch_t *watch, watched_t *file, moment_t now)
{
    stamp_t stamp;
    if (!stamp_file(watch, file->name, &stamp)) {
        forget(watch, file);
        return false;
    }
    if (!stamp_is_same(&stamp, &file->stamp)) {
        settle(watch, file, &stamp, now);
        return false;
    }
    moment_t patience = moment_after(file->since, WATCH_EMPTY_MS);
    if (stamp.size == 0 && now.ms < patience.ms)
        return put_off(file, WAIT_EMPTY, patience);
    access_t access = ask_access(watch, file->name);
    if (access == FILE_BUSY)
        return put_off(file, WAIT_OPEN, moment_after(now, watch->still_ms));
    if (access == FILE_CLOSED_TO_US && now.ms < patience.ms)
        return put_off(file, WAIT_UNREADABLE, patience);
    file->whole = moment_first(file->whole, now);
    file->wait = WAIT_TURN;
    return true;
}

/* Files that were dropped together become whole one by one, and the later of two reports of a month must be taken last:
 * a whole one waits a little for those before it that are about to be. */
static bool waits_for_earlier(const watch_t *watch, watched_t *file, moment_t now)
{
    moment_t patience = moment_after(file->whole, WATCH_ORDER_MS), till = patience;
    for (size_t i = 0; i < watch->count; i++) {
        const watched_t *other = &watch->files[i];
        bool is_coming = other->wait == WAIT_ARRIVING || other->wait == WAIT_RETRY;
        if (is_coming && other->ready.ms > now.ms && comes_before(other, file))
            till = moment_first(till, other->ready);
    }
    if (now.ms >= patience.ms || till.ms == patience.ms)
        return false;
    file->ready = till;
    return true;
}

static watched_t *first_ready(const watch_t *watch, moment_t now)
{
    watched_t *first = NULL;
    for (size_t i = 0; i < watch->count; i++) {
        watched_t *file = &watch->files[i];
        if (file->ready.ms <= now.ms && (!first || comes_before(file, first)))
            first = file;
    }
    return first;
}

watched_t *watch_next(watch_t *watch, moment_t now)
{
    /* Each turn puts one off, forgets it, or returns. */
    for (watched_t *file; (file = first_ready(watch, now)) != NULL;)
        if (is_whole(watch, file, now) && !waits_for_earlier(watch, file, now))
            return file;
    return NULL;
}

moment_t watch_due(const watch_t *watch)
{
    moment_t due = MOMENT_NEVER;
    for (size_t i = 0; i < watch->count; i++)
        due = moment_first(due, watch->files[i].ready);
    return due;
}

/* ---- How it went ---- */

void watch_retry(watch_t *watch, wait_t wait, moment_t now)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->files[i].wait == wait)
            watch->files[i].ready = now;
}

void watch_hurry(watch_t *watch, moment_t now)
{
    for (size_t i = 0; i < watch->count; i++)
        watch->files[i].failures = 0;
    watch_retry(watch, WAIT_STORE, now);
    watch_retry(watch, WAIT_CATALOG, now);
    watch_retry(watch, WAIT_RETRY, now);
}

static void note_done(watch_t *watch, watched_t *done, moment_t now)
{
    forget(watch, done);
    watch_retry(watch, WAIT_MONTH, now);
    if (watch->more)
        watch->read_at = (moment_t){INT64_MIN}; /* there is room for others */
}

static void note_no_month(watched_t *file, moment_t now)
{
    if (file->waits.ms > now.ms)
        file->waits = now;
    put_off(file, WAIT_MONTH, moment_after(file->waits, WATCH_MONTH_MS));
}

static void note_failure(watched_t *file, wait_t wait, moment_t now, uint32_t random)
{
    file->failures++;
    put_off(file, wait, moment_after(now, errand_backoff_ms(file->failures, random)));
}

void watch_note_taken(watch_t *watch, const char *name, take_end_t end, moment_t now, uint32_t random)
{
    watched_t *file = find(watch, name);
    if (!file)
        return;
    file->crashes += end == TAKE_CRASHED;
    if (end == TAKE_DONE)
        note_done(watch, file, now);
    else if (end == TAKE_NO_MONTH)
        note_no_month(file, now);
    else if (end == TAKE_NO_OUTBOX || end == TAKE_NO_ROOM)
        put_off(file, end == TAKE_NO_ROOM ? WAIT_ROOM : WAIT_OUTBOX, now);
    else
        note_failure(file,
                     end == TAKE_NO_STORE     ? WAIT_STORE
                     : end == TAKE_NO_CATALOG ? WAIT_CATALOG
                                              : WAIT_RETRY,
                     now, random);
}

wait_t watch_why(const watched_t *file, moment_t now)
{
    return file->wait == WAIT_ARRIVING && file->ready.ms <= now.ms ? WAIT_TURN : file->wait;
}

bool watch_is_last_try(const watched_t *file, moment_t now)
{
    return moment_after(file->waits, WATCH_MONTH_MS).ms <= now.ms;
}
