#include "client/months.h"

#include "core/text.h"

#include <string.h>

#define TOKENS_MAX  16 /* numbers and month names of a date with its time are six */
#define PATTERN_MAX 40

/* A cell as a pattern, such as "d-d" or "dYdM", and the numbers in it. d: digits; w: an English month's name; Y, M, D:
 * 年, 月, 日; T: the letter before a time; else the sign itself. */
typedef struct {
    char pattern[PATTERN_MAX];
    size_t length;
    int values[TOKENS_MAX]; /* of each d and w, in order */
    size_t digits[TOKENS_MAX];
    size_t count;
} tokens_t;

/* ---- Tokens ---- */

/* The text in half-width lower case; false where it is too long to be a month. */
static bool make_half_width(const char *text, uint32_t out[PATTERN_MAX])
{
    size_t length = 0;
    for (uint32_t point; (point = text_next(&text)) != 0;) {
        if (point >= 0xFF01 && point <= 0xFF5E)
            point -= 0xFEE0;
        if (point >= 'A' && point <= 'Z')
            point += 'a' - 'A';
        if (point == '\t' || point == '\n' || point == '\r' || point == 0xA0 || point == 0x3000)
            point = ' ';
        if (point == 0x2013 || point == 0x2212) /* an en dash, a minus sign */
            point = '-';
        if (length + 1 == PATTERN_MAX)
            return false;
        out[length++] = point;
    }
    out[length] = 0;
    return true;
}

static bool add_sign(tokens_t *tokens, char sign)
{
    if (tokens->length + 1 == PATTERN_MAX)
        return false;
    tokens->pattern[tokens->length++] = sign;
    tokens->pattern[tokens->length] = '\0';
    return true;
}

static bool add_value(tokens_t *tokens, char sign, int value, size_t digits)
{
    if (tokens->count == TOKENS_MAX)
        return false;
    tokens->values[tokens->count] = value;
    tokens->digits[tokens->count++] = digits;
    return add_sign(tokens, sign);
}

static bool is_digit(uint32_t point)
{
    return point >= '0' && point <= '9';
}

static bool is_letter(uint32_t point)
{
    return point >= 'a' && point <= 'z';
}

static size_t add_digits(tokens_t *tokens, const uint32_t *at)
{
    size_t size = 0;
    int value = 0;
    for (; is_digit(at[size]) && size <= 8; size++)
        value = value * 10 + (int)(at[size] - '0');
    return size <= 8 && add_value(tokens, 'd', value, size) ? size : 0;
}

/* A month's name of three letters, in full, or "sept"; or the t before a time. */
static size_t add_word(tokens_t *tokens, const uint32_t *at)
{
    static const char *const NAMES[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    char word[10] = "";
    size_t size = 0;
    for (; is_letter(at[size]); size++)
        if (size < sizeof word - 1)
            word[size] = (char)at[size];
    if (size == 1 && *word == 't')
        return add_sign(tokens, 'T');
    for (int i = 0; i < 12; i++)
        if (strcmp(word, NAMES[i]) == 0 || (size == 3 && strncmp(word, NAMES[i], 3) == 0) ||
            (i == 8 && strcmp(word, "sept") == 0))
            return add_value(tokens, 'w', i + 1, 0) ? size : 0;
    return 0;
}

/* 一 to 十二 before 月. */
static size_t add_chinese_number(tokens_t *tokens, const uint32_t *at)
{
    static const uint32_t DIGITS[] = {0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5341};
    int value = 0;
    for (int i = 0; i < 10; i++)
        if (*at == DIGITS[i])
            value = i + 1;
    size_t size = value != 0;
    if (value == 10 && (at[1] == DIGITS[0] || at[1] == DIGITS[1])) {
        value += at[1] == DIGITS[0] ? 1 : 2;
        size = 2;
    }
    return size && at[size] == 0x6708 && add_value(tokens, 'd', value, size) ? size : 0;
}

static size_t add_token(tokens_t *tokens, const uint32_t *at)
{
    if (is_digit(*at))
        return add_digits(tokens, at);
    if (is_letter(*at))
        return add_word(tokens, at);
    if (*at == 0x5E74) /* 年 */
        return add_sign(tokens, 'Y');
    if (*at == 0x6708) /* 月, 月份 */
        return add_sign(tokens, 'M') ? 1 + (at[1] == 0x4EFD) : 0;
    if (*at == 0x65E5 || *at == 0x53F7) /* 日, 号 */
        return add_sign(tokens, 'D');
    if (*at < 0x80 && strchr("-/.,:", (int)*at))
        return add_sign(tokens, (char)*at);
    return add_chinese_number(tokens, at);
}

/* A blank counts between two numbers or words only: "2025 年 6 月" is 2025年6月, "Jun 2025" keeps its blank. */
static bool keeps_blank(const tokens_t *tokens, uint32_t next)
{
    char last = tokens->length ? tokens->pattern[tokens->length - 1] : '\0';
    return (last == 'd' || last == 'w') && (is_digit(next) || is_letter(next));
}

static bool tokenize(const char *text, tokens_t *out)
{
    uint32_t points[PATTERN_MAX];
    *out = (tokens_t){0};
    if (!make_half_width(text, points))
        return false;
    for (const uint32_t *at = points; *at;) {
        size_t size = 0;
        while (at[size] == ' ')
            size++;
        if (size && keeps_blank(out, at[size]) && !add_sign(out, ' '))
            return false;
        at += size;
        if (!*at)
            break;
        size = add_token(out, at);
        if (!size)
            return false;
        at += size;
    }
    return true;
}

/* Cuts a time of day off: " d:d" or "Td:d:d.d" and the like. False where a colon stands elsewhere. */
static bool drop_time(tokens_t *tokens)
{
    char *colon = strchr(tokens->pattern, ':');
    if (!colon)
        return true;
    char *start = colon - tokens->pattern >= 2 ? colon - 2 : tokens->pattern;
    if (*start != ' ' && *start != 'T')
        return false;
    static const char *const TIMES[] = {"d:d", "d:d:d", "d:d:d.d"};
    bool fits = false;
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++)
        fits = fits || strcmp(start + 1, TIMES[i]) == 0;
    *start = '\0';
    return fits;
}

/* ---- Readings ---- */

static bool is_month(int month)
{
    return month >= 1 && month <= 12;
}

static bool is_day_of(int day, int month, int year)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return is_month(month) && day >= 1 && day <= DAYS[month - 1] + (month == 2 && is_leap);
}

/* Of some year. */
static bool is_day(int day, int month)
{
    return is_day_of(day, month, 2000);
}

static const month_t NO_MONTH = {.kind = MONTH_NONE, .period = PERIOD_NONE, .second = PERIOD_NONE};

static month_t of_year(int year, int month)
{
    month_t found = NO_MONTH;
    found.period = period_make(year, month);
    found.kind = found.period == PERIOD_NONE ? MONTH_NONE : MONTH_OF_YEAR;
    return found;
}

static period_t day_of(int year, int month, int day)
{
    return is_day_of(day, month, year) ? period_make(year, month) : PERIOD_NONE;
}

static month_t of_day(int year, int month, int day)
{
    return is_day_of(day, month, year) ? of_year(year, month) : NO_MONTH;
}

static month_t alone(int month)
{
    month_t found = NO_MONTH;
    found.kind = is_month(month) ? MONTH_ALONE : MONTH_NONE;
    found.month = month;
    return found;
}

/* What readings there are, PERIOD_NONE for one that is not possible: ambiguous where two differ. */
static month_t of_readings(const period_t *readings, size_t count)
{
    month_t found = NO_MONTH;
    for (size_t i = 0; i < count; i++) {
        if (readings[i] == PERIOD_NONE || readings[i] == found.period)
            continue;
        if (found.period == PERIOD_NONE)
            found.period = readings[i];
        else if (found.second == PERIOD_NONE)
            found.second = readings[i];
    }
    if (found.period != PERIOD_NONE)
        found.kind = found.second == PERIOD_NONE ? MONTH_TURNED : MONTH_AMBIGUOUS;
    return found;
}

/* A month of 20`year`, or that day of it. */
static month_t of_short_year(int year, int month)
{
    month_t found = of_readings((period_t[]){period_make(2000 + year, month)}, 1);
    if (found.kind == MONTH_TURNED && is_day(year, month)) {
        found.kind = MONTH_AMBIGUOUS;
        found.day = year;
        found.month = month;
    }
    return found;
}

/* 06/2025, or 25-06: a year and a month, a month and a year, or a day and a month in either order. */
static month_t read_pair(const tokens_t *tokens, char sign)
{
    int a = tokens->values[0], b = tokens->values[1];
    size_t first = tokens->digits[0], second = tokens->digits[1];
    if (first == 4 && second <= 2) {
        /* A number cell drops the last zero of 2025.10. */
        if (sign == '.' && second == 1 && b == 1)
            return of_readings((period_t[]){period_make(a, 1), period_make(a, 10)}, 2);
        return of_year(a, b);
    }
    if (second == 4 && first <= 2)
        return of_year(b, a);
    if (first > 2 || second > 2)
        return NO_MONTH;
    period_t readings[] = {period_make(2000 + a, b), period_make(2000 + b, a)};
    month_t found = of_readings(readings, 2);
    if (found.kind != MONTH_TURNED)
        return found;
    return readings[0] != PERIOD_NONE ? of_short_year(a, b) : of_short_year(b, a);
}

/* Three numbers: a day with the year first, or one that is not said so. */
static month_t read_day(const tokens_t *tokens)
{
    const int *v = tokens->values;
    const size_t *digits = tokens->digits;
    if (digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2)
        return of_day(v[0], v[1], v[2]);
    if (digits[0] > 2 || digits[1] > 2)
        return NO_MONTH;
    if (digits[2] == 4)
        return of_readings((period_t[]){day_of(v[2], v[1], v[0]), day_of(v[2], v[0], v[1])}, 2);
    if (digits[2] > 2)
        return NO_MONTH;
    return of_readings(
        (period_t[]){day_of(2000 + v[0], v[1], v[2]), day_of(2000 + v[2], v[1], v[0]), day_of(2000 + v[2], v[0], v[1])},
        3);
}

static month_t read_chinese(const tokens_t *tokens, bool has_day)
{
    const int *v = tokens->values;
    if (tokens->digits[0] == 4)
        return has_day ? of_day(v[0], v[1], v[2]) : of_year(v[0], v[1]);
    if (tokens->digits[0] != 2)
        return NO_MONTH;
    return of_readings((period_t[]){day_of(2000 + v[0], v[1], has_day ? v[2] : 1)}, 1);
}

/* A name and a number, in either order. */
static month_t read_named(int month, int number, size_t digits)
{
    if (digits == 4)
        return of_year(number, month);
    return digits <= 2 ? of_short_year(number, month) : NO_MONTH;
}

/* A name and two numbers of which `first` stands before the other. */
static month_t read_named_day(const tokens_t *tokens, int month, size_t first, size_t second)
{
    int a = tokens->values[first], b = tokens->values[second];
    if (tokens->digits[second] == 4 && tokens->digits[first] <= 2)
        return of_day(b, month, a);
    if (tokens->digits[first] == 4 && tokens->digits[second] <= 2)
        return of_day(a, month, b);
    if (tokens->digits[first] > 2 || tokens->digits[second] > 2)
        return NO_MONTH;
    return of_readings((period_t[]){day_of(2000 + b, month, a), day_of(2000 + a, month, b)}, 2);
}

static month_t read_digits(int value, size_t digits)
{
    month_t found = NO_MONTH;
    if (digits == 6)
        found = of_year(value / 100, value % 100);
    else if (digits == 8)
        found = of_day(value / 10000, value / 100 % 100, value % 100);
    else if (digits == 5)
        found.kind = MONTH_SERIAL;
    return found;
}

static bool is_one_of(const char *pattern, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (strcmp(pattern, *patterns) == 0)
            return true;
    return false;
}

#define ONE_OF(pattern, ...) is_one_of(pattern, (const char *const[]){__VA_ARGS__, NULL})

static month_t read_words(const tokens_t *tokens)
{
    const char *p = tokens->pattern;
    const int *v = tokens->values;
    if (ONE_OF(p, "w", "w."))
        return alone(v[0]);
    if (ONE_OF(p, "w d", "wd", "w-d", "w/d", "w.d", "w,d"))
        return read_named(v[0], v[1], tokens->digits[1]);
    if (ONE_OF(p, "d w", "dw", "d-w", "d/w", "d.w", "dYw"))
        return read_named(v[1], v[0], tokens->digits[0]);
    if (ONE_OF(p, "d w d", "dwd", "d-w-d", "d/w/d", "d w,d", "d.w d", "d.w.d"))
        return read_named_day(tokens, v[1], 0, 2);
    if (ONE_OF(p, "w d,d", "w d d", "w.d,d", "w-d-d"))
        return read_named_day(tokens, v[0], 1, 2);
    return NO_MONTH;
}

static month_t read_tokens(const tokens_t *tokens)
{
    const char *p = tokens->pattern;
    if (ONE_OF(p, "d-d", "d/d", "d.d"))
        return tokens->digits[0] == 5 && p[1] == '.' ? read_digits(tokens->values[0], 5) : read_pair(tokens, p[1]);
    if (ONE_OF(p, "d-d-d", "d/d/d", "d.d.d"))
        return read_day(tokens);
    if (ONE_OF(p, "dYdM", "dYd"))
        return read_chinese(tokens, false);
    if (ONE_OF(p, "dYdMdD", "dYdMd"))
        return read_chinese(tokens, true);
    if (ONE_OF(p, "dM"))
        return alone(tokens->values[0]);
    if (ONE_OF(p, "dMdD", "dMd"))
        return is_day(tokens->values[1], tokens->values[0]) ? alone(tokens->values[0]) : NO_MONTH;
    if (ONE_OF(p, "d"))
        return read_digits(tokens->values[0], tokens->digits[0]);
    return strchr(p, 'w') ? read_words(tokens) : NO_MONTH;
}

month_t month_read(const char *text)
{
    tokens_t tokens;
    if (!*text) /* nearly all of a sparse sheet's cells */
        return NO_MONTH;
    if (!tokenize(text, &tokens) || !drop_time(&tokens))
        return NO_MONTH;
    month_t found = read_tokens(&tokens);
    found.is_number = ONE_OF(tokens.pattern, "d", "d.d");
    return found;
}
