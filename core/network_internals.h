/* What network*.c and owners.c share of a network; nobody else includes it. */
#pragma once

#include "core/arena.h"
#include "core/network.h"

typedef struct {
    arena_t *arena;            /* owns all strings and arrays of the network */
    uint32_t *regions_by_code; /* region indices in byte order of their codes */
    uint64_t *dealer_slots;    /* of a hash table over dealers' codes, at most half full: hash, index + 1; 0 = empty */
    size_t dealer_slot_count;  /* a power of two; 0 before there is one */
    uint32_t *dealer_first;    /* [dealer_count + 1]: where a dealer's circles start in dealer_circles */
    uint32_t *dealer_circles;  /* circle indices, each circle once for each of its lines */
    struct owners *owners;     /* internals of owners.c: made when first asked for */
} network_internals_t;

/* The hash table, once the dealers are in place. STATUS_NO_MEMORY. */
status_t network_index_dealers(network_t *network) NODISCARD;

/* Parts of network_build, on a network whose regions and dealers are in place (perhaps with faults of their own: a code
 * twice). They add their faults and go on; STATUS_NO_MEMORY is the only failure. */
status_t network_build_memberships(const network_lines_t *lines, network_t *network, faults_t *faults) NODISCARD;
status_t network_build_circles(const network_lines_t *lines, network_t *network, faults_t *faults) NODISCARD;
