/* The shape of a catalog's YAML, read through libcyaml. Everything is text here: libcyaml reads 010 as 8 and 2.5 as 2,
 * so that numbers and booleans are read by core/catalog_build.c. For core/catalog*.c only. */
#pragma once

#include "core/catalog_scan.h"

typedef struct {
    char *zh, *en;
} raw_title_t;

typedef struct {
    char *id, *unit, *decimals, *better;
    raw_title_t title;
    char *kind, *is_signed;   /* facts; is_signed may be NULL */
    char *formula, *min_base; /* KPIs; min_base may be NULL */
} raw_row_t;

typedef struct {
    char *id;
    raw_title_t title;
    char **rows;
    uint32_t row_count;
} raw_table_t;

typedef struct {
    char *id, *rule, *level;
    raw_title_t title;
} raw_check_t;

typedef struct {
    char *catalog, *version;
    raw_title_t title;
    raw_row_t *facts, *kpis;
    raw_table_t *tables;
    raw_check_t *checks;
    uint32_t fact_count, kpi_count, table_count, check_count;
} raw_catalog_t;

/* Reads the YAML; unknown, missing and repeated keys and wrong kinds of values are STATUS_INVALID with a fault (the
 * first: libcyaml stops there). STATUS_NO_MEMORY. The caller destroys *out. */
status_t raw_catalog_load(span_t yaml, const places_t *places, raw_catalog_t **out, faults_t *faults) NODISCARD;
void raw_catalog_destroy(raw_catalog_t **raw);
