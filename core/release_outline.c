#include "core/release_outline.h"

#include "core/release_cells.h"
#include "core/release_internals.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

#define LARGE_SLOTS 128u /* fewer are added up as fast as they are looked up */

/* ---- Greatest owners of a set ---- */

static void lead(leaders_t *leaders, uint32_t owner, int128_t sum)
{
    uint32_t place = leaders->count;
    if (place == LEADERS_MAX && sum <= leaders->items[place - 1].sum)
        return;
    if (place == LEADERS_MAX)
        place--;
    else
        leaders->count++;
    for (; place > 0 && leaders->items[place - 1].sum < sum; place--)
        leaders->items[place] = leaders->items[place - 1];
    leaders->items[place].owner = owner;
    leaders->items[place].sum = sum;
}

void leaders_take(const tally_t *tally, leaders_t *out)
{
    out->count = 0;
    for (uint32_t i = 0; i < tally->count; i++)
        lead(out, tally->owners[i], tally->sums[tally->owners[i]]);
}

void leaders_add(const leaders_t *leaders, const uint8_t *is_near, crowd_t *crowd)
{
    for (uint32_t i = 0; i < leaders->count && crowd->owners < 2; i++)
        if (!is_near[leaders->items[i].owner])
            crowd_add(crowd, leaders->items[i].owner, leaders->items[i].sum);
    while (leaders->count == LEADERS_MAX && crowd->owners < 2)
        crowd_add(crowd, leaders->items[LEADERS_MAX - 1].owner, leaders->items[LEADERS_MAX - 1].sum);
}

/* ---- Stores that differ ---- */

static void changes_destroy(release_changes_t **changes)
{
    if (!*changes)
        return;
    free((*changes)->slots);
    free(*changes);
    *changes = NULL;
}

/* What differs in any needed fact, or in whether it contributes: a contributor holds all of them. */
static bool differs(const releases_t *releases, const month_t *left, const month_t *right, uint32_t slot)
{
    for (size_t i = 0; i < releases->needed_count; i++)
        if (left->columns[releases->needed[i]][slot] != right->columns[releases->needed[i]][slot])
            return true;
    return false;
}

static release_changes_t *make_changes(const releases_t *releases, size_t earlier, size_t later)
{
    const month_t *left = releases->months[earlier], *right = releases->months[later];
    CLEANUP(scratch_free) uint32_t *slots = malloc(((size_t)left->count + 1) * sizeof *slots);
    release_changes_t *changes = calloc(1, sizeof *changes);
    uint32_t count = 0;
    for (uint32_t slot = 0; slots && slot < left->count; slot++)
        if (differs(releases, left, right, slot))
            slots[count++] = slot;
    if (slots && changes) {
        changes->slots = malloc(((size_t)count + 1) * sizeof *changes->slots);
        changes->count = count;
    }
    if (!changes || !changes->slots) {
        free(changes);
        return NULL;
    }
    memcpy(changes->slots, slots, count * sizeof *slots);
    return changes;
}

const release_changes_t *release_changes(const releases_t *releases, size_t earlier, size_t later)
{
    release_changes_t **place = &releases->kept->changes[earlier][later];
    release_changes_t *changes = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (changes)
        return changes;
    CLEANUP(changes_destroy) release_changes_t *made = make_changes(releases, earlier, later);
    /* Two threads may have made the same; the first to publish wins. */
    if (!made || !__atomic_compare_exchange_n(place, &changes, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return changes;
    __atomic_fetch_add(&releases->kept->bytes, sizeof *made + made->count * sizeof *made->slots, __ATOMIC_RELAXED);
    changes = made;
    made = NULL;
    return changes;
}

uint32_t release_changes_from(const release_changes_t *changes, uint32_t slot)
{
    uint32_t low = 0, high = changes->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (changes->slots[middle] < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- Weights ---- */

uint32_t release_slot_of_atom(const releases_t *releases, uint32_t atom)
{
    const month_t *month = releases->months[0];
    return atom < releases->kept->atoms ? month->region_first[atom] : month->count;
}

uint32_t release_contributors_before(const releases_t *releases, size_t release, uint32_t atom)
{
    return releases->kept->contributors[release][atom];
}

/* ---- Outlines ---- */

/* The weights that an outline is made of, in the order of their slots. */
typedef struct {
    const releases_t *releases;
    size_t earlier, later, fact;
    uint32_t *slots;
    int64_t *weights;
    uint32_t count;
    tally_t tally;
} weights_t;

static void weights_fini(weights_t *weights)
{
    free(weights->slots);
    free(weights->weights);
    tally_fini(&weights->tally);
}

static void add_weight(weights_t *weights, uint32_t slot)
{
    int64_t weight = release_weight(weights->releases, weights->earlier, weights->later, weights->fact, slot);
    weights->slots[weights->count] = slot;
    weights->weights[weights->count] = weight;
    weights->count += weight >= 0;
}

static status_t weights_init(weights_t *weights)
{
    const releases_t *releases = weights->releases;
    uint32_t slots = releases->months[0]->count;
    bool is_of_figures = weights->earlier == weights->later;
    const release_changes_t *changes =
        is_of_figures ? NULL : release_changes(releases, weights->earlier, weights->later);
    weights->slots = malloc(((size_t)slots + 1) * sizeof *weights->slots);
    weights->weights = malloc(((size_t)slots + 1) * sizeof *weights->weights);
    if ((!changes && !is_of_figures) || !weights->slots || !weights->weights)
        return STATUS_NO_MEMORY;
    for (uint32_t slot = 0; !changes && slot < slots; slot++)
        add_weight(weights, slot);
    for (uint32_t i = 0; changes && i < changes->count; i++)
        add_weight(weights, changes->slots[i]);
    return tally_init(releases->owners.count, &weights->tally);
}

static uint32_t find_weight(const weights_t *weights, uint32_t slot)
{
    const release_changes_t all = {weights->slots, weights->count};
    return release_changes_from(&all, slot);
}

static void outline_destroy(outline_t **outline)
{
    if (!*outline)
        return;
    free((*outline)->totals);
    free((*outline)->stores);
    free((*outline)->witnesses);
    free((*outline)->leaders);
    free(*outline);
    *outline = NULL;
}

static size_t outline_bytes(const struct release_kept *kept)
{
    return sizeof(outline_t) + (kept->atoms + 1ul) * (sizeof(int128_t) + (1 + OUTLINE_WITNESSES) * sizeof(uint32_t)) +
           kept->large_count * sizeof(leaders_t);
}

static outline_t *outline_allocate(const struct release_kept *kept)
{
    CLEANUP(outline_destroy) outline_t *outline = calloc(1, sizeof *outline);
    if (!outline)
        return NULL;
    outline->totals = calloc(kept->atoms + 1ul, sizeof *outline->totals);
    outline->stores = calloc(kept->atoms + 1ul, sizeof *outline->stores);
    outline->witnesses = malloc((kept->atoms + 1ul) * sizeof *outline->witnesses);
    outline->leaders = malloc((kept->large_count + 1ul) * sizeof *outline->leaders);
    if (!outline->totals || !outline->stores || !outline->witnesses || !outline->leaders)
        return NULL;
    outline_t *made = outline;
    outline = NULL;
    return made;
}

/* The atom's weights are those from `first` to before `end`. */
static void fill_atom(const weights_t *weights, outline_t *outline, uint32_t atom, uint32_t first, uint32_t end)
{
    uint32_t *witnesses = outline->witnesses[atom], found = 0;
    int128_t total = 0;
    for (uint32_t i = 0; i < OUTLINE_WITNESSES; i++)
        witnesses[i] = INDEX_NONE;
    for (uint32_t i = first; i < end; i++) {
        uint32_t owner = weights->releases->slot_owners[weights->slots[i]], k = 0;
        total += weights->weights[i];
        while (k < found && witnesses[k] != owner)
            k++;
        if (k == found && found < OUTLINE_WITNESSES)
            witnesses[found++] = owner;
    }
    outline->totals[atom + 1] = outline->totals[atom] + total;
    outline->stores[atom + 1] = outline->stores[atom] + (end - first);
}

static void fill_leaders(weights_t *weights, uint32_t first_slot, uint32_t end_slot, leaders_t *out)
{
    uint32_t end = find_weight(weights, end_slot);
    for (uint32_t i = find_weight(weights, first_slot); i < end; i++)
        tally_add(&weights->tally, weights->releases->slot_owners[weights->slots[i]], weights->weights[i], true);
    leaders_take(&weights->tally, out);
    tally_clear(&weights->tally);
}

static outline_t *make_outline(const releases_t *releases, size_t earlier, size_t later, size_t fact)
{
    const struct release_kept *kept = releases->kept;
    const network_t *network = releases->network;
    CLEANUP(outline_destroy) outline_t *outline = outline_allocate(kept);
    CLEANUP(weights_fini) weights_t weights = {releases, earlier, later, fact, NULL, NULL, 0, {0}};
    if (!outline || weights_init(&weights) != STATUS_OK)
        return NULL;
    for (uint32_t atom = 0, first = 0, end; atom < kept->atoms; atom++, first = end) {
        end = find_weight(&weights, release_slot_of_atom(releases, atom + 1));
        fill_atom(&weights, outline, atom, first, end);
    }
    for (uint32_t region = 0; region < network->region_count; region++) {
        const region_t *found = &network->regions[region];
        if (kept->large[found->enter] != INDEX_NONE)
            fill_leaders(&weights, release_slot_of_atom(releases, found->enter),
                         release_slot_of_atom(releases, found->leave), &outline->leaders[kept->large[found->enter]]);
    }
    if (kept->large[network->region_count] != INDEX_NONE)
        fill_leaders(&weights, 0, releases->months[0]->count, &outline->leaders[kept->large[network->region_count]]);
    outline_t *made = outline;
    outline = NULL;
    return made;
}

const outline_t *release_outline(const releases_t *releases, size_t earlier, size_t later, size_t fact)
{
    outline_t **place = &releases->kept->outlines[earlier][later][fact];
    outline_t *outline = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (outline)
        return outline;
    CLEANUP(outline_destroy) outline_t *made = make_outline(releases, earlier, later, fact);
    if (!made || !__atomic_compare_exchange_n(place, &outline, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return outline;
    __atomic_fetch_add(&releases->kept->bytes, outline_bytes(releases->kept), __ATOMIC_RELAXED);
    outline = made;
    made = NULL;
    return outline;
}

bool releases_outline(const releases_t *releases, const atomic_bool *stop)
{
    for (size_t later = releases->count; later-- > 0;)
        for (size_t earlier = 0; earlier <= later; earlier++)
            for (size_t i = 0; i < releases->needed_count; i++)
                if (atomic_load(stop) || !release_outline(releases, earlier, later, releases->needed[i]))
                    return false;
    return true;
}

const leaders_t *outline_leaders(const releases_t *releases, const outline_t *outline, uint32_t place)
{
    uint32_t index = releases->kept->large[place];
    return index == INDEX_NONE ? NULL : &outline->leaders[index];
}

/* ---- Keeping it ---- */

static status_t find_large(const releases_t *releases, struct release_kept *kept)
{
    const network_t *network = releases->network;
    const month_t *month = releases->months[0];
    kept->large = malloc(((size_t)network->region_count + 1) * sizeof *kept->large);
    if (!kept->large)
        return STATUS_NO_MEMORY;
    for (uint32_t region = 0; region < network->region_count; region++) {
        const region_t *found = &network->regions[region];
        bool is_large = month->region_first[found->leave] - month->region_first[found->enter] >= LARGE_SLOTS;
        kept->large[found->enter] = is_large ? kept->large_count++ : INDEX_NONE;
    }
    kept->large[network->region_count] = month->count >= LARGE_SLOTS ? kept->large_count++ : INDEX_NONE;
    return STATUS_OK;
}

static status_t count_contributors(const releases_t *releases, size_t release, struct release_kept *kept)
{
    const month_t *month = releases->months[release];
    uint32_t *counts = kept->contributors[release] = calloc(kept->atoms + 1ul, sizeof *counts);
    if (!counts)
        return STATUS_NO_MEMORY;
    for (uint32_t atom = 0, slot = 0; atom < kept->atoms; atom++) {
        uint32_t end = atom + 1 < kept->atoms ? month->region_first[atom + 1] : month->count;
        counts[atom + 1] = counts[atom];
        for (; slot < end; slot++)
            counts[atom + 1] += month->flags[slot] & MONTH_REPORTED;
    }
    return STATUS_OK;
}

static status_t fill_kept(const releases_t *releases, struct release_kept *kept)
{
    size_t facts = releases->catalog->fact_count + 1;
    kept->atoms = releases->network->region_count + 1;
    kept->cell_count = releases->catalog->row_count * kept->atoms;
    kept->bytes = sizeof *kept + (kept->atoms + 1ul) * (releases->count + 1) * sizeof(uint32_t);
    TRY(find_large(releases, kept));
    for (size_t later = 0; later < releases->count; later++) {
        TRY(count_contributors(releases, later, kept));
        for (size_t earlier = 0; earlier <= later; earlier++) {
            kept->outlines[earlier][later] = calloc(facts, sizeof *kept->outlines[earlier][later]);
            if (!kept->outlines[earlier][later])
                return STATUS_NO_MEMORY;
            kept->bytes += facts * sizeof *kept->outlines[earlier][later];
        }
    }
    return STATUS_OK;
}

status_t release_kept_create(const releases_t *releases, struct release_kept **out)
{
    struct release_kept *kept = calloc(1, sizeof *kept);
    status_t status = kept ? fill_kept(releases, kept) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        *out = kept;
    else
        release_kept_destroy(releases, &kept);
    return status;
}

void release_kept_destroy(const releases_t *releases, struct release_kept **kept)
{
    struct release_kept *doomed = *kept;
    if (!doomed)
        return;
    for (size_t later = 0; later < RELEASES_MAX; later++) {
        for (size_t earlier = 0; earlier < RELEASES_MAX; earlier++) {
            changes_destroy(&doomed->changes[earlier][later]);
            for (size_t fact = 0; doomed->outlines[earlier][later] && fact < releases->fact_count; fact++)
                outline_destroy(&doomed->outlines[earlier][later][fact]);
            free(doomed->outlines[earlier][later]);
        }
        free(doomed->contributors[later]);
    }
    release_cells_destroy(doomed);
    free(doomed->large);
    free(doomed);
    *kept = NULL;
}
