/* `checks`: what is unusual about a month's submissions (core/checks.h), for whoever may see the stores.
 *
 * The month, its revisions and their comments are read in one transaction. Earlier months come from the months in
 * memory where many stores are asked for (each of them whole, as of this moment), and straight from the store for up to
 * FEW_STORES: so a dealer's question about itself costs some look-ups. Memory beside the months' own cache: one month's
 * columns, and of one row the values of 25 months; at most the columns of OUTLIER_MONTHS_MAX months are held while an
 * answer is made, also where the cache is smaller than that. */
#include "hub/access.h"
#include "hub/comments.h"
#include "hub/month_read.h"
#include "hub/queries.h"

#include "core/checks.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

#define FEW_STORES 32
#define SCRATCH    (16ul << 20) /* decoding one revision */

/* One more than is judged by: the earliest month may need its month before. */
#define FEW_MONTHS (1 + OUTLIER_MONTHS_MAX + 1)

typedef struct {
    const query_t *query;
    const checks_query_t *asked;
    store_txn_t *txn;
    month_t *month; /* NULL for a dealer, who is not shown its region's spread */
    uint32_t *stores;
    size_t count;
    uint32_t *places; /* [1 + OUTLIER_MONTHS_MAX][count]: the month's, then those of the months before */
    const int64_t **columns;
    int64_t *facts; /* of few stores: [FEW_MONTHS][fact_count][count] */
    month_snapshot_t snapshots[OUTLIER_MONTHS_MAX];
    checks_month_t history[OUTLIER_MONTHS_MAX];
    checks_input_t input;
} asking_t;

static void asking_fini(asking_t *asking)
{
    store_abort(&asking->txn);
    month_destroy(&asking->month);
    for (size_t i = 0; i < OUTLIER_MONTHS_MAX; i++)
        months_release(&asking->snapshots[i]);
    free(asking->stores);
    free(asking->places);
    free(asking->columns);
    free(asking->facts);
}

static period_t month_at(const asking_t *asking, size_t back)
{
    return asking->asked->period - (period_t)back;
}

/* Whether the store was a member in that month, and the key may see its facts of it. */
static bool sees(const asking_t *asking, uint32_t dealer, period_t period)
{
    const network_t *network = asking->query->world->network;
    uint32_t region = network_region_of(network, dealer, period);
    return region != INDEX_NONE && access_holds_region(network, asking->query->principal, region);
}

/* ---- which stores */

static int compare_stores(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static status_t take_one(asking_t *asking, const char *code)
{
    uint32_t region;
    TRY(access_find_store(asking->query->world->network, asking->query->principal, code, asking->asked->period,
                          &asking->stores[0], &region, asking->query->refusal));
    asking->count = 1;
    return STATUS_OK;
}

/* All stores of a dealer's key that are members in that month. */
static status_t take_own(asking_t *asking)
{
    const query_t *query = asking->query;
    const network_t *network = query->world->network;
    char month[PERIOD_TEXT_SIZE];
    period_format(asking->asked->period, month);
    for (size_t i = 0; i < query->principal->dealer_count; i++) {
        uint32_t dealer = network_find_dealer(network, query->principal->dealers[i]);
        if (dealer != INDEX_NONE && network_region_of(network, dealer, asking->asked->period) != INDEX_NONE)
            asking->stores[asking->count++] = dealer;
    }
    if (!asking->count)
        return refuse(query->refusal, STATUS_INVALID, "dealer", "no store of this key is a member of the network in %s",
                      month);
    qsort(asking->stores, asking->count, sizeof *asking->stores, compare_stores);
    return STATUS_OK;
}

static bool holds(const asking_t *asking, scope_t scope, uint32_t dealer)
{
    const network_t *network = asking->query->world->network;
    period_t period = asking->asked->period;
    uint32_t region = network_region_of(network, dealer, period);
    switch (scope.kind) {
    case SCOPE_NATION:
        return region != INDEX_NONE;
    case SCOPE_REGION:
        return region != INDEX_NONE && network_region_within(network, region, scope.index);
    case SCOPE_CIRCLE:
        return network_circle_holds(network, scope.index, dealer, period);
    }
    return false;
}

/* The scope that is meant where none is named. */
static status_t default_scope(const query_t *query, scope_t *out)
{
    scope_t scope = {.kind = SCOPE_NATION};
    if (query->principal->role == ROLE_MANAGER) {
        scope = (scope_t){SCOPE_REGION, network_find_region(query->world->network, query->principal->region)};
        if (scope.index == INDEX_NONE)
            return refuse(query->refusal, STATUS_NOT_ALLOWED, query->principal->region,
                          "this key's region %s is no longer in the network; have headquarters admit a key for another",
                          query->principal->region);
    }
    *out = scope;
    return STATUS_OK;
}

static status_t take_scopes(asking_t *asking)
{
    const query_t *query = asking->query;
    const network_t *network = query->world->network;
    size_t count = asking->asked->scope_count;
    CLEANUP(scratch_free) scope_t *scopes = calloc(count + 1, sizeof *scopes);
    if (!scopes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        bool averages_only;
        TRY(access_find_scope(network, query->principal, REQUEST_CHECKS, asking->asked->scopes[i],
                              asking->asked->period, &scopes[i], &averages_only, query->refusal));
    }
    if (!count)
        TRY(default_scope(query, &scopes[count++]));
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++) {
        bool is_asked = false;
        for (size_t i = 0; i < count && !is_asked; i++)
            is_asked = holds(asking, scopes[i], dealer);
        if (is_asked)
            asking->stores[asking->count++] = dealer;
    }
    return STATUS_OK;
}

static status_t take_stores(asking_t *asking)
{
    const query_t *query = asking->query;
    bool is_dealer = query->principal->role == ROLE_DEALER;
    asking->stores = calloc(query->world->network->dealer_count + KEY_DEALERS_MAX + 1ul, sizeof *asking->stores);
    if (!asking->stores)
        return STATUS_NO_MEMORY;
    if (is_dealer && asking->asked->scope_count)
        return refuse(query->refusal, STATUS_NOT_ALLOWED, "scopes",
                      "a dealer's key asks for its own stores, not for scopes");
    if (*asking->asked->dealer && asking->asked->scope_count)
        return refuse(query->refusal, STATUS_INVALID, "scopes", "name one dealer or scopes, not both");
    if (*asking->asked->dealer)
        return take_one(asking, asking->asked->dealer);
    return is_dealer ? take_own(asking) : take_scopes(asking);
}

/* ---- their facts */

/* The month with all its stores, for who may see them. */
static status_t read_month(asking_t *asking)
{
    month_reading_t reading = {.period = asking->asked->period};
    if (asking->query->principal->role == ROLE_DEALER)
        return STATUS_OK;
    TRY(store_last_sequence(asking->txn, &reading.sequence));
    return month_read(asking->txn, asking->query->world, &reading, &asking->month);
}

static status_t read_facts(const asking_t *asking, uint32_t dealer, period_t period, int64_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SCRATCH);
    world_t *world = asking->query->world;
    stored_revision_t revision;
    if (!arena)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < world->catalog->fact_count; i++)
        out[i] = FACT_ABSENT;
    if (!sees(asking, dealer, period))
        return STATUS_OK;
    status_t status =
        store_get_current(asking->txn, world->network->dealers[dealer].code, period, false, arena, &revision);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && revision.withdrawn))
        return STATUS_OK;
    TRY(status);
    return world_unpack(world, asking->txn, revision.catalog_digest, &revision.facts, out);
}

/* Months of few stores, one by one; every store has its own place in each. */
static status_t read_few(asking_t *asking)
{
    size_t fact_count = asking->query->world->catalog->fact_count, size = fact_count * asking->count;
    int64_t facts[CATALOG_FACTS_MAX];
    asking->facts = calloc(FEW_MONTHS * size + 1, sizeof *asking->facts);
    asking->columns = calloc((FEW_MONTHS + 1) * fact_count, sizeof *asking->columns);
    if (!asking->facts || !asking->columns)
        return STATUS_NO_MEMORY;
    for (size_t back = 0; back < FEW_MONTHS; back++) {
        for (size_t fact = 0; fact < fact_count; fact++)
            asking->columns[back * fact_count + fact] = asking->facts + back * size + fact * asking->count;
        for (size_t store = 0; store < asking->count; store++) {
            TRY(read_facts(asking, asking->stores[store], month_at(asking, back), facts));
            for (size_t fact = 0; fact < fact_count; fact++)
                asking->facts[back * size + fact * asking->count + store] = facts[fact];
        }
    }
    for (size_t store = 0; store < asking->count; store++)
        asking->places[store] = (uint32_t)store;
    /* The columns of a month are followed by those of the month before it. */
    for (size_t i = 0; i < OUTLIER_MONTHS_MAX; i++)
        asking->history[i] = (checks_month_t){asking->columns + (i + 1) * fact_count, asking->count, asking->places};
    asking->input.own = (checks_month_t){asking->columns, asking->count, asking->places};
    return STATUS_OK;
}

static status_t read_many(asking_t *asking)
{
    for (size_t i = 0; i < OUTLIER_MONTHS_MAX; i++) {
        month_snapshot_t *snapshot = &asking->snapshots[i];
        uint32_t *places = asking->places + (i + 1) * asking->count;
        TRY(months_acquire(asking->query->hub->months, month_at(asking, i + 1), snapshot));
        if (snapshot->world != asking->query->world)
            return STATUS_CONFLICT;
        for (size_t store = 0; store < asking->count; store++) {
            bool seen = sees(asking, asking->stores[store], month_at(asking, i + 1));
            places[store] = seen ? snapshot->month->slots[asking->stores[store]] : INDEX_NONE;
        }
        asking->history[i] =
            (checks_month_t){(const int64_t *const *)snapshot->month->columns, snapshot->month->count, places};
    }
    return STATUS_OK;
}

static status_t read_months(asking_t *asking)
{
    asking->places = calloc((1 + OUTLIER_MONTHS_MAX) * asking->count + 1, sizeof *asking->places);
    if (!asking->places)
        return STATUS_NO_MEMORY;
    /* Many stores' earlier months first, so that no transaction lives while others read them. */
    if (asking->count > FEW_STORES)
        TRY(read_many(asking));
    TRY(store_begin_read(asking->query->hub->store, &asking->txn));
    TRY(read_month(asking));
    if (asking->count <= FEW_STORES)
        TRY(read_few(asking));
    if (!asking->month)
        return STATUS_OK;
    /* Among its region: the whole month's columns. Few stores' first places are all months', so these are others. */
    uint32_t *places = asking->places + OUTLIER_MONTHS_MAX * asking->count;
    if (asking->count > FEW_STORES)
        places = asking->places;
    for (size_t store = 0; store < asking->count; store++)
        places[store] = asking->month->slots[asking->stores[store]];
    asking->input.own = (checks_month_t){(const int64_t *const *)asking->month->columns, asking->month->count, places};
    return STATUS_OK;
}

/* ---- what is said to that */

/* A store's current revision and its comments, read when the first of its findings is met. */
typedef struct {
    bool is_known;
    uint32_t revision;
    const stored_event_t *comments;
    size_t comment_count;
} answered_t;

static status_t read_answered(const asking_t *asking, uint32_t dealer, answered_t *out)
{
    arena_t *arena = asking->query->arena;
    const char *code = asking->query->world->network->dealers[dealer].code;
    stored_event_t comments[COMMENTS_MAX];
    stored_revision_t revision;
    TRY(store_get_current(asking->txn, code, asking->asked->period, false, arena, &revision));
    TRY(comments_list(asking->txn, code, asking->asked->period, arena, comments, &out->comment_count));
    out->comments = (const stored_event_t *)arena_memdup(arena, comments, out->comment_count * sizeof *comments);
    out->revision = revision.revision;
    out->is_known = true;
    return out->comments ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t add_comments(const asking_t *asking, checks_answer_t *answer)
{
    const network_t *network = asking->query->world->network;
    CLEANUP(scratch_free) answered_t *stores = calloc(network->dealer_count + 1ul, sizeof *stores);
    if (!stores)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->finding_count; i++) {
        finding_t *finding = &answer->findings[i];
        uint32_t dealer = network_find_dealer(network, finding->dealer);
        answered_t *store = &stores[dealer];
        if (!store->is_known)
            TRY(read_answered(asking, dealer, store));
        const stored_event_t *comment = comments_find(store->comments, store->comment_count, store->revision,
                                                      finding->kind == FINDING_CHECK, finding->name);
        finding->revision = store->revision;
        finding->comment = comment ? comment->text : NULL;
        finding->comment_ms = comment ? comment->time_ms : 0;
    }
    return STATUS_OK;
}

/* ---- the question */

status_t query_checks(const query_t *query)
{
    CLEANUP(asking_fini) asking_t asking = {.query = query, .asked = &query->request->checks};
    const network_t *network = query->world->network;
    uint32_t limit = asking.asked->limit;
    TRY(take_stores(&asking));
    TRY(read_months(&asking));
    checks_input_t *input = &asking.input;
    input->catalog = query->world->catalog;
    input->network = network;
    input->period = asking.asked->period;
    input->stores = asking.stores;
    input->store_count = asking.count;
    input->history = asking.history;
    input->history_count = OUTLIER_MONTHS_MAX;
    input->month = asking.month;
    /* A manager is not shown what lies above its region, not even as a median. */
    input->top =
        query->principal->role == ROLE_MANAGER ? network_find_region(network, query->principal->region) : INDEX_NONE;
    input->most = limit && limit < FINDINGS_MAX ? limit : FINDINGS_MAX;
    checks_answer_t *answer = NULL;
    TRY(checks_compute(input, query->arena, &answer));
    TRY(add_comments(&asking, answer));
    query->response->kind = RESPONSE_CHECKS;
    query->response->checks = answer;
    return STATUS_OK;
}
