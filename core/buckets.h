/* Values dealt into buckets that stand in their order, so that an order statistic is looked for in one of them only.
 * How evenly they fill is a matter of speed alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKETS     1024u
#define BUCKET_NONE 0u /* of a value that is none; the others are 1 to BUCKETS, in their order */
#define BUCKET_ROOM (BUCKETS + 1)

/* Which bucket a value goes to: 1 + (value - low) * scale, cut off at both ends. */
typedef struct {
    double low, scale;
    bool is_whole; /* scale is 1, low a whole number: whole numbers have each its bucket, but for those at the ends */
} bucket_map_t;

/* A map that suits values like those of the sample (NaN: none), which is reordered; `is_whole`: all are whole numbers.
 */
bucket_map_t bucket_map_make(double *sample, size_t count, bool is_whole);

/* A map that deals what lies between two values out evenly. */
bucket_map_t bucket_map_between(double low, double high);

/* Whether all values of a bucket are the same, as long as all are whole numbers if the map is: then that value. */
bool bucket_map_value(bucket_map_t map, unsigned bucket, double *out);

/* Writes the bucket of each value, and counts them on top of what is in `counts` ([BUCKET_ROOM]). A NaN is one that
 * arithmetic or the NAN of the headers makes. */
void buckets_deal(bucket_map_t map, const double *values, size_t count, uint16_t *out_buckets, uint32_t *counts);

/* Adds the weights of the values in each bucket to `sums` ([BUCKET_ROOM]). Whole numbers are summed exactly below
 * 2^53. */
void buckets_weigh(const uint16_t *buckets, const double *weights, size_t count, double *sums);

/* Places of the values in buckets `first` to `last`, ascending, into `out` (room for all); returns how many. */
size_t buckets_collect(const uint16_t *buckets, size_t count, unsigned first, unsigned last, uint32_t *out);
