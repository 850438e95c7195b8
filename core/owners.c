#include "core/owners.h"

#include "core/network_internals.h"
#include "core/status.h"

#include <stdlib.h>
#include <string.h>

static int compare_owners(const void *left, const void *right, void *context)
{
    const network_t *network = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = strcmp(network->dealers[a].owner, network->dealers[b].owner);
    return order ? order : (a > b) - (a < b);
}

static status_t number(const network_t *network, owners_t *owners)
{
    size_t room = (size_t)network->dealer_count + 1;
    owners->of_dealer = calloc(room, sizeof *owners->of_dealer);
    owners->first = calloc(room, sizeof *owners->first);
    owners->dealers = calloc(room, sizeof *owners->dealers);
    if (!owners->of_dealer || !owners->first || !owners->dealers)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->dealer_count; i++)
        owners->dealers[i] = i;
    qsort_r(owners->dealers, network->dealer_count, sizeof *owners->dealers, compare_owners, (void *)network);
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        const char *owner = network->dealers[owners->dealers[i]].owner;
        if (i == 0 || strcmp(owner, network->dealers[owners->dealers[i - 1]].owner) != 0)
            owners->first[owners->count++] = i;
        owners->of_dealer[owners->dealers[i]] = owners->count - 1;
    }
    owners->first[owners->count] = network->dealer_count;
    return STATUS_OK;
}

static owners_t *make(const network_t *network)
{
    owners_t *owners = calloc(1, sizeof *owners);
    if (owners && number(network, owners) != STATUS_OK)
        owners_destroy(&owners);
    return owners;
}

const owners_t *owners_of(const network_t *network)
{
    owners_t **place = &((network_internals_t *)network->internals)->owners;
    owners_t *owners = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (owners)
        return owners;
    CLEANUP(owners_destroy) owners_t *made = make(network);
    /* Two threads may have made the same; the first to publish wins. */
    if (!made || !__atomic_compare_exchange_n(place, &owners, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return owners;
    owners = made;
    made = NULL;
    return owners;
}

uint32_t owners_find(const network_t *network, const owners_t *owners, const char *code)
{
    uint32_t low = 0, high = owners->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(network->dealers[owners->dealers[owners->first[middle]]].owner, code);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return INDEX_NONE;
}

void owners_destroy(owners_t **owners)
{
    if (!owners || !*owners)
        return;
    free((*owners)->of_dealer);
    free((*owners)->first);
    free((*owners)->dealers);
    free(*owners);
    *owners = NULL;
}
