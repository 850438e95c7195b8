/* Average and benchmark of each row in each region and the nation of a release, and the benchmark's stores in outline:
 * worked out when first asked for, for whoever asks after. For core/disclosure*.c; any number of threads may ask. */
#pragma once

#include "core/release_outline.h"
#include "core/tables.h"

/* One fact of a benchmark's stores. */
typedef struct {
    int128_t total;
    uint32_t owners;
    leaders_t leaders;
} taken_t;

typedef struct release_cell {
    benchmark_rule_t rule; /* that the benchmark is made by */
    bool has_average;
    double average;       /* rounded as it is shown; NO_VALUE where there is none */
    uint32_t taken_count; /* stores that the benchmark is made of; 0: there is none */
    double benchmark;     /* likewise */
    uint32_t first;       /* slot of bit 0 */
    uint64_t *bits;       /* the benchmark's stores; NULL where there is none */
    taken_t *taken;       /* [inputs of the row]; NULL where there is none */
    size_t bytes;
} release_cell_t;

/* A row's figures in a place (core/release_outline.h), whose slots are first … end - 1. `*out` is kept with the
 * releases, or (where the rule is another than that of the kept one) made for the caller alone, who ends it with
 * release_cell_end in either case. STATUS_NO_MEMORY. */
typedef struct {
    const release_cell_t *cell;
    release_cell_t *own; /* NULL: it is kept */
} release_cell_hold_t;

status_t release_cell(const releases_t *releases, size_t release, size_t row, scope_t scope,
                      const benchmark_rule_t *rule, release_cell_hold_t *out) NODISCARD;
/* Fit for CLEANUP on a zeroed one. */
void release_cell_end(release_cell_hold_t *hold);

static inline bool release_cell_takes(const release_cell_t *cell, uint32_t slot)
{
    uint32_t bit = slot - cell->first;
    return cell->bits[bit / 64] >> bit % 64 & 1;
}

void release_cells_destroy(struct release_kept *kept);
