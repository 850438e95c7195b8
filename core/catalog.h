/* The catalog: facts, KPIs, tables and checks as a YAML file declares them (SPEC 1 and 2). Immutable once loaded;
 * shared between threads. */
#pragma once

#include "core/faults.h"
#include "core/formula.h"
#include "core/span.h"
#include "core/text.h"

typedef enum { BETTER_UP, BETTER_DOWN, BETTER_NEITHER } better_t;
typedef enum { KIND_FLOW, KIND_STOCK } kind_t;
typedef enum { LEVEL_ERROR, LEVEL_WARNING } level_t;

typedef struct {
    const char *id;
    const char *title[LANGUAGE_COUNT];
    const char *unit;  /* "CNY", "count", "ratio", or what else the catalog says */
    unsigned decimals; /* of a fact: its precision; of a KPI: for people only */
    better_t better;
    bool is_fact;
    bool is_signed; /* facts only */
    kind_t kind;    /* facts only */
    bool is_flow;   /* every input of the formula is a flow, and the formula holds no division: adds up over a year
                       (SPEC 2.9) */
    const formula_t *formula; /* of a fact: the fact itself */
    bool has_min_base;
    int64_t min_base_units; /* min_base = min_base_units / 10^min_base_decimals */
    unsigned min_base_decimals;
} row_t;

typedef struct {
    const char *id;
    const char *title[LANGUAGE_COUNT];
    const size_t *rows; /* indices into catalog_t.rows, as listed */
    size_t row_count;
} table_t;

typedef struct {
    const char *id;
    const char *title[LANGUAGE_COUNT];
    const rule_t *rule;
    level_t level;
} check_t;

typedef struct {
    const char *id;
    uint32_t version;
    const char *title[LANGUAGE_COUNT];
    row_t *rows; /* the facts first, in their order, then the KPIs in theirs: rows[i] with i < fact_count is fact i */
    size_t row_count;
    size_t fact_count;
    table_t *tables;
    size_t table_count;
    size_t
        *table_rows; /* rows that the tables list, in their order, each once: "the catalog's order" of every answer */
    size_t table_row_count;
    check_t *checks;
    size_t check_count;
    bool rows_use_previous; /* some table row needs a fact of the month before */
    uint64_t digest; /* first 8 bytes, big-endian, of the 32-byte BLAKE2b of the YAML text (0 replaced by 1): names the
                        catalog on the wire */
    char *yaml;      /* the text itself, NUL-terminated */
    size_t yaml_size;
    void *internals;
} catalog_t;

#define BETTER_NAME(better) ((better) == BETTER_UP ? "up" : (better) == BETTER_DOWN ? "down" : "neither")
#define ROW_NONE            SIZE_MAX

/* Loads a catalog from its YAML text (UTF-8, at most CATALOG_SIZE_MAX bytes). STATUS_INVALID with every fault found,
 * with line and column; STATUS_NO_MEMORY. *out is set only on success; the caller destroys it. */
status_t catalog_load(span_t yaml, catalog_t **out, faults_t *faults) NODISCARD;
void catalog_destroy(catalog_t **catalog);

/* Index of the row with that id, ROW_NONE where there is none. */
size_t catalog_find_row(const catalog_t *catalog, const char *id);

/* Index of the row whose id is `header`, or whose title in either language folds to the same (text_fold_title);
 * ROW_NONE where there is none. */
size_t catalog_match_title(const catalog_t *catalog, const char *header);

/* Whether the catalog's tables list the row. */
bool catalog_lists_row(const catalog_t *catalog, size_t row);

/* What in `next` cannot follow `previous` while facts are stored: a fact whose decimals or kind changed under the same
 * id, a fact that was dropped. Adds a fault for each; STATUS_INVALID where there is one. */
status_t catalog_check_successor(const catalog_t *previous, const catalog_t *next, faults_t *faults) NODISCARD;

/* Checks that fail on one submission: writes their indices (at most check_count) to `out_failed` and returns how many.
 * `inputs`: 2 * fact_count values, the month's and the month before's. */
size_t catalog_run_checks(const catalog_t *catalog, const int64_t *inputs, size_t *out_failed);

/* The catalog that the hub starts with (catalogs/auto-dealer.yaml, built in). Static storage. */
span_t catalog_builtin(void);
