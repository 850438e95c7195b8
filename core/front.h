/* The best of a row's stores, collected while its values are computed: of these its benchmarks are made (SPEC 2.6). How
 * many are enough is guessed from a sample; where a scope turns out to need more, all its stores are looked through. */
#pragma once

#include "core/buckets.h"
#include "core/tables.h"

/* Arrays of `count`, in the order in which they were appended. */
typedef struct {
    bool down;        /* the least values are the best */
    double threshold; /* no worse value is collected */
    bucket_map_t map; /* of the collected */
    double *values;   /* with their sign changed where `down`: the greatest are the best */
    double *weights;  /* 1 where the row has none */
    uint32_t *places; /* as the caller numbers them */
    uint32_t count;
    size_t room;
} front_t;

/* Room for all that may be appended. STATUS_NO_MEMORY. front_fini frees it; fit for CLEANUP on a zeroed one. */
status_t front_reserve(front_t *front, size_t room) NODISCARD;
void front_fini(front_t *front);

/* Begins with none. Values (NaN: none) and weights (NULL: all the same) are those of some of the stores. */
void front_begin(front_t *front, bool down, const benchmark_rule_t *rule, const double *values, const double *weights,
                 size_t count);

/* Appends those of the values at places from `from` on that are good enough, and have weight (NULL: all have). */
void front_append(front_t *front, const double *values, const double *weights, uint32_t from, size_t count);
