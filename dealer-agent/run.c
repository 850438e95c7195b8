#include "dealer-agent/run.h"

#include "client/queries.h"
#include "client/times.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/guide.h"
#include "dealer-agent/outbox_files.h"
#include "dealer-agent/run_events.h"
#include "dealer-agent/run_log.h"
#include "dealer-agent/run_state.h"
#include "dealer-agent/run_waiting.h"
#include "dealer-agent/run_work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFRESH_S 3600
#define RESCAN_S  5
#define END_MS    10000 /* for the children to end, those ended by force included */

typedef struct {
    char home[PATH_MAX], outbox[PATH_MAX], inbox[PATH_MAX], desk[PATH_MAX];
    unsigned rescan_s, refresh_s;
    int lock, desk_lock;
    run_events_t events;
    work_t work;
    moment_t rescan_at;
    stamp_t bell; /* as it was when it last rang */
    bool is_desk_lost;
    run_state_t state, told; /* as it is, and as run.txt has it */
    bool is_untold;          /* run.txt could not be written; said once */
    waiting_t waiting;
    language_t language;
} daemon_t;

/* ---- Beginning ---- */

static unsigned seconds(const session_t *session, const char *option, unsigned otherwise)
{
    const char *value = invocation_value(session->invocation, option);
    return value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

status_t run_daemon_check(session_t *session)
{
    TRY(desk_check(session));
    return query_check_compare(session);
}

/* A program started with a closed standard stream would get its number for a file of its own. */
static bool hold_standard_streams(void)
{
    for (int file; (file = open("/dev/null", O_RDWR)) >= 0;)
        if (file > STDERR_FILENO)
            return close(file) == 0;
    return false;
}

static status_t lock_home(session_t *session, daemon_t *daemon)
{
    int64_t pid = 0;
    status_t status = run_state_lock(daemon->home, &daemon->lock, &pid);
    if (status == STATUS_CONFLICT)
        return session_fail(session, status,
                            "a daemon (process %lld) already runs for the home %s; one is enough: end it first, or "
                            "give this one a home of its own",
                            (long long)pid, daemon->home);
    if (status != STATUS_OK)
        return session_fail(session, status, "%s/%s cannot be locked: %s; check that the home may be written",
                            daemon->home, RUN_LOCK_FILE, strerror(errno));
    return STATUS_OK;
}

/* Two daemons of two homes at one desk would take each other's files. Where its file system has no locks, nobody knows.
 */
static status_t hold_desk(session_t *session, daemon_t *daemon)
{
    daemon->desk_lock = open(daemon->desk, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (daemon->desk_lock < 0 || flock(daemon->desk_lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return STATUS_OK;
    return session_fail(session, STATUS_CONFLICT,
                        "a daemon of another home already takes the files of the desk %s; one is enough: end it first, "
                        "or name another desk with --desk",
                        daemon->desk);
}

static status_t set_up(session_t *session, daemon_t *daemon)
{
    if (!hold_standard_streams())
        return session_fail(session, STATUS_IO, "/dev/null cannot be opened: %s", strerror(errno));
    daemon->language = session->language;
    waiting_init(&daemon->waiting);
    daemon->rescan_s = seconds(session, "rescan", RESCAN_S);
    daemon->refresh_s = seconds(session, "refresh", REFRESH_S);
    snprintf(daemon->home, sizeof daemon->home, "%s", session->home_path);
    int length = snprintf(daemon->outbox, sizeof daemon->outbox, "%s/outbox", daemon->home);
    if (length >= PATH_MAX || !desk_path(daemon->home, invocation_value(session->invocation, "desk"), daemon->desk))
        return session_fail(session, STATUS_INVALID, "the path of the home %s is too long; move it", daemon->home);
    desk_folder_path(daemon->desk, DESK_INBOX, daemon->inbox);
    TRY(lock_home(session, daemon));
    TRY(desk_make(daemon->desk, &session->faults));
    TRY(hold_desk(session, daemon));
    guide_write(daemon->desk, daemon->language);
    (void)mkdir(daemon->outbox, 0700); /* so that its bell is heard from the first on */
    if (!work_init(&daemon->work, session, daemon->desk, daemon->rescan_s, daemon->refresh_s))
        return STATUS_NO_MEMORY;
    if (!run_events_open(&daemon->events))
        return session_fail(session, STATUS_IO, "signals cannot be taken: %s", strerror(errno));
    return STATUS_OK;
}

static void daemon_fini(daemon_t *daemon)
{
    run_events_close(&daemon->events);
    work_fini(&daemon->work);
    waiting_fini(&daemon->waiting);
    desk_close(&daemon->desk_lock);
    desk_close(&daemon->lock);
}

static void free_daemon(daemon_t **daemon)
{
    if (*daemon)
        daemon_fini(*daemon);
    free(*daemon);
}

/* ---- What others are told ---- */

static void fill_ignored(run_state_t *state, const watch_t *inbox)
{
    state->ignored = inbox->ignored_count + inbox->ignored_more;
    state->ignored_count = inbox->ignored_count < RUN_STATE_IGNORED ? inbox->ignored_count : RUN_STATE_IGNORED;
    for (size_t i = 0; i < state->ignored_count; i++) {
        strcpy(state->ignored_files[i].name, inbox->ignored[i].name);
        snprintf(state->ignored_files[i].why, RUN_STATE_WHY_SIZE, "%s", ignored_text(inbox->ignored[i].kind));
    }
}

static void fill_state(daemon_t *daemon, moment_t now)
{
    run_state_t *state = &daemon->state;
    const work_t *work = &daemon->work;
    state->waiting = work->inbox.count + work->inbox.more;
    state->file_count = work->inbox.count < RUN_STATE_FILES ? work->inbox.count : RUN_STATE_FILES;
    for (size_t i = 0; i < state->file_count; i++) {
        const watched_t *file = &work->inbox.files[i];
        bool is_taken = work->children[WORK_TAKE].pid && strcmp(file->name, work->taking) == 0;
        strcpy(state->files[i].name, file->name);
        snprintf(state->files[i].why, RUN_STATE_WHY_SIZE, "%s",
                 is_taken ? TRANSLATED("is being read") : wait_text(watch_why(file, now)));
    }
    fill_ignored(state, &work->inbox);
    strcpy(state->last_name, work->last_name);
    snprintf(state->last_outcome, RUN_STATE_WHY_SIZE, "%s", work->last_outcome ? work->last_outcome : "");
    state->last_ms = work->last_ms;
}

static void tell_state(daemon_t *daemon)
{
    fill_state(daemon, moment_now());
    if (run_state_equal(&daemon->state, &daemon->told))
        return;
    if (run_state_write(daemon->home, &daemon->state) == STATUS_OK) {
        daemon->told = daemon->state;
        daemon->is_untold = false;
        return;
    }
    if (!daemon->is_untold)
        run_log(LOG_WARNING, "state", "reason=\"%s cannot be written: %s\"", RUN_STATE_FILE, strerror(errno));
    daemon->is_untold = true;
}

/* ---- Going round ---- */

static void watch_all(daemon_t *daemon)
{
    run_events_watch_inbox(&daemon->events, daemon->inbox);
    run_events_watch_outbox(&daemon->events, daemon->outbox);
    run_events_watch_home(&daemon->events, daemon->home);
}

/* An inbox that somebody removed is made again; one on a share that is away comes back by itself. */
static void mend_desk(daemon_t *daemon)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    char quoted[LOG_VALUE_SIZE];
    if (!daemon->is_desk_lost)
        run_log(LOG_WARNING, "inbox", "path=%s reason=\"it is not there, or may not be read; tried again\"",
                log_quote(daemon->inbox, quoted));
    daemon->is_desk_lost = true;
    (void)!desk_make(daemon->desk, &faults);
}

static void log_ignored(watch_t *inbox)
{
    char name[LOG_VALUE_SIZE];
    for (size_t i = 0; i < inbox->ignored_count; i++) {
        ignored_t *entry = &inbox->ignored[i];
        if (!entry->is_told)
            run_log(LOG_WARNING, "inbox", "entry=%s reason=\"%s is never taken; move it away\"",
                    log_quote(entry->name, name), ignored_text(entry->kind));
        entry->is_told = true;
    }
}

/* Whether something was added to the outbox since the last look, for where the kernel does not tell of that. */
static bool has_rung(daemon_t *daemon)
{
    char path[PATH_MAX];
    stamp_t bell;
    if (!outbox_path(daemon->home, "bell", path) || !stamp_read(AT_FDCWD, path, &bell) ||
        stamp_is_same(&bell, &daemon->bell))
        return false;
    daemon->bell = bell;
    return true;
}

static void rescan(daemon_t *daemon, moment_t now)
{
    daemon->rescan_at = moment_after(now, (int64_t)daemon->rescan_s * 1000);
    if (watch_look(&daemon->work.inbox, now))
        daemon->is_desk_lost = false;
    else
        mend_desk(daemon);
    log_ignored(&daemon->work.inbox);
    watch_all(daemon);
    if (daemon->events.outbox < 0 && has_rung(daemon))
        work_deliver(&daemon->work, now, false);
}

static void on_closed(void *context, const char *name)
{
    daemon_t *daemon = context;
    watch_note_closed(&daemon->work.inbox, name, moment_now());
}

static void take_news(daemon_t *daemon, const run_news_t *news, moment_t now)
{
    if (news->is_child)
        work_reap(&daemon->work, now);
    if (news->is_unsure || news->is_hurry)
        daemon->rescan_at = now;
    if (news->is_hurry)
        work_hurry(&daemon->work, now);
    if (news->is_bell || news->is_home || news->is_unsure)
        work_deliver(&daemon->work, now, news->is_home);
}

static void serve(daemon_t *daemon)
{
    for (run_news_t news = {0}; !news.is_end;) {
        moment_t now = moment_now();
        if (now.ms >= daemon->rescan_at.ms)
            rescan(daemon, now);
        work_go_on(&daemon->work, now);
        tell_state(daemon);
        waiting_tell(&daemon->waiting, &daemon->work, daemon->language, now);
        moment_t till = moment_first(daemon->rescan_at, work_due(&daemon->work));
        run_events_wait(&daemon->events, till, &news, on_closed, daemon);
        take_news(daemon, &news, moment_now());
    }
}

static void end_children(daemon_t *daemon)
{
    work_t *work = &daemon->work;
    moment_t now = moment_now(), till = moment_after(now, END_MS);
    for (work_tell_all(work, now); work_is_busy(work) && now.ms < till.ms; now = moment_now()) {
        run_news_t news;
        moment_t due = till;
        for (work_kind_t i = 0; i < WORK_COUNT; i++) {
            child_enforce(&work->children[i], now);
            due = moment_first(due, child_due(&work->children[i]));
        }
        run_events_wait(&daemon->events, due, &news, on_closed, daemon);
        work_reap(work, moment_now());
    }
}

static void announce(daemon_t *daemon)
{
    char home[LOG_VALUE_SIZE], desk[LOG_VALUE_SIZE];
    daemon->state.pid = getpid();
    daemon->state.started_ms = times_now_ms();
    snprintf(daemon->state.desk, sizeof daemon->state.desk, "%s", daemon->desk);
    run_log(LOG_INFO, "ready", "home=%s desk=%s refresh_s=%u rescan_s=%u", log_quote(daemon->home, home),
            log_quote(daemon->desk, desk), daemon->refresh_s, daemon->rescan_s);
    if (daemon->events.inbox < 0 || daemon->events.outbox < 0)
        run_log(LOG_WARNING, "watch",
                "reason=\"this system does not tell of changes (inotify; fs.inotify.max_user_instances?): looked every "
                "%u s\"",
                daemon->rescan_s);
    tell_state(daemon);
    printf("ready %s\n", daemon->desk);
    fflush(stdout);
}

status_t run_daemon(session_t *session)
{
    CLEANUP(free_daemon) daemon_t *daemon = calloc(1, sizeof *daemon);
    if (!daemon)
        return STATUS_NO_MEMORY;
    daemon->lock = daemon->desk_lock = -1;
    daemon->events = (run_events_t){-1, -1, -1, -1, -1};
    TRY(set_up(session, daemon));
    home_fini(&session->home); /* the private key is the children's business */
    watch_all(daemon);
    announce(daemon);
    work_deliver(&daemon->work, moment_now(), false);
    serve(daemon);
    end_children(daemon);
    tell_state(daemon);
    bool is_clean = !work_is_busy(&daemon->work);
    run_log(is_clean ? LOG_INFO : LOG_ERROR, "end", "reason=\"%s\"",
            is_clean ? "told to end" : "told to end, but a child does not end");
    return STATUS_OK;
}
