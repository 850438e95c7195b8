/* Sums of single facts over the nested scopes of a set, each fact looked at once. Where a row's facts are there of
 * every store that reported, the row's contributors are those stores and their sums these. */
#pragma once

#include "core/contributors.h"

typedef struct {
    int128_t sum;
    uint32_t present; /* stores that have the fact */
} fact_sum_t;

typedef struct {
    const scope_set_t *set;
    fact_sum_t **facts; /* [fact_count], NULL until needed; each [set->node_count] */
    uint32_t *reported; /* [set->node_count] */
} fact_sums_t;

/* STATUS_NO_MEMORY. `set` must outlive it. fact_sums_fini frees it; fit for CLEANUP on a zeroed one. */
status_t fact_sums_init(const scope_set_t *set, fact_sums_t *out) NODISCARD;
void fact_sums_fini(fact_sums_t *sums);

/* Whether the row's contributors in the node's scope are all stores that reported, which also holds within it. */
status_t fact_sums_cover(fact_sums_t *sums, const row_t *row, size_t node, bool *out) NODISCARD;

/* The contributors of the row in the node's scope, which must be so. */
void fact_sums_contributors(const fact_sums_t *sums, const row_t *row, size_t node, contributors_t *out);
