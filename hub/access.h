/* Who may what (SPEC 4): one table of role and request, and the finer rules about dealers, regions and scopes. Pure.
 *
 * Names in a request become indices here, so that nothing is looked up before it is allowed. To dealers and managers a
 * refusal reads the same whether the thing is unknown or another's (STATUS_NOT_ALLOWED); headquarters is told
 * (STATUS_UNKNOWN, STATUS_INVALID). */
#pragma once

#include "hub/refusal.h"
#include "hub/registry.h"

#include "core/regions_view.h"

/* Whether a key of that role may send that request at all. */
bool access_role_may(role_t role, request_kind_t kind);

/* Whether a dealer's key names that store; headquarters' holds for every store (it files for any dealer). */
bool access_may_submit(const principal_t *principal, const char *dealer);

/* A store whose month the key wants to read: its index, and its region in that month. */
status_t access_find_store(const network_t *network, const principal_t *principal, const char *dealer, period_t period,
                           uint32_t *out_dealer, uint32_t *out_region, refusal_t *refusal) NODISCARD;

/* A store to show beside `own` in that month. */
status_t access_find_peer(const network_t *network, const principal_t *principal, uint32_t own, const char *peer,
                          period_t period, uint32_t *out, refusal_t *refusal) NODISCARD;

/* The region to compare with: `own_region` where `region` is "". */
status_t access_find_region(const network_t *network, const principal_t *principal, uint32_t own_region,
                            const char *region, uint32_t *out, refusal_t *refusal) NODISCARD;

/* A scope of benchmark, rank or coverage. *out_averages_only: only average, benchmark and counts may be shown of it. */
status_t access_find_scope(const network_t *network, const principal_t *principal, request_kind_t kind,
                           const char *scope, period_t period, scope_t *out, bool *out_averages_only,
                           refusal_t *refusal) NODISCARD;

/* What a manager is told that may not see a scope, or asks for one that there is not. */
status_t access_refuse_scope(const char *scope, request_kind_t kind, refusal_t *refusal) NODISCARD;

/* The scopes that are meant where none is named: the nation and every region; for a manager its region and all below
 * it; in regions.csv's order. At most region_count + 1 to `out`; returns how many. */
size_t access_default_scopes(const network_t *network, const principal_t *principal, scope_t *out);

/* Regions as they are in the month `today` (`--regions today`), for managers and headquarters. Where every store that
 * a manager has today lay in its region in `period` as well, it shares the view of headquarters. *out_unseen: how many
 * did not. */
status_t access_find_view(const network_t *network, const principal_t *principal, period_t today, period_t period,
                          regions_view_t *out, uint32_t *out_unseen, refusal_t *refusal) NODISCARD;

/* The scope of a year: of a circle, a manager must hold its members in each month in which it has any. */
status_t access_find_scope_of_year(const network_t *network, const principal_t *principal, const char *scope, int year,
                                   scope_t *out, refusal_t *refusal) NODISCARD;

/* A store whose year the key wants to read. `out_visible[i]`: whether it may see month `first` + i. */
status_t access_find_year(const network_t *network, const principal_t *principal, const char *dealer, period_t first,
                          uint32_t *out_dealer, bool out_visible[TREND_MONTHS], refusal_t *refusal) NODISCARD;

/* Whether the key reads what is told of a store's month: a dealer of its own stores, a manager of those that lie in its
 * region then, headquarters of all. */
bool access_sees_month(const network_t *network, const principal_t *principal, const char *dealer, period_t period);

/* All that a manager reads together: its region; of other roles the nation. */
status_t access_find_own_scope(const network_t *network, const principal_t *principal, scope_t *out,
                               refusal_t *refusal) NODISCARD;

/* Whether the region lies in a manager's; always true for other roles. */
bool access_holds_region(const network_t *network, const principal_t *principal, uint32_t region);
