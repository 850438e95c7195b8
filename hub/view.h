/* Which figures a question reads: as they are, as they were published, or as they were at a moment (SPEC 5).
 *
 * A month that is open is read live and is "provisional". One that is closed is "published": read at the event that
 * closed it, in the network and by the benchmark rule of then; `restated` asks for it as it stands. With as-of the same
 * holds at that event of the log: what the hub would have answered right behind it. Rights are today's, by today's
 * network (hub/access_then.h). The present's open months cost no read of the store.
 *
 * A dealer's own values are live, whatever the month's state (SPEC 4).
 *
 * Two steps, so that nothing is read for who may not see it: view_open finds the world, in which names are looked up
 * and rights are checked, then view_month reads. */
#pragma once

#include "hub/queries.h"

typedef struct {
    world_t *world;        /* held until view_fini */
    benchmark_rule_t rule; /* of a month's view */
    uint64_t event;        /* the figures are those right behind this event; 0 = live */
    uint64_t sequence;     /* no revision after this one counts; UINT64_MAX = live */
    period_t period;
    figures_kind_t kind;
    uint64_t closing;  /* a live month's: what view_month must find unchanged */
    bool is_disclosed; /* a dealer's: own values and peers live, the scopes from the month's releases up to the event
                          `releases` (hub/query_disclosed.h) */
    uint64_t releases;
    regions_view_t
        regions; /* by which regions a month is laid out; REGIONS_THEN but where regions of today are asked for */
    answer_regions_t regions_told; /* what the answer says of that */
} view_t;

/* Of a month. A dealer's as-of chooses among its releases. Refused in words: a dealer's where there are none (the
 * setting `disclosure` is off), its `restated`, and a moment before the log begins, in the future, behind its end.
 * `regions_today` (headquarters and managers) goes with live figures only: not with an as-of, and of a closed month
 * with `restated`. */
status_t view_open(const query_t *query, period_t period, const as_of_t *as_of, bool regions_today,
                   view_t *out) NODISCARD;

/* Of what a store has filed, whichever months: live, or as of a moment; `restated` makes no difference. */
status_t view_open_filed(const query_t *query, const as_of_t *as_of, view_t *out) NODISCARD;

/* Fit for CLEANUP; accepts a zeroed one. */
void view_fini(view_t *view);

/* The month in the view's world, and what is to be told of it: counts are of `asked`, which the key may read; NULL: of
 * all that it reads together (a manager's region where there was one, else the nation). Dealers are told none. The
 * caller ends the snapshot with months_release. STATUS_CONFLICT: the world or the month's state changed meanwhile, ask
 * again. */
status_t view_month(const query_t *query, const view_t *view, const scope_t *asked, month_snapshot_t *out,
                    figures_status_t *out_status) NODISCARD;
