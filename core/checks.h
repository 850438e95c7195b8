/* What is unusual about a month's submissions: the catalog's checks that fail, and values far from the store's own
 * history or from its region's spread (core/outliers.h). It tells; it takes nothing out of any average.
 *
 * Compared with: its own earlier months, where at least OUTLIER_MONTHS_MIN of them have a value; the stores of its
 * region in that month with all below it, itself included, or, where fewer than OUTLIER_STORES_MIN of them have a
 * value, of the region above, and so on. Only rows that the catalog's tables list are judged.
 *
 * Worst first: by the size of the score, then by dealer, kind and row. A failed check has no measure: one of level
 * error (a catalog that came later) stands with OUTLIER_SCORE_MAX, a warning with OUTLIER_SCORE_NEW. */
#pragma once

#include "core/answers.h"
#include "core/arena.h"
#include "core/month.h"
#include "core/outliers.h"

/* Facts of the judged stores in one month, as columns. */
typedef struct {
    const int64_t *const *columns; /* [2 * fact_count]: of the month, then of the month before */
    size_t count;                  /* values in each column */
    const uint32_t *places;        /* [store_count]: where a store stands in them; INDEX_NONE: nothing may be seen */
} checks_month_t;

typedef struct {
    const catalog_t *catalog;
    const network_t *network;
    period_t period;
    const uint32_t *stores; /* those that are judged: dealer indices, ascending */
    size_t store_count;
    checks_month_t own;
    const checks_month_t *history; /* the months before, the latest first; at most OUTLIER_MONTHS_MAX */
    size_t history_count;
    const month_t *month; /* for the regions' spread: `own` is of it; NULL: not compared with regions */
    uint32_t top;         /* no region above this one is compared with; INDEX_NONE = the nation is the last */
    size_t most;          /* findings that are listed */
} checks_input_t;

/* Revisions and comments are the caller's to fill in. Takes time for each row, store and month, and memory for `most`
 * findings twice and for the values of one row in all months. STATUS_NO_MEMORY. */
status_t checks_compute(const checks_input_t *input, arena_t *arena, checks_answer_t **out) NODISCARD;
