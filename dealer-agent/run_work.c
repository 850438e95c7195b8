#include "dealer-agent/run_work.h"

#include "client/times.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/run_log.h"
#include "dealer-agent/take.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define PROGRAM             "/proc/self/exe"

/* A child's deadlines: far above what it needs, for one that has lost its way. */
#define TAKE_DEADLINE_MS    120000
#define DELIVER_DEADLINE_MS 900000 /* years of months over a slow line; what has its receipt is not sent again */
#define REPORT_DEADLINE_MS  60000
#define RESULTS_DEADLINE_MS 600000

enum { EXIT_DONE = 0, EXIT_REFUSED = 1 };

static const child_t CHILDREN[WORK_COUNT] = {
    [WORK_TAKE] = {.name = "take", .deadline_ms = TAKE_DEADLINE_MS},
    [WORK_DELIVER] = {.name = "deliver", .deadline_ms = DELIVER_DEADLINE_MS},
    [WORK_REPORT] = {.name = "report", .deadline_ms = REPORT_DEADLINE_MS},
    [WORK_RESULTS] = {.name = "results", .deadline_ms = RESULTS_DEADLINE_MS},
};

bool work_init(work_t *work, const session_t *session, const char *desk, unsigned rescan_s, unsigned refresh_s)
{
    *work = (work_t){.session = session, .desk = desk, .refresh_s = refresh_s, .takes_rest_till = {INT64_MIN}};
    memcpy(work->children, CHILDREN, sizeof CHILDREN);
    for (work_kind_t i = 0; i < WORK_COUNT; i++)
        errand_init(&work->errands[i]);
    char inbox[PATH_MAX];
    desk_folder_path(desk, DESK_INBOX, inbox);
    return watch_init(&work->inbox, inbox, rescan_s);
}

void work_fini(work_t *work)
{
    watch_fini(&work->inbox);
}

void work_deliver(work_t *work, moment_t now, bool anew)
{
    errand_t *errand = &work->errands[WORK_DELIVER];
    if (anew)
        errand->failures = 0;
    errand_ask(errand, now);
}

void work_hurry(work_t *work, moment_t now)
{
    work->take_failures = 0;
    work->takes_rest_till = now;
    watch_hurry(&work->inbox, now);
    work->errands[WORK_RESULTS].failures = 0;
    errand_ask(&work->errands[WORK_RESULTS], now);
    work_deliver(work, now, true);
}

/* ---- Starting ---- */

typedef struct {
    char *words[WORK_WORDS_MAX];
    size_t count;
} words_t;

/* execv wants them writable and does not write. */
static void add(words_t *words, const char *word)
{
    if (words->count + 1 < WORK_WORDS_MAX)
        words->words[words->count++] = (char *)(uintptr_t)word;
}

static void add_option(words_t *words, const char *name, const char *value)
{
    if (!value)
        return;
    add(words, name);
    add(words, value);
}

#define TEXT_OF(number)     #number
#define NUMBER_TEXT(number) TEXT_OF(number)

/* The command, and what the daemon was given that the child needs. */
static void begin_words(const work_t *work, work_kind_t kind, words_t *words)
{
    const invocation_t *invocation = work->session->invocation;
    const char *patience = invocation_value(invocation, "timeout");
    add(words, invocation->program->name);
    add(words, work->children[kind].name);
    add_option(words, "--home", work->session->home_path);
    add_option(words, "--hub", invocation_value(invocation, "hub"));
    add_option(words, "--timeout", patience ? patience : NUMBER_TEXT(ERRAND_PATIENCE_S));
    add_option(words, "--lang", invocation_value(invocation, "lang"));
    if (kind == WORK_DELIVER || kind == WORK_RESULTS)
        add(words, "--once"); /* when to try again is the errand's to say */
    if (kind != WORK_DELIVER)
        add_option(words, "--desk", work->desk);
}

/* A failure that goes on is told once: its words again and again would only fill the log. */
static bool start(work_t *work, work_kind_t kind, const words_t *words, moment_t now)
{
    unsigned failures = kind == WORK_TAKE ? 0 : work->errands[kind].failures;
    if (child_start(&work->children[kind], PROGRAM, words->words, failures > 0, now))
        return true;
    run_log(LOG_ERROR, work->children[kind].name, "reason=\"no process can be made: %s\"", strerror(errno));
    return false;
}

static void add_peers(const work_t *work, words_t *words)
{
    const char *peers[PEERS_MAX];
    size_t count = invocation_list(work->session->invocation, "peer", peers, PEERS_MAX);
    for (size_t i = 0; i < count; i++)
        add_option(words, "--peer", peers[i]);
}

static void start_errand(work_t *work, work_kind_t kind, moment_t now)
{
    words_t words = {0};
    begin_words(work, kind, &words);
    if (kind == WORK_RESULTS)
        add_peers(work, &words);
    errand_start(&work->errands[kind], now);
    if (!start(work, kind, &words, now))
        errand_end(&work->errands[kind], now, false, arc4random());
}

static void rest_takes(work_t *work, wait_t wait, moment_t now)
{
    work->take_failures++;
    work->rest_wait = wait;
    work->takes_rest_till = moment_after(now, errand_backoff_ms(work->take_failures, arc4random()));
}

static void start_take(work_t *work, const watched_t *file, moment_t now)
{
    words_t words = {0};
    char seen[STAMP_TEXT_SIZE];
    begin_words(work, WORK_TAKE, &words);
    add_option(&words, "--seen", stamp_format(&file->stamp, seen));
    if (watch_is_last_try(file, now))
        add(&words, "--last");
    if (file->crashes >= WATCH_CRASHES)
        add(&words, "--unread");
    add(&words, "--");
    strcpy(work->taking, file->name);
    add(&words, work->taking);
    if (!start(work, WORK_TAKE, &words, now))
        rest_takes(work, WAIT_OUTBOX, now);
}

void work_go_on(work_t *work, moment_t now)
{
    for (work_kind_t i = 0; i < WORK_COUNT; i++)
        child_enforce(&work->children[i], now);
    for (work_kind_t i = WORK_DELIVER; i < WORK_COUNT; i++)
        if (errand_is_due(&work->errands[i], now))
            start_errand(work, i, now);
    if (work->children[WORK_TAKE].pid || now.ms < work->takes_rest_till.ms)
        return;
    const watched_t *file = watch_next(&work->inbox, now);
    if (file)
        start_take(work, file, now);
}

moment_t work_due(const work_t *work)
{
    moment_t due = MOMENT_NEVER;
    for (work_kind_t i = 0; i < WORK_COUNT; i++) {
        due = moment_first(due, child_due(&work->children[i]));
        if (i != WORK_TAKE && !work->errands[i].is_running)
            due = moment_first(due, work->errands[i].due);
    }
    if (work->children[WORK_TAKE].pid)
        return due;
    moment_t take = watch_due(&work->inbox);
    return moment_first(due, take.ms < work->takes_rest_till.ms ? work->takes_rest_till : take);
}

/* ---- Ending ---- */

typedef struct {
    int code;   /* its exit status; -1 where a signal ended it */
    int signal; /* that signal */
} end_t;

static end_t end_of(int status)
{
    return WIFSIGNALED(status) ? (end_t){-1, WTERMSIG(status)} : (end_t){WEXITSTATUS(status), 0};
}

/* A death by signal is told each time: it is no failure of the line. One that nothing but the daemon's end ordered is
 * no error. */
static void tell_end(const child_t *child, end_t end, unsigned failures)
{
    if (child->is_late)
        run_log(LOG_ERROR, child->name, "reason=\"not done after %lld s; ended\"",
                (long long)child->deadline_ms / 1000);
    else if (end.signal && child->is_told)
        run_log(LOG_INFO, child->name, "reason=\"ended with the daemon\"");
    else if (end.signal)
        run_log(LOG_ERROR, child->name, "reason=\"died of signal %d (%s)\"", end.signal, strsignal(end.signal));
    else if (failures == 1)
        run_log(LOG_WARNING, child->name, "exit=%d reason=\"%s\"", end.code,
                end.code == EXIT_REFUSED ? "status and outbox list say what a person must do; tried again meanwhile"
                                         : "tried again until it works");
}

static void note_taken(work_t *work, take_end_t end, const char *outcome, moment_t now)
{
    char name[LOG_VALUE_SIZE];
    watch_note_taken(&work->inbox, work->taking, end, now, arc4random());
    strcpy(work->last_name, work->taking);
    work->last_outcome = outcome;
    work->last_ms = times_now_ms();
    run_log(end == TAKE_DONE ? LOG_INFO : LOG_WARNING, "take", "file=%s outcome=\"%s\"", log_quote(work->taking, name),
            outcome);
}

/* What an exit status of take means, and how that is told; of any other nothing is known. */
typedef struct {
    int code;
    take_end_t end;
    const char *outcome;
} take_meaning_t;

static const take_meaning_t *meaning_of(int code)
{
    static const take_meaning_t MEANINGS[] = {
        {EXIT_DONE, TAKE_DONE, TRANSLATED("accepted")},
        {EXIT_REFUSED, TAKE_DONE, TRANSLATED("rejected")},
        {TAKE_EXIT_NO_MONTH, TAKE_NO_MONTH, TRANSLATED("waits for its month")},
        {TAKE_EXIT_NO_STORE, TAKE_NO_STORE, TRANSLATED("waits until its store is known")},
        {TAKE_EXIT_NO_CATALOG, TAKE_NO_CATALOG, TRANSLATED("waits until the hub's catalog has come")},
        {TAKE_EXIT_THIS, TAKE_LATER, TRANSLATED("could not be taken yet")},
        {TAKE_EXIT_TOO_MUCH, TAKE_CRASHED, TRANSLATED("its reader broke off")},
        {TAKE_EXIT_NO_ROOM, TAKE_NO_ROOM, TRANSLATED("could not be taken yet: no room on the disk")},
    };
    static const take_meaning_t OTHER = {TAKE_EXIT_LATER, TAKE_NO_OUTBOX,
                                         TRANSLATED("could not be taken yet: the outbox or the desk cannot be used")};
    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++)
        if (MEANINGS[i].code == code)
            return &MEANINGS[i];
    return &OTHER;
}

/* One that was told to end died of that: what it waited for may be a disk or a share. */
static take_meaning_t meaning_of_signal(const child_t *child)
{
    return child->is_told ? (take_meaning_t){-1, TAKE_LATER, TRANSLATED("could not be taken yet")}
                          : (take_meaning_t){-1, TAKE_CRASHED, TRANSLATED("its reader broke off")};
}

static void take_ended(work_t *work, end_t end, moment_t now)
{
    const child_t *child = &work->children[WORK_TAKE];
    take_meaning_t meaning = end.signal ? meaning_of_signal(child) : *meaning_of(end.code);
    tell_end(child, end, 0);
    if (meaning.end == TAKE_NO_OUTBOX || meaning.end == TAKE_NO_ROOM)
        rest_takes(work, meaning.end == TAKE_NO_ROOM ? WAIT_ROOM : WAIT_OUTBOX, now);
    else
        work->take_failures = 0;
    note_taken(work, meaning.end, meaning.outcome, now);
    if (meaning.end == TAKE_NO_CATALOG) /* a delivery brings it, also where nothing waits to be delivered */
        errand_ask_at(&work->errands[WORK_DELIVER], watch_due(&work->inbox));
}

/* A hub that was reached may have said what a file in the inbox waited for: which stores this agent has, and its
 * catalog. */
static void deliver_ended(work_t *work, end_t end, moment_t now)
{
    errand_ask(&work->errands[WORK_REPORT], now);
    if (end.code != EXIT_DONE && end.code != EXIT_REFUSED)
        return;
    errand_ask(&work->errands[WORK_RESULTS], now);
    watch_retry(&work->inbox, WAIT_STORE, now);
    watch_retry(&work->inbox, WAIT_CATALOG, now);
}

static void errand_ended(work_t *work, work_kind_t kind, end_t end, moment_t now)
{
    errand_t *errand = &work->errands[kind];
    unsigned before = errand->failures;
    /* Figures that the hub refuses today are asked for again with the next ones. */
    bool is_well = end.code == EXIT_DONE || (kind == WORK_RESULTS && end.code == EXIT_REFUSED);
    errand_end(errand, now, is_well, arc4random());
    tell_end(&work->children[kind], end, errand->failures);
    if (before && !errand->failures)
        run_log(LOG_INFO, work->children[kind].name, "reason=\"works again\"");
    if (kind == WORK_DELIVER)
        deliver_ended(work, end, now);
    if (kind == WORK_RESULTS)
        errand_ask_at(errand, moment_after(now, errand_refresh_ms(work->refresh_s, arc4random())));
}

void work_reap(work_t *work, moment_t now)
{
    for (work_kind_t i = 0; i < WORK_COUNT; i++) {
        int status = 0;
        if (!child_reap(&work->children[i], &status))
            continue;
        if (i == WORK_TAKE)
            take_ended(work, end_of(status), now);
        else
            errand_ended(work, i, end_of(status), now);
    }
}

void work_tell_all(work_t *work, moment_t now)
{
    for (work_kind_t i = 0; i < WORK_COUNT; i++)
        child_tell(&work->children[i], now);
}

bool work_is_busy(const work_t *work)
{
    for (work_kind_t i = 0; i < WORK_COUNT; i++)
        if (work->children[i].pid)
            return true;
    return false;
}
