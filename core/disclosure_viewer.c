#include "core/disclosure_internals.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

enum { IN_CHAIN = 1, IN_LISTED = 2 };

/* A viewer while it is made. */
typedef struct {
    const releases_t *releases;
    const network_t *network; /* the releases' */
    const month_t *month;
    uint8_t *regions; /* [region]: IN_CHAIN, IN_LISTED */
    uint32_t *marked; /* those that have a mark */
    uint32_t marked_count;
    const char *owner; /* of the store that was added last: most keys are of one owner */
    viewer_t viewer;
} work_t;

static void work_fini(work_t *work)
{
    free(work->regions);
    free(work->marked);
    viewer_fini(&work->viewer);
}

static status_t work_init(work_t *work)
{
    size_t regions = (size_t)work->network->region_count + 1, owners = (size_t)work->releases->owners.count + 1;
    work->regions = calloc(regions, sizeof *work->regions);
    work->marked = malloc(regions * sizeof *work->marked);
    work->viewer.is_known = calloc((size_t)work->month->count + 1, 1);
    work->viewer.is_near = calloc(owners, 1);
    work->viewer.near = malloc(owners * sizeof *work->viewer.near);
    return work->regions && work->marked && work->viewer.is_known && work->viewer.is_near && work->viewer.near
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

/* ---- Whom the viewer knows ---- */

/* A dealer of the releases' network. */
static void know(work_t *work, uint32_t dealer)
{
    uint32_t owner = work->releases->owners.of_dealer[dealer], slot = work->month->slots[dealer];
    if (!work->viewer.is_near[owner])
        work->viewer.near[work->viewer.near_count++] = owner;
    work->viewer.is_near[owner] = 1;
    if (slot != INDEX_NONE)
        work->viewer.is_known[slot] = 1;
}

/* Marks the regions over the dealer; a region that has the mark has it all the way up. */
static void mark_chain(work_t *work, uint32_t dealer, uint8_t mark)
{
    uint32_t region = network_region_of(work->network, dealer, work->releases->period);
    for (; region != INDEX_NONE && !(work->regions[region] & mark); region = work->network->regions[region].parent) {
        if (!work->regions[region])
            work->marked[work->marked_count++] = region;
        work->regions[region] |= mark;
    }
}

/* The dealer of either network in the releases'; INDEX_NONE: there is none. */
static uint32_t find_then(const work_t *work, const network_t *network, uint32_t dealer)
{
    if (network == work->network)
        return dealer;
    const char *code = network->dealers[dealer].code;
    if (dealer < work->network->dealer_count && strcmp(work->network->dealers[dealer].code, code) == 0)
        return dealer; /* networks rarely differ much */
    return network_find_dealer(work->network, code);
}

/* All stores of an owner in one of the networks are the viewer's own. */
static status_t add_owner(work_t *work, const network_t *network, const char *code)
{
    const owners_t *owners = owners_of(network);
    if (!owners)
        return STATUS_NO_MEMORY;
    uint32_t owner = owners_find(network, owners, code);
    for (uint32_t i = owner == INDEX_NONE ? 0 : owners->first[owner];
         owner != INDEX_NONE && i < owners->first[owner + 1]; i++) {
        uint32_t dealer = find_then(work, network, owners->dealers[i]);
        if (dealer == INDEX_NONE)
            continue;
        know(work, dealer);
        mark_chain(work, dealer, IN_CHAIN);
    }
    return STATUS_OK;
}

/* Those that share a circle with a store of the key in the month, as one of the networks has it. */
static void add_peers(work_t *work, const network_t *network, uint32_t store)
{
    period_t period = work->releases->period;
    uint32_t count;
    const uint32_t *circles = network_circles_of(network, store, &count);
    for (uint32_t i = 0; i < count; i++) {
        const circle_t *circle = &network->circles[circles[i]];
        if (!network_circle_holds(network, circles[i], store, period))
            continue;
        for (uint32_t m = 0; m < circle->member_count; m++) {
            uint32_t member = circle->members[m].dealer;
            uint32_t dealer = network_circle_holds(network, circles[i], member, period)
                                  ? find_then(work, network, member)
                                  : INDEX_NONE;
            if (dealer != INDEX_NONE)
                know(work, dealer);
        }
    }
}

static status_t add_store(work_t *work, const network_t *today, uint32_t store)
{
    uint32_t then = find_then(work, today, store);
    const char *owners[] = {today->dealers[store].owner, NULL};
    if (then != INDEX_NONE && strcmp(owners[0], work->network->dealers[then].owner) != 0)
        owners[1] = work->network->dealers[then].owner;
    for (size_t i = 0; i < 2 && owners[i]; i++) {
        if (work->owner && strcmp(work->owner, owners[i]) == 0)
            continue;
        TRY(add_owner(work, work->network, owners[i]));
        if (today != work->network)
            TRY(add_owner(work, today, owners[i]));
    }
    work->owner = owners[0];
    if (then != INDEX_NONE) {
        mark_chain(work, then, IN_LISTED);
        add_peers(work, work->network, then);
    }
    if (today != work->network)
        add_peers(work, today, store);
    return STATUS_OK;
}

static void add_exemplars(work_t *work, const exemplars_t *exemplars)
{
    for (size_t i = 0; exemplars && i < exemplars->count; i++)
        if (exemplars->items[i].consented && work->month->slots[exemplars->items[i].dealer] != INDEX_NONE)
            know(work, exemplars->items[i].dealer);
}

/* ---- Its scopes ---- */

static viewer_scope_t make_scope(const work_t *work, uint32_t index)
{
    const month_t *month = work->month;
    const network_t *network = work->network;
    viewer_scope_t scope = {
        {SCOPE_NATION, 0}, 0, network->region_count + 1, 0, month->count, 0, 0, 0, 0, 0, true, true};
    if (index != INDEX_NONE) {
        const region_t *region = &network->regions[index];
        scope.scope = (scope_t){SCOPE_REGION, index};
        scope.enter = region->enter;
        scope.leave = region->leave;
        scope.first = month->region_first[region->enter];
        scope.end = month->region_first[region->leave];
        scope.is_listed = work->regions[index] & IN_LISTED;
    }
    for (; index != INDEX_NONE; index = network->regions[index].parent)
        scope.depth++;
    return scope;
}

static int compare_preorder(const void *left, const void *right)
{
    const viewer_scope_t *a = left, *b = right;
    if (a->scope.kind != b->scope.kind)
        return a->scope.kind == SCOPE_NATION ? -1 : 1;
    return (a->enter > b->enter) - (a->enter < b->enter);
}

static void find_parents(viewer_t *viewer)
{
    for (uint32_t i = 0; i < viewer->scope_count; i++) {
        uint32_t parent = i ? i - 1 : NO_SCOPE;
        while (i && viewer->scopes[parent].leave <= viewer->scopes[i].enter)
            parent = viewer->scopes[parent].parent;
        viewer->scopes[i].parent = parent;
    }
}

static status_t list_scopes(work_t *work)
{
    viewer_t *viewer = &work->viewer;
    size_t count = work->marked_count + 1ul;
    viewer->scopes = malloc(count * sizeof *viewer->scopes);
    viewer->turns = malloc(count * sizeof *viewer->turns);
    if (!viewer->scopes || !viewer->turns)
        return STATUS_NO_MEMORY;
    viewer->scopes[viewer->scope_count++] = make_scope(work, INDEX_NONE);
    for (uint32_t i = 0; i < work->marked_count; i++)
        viewer->scopes[viewer->scope_count++] = make_scope(work, work->marked[i]);
    qsort(viewer->scopes, count, sizeof *viewer->scopes, compare_preorder);
    find_parents(viewer);
    return STATUS_OK;
}

typedef struct {
    const viewer_t *viewer;
    const network_t *network;
} turn_context_t;

static int compare_turns(const void *left, const void *right, void *context)
{
    const turn_context_t *turns = context;
    const viewer_scope_t *a = &turns->viewer->scopes[*(const uint32_t *)left];
    const viewer_scope_t *b = &turns->viewer->scopes[*(const uint32_t *)right];
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    return a->depth ? strcmp(turns->network->regions[a->scope.index].code, turns->network->regions[b->scope.index].code)
                    : 0;
}

void viewer_turn_to(viewer_t *viewer, const releases_t *releases, size_t release)
{
    turn_context_t context = {viewer, releases->network};
    for (uint32_t i = 0; i < viewer->scope_count; i++) {
        viewer_scope_t *scope = &viewer->scopes[i];
        viewer->turns[i] = i;
        scope->size = release_contributors_before(releases, release, scope->leave) -
                      release_contributors_before(releases, release, scope->enter);
    }
    qsort_r(viewer->turns, viewer->scope_count, sizeof *viewer->turns, compare_turns, &context);
    for (uint32_t turn = 0; turn < viewer->scope_count; turn++)
        viewer->scopes[viewer->turns[turn]].turn = turn;
}

/* ---- The stores of the near owners ---- */

static uint32_t innermost_scope(const work_t *work, uint32_t dealer)
{
    const viewer_t *viewer = &work->viewer;
    uint32_t region = network_region_of(work->network, dealer, work->releases->period);
    while (region != INDEX_NONE && !work->regions[region])
        region = work->network->regions[region].parent;
    if (region == INDEX_NONE)
        return 0;
    uint32_t enter = work->network->regions[region].enter, low = 1, high = (uint32_t)viewer->scope_count;
    while (low < high) { /* scopes before `low` enter earlier */
        uint32_t middle = low + (high - low) / 2;
        if (viewer->scopes[middle].enter < enter)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int compare_scopes(const void *left, const void *right)
{
    const near_store_t *a = left, *b = right;
    return (a->scope > b->scope) - (a->scope < b->scope);
}

static status_t list_stores(work_t *work)
{
    viewer_t *viewer = &work->viewer;
    const owners_t *owners = &work->releases->owners;
    size_t count = 0;
    for (uint32_t i = 0; i < viewer->near_count; i++)
        count += owners->first[viewer->near[i] + 1] - owners->first[viewer->near[i]];
    viewer->stores = malloc((count + 1) * sizeof *viewer->stores);
    if (!viewer->stores)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < viewer->near_count; i++)
        for (uint32_t d = owners->first[viewer->near[i]]; d < owners->first[viewer->near[i] + 1]; d++) {
            uint32_t dealer = owners->dealers[d], slot = work->month->slots[dealer];
            if (slot != INDEX_NONE)
                viewer->stores[viewer->store_count++] =
                    (near_store_t){slot, viewer->near[i], innermost_scope(work, dealer), viewer->is_known[slot]};
        }
    if (viewer->store_count)
        qsort(viewer->stores, viewer->store_count, sizeof *viewer->stores, compare_scopes);
    for (uint32_t i = 0, store = 0; i < viewer->scope_count; i++) {
        while (store < viewer->store_count && viewer->stores[store].scope == i)
            store++;
        viewer->scopes[i].store_end = store;
    }
    return STATUS_OK;
}

/* ---- Making one ---- */

status_t viewer_init(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                     const exemplars_t *exemplars, viewer_t *out)
{
    CLEANUP(work_fini) work_t work = {.releases = releases, .network = releases->network, .month = releases->months[0]};
    TRY(work_init(&work));
    for (size_t i = 0; i < count; i++)
        TRY(add_store(&work, today, stores[i]));
    add_exemplars(&work, exemplars);
    TRY(list_scopes(&work));
    TRY(list_stores(&work));
    *out = work.viewer;
    work.viewer = (viewer_t){0};
    return STATUS_OK;
}

void viewer_fini(viewer_t *viewer)
{
    free(viewer->is_known);
    free(viewer->is_near);
    free(viewer->near);
    free(viewer->stores);
    free(viewer->scopes);
    free(viewer->turns);
    *viewer = (viewer_t){0};
}

size_t viewer_find_scope(const viewer_t *viewer, scope_t scope)
{
    for (size_t i = 0; i < viewer->scope_count; i++)
        if (viewer->scopes[i].scope.kind == scope.kind &&
            (scope.kind == SCOPE_NATION || viewer->scopes[i].scope.index == scope.index))
            return i;
    return SIZE_MAX;
}
