#include "core/title_places.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *title;
    title_place_t place;
} TITLES[] = {
    {"period", PLACE_PERIOD},         {"month", PLACE_PERIOD},
    {"期间", PLACE_PERIOD},           {"月份", PLACE_PERIOD},
    {"dealer", PLACE_DEALER},         {"dealercode", PLACE_DEALER},
    {"store", PLACE_DEALER},          {"storecode", PLACE_DEALER},
    {"经销商", PLACE_DEALER},         {"经销商代码", PLACE_DEALER},
    {"门店", PLACE_DEALER},           {"门店代码", PLACE_DEALER},
    {"consultant", PLACE_CONSULTANT}, {"salesconsultant", PLACE_CONSULTANT},
    {"顾问", PLACE_CONSULTANT},       {"销售顾问", PLACE_CONSULTANT},
};

title_place_t title_place_of(const char *folded)
{
    for (size_t i = 0; i < sizeof TITLES / sizeof *TITLES; i++)
        if (strcmp(folded, TITLES[i].title) == 0)
            return TITLES[i].place;
    return PLACE_NONE;
}
