/* Numbers and dates of a workbook as texts. For client/xlsx*.c only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a number format shows of a number: the number itself (0), parts of a date, or the number with 月 behind it. */
enum { SHOWS_YEAR = 1, SHOWS_MONTH = 2, SHOWS_DAY = 4, SHOWS_TIME = 8, SHOWS_MONTH_SIGN = 16 };

/* Of a format that every workbook knows by its number (ECMA-376 part 1, 18.8.30; 27 to 58 as in mainland China). */
unsigned value_builtin_shows(unsigned long number);

/* Of a format's own code, such as yyyy"年"m"月". */
unsigned value_code_shows(const char *code);

/* The sign of a multiple that a format's code writes behind the number as it is stored, "万" of 0.00"万": what a person
 * sees is 10,000 times as much. NULL where there is none, or where the number is shown divided: 0.0,"万" by a comma,
 * 0!.0000"万" by a point that stands for itself. In static storage. */
const char *value_code_multiple(const char *code);

#define VALUE_TEXT_SIZE 400

/* A stored number ("4.5999999999999996", "1.5E-3") to 15 significant digits, as Excel shows it at most, without an
 * exponent. False where it is no number or one that no spreadsheet can hold. */
bool value_format_number(const char *stored, char out[VALUE_TEXT_SIZE]);

/* A stored number as the date or time that `shows` shows of it: 2025-06-30, 6月30日, 6月, 30日, 2025年, 8:30:00. False
 * where it is no day that a spreadsheet knows; of SHOWS_MONTH_SIGN, no month's number. */
bool value_format_date(const char *stored, unsigned shows, bool is_1904, char out[VALUE_TEXT_SIZE]);
