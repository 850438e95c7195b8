/* Months as people and spreadsheets write them (SPEC 6). One reading or none: what can be read in two ways is a fault
 * that names both. */
#pragma once

#include "core/faults.h"
#include "core/period.h"

typedef enum {
    MONTH_NONE,      /* no month */
    MONTH_OF_YEAR,   /* 2025-06, 2025/6, 2025年6月, 2025.06, 202506, 06/2025, Jun 2025; a day of it: 2025-06-30,
                        2025年6月30日, 20250630, 30 June 2025, with or without a time behind it */
    MONTH_ALONE,     /* 6月, 六月, 6月份, 6月1日, Jun, June */
    MONTH_AMBIGUOUS, /* Jun-25, 25-06, 06/07/2025, 25-6-1; 2025.1, which is how a number cell shows 2025.10 */
    MONTH_TURNED,    /* one reading, but written as the ambiguous ones: 30/06/2025, Jun-99, 25年6月 */
    MONTH_SERIAL,    /* 45809: a day's number, as a spreadsheet keeps a date */
} month_kind_t;

typedef struct {
    month_kind_t kind;
    bool is_number;  /* digits, and a point at most: it could be a figure as well */
    period_t period; /* OF_YEAR; of AMBIGUOUS and TURNED the first reading */
    period_t second; /* of AMBIGUOUS the other one, where that is a month too; else PERIOD_NONE */
    int day, month;  /* of AMBIGUOUS the other reading where it is a day of some month; ALONE: the month, 1..12 */
} month_t;

/* Reads a cell: any case, full-width forms, blanks. */
month_t month_read(const char *text);

/* The year of months that are written without one. */
typedef struct {
    int given;      /* --year, PERIOD_YEAR_MIN..PERIOD_YEAR_MAX; 0 = none */
    int named[2];   /* years (20xx) in the file's name, the first two that differ; 0 = none */
    period_t until; /* the last month that the name holds as 202506 or 20250630; PERIOD_NONE = none */
} month_year_t;

/* `given`: --year or 0. In the path's last part, 20xx by itself or at the head of a date (202506, 20250630) is a year;
 * a longer or shorter run of digits is none. */
month_year_t month_year_of(const char *path, int given);

/* Whether there is one, given or named alone. */
bool month_year_is_known(const month_year_t *year);

/* The date of a file's name is often the day on which it was saved, in January one of another year than the figures'.
 * False, with a fault at line and column, where a month that holds figures and took its year from the name lies behind
 * it. */
bool month_check_until(period_t period, const month_year_t *year, uint32_t line, uint32_t column, faults_t *faults);

/* The period of a month that was read from `text`; false, with a fault at line and column, where it is none or not one
 * alone, names no year where `year` holds none or two, or names another than `year->given`. `title` ("" = none) is put
 * at the head of the message. */
bool month_place(const month_t *month, const month_year_t *year, const char *title, const char *text, uint32_t line,
                 uint32_t column, faults_t *faults, period_t *out);
