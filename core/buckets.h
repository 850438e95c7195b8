/* Values dealt into buckets that stand in their order, so that an order statistic is looked for in one of them only.
 * How evenly they fill is a matter of speed alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BUCKETS     1024u
#define BUCKET_NONE BUCKETS /* of a value that is none */

/* Which bucket a value goes to: (value - low) * scale, cut off at both ends. */
typedef struct {
    double low, scale;
} bucket_map_t;

typedef struct {
    uint32_t counts[BUCKETS + 1];
    double weights[BUCKETS + 1]; /* sums of whole numbers: exact while below 2^53 */
} buckets_t;

/* A map that suits most of the values (NaN: none), judged by some of them. */
bucket_map_t bucket_map_make(const double *values, size_t count);

/* Writes the bucket of each value and counts them, with their weights (NULL: none; not NaN, 0 where a value is not to
 * count). Adds to what is in `out` already. */
void buckets_deal(bucket_map_t map, const double *values, const double *weights, size_t count, uint16_t *out_buckets,
                  buckets_t *out);

void buckets_merge(buckets_t *buckets, const buckets_t *other);

/* Places of the values in buckets `first` to `last`, ascending, into `out` (room for all); returns how many. */
size_t buckets_collect(const uint16_t *buckets, size_t count, unsigned first, unsigned last, uint32_t *out);
