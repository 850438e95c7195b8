#include "client/csv.h"
#include "client/months.h"
#include "core/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The year ---- */

/* The year at the head of a run of digits that is one or begins a date, whose month is *out_month then; 0 where it is
 * none. */
static int year_of_run(const char *run, size_t size, period_t *out_month)
{
    char digits[9] = "";
    if (size != 4 && size != 6 && size != 8)
        return 0;
    memcpy(digits, run, size);
    month_t month = month_read(digits);
    if (size != 4 && month.kind != MONTH_OF_YEAR)
        return 0;
    digits[4] = '\0';
    int year = atoi(digits);
    if (year < 2000 || year > 2099)
        return 0;
    *out_month = size == 4 ? PERIOD_NONE : month.period;
    return year;
}

/* The name's digits, full-width ones too, and a blank for each other character. */
static void keep_digits(const char *name, char *out, size_t size)
{
    size_t length = 0;
    for (uint32_t point; length + 1 < size && (point = text_next(&name)) != 0;) {
        if (point >= 0xFF10 && point <= 0xFF19)
            point -= 0xFEE0;
        out[length++] = point >= '0' && point <= '9' ? (char)point : ' ';
    }
    out[length] = '\0';
}

month_year_t month_year_of(const char *path, int given)
{
    month_year_t found = {.given = given, .until = PERIOD_NONE};
    const char *slash = strrchr(path, '/');
    char name[NAME_MAX + 1];
    keep_digits(slash ? slash + 1 : path, name, sizeof name);
    for (const char *at = name; *at;) {
        size_t size = strspn(at, "0123456789");
        period_t month = PERIOD_NONE;
        int year = year_of_run(at, size, &month);
        if (month != PERIOD_NONE && (found.until == PERIOD_NONE || month > found.until))
            found.until = month;
        if (year && !found.named[0])
            found.named[0] = year;
        else if (year && year != found.named[0] && !found.named[1])
            found.named[1] = year;
        at += size ? size : 1;
    }
    return found;
}

bool month_year_is_known(const month_year_t *year)
{
    return year->given || (year->named[0] && !year->named[1]);
}

/* ---- Faults ---- */

/* What is at the head of a message: the column's title, or nothing. */
typedef struct {
    char text[CSV_EXCERPT_SIZE + 2];
} head_t;

static head_t head_of(const char *title)
{
    head_t head = {""};
    if (*title)
        snprintf(head.text, sizeof head.text, "%s: ", title);
    return head;
}

static void refuse(const month_t *month, const char *title, const char *text, uint32_t line, uint32_t column,
                   faults_t *faults)
{
    head_t head = head_of(title);
    char excerpt[CSV_EXCERPT_SIZE], first[PERIOD_TEXT_SIZE] = "", second[PERIOD_TEXT_SIZE] = "";
    csv_excerpt(text, excerpt);
    if (month->period != PERIOD_NONE)
        period_format(month->period, first);
    if (month->second != PERIOD_NONE)
        period_format(month->second, second);
    if (month->kind == MONTH_SERIAL)
        faults_add(faults, line, column,
                   "%s'%s' is a date that Excel shows as a number; let Excel show it as a date, or write the month as "
                   "YYYY-MM, 2025-06 for June 2025",
                   head.text, excerpt);
    else if (month->kind == MONTH_TURNED)
        faults_add(faults, line, column, "%s'%s' must have its year first and in four digits; write it as %s",
                   head.text, excerpt, first);
    else if (month->kind == MONTH_AMBIGUOUS && *second)
        faults_add(faults, line, column, "%s'%s' can be %s or %s; write the one that is meant in that form", head.text,
                   excerpt, first, second);
    else if (month->kind == MONTH_AMBIGUOUS)
        faults_add(faults, line, column,
                   "%s'%s' can be %s or day %d of month %d; write %d%02d where that month is meant, in Excel into "
                   "cells of the "
                   "format Text", /* which makes a date of 2025-06, and Jun-25 of that */
                   head.text, excerpt, first, month->day, month->month, period_year(month->period),
                   period_month(month->period));
    else
        faults_add(faults, line, column, "%s'%s' is no month; write it as YYYY-MM, 2025-06 for June 2025", head.text,
                   excerpt);
}

/* The month of a year that is not written beside it. */
static period_t place_alone(const month_t *month, const month_year_t *year, const char *title, const char *text,
                            uint32_t line, uint32_t column, faults_t *faults)
{
    if (month_year_is_known(year))
        return period_make(year->given ? year->given : year->named[0], month->month);
    head_t head = head_of(title);
    char excerpt[CSV_EXCERPT_SIZE];
    csv_excerpt(text, excerpt);
    if (year->named[1])
        faults_add(faults, line, column,
                   "%s'%s' names no year, and the file's name holds both %d and %d; leave one of them in the name, or "
                   "give --year",
                   head.text, excerpt, year->named[0], year->named[1]);
    else
        faults_add(faults, line, column,
                   "%s'%s' names no year, and neither does the file's name; put the year into the name (as in "
                   "KPI-2025), or give --year",
                   head.text, excerpt);
    return PERIOD_NONE;
}

bool month_place(const month_t *month, const month_year_t *year, const char *title, const char *text, uint32_t line,
                 uint32_t column, faults_t *faults, period_t *out)
{
    period_t period = PERIOD_NONE;
    if (month->kind == MONTH_ALONE)
        period = place_alone(month, year, title, text, line, column, faults);
    else if (month->kind != MONTH_OF_YEAR)
        refuse(month, title, text, line, column, faults);
    else if (year->given && period_year(month->period) != year->given)
        faults_add(faults, line, column, "%s'%s' is of another year than --year %d; correct the one or the other",
                   head_of(title).text, text, year->given);
    else
        period = month->period;
    if (period == PERIOD_NONE)
        return false;
    *out = period;
    return true;
}

bool month_check_until(period_t period, const month_year_t *year, uint32_t line, uint32_t column, faults_t *faults)
{
    if (year->given || year->until == PERIOD_NONE || period <= year->until)
        return true;
    char month[PERIOD_TEXT_SIZE], last[PERIOD_TEXT_SIZE];
    period_format(period, month);
    period_format(year->until, last);
    faults_add(
        faults, line, column,
        "%s is filled and lies behind %s, which the file's name holds; put the year of the figures into the name "
        "(as in KPI-2025), or give --year",
        month, last);
    return false;
}
