/* Who has reported in a year, dealer by month: read from the store's indices, not from months in memory, so that twelve
 * months of a large network push nothing out. */
#include "hub/access.h"
#include "hub/queries.h"

#include "core/scratch.h"

#include <string.h>

typedef struct {
    const network_t *network;
    uint8_t *filed; /* of one month, by dealer */
    uint32_t next;  /* dealers come by code here as there */
} filling_t;

static status_t fill_one(void *context, const char *dealer, filed_t filed)
{
    filling_t *filling = context;
    const network_t *network = filling->network;
    while (filling->next < network->dealer_count && strcmp(network->dealers[filling->next].code, dealer) < 0)
        filling->next++;
    if (filling->next < network->dealer_count && strcmp(network->dealers[filling->next].code, dealer) == 0)
        filling->filed[filling->next] = (uint8_t)filed;
    return STATUS_OK;
}

static status_t fill(store_txn_t *txn, const network_t *network, int year, uint8_t *filed)
{
    for (int month = 0; month < YEAR_MONTHS; month++) {
        filling_t filling = {network, filed + (size_t)month * network->dealer_count, 0};
        TRY(store_scan_filed(txn, period_make(year, month + 1), fill_one, &filling));
    }
    return STATUS_OK;
}

/* The scopes named, or those that are meant where none is. */
static status_t find_scopes(const query_t *query, const coverage_year_query_t *asked, scope_t **out, size_t *out_count)
{
    const network_t *network = query->world->network;
    size_t room = asked->scope_count ? asked->scope_count : network->region_count + 1ul;
    scope_t *scopes = arena_array(query->arena, room, sizeof *scopes);
    if (!scopes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < asked->scope_count; i++)
        TRY(access_find_scope_of_year(network, query->principal, asked->scopes[i], asked->year, &scopes[i],
                                      query->refusal));
    *out = scopes;
    *out_count = asked->scope_count ? asked->scope_count : access_default_scopes(network, query->principal, scopes);
    return *out_count ? STATUS_OK : query_refuse_region(query);
}

/* The view of the whole year; how many stores are left out is the month's with most, which the grid tells. */
static status_t find_view(const query_t *query, bool regions_today, coverage_year_input_t *input, period_t today)
{
    uint32_t unseen;
    input->view = REGIONS_THEN;
    if (!regions_today)
        return STATUS_OK;
    TRY(access_find_view(query->world->network, query->principal, today, today, &input->view, &unseen, query->refusal));
    if (query->principal->role == ROLE_MANAGER)
        input->view.viewer = network_find_region(query->world->network, query->principal->region);
    return STATUS_OK;
}

/* ---- first and last report, of the months that the key may see */

typedef struct {
    const query_t *query;
    uint32_t dealer;
} sight_t;

static bool may_see(void *context, period_t period)
{
    const sight_t *sight = context;
    const network_t *network = sight->query->world->network;
    return access_holds_region(network, sight->query->principal, network_region_of(network, sight->dealer, period));
}

static status_t find_reports(const query_t *query, store_txn_t *txn, coverage_year_answer_t *answer)
{
    for (size_t i = 0; i < answer->dealer_count; i++) {
        coverage_year_dealer_t *dealer = &answer->dealers[i];
        sight_t sight = {query, network_find_dealer(query->world->network, dealer->dealer)};
        TRY(store_find_reports(txn, dealer->dealer, may_see, &sight, &dealer->first, &dealer->last));
    }
    return STATUS_OK;
}

status_t query_coverage_year(const query_t *query)
{
    const coverage_year_query_t *asked = &query->request->coverage_year;
    const network_t *network = query->world->network;
    wall_time_t now = clock_wall();
    period_t today = clock_period(now);
    coverage_year_input_t input = {.network = network, .year = asked->year, .never_only = asked->never_only};
    scope_t *scopes;
    size_t scope_count;
    TRY(find_scopes(query, asked, &scopes, &scope_count));
    TRY(find_view(query, asked->regions_today, &input, today));
    for (int month = 0; month < YEAR_MONTHS; month++)
        input.is_due[month] = clock_is_late(period_make(asked->year, month + 1), query->hub->settings->due_day, now);

    CLEANUP(scratch_free) uint8_t *filed = calloc((size_t)network->dealer_count + 1, YEAR_MONTHS);
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    coverage_year_answer_t *answer = NULL;
    if (!filed)
        return STATUS_NO_MEMORY;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(fill(txn, network, asked->year, filed));
    input.filed = filed;
    TRY(coverage_year_compute(&input, scopes, scope_count, query->arena, &answer));
    TRY(find_reports(query, txn, answer));
    answer->regions.is_today = asked->regions_today;
    answer->regions.today = today;
    query->response->kind = RESPONSE_COVERAGE_YEAR;
    query->response->coverage_year = answer;
    return STATUS_OK;
}
