/* What a dealer is shown (SPEC 4): own values and peers from one month, the scopes from its releases. */
#pragma once

#include "hub/queries.h"

/* Whether the answer to this key is disclosed: a dealer's is, unless the setting is off. */
bool query_is_disclosed(const query_t *query);

/* The comparison of a store with its region, from the releases up to the event `most` (UINT64_MAX = all). `month` is of
 * the query's world. */
status_t query_compare_disclosed(const query_t *query, const month_t *month, uint64_t most, uint32_t dealer,
                                 uint32_t region, const uint32_t *peers, size_t peer_count,
                                 compare_answer_t **out) NODISCARD;
