#include "cli/commands.h"
#include "client/filing.h"
#include "client/queries.h"
#include "core/limits.h"

/* --scope… into `scopes`, which has room for SCOPES_MAX. */
static status_t take_scopes(session_t *session, const char **scopes, size_t *out_count)
{
    size_t count = invocation_list(session->invocation, "scope", scopes, SCOPES_MAX);
    if (count > SCOPES_MAX)
        return session_misuse(session, "--scope is given %zu times and may be %d times", count, SCOPES_MAX);
    *out_count = count;
    return STATUS_OK;
}

status_t run_benchmark(session_t *session)
{
    const char *scopes[SCOPES_MAX], *table = invocation_value(session->invocation, "table");
    benchmark_query_t query = {
        .period = invocation_period(session->invocation, "period"), .scopes = scopes, .table = table ? table : ""};
    TRY(take_scopes(session, scopes, &query.scope_count));
    request_t request = {.kind = REQUEST_BENCHMARK, .benchmark = query};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "benchmark", &request, RESPONSE_BENCHMARK, &answer));
    render_t render = session_render(session);
    return render_benchmark(&render, answer.response->benchmark);
}

status_t run_rank(session_t *session)
{
    const char *scopes[1];
    if (invocation_list(session->invocation, "scope", scopes, 1) > 1)
        return session_misuse(session, "rank takes one --scope; ask once for each");
    request_t request = {.kind = REQUEST_RANK,
                         .rank = {.row = invocation_value(session->invocation, "row"),
                                  .scope = scopes[0],
                                  .period = invocation_period(session->invocation, "period")}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "rank", &request, RESPONSE_RANK, &answer));
    render_t render = session_render(session);
    return render_rank(&render, answer.response->rank);
}

status_t run_coverage(session_t *session)
{
    const char *scopes[SCOPES_MAX];
    coverage_query_t query = {.period = invocation_period(session->invocation, "period"), .scopes = scopes};
    TRY(take_scopes(session, scopes, &query.scope_count));
    request_t request = {.kind = REQUEST_COVERAGE, .coverage = query};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "coverage", &request, RESPONSE_COVERAGE, &answer));
    render_t render = session_render(session);
    return render_coverage(&render, answer.response->coverage);
}

/* A query about the one store of --dealer. */
static status_t about_dealer(session_t *session, status_t (*query)(session_t *session, const char *dealer))
{
    const char *dealer = invocation_value(session->invocation, "dealer");
    if (!text_is_code(dealer))
        return session_misuse(session, "--dealer %.80s is no code; name one dealer", dealer);
    return query(session, dealer);
}

status_t run_compare(session_t *session)
{
    return about_dealer(session, query_compare);
}

status_t run_trend(session_t *session)
{
    return about_dealer(session, query_trend);
}

status_t run_consultants(session_t *session)
{
    return about_dealer(session, query_consultants);
}

status_t run_facts_import(session_t *session)
{
    CLEANUP(facts_set_fini) facts_set_t set = {0};
    CLEANUP(faults_fini) faults_t warnings = {0}; /* the hub names them too, and knows the month before */
    TRY(filing_read(session, NULL, 0, &set, &warnings));
    return filing_send(session, &set, true);
}
