#include "dealer-agent/run_waiting.h"

#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/report.h"
#include "dealer-agent/run_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void waiting_init(waiting_t *waiting)
{
    *waiting = (waiting_t){.again = {INT64_MIN}};
}

void waiting_fini(waiting_t *waiting)
{
    free(waiting->text);
    *waiting = (waiting_t){0};
}

/* ---- The text ---- */

static report_word_t word_of(wait_t wait)
{
    static const report_word_t WORDS[WAIT_COUNT] = {
        [WAIT_TURN] = WORD_WAITING_TURN,       [WAIT_ARRIVING] = WORD_WAITING_ARRIVING,
        [WAIT_OPEN] = WORD_WAITING_OPEN,       [WAIT_EMPTY] = WORD_WAITING_EMPTY,
        [WAIT_MONTH] = WORD_WAITING_MONTH,     [WAIT_UNREADABLE] = WORD_WAITING_UNREADABLE,
        [WAIT_STORE] = WORD_WAITING_STORE,     [WAIT_RETRY] = WORD_WAITING_RETRY,
        [WAIT_ROOM] = WORD_WAITING_ROOM,       [WAIT_OUTBOX] = WORD_WAITING_OUTBOX,
        [WAIT_CATALOG] = WORD_WAITING_CATALOG,
    };
    return WORDS[wait];
}

static report_word_t why(const work_t *work, const watched_t *file, moment_t now)
{
    wait_t wait = watch_why(file, now);
    if (work->children[WORK_TAKE].pid && strcmp(file->name, work->taking) == 0)
        return WORD_WAITING_READ;
    bool is_in_line = wait == WAIT_TURN || wait == WAIT_ARRIVING;
    return word_of(is_in_line && work->take_failures ? work->rest_wait : wait);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name comes first in its record. */
_Static_assert(offsetof(watched_t, name) == 0 && offsetof(ignored_t, name) == 0, "sorted by their names");

/* The records' order is that of the folder, or none. */
static size_t sort(const void *const found[], size_t count, const char *names[])
{
    for (size_t i = 0; i < count; i++)
        names[i] = found[i];
    qsort(names, count, sizeof *names, by_name);
    return count;
}

static void put_entry(FILE *out, language_t language, const char *name, report_word_t word)
{
    char reason[1000] = "", minutes[24];
    FILE *words = fmemopen(reason, sizeof reason, "w");
    snprintf(minutes, sizeof minutes, "%d", WATCH_MONTH_MS / 60000);
    if (words) {
        report_words_put(words, language, word, (const char *const[]){minutes, NULL});
        fclose(words);
    }
    report_words_say(out, language, WORD_BULLET, name);
    report_words_say(out, language, WORD_SAID, reason);
}

static void put_more(FILE *out, language_t language, size_t more)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", more);
    if (more)
        report_words_say(out, language, WORD_MORE, text);
}

static size_t find_late(const work_t *work, moment_t now, const char *names[INBOX_FILES_MAX])
{
    const watch_t *inbox = &work->inbox;
    const void *found[INBOX_FILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < inbox->count; i++)
        if (moment_after(inbox->files[i].since, WAITING_AFTER_MS).ms <= now.ms)
            found[count++] = &inbox->files[i];
    return sort(found, count, names);
}

static void put_files(FILE *out, const work_t *work, language_t language, moment_t now)
{
    const char *names[INBOX_FILES_MAX];
    size_t count = find_late(work, now, names);
    if (!count)
        return;
    report_words_say(out, language, WORD_WAITING);
    fputc('\n', out);
    for (size_t i = 0; i < count; i++)
        put_entry(out, language, names[i], why(work, (const watched_t *)(const void *)names[i], now));
    put_more(out, language, work->inbox.more);
}

static void put_ignored(FILE *out, const watch_t *inbox, language_t language)
{
    static const report_word_t WORDS[] = {WORD_IGNORED_FOLDER, WORD_IGNORED_LINK, WORD_IGNORED_OTHER};
    const char *names[WATCH_IGNORED_MAX];
    const void *found[WATCH_IGNORED_MAX];
    if (!inbox->ignored_count)
        return;
    for (size_t i = 0; i < inbox->ignored_count; i++)
        found[i] = &inbox->ignored[i];
    sort(found, inbox->ignored_count, names);
    if (ftell(out) > 0)
        fputc('\n', out);
    report_words_say(out, language, WORD_IGNORED);
    fputc('\n', out);
    for (size_t i = 0; i < inbox->ignored_count; i++)
        put_entry(out, language, names[i], WORDS[((const ignored_t *)(const void *)names[i])->kind]);
    put_more(out, language, inbox->ignored_more);
}

status_t waiting_make(const work_t *work, language_t language, moment_t now, char **out)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return STATUS_NO_MEMORY;
    put_files(stream, work, language, now);
    put_ignored(stream, &work->inbox, language);
    TRY(scratch_close(stream));
    *out = text;
    text = NULL;
    return STATUS_OK;
}

/* ---- The file ---- */

static bool write_note(int folder, const char *text)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    if (!*text)
        return unlinkat(folder, WATCH_WAITING_FILE, 0) == 0 || errno == ENOENT;
    return report_for_notepad(text, strlen(text), &bytes, &size) == STATUS_OK &&
           desk_replace(folder, WATCH_WAITING_FILE, bytes, size) == STATUS_OK;
}

static bool put_note(const char *inbox, const char *text)
{
    CLEANUP(desk_close) int folder = open(inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder >= 0 && write_note(folder, text);
}

static void note_failure(waiting_t *waiting, moment_t now)
{
    /* Tried at leisure: each try changes the folder, of which the kernel tells. */
    waiting->again = moment_after(now, WAITING_RETRY_MS);
    if (!waiting->is_untold)
        run_log(LOG_WARNING, "waiting", "reason=\"%s cannot be written into the inbox: %s\"", WATCH_WAITING_FILE,
                strerror(errno));
    waiting->is_untold = true;
}

void waiting_tell(waiting_t *waiting, const work_t *work, language_t language, moment_t now)
{
    CLEANUP(scratch_free) char *text = NULL;
    if (now.ms < waiting->again.ms || !work->inbox.is_there || waiting_make(work, language, now, &text) != STATUS_OK)
        return;
    if (waiting->text && strcmp(text, waiting->text) == 0)
        return;
    if (!put_note(work->inbox.path, text)) {
        note_failure(waiting, now);
        return;
    }
    waiting->again = moment_after(now, WAITING_PAUSE_MS);
    waiting->is_untold = false;
    free(waiting->text);
    waiting->text = text;
    text = NULL;
}
