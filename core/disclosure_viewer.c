#include "core/disclosure_internals.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

/* Dealers marked while a viewer is made, as one network numbers them. */
typedef struct {
    const network_t *network;
    uint8_t *is_key, *is_own, *is_peer; /* [dealer] */
} marks_t;

static void marks_fini(marks_t *marks)
{
    free(marks->is_key);
    free(marks->is_own);
    free(marks->is_peer);
}

static status_t marks_init(const network_t *network, marks_t *marks)
{
    size_t room = (size_t)network->dealer_count + 1;
    marks->network = network;
    marks->is_key = calloc(room, 1);
    marks->is_own = calloc(room, 1);
    marks->is_peer = calloc(room, 1);
    return marks->is_key && marks->is_own && marks->is_peer ? STATUS_OK : STATUS_NO_MEMORY;
}

/* ---- Whom the viewer knows ---- */

static bool names(const char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

static void mark_own(marks_t *marks, const char *const *codes, size_t count)
{
    for (uint32_t dealer = 0; dealer < marks->network->dealer_count; dealer++)
        marks->is_own[dealer] = names(codes, count, marks->network->dealers[dealer].owner);
}

static bool joins_key(const marks_t *marks, uint32_t circle, period_t period)
{
    const circle_t *found = &marks->network->circles[circle];
    for (uint32_t i = 0; i < found->member_count; i++)
        if (marks->is_key[found->members[i].dealer] &&
            network_circle_holds(marks->network, circle, found->members[i].dealer, period))
            return true;
    return false;
}

static void mark_peers(marks_t *marks, period_t period)
{
    for (uint32_t circle = 0; circle < marks->network->circle_count; circle++) {
        const circle_t *found = &marks->network->circles[circle];
        if (!joins_key(marks, circle, period))
            continue;
        for (uint32_t i = 0; i < found->member_count; i++)
            if (network_circle_holds(marks->network, circle, found->members[i].dealer, period))
                marks->is_peer[found->members[i].dealer] = 1;
    }
}

/* What `from` marks, added to `to` by code; the key's stores were put into both before. */
static void add_marks(const marks_t *from, marks_t *to)
{
    for (uint32_t dealer = 0; dealer < from->network->dealer_count; dealer++) {
        if (!from->is_own[dealer] && !from->is_peer[dealer])
            continue;
        uint32_t same = network_find_dealer(to->network, from->network->dealers[dealer].code);
        if (same == INDEX_NONE)
            continue;
        to->is_own[same] |= from->is_own[dealer];
        to->is_peer[same] |= from->is_peer[dealer];
    }
}

/* Fills both networks' marks, and joins today's into the releases'. */
static status_t mark_dealers(const uint32_t *stores, size_t count, period_t period, marks_t *today, marks_t *marks)
{
    CLEANUP(scratch_free) const char **codes = calloc(2 * count + 1, sizeof *codes);
    size_t code_count = 0;
    if (!codes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const dealer_t *store = &today->network->dealers[stores[i]];
        uint32_t then = network_find_dealer(marks->network, store->code);
        today->is_key[stores[i]] = 1;
        if (!names(codes, code_count, store->owner))
            codes[code_count++] = store->owner;
        if (then == INDEX_NONE)
            continue;
        marks->is_key[then] = 1;
        if (!names(codes, code_count, marks->network->dealers[then].owner))
            codes[code_count++] = marks->network->dealers[then].owner;
    }
    mark_own(marks, codes, code_count);
    mark_peers(marks, period);
    if (today->network == marks->network)
        return STATUS_OK;
    mark_own(today, codes, code_count);
    mark_peers(today, period);
    add_marks(today, marks);
    return STATUS_OK;
}

static status_t know(viewer_t *viewer, const releases_t *releases, const marks_t *marks, const exemplars_t *exemplars)
{
    const month_t *month = releases->months[0];
    viewer->is_known = calloc((size_t)month->count + 1, 1);
    viewer->is_near = calloc((size_t)releases->owners.count + 1, 1);
    if (!viewer->is_known || !viewer->is_near)
        return STATUS_NO_MEMORY;
    for (uint32_t dealer = 0; dealer < releases->network->dealer_count; dealer++) {
        if (!marks->is_own[dealer] && !marks->is_peer[dealer])
            continue;
        viewer->is_near[releases->owners.of_dealer[dealer]] = 1;
        if (month->slots[dealer] != INDEX_NONE)
            viewer->is_known[month->slots[dealer]] = 1;
    }
    for (size_t i = 0; exemplars && i < exemplars->count; i++) {
        const exemplar_t *item = &exemplars->items[i];
        if (!item->consented || month->slots[item->dealer] == INDEX_NONE)
            continue;
        viewer->is_near[releases->owners.of_dealer[item->dealer]] = 1;
        viewer->is_known[month->slots[item->dealer]] = 1;
    }
    return STATUS_OK;
}

/* ---- Its scopes ---- */

enum { IN_CHAIN = 1, IN_LISTED = 2 };

/* Marks the regions over the dealer; a region that has the mark has it all the way up. */
static void mark_chain(const network_t *network, uint32_t region, uint8_t mark, uint8_t *regions)
{
    for (; region != INDEX_NONE && !(regions[region] & mark); region = network->regions[region].parent)
        regions[region] |= mark;
}

static viewer_scope_t make_scope(const releases_t *releases, uint32_t index, uint8_t mark)
{
    const month_t *month = releases->months[releases->count - 1];
    const network_t *network = releases->network;
    viewer_scope_t scope = {{SCOPE_NATION, 0}, 0, UINT32_MAX, 0, month->count, 0, 0, 0, true, true};
    if (index != INDEX_NONE) {
        const region_t *region = &network->regions[index];
        scope = (viewer_scope_t){{SCOPE_REGION, index},
                                 region->enter,
                                 region->leave,
                                 month->region_first[region->enter],
                                 month->region_first[region->leave],
                                 0,
                                 0,
                                 0,
                                 mark & IN_LISTED,
                                 true};
    }
    for (; index != INDEX_NONE; index = network->regions[index].parent)
        scope.depth++;
    for (uint32_t slot = scope.first; slot < scope.end; slot++)
        scope.size += month->flags[slot] & MONTH_REPORTED;
    return scope;
}

static int compare_preorder(const void *left, const void *right)
{
    const viewer_scope_t *a = left, *b = right;
    if (a->scope.kind != b->scope.kind)
        return a->scope.kind == SCOPE_NATION ? -1 : 1;
    return (a->enter > b->enter) - (a->enter < b->enter);
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

static status_t list_scopes(viewer_t *viewer, const releases_t *releases, const marks_t *marks)
{
    const network_t *network = releases->network;
    CLEANUP(scratch_free) uint8_t *regions = calloc((size_t)network->region_count + 1, 1);
    if (!regions)
        return STATUS_NO_MEMORY;
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++) {
        if (!marks->is_own[dealer])
            continue;
        uint32_t region = network_region_of(network, dealer, releases->period);
        mark_chain(network, region, IN_CHAIN, regions);
        if (marks->is_key[dealer])
            mark_chain(network, region, IN_LISTED, regions);
    }
    size_t count = 1;
    for (uint32_t region = 0; region < network->region_count; region++)
        count += regions[region] != 0;
    viewer->scopes = malloc(count * sizeof *viewer->scopes);
    viewer->turns = malloc(count * sizeof *viewer->turns);
    if (!viewer->scopes || !viewer->turns)
        return STATUS_NO_MEMORY;
    viewer->scopes[viewer->scope_count++] = make_scope(releases, INDEX_NONE, IN_LISTED);
    for (uint32_t region = 0; region < network->region_count; region++)
        if (regions[region])
            viewer->scopes[viewer->scope_count++] = make_scope(releases, region, regions[region]);
    qsort(viewer->scopes, count, sizeof *viewer->scopes, compare_preorder);
    for (uint32_t i = 0; i < count; i++)
        viewer->turns[i] = i;
    qsort_r(viewer->turns, count, sizeof *viewer->turns, compare_turns, &(turn_context_t){viewer, network});
    for (uint32_t turn = 0; turn < count; turn++)
        viewer->scopes[viewer->turns[turn]].turn = turn;
    return STATUS_OK;
}

/* ---- Making one ---- */

status_t viewer_init(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                     const exemplars_t *exemplars, viewer_t *out)
{
    CLEANUP(marks_fini) marks_t now = {0};
    CLEANUP(marks_fini) marks_t then = {0};
    CLEANUP(viewer_fini) viewer_t viewer = {0};
    TRY(marks_init(today, &now));
    TRY(marks_init(releases->network, &then));
    TRY(mark_dealers(stores, count, releases->period, &now, &then));
    TRY(know(&viewer, releases, &then, exemplars));
    TRY(list_scopes(&viewer, releases, &then));
    *out = viewer;
    viewer = (viewer_t){0};
    return STATUS_OK;
}

void viewer_fini(viewer_t *viewer)
{
    free(viewer->is_known);
    free(viewer->is_near);
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
