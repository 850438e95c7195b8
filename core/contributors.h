/* Sums of the facts that a row needs over the stores whose submission holds them all (SPEC 2.3). */
#pragma once

#include "core/limits.h"
#include "core/scopes.h"

typedef struct {
    const month_t *month;
    const row_t *row;
    const uint16_t *inputs;
    size_t input_count;
    int128_t sums[2 * CATALOG_FACTS_MAX]; /* by input number; those that the formula needs */
    uint32_t n;
    uint32_t *slots; /* NULL, or room for those that contributors_add_slot adds */
} contributors_t;

void contributors_begin(contributors_t *contributors, const month_t *month, const row_t *row, uint32_t *slots);

/* The contributors among a run of slots, or a scope's. */
void contributors_add_run(contributors_t *contributors, uint32_t first, uint32_t count);
void contributors_add(contributors_t *contributors, const scope_slots_t *scope);

/* Slots that are known to hold all facts. */
void contributors_add_slot(contributors_t *contributors, uint32_t slot);
void contributors_add_slots(contributors_t *contributors, const uint32_t *slots, size_t count);

/* Of the same row. */
void contributors_merge(contributors_t *contributors, const contributors_t *other);

/* The formula on the means. False where it has no value. */
bool contributors_average(const contributors_t *contributors, mpq_t out) NODISCARD;
