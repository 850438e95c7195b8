/* One scope's part of a row's values, and its figures by selection (SPEC 2.4 to 2.6). */
#pragma once

#include "core/answers.h"
#include "core/buckets.h"
#include "core/contributors.h"
#include "core/front.h"
#include "core/pared.h"
#include "core/row_values.h"

/* What several stretches of one row's values share; arrays are as long as `values` and belong to this. */
typedef struct {
    row_values_t values;
    exact_order_t *exact; /* of the row */
    bucket_map_t map;
    uint16_t *buckets; /* of the values that were dealt */
    front_t front;     /* of the values so far; of rows with a direction */
    uint16_t *front_buckets;
    uint32_t *places;
    double *scratch;
    candidate_t *candidates;
    size_t room;
} stretch_row_t;

typedef struct {
    stretch_row_t *row;
    uint32_t from, count;  /* of its values */
    const uint32_t *dealt; /* counts of its buckets; NULL: it is not dealt out */
    uint32_t front_from, front_count;
    row_totals_t totals;
    /* A bucket, before which so many values stand, and its `opened` values in scratch, of which none before `settled`
     * is greater and none behind it is less. */
    unsigned bucket;
    uint32_t before, opened, settled;
    bool is_one; /* they are all the same */
} stretch_t;

/* Makes room for `count` values. STATUS_NO_MEMORY. stretch_row_fini frees it; fit for CLEANUP on a zeroed one. */
status_t stretch_row_reserve(stretch_row_t *row, size_t count) NODISCARD;
void stretch_row_fini(stretch_row_t *row);

/* Sets p25, median and p75. */
void stretch_quantiles(stretch_t *stretch, scope_statistics_t *out);

/* The stores of the benchmark into `out` (begun), 0 of them where there is none; *out_best is the best eligible value,
 * NO_VALUE where there is none. False where the row's denominators are not known exactly; then nothing is set. */
bool stretch_benchmark(const stretch_t *stretch, const benchmark_rule_t *rule, contributors_t *out, double *out_best);
