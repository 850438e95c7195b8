/* First look at a catalog's YAML: whether it is one plain document, and where everything stands in it (libcyaml keeps
 * no places). For core/catalog*.c only. */
#pragma once

#include "core/arena.h"
#include "core/faults.h"
#include "core/span.h"

typedef struct {
    const char *path; /* "kpis[3].title.zh"; entries count from 0 */
    uint32_t line, column;
    uint32_t text_column; /* where the text itself begins; 0 where it runs over several lines */
} place_t;

typedef struct {
    place_t *items; /* in the order of the text */
    size_t count, capacity;
} places_t;

/* Walks the YAML. STATUS_INVALID with faults: not UTF-8, control characters, no YAML, no or a second document, anchors
 * and aliases, keys that are no text or repeated, nesting too deep. STATUS_NO_MEMORY. `out` lives in the arena. */
status_t catalog_scan(arena_t *arena, span_t yaml, places_t *out, faults_t *faults) NODISCARD;

/* The place of a path, or of the nearest part of it that exists; NULL where there is none at all. */
const place_t *places_find(const places_t *places, const char *path);

/* The first key of that name at or behind a line, NULL where there is none. */
const place_t *places_find_key(const places_t *places, const char *key, uint32_t line);
