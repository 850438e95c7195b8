/* The owners of a network's dealers, numbered, so that sums by owner are arrays (SPEC 1: disclosure rules count owners,
 * not stores). */
#pragma once

#include "core/network.h"

typedef struct {
    uint32_t count;
    uint32_t *of_dealer; /* [dealer]: its owner's number; numbers follow the byte order of the owners' codes */
    uint32_t *first;     /* [count + 1]: where an owner's dealers start in `dealers` */
    uint32_t *dealers;   /* by owner, then by code */
} owners_t;

/* STATUS_NO_MEMORY leaves *out untouched. owners_fini is fit for CLEANUP on a zeroed one. */
status_t owners_init(const network_t *network, owners_t *out) NODISCARD;
void owners_fini(owners_t *owners);
