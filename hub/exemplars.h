/* Stores that headquarters has designated as a scope's benchmark (SPEC 2.6), as the log tells. */
#pragma once

#include "hub/store.h"

#include "core/exemplar.h"

/* Those that stand for a month as of the event `most` (UINT64_MAX = now), numbered by `network`; a scope or a dealer
 * that it does not know is left out. Memory from `arena`. */
status_t exemplars_at(store_txn_t *txn, const network_t *network, period_t period, uint64_t most, arena_t *arena,
                      exemplars_t *out) NODISCARD;

/* The newest designation of each scope, withdrawn ones too. */
status_t exemplars_list(store_txn_t *txn, arena_t *arena, exemplar_entry_t **out, size_t *out_count) NODISCARD;
