/* Months as they were: at an event of the log (proto/stored.h), or as a release took them. What is read is kept and
 * never changes; the present pays nothing for it. Any thread. */
#pragma once

#include "hub/months.h"

typedef struct past past_t;

/* `bytes_max`: months beyond it are dropped, least recently used first. Where network and catalog of then are those of
 * today, the world is that of `months` (NULL: never), not another one equal to it. Both are borrowed. NULL when out of
 * memory. */
past_t *past_create(store_t *store, months_t *months, size_t bytes_max);
void past_destroy(past_t **past);

/* Network and catalog as they were at an event; one reference, the caller's. STATUS_NOT_FOUND: no such event. Before
 * the first network it has none: an empty one. */
status_t past_world(past_t *past, uint64_t event, world_t **out) NODISCARD;

/* The month as it was at an event, in the world of then. Where the event is a release of that month: as that release
 * took it, without what it held back, in the world of the month's first release. The caller ends it with
 * months_release. STATUS_NOT_FOUND: no such event. */
status_t past_month(past_t *past, period_t period, uint64_t event, month_snapshot_t *out) NODISCARD;
