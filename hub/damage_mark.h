/* A file DAMAGED beside the store, left by a hub that found a damaged record while it served: the next start, of a
 * supervisor perhaps, reads every record first instead of serving that store again. */
#pragma once

#include <stdbool.h>

/* Best effort: where it cannot be written, the next start finds the damage beside serving again. */
void damage_mark_put(const char *directory);
bool damage_mark_stands(const char *directory);
/* Once every record was found sound. */
void damage_mark_remove(const char *directory);
