/* The reports' own words, in both languages. {1} to {9} stand for values. */
#pragma once

#include "core/status.h"
#include "core/text.h"

#include <stdio.h>

typedef enum {
    /* heads */
    WORD_FILE,
    WORD_READ,
    WORD_CATALOG,
    WORD_CATALOG_BUILTIN,
    WORD_ACCEPTED,
    WORD_NOTHING_NEW,
    WORD_SENT_AGAIN,
    WORD_REJECTED,
    /* sections */
    WORD_MONTHS,
    WORD_FAULTS,
    WORD_WARNINGS,
    WORD_NOTES,
    WORD_MORE,
    WORD_BULLET,
    WORD_NUMBERED,
    WORD_SAID,
    /* months */
    WORD_NEW,
    WORD_CHANGED,
    WORD_RETURNED,
    WORD_UNCHANGED,
    WORD_PEOPLE,
    WORD_FROM,
    /* places */
    WORD_CELL,
    WORD_LINE,
    WORD_WHOLE,
    WORD_SHEET,
    /* what take itself finds */
    WORD_UNREAD,
    WORD_NO_MONTH,
    /* what the hub refused */
    WORD_REFUSED,
    WORD_REFUSED_DEALER,
    WORD_REFUSED_MONTH,
    WORD_REFUSED_WITHDRAWAL,
    WORD_REFUSED_LINE,
    WORD_REFUSED_TAKEN,
    WORD_REFUSED_AT,
    WORD_REFUSED_NUMBER,
    WORD_REFUSED_WHY,
    WORD_REFUSED_SAYS,
    WORD_REFUSED_DO,
    WORD_REFUSED_CORRECT,
    WORD_REFUSED_CLOSED,
    WORD_REFUSED_ALLOWED,
    WORD_REFUSED_STORE,
    WORD_REFUSED_VERSION,
    WORD_REFUSED_RETRY,
    WORD_REFUSED_DROP,
    /* what stays in the inbox */
    WORD_WAITING,
    WORD_WAITING_TURN,
    WORD_WAITING_READ,
    WORD_WAITING_ARRIVING,
    WORD_WAITING_OPEN,
    WORD_WAITING_EMPTY,
    WORD_WAITING_UNREADABLE,
    WORD_WAITING_MONTH,
    WORD_WAITING_STORE,
    WORD_WAITING_CATALOG,
    WORD_WAITING_RETRY,
    WORD_WAITING_OUTBOX,
    WORD_WAITING_ROOM,
    WORD_IGNORED,
    WORD_IGNORED_FOLDER,
    WORD_IGNORED_LINK,
    WORD_IGNORED_OTHER,
    /* what the desk's folders are for */
    WORD_GUIDE,
    WORD_GUIDE_INBOX,
    WORD_GUIDE_ACCEPTED,
    WORD_GUIDE_REJECTED,
    WORD_GUIDE_RESULTS,
    WORD_COUNT
} report_word_t;

/* The text as it stands in the table. */
const char *report_words_text(language_t language, report_word_t word);

/* Writes it with `values` (NULL behind the last) in their places, without a line end. Bytes of a value that are no
 * UTF-8, and control characters, become U+FFFD. */
void report_words_put(FILE *out, language_t language, report_word_t word, const char *const values[]);

/* The same and a line end: say(out, language, WORD_FILE, name). */
#define report_words_say(out, language, word, ...)                                                                     \
    do {                                                                                                               \
        report_words_put((out), (language), (word), (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL});           \
        fputc('\n', (out));                                                                                            \
    } while (0)
