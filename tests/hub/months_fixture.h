/* The months in memory, over a real store of two dealers. The catalog's two facts always carry the same number, so that
 * a torn submission shows. */
#pragma once

#include "hub/months.h"

#include "support.h"

typedef struct {
    directory_t directory;
    store_t *store;
    months_t *months;
    uint64_t digest;
} fixture_t;

/* Facts a and b, and growth = a / previous(a). */
fixture_t set_up(size_t bytes_max);
void tear_down(fixture_t *fixture);
void put_catalog(fixture_t *fixture, const char *yaml);
world_t *load_world(fixture_t *fixture);

/* Stores a revision whose two facts are `value`; negative: withdrawn. Returns its sequence. */
uint64_t file(fixture_t *fixture, const char *dealer, period_t period, uint32_t number, int64_t value);
/* Tells the months of it, as the writer does. */
void tell(fixture_t *fixture, uint32_t dealer, period_t period, uint64_t sequence, int64_t value);

int64_t value_in(const month_snapshot_t *snapshot, uint32_t dealer, size_t column);
int64_t value_now(fixture_t *fixture, uint32_t dealer, period_t period, size_t column);
