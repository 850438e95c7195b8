#include "core/buckets.h"

#include "core/pairs.h"
#include "core/select.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OUTER 2u /* of a sample that may lie beyond each end */
#define CHUNK 256u

/* Without a scale all go to one bucket: infinity, which the difference of two doubles may be, is no number of them. */
bucket_map_t bucket_map_between(double low, double high)
{
    double scale = high > low ? (BUCKETS - 1) / (high - low) : 0;
    bool is_flat = !isfinite(scale) || scale == 0;
    return (bucket_map_t){is_flat ? 0 : low, is_flat ? 0 : scale, false};
}

bucket_map_t bucket_map_make(double *sample, size_t count, bool is_whole)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(sample[i]))
            sample[size++] = sample[i];
    if (size <= 2 * OUTER)
        return (bucket_map_t){0, 0, false};
    select_sort(sample, size);
    double low = sample[OUTER], width = sample[size - 1 - OUTER] - low;
    if (is_whole && width < BUCKETS - 2 && fabs(low) < 0x1p50) {
        double spare = floor((BUCKETS - 2 - width) / 4);
        return (bucket_map_t){sample[0] < low - spare ? low - spare : sample[0] - 1, 1, true};
    }
    return bucket_map_between(low, sample[size - 1 - OUTER]);
}

bool bucket_map_value(bucket_map_t map, unsigned bucket, double *out)
{
    *out = map.low + (bucket - 1);
    return map.is_whole && bucket > 1 && bucket < BUCKETS;
}

/* The bucket stands in the last bits of what it makes, 2^52 + bucket; NaN stays NaN, whose last bits are 0. */
static pair_t place_pair(bucket_map_t map, pair_t values)
{
    const pair_t first = {1, 1}, last = {BUCKETS, BUCKETS};
    pair_t place = (values - map.low) * map.scale + first;
    return pair_lesser(last, pair_greater(first, place)) + 0x1p52;
}

static void place_chunk(bucket_map_t map, const double *values, size_t count, double *out)
{
    size_t i = 0;
    for (; i + 2 <= count; i += 2)
        pair_store(place_pair(map, pair_load(values + i)), out + i);
    if (i < count)
        out[i] = place_pair(map, (pair_t){values[i], values[i]})[0];
}

static uint16_t bucket_in(const double *place)
{
    uint64_t bits;
    memcpy(&bits, place, sizeof bits);
    return (uint16_t)bits;
}

static void count_places(const double *restrict places, size_t count, uint16_t *restrict out_buckets,
                         uint32_t *restrict counts)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t bucket = bucket_in(&places[i]);
        out_buckets[i] = bucket;
        counts[bucket]++;
    }
}

void buckets_deal(bucket_map_t map, const double *values, size_t count, uint16_t *out_buckets, uint32_t *counts)
{
    double places[CHUNK];
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t size = count - first < CHUNK ? count - first : CHUNK;
        place_chunk(map, values + first, size, places);
        count_places(places, size, out_buckets + first, counts);
    }
}

void buckets_weigh(const uint16_t *buckets, const double *weights, size_t count, double *sums)
{
    for (size_t i = 0; i < count; i++)
        sums[buckets[i]] += weights[i];
}

/* So many at a time, of which mostly none is wanted. */
typedef uint16_t lanes_t __attribute__((vector_size(16)));
#define VECTORS 4u
#define LANES   (VECTORS * sizeof(lanes_t) / sizeof(uint16_t))

/* Whether any of them is in `wide` + 1 buckets from `low` on. */
static bool any_within(const uint16_t *buckets, uint16_t low, uint16_t wide)
{
    lanes_t lanes[VECTORS], any = {0};
    uint64_t found[2];
    memcpy(lanes, buckets, sizeof lanes);
    for (size_t i = 0; i < VECTORS; i++)
        any |= (lanes_t)(lanes[i] - low <= wide);
    memcpy(found, &any, sizeof found);
    return (found[0] | found[1]) != 0;
}

static size_t collect_few(const uint16_t *buckets, size_t first, size_t last, unsigned low, unsigned width,
                          uint32_t *out)
{
    size_t found = 0;
    for (size_t i = first; i < last; i++) {
        out[found] = (uint32_t)i;
        found += (unsigned)buckets[i] - low <= width;
    }
    return found;
}

size_t buckets_collect(const uint16_t *buckets, size_t count, unsigned first, unsigned last, uint32_t *out)
{
    unsigned width = last - first;
    size_t found = 0, i = 0;
    for (; i + LANES <= count; i += LANES)
        if (any_within(buckets + i, (uint16_t)first, (uint16_t)width))
            found += collect_few(buckets, i, i + LANES, first, width, out + found);
    return found + collect_few(buckets, i, count, first, width, out + found);
}
