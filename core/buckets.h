/* Values dealt into buckets that stand in their order, so that an order statistic is looked for in one of them only.
 * How evenly they fill is a matter of speed alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKETS     1024u
#define BUCKET_NONE BUCKETS /* of a value that is none */

/* Which bucket a value goes to: (value - low) * scale, cut off at both ends. */
typedef struct {
    double low, scale;
    bool is_whole; /* scale is 1, low a whole number: whole numbers have each its bucket, but for those at the ends */
} bucket_map_t;

typedef struct {
    uint32_t counts[BUCKETS + 1];
    double weights[BUCKETS + 1]; /* sums of whole numbers: exact while below 2^53 */
} buckets_t;

/* A map that suits values like those of the sample (NaN: none), which is reordered; `is_whole`: all are whole numbers.
 */
bucket_map_t bucket_map_make(double *sample, size_t count, bool is_whole);

/* Whether all values of a bucket are the same, as long as all are whole numbers if the map is: then that value. */
bool bucket_map_value(bucket_map_t map, unsigned bucket, double *out);

/* Writes the bucket of each value and counts them, with their weights (NULL: none; not NaN, 0 where a value is not to
 * count). Adds to what is in `out` already. Returns how many weights are not 0. */
uint32_t buckets_deal(bucket_map_t map, const double *values, const double *weights, size_t count,
                      uint16_t *out_buckets, buckets_t *out);

void buckets_merge(buckets_t *buckets, const buckets_t *other);

/* Places of the values in buckets `first` to `last`, ascending, into `out` (room for all); returns how many. */
size_t buckets_collect(const uint16_t *buckets, size_t count, unsigned first, unsigned last, uint32_t *out);
