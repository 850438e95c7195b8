/* Which region a dealer's month is counted in: the one where it lay then, or (`--regions today`) the one where it lies
 * now. A past year is so read in two ways; who is a member of the network in a month is the same in both.
 *
 * Rights stay those of SPEC 4: of a store a manager reads the months that lay in its region. So that neither a figure
 * of such a store nor a difference of two averages shows more, a manager's region of today holds, in a month, only
 * those of its stores that lay in it then as well; the others count in the nation and in circles, and in no region. */
#pragma once

#include "core/network.h"

/* Zero is no view: write REGIONS_THEN. */
typedef struct {
    period_t today;  /* PERIOD_NONE: regions as they were in each month; else as they are in this one */
    uint32_t viewer; /* with `today`: the region that a manager reads; INDEX_NONE = all */
} regions_view_t;

#define REGIONS_THEN  ((regions_view_t){PERIOD_NONE, INDEX_NONE})

#define REGION_UNSEEN (INDEX_NONE - 1) /* a member of the network that counts in no region */

/* The region, REGION_UNSEEN, or INDEX_NONE where it is no member of the network in that month. Where it lies today: the
 * newest membership that has begun; of one that has left since, the last region in which it lay. */
uint32_t regions_view_of(const network_t *network, const regions_view_t *view, uint32_t dealer, period_t period);

/* How many dealers count in no region in that month. */
uint32_t regions_view_unseen(const network_t *network, const regions_view_t *view, period_t period);
