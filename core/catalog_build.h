/* From a catalog's raw text values to the catalog: everything that SPEC 2 demands of it. For core/catalog*.c only. */
#pragma once

#include "core/catalog_names.h"
#include "core/catalog_schema.h"

typedef struct {
    arena_t *arena;    /* everything that the catalog points to */
    row_names_t ids;   /* of the rows */
    row_names_t names; /* ids and titles, as text_fold makes them */
    row_names_t loose; /* ids and titles, as text_fold_title makes them */
    bool *is_listed;   /* of each row: whether a table lists it */
} catalog_internals_t;

/* Fills a zeroed catalog, whose internals hold an arena, all but yaml and digest. STATUS_INVALID with every fault;
 * STATUS_NO_MEMORY. */
status_t catalog_build(catalog_t *catalog, const raw_catalog_t *raw, const places_t *places,
                       faults_t *faults) NODISCARD;
