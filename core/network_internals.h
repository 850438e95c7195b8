/* What network.c and network_build.c share of a network; nobody else includes it. */
#pragma once

#include "core/arena.h"
#include "core/network.h"

typedef struct {
    arena_t *arena;             /* owns all strings and arrays of the network */
    uint32_t *regions_by_code;  /* region indices in byte order of their codes */
    uint32_t *dealer_first;     /* [dealer_count + 1]: where a dealer's circles start in dealer_circles */
    uint32_t *dealer_circles;   /* circle indices, each circle once for each of its lines */
} network_internals_t;
