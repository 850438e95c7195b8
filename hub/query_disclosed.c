#include "hub/query_disclosed.h"

#include "hub/access.h"
#include "hub/month_read.h"

#include "core/disclosure.h"
#include "core/limits.h"

#define WHY_SIZE 400

bool query_is_disclosed(const query_t *query)
{
    return query->principal->role == ROLE_DEALER && query->hub->settings->disclosure;
}

/* What one answer is made of; borrowed by the disclosure. */
typedef struct {
    release_hold_t releases;
    const world_t *world; /* of the releases; NULL: there is none yet */
    exemplars_t exemplars;
    disclosure_t *disclosure; /* NULL: no release yet */
} shown_t;

static void shown_fini(shown_t *view)
{
    disclosure_destroy(&view->disclosure);
    release_hold_end(&view->releases);
}

/* For whoever holds a key of these stores (indices in the query's world). */
static status_t shown_init(const query_t *query, period_t period, uint64_t most, const uint32_t *stores, size_t count,
                           shown_t *out)
{
    hub_t *hub = query->hub;
    TRY(release_sets_get(hub->release_sets, period, most, &out->releases));
    if (!out->releases.count)
        return STATUS_OK;
    out->world = out->releases.set->world;
    TRY(exemplars_at(hub->exemplars, out->world->network, period, most, query->arena, &out->exemplars));
    return disclosure_create_of(&out->releases.set->releases, out->releases.count, query->world->network, stores, count,
                                &DISCLOSURE_RULE_DEFAULT, &out->exemplars, &out->disclosure);
}

/* The key's stores. */
static status_t find_stores(const query_t *query, uint32_t **out, size_t *out_count)
{
    const principal_t *principal = query->principal;
    uint32_t *stores = arena_array(query->arena, principal->dealer_count, sizeof *stores);
    size_t count = 0;
    if (!stores)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < principal->dealer_count; i++) {
        uint32_t dealer = network_find_dealer(query->world->network, principal->dealers[i]);
        if (dealer != INDEX_NONE)
            stores[count++] = dealer;
    }
    *out = stores;
    *out_count = count;
    return STATUS_OK;
}

status_t query_compare_disclosed(const query_t *query, const month_t *month, uint64_t most, uint32_t dealer,
                                 uint32_t region, const uint32_t *peers, size_t peer_count, compare_answer_t **out)
{
    CLEANUP(shown_fini) shown_t view = {0};
    compare_answer_t *answer = NULL;
    uint32_t *stores = NULL;
    size_t count = 0;
    TRY(find_stores(query, &stores, &count));
    TRY(shown_init(query, month->period, most, stores, count, &view));
    TRY(compare_compute_disclosed(month, view.disclosure, &query->hub->settings->benchmark, dealer, region, peers,
                                  peer_count, query->arena, &answer));
    answer->release = (uint32_t)view.releases.count;
    answer->release_ms = view.releases.time_ms;
    *out = answer;
    return STATUS_OK;
}

/* ---- for managers */

bool query_nation_is_disclosed(const query_t *query)
{
    return query->principal->role == ROLE_MANAGER && query->hub->settings->disclosure;
}

/* The nation's figures of a row, by its id; none where there is no release yet, or it knows no such row. */
static status_t find_nation(const query_t *query, const shown_t *shown, const char *id, double *out_average,
                            double *out_benchmark)
{
    const scope_t nation = {.kind = SCOPE_NATION};
    disclosure_figure_t average = {.value = NO_VALUE}, benchmark = {.value = NO_VALUE};
    size_t row = shown->disclosure ? catalog_find_row(disclosure_month(shown->disclosure)->catalog, id) : ROW_NONE;
    if (row != ROW_NONE)
        TRY(disclosure_row(shown->disclosure, row, nation, &query->hub->settings->benchmark, &average, &benchmark));
    *out_average = average.value;
    *out_benchmark = benchmark.value;
    return STATUS_OK;
}

/* The nation's exemplar as its owner's consent lets it be named; NULL: none. */
static status_t find_nation_exemplar(const query_t *query, const shown_t *shown, const char **out)
{
    const exemplar_t *exemplar =
        shown->disclosure ? exemplar_find(&shown->exemplars, (scope_t){.kind = SCOPE_NATION}) : NULL;
    *out = NULL;
    if (!exemplar || !exemplar->consented)
        return STATUS_OK;
    *out = arena_strdup(query->arena, shown->world->network->dealers[exemplar->dealer].code);
    return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t query_disclose_nation(const query_t *query, period_t period, uint64_t most, benchmark_answer_t *answer,
                               size_t scope)
{
    CLEANUP(shown_fini) shown_t shown = {0};
    TRY(shown_init(query, period, most, NULL, 0, &shown));
    TRY(find_nation_exemplar(query, &shown, &answer->scopes[scope].exemplar));
    for (size_t row = 0; row < answer->row_count; row++) {
        scope_statistics_t cell = {.average = NO_VALUE,
                                   .mean = NO_VALUE,
                                   .median = NO_VALUE,
                                   .p25 = NO_VALUE,
                                   .p75 = NO_VALUE,
                                   .best = NO_VALUE,
                                   .benchmark = NO_VALUE};
        TRY(find_nation(query, &shown, answer->rows[row].row, &cell.average, &cell.benchmark));
        answer->statistics[row * answer->scope_count + scope] = cell;
    }
    return STATUS_OK;
}

/* own / reference - 1, with the sign of the row's direction (SPEC 2.8). */
static double gap_of(const answer_row_t *row, double own, double reference)
{
    if (row->better == BETTER_NEITHER || isnan(own) || isnan(reference) || reference == 0)
        return NO_VALUE;
    return (own / reference - 1) * (row->better == BETTER_UP ? 1 : -1);
}

status_t query_disclose_columns(const query_t *query, uint64_t most, compare_answer_t *answer)
{
    CLEANUP(shown_fini) shown_t shown = {0};
    TRY(shown_init(query, answer->period, most, NULL, 0, &shown));
    TRY(find_nation_exemplar(query, &shown, &answer->exemplars[0]));
    for (size_t row = 0; row < answer->row_count; row++) {
        double *values = answer->values + row * (COLUMN_PEERS + answer->peer_count);
        double *gaps = answer->gaps + row * GAP_COUNT;
        TRY(find_nation(query, &shown, answer->rows[row].row, &values[COLUMN_NATION_AVERAGE],
                        &values[COLUMN_NATION_BENCHMARK]));
        for (size_t column = COLUMN_NATION_AVERAGE; column <= COLUMN_NATION_BENCHMARK; column += 2)
            gaps[column - 1] = gap_of(&answer->rows[row], values[COLUMN_OWN], values[column]);
    }
    answer->release = (uint32_t)shown.releases.count;
    answer->release_ms = shown.releases.time_ms;
    return STATUS_OK;
}

/* ---- for headquarters */

status_t query_list_exemplars(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    exemplar_entry_t *entries = NULL;
    size_t count = 0;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(exemplars_list(txn, query->arena, &entries, &count));
    query->response->kind = RESPONSE_EXEMPLARS;
    query->response->exemplars.items = entries;
    query->response->exemplars.count = count;
    return STATUS_OK;
}

static status_t add_hidden(const query_t *query, const shown_t *view, const row_t *row, size_t column,
                           const disclosure_figure_t *figure, disclosure_answer_t *answer)
{
    char why[WHY_SIZE];
    if (!figure->exists || figure->why.reason == SHOWN)
        return STATUS_OK;
    disclosure_why_format(view->disclosure, &figure->why, why, sizeof why);
    hidden_cell_t *cell = &answer->hidden[answer->hidden_count++];
    *cell = (hidden_cell_t){.column = compare_column_names[column], .reason = figure->why.reason};
    cell->row = arena_strdup(query->arena, row->id);
    cell->text = arena_strdup(query->arena, why);
    return cell->row && cell->text ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t list_hidden(const query_t *query, const shown_t *view, uint32_t region, disclosure_answer_t *answer)
{
    const catalog_t *catalog = disclosure_month(view->disclosure)->catalog;
    const scope_t scopes[] = {{.kind = SCOPE_NATION}, {SCOPE_REGION, region}};
    answer->hidden = arena_array(query->arena, 4 * catalog->table_row_count, sizeof *answer->hidden);
    if (!answer->hidden)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < catalog->table_row_count; i++)
        for (size_t k = 0; k < (region == INDEX_NONE ? 1 : 2); k++) {
            const row_t *row = &catalog->rows[catalog->table_rows[i]];
            disclosure_figure_t average, benchmark;
            TRY(disclosure_row(view->disclosure, catalog->table_rows[i], scopes[k], &query->hub->settings->benchmark,
                               &average, &benchmark));
            TRY(add_hidden(query, view, row, COLUMN_NATION_AVERAGE + k, &average, answer));
            TRY(add_hidden(query, view, row, COLUMN_NATION_BENCHMARK + k, &benchmark, answer));
        }
    return STATUS_OK;
}

static const char *waiting_text(const query_t *query, const shown_t *view, const release_change_t *change)
{
    static const char *const kinds[] = {"filed", "corrected", "withdrawn"};
    const network_t *network = view->world->network;
    char scope[CODE_LENGTH_MAX + 8];
    scope_format(network, change->part, scope, sizeof scope);
    return arena_printf(
        query->arena,
        "%s since the last release; what changed in %s (without the regions below it that are shown) %s, on %s",
        kinds[change->kind], scope,
        change->wait == WAIT_STANDS_OUT ? "is nearly all this owner's"
                                        : "comes from too few owners or is nearly all one owner's",
        view->world->catalog->rows[change->fact].id);
}

/* What would wait if the month were released now. */
static status_t list_waiting(const query_t *query, const shown_t *view, period_t period, disclosure_answer_t *answer)
{
    CLEANUP(month_destroy) month_t *live = NULL;
    CLEANUP(release_fini) release_t release = {0};
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const month_reading_t reading = {.period = period, .sequence = UINT64_MAX};
    if (view->releases.count == RELEASES_MAX)
        return STATUS_OK;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(month_read(txn, view->releases.set->world, &reading, &live));
    TRY(release_next(&view->releases.set->releases, live, &DISCLOSURE_RULE_DEFAULT, &release));
    answer->waiting = arena_array(query->arena, release.held_count, sizeof *answer->waiting);
    if (!answer->waiting)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < release.change_count; i++) {
        const release_change_t *change = &release.changes[i];
        if (change->wait == WAIT_NONE)
            continue;
        waiting_dealer_t *waiting = &answer->waiting[answer->waiting_count++];
        *waiting = (waiting_dealer_t){.change = change->kind, .wait = change->wait};
        waiting->dealer = arena_strdup(query->arena, view->world->network->dealers[change->dealer].code);
        waiting->text = waiting_text(query, view, change);
        if (!waiting->dealer || !waiting->text)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

status_t query_explain_disclosure(const query_t *query)
{
    const char *code = query->request->explain.dealer;
    period_t period = query->request->explain.period;
    uint32_t dealer, region;
    CLEANUP(shown_fini) shown_t view = {0};
    if (!query->hub->settings->disclosure)
        return refuse(query->refusal, STATUS_INVALID, "disclosure",
                      "this hub's setting `disclosure` is off: nothing is hidden from dealers");
    TRY(access_find_store(query->world->network, query->principal, code, period, &dealer, &region, query->refusal));
    TRY(shown_init(query, period, UINT64_MAX, &dealer, 1, &view));
    disclosure_answer_t *answer = arena_alloc(query->arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    *answer = (disclosure_answer_t){.dealer = code, .period = period};
    answer->release = (uint32_t)view.releases.count;
    answer->release_ms = view.releases.time_ms;
    if (view.disclosure) {
        region = network_find_region(view.world->network, query->world->network->regions[region].code);
        TRY(list_hidden(query, &view, region, answer));
        TRY(list_waiting(query, &view, period, answer));
    }
    query->response->kind = RESPONSE_DISCLOSURE;
    query->response->disclosure = answer;
    return STATUS_OK;
}
