/* What a dealer is shown (SPEC 4): own values and peers from one month, the scopes from its releases. */
#pragma once

#include "hub/queries.h"

/* Whether the answer to this key is disclosed: a dealer's is, unless the setting is off. */
bool query_is_disclosed(const query_t *query);

/* Whether the nation is outside of what this key reads live: a manager's key sees of it what a dealer without stores
 * would, unless the setting is off. */
bool query_nation_is_disclosed(const query_t *query);

/* Puts the nation's averages and benchmarks of a manager's answer in their released form; the release's number and time
 * into *answer. Counts are not shown (0). `most` as below; `scope`: the nation's place in answer->scopes. */
status_t query_disclose_nation(const query_t *query, period_t period, uint64_t most, benchmark_answer_t *answer,
                               size_t scope) NODISCARD;
status_t query_disclose_columns(const query_t *query, uint64_t most, compare_answer_t *answer) NODISCARD;

/* The comparison of a store with its region, from the releases up to the event `most` (UINT64_MAX = all). `month` is of
 * the query's world. */
status_t query_compare_disclosed(const query_t *query, const month_t *month, uint64_t most, uint32_t dealer,
                                 uint32_t region, const uint32_t *peers, size_t peer_count,
                                 compare_answer_t **out) NODISCARD;
