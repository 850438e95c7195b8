/* A small network with random memberships, circles and facts, made to hold ties, zero denominators, absent and negative
 * facts. */
#pragma once

#include "core/tables.h"

/* Facts: money, visits, orders (counts), balance (signed), stock. KPIs: see random_network.c. */
extern const char TEST_CATALOG[];

typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *month;
} random_network_t;

/* Pseudo-random numbers of a seed (splitmix64), below `bound`. */
uint64_t random_below(uint64_t *state, uint64_t bound);

/* The seed of a run: YARDSTICK_SEED from the environment, else the clock's; printed, so that a failure can be repeated.
 */
uint64_t random_seed(const char *test);

/* The catalog of TEST_CATALOG. The caller destroys it. */
catalog_t *test_catalog(void);

void random_network_open(random_network_t *random, uint64_t *state);
void random_network_close(random_network_t *random);

/* Facts of one store at random: 5 of them. */
void random_facts(uint64_t *state, int64_t *out);

/* Every scope of the network. */
scope_t *every_scope(const network_t *network, arena_t *arena, size_t *out_count);
