#include "core/buckets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE 255u /* values that judge the map */
#define OUTER  2u   /* of them that may lie beyond each end */
#define CHUNK  256u

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

bucket_map_t bucket_map_make(const double *values, size_t count)
{
    double sample[SAMPLE];
    size_t step = count / SAMPLE + 1, size = 0;
    for (size_t i = 0; i < count; i += step)
        if (!isnan(values[i]))
            sample[size++] = values[i];
    if (size <= 2 * OUTER)
        return (bucket_map_t){0, 0};
    qsort(sample, size, sizeof *sample, compare_doubles);
    double low = sample[OUTER], width = sample[size - 1 - OUTER] - low;
    double scale = width > 0 ? (BUCKETS - 1) / width : 0;
    return (bucket_map_t){low, isfinite(scale) ? scale : 0};
}

/* The bucket stands in the last bits of what it makes: 2^52 + bucket. */
static void place_chunk(bucket_map_t map, const double *restrict values, size_t count, double *restrict out)
{
    for (size_t i = 0; i < count; i++) {
        double value = values[i], place = (value - map.low) * map.scale;
        place = place > 0 ? place : 0;
        place = place < BUCKETS - 1 ? place : BUCKETS - 1;
        place = value == value ? place : BUCKET_NONE;
        out[i] = place + 0x1p52;
    }
}

static uint16_t bucket_in(const double *place)
{
    uint64_t bits;
    memcpy(&bits, place, sizeof bits);
    return (uint16_t)bits;
}

void buckets_deal(bucket_map_t map, const double *values, const double *weights, size_t count, uint16_t *out_buckets,
                  buckets_t *out)
{
    double places[CHUNK];
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t size = count - first < CHUNK ? count - first : CHUNK;
        place_chunk(map, values + first, size, places);
        for (size_t i = 0; i < size; i++) {
            uint16_t bucket = bucket_in(&places[i]);
            out_buckets[first + i] = bucket;
            out->counts[bucket]++;
            if (weights)
                out->weights[bucket] += weights[first + i];
        }
    }
}

void buckets_merge(buckets_t *buckets, const buckets_t *other)
{
    for (size_t i = 0; i <= BUCKETS; i++)
        buckets->counts[i] += other->counts[i];
    for (size_t i = 0; i <= BUCKETS; i++)
        buckets->weights[i] += other->weights[i];
}

/* Eight at a time, of which mostly none is wanted. */
typedef uint16_t lanes_t __attribute__((vector_size(16)));
#define LANES (sizeof(lanes_t) / sizeof(uint16_t))

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
    uint16_t low = (uint16_t)first, wide = (uint16_t)width;
    size_t found = 0, i = 0;
    for (; i + LANES <= count; i += LANES) {
        lanes_t lanes;
        uint64_t any[2];
        memcpy(&lanes, buckets + i, sizeof lanes);
        lanes = (lanes_t)(lanes - low <= wide);
        memcpy(any, &lanes, sizeof any);
        if (any[0] | any[1])
            found += collect_few(buckets, i, i + LANES, first, width, out + found);
    }
    return found + collect_few(buckets, i, count, first, width, out + found);
}
