/* Who may what of an earlier moment (a published month, --as-of): names and figures are those of then, rights are
 * always today's (SPEC 4). Pure. Where the present is asked for it is hub/access.h and nothing else; headquarters reads
 * everything of any time. For a manager:
 *
 * - Its region is the one that its key names today. One that today's network does not have holds nothing, of any time.
 * - A store's month is seen where it lies in that region by today's network; where it lay then does not matter. So what
 *   was moved away since is gone from a manager's sight, also as it was, and what came is seen from its beginning.
 * - A scope of then is seen wholly where every store that it held in that month is one that is seen; that it exists
 *   today is not needed, nor that it lay in the region then. (Stores that today's network does not know at all never
 *   filed anything, and hide nothing.)
 * - A region of then that lies in the key's region both then and today but held stores that do not today is to it what
 *   the nation is: averages and benchmarks, no ranking, no coverage.
 * - A refusal does not tell whether the rest exists; what the key sees today and was not there then is named. */
#pragma once

#include "hub/access.h"

#include "core/arena.h"

typedef struct {
    const network_t *then;  /* of the figures, and of the names */
    const network_t *today; /* the same one where the present is asked for */
    const principal_t *principal;
} access_then_t;

/* As the functions of hub/access.h; indices are those of `then`. */
status_t access_then_store(const access_then_t *at, const char *dealer, period_t period, uint32_t *out_dealer,
                           uint32_t *out_region, refusal_t *refusal) NODISCARD;
status_t access_then_peer(const access_then_t *at, uint32_t own, const char *peer, period_t period, uint32_t *out,
                          refusal_t *refusal) NODISCARD;

/* All that can stand beside `own` in that month: the stores of its circles of today that access_then_peer lets the key
 * see, each once, by code. At most PEERS_MAX to `out`; *out_left_out: how many more there are. STATUS_NO_MEMORY. */
status_t access_then_all_peers(const access_then_t *at, uint32_t own, period_t period, arena_t *arena,
                               uint32_t out[PEERS_MAX], size_t *out_count, size_t *out_left_out) NODISCARD;

status_t access_then_region(const access_then_t *at, uint32_t own_region, const char *region, period_t period,
                            uint32_t *out, refusal_t *refusal) NODISCARD;
status_t access_then_scope(const access_then_t *at, request_kind_t kind, const char *scope, period_t period,
                           scope_t *out, bool *out_averages_only, refusal_t *refusal) NODISCARD;
status_t access_then_year(const access_then_t *at, const char *dealer, period_t first, uint32_t *out_dealer,
                          bool out_visible[TREND_MONTHS], refusal_t *refusal) NODISCARD;

/* The scopes that are meant where none is named, as far as the key sees them; at most region_count + 1 to each array.
 * Returns how many: 0 where the key's region did not exist then, or nothing of it is seen. */
size_t access_then_default_scopes(const access_then_t *at, request_kind_t kind, period_t period, scope_t *out,
                                  bool *out_averages_only);
