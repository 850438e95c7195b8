/* Questions: reads, checked and computed by the query workers from month snapshots and read transactions. */
#pragma once

#include "hub/hub.h"
#include "hub/job.h"

/* Whether a request changes nothing, and so belongs to the query workers; the others are the writer's. */
bool query_is(request_kind_t kind);

/* Answers the job, whatever the outcome. Any worker thread. */
void query_answer(hub_t *hub, job_t *job);

/* What the question functions below get, and where they put the answer. */
typedef struct {
    hub_t *hub;
    world_t *world; /* the current one when the question was taken up; held until the answer is encoded */
    const principal_t *principal;
    const request_t *request;
    arena_t *arena; /* of the answer */
    response_t *response;
    refusal_t *refusal;
} query_t;

/* Each fills response->kind and its body. STATUS_CONFLICT: the world changed meanwhile, ask again; a refusal where a
 * rule says no; what the store says. */
status_t query_describe(const query_t *query) NODISCARD;
status_t query_get_catalog(const query_t *query) NODISCARD;
status_t query_list_keys(const query_t *query) NODISCARD;
status_t query_list_tokens(const query_t *query) NODISCARD;
status_t query_show_network(const query_t *query) NODISCARD;
status_t query_get_health(const query_t *query) NODISCARD;
status_t query_list_events(const query_t *query) NODISCARD;
status_t query_verify_events(const query_t *query) NODISCARD;
status_t query_witness(const query_t *query) NODISCARD;
status_t query_history(const query_t *query) NODISCARD;
status_t query_compare(const query_t *query) NODISCARD;
status_t query_trend(const query_t *query) NODISCARD;
status_t query_consultants(const query_t *query) NODISCARD;
status_t query_rank(const query_t *query) NODISCARD;
status_t query_benchmark(const query_t *query) NODISCARD;
status_t query_coverage(const query_t *query) NODISCARD;
status_t query_list_exemplars(const query_t *query) NODISCARD;
status_t query_explain_disclosure(const query_t *query) NODISCARD;
status_t query_month_status(const query_t *query) NODISCARD;
status_t query_month_drift(const query_t *query) NODISCARD;
status_t query_checks(const query_t *query) NODISCARD;
status_t query_coverage_year(const query_t *query) NODISCARD;

/* The refusal of a manager whose region the network has no more. */
status_t query_refuse_region(const query_t *query) NODISCARD;
