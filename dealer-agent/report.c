#include "dealer-agent/report.h"

#include "core/scratch.h"

#include <string.h>
#include <time.h>

#define NUMBER_SIZE 24

static const char *number(uint64_t value, char out[NUMBER_SIZE])
{
    snprintf(out, NUMBER_SIZE, "%llu", (unsigned long long)value);
    return out;
}

const char *report_cell(uint32_t line, uint32_t column, char out[REPORT_CELL_SIZE])
{
    char letters[8];
    size_t at = sizeof letters;
    letters[--at] = '\0';
    for (uint32_t rest = column; rest; rest = (rest - 1) / 26)
        letters[--at] = (char)('A' + (rest - 1) % 26);
    snprintf(out, REPORT_CELL_SIZE, "%s%u", letters + at, line);
    return out;
}

const char *report_time(uint64_t ms, char out[REPORT_TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm local = {0};
    localtime_r(&seconds, &local);
    strftime(out, REPORT_TIME_SIZE, "%Y-%m-%d %H:%M", &local);
    return out;
}

status_t report_for_notepad(const char *text, size_t size, char **out, size_t *out_size)
{
    char *bytes = malloc(3 + 2 * size + 1);
    if (!bytes)
        return STATUS_NO_MEMORY;
    size_t length = 3;
    memcpy(bytes, "\xEF\xBB\xBF", length);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            bytes[length++] = '\r';
        bytes[length++] = text[i];
    }
    bytes[length] = '\0';
    *out = bytes;
    *out_size = length;
    return STATUS_OK;
}

/* ---- Heads ---- */

static size_t count_faults(const faults_t *faults)
{
    return faults ? faults->count + faults->dropped : 0;
}

static size_t count_to_send(const report_t *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->month_count; i++)
        count += report->months[i].fate != MONTH_UNCHANGED;
    return count;
}

static void put_heads(FILE *out, const report_t *report)
{
    language_t language = report->language;
    char time[REPORT_TIME_SIZE], faults[NUMBER_SIZE], months[NUMBER_SIZE], version[NUMBER_SIZE];
    size_t to_send = count_to_send(report);
    report_words_say(out, language, WORD_FILE, report->name);
    report_words_say(out, language, WORD_READ, report_time(report->read_ms, time));
    if (report->catalog)
        report_words_say(out, language, report->is_builtin ? WORD_CATALOG_BUILTIN : WORD_CATALOG, report->catalog,
                         number(report->catalog_version, version));
    if (count_faults(report->faults))
        report_words_say(out, language, WORD_REJECTED, number(count_faults(report->faults), faults));
    else if (to_send)
        report_words_say(out, language, WORD_ACCEPTED, number(to_send, months));
    else
        report_words_say(out, language, report->is_again ? WORD_SENT_AGAIN : WORD_NOTHING_NEW);
}

/* ---- Faults, warnings, notes ---- */

/* A few words of any length in memory of their own; NULL when that is out. The caller frees. */
static char *phrase(language_t language, report_word_t word, const char *const values[])
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    report_words_put(out, language, word, values);
    if (scratch_close(out) == STATUS_OK)
        return text;
    free(text);
    return NULL;
}

/* What of a fault's source is more than this file: "" or the sheet's name. Another source is given whole. */
static const char *rest_of_source(const report_t *report, const char *source)
{
    if (!source)
        return "";
    size_t length = strlen(report->path);
    if (strncmp(source, report->path, length) != 0)
        return source;
    return source + length + strspn(source + length, " ");
}

/* The place as people see it: "sheet 门店, C5 (line 5, column 3)". */
static char *place_of(const report_t *report, const fault_t *fault)
{
    language_t language = report->language;
    char cell[REPORT_CELL_SIZE], line[NUMBER_SIZE], column[NUMBER_SIZE];
    number(fault->line, line);
    number(fault->column, column);
    report_word_t word = fault->line ? fault->column ? WORD_CELL : WORD_LINE : WORD_WHOLE;
    const char *first = word == WORD_CELL ? report_cell(fault->line, fault->column, cell) : line;
    CLEANUP(scratch_free) char *place = phrase(language, word, (const char *const[]){first, line, column, NULL});
    const char *rest = rest_of_source(report, fault->source);
    if (!place || !*rest) {
        char *plain = place;
        place = NULL;
        return plain;
    }
    char sheet[300];
    size_t length = strlen(rest);
    bool is_bracketed = rest[0] == '[' && rest[length - 1] == ']';
    snprintf(sheet, sizeof sheet, "%.*s", (int)(is_bracketed ? length - 2 : length), rest + is_bracketed);
    return phrase(language, WORD_SHEET, (const char *const[]){sheet, place, NULL});
}

/* A fault's words without the folder of the files that they name, which says nothing to those who dropped them; NULL
 * when out of memory. The caller frees. */
static char *shorten(const report_t *report, const char *message)
{
    const char *slash = strrchr(report->path, '/');
    size_t length = slash ? (size_t)(slash - report->path) + 1 : 0;
    char *text = strdup(message);
    for (char *at = text; length && at && (at = memmem(at, strlen(at), report->path, length)) != NULL;)
        memmove(at, at + length, strlen(at + length) + 1);
    return text;
}

/* Faults stand numbered, each below its place; the others in one line. */
static void put_fault(FILE *out, const report_t *report, const fault_t *fault, size_t position, bool is_numbered)
{
    char index[NUMBER_SIZE];
    CLEANUP(scratch_free) char *place = place_of(report, fault);
    CLEANUP(scratch_free) char *words = shorten(report, fault->message);
    const char *said = words ? words : fault->message;
    if (is_numbered) {
        report_words_say(out, report->language, WORD_NUMBERED, number(position, index), place ? place : "");
        report_words_say(out, report->language, WORD_SAID, said);
        return;
    }
    report_words_put(out, report->language, WORD_BULLET, (const char *const[]){said, NULL});
    if (fault->line && place)
        fprintf(out, " [%s]", place);
    fputc('\n', out);
}

static void put_faults(FILE *out, const report_t *report, report_word_t head, const faults_t *faults)
{
    if (!count_faults(faults))
        return;
    fputc('\n', out);
    report_words_say(out, report->language, head);
    for (size_t i = 0; i < faults->count; i++)
        put_fault(out, report, &faults->items[i], i + 1, head == WORD_FAULTS);
    char more[NUMBER_SIZE];
    if (faults->dropped)
        report_words_say(out, report->language, WORD_MORE, number(faults->dropped, more));
}

/* ---- Months ---- */

static void put_month(FILE *out, language_t language, const report_month_t *month)
{
    static const report_word_t FATES[] = {[MONTH_NEW] = WORD_NEW,
                                          [MONTH_CHANGED] = WORD_CHANGED,
                                          [MONTH_RETURNED] = WORD_RETURNED,
                                          [MONTH_UNCHANGED] = WORD_UNCHANGED};
    char period[PERIOD_TEXT_SIZE], people[NUMBER_SIZE], time[REPORT_TIME_SIZE] = "";
    period_format(month->period, period);
    number(month->consultant_count, people);
    if (month->before_ms)
        report_time(month->before_ms, time);
    const char *source = month->before_source ? month->before_source : "";
    CLEANUP(scratch_free)
    char *with = month->consultant_count ? phrase(language, WORD_PEOPLE, (const char *const[]){people, NULL}) : NULL;
    CLEANUP(scratch_free)
    char *from = *source ? phrase(language, WORD_FROM, (const char *const[]){source, NULL}) : NULL;
    report_words_say(out, language, FATES[month->fate], month->dealer, period, with ? with : "", time,
                     from ? from : "");
}

static void put_months(FILE *out, const report_t *report)
{
    if (!report->month_count)
        return;
    fputc('\n', out);
    report_words_say(out, report->language, WORD_MONTHS);
    for (size_t i = 0; i < report->month_count; i++)
        put_month(out, report->language, &report->months[i]);
}

/* ---- The whole ---- */

status_t report_make(const report_t *report, char **out, size_t *out_size)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return STATUS_NO_MEMORY;
    put_heads(stream, report);
    put_faults(stream, report, WORD_FAULTS, report->faults);
    put_months(stream, report);
    put_faults(stream, report, WORD_WARNINGS, report->warnings);
    put_faults(stream, report, WORD_NOTES, report->notes);
    TRY(scratch_close(stream));
    return report_for_notepad(text, size, out, out_size);
}
