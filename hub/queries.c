#include "hub/queries.h"

#include "hub/log.h"

#include "core/limits.h"

#define TRIES_MAX 8 /* worlds that may come and go under one question */

static status_t (*const ANSWERS[REQUEST_KIND_COUNT])(const query_t *) = {
    [REQUEST_DESCRIBE] = query_describe,
    [REQUEST_GET_CATALOG] = query_get_catalog,
    [REQUEST_COMPARE] = query_compare,
    [REQUEST_TREND] = query_trend,
    [REQUEST_CONSULTANTS] = query_consultants,
    [REQUEST_RANK] = query_rank,
    [REQUEST_BENCHMARK] = query_benchmark,
    [REQUEST_COVERAGE] = query_coverage,
    [REQUEST_LIST_KEYS] = query_list_keys,
    [REQUEST_SHOW_NETWORK] = query_show_network,
    [REQUEST_GET_HEALTH] = query_get_health,
    [REQUEST_LIST_TOKENS] = query_list_tokens,
    [REQUEST_MONTH_STATUS] = query_month_status,
    [REQUEST_MONTH_DRIFT] = query_month_drift,
    [REQUEST_LIST_EVENTS] = query_list_events,
    [REQUEST_VERIFY_EVENTS] = query_verify_events,
    [REQUEST_WITNESS] = query_witness,
    [REQUEST_HISTORY] = query_history,
    [REQUEST_CHECKS] = query_checks,
    [REQUEST_COVERAGE_YEAR] = query_coverage_year,
    [REQUEST_LIST_EXEMPLARS] = query_list_exemplars,
    [REQUEST_EXPLAIN_DISCLOSURE] = query_explain_disclosure,
};

bool query_is(request_kind_t kind)
{
    return kind < REQUEST_KIND_COUNT && ANSWERS[kind];
}

/* One try, in the world of this moment. */
static status_t try_once(hub_t *hub, job_t *job, refusal_t *refusal)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESPONSE_SIZE_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    CLEANUP(world_release) world_t *world = months_world(hub->months);
    response_t response = {.status = STATUS_OK};
    query_t query = {
        .hub = hub,
        .world = world,
        .principal = job->principal,
        .request = job->request,
        .arena = arena,
        .response = &response,
        .refusal = refusal,
    };
    *refusal = (refusal_t){0};
    TRY(ANSWERS[job->request->kind](&query));
    job_answer(job, &response);
    return STATUS_OK;
}

void query_answer(hub_t *hub, job_t *job)
{
    refusal_t refusal;
    status_t status = STATUS_CONFLICT;
    for (unsigned i = 0; i < TRIES_MAX && status == STATUS_CONFLICT; i++)
        status = try_once(hub, job, &refusal);
    if (status == STATUS_CONFLICT)
        status = STATUS_BUSY;
    if (status >= STATUS_NO_MEMORY)
        log_event(LOG_ERROR, "query", "request=%s status=%s", request_kind_names[job->request->kind],
                  status_name(status));
    if (status != STATUS_OK)
        job_refuse(job, status, refusal.message, refusal.where, NULL);
}
