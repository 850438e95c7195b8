#include "client/captions.h"

#include "client/csv.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* The size of the first of `marks` that `text` begins with; 0 where it begins with none. */
static size_t begins_with(const char *text, const char *const *marks)
{
    for (; *marks; marks++)
        if (strncmp(text, *marks, strlen(*marks)) == 0)
            return strlen(*marks);
    return 0;
}

#define BEGINS_WITH(text, ...) begins_with(text, (const char *const[]){__VA_ARGS__, NULL})

/* ---- Units ---- */

/* Whether a unit may begin at `at`: at the text's beginning, or behind what names or lists units. */
static bool is_begin(const char *text, const char *at)
{
    return at == text || strchr(":([,;/", at[-1]) ||
           (at - text >= 3 && BEGINS_WITH(at - 3, "位", "为", "是", "币", "、", "，"));
}

static bool is_end(const char *at)
{
    return !*at || strchr(")],;./", *at) || BEGINS_WITH(at, "、", "。", "，");
}

/* The bytes of 万元 and the like at `at`; 0 where none begins there. */
static size_t multiple_size(const char *at)
{
    size_t size = 0;
    for (size_t sign; (sign = BEGINS_WITH(at + size, "十", "百", "千", "万", "亿")) != 0;)
        size += sign;
    size_t unit = size ? BEGINS_WITH(at + size, "元", "人民币") : 0;
    return unit ? size + unit : 0;
}

static bool names_multiple(const char *text)
{
    char folded[CSV_EXCERPT_SIZE];
    text_fold(text, folded, sizeof folded);
    const char *unit = strstr(folded, "unit");
    if (unit && (strstr(unit, "thousand") || strstr(unit, "million") || strstr(unit, "'000")))
        return true;
    for (const char *at = folded; *at; at++) {
        size_t size = multiple_size(at);
        if (size && is_begin(folded, at) && is_end(at + size))
            return true;
    }
    return false;
}

static bool counts_in_multiples(const catalog_t *catalog)
{
    for (size_t i = 0; i < catalog->fact_count; i++) {
        const row_t *row = &catalog->rows[i];
        if (names_multiple(row->unit) || names_multiple(row->title[LANGUAGE_ZH]) ||
            names_multiple(row->title[LANGUAGE_EN]))
            return true;
    }
    return false;
}

void caption_check_unit(const char *text, const catalog_t *catalog, uint32_t line, uint32_t column, faults_t *faults)
{
    char excerpt[CSV_EXCERPT_SIZE];
    if (names_multiple(text) && !counts_in_multiples(catalog))
        faults_add(faults, line, column,
                   "'%s' says that figures are in a multiple of the unit; write the figures in the unit itself, and "
                   "correct this",
                   csv_excerpt(text, excerpt));
}

/* ---- Years ---- */

/* "1月5日" behind a year. */
static bool is_day(const char *at)
{
    size_t digits = strspn(at, DIGITS), month = digits ? BEGINS_WITH(at + digits, "月") : 0;
    return month && strspn(at + digits + month, DIGITS);
}

/* The year in the run of digits at `at`, of `size`: 20xx年, or 20xx alone; 0 where it is none. */
static int year_of_run(const char *text, const char *at, size_t size)
{
    size_t sign = BEGINS_WITH(at + size, "年");
    bool is_alone = at == text && !at[size];
    if (size != 4 || strncmp(at, "20", 2) != 0 || (!is_alone && (!sign || is_day(at + size + sign))))
        return 0;
    return atoi(at);
}

int caption_other_year(const char *text, int year)
{
    char folded[CSV_EXCERPT_SIZE];
    int other = 0;
    text_fold(text, folded, sizeof folded);
    for (const char *at = folded; *at;) {
        size_t size = strspn(at, DIGITS);
        int found = year_of_run(folded, at, size);
        if (found == year)
            return 0;
        other = found ? found : other;
        at += size ? size : 1;
    }
    return other;
}
