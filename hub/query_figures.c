/* The manual's tables (SPEC 3): from a month's snapshot, or straight from the store; hub/view.h says which. */
#include "hub/access.h"
#include "hub/access_then.h"
#include "hub/exemplars.h"
#include "hub/query_disclosed.h"
#include "hub/view.h"

#include "core/limits.h"

#include <string.h>

/* Whose right it is: names are those of the view, rights today's. */
static access_then_t access_of(const query_t *query, const view_t *view)
{
    return (access_then_t){view->world->network, query->world->network, query->principal};
}

/* The exemplars that stand in the view's figures. */
static status_t find_exemplars(const query_t *query, const view_t *view, exemplars_t *out)
{
    return exemplars_at(query->hub->exemplars, view->world->network, view->period,
                        view->event ? view->event : UINT64_MAX, query->arena, out);
}

/* The region that a store is compared with where none is named: its own, in that view. A manager may find that the
 * store lies in another's today. */
static status_t find_own_region(const query_t *query, const view_t *view, const compare_query_t *asked, uint32_t dealer,
                                uint32_t *region)
{
    const network_t *network = view->world->network;
    *region = regions_view_of(network, &view->regions, dealer, asked->period);
    if (*asked->region || access_holds_region(network, query->principal, *region))
        return STATUS_OK;
    return refuse(query->refusal, STATUS_NOT_ALLOWED, asked->dealer,
                  "%s lies in no region of this key today; name one with --region, or leave --regions today out",
                  asked->dealer);
}

/* Those that are named, or all of the store's circles. */
static status_t find_peers(const query_t *query, const access_then_t *access, uint32_t dealer,
                           uint32_t peers[PEERS_MAX], size_t *out_count, size_t *out_left_out)
{
    const compare_query_t *asked = &query->request->compare;
    if (asked->peer_count && asked->all_peers)
        return refuse(query->refusal, STATUS_INVALID, "peers", "name peers, or ask for all; not both");
    if (asked->peer_count > PEERS_MAX)
        return refuse(query->refusal, STATUS_INVALID, "peers", "at most %d peers in one comparison", PEERS_MAX);
    if (asked->all_peers)
        return access_then_all_peers(access, dealer, asked->period, query->arena, peers, out_count, out_left_out);
    for (size_t i = 0; i < asked->peer_count; i++)
        TRY(access_then_peer(access, dealer, asked->peers[i], asked->period, &peers[i], query->refusal));
    *out_count = asked->peer_count;
    return STATUS_OK;
}

status_t query_compare(const query_t *query)
{
    const compare_query_t *asked = &query->request->compare;
    CLEANUP(view_fini) view_t view = {0};
    uint32_t dealer, own_region, region, peers[PEERS_MAX];
    size_t peer_count = 0, left_out = 0;
    TRY(view_open(query, asked->period, &asked->as_of, asked->regions_today, &view));
    const access_then_t access = access_of(query, &view);
    TRY(access_then_store(&access, asked->dealer, asked->period, &dealer, &own_region, query->refusal));
    if (view.regions_told.is_today)
        TRY(find_own_region(query, &view, asked, dealer, &own_region));
    TRY(access_then_region(&access, own_region, asked->region, asked->period, &region, query->refusal));
    TRY(find_peers(query, &access, dealer, peers, &peer_count, &left_out));

    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    figures_status_t status;
    compare_answer_t *answer = NULL;
    TRY(view_month(query, &view, NULL, &snapshot, &status));
    if (view.is_disclosed) {
        TRY(query_compare_disclosed(query, snapshot.month, view.releases, dealer, region, peers, peer_count, &answer));
    } else {
        exemplars_t exemplars = {0};
        TRY(find_exemplars(query, &view, &exemplars));
        TRY(compare_compute(snapshot.month, &view.rule, dealer, region, peers, peer_count, &exemplars, query->arena,
                            &answer));
        if (query_nation_is_disclosed(query))
            TRY(query_disclose_columns(query, view.event ? view.event : UINT64_MAX, answer));
    }
    answer->peers_left_out = left_out;
    answer->status = status;
    answer->regions = view.regions_told;
    query->response->kind = RESPONSE_COMPARE;
    query->response->compare = answer;
    return STATUS_OK;
}

static status_t find_row(const query_t *query, const catalog_t *catalog, const char *id, size_t *out)
{
    size_t row = catalog_find_row(catalog, id);
    if (row == ROW_NONE || !catalog_lists_row(catalog, row))
        return refuse(query->refusal, STATUS_UNKNOWN, id,
                      "no table of the catalog lists a row %s; `catalog show` names the rows by id", id);
    if (catalog->rows[row].better == BETTER_NEITHER)
        return refuse(query->refusal, STATUS_INVALID, id,
                      "row %s has no direction (better: neither), so stores cannot be ranked by it", id);
    *out = row;
    return STATUS_OK;
}

status_t query_rank(const query_t *query)
{
    const rank_query_t *asked = &query->request->rank;
    scope_t scope;
    bool averages_only;
    size_t row = ROW_NONE;
    CLEANUP(view_fini) view_t view = {0};
    TRY(view_open(query, asked->period, &asked->as_of, asked->regions_today, &view));
    const access_then_t access = access_of(query, &view);
    TRY(access_then_scope(&access, REQUEST_RANK, asked->scope, asked->period, &scope, &averages_only, query->refusal));
    TRY(find_row(query, view.world->catalog, asked->row, &row));

    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    figures_status_t status;
    rank_answer_t *answer = NULL;
    TRY(view_month(query, &view, &scope, &snapshot, &status));
    TRY(rank_compute(snapshot.month, row, scope, query->arena, &answer));
    answer->status = status;
    answer->regions = view.regions_told;
    query->response->kind = RESPONSE_RANK;
    query->response->rank = answer;
    return STATUS_OK;
}

status_t query_refuse_region(const query_t *query)
{
    return refuse(query->refusal, STATUS_NOT_ALLOWED, query->principal->region,
                  "this key's region %s is no longer in the network; have headquarters admit a key for another",
                  query->principal->region);
}

typedef struct {
    scope_t *scopes;
    bool *averages_only;
    size_t count;
} scopes_asked_t;

static status_t refuse_region(const query_t *query, const view_t *view)
{
    const char *region = query->principal->region;
    if (network_find_region(query->world->network, region) == INDEX_NONE)
        return refuse(query->refusal, STATUS_NOT_ALLOWED, region,
                      "this key's region %s is no longer in the network; have headquarters admit a key for another",
                      region);
    if (network_find_region(view->world->network, region) == INDEX_NONE)
        return refuse(query->refusal, STATUS_NOT_ALLOWED, region,
                      "this key's region %s was not in the network then; name the scopes with --scope", region);
    return refuse(query->refusal, STATUS_NOT_ALLOWED, region,
                  "this key's region %s held stores that do not lie in it today, so no coverage is shown of it",
                  region);
}

/* The scopes named, or those that are meant where none is. */
static status_t find_scopes(const query_t *query, const view_t *view, const char *const *names, size_t name_count,
                            scopes_asked_t *out)
{
    const access_then_t access = access_of(query, view);
    request_kind_t kind = query->request->kind;
    size_t room = name_count ? name_count : access.then->region_count + 1ul;
    scopes_asked_t asked = {
        .scopes = arena_array(query->arena, room, sizeof(scope_t)),
        .averages_only = arena_array(query->arena, room, sizeof(bool)),
        .count = name_count,
    };
    if (!asked.scopes || !asked.averages_only)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < name_count; i++)
        TRY(access_then_scope(&access, kind, names[i], view->period, &asked.scopes[i], &asked.averages_only[i],
                              query->refusal));
    if (!name_count)
        asked.count = access_then_default_scopes(&access, kind, view->period, asked.scopes, asked.averages_only);
    if (!asked.count)
        return refuse_region(query, view);
    *out = asked;
    return STATUS_OK;
}

static status_t find_table(const query_t *query, const catalog_t *catalog, const char *id, size_t *out)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        if (strcmp(catalog->tables[i].id, id) == 0) {
            *out = i;
            return STATUS_OK;
        }
    *out = SIZE_MAX;
    return *id ? refuse(query->refusal, STATUS_UNKNOWN, id, "the catalog has no table %s", id) : STATUS_OK;
}

/* Leaves average, benchmark and counts of one scope (SPEC 4: what a manager sees of the nation). */
static void keep_averages(benchmark_answer_t *answer, size_t scope)
{
    for (size_t row = 0; row < answer->row_count; row++) {
        scope_statistics_t *statistics = &answer->statistics[row * answer->scope_count + scope];
        statistics->mean = statistics->median = statistics->p25 = statistics->p75 = statistics->best = NO_VALUE;
    }
}

status_t query_benchmark(const query_t *query)
{
    const benchmark_query_t *asked = &query->request->benchmark;
    CLEANUP(view_fini) view_t view = {0};
    scopes_asked_t scopes;
    size_t table;
    TRY(view_open(query, asked->period, &asked->as_of, asked->regions_today, &view));
    TRY(find_table(query, view.world->catalog, asked->table, &table));
    TRY(find_scopes(query, &view, asked->scopes, asked->scope_count, &scopes));

    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    figures_status_t status;
    benchmark_answer_t *answer = NULL;
    TRY(view_month(query, &view, NULL, &snapshot, &status));
    exemplars_t exemplars = {0};
    TRY(find_exemplars(query, &view, &exemplars));
    TRY(benchmark_compute(snapshot.month, &view.rule, scopes.scopes, scopes.count, table, &exemplars, query->arena,
                          &answer));
    for (size_t i = 0; i < scopes.count; i++) {
        if (scopes.averages_only[i])
            keep_averages(answer, i);
        if (scopes.scopes[i].kind == SCOPE_NATION && query_nation_is_disclosed(query))
            TRY(query_disclose_nation(query, asked->period, view.event ? view.event : UINT64_MAX, answer, i));
    }
    answer->status = status;
    answer->regions = view.regions_told;
    query->response->kind = RESPONSE_BENCHMARK;
    query->response->benchmark = answer;
    return STATUS_OK;
}

status_t query_coverage(const query_t *query)
{
    const coverage_query_t *asked = &query->request->coverage;
    CLEANUP(view_fini) view_t view = {0};
    scopes_asked_t scopes;
    TRY(view_open(query, asked->period, &asked->as_of, asked->regions_today, &view));
    TRY(find_scopes(query, &view, asked->scopes, asked->scope_count, &scopes));

    CLEANUP(months_release) month_snapshot_t snapshot = {0};
    figures_status_t status;
    coverage_answer_t *answer = NULL;
    TRY(view_month(query, &view, NULL, &snapshot, &status));
    TRY(coverage_compute(snapshot.month, scopes.scopes, scopes.count, query->arena, &answer));
    answer->status = status;
    answer->regions = view.regions_told;
    query->response->kind = RESPONSE_COVERAGE;
    query->response->coverage = answer;
    return STATUS_OK;
}

/* ---- straight from the store */

static status_t unpack(const query_t *query, const view_t *view, store_txn_t *txn, uint64_t digest,
                       const packed_facts_t *packed, const int64_t **out)
{
    int64_t *facts = arena_array(query->arena, view->world->catalog->fact_count, sizeof(int64_t));
    if (!facts)
        return STATUS_NO_MEMORY;
    TRY(world_unpack(view->world, txn, digest, packed, facts));
    *out = facts;
    return STATUS_OK;
}

/* What is current, or was. */
static status_t find_filed(const view_t *view, store_txn_t *txn, const char *dealer, period_t period,
                           bool with_consultants, arena_t *arena, stored_revision_t *out)
{
    return view->event ? store_get_revision_at(txn, dealer, period, view->sequence, with_consultants, arena, out)
                       : store_get_current(txn, dealer, period, with_consultants, arena, out);
}

/* What a dealer has filed for a month; *out NULL where nothing stands. */
static status_t read_facts(const query_t *query, const view_t *view, store_txn_t *txn, const char *dealer,
                           period_t period, const int64_t **out)
{
    stored_revision_t revision = {0};
    *out = NULL;
    status_t status = find_filed(view, txn, dealer, period, false, query->arena, &revision);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && revision.withdrawn))
        return STATUS_OK;
    TRY(status);
    return unpack(query, view, txn, revision.catalog_digest, &revision.facts, out);
}

status_t query_trend(const query_t *query)
{
    const trend_query_t *asked = &query->request->trend;
    period_t january = period_make(asked->year, 1);
    if (january == PERIOD_NONE)
        return refuse(query->refusal, STATUS_INVALID, "year", "the year lies between %d and %d", PERIOD_YEAR_MIN,
                      PERIOD_YEAR_MAX);
    period_t first = january - (TREND_MONTHS - 12);
    CLEANUP(view_fini) view_t view = {0};
    uint32_t dealer;
    bool visible[TREND_MONTHS];
    TRY(view_open_filed(query, &asked->as_of, &view));
    const access_then_t access = access_of(query, &view);
    TRY(access_then_year(&access, asked->dealer, first, &dealer, visible, query->refusal));

    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const int64_t *months[TREND_MONTHS] = {0};
    trend_answer_t *answer = NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    for (size_t i = 0; i < TREND_MONTHS; i++)
        if (visible[i])
            TRY(read_facts(query, &view, txn, asked->dealer, first + (period_t)i, &months[i]));
    TRY(trend_compute(view.world->catalog, asked->dealer, asked->year, months, query->arena, &answer));
    query->response->kind = RESPONSE_TREND;
    query->response->trend = answer;
    return STATUS_OK;
}

/* What a dealer has filed for a month with its consultants; *out NULL where nothing stands. */
static status_t read_store(const query_t *query, const view_t *view, store_txn_t *txn, const char *dealer,
                           period_t period, const store_facts_t **out)
{
    stored_revision_t revision = {0};
    *out = NULL;
    status_t status = find_filed(view, txn, dealer, period, true, query->arena, &revision);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && revision.withdrawn))
        return STATUS_OK;
    TRY(status);
    store_facts_t *store = arena_alloc(query->arena, sizeof *store);
    consultant_facts_t *consultants = arena_array(query->arena, revision.consultant_count, sizeof(consultant_facts_t));
    if (!store || !consultants)
        return STATUS_NO_MEMORY;
    TRY(unpack(query, view, txn, revision.catalog_digest, &revision.facts, &store->facts));
    for (size_t i = 0; i < revision.consultant_count; i++) {
        consultants[i].consultant = revision.consultants[i].consultant;
        TRY(unpack(query, view, txn, revision.catalog_digest, &revision.consultants[i].facts, &consultants[i].facts));
    }
    store->consultants = consultants;
    store->consultant_count = revision.consultant_count;
    *out = store;
    return STATUS_OK;
}

status_t query_consultants(const query_t *query)
{
    const consultants_query_t *asked = &query->request->consultants;
    CLEANUP(view_fini) view_t view = {0};
    uint32_t dealer, region;
    TRY(view_open_filed(query, &asked->as_of, &view));
    const access_then_t access = access_of(query, &view);
    TRY(access_then_store(&access, asked->dealer, asked->period, &dealer, &region, query->refusal));
    bool previous_visible =
        view.world->catalog->rows_use_previous &&
        access_sees_month(query->world->network, query->principal, asked->dealer, asked->period - 1);

    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const store_facts_t *current = NULL, *previous = NULL;
    consultants_answer_t *answer = NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(read_store(query, &view, txn, asked->dealer, asked->period, &current));
    if (previous_visible)
        TRY(read_store(query, &view, txn, asked->dealer, asked->period - 1, &previous));
    TRY(consultants_compute(view.world->catalog, asked->dealer, asked->period, current, previous, query->arena,
                            &answer));
    query->response->kind = RESPONSE_CONSULTANTS;
    query->response->consultants = answer;
    return STATUS_OK;
}
