/* Stores that headquarters has designated as a scope's benchmark (SPEC 2.6, 4.6). */
#pragma once

#include "core/network.h"

typedef struct {
    scope_t scope; /* the nation or a region */
    uint32_t dealer;
    bool consented; /* its owner agreed that dealers see it */
} exemplar_t;

/* At most one for each scope counts: the first. Borrowed. */
typedef struct {
    const exemplar_t *items;
    size_t count;
} exemplars_t;

/* The scope's exemplar, NULL where it has none or `exemplars` is NULL. */
const exemplar_t *exemplar_find(const exemplars_t *exemplars, scope_t scope);
