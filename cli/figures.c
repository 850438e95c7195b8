#include "cli/commands.h"
#include "client/as_of.h"
#include "client/checks.h"
#include "client/filing.h"
#include "client/queries.h"
#include "core/limits.h"

status_t check_scopes(session_t *session)
{
    size_t count = invocation_list(session->invocation, "scope", NULL, 0);
    if (count > SCOPES_MAX)
        return session_misuse(session, "--scope is given %zu times and may be %d times", count, SCOPES_MAX);
    return as_of_check(session);
}

status_t check_dealer(session_t *session)
{
    const char *dealer = invocation_value(session->invocation, "dealer");
    if (!text_is_code(dealer))
        return session_misuse(session, "--dealer %.80s is no code; name one dealer", dealer);
    return as_of_check(session);
}

status_t check_compare(session_t *session)
{
    TRY(check_dealer(session));
    return query_check_compare(session);
}

status_t run_benchmark(session_t *session)
{
    const char *scopes[SCOPES_MAX], *table = invocation_value(session->invocation, "table");
    benchmark_query_t query = {.period = invocation_period(session->invocation, "period"),
                               .scopes = scopes,
                               .table = table ? table : "",
                               .regions_today = query_regions_today(session)};
    query.scope_count = invocation_list(session->invocation, "scope", scopes, SCOPES_MAX);
    request_t request = {.kind = REQUEST_BENCHMARK, .benchmark = query};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(as_of_take(session, &request.benchmark.as_of));
    TRY(session_ask(session, "benchmark", &request, RESPONSE_BENCHMARK, &answer));
    render_t render = session_render(session);
    return render_benchmark(&render, answer.response->benchmark);
}

status_t run_rank(session_t *session)
{
    request_t request = {.kind = REQUEST_RANK,
                         .rank = {.row = invocation_value(session->invocation, "row"),
                                  .scope = invocation_value(session->invocation, "scope"),
                                  .period = invocation_period(session->invocation, "period"),
                                  .regions_today = query_regions_today(session)}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(as_of_take(session, &request.rank.as_of));
    TRY(session_ask(session, "rank", &request, RESPONSE_RANK, &answer));
    render_t render = session_render(session);
    return render_rank(&render, answer.response->rank);
}

status_t check_coverage(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    bool has_period = invocation_value(invocation, "period"), has_year = invocation_value(invocation, "year");
    if (has_period == has_year)
        return session_misuse(session, "coverage shows a month or a year; give --period YYYY-MM or --year YYYY");
    if (has_period && invocation_value(invocation, "never"))
        return session_misuse(session, "--never picks stores of a year; give --year with it");
    if (has_year && (invocation_value(invocation, "as-of") || invocation_value(invocation, "restated")))
        return session_misuse(session,
                              "the coverage of a year is that of now; --as-of and --restated go with --period");
    return check_scopes(session);
}

static status_t run_coverage_year(session_t *session, const char **scopes, size_t scope_count)
{
    request_t request = {.kind = REQUEST_COVERAGE_YEAR,
                         .coverage_year = {.year = invocation_year(session->invocation, "year"),
                                           .scopes = scopes,
                                           .scope_count = scope_count,
                                           .never_only = invocation_value(session->invocation, "never"),
                                           .regions_today = query_regions_today(session)}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "coverage", &request, RESPONSE_COVERAGE_YEAR, &answer));
    render_t render = session_render(session);
    return render_coverage_year(&render, answer.response->coverage_year);
}

status_t run_coverage(session_t *session)
{
    const char *scopes[SCOPES_MAX];
    size_t scope_count = invocation_list(session->invocation, "scope", scopes, SCOPES_MAX);
    if (invocation_value(session->invocation, "year"))
        return run_coverage_year(session, scopes, scope_count);
    request_t request = {.kind = REQUEST_COVERAGE,
                         .coverage = {.period = invocation_period(session->invocation, "period"),
                                      .scopes = scopes,
                                      .scope_count = scope_count,
                                      .regions_today = query_regions_today(session)}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(as_of_take(session, &request.coverage.as_of));
    TRY(session_ask(session, "coverage", &request, RESPONSE_COVERAGE, &answer));
    render_t render = session_render(session);
    return render_coverage(&render, answer.response->coverage);
}

status_t run_checks(session_t *session)
{
    const char *dealer = invocation_value(session->invocation, "dealer");
    return checks_run(session, dealer ? dealer : "");
}

status_t run_compare(session_t *session)
{
    return query_compare(session, invocation_value(session->invocation, "dealer"));
}

status_t run_trend(session_t *session)
{
    return query_trend(session, invocation_value(session->invocation, "dealer"));
}

status_t run_consultants(session_t *session)
{
    return query_consultants(session, invocation_value(session->invocation, "dealer"));
}

status_t run_facts_import(session_t *session)
{
    CLEANUP(facts_set_fini) facts_set_t set = {0};
    CLEANUP(faults_fini) faults_t warnings = {0}; /* the hub names them too, and knows the month before */
    CLEANUP(faults_fini) faults_t notes = {0};
    TRY(filing_read(session, NULL, 0, NULL, &set, &warnings, &notes));
    filing_print_notes(session, "note", &notes, stderr);
    return filing_send(session, &set, true);
}
