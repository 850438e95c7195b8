#include "client/titles.h"

#include "client/csv.h"

#include <string.h>

bool title_is_blank(const char *cell)
{
    if (!*cell) /* nearly all of a sparse sheet's cells */
        return true;
    for (uint32_t point; (point = text_next(&cell)) != 0;)
        if (!text_is_blank(point))
            return false;
    return true;
}

title_place_t title_place(const char *title)
{
    char folded[CSV_EXCERPT_SIZE];
    text_fold_title(title, folded, sizeof folded);
    return title_place_of(folded);
}

bool title_is_total(const char *title)
{
    static const char *const TOTALS[] = {"年度合计", "合计", "total"};
    char folded[CSV_EXCERPT_SIZE];
    text_fold_title(title, folded, sizeof folded);
    for (size_t i = 0; i < sizeof TOTALS / sizeof *TOTALS; i++)
        if (strcmp(folded, TOTALS[i]) == 0)
            return true;
    return false;
}

bool title_is_multiple(const row_t *row, const char *title)
{
    static const char *const MULTIPLES[] = {"十", "百", "千", "万", "亿", "000", "thousand", "million"};
    char folded[CSV_EXCERPT_SIZE], own[CSV_EXCERPT_SIZE];
    text_fold(title, folded, sizeof folded);
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        text_fold(row->title[language], own, sizeof own);
        if (strcmp(folded, own) == 0)
            return false;
    }
    const char *unit = strpbrk(folded, "([");
    for (size_t i = 0; unit && i < sizeof MULTIPLES / sizeof *MULTIPLES; i++)
        if (strstr(unit, MULTIPLES[i]))
            return true;
    return false;
}
