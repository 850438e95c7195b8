#include "core/month.h"

#include "core/order_index.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

/* Real columns: those of the month before only where some row reads them. */
static size_t stored_columns(const catalog_t *catalog)
{
    return catalog->fact_count * (catalog->rows_use_previous ? 2 : 1);
}

static void fill_absent(int64_t *column, size_t count)
{
    for (size_t i = 0; i < count; i++)
        column[i] = FACT_ABSENT;
}

static status_t allocate_columns(month_t *month)
{
    const catalog_t *catalog = month->catalog;
    size_t inputs = 2 * catalog->fact_count, stored = stored_columns(catalog);
    month->columns = calloc(inputs + 1, sizeof *month->columns);
    if (!month->columns)
        return STATUS_NO_MEMORY;
    /* One block; the last column stays absent and stands for every column that is not stored. */
    int64_t *block = malloc((stored + 1) * ((size_t)month->count + 1) * sizeof *block);
    if (!block)
        return STATUS_NO_MEMORY;
    fill_absent(block, (stored + 1) * month->count);
    for (size_t i = 0; i < inputs; i++)
        month->columns[i] = block + (i < stored ? i : stored) * month->count;
    month->columns[inputs] = block;
    return STATUS_OK;
}

static status_t allocate(month_t *month)
{
    const network_t *network = month->network;
    const catalog_t *catalog = month->catalog;
    month->dealers = calloc((size_t)month->count + 1, sizeof *month->dealers);
    month->slots = calloc((size_t)network->dealer_count + 1, sizeof *month->slots);
    month->region_first = calloc((size_t)network->region_count + 1, sizeof *month->region_first);
    month->flags = calloc((size_t)month->count + 1, sizeof *month->flags);
    if (!month->dealers || !month->slots || !month->region_first || !month->flags)
        return STATUS_NO_MEMORY;
    TRY(allocate_columns(month));
    size_t slot_bytes = (stored_columns(catalog) + 1) * sizeof(int64_t) + sizeof *month->dealers + sizeof *month->flags;
    month->bytes = sizeof *month + month->count * slot_bytes + (size_t)network->dealer_count * sizeof *month->slots +
                   ((size_t)network->region_count + catalog->row_count + 2 * catalog->fact_count) * sizeof(void *);
    return STATUS_OK;
}

/* Region of every dealer in that month, and how many dealers are expected. */
static uint32_t place_dealers(const month_t *month, uint32_t *out_regions)
{
    uint32_t expected = 0;
    for (uint32_t dealer = 0; dealer < month->network->dealer_count; dealer++) {
        out_regions[dealer] = regions_view_of(month->network, &month->view, dealer, month->period);
        expected += out_regions[dealer] != INDEX_NONE;
    }
    return expected;
}

/* Preorder number of a region; those that count in none come last. */
static uint32_t place_of(const network_t *network, uint32_t region)
{
    return region == REGION_UNSEEN ? network->region_count : network->regions[region].enter;
}

/* Counting sort by the regions' preorder numbers; dealers come by code, so within a region they stay so. */
static status_t lay_slots(month_t *month, const uint32_t *regions)
{
    const network_t *network = month->network;
    CLEANUP(scratch_free) uint32_t *next = calloc((size_t)network->region_count + 3, sizeof *next);
    if (!next)
        return STATUS_NO_MEMORY;
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++)
        if (regions[dealer] != INDEX_NONE)
            next[place_of(network, regions[dealer]) + 1]++;
    for (uint32_t e = 0; e < network->region_count; e++)
        next[e + 1] += next[e];
    memcpy(month->region_first, next, ((size_t)network->region_count + 1) * sizeof *next);
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++) {
        month->slots[dealer] = INDEX_NONE;
        if (regions[dealer] == INDEX_NONE)
            continue;
        uint32_t slot = next[place_of(network, regions[dealer])]++;
        month->slots[dealer] = slot;
        month->dealers[slot] = dealer;
    }
    return STATUS_OK;
}

month_t *month_create(const catalog_t *catalog, const network_t *network, period_t period)
{
    return month_create_viewed(catalog, network, period, &REGIONS_THEN);
}

month_t *month_create_viewed(const catalog_t *catalog, const network_t *network, period_t period,
                             const regions_view_t *view)
{
    CLEANUP(scratch_free) uint32_t *regions = calloc((size_t)network->dealer_count + 1, sizeof *regions);
    CLEANUP(month_destroy) month_t *month = calloc(1, sizeof *month);
    if (!regions || !month)
        return NULL;
    month->catalog = catalog;
    month->network = network;
    month->period = period;
    month->view = *view;
    month->count = place_dealers(month, regions);
    if (allocate(month) != STATUS_OK || lay_slots(month, regions) != STATUS_OK ||
        !(month->index = order_index_create(month)))
        return NULL;
    month_t *made = month;
    month = NULL;
    return made;
}

month_t *month_clone(const month_t *month)
{
    CLEANUP(month_destroy) month_t *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    copy->catalog = month->catalog;
    copy->network = month->network;
    copy->period = month->period;
    copy->view = month->view;
    copy->count = month->count;
    if (allocate(copy) != STATUS_OK)
        return NULL;
    const network_t *network = month->network;
    memcpy(copy->dealers, month->dealers, month->count * sizeof *copy->dealers);
    memcpy(copy->slots, month->slots, network->dealer_count * sizeof *copy->slots);
    memcpy(copy->region_first, month->region_first, ((size_t)network->region_count + 1) * sizeof *copy->region_first);
    memcpy(copy->flags, month->flags, month->count * sizeof *copy->flags);
    size_t last = 2 * month->catalog->fact_count;
    memcpy(copy->columns[last], month->columns[last], stored_columns(month->catalog) * month->count * sizeof(int64_t));
    copy->index = order_index_create(copy);
    if (!copy->index)
        return NULL;
    order_index_copy(month, copy);
    month_t *made = copy;
    copy = NULL;
    return made;
}

void month_destroy(month_t **month)
{
    if (!month || !*month)
        return;
    month_t *doomed = *month;
    if (doomed->index)
        order_index_drop(doomed);
    order_index_destroy(&doomed->index);
    free(doomed->dealers);
    free(doomed->slots);
    free(doomed->region_first);
    free(doomed->flags);
    if (doomed->columns)
        free(doomed->columns[2 * doomed->catalog->fact_count]);
    free(doomed->columns);
    free(doomed);
    *month = NULL;
}

static void set_columns(month_t *month, size_t first_column, uint32_t slot, const int64_t *facts)
{
    for (size_t i = 0; i < month->catalog->fact_count; i++)
        month->columns[first_column + i][slot] = facts ? facts[i] : FACT_ABSENT;
}

void month_set(month_t *month, uint32_t dealer, const int64_t *facts, bool late)
{
    uint32_t slot = month->slots[dealer];
    if (slot == INDEX_NONE)
        return;
    order_index_before(month, slot, false);
    month->flags[slot] = (uint8_t)(facts ? MONTH_REPORTED | (late ? MONTH_LATE : 0) : 0);
    set_columns(month, 0, slot, facts);
    order_index_after(month, slot);
}

void month_set_previous(month_t *month, uint32_t dealer, const int64_t *facts)
{
    uint32_t slot = month->slots[dealer];
    if (slot == INDEX_NONE || !month->catalog->rows_use_previous)
        return;
    order_index_before(month, slot, true);
    set_columns(month, month->catalog->fact_count, slot, facts);
    order_index_after(month, slot);
}

void month_inputs(const month_t *month, uint32_t slot, int64_t *out)
{
    for (size_t i = 0; i < 2 * month->catalog->fact_count; i++)
        out[i] = month->columns[i][slot];
}
