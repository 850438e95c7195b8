#include "core/release.h"

#include "core/release_internals.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

/* ---- The first ---- */

status_t release_first(const month_t *live, release_t *out)
{
    uint16_t needed[CATALOG_FACTS_MAX];
    size_t count = release_needed(live->catalog, needed);
    CLEANUP(month_destroy) month_t *month = release_pare(live, needed, count);
    if (!month)
        return STATUS_NO_MEMORY;
    release_t release = {0};
    for (uint32_t slot = 0; slot < month->count && !release.month; slot++)
        if (month->flags[slot] & MONTH_REPORTED)
            release.month = month;
    if (release.month)
        month = NULL;
    *out = release;
    return STATUS_OK;
}

void release_fini(release_t *release)
{
    month_destroy(&release->month);
    free(release->changes);
    *release = (release_t){0};
}

/* ---- What has changed ---- */

typedef struct {
    const releases_t *releases;
    const disclosure_rule_t *rule;
    const month_t *last;
    month_t *live; /* pared */
    month_t *next; /* what is made: `live`, but where changes wait as `last` */
    viewers_t viewers;
    tally_t tally;
    uint32_t *parts;   /* [slot] */
    uint32_t *order;   /* all slots by part */
    uint32_t *changes; /* [slot]: index of its change, INDEX_NONE: none */
    int64_t *weights;  /* of the part's differences at hand, and the slots that they are of */
    uint32_t *slots;
    release_t release;
} work_t;

static void work_fini(work_t *work)
{
    month_destroy(&work->live);
    month_destroy(&work->next);
    viewers_fini(&work->viewers);
    tally_fini(&work->tally);
    free(work->parts);
    free(work->order);
    free(work->changes);
    free(work->weights);
    free(work->slots);
    release_fini(&work->release);
}

static bool has_changed(const work_t *work, uint32_t slot)
{
    for (size_t i = 0; i < work->releases->needed_count; i++)
        if (release_difference(work->last, work->live, work->releases->needed[i], slot) >= 0)
            return true;
    return false;
}

static release_change_kind_t kind_of(const work_t *work, uint32_t slot)
{
    if (!(work->last->flags[slot] & MONTH_REPORTED))
        return CHANGE_FILED;
    return work->live->flags[slot] & MONTH_REPORTED ? CHANGE_CORRECTED : CHANGE_WITHDRAWN;
}

/* By dealer index, so that the list comes sorted. */
static void list_changes(work_t *work)
{
    for (uint32_t dealer = 0; dealer < work->releases->network->dealer_count; dealer++) {
        uint32_t slot = work->live->slots[dealer];
        if (slot == INDEX_NONE)
            continue;
        work->changes[slot] = INDEX_NONE;
        if (!has_changed(work, slot))
            continue;
        work->changes[slot] = (uint32_t)work->release.change_count;
        work->release.changes[work->release.change_count++] =
            (release_change_t){.dealer = dealer, .kind = kind_of(work, slot), .viewer = INDEX_NONE};
    }
}

/* Counting sort of the slots by part. */
static status_t order_by_part(work_t *work)
{
    size_t parts = (size_t)work->releases->network->region_count + 1;
    CLEANUP(scratch_free) uint32_t *next = calloc(parts + 1, sizeof *next);
    if (!next)
        return STATUS_NO_MEMORY;
    for (uint32_t slot = 0; slot < work->live->count; slot++)
        next[work->parts[slot] + 1]++;
    for (size_t part = 0; part < parts; part++)
        next[part + 1] += next[part];
    for (uint32_t slot = 0; slot < work->live->count; slot++)
        work->order[next[work->parts[slot]]++] = slot;
    return STATUS_OK;
}

static status_t work_init(work_t *work, const releases_t *releases, const month_t *live, const disclosure_rule_t *rule)
{
    size_t room = (size_t)live->count + 1;
    work->releases = releases;
    work->rule = rule;
    work->last = releases->months[releases->count - 1];
    work->live = release_pare(live, releases->needed, releases->needed_count);
    work->next = work->live ? month_clone(work->live) : NULL;
    work->parts = malloc(room * sizeof *work->parts);
    work->order = malloc(room * sizeof *work->order);
    work->changes = malloc(room * sizeof *work->changes);
    work->weights = malloc(room * sizeof *work->weights);
    work->slots = malloc(room * sizeof *work->slots);
    work->release.changes = malloc(room * sizeof *work->release.changes);
    if (!work->next || !work->parts || !work->order || !work->changes || !work->weights || !work->slots ||
        !work->release.changes)
        return STATUS_NO_MEMORY;
    TRY(viewers_init(releases, &work->viewers));
    TRY(tally_init(releases->owners.count, &work->tally));
    TRY(release_cut(releases, work->live, rule, work->parts));
    list_changes(work);
    return order_by_part(work);
}

/* ---- One part ---- */

typedef struct {
    const uint32_t *slots;
    uint32_t count;
    uint32_t pending; /* changes that do not wait so far */
} part_t;

typedef struct {
    size_t fact, earlier;
    tally_verdict_t verdict;
    uint32_t viewer;
} stumble_t;

static bool is_pending(const work_t *work, uint32_t slot)
{
    return work->changes[slot] != INDEX_NONE && work->release.changes[work->changes[slot]].wait == WAIT_NONE;
}

/* False where one does not pass: the first, in *out. */
static bool passes(work_t *work, const part_t *part, stumble_t *out)
{
    const releases_t *releases = work->releases;
    for (size_t earlier = releases->count; earlier-- > 0;)
        for (size_t i = 0; i < releases->needed_count; i++) {
            differences_t differences = {work->slots, work->weights, 0};
            for (uint32_t s = 0; s < part->count; s++) {
                int64_t weight =
                    release_difference(releases->months[earlier], work->next, releases->needed[i], part->slots[s]);
                work->slots[differences.count] = part->slots[s];
                work->weights[differences.count] = weight;
                differences.count += weight >= 0;
            }
            if (differences.count == 0)
                continue;
            *out = (stumble_t){.fact = releases->needed[i], .earlier = earlier};
            viewers_judge(&work->viewers, &differences, work->rule, &work->tally, &out->verdict, &out->viewer);
            if (out->verdict.failure != TALLY_PASSES)
                return false;
        }
    return true;
}

static scope_t scope_of_part(const work_t *work, uint32_t part)
{
    const network_t *network = work->releases->network;
    for (uint32_t region = 0; part < network->region_count && region < network->region_count; region++)
        if (network->regions[region].enter == part)
            return (scope_t){SCOPE_REGION, region};
    return (scope_t){SCOPE_NATION, 0};
}

static void hold(work_t *work, uint32_t slot, const release_change_t *why)
{
    release_change_t *change = &work->release.changes[work->changes[slot]];
    int64_t facts[2 * CATALOG_FACTS_MAX];
    uint8_t flags = work->last->flags[slot];
    uint32_t dealer = change->dealer;
    release_change_kind_t kind = change->kind;
    *change = *why;
    change->dealer = dealer;
    change->kind = kind;
    work->release.held_count++;
    month_inputs(work->last, slot, facts);
    month_set(work->next, dealer, flags & MONTH_REPORTED ? facts : NULL, flags & MONTH_LATE);
}

/* Changes of one owner, or (INDEX_NONE) all. Returns how many. */
static uint32_t hold_part(work_t *work, part_t *part, uint32_t owner, release_wait_t wait, const stumble_t *stumble)
{
    uint32_t held = 0;
    release_change_t why = {.wait = wait,
                            .part = scope_of_part(work, work->parts[part->slots[0]]),
                            .fact = stumble->fact,
                            .earlier = stumble->earlier,
                            .verdict = stumble->verdict,
                            .viewer = stumble->viewer};
    for (uint32_t s = 0; s < part->count; s++)
        if (is_pending(work, part->slots[s]) &&
            (owner == INDEX_NONE || work->releases->slot_owners[part->slots[s]] == owner)) {
            hold(work, part->slots[s], &why);
            held++;
        }
    part->pending -= held;
    return held;
}

/* Lets wait what must (docs/disclosure.md, 4). Where all of a part waits, it stands as in the last release, which
 * passed. */
static void settle_part(work_t *work, part_t *part)
{
    stumble_t stumble;
    for (unsigned peels = 0; part->pending && !passes(work, part, &stumble); peels++) {
        bool stands_out = stumble.verdict.failure == TALLY_DOMINATED && peels < RELEASE_PEELS_MAX;
        if (!stands_out || !hold_part(work, part, stumble.verdict.greatest, WAIT_STANDS_OUT, &stumble))
            hold_part(work, part, INDEX_NONE, WAIT_PART, &stumble);
    }
}

static void settle_parts(work_t *work)
{
    uint32_t count = work->live->count;
    for (uint32_t first = 0, end; first < count; first = end) {
        part_t part = {.slots = work->order + first};
        for (end = first; end < count && work->parts[work->order[end]] == work->parts[work->order[first]]; end++)
            part.pending += is_pending(work, work->order[end]);
        part.count = end - first;
        settle_part(work, &part);
    }
}

status_t release_next(const releases_t *releases, const month_t *live, const disclosure_rule_t *rule, release_t *out)
{
    if (releases->count >= RELEASES_MAX)
        return STATUS_LIMIT;
    if (!release_stands_on(releases->months[0], live))
        return STATUS_CONFLICT;
    CLEANUP(work_fini) work_t work = {0};
    TRY(work_init(&work, releases, live, rule));
    settle_parts(&work);
    *out = work.release;
    out->month = work.next;
    work.release = (release_t){0};
    work.next = NULL;
    return STATUS_OK;
}
