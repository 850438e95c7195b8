#include "client/queries.h"

#include "client/as_of.h"

#include "core/limits.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

status_t query_check_compare(session_t *session)
{
    size_t count = invocation_list(session->invocation, "peer", NULL, 0);
    if (count > PEERS_MAX)
        return session_misuse(session, "--peer is given %zu times and may be %d times", count, PEERS_MAX);
    if (count && invocation_value(session->invocation, "all-peers"))
        return session_misuse(session, "name peers with --peer, or take all with --all-peers; not both");
    return STATUS_OK;
}

bool query_regions_today(const session_t *session)
{
    const char *regions = invocation_value(session->invocation, "regions");
    return regions && !strcmp(regions, "today");
}

status_t query_compare(session_t *session, const char *dealer)
{
    const invocation_t *invocation = session->invocation;
    const char *peers[PEERS_MAX], *region = invocation_value(invocation, "region");
    size_t peer_count = invocation_list(invocation, "peer", peers, PEERS_MAX);
    request_t request = {.kind = REQUEST_COMPARE,
                         .compare = {.dealer = dealer,
                                     .period = invocation_period(invocation, "period"),
                                     .peers = peers,
                                     .peer_count = peer_count,
                                     .region = region ? region : "",
                                     .regions_today = query_regions_today(session),
                                     .all_peers = invocation_value(invocation, "all-peers") != NULL}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(as_of_take(session, &request.compare.as_of));
    TRY(session_ask(session, "compare", &request, RESPONSE_COMPARE, &answer));
    render_t render = session_render(session);
    return render_compare(&render, answer.response->compare);
}

status_t query_trend(session_t *session, const char *dealer)
{
    request_t request = {.kind = REQUEST_TREND,
                         .trend = {.dealer = dealer, .year = invocation_year(session->invocation, "year")}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(as_of_take(session, &request.trend.as_of));
    TRY(session_ask(session, "trend", &request, RESPONSE_TREND, &answer));
    render_t render = session_render(session);
    return render_trend(&render, answer.response->trend);
}

status_t query_consultants(session_t *session, const char *dealer)
{
    request_t request = {.kind = REQUEST_CONSULTANTS,
                         .consultants = {.dealer = dealer, .period = invocation_period(session->invocation, "period")}};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(as_of_take(session, &request.consultants.as_of));
    TRY(session_ask(session, "consultants", &request, RESPONSE_CONSULTANTS, &answer));
    render_t render = session_render(session);
    return render_consultants(&render, answer.response->consultants);
}

static status_t make_months_query(session_t *session, request_t *out)
{
    const invocation_t *invocation = session->invocation;
    const char *text = invocation->argument_count ? invocation->arguments[0] : NULL;
    request_t request = {
        .kind = REQUEST_MONTH_STATUS,
        .month_status = {.period = PERIOD_NONE, .year = invocation_year(invocation, "year")},
    };
    if (text && request.month_status.year)
        return session_misuse(session, "month status shows a month or a year; leave %.80s or --year out", text);
    if (text && !period_parse(text, &request.month_status.period))
        return session_misuse(session, "month status: %.80s is no month; write it as 2025-06", text);
    *out = request;
    return STATUS_OK;
}

status_t query_check_months(session_t *session)
{
    request_t request;
    return make_months_query(session, &request);
}

status_t query_months(session_t *session)
{
    request_t request;
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(make_months_query(session, &request));
    TRY(session_ask(session, "month status", &request, RESPONSE_MONTHS, &answer));
    render_t render = session_render(session);
    return render_months(&render, answer.response->months.items, answer.response->months.count);
}

static void format_time(uint64_t ms, char out[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc))
        snprintf(out, 32, "%llu", (unsigned long long)ms);
}

static status_t print_description_json(const session_t *session, const description_t *description)
{
    json_t *dealers = json_array();
    for (size_t i = 0; i < description->dealer_count; i++)
        json_array_append_new(dealers, json_string(description->dealers[i]));
    char now[32];
    format_time(description->time_ms, now);
    json_t *object = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "role", role_names[description->role],
                               "public_key", session->home.public_key, "dealers", dealers, "region",
                               description->region, "hub_version", description->hub_version, "time_zone",
                               description->time_zone, "time", now, "signing_key", session->home.signing_key);
    if (!object)
        return STATUS_NO_MEMORY;
    int failed = json_dumpf(object, stdout, JSON_INDENT(2));
    json_decref(object);
    return failed || putchar('\n') == EOF ? STATUS_IO : STATUS_OK;
}

/* One line; neither codes nor keys hold a comma or a quote. */
static void print_description_csv(const session_t *session, const description_t *description)
{
    char now[32];
    format_time(description->time_ms, now);
    printf("role,dealers,region,public_key,hub_version,time_zone,time,signing_key\n%s,\"",
           role_names[description->role]);
    for (size_t i = 0; i < description->dealer_count; i++)
        printf("%s%s", i ? "," : "", description->dealers[i]);
    printf("\",%s,%s,%s,%s,%s,%s\n", description->region, session->home.public_key, description->hub_version,
           description->time_zone, now, session->home.signing_key);
}

static void print_description(const session_t *session, const description_t *description)
{
    char now[32];
    format_time(description->time_ms, now);
    printf("role        %s\n", role_names[description->role]);
    if (description->dealer_count) {
        printf("dealers    ");
        for (size_t i = 0; i < description->dealer_count; i++)
            printf(" %s", description->dealers[i]);
        putchar('\n');
    }
    if (*description->region)
        printf("region      %s\n", description->region);
    printf("public key  %s\nhub         version %s, months of %s, now %s\n", session->home.public_key,
           description->hub_version, description->time_zone, now);
    printf("            signs with %s\n", *session->home.signing_key ? session->home.signing_key : "no key");
}

status_t query_description(session_t *session)
{
    request_t request = {.kind = REQUEST_DESCRIBE};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "whoami", &request, RESPONSE_DESCRIPTION, &answer));
    const description_t *description = &answer.response->description;
    TRY(session_pin(session, description->has_signing_key ? description->signing_key : NULL));
    if (session->format == FORMAT_JSON)
        return print_description_json(session, description);
    if (session->format == FORMAT_CSV)
        print_description_csv(session, description);
    else
        print_description(session, description);
    return STATUS_OK;
}

status_t query_catalog(session_t *session)
{
    fwrite(session->catalog->yaml, 1, session->catalog->yaml_size, stdout);
    return STATUS_OK;
}

status_t query_init(session_t *session)
{
    if (!*session->home_path)
        return session_misuse(session, "no home is named; give --home DIR or set YARDSTICK_HOME");
    const invocation_t *invocation = session->invocation;
    const char *signing_key = invocation_value(invocation, "signing-key");
    home_t known = {0};
    snprintf(known.signing_key, sizeof known.signing_key, "%s", signing_key ? signing_key : "");
    TRY(home_create(session->home_path, invocation_value(invocation, "hub"), invocation_value(invocation, "hub-key"),
                    &known, &session->home, &session->faults));
    printf("home made in %s; have headquarters admit this public key:\n%s\n", session->home_path,
           session->home.public_key);
    return STATUS_OK;
}
