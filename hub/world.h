/* What every answer is computed in: the current catalog and network, together, immutable and counted. A new network or
 * catalog makes a new world; who still computes in the old one keeps it until it lets go. */
#pragma once

#include "hub/store.h"

typedef struct world {
    catalog_t *catalog;
    network_t *network;
    uint64_t number; /* of the network; 0 = none was imported yet */
    struct world_internals *internals;
} world_t;

/* Takes both over and sets them to NULL, also on failure; `number`: the network's. NULL when out of memory. One
 * reference, the caller's. */
world_t *world_create(catalog_t **catalog, network_t **network, uint64_t number);

/* The world of what the transaction sees as current; without a network yet, an empty one. STATUS_DAMAGED where catalog
 * or network cannot be built, STATUS_NO_MEMORY. */
status_t world_load(store_txn_t *txn, world_t **out) NODISCARD;
/* The same of an earlier network (its number; 0 = the current one, NETWORK_NONE = before there was one) and catalog
 * (its digest; 0 = the current one). */
status_t world_load_at(store_txn_t *txn, uint64_t network, uint64_t catalog_digest, world_t **out) NODISCARD;

world_t *world_retain(world_t *world);
/* Lets go and sets *world to NULL; the last one frees it. Accepts NULL and *NULL. */
void world_release(world_t **world);

/* Facts packed for the catalog `digest` (any that was ever current), in the order of this world's catalog: fact_count
 * values to `out`. Earlier catalogs are read through `txn` once and kept. STATUS_DAMAGED where the catalog is not
 * stored or the facts do not fit it; STATUS_NO_MEMORY. Any thread. */
status_t world_unpack(world_t *world, store_txn_t *txn, uint64_t digest, const packed_facts_t *facts,
                      int64_t *out) NODISCARD;

/* The catalog of that digest, this world's or an earlier one; it lives as long as the world. Errors as above. */
status_t world_find_catalog(world_t *world, store_txn_t *txn, uint64_t digest, const catalog_t **out) NODISCARD;
