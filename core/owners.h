/* The owners of a network's dealers, numbered, so that sums by owner are arrays (SPEC 1: disclosure rules count owners,
 * not stores). */
#pragma once

#include "core/network.h"

typedef struct owners {
    uint32_t count;
    uint32_t *of_dealer; /* [dealer]: its owner's number; numbers follow the byte order of the owners' codes */
    uint32_t *first;     /* [count + 1]: where an owner's dealers start in `dealers` */
    uint32_t *dealers;   /* by owner, then by code */
} owners_t;

/* Made when first asked for and kept with the network; any number of threads may ask. NULL when out of memory. */
const owners_t *owners_of(const network_t *network);

/* The owner of that code, or INDEX_NONE. */
uint32_t owners_find(const network_t *network, const owners_t *owners, const char *code);

/* For the network that keeps them. Accepts NULL and *NULL. */
void owners_destroy(owners_t **owners);
