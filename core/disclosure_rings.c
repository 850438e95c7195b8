#include "core/disclosure_internals.h"

/* ---- Sets of which little is known but what their near owners hold ---- */

void near_crowds(const viewer_t *viewer, tally_t *near, const leaders_t *leaders, int128_t total, uint32_t others,
                 crowd_t out[CROWD_COUNT])
{
    crowd_t rest = CROWD_EMPTY;
    int128_t held = 0;
    leaders_add(leaders, viewer->is_near, &rest);
    for (uint32_t i = 0; i < near->count; i++)
        held += near->sums[near->owners[i]];
    rest.owners = others;
    rest.total = total - held;
    out[CROWD_ALL] = out[CROWD_OTHERS] = out[CROWD_STRANGERS] = rest;
    for (uint32_t i = 0; i < near->count; i++) {
        uint32_t owner = near->owners[i];
        crowd_add(&out[CROWD_ALL], owner, near->sums[owner]);
        if (near->marks[owner] & TALLY_STRANGE)
            crowd_add(&out[CROWD_STRANGERS], owner, near->strange[owner]);
    }
    tally_clear(near);
}

bool near_passes(const crowd_t crowds[CROWD_COUNT], const disclosure_rule_t *rule, bool counts)
{
    for (crowd_kind_t kind = 0; kind < CROWD_COUNT; kind++)
        if (crowds[kind].total <= 0)
            return false; /* the greatest sum is none */
    return crowds_judge(crowds, rule, counts).failure == TALLY_PASSES;
}

/* ---- A trial ---- */

bool trial_holds(const trial_t *trial, size_t index)
{
    const disclosure_t *disclosure = trial->disclosure;
    const releases_t *releases = disclosure->releases;
    const viewer_scope_t *scope = &disclosure->viewer.scopes[index];
    bool counts = scope->is_in || disclosure->seen[trial->fact * disclosure->viewer.scope_count + index];
    if (!counts || trial->earlier == RING_ITSELF)
        return counts;
    uint32_t place = scope->scope.kind == SCOPE_NATION ? releases->network->region_count : scope->enter;
    return releases->region_owners[trial->earlier][place] >= disclosure->rule.least_owners;
}

void trial_begin(const trial_t *trial)
{
    const viewer_t *viewer = &trial->disclosure->viewer;
    uint32_t *ring_of = trial->disclosure->ring_of;
    for (uint32_t i = 0; i < viewer->scope_count; i++)
        ring_of[i] = trial_holds(trial, i) ? i : i ? ring_of[viewer->scopes[i].parent] : NO_SCOPE;
}

/* The two releases that its weights are of; of one release's figures the same. */
static size_t later_of(const trial_t *trial)
{
    return trial->is_of_figures && trial->earlier != RING_ITSELF ? trial->earlier : trial->disclosure->last;
}

static size_t earlier_of(const trial_t *trial)
{
    return trial->earlier == RING_ITSELF ? trial->disclosure->last : trial->earlier;
}

static int64_t weight_of(const trial_t *trial, uint32_t slot)
{
    return release_weight(trial->disclosure->releases, earlier_of(trial), later_of(trial), trial->fact, slot);
}

/* ---- Walking a ring ---- */

/* The runs of atoms of a ring. */
typedef struct {
    uint32_t atom;
    size_t inner; /* the next scope that may be a hole */
    uint32_t first, end;
} ring_walk_t;

static ring_walk_t walk_begin(const trial_t *trial, size_t index)
{
    return (ring_walk_t){.atom = trial->disclosure->viewer.scopes[index].enter, .inner = index + 1};
}

static bool walk_next(const trial_t *trial, size_t index, ring_walk_t *walk)
{
    const viewer_t *viewer = &trial->disclosure->viewer;
    const viewer_scope_t *scopes = viewer->scopes;
    while (walk->atom < scopes[index].leave) {
        while (walk->inner < viewer->scope_count &&
               (scopes[walk->inner].enter < walk->atom || trial->disclosure->ring_of[walk->inner] != walk->inner))
            walk->inner++;
        bool is_hole = walk->inner < viewer->scope_count && scopes[walk->inner].enter < scopes[index].leave;
        walk->first = walk->atom;
        walk->end = is_hole ? scopes[walk->inner].enter : scopes[index].leave;
        walk->atom = is_hole ? scopes[walk->inner].leave : scopes[index].leave;
        if (walk->first < walk->end)
            return true;
    }
    return false;
}

/* ---- By the outline ---- */

/* What an outline tells of a ring. */
typedef struct {
    int128_t total;
    uint32_t stores;
    uint32_t others; /* different owners that are not near, as many as are asked for */
} ring_t;

/* Counts further owners that are not near; `found` are those so far. */
static void add_witnesses(const viewer_t *viewer, const uint32_t *witnesses, uint32_t *found, uint32_t most,
                          uint32_t *count)
{
    for (uint32_t i = 0; i < OUTLINE_WITNESSES && witnesses[i] != INDEX_NONE && *count < most; i++) {
        uint32_t k = 0;
        while (k < *count && found[k] != witnesses[i])
            k++;
        if (k == *count && !viewer->is_near[witnesses[i]])
            found[(*count)++] = witnesses[i];
    }
}

#define OTHERS_MAX 16u

static ring_t add_up(const trial_t *trial, const outline_t *outline, size_t index)
{
    const disclosure_rule_t *rule = &trial->disclosure->rule;
    uint32_t most = rule->least_owners > rule->least_others ? rule->least_owners : rule->least_others;
    uint32_t found[OTHERS_MAX];
    ring_t ring = {0};
    ring_walk_t walk = walk_begin(trial, index);
    if (most > OTHERS_MAX)
        most = OTHERS_MAX;
    while (walk_next(trial, index, &walk)) {
        ring.total += outline->totals[walk.end] - outline->totals[walk.first];
        ring.stores += outline->stores[walk.end] - outline->stores[walk.first];
        for (uint32_t atom = walk.first; atom < walk.end && ring.others < most; atom++)
            add_witnesses(&trial->disclosure->viewer, outline->witnesses[atom], found, most, &ring.others);
    }
    return ring;
}

static void add_near(const trial_t *trial, size_t index)
{
    disclosure_t *disclosure = trial->disclosure;
    const viewer_t *viewer = &disclosure->viewer;
    for (size_t i = index; i < viewer->scope_count && viewer->scopes[i].enter < viewer->scopes[index].leave; i++) {
        if (disclosure->ring_of[i] != index)
            continue;
        for (uint32_t k = i ? viewer->scopes[i - 1].store_end : 0; k < viewer->scopes[i].store_end; k++)
            near_add(&disclosure->tally, &viewer->stores[k], weight_of(trial, viewer->stores[k].slot));
    }
}

static bool passes_by_outline(const trial_t *trial, size_t index)
{
    const disclosure_t *disclosure = trial->disclosure;
    const viewer_t *viewer = &disclosure->viewer;
    const viewer_scope_t *scope = &viewer->scopes[index];
    uint32_t place = scope->scope.kind == SCOPE_NATION ? disclosure->releases->network->region_count : scope->enter;
    const outline_t *outline = release_outline(disclosure->releases, earlier_of(trial), later_of(trial), trial->fact);
    if (!outline)
        return false;
    const leaders_t *leaders = outline_leaders(disclosure->releases, outline, place);
    ring_t ring = add_up(trial, outline, index);
    if (!leaders || ring.stores == 0)
        return ring.stores == 0;
    add_near(trial, index);
    crowd_t crowds[CROWD_COUNT];
    near_crowds(viewer, &trial->disclosure->tally, leaders, ring.total, ring.others, crowds);
    return near_passes(crowds, &disclosure->rule, true);
}

/* ---- By the stores ---- */

static void add_slot(const trial_t *trial, uint32_t slot)
{
    disclosure_t *disclosure = trial->disclosure;
    int64_t weight = weight_of(trial, slot);
    if (weight >= 0)
        tally_add(&disclosure->tally, disclosure->releases->slot_owners[slot], weight,
                  disclosure->viewer.is_known[slot]);
}

static void add_run(const trial_t *trial, uint32_t first, uint32_t end)
{
    const releases_t *releases = trial->disclosure->releases;
    const release_changes_t *changes =
        trial->is_of_figures ? NULL : release_changes(releases, earlier_of(trial), later_of(trial));
    for (uint32_t slot = first; !changes && slot < end; slot++)
        add_slot(trial, slot); /* short of memory for the changes, these are all that differ too */
    uint32_t last = changes ? release_changes_from(changes, end) : 0;
    for (uint32_t i = changes ? release_changes_from(changes, first) : 0; i < last; i++)
        add_slot(trial, changes->slots[i]);
}

tally_verdict_t trial_judge(const trial_t *trial, size_t index)
{
    disclosure_t *disclosure = trial->disclosure;
    tally_verdict_t verdict = {TALLY_PASSES, CROWD_ALL, UINT32_MAX};
    if (passes_by_outline(trial, index))
        return verdict;
    ring_walk_t walk = walk_begin(trial, index);
    while (walk_next(trial, index, &walk))
        add_run(trial, release_slot_of_atom(disclosure->releases, walk.first),
                release_slot_of_atom(disclosure->releases, walk.end));
    crowd_t crowds[CROWD_COUNT];
    if (disclosure->tally.count) {
        tally_crowds(&disclosure->tally, disclosure->viewer.is_near, crowds);
        verdict = crowds_judge(crowds, &disclosure->rule, true);
    }
    tally_clear(&disclosure->tally);
    return verdict;
}
