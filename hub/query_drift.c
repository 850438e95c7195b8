/* What a month's figures drifted since they were published, and through whom (SPEC 5). */
#include "hub/access.h"
#include "hub/month_log.h"
#include "hub/month_state.h"
#include "hub/queries.h"
#include "hub/settings_log.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const query_t *query;
    store_txn_t *txn;
    stored_event_t closing;
    benchmark_rule_t rule; /* of then */
    drift_answer_t *answer;
    correction_t *corrections; /* on the heap, while they are gathered */
    size_t count, room;
    period_t period; /* whose corrections are gathered */
} asking_t;

/* ---- figures */

/* All rows for the key's scopes, in the world of the month. A manager's scopes are today's, as far as the month's
 * network has them. */
static status_t compute(const asking_t *asking, const month_t *month, const benchmark_rule_t *rule,
                        benchmark_answer_t **out)
{
    const query_t *query = asking->query;
    const network_t *today = query->world->network, *then = month->network;
    bool is_manager = query->principal->role == ROLE_MANAGER;
    const network_t *network = is_manager ? today : then;
    scope_t *scopes = arena_array(query->arena, network->region_count + 1ul, sizeof *scopes);
    size_t known = 0;
    if (!scopes)
        return STATUS_NO_MEMORY;
    size_t count = access_default_scopes(network, query->principal, scopes);
    for (size_t i = 0; i < count; i++) {
        scope_t scope = scopes[i];
        if (scope.kind == SCOPE_REGION)
            scope.index = network_find_region(then, network->regions[scope.index].code);
        if (scope.kind != SCOPE_REGION || scope.index != INDEX_NONE)
            scopes[known++] = scope;
    }
    return benchmark_compute(month, rule, scopes, known, SIZE_MAX, NULL, query->arena, out);
}

static status_t compare(const asking_t *asking)
{
    const query_t *query = asking->query;
    period_t period = asking->answer->period;
    CLEANUP(months_release) month_snapshot_t published = {0};
    CLEANUP(months_release) month_snapshot_t restated = {0};
    benchmark_answer_t *before = NULL, *after = NULL;
    TRY(months_acquire(query->hub->months, period, &restated));
    if (restated.world != query->world)
        return STATUS_CONFLICT;
    TRY(past_month(query->hub->past, period, asking->closing.event, &published));
    TRY(compute(asking, published.month, &asking->rule, &before));
    TRY(compute(asking, restated.month, &query->hub->settings->benchmark, &after));
    return drift_compute(before, after, DRIFT_CELLS_MAX, query->arena, &asking->answer->drift);
}

/* ---- through whom */

/* The exception under which it was filed; none where the month was open then. */
static status_t find_exception(const asking_t *asking, uint64_t sequence, correction_t *correction)
{
    arena_t *arena = asking->query->arena;
    exception_t *exception = arena_alloc(arena, sizeof *exception);
    if (!exception)
        return STATUS_NO_MEMORY;
    status_t status =
        month_log_exception_of(asking->txn, correction->dealer, correction->period, sequence, arena, exception);
    if (status == STATUS_OK)
        correction->exception = exception;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static status_t describe(const asking_t *asking, const char *dealer, uint64_t sequence, correction_t *out)
{
    arena_t *arena = asking->query->arena;
    stored_revision_t before = {0}, after = {0};
    status_t status =
        store_get_revision_at(asking->txn, dealer, asking->period, asking->closing.sequence, false, arena, &before);
    if (status != STATUS_NOT_FOUND)
        TRY(status);
    TRY(store_get_sequence(asking->txn, sequence, false, arena, &after));
    *out = (correction_t){
        .dealer = after.dealer,
        .period = asking->period,
        .revision_before = before.revision,
        .revision = after.revision,
        .is_withdrawn = after.withdrawn,
        .time_ms = after.time_ms,
        .role = after.role,
    };
    memcpy(out->public_key, after.public_key, KEY_SIZE);
    return find_exception(asking, sequence, out);
}

static status_t visit(void *context, const char *dealer, uint64_t sequence)
{
    asking_t *asking = context;
    if (!access_sees_month(asking->query->world->network, asking->query->principal, dealer, asking->period))
        return STATUS_OK;
    if (asking->count == asking->room) {
        size_t room = asking->room ? 2 * asking->room : 64;
        correction_t *corrections = realloc(asking->corrections, room * sizeof *corrections);
        if (!corrections)
            return STATUS_NO_MEMORY;
        asking->corrections = corrections;
        asking->room = room;
    }
    TRY(describe(asking, dealer, sequence, &asking->corrections[asking->count]));
    asking->count++;
    return STATUS_OK;
}

/* Of the month, and where rows use it of the one before. */
static status_t gather(asking_t *asking)
{
    bool uses_previous = asking->query->world->catalog->rows_use_previous;
    for (asking->period = asking->answer->period - uses_previous; asking->period <= asking->answer->period;
         asking->period++)
        TRY(store_scan_changes(asking->txn, asking->period, asking->closing.sequence, visit, asking));
    correction_t *corrections = arena_array(asking->query->arena, asking->count, sizeof *corrections);
    if (!corrections)
        return STATUS_NO_MEMORY;
    if (asking->count)
        memcpy(corrections, asking->corrections, asking->count * sizeof *corrections);
    asking->answer->corrections = corrections;
    asking->answer->correction_count = asking->count;
    return STATUS_OK;
}

/* When a subject last changed since the closing; 0 where it did not. */
static status_t find_change(const asking_t *asking, const char *subject, uint64_t *out_ms)
{
    stored_event_t event;
    status_t status = store_last_event(asking->txn, subject, UINT64_MAX, asking->query->arena, &event);
    if (status == STATUS_OK && event.event > asking->closing.event)
        *out_ms = event.time_ms;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- the answer */

static status_t find_closing(asking_t *asking, period_t period)
{
    const query_t *query = asking->query;
    char month[PERIOD_TEXT_SIZE];
    month_state_t state;
    period_format(period, month);
    status_t status = month_log_closing(asking->txn, period, query->arena, &asking->closing);
    if (status == STATUS_NOT_FOUND)
        return refuse(query->refusal, STATUS_INVALID, month,
                      "%s was never closed: nothing of it is published that could have drifted", month);
    TRY(status);
    TRY(month_state_at(asking->txn, period, UINT64_MAX, &state));
    TRY(settings_benchmark_at(asking->txn, asking->closing.event, &asking->rule));
    asking->answer->period = period;
    asking->answer->is_closed = state.is_closed;
    asking->answer->published_ms = asking->closing.time_ms;
    asking->answer->has_published_by = asking->closing.has_actor;
    memcpy(asking->answer->published_by, asking->closing.public_key, KEY_SIZE);
    return STATUS_OK;
}

/* From the log; compare() reads in transactions of its own. */
static status_t read_log(asking_t *asking)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_read(asking->query->hub->store, &txn));
    asking->txn = txn;
    TRY(find_closing(asking, asking->query->request->month_drift));
    TRY(find_change(asking, "network", &asking->answer->network_ms));
    TRY(find_change(asking, "catalog", &asking->answer->catalog_ms));
    return gather(asking);
}

status_t query_month_drift(const query_t *query)
{
    scope_t own;
    drift_answer_t *drift = arena_alloc(query->arena, sizeof *drift);
    if (!drift)
        return STATUS_NO_MEMORY;
    TRY(access_find_own_scope(query->world->network, query->principal, &own, query->refusal));
    asking_t asking = {.query = query, .answer = drift};
    status_t status = read_log(&asking);
    free(asking.corrections);
    TRY(status);
    TRY(compare(&asking));
    query->response->kind = RESPONSE_DRIFT;
    query->response->drift = drift;
    return STATUS_OK;
}
