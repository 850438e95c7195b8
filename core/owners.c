#include "core/owners.h"

#include <stdlib.h>
#include <string.h>

static int compare_owners(const void *left, const void *right, void *context)
{
    const network_t *network = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = strcmp(network->dealers[a].owner, network->dealers[b].owner);
    return order ? order : (a > b) - (a < b);
}

status_t owners_init(const network_t *network, owners_t *out)
{
    size_t room = (size_t)network->dealer_count + 1;
    CLEANUP(owners_fini) owners_t owners = {0};
    owners.of_dealer = calloc(room, sizeof *owners.of_dealer);
    owners.first = calloc(room, sizeof *owners.first);
    owners.dealers = calloc(room, sizeof *owners.dealers);
    if (!owners.of_dealer || !owners.first || !owners.dealers)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->dealer_count; i++)
        owners.dealers[i] = i;
    qsort_r(owners.dealers, network->dealer_count, sizeof *owners.dealers, compare_owners, (void *)network);
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        const char *owner = network->dealers[owners.dealers[i]].owner;
        if (i == 0 || strcmp(owner, network->dealers[owners.dealers[i - 1]].owner) != 0)
            owners.first[owners.count++] = i;
        owners.of_dealer[owners.dealers[i]] = owners.count - 1;
    }
    owners.first[owners.count] = network->dealer_count;
    *out = owners;
    owners = (owners_t){0};
    return STATUS_OK;
}

void owners_fini(owners_t *owners)
{
    free(owners->of_dealer);
    free(owners->first);
    free(owners->dealers);
    *owners = (owners_t){0};
}
