/* A set of facts while its files are read: what the readers of each layout (client/facts_file.h) share. */
#pragma once

#include "client/facts_file.h"
#include "core/arena.h"

/* One line of a file. Those of stores have no consultant. */
typedef struct facts_line {
    const char *dealer, *consultant;
    period_t period;
    uint32_t file, line;
    uint32_t column; /* 0: the whole line */
    int64_t *facts;  /* fact_count values, in the set's arena */
    struct facts_line *next;
} facts_line_t;

typedef struct {
    arena_t *arena;
    void *places; /* a tsearch tree of facts_line_t by dealer, period and consultant: every place once */
    facts_line_t *stores, *consultants; /* lists, the newest first */
    size_t store_count, consultant_count;
    size_t fact_count; /* of the catalog that the files were read by */
} facts_pending_t;

/* The set's internals, made where there are none yet. */
status_t facts_set_open(facts_set_t *set, facts_pending_t **out) NODISCARD;

/* fact_count values of FACT_ABSENT in the set's arena. NULL: no memory. */
int64_t *facts_set_make_facts(facts_set_t *set, const catalog_t *catalog);

/* Adds a copy of the path as the last of the set's sources. */
status_t facts_set_add_source(facts_set_t *set, const char *path) NODISCARD;

/* Takes a line's place, with a fault that names both lines where another has it; keeps the line itself where `fit`.
 * Copies all but the facts. */
status_t facts_set_add(facts_set_t *set, const facts_line_t *found, bool fit, faults_t *faults) NODISCARD;
