/* How JSON says that an answer was computed by the regions of today. For client/render*.c only. */
#pragma once

#include "client/render_json_writer.h"

/* "regions": "today", the month whose regions they are, and how many stores were left out; nothing by default. */
static inline void put_regions(json_t *json, const answer_regions_t *regions)
{
    if (!regions->is_today)
        return;
    put_text(json, "regions", "today");
    put_period(json, "regions_of", regions->today);
    put_integer(json, "left_out", regions->unseen);
}
