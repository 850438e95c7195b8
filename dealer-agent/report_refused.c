#include "dealer-agent/report_refused.h"

#include "client/files.h"
#include "client/messages.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/outbox_each.h"
#include "dealer-agent/report.h"
#include "dealer-agent/report_receipts.h"
#include "dealer-agent/run_log.h"
#include "dealer-agent/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOCK_FILE         "report.lock" /* in the home */
#define LOCK_WAIT_MS      10000
#define REPORTED_FILE     "reported.txt" /* in the home: "NUMBER TIME NAME" of each refusal and its text's file */
#define REPORTED_MAX      ((size_t)16 << 20)

#define REFUSED_NAME_SIZE (NAME_MAX + sizeof REFUSED_SUFFIX)

/* ---- The text ---- */

static void put_number(FILE *out, language_t language, report_word_t word, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    report_words_say(out, language, word, text);
}

static void put_time(FILE *out, language_t language, report_word_t word, uint64_t ms)
{
    char text[REPORT_TIME_SIZE];
    report_words_say(out, language, word, report_time(ms, text));
}

static void put_filing(FILE *out, const filing_t *filing, language_t language)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(filing->period, period);
    report_words_say(out, language, WORD_REFUSED);
    fputc('\n', out);
    report_words_say(out, language, WORD_REFUSED_DEALER, filing->dealer);
    report_words_say(out, language, filing->is_withdrawal ? WORD_REFUSED_WITHDRAWAL : WORD_REFUSED_MONTH, period);
    if (*filing->source)
        report_words_say(out, language, WORD_FILE, filing->source);
    if (*filing->source && filing->line)
        put_number(out, language, WORD_REFUSED_LINE, filing->line);
    put_time(out, language, WORD_REFUSED_TAKEN, filing->time_ms);
    put_time(out, language, WORD_REFUSED_AT, filing->settled_ms);
    put_number(out, language, WORD_REFUSED_NUMBER, filing->number);
}

/* The status, and below it what the hub said, both in the reader's language as far as that is known. */
static void put_reason(FILE *out, const filing_t *filing, language_t language)
{
    const char *why = status_text(filing->refused);
    char said[2 * OUTBOX_REASON_MAX];
    fputc('\n', out);
    report_words_say(out, language, WORD_REFUSED_WHY, language == LANGUAGE_ZH ? messages_zh(why) : why);
    if (!filing->reason || !*filing->reason)
        return;
    report_words_say(out, language, WORD_REFUSED_SAYS);
    for (const char *line = messages_said(language, filing->reason, said, sizeof said); *line;) {
        size_t length = strcspn(line, "\n");
        char text[sizeof said];
        snprintf(text, sizeof text, "%.*s", (int)length, line);
        report_words_say(out, language, WORD_SAID, text);
        line += length + (line[length] == '\n');
    }
}

/* What comes before a new try; WORD_COUNT: nothing but headquarters' help. */
static report_word_t first_step(const filing_t *filing)
{
    switch (filing->refused) {
    case STATUS_MONTH_CLOSED:
        return WORD_REFUSED_CLOSED;
    case STATUS_NOT_ALLOWED:
        return WORD_REFUSED_ALLOWED;
    case STATUS_MALFORMED:
    case STATUS_UNSUPPORTED:
        return WORD_REFUSED_VERSION;
    case STATUS_UNKNOWN:
        return WORD_REFUSED_STORE;
    default:
        return filing->is_withdrawal ? WORD_COUNT : WORD_REFUSED_CORRECT;
    }
}

static void put_advice(FILE *out, const filing_t *filing, language_t language)
{
    report_word_t first = first_step(filing);
    fputc('\n', out);
    report_words_say(out, language, WORD_REFUSED_DO);
    if (first != WORD_COUNT)
        report_words_say(out, language, first);
    put_number(out, language, WORD_REFUSED_RETRY, filing->number);
    put_number(out, language, WORD_REFUSED_DROP, filing->number);
}

status_t report_refused_make(const filing_t *filing, language_t language, char **out, size_t *out_size)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return STATUS_NO_MEMORY;
    put_filing(stream, filing, language);
    put_reason(stream, filing, language);
    put_advice(stream, filing, language);
    TRY(scratch_close(stream));
    return report_for_notepad(text, size, out, out_size);
}

/* What Windows forbids in names too, for a desk may be a share. */
static void clean_name(char *name)
{
    for (char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || strchr("\\/:*?\"<>|", *at))
            *at = '_';
    if (*name == '.')
        *name = '_';
}

void report_refused_name(const filing_t *filing, char out[NAME_MAX + 1])
{
    char period[PERIOD_TEXT_SIZE];
    period_format(filing->period, period);
    const char *slash = strrchr(filing->source, '/'), *source = slash ? slash + 1 : filing->source;
    snprintf(out, NAME_MAX + 1, "%.100s%s%.64s %s", source, *source ? " " : "", filing->dealer, period);
    clean_name(out);
}

/* ---- Once for each ---- */

typedef struct {
    session_t *session;
    outbox_t *outbox;
    char desk[PATH_MAX];
    int lock, rejected, results; /* descriptors */
    char *reported;              /* "\n" and the lines of REPORTED_FILE */
    char *now;                   /* the same as it is to be */
    size_t now_size;
    FILE *now_stream;
} reporter_t;

static void reporter_fini(reporter_t *reporter)
{
    if (reporter->now_stream)
        fclose(reporter->now_stream);
    free(reporter->now);
    free(reporter->reported);
    outbox_close(&reporter->outbox);
    desk_close(&reporter->results);
    desk_close(&reporter->rejected);
    desk_close(&reporter->lock);
}

static status_t fail(const reporter_t *reporter, desk_folder_t folder, status_t status)
{
    return session_fail(reporter->session, status, "%s/%s cannot be written: %s", reporter->desk,
                        desk_folder_names[folder],
                        status == STATUS_STORE_FULL ? "there is no room on its disk; make some" : strerror(errno));
}

static status_t write_refusal(reporter_t *reporter, const filing_t *filing, char name[REFUSED_NAME_SIZE])
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    char stem[NAME_MAX + 1], free_name[NAME_MAX + 1];
    TRY(report_refused_make(filing, reporter->session->language, &bytes, &size));
    report_refused_name(filing, stem);
    if (!desk_free_name(reporter->rejected, stem, REFUSED_SUFFIX, free_name))
        return fail(reporter, DESK_REJECTED, STATUS_IO);
    snprintf(name, REFUSED_NAME_SIZE, "%s%s", free_name, REFUSED_SUFFIX);
    status_t status = desk_replace(reporter->rejected, name, bytes, size);
    return status == STATUS_OK ? STATUS_OK : fail(reporter, DESK_REJECTED, status);
}

static status_t report_one(void *context, const filing_t *filing)
{
    reporter_t *reporter = context;
    char mark[64], name[REFUSED_NAME_SIZE];
    int length = snprintf(mark, sizeof mark, "\n%llu %llu ", (unsigned long long)filing->number,
                          (unsigned long long)filing->settled_ms);
    const char *line = strstr(reporter->reported, mark);
    if (line)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(line + length, "\n"), line + length);
    else
        TRY(write_refusal(reporter, filing, name));
    fprintf(reporter->now_stream, "%s%s\n", mark + 1, name);
    return STATUS_OK;
}

static status_t read_reported(reporter_t *reporter)
{
    char path[PATH_MAX + sizeof REPORTED_FILE];
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", reporter->session->home.directory, REPORTED_FILE);
    /* One that cannot be read is one that knows of nothing: texts are then written again. */
    if (files_read(path, REPORTED_MAX, &text, &size) != STATUS_OK)
        size = 0;
    reporter->now_stream = open_memstream(&reporter->now, &reporter->now_size);
    return asprintf(&reporter->reported, "\n%s", size ? text : "") >= 0 && reporter->now_stream ? STATUS_OK
                                                                                                : STATUS_NO_MEMORY;
}

static status_t keep_reported(reporter_t *reporter)
{
    const session_t *session = reporter->session;
    if (fflush(reporter->now_stream) != 0)
        return STATUS_NO_MEMORY;
    if (strcmp(reporter->now, reporter->reported + 1) == 0)
        return STATUS_OK;
    status_t status =
        home_write_file(session->home.directory, REPORTED_FILE, reporter->now, reporter->now_size, false, false);
    if (status == STATUS_OK)
        return STATUS_OK;
    return session_fail(reporter->session, status, "%s/%s cannot be written: %s", session->home.directory,
                        REPORTED_FILE, strerror(errno));
}

/* "NUMBER TIME NAME\n": NULL where it is no such line. */
static const char *name_in(const char *line)
{
    const char *blank = strchr(line, ' ');
    blank = blank ? strchr(blank + 1, ' ') : NULL;
    return blank && blank[1] != '\n' && !strchr(blank, '/') ? blank + 1 : NULL;
}

/* Whether the text of a refusal that counts no more is gone; one of the name that is `kept` is left alone. */
static bool remove_text(const reporter_t *reporter, const char *line, const char *kept)
{
    char name[REFUSED_NAME_SIZE], end[REFUSED_NAME_SIZE + 2];
    const char *from = name_in(line);
    if (!from)
        return true;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(from, "\n"), from);
    snprintf(end, sizeof end, " %s\n", name);
    return strstr(kept, end) || unlinkat(reporter->rejected, name, 0) == 0 || errno == ENOENT;
}

/* What was told and is aside no more: superseded by a month that the hub took, retried, or dropped. Its text would go
 * on asking for a deed. Where not all that is aside is known (`is_all`), it stays, and is told no second time. */
static status_t forget_told(reporter_t *reporter, bool is_all)
{
    if (fflush(reporter->now_stream) != 0)
        return STATUS_NO_MEMORY;
    CLEANUP(scratch_free) char *kept = NULL;
    if (asprintf(&kept, "\n%s", reporter->now) < 0)
        return STATUS_NO_MEMORY;
    for (const char *at = reporter->reported + 1; *at;) {
        char line[REFUSED_NAME_SIZE + 64];
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "\n%.*s\n", (int)length, at);
        if (!strstr(kept, line) && !(is_all && remove_text(reporter, line + 1, kept)))
            fputs(line + 1, reporter->now_stream);
        at += length + (at[length] == '\n');
    }
    return STATUS_OK;
}

static status_t report_refusals(reporter_t *reporter)
{
    TRY(read_reported(reporter));
    faults_t *faults = &reporter->session->faults;
    size_t told = faults->count;
    status_t status = outbox_each(reporter->outbox, FILING_ASIDE, report_one, reporter);
    if (status != STATUS_OK && faults->count == told)
        status = outbox_explain(reporter->outbox, status, faults);
    TRY(forget_told(reporter, status == STATUS_OK));
    status_t kept = keep_reported(reporter); /* also of those before one that could not be written */
    return status == STATUS_OK ? kept : status;
}

/* ---- The command ---- */

static status_t open_folder(const reporter_t *reporter, desk_folder_t folder, int *out)
{
    char path[PATH_MAX];
    desk_folder_path(reporter->desk, folder, path);
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out >= 0 ? STATUS_OK : fail(reporter, folder, STATUS_IO);
}

static status_t open_all(reporter_t *reporter)
{
    session_t *session = reporter->session;
    const char *home = session->home.directory;
    TRY(desk_choose(session, reporter->desk));
    status_t status = desk_lock(home, LOCK_FILE, LOCK_WAIT_MS, &reporter->lock);
    if (status != STATUS_OK)
        return session_fail(session, status, "%s/%s cannot be locked: %s", home, LOCK_FILE,
                            status == STATUS_BUSY ? "another `report` is at work; wait for it" : strerror(errno));
    TRY(desk_make(reporter->desk, &session->faults));
    TRY(open_folder(reporter, DESK_REJECTED, &reporter->rejected));
    TRY(open_folder(reporter, DESK_RESULTS, &reporter->results));
    return outbox_open(home, &reporter->outbox, &session->faults);
}

/* In the daemon's log, once: that the hub's log is another, and what the hub had lost. That it cannot be read is said
 * by who delivers. */
static void tell_of_log(const reporter_t *reporter)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(OUTBOX_VALUE_MEMORY_MAX);
    outbox_witness_t witness;
    char words[WITNESS_WORDS_SIZE];
    if (!arena || outbox_read_witness(reporter->outbox, arena, &witness) != STATUS_OK || !witness_is_news(&witness))
        return;
    witness_words(&witness, LANGUAGE_EN, words);
    if (outbox_note_told(reporter->outbox) == STATUS_OK)
        run_log(LOG_WARNING, "hub_log", "reason=\"%s\"", words);
}

status_t report_run(session_t *session)
{
    CLEANUP(reporter_fini) reporter_t reporter = {.session = session, .lock = -1, .rejected = -1, .results = -1};
    TRY(open_all(&reporter));
    status_t status = report_receipts_write(reporter.outbox, reporter.results, &session->faults);
    if (status != STATUS_OK && faults_empty(&session->faults))
        (void)!fail(&reporter, DESK_RESULTS, status);
    status_t refusals = report_refusals(&reporter);
    tell_of_log(&reporter);
    return status == STATUS_OK ? refusals : status;
}
