/* Stores that headquarters has designated as a scope's benchmark (SPEC 2.6), as the log tells. */
#pragma once

#include "hub/store.h"

#include "core/exemplar.h"

/* All designations that the log holds, in memory; read when they are first asked for, and again when one has come. */
typedef struct exemplar_log exemplar_log_t;

/* NULL when out of memory. The store is borrowed. */
exemplar_log_t *exemplar_log_create(store_t *store);
void exemplar_log_destroy(exemplar_log_t **log);

/* Those that stand for a month as of the event `most` (UINT64_MAX = now), numbered by `network`; a scope or a dealer
 * that it does not know is left out. Memory from `arena`. None that was acknowledged before is missing. Any thread. */
status_t exemplars_at(exemplar_log_t *log, const network_t *network, period_t period, uint64_t most, arena_t *arena,
                      exemplars_t *out) NODISCARD;

/* The newest designation of each scope, withdrawn ones too. */
status_t exemplars_list(store_txn_t *txn, arena_t *arena, exemplar_entry_t **out, size_t *out_count) NODISCARD;
