/* A small network and months of it for the tests of releases and disclosure. Every failure ends the test. */
#pragma once

#include "core/disclosure.h"

typedef struct {
    catalog_t *catalog; /* facts visits, orders, gifts; rows conversion = orders / visits, growth = visits -
                           previous(visits) */
    network_t *network;
    month_t *live;
    month_t *months[RELEASES_MAX];
    size_t count;
    releases_t releases; /* of `months` */
} world_t;

#define WORLD_PERIOD period_make(2025, 6)

enum { VISITS, ORDERS, GIFTS, CONVERSION, GROWTH };

/* Regions "west", "east" and "north" under the nation, "coast" under "west". `stores`: "CODE REGION OWNER" each, ended
 * by NULL; `circle`: stores of one circle, blank-separated, or NULL. */
void world_open(world_t *world, const char *const *stores, const char *circle);
void world_close(world_t *world);

/* A network alone, of the same kind. The caller destroys it. */
network_t *world_network(const char *const *stores, const char *circle);

/* The last argument: gifts. */
void world_file(world_t *world, const char *dealer, int64_t visits, int64_t orders, int64_t gifts);
void world_withdraw(world_t *world, const char *dealer);

/* Makes a release of what is filed and keeps it; returns the changes (the caller frees with release_fini). */
release_t world_release(world_t *world);
/* Keeps what is filed as a release, untested. */
void world_force_release(world_t *world);

/* The change of a dealer; NULL: none. */
const release_change_t *world_change(const world_t *world, const release_t *release, const char *dealer);

/* What a key of `dealers` (blank-separated) is shown. */
disclosure_t *world_disclosure(const world_t *world, const char *dealers, const exemplars_t *exemplars);
scope_t world_scope(const world_t *world, const char *text);
