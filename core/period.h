/* Calendar months. A period counts months since January of year 0, so that arithmetic is plain: the month before is -1.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef int32_t period_t;

#define PERIOD_NONE      ((period_t)-1)
#define PERIOD_YEAR_MIN  1900
#define PERIOD_YEAR_MAX  2199
#define PERIOD_TEXT_SIZE 8 /* "YYYY-MM" and NUL */

/* Month 1..12 of a year; PERIOD_NONE outside PERIOD_YEAR_MIN..PERIOD_YEAR_MAX. */
period_t period_make(int year, int month);
int period_year(period_t period);
int period_month(period_t period); /* 1..12 */

/* Exactly "YYYY-MM"; false on anything else, *out untouched. */
bool period_parse(const char *text, period_t *out);
void period_format(period_t period, char out[PERIOD_TEXT_SIZE]);

/* The wire's and the store's form: 202506 for June 2025. PERIOD_NONE for a number that is no month. */
period_t period_from_number(uint32_t yyyymm);
uint32_t period_to_number(period_t period);
