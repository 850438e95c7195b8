#include "client/xlsx_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- What formats show ---- */

unsigned value_builtin_shows(unsigned long number)
{
    static const struct {
        unsigned first, last, shows;
    } FORMATS[] = {
        {14, 15, SHOWS_YEAR | SHOWS_MONTH | SHOWS_DAY},
        {16, 16, SHOWS_MONTH | SHOWS_DAY},
        {17, 17, SHOWS_YEAR | SHOWS_MONTH},
        {18, 21, SHOWS_TIME},
        {22, 22, SHOWS_YEAR | SHOWS_MONTH | SHOWS_DAY | SHOWS_TIME},
        {27, 27, SHOWS_YEAR | SHOWS_MONTH},
        {28, 29, SHOWS_MONTH | SHOWS_DAY},
        {30, 31, SHOWS_YEAR | SHOWS_MONTH | SHOWS_DAY},
        {32, 35, SHOWS_TIME},
        {36, 36, SHOWS_YEAR | SHOWS_MONTH},
        {45, 47, SHOWS_TIME},
        {50, 50, SHOWS_YEAR | SHOWS_MONTH},
        {51, 51, SHOWS_MONTH | SHOWS_DAY},
        {52, 52, SHOWS_YEAR | SHOWS_MONTH},
        {53, 54, SHOWS_MONTH | SHOWS_DAY},
        {55, 56, SHOWS_TIME},
        {57, 57, SHOWS_YEAR | SHOWS_MONTH},
        {58, 58, SHOWS_MONTH | SHOWS_DAY},
    };
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        if (number >= FORMATS[i].first && number <= FORMATS[i].last)
            return FORMATS[i].shows;
    return 0;
}

/* Behind a bracket: a colour, a condition, a locale; [h], [mm] and [ss] count a time beyond a day. */
static const char *skip_bracket(const char *at, unsigned *shows, unsigned *last)
{
    const char *end = strchr(at, ']');
    if (!end)
        return at + strlen(at);
    size_t letters = strspn(at + 1, "hHmMsS");
    if (letters && at + 1 + letters == end) {
        *shows |= SHOWS_TIME;
        *last = SHOWS_TIME;
    }
    return end + 1;
}

/* Behind what is shown as it stands: "quoted", \x, !x, _x (a gap), *x (a filling). NULL where `at` is no such thing. */
static const char *skip_literal(const char *at)
{
    if (*at == '"') {
        const char *end = strchr(at + 1, '"');
        return end ? end + 1 : at + strlen(at);
    }
    if (*at == '\\' || *at == '!' || *at == '_' || *at == '*')
        return at[1] ? at + 2 : at + 1;
    return NULL;
}

/* Whether the m's before `at` are minutes: seconds follow them, or hours stand before them. */
static bool is_minutes(const char *at, unsigned before)
{
    at += strspn(at, ":. ");
    return before == SHOWS_TIME || *at == 's' || *at == 'S';
}

/* The letters of a code's first section that stand for parts of a date. `last`: what the letter before them showed. */
static const char *take_letter(const char *at, unsigned *shows, unsigned *last)
{
    size_t run = 1;
    while (at[run] == at[0])
        run++;
    unsigned found = 0;
    switch (*at | 0x20) {
    case 'y':
        found = SHOWS_YEAR;
        break;
    case 'e': /* a year; in 0.00E+00 an exponent */
        found = at[1] == '+' || at[1] == '-' ? 0 : SHOWS_YEAR;
        break;
    case 'd':
        found = SHOWS_DAY;
        break;
    case 'h':
    case 's':
        found = SHOWS_TIME;
        break;
    case 'm':
        found = is_minutes(at + run, *last) ? SHOWS_TIME : SHOWS_MONTH;
        break;
    default:
        return at + run;
    }
    *shows |= found;
    *last = found;
    return at + run;
}

/* Whether the code is 0"月" or General"月", as templates have it whose heads are numbers. */
static bool is_month_sign(const char *code)
{
    char bare[20];
    size_t length = 0;
    for (; *code && *code != ';' && length < sizeof bare - 1; code++)
        if (!strchr("\"\\", *code))
            bare[length++] = *code;
    bare[length] = '\0';
    size_t number = strspn(bare, "0#");
    number = number || strncasecmp(bare, "general", 7) != 0 ? number : 7;
    return number && strcmp(bare + number, "月") == 0;
}

unsigned value_code_shows(const char *code)
{
    if (is_month_sign(code))
        return SHOWS_MONTH_SIGN;
    unsigned shows = 0, last = 0;
    for (const char *at = code; *at && *at != ';';) {
        const char *behind = skip_literal(at);
        if (behind)
            at = behind;
        else if (*at == '[')
            at = skip_bracket(at, &shows, &last);
        else if (strncasecmp(at, "general", 7) == 0)
            at += 7;
        else if (strncasecmp(at, "am/pm", 5) == 0)
            at += 5;
        else
            at = take_letter(at, &shows, &last);
    }
    return shows;
}

/* What a code's first section shows beside the number, and whether it shows the number divided. */
typedef struct {
    char literals[VALUE_TEXT_SIZE];
    size_t size;
    bool divides;
} section_t;

static void add_literals(section_t *section, const char *at, const char *end)
{
    for (; at < end && section->size + 1 < sizeof section->literals; at++)
        if (!strchr("\"\\!", *at))
            section->literals[section->size++] = *at;
}

/* Behind what stands at `at` and is no sign of a number. */
static const char *take_literal(const char *at, section_t *section)
{
    if (*at == '[') {
        const char *end = strchr(at, ']');
        return end ? end + 1 : at + strlen(at);
    }
    const char *behind = skip_literal(at);
    behind = behind ? behind : at + 1;
    if (*at != '_' && *at != '*')
        add_literals(section, at, behind);
    return behind;
}

static section_t read_section(const char *code)
{
    section_t section = {.size = 0};
    for (const char *at = code; *at && *at != ';';) {
        size_t digits = strspn(at, "0#?,. ");
        section.divides |= digits > 1 && at[digits - 1] == ','; /* one behind the last digit: by a thousand */
        at = digits ? at + digits : take_literal(at, &section);
    }
    section.divides |= strchr(section.literals, '.') != NULL;
    return section;
}

const char *value_code_multiple(const char *code)
{
    static const char *const SIGNS[] = {"百万", "千万", "万", "亿", "千"}, *const LETTERS[] = {"k", "K", "M"};
    section_t section = read_section(code);
    if (section.divides)
        return NULL;
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
        if (strstr(section.literals, SIGNS[i]))
            return SIGNS[i];
    for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++)
        if (strcmp(section.literals, LETTERS[i]) == 0)
            return LETTERS[i];
    return NULL;
}

/* ---- Numbers ---- */

#define DIGITS_KEPT  15
#define EXPONENT_MAX 308

/* A number as its significant digits and where its point stands: 0.DIGITS times 10^point. */
typedef struct {
    bool is_negative;
    char digits[DIGITS_KEPT + 2];
    int count;
    int point;
} decimal_t;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Keeps one digit more than count, for rounding. */
static void add_digit(decimal_t *number, char digit, bool is_whole)
{
    bool leads = number->count == 0 && digit == '0';
    if (!leads && number->count <= DIGITS_KEPT)
        number->digits[number->count++] = digit;
    number->point += is_whole ? !leads : leads ? -1 : 0;
}

static bool scan_number(const char *text, decimal_t *out)
{
    decimal_t number = {.is_negative = *text == '-'};
    text += *text == '-' || *text == '+';
    const char *start = text;
    while (is_digit(*text))
        add_digit(&number, *text++, true);
    size_t digits = (size_t)(text - start);
    if (*text == '.')
        for (text++; is_digit(*text); digits++)
            add_digit(&number, *text++, false);
    if (!digits || digits > VALUE_TEXT_SIZE)
        return false;
    if (*text == 'e' || *text == 'E') {
        char *end;
        long exponent = strtol(text + 1, &end, 10);
        if (end == text + 1 || exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX)
            return false;
        number.point += (int)exponent;
        text = end;
    }
    *out = number;
    return !*text && number.point >= -EXPONENT_MAX && number.point <= EXPONENT_MAX;
}

static void round_number(decimal_t *number)
{
    if (number->count > DIGITS_KEPT) {
        bool carries = number->digits[DIGITS_KEPT] >= '5';
        number->count = DIGITS_KEPT;
        while (carries && number->count && number->digits[number->count - 1] == '9')
            number->count--;
        if (carries && number->count)
            number->digits[number->count - 1]++;
        else if (carries) { /* 0.999… is 1 */
            number->digits[number->count++] = '1';
            number->point++;
        }
    }
    while (number->count && number->digits[number->count - 1] == '0')
        number->count--;
    number->digits[number->count] = '\0';
}

static bool read_number(const char *stored, decimal_t *out)
{
    if (!scan_number(stored, out))
        return false;
    round_number(out);
    if (!out->count)
        *out = (decimal_t){.point = 0}; /* no "-0" */
    return true;
}

bool value_format_number(const char *stored, char out[VALUE_TEXT_SIZE])
{
    decimal_t number;
    if (!read_number(stored, &number))
        return false;
    char *at = out;
    if (number.is_negative)
        *at++ = '-';
    if (number.point <= 0)
        *at++ = '0';
    for (int i = 0; i < number.point; i++)
        *at++ = i < number.count ? number.digits[i] : '0';
    if (number.count > number.point)
        *at++ = '.';
    for (int i = number.point; i < number.count; i++)
        *at++ = i < 0 ? '0' : number.digits[i];
    *at = '\0';
    return true;
}

/* ---- Dates ---- */

#define DAYS_MAX       2958465 /* 9999-12-31 */
#define DAY_1904       1462    /* 1904-01-01 */
#define DAY_OF_1970    25569   /* 1970-01-01 */
#define DAY_BEHIND_GAP 61      /* 1900-03-01: day 60 is 1900-02-29, which there never was */

/* Year, month and day of a day's number since 1970-01-01 (Howard Hinnant's days_from_civil, turned round). */
static void split_day(long days, int *year, int *month, int *day)
{
    days += 719468;
    long era = days / 146097, of_era = days % 146097;
    long of_era_year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    long shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(of_era_year + era * 400 + (*month <= 2));
}

/* The whole days and the seconds of a stored number that is not negative. */
static bool read_time(const char *stored, long *out_days, long *out_seconds)
{
    decimal_t number;
    if (!read_number(stored, &number) || number.is_negative || number.point > 7)
        return false;
    double days = 0;
    for (int i = 0; i < number.count; i++)
        days = days * 10 + (number.digits[i] - '0');
    for (int i = number.count; i < number.point; i++)
        days *= 10;
    for (int i = number.point; i < number.count; i++)
        days /= 10;
    *out_days = (long)days;
    *out_seconds = (long)((days - (double)*out_days) * 86400 + 0.5);
    return true;
}

bool value_format_date(const char *stored, unsigned shows, bool is_1904, char out[VALUE_TEXT_SIZE])
{
    long days, seconds;
    if (!read_time(stored, &days, &seconds))
        return false;
    if (shows == SHOWS_MONTH_SIGN) {
        snprintf(out, VALUE_TEXT_SIZE, "%ld月", days);
        return days >= 1 && days <= 12 && seconds == 0;
    }
    unsigned parts = shows & (SHOWS_YEAR | SHOWS_MONTH | SHOWS_DAY);
    if (!parts) {
        seconds += days * 86400;
        snprintf(out, VALUE_TEXT_SIZE, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60, seconds % 60);
        return true;
    }
    days += is_1904 ? DAY_1904 : 0;
    if (days < 1 || days > DAYS_MAX || days == DAY_BEHIND_GAP - 1)
        return false;
    int year, month, day;
    split_day(days - DAY_OF_1970 + (days < DAY_BEHIND_GAP), &year, &month, &day);
    if (parts == SHOWS_YEAR)
        snprintf(out, VALUE_TEXT_SIZE, "%d年", year);
    else if (parts & SHOWS_YEAR)
        snprintf(out, VALUE_TEXT_SIZE, "%04d-%02d-%02d", year, month, day);
    else if (parts == SHOWS_MONTH)
        snprintf(out, VALUE_TEXT_SIZE, "%d月", month);
    else if (parts == SHOWS_DAY)
        snprintf(out, VALUE_TEXT_SIZE, "%d日", day);
    else
        snprintf(out, VALUE_TEXT_SIZE, "%d月%d日", month, day);
    return true;
}
