#include "core/release_internals.h"
#include "core/release_outline.h"
#include "core/scratch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- Contributors ---- */

size_t release_needed(const catalog_t *catalog, uint16_t out[CATALOG_FACTS_MAX])
{
    bool is_needed[CATALOG_FACTS_MAX] = {false};
    for (size_t i = 0; i < catalog->table_row_count; i++) {
        size_t count;
        const uint16_t *inputs = formula_inputs(catalog->rows[catalog->table_rows[i]].formula, &count);
        for (size_t k = 0; k < count; k++)
            if (inputs[k] < catalog->fact_count)
                is_needed[inputs[k]] = true;
    }
    size_t needed = 0;
    for (size_t fact = 0; fact < catalog->fact_count; fact++)
        if (is_needed[fact])
            out[needed++] = (uint16_t)fact;
    return needed;
}

bool release_is_complete(const month_t *month, const uint16_t *needed, size_t count, uint32_t slot)
{
    if (!(month->flags[slot] & MONTH_REPORTED))
        return false;
    for (size_t i = 0; i < count; i++)
        if (month->columns[needed[i]][slot] == FACT_ABSENT)
            return false;
    return true;
}

month_t *release_pare(const month_t *month, const uint16_t *needed, size_t count)
{
    month_t *pared = month_clone(month);
    for (uint32_t slot = 0; pared && slot < pared->count; slot++)
        if (pared->flags[slot] & MONTH_REPORTED && !release_is_complete(pared, needed, count, slot))
            month_set(pared, pared->dealers[slot], NULL, false);
    return pared;
}

static bool holds_incomplete(const month_t *month, const uint16_t *needed, size_t count)
{
    for (uint32_t slot = 0; slot < month->count; slot++)
        if (month->flags[slot] & MONTH_REPORTED && !release_is_complete(month, needed, count, slot))
            return true;
    return false;
}

/* ---- Several months ---- */

bool release_stands_on(const month_t *left, const month_t *right)
{
    const network_t *a = left->network, *b = right->network;
    return left->catalog->digest == right->catalog->digest && left->period == right->period &&
           left->count == right->count && a->dealer_count == b->dealer_count && a->region_count == b->region_count &&
           memcmp(left->dealers, right->dealers, left->count * sizeof *left->dealers) == 0 &&
           memcmp(left->region_first, right->region_first,
                  ((size_t)a->region_count + 1) * sizeof *left->region_first) == 0;
}

static bool contributes(const month_t *month, uint32_t slot)
{
    return month && month->flags[slot] & MONTH_REPORTED;
}

status_t release_count_owners(const month_t *left, const month_t *right, const uint32_t *slot_owners,
                              uint32_t owner_count, uint32_t **out)
{
    const month_t *month = left ? left : right;
    assert(month);
    const network_t *network = month->network;
    CLEANUP(scratch_free) uint32_t *seen = calloc((size_t)owner_count + 1, sizeof *seen);
    uint32_t *counts = calloc((size_t)network->region_count + 1, sizeof *counts);
    if (!seen || !counts) {
        free(counts);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t place = 0; place <= network->region_count; place++) {
        bool is_nation = place == network->region_count;
        uint32_t region = is_nation ? INDEX_NONE : place; /* an index here, a preorder number below */
        uint32_t enter = is_nation ? 0 : network->regions[region].enter;
        uint32_t first = is_nation ? 0 : month->region_first[enter];
        uint32_t end = is_nation ? month->count : month->region_first[network->regions[region].leave];
        uint32_t *count = &counts[is_nation ? network->region_count : enter];
        for (uint32_t slot = first; slot < end; slot++) {
            uint32_t owner = slot_owners[slot];
            if (seen[owner] == place + 1 || (!contributes(left, slot) && !contributes(right, slot)))
                continue;
            seen[owner] = place + 1;
            ++*count;
        }
    }
    *out = counts;
    return STATUS_OK;
}

status_t release_leave_out(const month_t *month, month_t **out)
{
    uint16_t needed[CATALOG_FACTS_MAX];
    size_t count = release_needed(month->catalog, needed);
    *out = NULL;
    if (!holds_incomplete(month, needed, count))
        return STATUS_OK;
    *out = release_pare(month, needed, count);
    return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t take_month(releases_t *releases, const month_t *month)
{
    size_t index = releases->count;
    if (index && !release_stands_on(releases->months[0], month))
        return STATUS_CONFLICT;
    releases->months[index] = month;
    releases->count++;
    if (!holds_incomplete(month, releases->needed, releases->needed_count))
        return STATUS_OK;
    releases->months[index] = releases->pared[index] = release_pare(month, releases->needed, releases->needed_count);
    return releases->pared[index] ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t number_owners(releases_t *releases)
{
    const month_t *month = releases->months[0];
    const owners_t *owners = owners_of(releases->network);
    if (!owners)
        return STATUS_NO_MEMORY;
    releases->owners = *owners;
    releases->slot_owners = malloc(((size_t)month->count + 1) * sizeof *releases->slot_owners);
    if (!releases->slot_owners)
        return STATUS_NO_MEMORY;
    for (uint32_t slot = 0; slot < month->count; slot++)
        releases->slot_owners[slot] = releases->owners.of_dealer[month->dealers[slot]];
    return STATUS_OK;
}

status_t releases_init(const month_t *const *months, size_t count, releases_t *out)
{
    assert(count >= 1);
    if (count > RELEASES_MAX)
        return STATUS_LIMIT;
    CLEANUP(releases_fini)
    releases_t releases = {.catalog = months[0]->catalog,
                           .network = months[0]->network,
                           .period = months[0]->period,
                           .fact_count = months[0]->catalog->fact_count};
    releases.needed_count = release_needed(releases.catalog, releases.needed);
    for (size_t i = 0; i < count; i++)
        TRY(take_month(&releases, months[i]));
    TRY(number_owners(&releases));
    for (size_t i = 0; i < count; i++)
        TRY(release_count_owners(releases.months[i], NULL, releases.slot_owners, releases.owners.count,
                                 &releases.region_owners[i]));
    TRY(release_kept_create(&releases, &releases.kept));
    *out = releases;
    releases = (releases_t){0};
    return STATUS_OK;
}

void releases_fini(releases_t *releases)
{
    for (size_t i = 0; i < RELEASES_MAX; i++) {
        month_destroy(&releases->pared[i]);
        free(releases->region_owners[i]);
    }
    release_kept_destroy(releases, &releases->kept);
    free(releases->slot_owners);
    *releases = (releases_t){0};
}

size_t releases_bytes(const releases_t *releases)
{
    size_t bytes = releases->months[0]->count * sizeof *releases->slot_owners;
    for (size_t i = 0; i < releases->count; i++) {
        bytes += ((size_t)releases->network->region_count + 1) * sizeof **releases->region_owners;
        bytes += releases->pared[i] ? releases->pared[i]->bytes : 0;
    }
    return bytes + __atomic_load_n(&releases->kept->bytes, __ATOMIC_RELAXED);
}
