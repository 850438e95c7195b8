/* One process of a home at a time speaks with the hub about what was filed. */
#pragma once

#include "core/status.h"

/* Who delivers holds HOME/outbox/deliver.lock (flock) until *out_lock is closed. STATUS_BUSY where another process
 * does. Whoever only looks whether one does (is_held) may make a taker wait for a moment: takers try again. */
status_t deliver_lock(const char *home_directory, int *out_lock) NODISCARD;
void deliver_unlock(int *lock);
