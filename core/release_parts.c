#include "core/release_internals.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

/* ---- Parts ---- */

status_t release_cut(const releases_t *releases, const month_t *live, const disclosure_rule_t *rule,
                     uint32_t *out_parts)
{
    const network_t *network = releases->network;
    uint32_t nation = network->region_count;
    const month_t *last = releases->months[releases->count - 1];
    CLEANUP(scratch_free) uint32_t *now = NULL;
    CLEANUP(scratch_free) uint32_t *by_enter = calloc((size_t)nation + 1, sizeof *by_enter);
    CLEANUP(scratch_free) uint32_t *part_of = calloc((size_t)nation + 1, sizeof *part_of);
    if (!by_enter || !part_of)
        return STATUS_NO_MEMORY;
    TRY(release_count_owners(last, live, releases->slot_owners, releases->owners.count, &now));
    for (uint32_t region = 0; region < nation; region++)
        by_enter[network->regions[region].enter] = region;
    for (uint32_t enter = 0; enter < nation; enter++) {
        uint32_t parent = network->regions[by_enter[enter]].parent, before = 0;
        for (size_t i = 0; i < releases->count; i++)
            if (releases->region_owners[i][enter] > before)
                before = releases->region_owners[i][enter];
        bool is_large = before >= rule->least_owners && now[enter] >= rule->least_owners;
        part_of[enter] = is_large ? enter : parent == INDEX_NONE ? nation : part_of[network->regions[parent].enter];
        for (uint32_t slot = last->region_first[enter]; slot < last->region_first[enter + 1]; slot++)
            out_parts[slot] = part_of[enter];
    }
    return STATUS_OK;
}

/* ---- Circles of the month ---- */

static bool is_member(const circle_member_t *member, const month_t *month)
{
    return (member->from == PERIOD_NONE || member->from <= month->period) &&
           (member->until == PERIOD_NONE || month->period <= member->until) &&
           month->slots[member->dealer] != INDEX_NONE;
}

static status_t index_circles(viewers_t *viewers)
{
    const network_t *network = viewers->releases->network;
    const month_t *month = viewers->releases->months[0];
    size_t total = 0;
    for (uint32_t i = 0; i < network->circle_count; i++)
        total += network->circles[i].member_count;
    viewers->circle_first = calloc((size_t)network->circle_count + 1, sizeof(uint32_t));
    viewers->circle_slots = malloc((total + 1) * sizeof(uint32_t));
    viewers->slot_first = calloc((size_t)month->count + 2, sizeof(uint32_t));
    viewers->slot_circles = malloc((total + 1) * sizeof(uint32_t));
    if (!viewers->circle_first || !viewers->circle_slots || !viewers->slot_first || !viewers->slot_circles)
        return STATUS_NO_MEMORY;
    uint32_t count = 0, *first = viewers->slot_first;
    for (uint32_t i = 0; i < network->circle_count; i++) {
        const circle_t *circle = &network->circles[i];
        viewers->circle_first[i] = count;
        for (uint32_t m = 0; m < circle->member_count; m++)
            if (is_member(&circle->members[m], month))
                viewers->circle_slots[count++] = month->slots[circle->members[m].dealer];
    }
    viewers->circle_first[network->circle_count] = count;
    /* Counted two places ahead, so that filling moves each start to where it belongs. */
    for (uint32_t i = 0; i < count; i++)
        first[viewers->circle_slots[i] + 2]++;
    for (uint32_t slot = 2; slot <= month->count + 1; slot++)
        first[slot] += first[slot - 1];
    for (uint32_t i = 0; i < network->circle_count; i++)
        for (uint32_t m = viewers->circle_first[i]; m < viewers->circle_first[i + 1]; m++)
            viewers->slot_circles[first[viewers->circle_slots[m] + 1]++] = i;
    return STATUS_OK;
}

status_t viewers_init(const releases_t *releases, viewers_t *out)
{
    CLEANUP(viewers_fini) viewers_t viewers = {.releases = releases};
    size_t slots = (size_t)releases->months[0]->count + 1, owners = (size_t)releases->owners.count + 1;
    TRY(index_circles(&viewers));
    viewers.weights = malloc(slots * sizeof *viewers.weights);
    viewers.stores = calloc(owners, sizeof *viewers.stores);
    viewers.looked_at = calloc(owners, sizeof *viewers.looked_at);
    viewers.near = calloc(owners, sizeof *viewers.near);
    viewers.known = calloc(slots, sizeof *viewers.known);
    viewers.candidates = malloc(owners * sizeof *viewers.candidates);
    viewers.touched = malloc(owners * sizeof *viewers.touched);
    viewers.learned = malloc(slots * sizeof *viewers.learned);
    viewers.circle_known = calloc((size_t)releases->network->circle_count + 1, sizeof *viewers.circle_known);
    viewers.circle_looked_at = calloc((size_t)releases->network->circle_count + 1, sizeof *viewers.circle_looked_at);
    if (!viewers.learned || !viewers.circle_known || !viewers.circle_looked_at || !viewers.weights || !viewers.stores ||
        !viewers.looked_at || !viewers.near || !viewers.known || !viewers.candidates || !viewers.touched)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < slots; i++)
        viewers.weights[i] = -1;
    *out = viewers;
    viewers = (viewers_t){0};
    return STATUS_OK;
}

void viewers_fini(viewers_t *viewers)
{
    free(viewers->circle_first);
    free(viewers->circle_slots);
    free(viewers->slot_first);
    free(viewers->slot_circles);
    free(viewers->weights);
    free(viewers->stores);
    free(viewers->looked_at);
    free(viewers->near);
    free(viewers->known);
    free(viewers->candidates);
    free(viewers->touched);
    free(viewers->learned);
    free(viewers->circle_known);
    free(viewers->circle_looked_at);
    *viewers = (viewers_t){0};
}

/* ---- One viewer ---- */

typedef void visit_t(viewers_t *viewers, uint32_t slot, void *context);

/* All members of all circles that a store of the owner is in, itself too; each circle once for a stamp. */
static void visit_circle_mates(viewers_t *viewers, uint32_t owner, uint32_t *visited, uint32_t stamp, visit_t *visit,
                               void *context)
{
    const releases_t *releases = viewers->releases;
    const owners_t *owners = &releases->owners;
    for (uint32_t d = owners->first[owner]; d < owners->first[owner + 1]; d++) {
        uint32_t slot = releases->months[0]->slots[owners->dealers[d]];
        for (uint32_t c = slot == INDEX_NONE ? 0 : viewers->slot_first[slot];
             slot != INDEX_NONE && c < viewers->slot_first[slot + 1]; c++) {
            uint32_t circle = viewers->slot_circles[c];
            if (visited[circle] == stamp)
                continue;
            visited[circle] = stamp;
            for (uint32_t m = viewers->circle_first[circle]; m < viewers->circle_first[circle + 1]; m++)
                visit(viewers, viewers->circle_slots[m], context);
        }
    }
}

typedef struct {
    const tally_t *tally;
    uint32_t touched; /* owners near the viewer that are in the set, in viewers->touched */
    uint32_t learned; /* stores of the set that it knows, in viewers->learned */
} view_t;

/* A store that the viewer knows. What is known of the set is taken from `strange` and `stores`, and given back later.
 */
static void learn(viewers_t *viewers, uint32_t slot, void *context)
{
    view_t *view = context;
    uint32_t owner = viewers->releases->slot_owners[slot];
    if (viewers->near[owner] != viewers->viewing) {
        viewers->near[owner] = viewers->viewing;
        if (view->tally->marks[owner])
            viewers->touched[view->touched++] = owner;
    }
    if (viewers->known[slot] == viewers->viewing || viewers->weights[slot] < 0)
        return;
    viewers->known[slot] = viewers->viewing;
    viewers->learned[view->learned++] = slot;
    view->tally->strange[owner] -= viewers->weights[slot];
    viewers->stores[owner]--;
}

static void learn_all(viewers_t *viewers, uint32_t viewer, view_t *view)
{
    const owners_t *owners = &viewers->releases->owners;
    for (uint32_t d = owners->first[viewer]; d < owners->first[viewer + 1]; d++) {
        uint32_t slot = viewers->releases->months[0]->slots[owners->dealers[d]];
        if (slot != INDEX_NONE)
            learn(viewers, slot, view);
    }
    visit_circle_mates(viewers, viewer, viewers->circle_known, viewers->viewing, learn, view);
}

static void forget(viewers_t *viewers, const view_t *view)
{
    for (uint32_t i = 0; i < view->learned; i++) {
        uint32_t slot = viewers->learned[i], owner = viewers->releases->slot_owners[slot];
        view->tally->strange[owner] += viewers->weights[slot];
        viewers->stores[owner]++;
    }
}

/* `tally->owners` stands with the greatest first. */
static void crowds_without(const viewers_t *viewers, const view_t *view, const crowd_t *all, crowd_t out[CROWD_COUNT])
{
    const tally_t *tally = view->tally;
    crowd_t others = CROWD_EMPTY;
    for (uint32_t i = 0; i < tally->count && others.owners < 2; i++)
        if (viewers->near[tally->owners[i]] != viewers->viewing)
            crowd_add(&others, tally->owners[i], tally->sums[tally->owners[i]]);
    others.owners = tally->count - view->touched;
    others.total = all->total;
    for (uint32_t i = 0; i < view->touched; i++)
        others.total -= tally->sums[viewers->touched[i]];
    out[CROWD_ALL] = *all;
    out[CROWD_OTHERS] = out[CROWD_STRANGERS] = others;
    for (uint32_t i = 0; i < view->touched; i++)
        if (viewers->stores[viewers->touched[i]])
            crowd_add(&out[CROWD_STRANGERS], viewers->touched[i], tally->strange[viewers->touched[i]]);
}

static tally_verdict_t judge_viewer(viewers_t *viewers, uint32_t viewer, const disclosure_rule_t *rule,
                                    const tally_t *tally, const crowd_t *all)
{
    view_t view = {.tally = tally};
    crowd_t crowds[CROWD_COUNT];
    viewers->viewing++;
    learn_all(viewers, viewer, &view);
    crowds_without(viewers, &view, all, crowds);
    forget(viewers, &view);
    return crowds_judge(crowds, rule, true);
}

/* ---- Every viewer ---- */

typedef struct {
    uint32_t count;
} candidates_t;

static void add_candidate(viewers_t *viewers, uint32_t owner, candidates_t *candidates)
{
    if (viewers->looked_at[owner] == viewers->judgement)
        return;
    viewers->looked_at[owner] = viewers->judgement;
    viewers->candidates[candidates->count++] = owner;
}

static void add_mate(viewers_t *viewers, uint32_t slot, void *context)
{
    add_candidate(viewers, viewers->releases->slot_owners[slot], context);
}

static int compare_sums(const void *left, const void *right, void *context)
{
    const tally_t *tally = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int128_t x = tally->sums[a], y = tally->sums[b];
    return x != y ? (x < y ? 1 : -1) : (a > b) - (a < b);
}

static void judge_all(viewers_t *viewers, const disclosure_rule_t *rule, tally_t *tally, tally_verdict_t *out,
                      uint32_t *out_viewer)
{
    crowd_t all = CROWD_EMPTY;
    candidates_t candidates = {0};
    qsort_r(tally->owners, tally->count, sizeof *tally->owners, compare_sums, tally);
    for (uint32_t i = 0; i < tally->count; i++)
        crowd_add(&all, tally->owners[i], tally->sums[tally->owners[i]]);
    *out_viewer = INDEX_NONE;
    *out = crowds_judge((crowd_t[CROWD_COUNT]){all, all, all}, rule, true);
    /* Who is near nobody in the set is no more than anybody. */
    viewers->judgement++;
    for (uint32_t i = 0; i < tally->count; i++) {
        add_candidate(viewers, tally->owners[i], &candidates);
        visit_circle_mates(viewers, tally->owners[i], viewers->circle_looked_at, viewers->judgement, add_mate,
                           &candidates);
    }
    for (uint32_t i = 0; i < candidates.count && out->failure == TALLY_PASSES; i++) {
        *out = judge_viewer(viewers, viewers->candidates[i], rule, tally, &all);
        *out_viewer = out->failure == TALLY_PASSES ? INDEX_NONE : viewers->candidates[i];
    }
}

void viewers_judge(viewers_t *viewers, const differences_t *differences, const disclosure_rule_t *rule, tally_t *tally,
                   tally_verdict_t *out, uint32_t *out_viewer)
{
    for (uint32_t i = 0; i < differences->count; i++) {
        uint32_t slot = differences->slots[i], owner = viewers->releases->slot_owners[slot];
        viewers->weights[slot] = differences->weights[i];
        viewers->stores[owner]++;
        tally_add(tally, owner, differences->weights[i], false);
    }
    judge_all(viewers, rule, tally, out, out_viewer);
    for (uint32_t i = 0; i < differences->count; i++) {
        viewers->weights[differences->slots[i]] = -1;
        viewers->stores[viewers->releases->slot_owners[differences->slots[i]]] = 0;
    }
    tally_clear(tally);
}
