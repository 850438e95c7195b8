#include "dealer-agent/take.h"

#include "client/times.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/report.h"
#include "dealer-agent/stamp.h"
#include "dealer-agent/take_mark.h"
#include "dealer-agent/take_read.h"
#include "dealer-agent/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define REPORT_TEMPORARY ".report.tmp"

typedef struct {
    session_t *session;
    const char *name;
    char desk[PATH_MAX];
    char path[2 * PATH_MAX]; /* of the file, as its faults name it */
    int lock, inbox;         /* descriptors */
    stamp_t stamp;           /* of the file before it was read */
    uint64_t read_ms;
    reading_t reading;
} take_t;

static void take_fini(take_t *take)
{
    reading_fini(&take->reading);
    desk_close(&take->inbox);
    desk_close(&take->lock);
}

status_t take_check(session_t *session)
{
    const char *name = session->invocation->arguments[0];
    if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") || strlen(name) > NAME_MAX)
        return session_misuse(session, "take %.200s: name a file in the desk's inbox, without its folder", name);
    if (strcasecmp(name, WATCH_WAITING_FILE) == 0)
        return session_misuse(session, "take %s: that is the daemon's own note of what waits, and no file to take",
                              name);
    return desk_check(session);
}

/* Stays in the inbox, with `words` that say why. */
static status_t PRINTF(3, 4) later(take_t *take, int exit_code, const char *format, ...)
{
    char words[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    take->session->exit_code = exit_code;
    return session_fail(take->session, STATUS_TIMED_OUT, "%s stays in the inbox: %s", take->name, words);
}

static status_t changed(take_t *take)
{
    return later(take, TAKE_EXIT_THIS, "it changed while it was read; it is read again");
}

/* ---- Before reading ---- */

/* Whether it is still what the daemon found whole: somebody may have begun to write it anew since. */
static bool is_as_seen(const take_t *take)
{
    char now[STAMP_TEXT_SIZE];
    const char *seen = invocation_value(take->session->invocation, "seen");
    return !seen || strcmp(stamp_format(&take->stamp, now), seen) == 0;
}

static status_t begin(take_t *take)
{
    session_t *session = take->session;
    char inbox[PATH_MAX];
    TRY(desk_choose(session, take->desk));
    if (desk_lock_filing(session->home.directory, &take->lock, &session->faults) != STATUS_OK)
        return later(take, TAKE_EXIT_LATER, "its turn has not come");
    if (desk_make(take->desk, &session->faults) != STATUS_OK)
        return later(take, TAKE_EXIT_LATER, "the desk is not as it should be");
    desk_folder_path(take->desk, DESK_INBOX, inbox);
    snprintf(take->path, sizeof take->path, "%s/%s", inbox, take->name);
    take->inbox = open(inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (take->inbox < 0)
        return later(take, TAKE_EXIT_LATER, "%s cannot be read: %s", inbox, strerror(errno));
    if (!stamp_read(take->inbox, take->name, &take->stamp)) {
        session->exit_code = TAKE_EXIT_THIS;
        return session_fail(session, STATUS_NOT_FOUND, "there is no file %s in %s", take->name, inbox);
    }
    return is_as_seen(take) ? STATUS_OK : changed(take);
}

/* Nobody wrote to it or replaced it since it was first looked at, nor moved it away and back: what stood at its name
 * meanwhile would be what was read. */
static bool is_same(const take_t *take)
{
    stamp_t now;
    return stamp_read(take->inbox, take->name, &now) && stamp_is_same(&now, &take->stamp);
}

/* ---- The report and the move ---- */

/* A folder of the desk, and the file's name in it. */
typedef struct {
    desk_folder_t folder;
    int descriptor;
    char name[NAME_MAX + 1];
    bool has_report; /* a temporary one */
} place_t;

static void place_fini(place_t *place)
{
    if (place->has_report)
        unlinkat(place->descriptor, REPORT_TEMPORARY, 0);
    desk_close(&place->descriptor);
}

static status_t fail_place(take_t *take, const place_t *place, status_t status, int reason)
{
    const char *folder = desk_folder_names[place->folder];
    if (status == STATUS_STORE_FULL)
        return later(take, TAKE_EXIT_NO_ROOM, "there is no room on the disk of %s/%s; make some", take->desk, folder);
    return later(take, TAKE_EXIT_LATER, "%s/%s cannot be written: %s", take->desk, folder, strerror(reason));
}

static status_t open_place(take_t *take, place_t *place)
{
    char path[PATH_MAX];
    desk_folder_path(take->desk, place->folder, path);
    place->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->descriptor < 0)
        return fail_place(take, place, STATUS_IO, errno);
    if (!desk_free_name(place->descriptor, take->name, REPORT_SUFFIX, place->name))
        return later(take, TAKE_EXIT_THIS, "%s/%s has too many files of its name; move them elsewhere, or rename it",
                     take->desk, desk_folder_names[place->folder]);
    return STATUS_OK;
}

/* Beside its place: that there is no room for it must show before anything is filed. */
static status_t write_report(take_t *take, place_t *place, const report_t *report)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    TRY(report_make(report, &bytes, &size));
    status_t status = desk_write(place->descriptor, REPORT_TEMPORARY, bytes, size);
    if (status != STATUS_OK)
        return fail_place(take, place, status, errno);
    place->has_report = true;
    return STATUS_OK;
}

/* Whether what stands at its place is what was read: it may have been replaced at the last moment. A copy from another
 * file system is told by its size. */
static bool is_what_was_read(const take_t *take, const place_t *place)
{
    stamp_t now;
    const stamp_t *was = &take->stamp;
    return stamp_read(place->descriptor, place->name, &now) && now.size == was->size &&
           (now.device != was->device || (now.inode == was->inode && now.mtime_ns == was->mtime_ns));
}

static status_t fail_move(take_t *take, const place_t *place, status_t status, int reason)
{
    if (status == STATUS_STORE_FULL)
        return fail_place(take, place, status, reason);
    return later(take, TAKE_EXIT_THIS, "it cannot be moved from %s/%s to %s/%s: %s; see that this user may do that",
                 take->desk, desk_folder_names[DESK_INBOX], take->desk, desk_folder_names[place->folder],
                 strerror(reason));
}

static status_t move_file(take_t *take, const place_t *place)
{
    if (!is_same(take))
        return changed(take);
    status_t status = desk_move(take->inbox, take->name, place->descriptor, place->name);
    if (status != STATUS_OK)
        return fail_move(take, place, status, errno);
    if (is_what_was_read(take, place))
        return STATUS_OK;
    status = desk_move(place->descriptor, place->name, take->inbox, take->name);
    return status == STATUS_OK ? changed(take) : fail_place(take, place, status, errno);
}

/* The report into its place, then the file; each try that fails would else leave another report. */
static status_t move_both(take_t *take, place_t *place)
{
    char name[NAME_MAX + sizeof REPORT_SUFFIX];
    snprintf(name, sizeof name, "%s%s", place->name, REPORT_SUFFIX);
    status_t status = desk_move(place->descriptor, REPORT_TEMPORARY, place->descriptor, name);
    if (status != STATUS_OK)
        return fail_place(take, place, status, errno);
    place->has_report = false;
    status = move_file(take, place);
    if (status != STATUS_OK)
        unlinkat(place->descriptor, name, 0);
    return status;
}

static report_t begin_report(const take_t *take)
{
    const catalog_t *catalog = take->session->catalog;
    const reading_t *reading = &take->reading;
    return (report_t){.language = take->session->language,
                      .name = take->name,
                      .path = take->path,
                      .read_ms = take->read_ms,
                      .catalog = catalog ? catalog->id : NULL,
                      .catalog_version = catalog ? catalog->version : 0,
                      .is_builtin = reading->is_builtin,
                      .notes = &reading->notes};
}

/* ---- Rejected ---- */

static status_t reject(take_t *take)
{
    CLEANUP(place_fini) place_t place = {DESK_REJECTED, -1, "", false};
    report_t report = begin_report(take);
    report.faults = &take->reading.faults;
    TRY(open_place(take, &place));
    TRY(write_report(take, &place, &report));
    TRY(move_both(take, &place));
    size_t faults = report.faults->count + report.faults->dropped;
    return session_fail(take->session, STATUS_INVALID, "%s is rejected (%zu fault%s); %s/rejected/%s%s says where",
                        take->name, faults, faults == 1 ? "" : "s", take->desk, place.name, REPORT_SUFFIX);
}

/* A fault of the file as a whole, in the report's own words. */
static status_t add_own_fault(take_t *take, report_word_t word, const char *value)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return STATUS_NO_MEMORY;
    report_words_put(out, take->session->language, word, (const char *const[]){value, NULL});
    TRY(scratch_close(out));
    faults_add(&take->reading.faults, 0, 0, "%s", text);
    return STATUS_OK;
}

static status_t reject_unread(take_t *take)
{
    TRY(add_own_fault(take, WORD_UNREAD, ""));
    return reject(take);
}

static status_t wait_for_month(take_t *take)
{
    if (!invocation_value(take->session->invocation, "last"))
        return later(take, TAKE_EXIT_NO_MONTH,
                     "it holds consultants of a month that is not filed yet; put the store's file of that month into "
                     "the inbox too");
    char minutes[24];
    snprintf(minutes, sizeof minutes, "%d", WATCH_MONTH_MS / 60000);
    TRY(add_own_fault(take, WORD_NO_MONTH, minutes));
    return reject(take);
}

/* ---- Accepted ---- */

/* As the desk's people know it: without the inbox's path. */
static const char *shorten(const take_t *take, const char *source)
{
    size_t folder = strlen(take->path) - strlen(take->name);
    return strncmp(source, take->path, folder) == 0 ? source + folder : source;
}

static status_t describe(take_t *take, const filing_t *filing, report_month_t *out)
{
    reading_t *reading = &take->reading;
    filing_t before;
    *out = (report_month_t){filing->dealer, filing->period, MONTH_NEW, filing->facts.consultant_count, 0, ""};
    status_t status = outbox_find_latest(reading->outbox, filing->dealer, filing->period, reading->arena, &before);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return outbox_explain(reading->outbox, status, &take->session->faults);
    out->fate = before.is_withdrawal ? MONTH_RETURNED : reading->is_again ? MONTH_UNCHANGED : MONTH_CHANGED;
    out->before_ms = before.time_ms;
    out->before_source = before.source;
    return STATUS_OK;
}

static status_t describe_all(take_t *take, report_t *report)
{
    reading_t *reading = &take->reading;
    const composition_t *composition = &reading->composition;
    size_t count = 0;
    report_month_t *months =
        arena_array(reading->arena, composition->count + composition->unchanged_count, sizeof *months);
    if (!months)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < composition->count; i++) {
        filing_t *filing = &composition->filings[i];
        filing->source = shorten(take, filing->source);
        TRY(describe(take, filing, &months[count++]));
    }
    for (size_t i = 0; i < composition->unchanged_count; i++) {
        const filing_t *filing = &composition->unchanged[i];
        months[count++] =
            (report_month_t){filing->dealer,  filing->period, MONTH_UNCHANGED, filing->facts.consultant_count,
                             filing->time_ms, filing->source};
    }
    report->months = months;
    report->month_count = count;
    report->is_again = reading->is_again;
    report->warnings = &reading->warnings;
    return STATUS_OK;
}

static status_t file_months(take_t *take)
{
    reading_t *reading = &take->reading;
    const composition_t *composition = &reading->composition;
    if (!is_same(take))
        return changed(take);
    if (composition->count == 0)
        return STATUS_OK;
    if (take_mark_set(take->session->home.directory, &take->stamp) != STATUS_OK)
        return desk_status_of(errno) == STATUS_STORE_FULL
                   ? later(take, TAKE_EXIT_NO_ROOM, "there is no room on the disk of %s", take->session->home.directory)
                   : later(take, TAKE_EXIT_LATER, "%s/" TAKE_MARK_FILE " cannot be written: %s",
                           take->session->home.directory, strerror(errno));
    status_t status = outbox_add(reading->outbox, composition->filings, composition->count);
    return status == STATUS_OK ? status : outbox_explain(reading->outbox, status, &take->session->faults);
}

static status_t accept_file(take_t *take)
{
    CLEANUP(place_fini) place_t place = {DESK_ACCEPTED, -1, "", false};
    const composition_t *composition = &take->reading.composition;
    report_t report = begin_report(take);
    TRY(describe_all(take, &report));
    TRY(open_place(take, &place));
    TRY(write_report(take, &place, &report));
    TRY(file_months(take));
    TRY(move_both(take, &place));
    printf("%s is accepted: %zu month%s to send, %zu unchanged; %s/accepted/%s%s\n", take->name, composition->count,
           composition->count == 1 ? "" : "s", composition->unchanged_count, take->desk, place.name, REPORT_SUFFIX);
    return STATUS_OK;
}

/* ---- The whole ---- */

/* Whether the hub's catalog is to come, so that what another one finds wrong may be right. (A hub that is older than
 * signatures has no signing key, and of its catalog nothing is kept.) */
static bool awaits_catalog(const take_t *take)
{
    const reading_t *reading = &take->reading;
    outbox_status_t now;
    if (!reading->is_builtin)
        return false;
    return *take->session->home.signing_key ||
           (outbox_read_status(reading->outbox, &now) == STATUS_OK && !now.last_contact_ms);
}

static status_t take_one(take_t *take)
{
    session_t *session = take->session;
    take->read_ms = times_now_ms();
    if (invocation_value(session->invocation, "unread"))
        return reject_unread(take);
    take->reading.is_resumed = take_mark_is_set(session->home.directory, &take->stamp);
    status_t status = take_read(session, take->path, &take->reading);
    if (status == STATUS_OK)
        return accept_file(take);
    if (!is_same(take))
        return changed(take);
    if (status == STATUS_NOT_FOUND)
        return wait_for_month(take);
    if (status == STATUS_UNKNOWN)
        return later(take, TAKE_EXIT_NO_STORE,
                     "it does not say which store it is of, and this agent has not heard from its hub yet which is its "
                     "own; it is taken when the hub has been reached, or name the store with --dealer CODE");
    if (status == STATUS_NO_MEMORY || faults_empty(&take->reading.faults))
        return status;
    if (awaits_catalog(take))
        return later(take, TAKE_EXIT_NO_CATALOG,
                     "by the catalog that came with this program it has faults, and this hub's has not come yet; it is "
                     "read again when the hub has been reached");
    return reject(take);
}

status_t take_run(session_t *session)
{
    CLEANUP(take_fini)
    take_t take = {.session = session, .name = session->invocation->arguments[0], .lock = -1, .inbox = -1};
    TRY(begin(&take));
    status_t status = take_one(&take);
    if (status == STATUS_NO_MEMORY)
        session->exit_code = TAKE_EXIT_TOO_MUCH;
    else if (status != STATUS_OK && status != STATUS_INVALID && !session->exit_code)
        session->exit_code = status == STATUS_STORE_FULL ? TAKE_EXIT_NO_ROOM : TAKE_EXIT_LATER;
    return status;
}
