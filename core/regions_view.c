#include "core/regions_view.h"

/* Where it lies in the month `today`, or lay last before; INDEX_NONE where it had joined nothing yet. */
static uint32_t last_region(const network_t *network, uint32_t dealer, period_t today)
{
    const dealer_t *found = &network->dealers[dealer];
    uint32_t last = INDEX_NONE;
    for (uint32_t i = 0; i < found->membership_count && found->memberships[i].from <= today; i++)
        if (found->memberships[i].region != INDEX_NONE)
            last = found->memberships[i].region;
    return last;
}

uint32_t regions_view_of(const network_t *network, const regions_view_t *view, uint32_t dealer, period_t period)
{
    uint32_t then = network_region_of(network, dealer, period);
    if (view->today == PERIOD_NONE || then == INDEX_NONE)
        return then;
    uint32_t now = last_region(network, dealer, view->today);
    if (now == INDEX_NONE)
        return then; /* a month to come of a dealer that has not opened yet */
    bool is_barred = view->viewer != INDEX_NONE && network_region_within(network, now, view->viewer) &&
                     !network_region_within(network, then, view->viewer);
    return is_barred ? REGION_UNSEEN : now;
}

uint32_t regions_view_unseen(const network_t *network, const regions_view_t *view, period_t period)
{
    uint32_t unseen = 0;
    if (view->today == PERIOD_NONE || view->viewer == INDEX_NONE)
        return 0;
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++)
        unseen += regions_view_of(network, view, dealer, period) == REGION_UNSEEN;
    return unseen;
}
