/* Reads what is likely to be asked for before anybody asks: after the start the month that is due and the one before it
 * (live, and where dealers are shown releases, these with what does not depend on who looks), and the releases of a
 * month after each new one. A thread of its own, at a lower priority than those that serve; it takes the same ways as
 * they do, and drops nothing to make room. */
#pragma once

#include "hub/hub.h"

typedef struct warm warm_t;

/* NULL when out of memory or threads: then whoever asks first waits. `hub` is borrowed. */
warm_t *warm_start(hub_t *hub);
/* The hub serves: it begins with the months that are due now. Accepts NULL. */
void warm_begin(warm_t *warm);
/* Ends it, at the latest when a month that is being read from the store has been read. Accepts NULL in *warm. */
void warm_end(warm_t **warm);

/* A release of that month was committed. Any thread; accepts NULL. */
void warm_release(warm_t *warm, period_t period);
