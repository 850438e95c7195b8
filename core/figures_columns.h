/* Figures computed from a month's columns: a row at a time, each scope's by selection, scopes within others only once.
 * What it gives is core/figures.h's. */
#pragma once

#include "core/figures.h"

typedef struct columns columns_t;

/* `set` must outlive it. STATUS_NO_MEMORY leaves *out untouched. */
status_t columns_create(const scope_set_t *set, columns_t **out) NODISCARD;
/* Accepts NULL and *NULL; sets *columns to NULL. */
void columns_destroy(columns_t **columns);

/* What figures_statistics, figures_references and figures_benchmark_stores give; of scopes that are named twice only
 * the first. */
status_t columns_statistics(columns_t *columns, size_t row, const benchmark_rule_t *rule,
                            scope_statistics_t *out) NODISCARD;
status_t columns_references(columns_t *columns, size_t row, const benchmark_rule_t *rule, references_t *out) NODISCARD;
status_t columns_benchmark_stores(columns_t *columns, size_t row, size_t scope, const benchmark_rule_t *rule,
                                  uint32_t *out_slots, uint32_t *out_count, mpq_t out) NODISCARD;
