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

static bool is_one_of(const char *title, const char *const *names, size_t count)
{
    char folded[CSV_EXCERPT_SIZE];
    text_fold_title(title, folded, sizeof folded);
    for (size_t i = 0; i < count; i++)
        if (strcmp(folded, names[i]) == 0)
            return true;
    return false;
}

title_place_t title_place(const char *title)
{
    static const struct {
        title_place_t place;
        const char *names[3];
    } PLACES[] = {
        {PLACE_PERIOD, {"period", "期间", "月份"}},
        {PLACE_DEALER, {"dealer", "经销商", "经销商"}},
        {PLACE_CONSULTANT, {"consultant", "销售顾问", "销售顾问"}},
    };
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++)
        if (is_one_of(title, PLACES[i].names, 3))
            return PLACES[i].place;
    return PLACE_NONE;
}

bool title_is_total(const char *title)
{
    return is_one_of(title, (const char *const[]){"年度合计", "合计", "total"}, 3);
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
