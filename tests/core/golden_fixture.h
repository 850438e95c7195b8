/* The golden network with its facts, read from tests/golden. Every failure ends the test. */
#pragma once

#include "core/tables.h"

typedef struct {
    period_t period;
    int64_t *facts;
    consultant_facts_t *consultants;
    size_t consultant_count;
} golden_submission_t;

typedef struct {
    catalog_t *catalog;
    network_t *network;
    golden_submission_t *
        *by_dealer; /* [dealer], GOLDEN_MONTHS each, from GOLDEN_FIRST on; period PERIOD_NONE: not reported */
    arena_t *arena;
} golden_t;

#define GOLDEN_YEAR   2024
#define GOLDEN_MONTHS 24

void golden_open(golden_t *golden);
void golden_close(golden_t *golden);

/* NULL where nothing was reported. */
const golden_submission_t *golden_find(const golden_t *golden, uint32_t dealer, period_t period);

/* The month with all its submissions. The caller destroys it. */
month_t *golden_month(const golden_t *golden, period_t period);
