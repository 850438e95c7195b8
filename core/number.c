#include "core/number.h"

#include "core/faults.h"
#include "core/limits.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number's text in plain ASCII without blanks around: more digits than any number within the limits needs. */
#define PLAIN_SIZE 128

static const char *const IS_NO_NUMBER = TRANSLATED("is no number");

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Full-width forms to ASCII, blanks at both ends dropped. False where something else stands in it or it is too long. */
static bool make_plain(const char *text, char out[PLAIN_SIZE])
{
    size_t length = 0, end = 0;
    for (uint32_t point; (point = text_next(&text)) != 0;) {
        if (point >= 0xFF01 && point <= 0xFF5E)
            point -= 0xFEE0;
        bool blank = point == ' ' || point == '\t' || point == 0xA0 || point == 0x3000;
        if (blank && !length)
            continue;
        if (point >= 0x80 && !blank)
            return false;
        if (length + 1 >= PLAIN_SIZE)
            return false;
        out[length++] = blank ? ' ' : (char)point;
        if (!blank)
            end = length;
    }
    out[end] = '\0';
    return true;
}

/* Digits, or digits grouped by three with commas, from *cursor on; without the commas into `out`. */
static bool read_integer_part(const char **cursor, char *out)
{
    const char *at = *cursor;
    size_t lead = 0, length = 0;
    for (; is_digit(*at); at++, lead++)
        out[length++] = *at;
    if (lead == 0 || (*at == ',' && lead > 3))
        return false;
    for (; *at == ','; at += 4) {
        if (!is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3]))
            return false;
        memcpy(out + length, at + 1, 3);
        length += 3;
    }
    out[length] = '\0';
    *cursor = at;
    return true;
}

/* Appends the `decimals` digits behind the point to `digits`, zeros where there are fewer; false where there are more
 * that count. */
static bool append_fraction(const char *fraction, unsigned decimals, char *digits)
{
    size_t length = strlen(digits), count = strlen(fraction);
    while (count > decimals && fraction[count - 1] == '0')
        count--;
    if (count > decimals)
        return false;
    memcpy(digits + length, fraction, count);
    memset(digits + length + count, '0', decimals - count);
    digits[length + decimals] = '\0';
    return true;
}

static const char *too_many_decimals(unsigned decimals)
{
    static const char *const REASONS[FACT_DECIMALS_MAX + 1] = {
        TRANSLATED("must be a whole number"),   TRANSLATED("has more than 1 decimal"),
        TRANSLATED("has more than 2 decimals"), TRANSLATED("has more than 3 decimals"),
        TRANSLATED("has more than 4 decimals"), TRANSLATED("has more than 5 decimals"),
        TRANSLATED("has more than 6 decimals"),
    };
    return REASONS[decimals];
}

/* The digits as a number of at most FACT_VALUE_MAX. */
static bool read_units(const char *digits, int64_t *out)
{
    int64_t units = 0;
    for (; *digits; digits++) {
        units = units * 10 + (*digits - '0');
        if (units > FACT_VALUE_MAX)
            return false;
    }
    *out = units;
    return true;
}

static status_t refuse(const char *reason, const char **out_reason)
{
    *out_reason = reason;
    return STATUS_INVALID;
}

status_t number_parse_fact(const char *text, unsigned decimals, bool is_signed, int64_t *out, const char **out_reason)
{
    char plain[PLAIN_SIZE], digits[PLAIN_SIZE + FACT_DECIMALS_MAX];
    if (decimals > FACT_DECIMALS_MAX || !make_plain(text, plain))
        return refuse(IS_NO_NUMBER, out_reason);
    const char *cursor = plain;
    bool negative = *cursor == '-';
    cursor += negative;
    if (!read_integer_part(&cursor, digits))
        return refuse(IS_NO_NUMBER, out_reason);
    const char *fraction = "";
    if (*cursor == '.') {
        fraction = ++cursor;
        cursor += strspn(cursor, "0123456789");
        if (cursor == fraction)
            return refuse(IS_NO_NUMBER, out_reason);
    }
    if (*cursor)
        return refuse(IS_NO_NUMBER, out_reason);
    if (negative && !is_signed)
        return refuse(TRANSLATED("may not be negative"), out_reason);
    if (!append_fraction(fraction, decimals, digits))
        return refuse(too_many_decimals(decimals), out_reason);
    int64_t units;
    if (!read_units(digits, &units))
        return refuse(TRANSLATED("is too large"), out_reason);
    *out = negative ? -units : units;
    return STATUS_OK;
}

status_t number_parse_decimal(const char *text, int64_t *out_units, unsigned *out_decimals)
{
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text[whole] == '.' ? text + whole + 1 : "";
    size_t decimals = strspn(fraction, "0123456789");
    size_t end = *fraction || text[whole] == '.' ? whole + 1 + decimals : whole;
    if (!whole || text[end] || (text[whole] == '.' && !decimals) || whole > 15 || decimals > 15 ||
        whole + decimals > 15)
        return STATUS_INVALID;
    int64_t units = 0;
    for (size_t i = 0; i < whole; i++)
        units = units * 10 + (text[i] - '0');
    for (size_t i = 0; i < decimals; i++)
        units = units * 10 + (fraction[i] - '0');
    *out_units = units;
    *out_decimals = (unsigned)decimals;
    return STATUS_OK;
}

void number_format_fact(int64_t units, unsigned decimals, char *out, size_t size)
{
    uint64_t magnitude = units < 0 ? 0 - (uint64_t)units : (uint64_t)units, scale = 1;
    for (unsigned i = 0; i < decimals && i < 18; i++)
        scale *= 10;
    const char *sign = units < 0 ? "-" : "";
    unsigned long long whole = magnitude / scale, rest = magnitude % scale;
    if (decimals)
        snprintf(out, size, "%s%llu.%0*llu", sign, whole, (int)(decimals < 18 ? decimals : 18), rest);
    else
        snprintf(out, size, "%s%llu", sign, whole);
}

void number_format_double(double value, char *out, size_t size)
{
    if (value == 0)
        value = 0; /* no "-0" */
    if (fabs(value) < 1e15 && value == trunc(value)) {
        snprintf(out, size, "%.0f", value);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    /* The decimal sign is a point, whatever the program's locale says. */
    for (char *comma = strchr(out, ','); comma; comma = NULL)
        *comma = '.';
}
