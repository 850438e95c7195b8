#include "core/exact_sum.h"

#include "core/pairs.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_BITS    32
#define CHUNK_MASK    UINT64_C(0xffffffff)
#define MANTISSA_BITS 52
#define EXPONENT_MAX  0x7ffu
#define LOWEST        (-1075) /* exponent of the lowest chunk's unit */
#define WAITING_MAX   2047u /* an addition puts less than 2^52 into a chunk, so that many fit above what was settled */

/* ---- Adding ---- */

/* Brings chunks back to 0 … 2^32 - 1; the last one takes the sign. The form that results belongs to the sum alone. */
static void settle(exact_sum_t *sum)
{
    int64_t carry = 0;
    for (size_t i = 0; i + 1 < EXACT_SUM_CHUNKS; i++) {
        int64_t chunk = sum->chunks[i] + carry;
        carry = chunk >> CHUNK_BITS; /* rounds down, for negative ones too */
        sum->chunks[i] = chunk & (int64_t)CHUNK_MASK;
    }
    sum->chunks[EXACT_SUM_CHUNKS - 1] += carry;
    sum->waiting = 0;
}

/* Puts in the magnitude of a finite double, given by its bits, with all bits of `sign` set where it is to be taken
 * out. */
static inline void add_magnitude(int64_t *chunks, uint64_t bits, int64_t sign)
{
    uint32_t exponent = (uint32_t)(bits >> MANTISSA_BITS) & EXPONENT_MAX;
    uint64_t mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    if (exponent)
        mantissa |= UINT64_C(1) << MANTISSA_BITS;
    else
        exponent = 1; /* below the smallest normal number */
    uint32_t chunk = exponent / CHUNK_BITS, shift = exponent % CHUNK_BITS;
    int64_t low = (int64_t)(mantissa << shift & CHUNK_MASK), high = (int64_t)(mantissa >> (CHUNK_BITS - shift));
    chunks[chunk] += (low ^ sign) - sign;
    chunks[chunk + 1] += (high ^ sign) - sign;
}

static void change(exact_sum_t *sum, double value, bool out)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (sum->waiting >= WAITING_MAX)
        settle(sum);
    add_magnitude(sum->chunks, bits, -(int64_t)((bits >> 63) ^ out));
    sum->waiting++;
}

void exact_sum_add(exact_sum_t *sum, double value)
{
    change(sum, value, false);
}

void exact_sum_subtract(exact_sum_t *sum, double value)
{
    change(sum, value, true);
}

/* Adds `factor` times the other. */
static void merge(exact_sum_t *sum, const exact_sum_t *other, int64_t factor)
{
    exact_sum_t settled = *other;
    settle(&settled);
    settle(sum);
    for (size_t i = 0; i < EXACT_SUM_CHUNKS; i++)
        sum->chunks[i] += settled.chunks[i] * factor;
    settle(sum);
}

void exact_sum_merge(exact_sum_t *sum, const exact_sum_t *other)
{
    merge(sum, other, 1);
}

/* ---- Rounding ---- */

/* Makes a settled sum its magnitude; returns whether it was negative. */
static bool take_sign(exact_sum_t *sum)
{
    if (sum->chunks[EXACT_SUM_CHUNKS - 1] >= 0)
        return false;
    for (size_t i = 0; i < EXACT_SUM_CHUNKS; i++)
        sum->chunks[i] = -sum->chunks[i];
    settle(sum);
    return true;
}

/* The highest 64 bits of a number of at least that many; what is below them only tells whether it is all. */
static uint64_t narrow(unsigned __int128 number, bool rest, int *exponent)
{
    uint64_t above = (uint64_t)(number >> 64);
    int drop = above ? 64 - __builtin_clzll(above) : 0;
    uint64_t kept = (uint64_t)(number >> drop);
    *exponent += drop;
    return kept | (rest || (unsigned __int128)kept << drop != number);
}

/* The quotient's first chunks, from the highest chunk of `number` down, until they hold more than 64 bits. */
typedef struct {
    unsigned __int128 quotient;
    uint64_t remainder;
    size_t at; /* chunks below are left out */
} division_t;

static void divide_chunk(division_t *division, uint64_t chunk, uint32_t n)
{
    uint64_t part = division->remainder << CHUNK_BITS | chunk;
    division->quotient = division->quotient << CHUNK_BITS | part / n;
    division->remainder = part % n;
}

double exact_sum_over(const exact_sum_t *sum, uint32_t n)
{
    exact_sum_t number = *sum;
    settle(&number);
    bool negative = take_sign(&number), rest = false;
    division_t division = {.at = EXACT_SUM_CHUNKS};
    for (; division.at > 0 && !(division.quotient >> 64); division.at--)
        divide_chunk(&division, (uint64_t)number.chunks[division.at - 1], n);
    int exponent = LOWEST + CHUNK_BITS * (int)division.at;
    for (; division.quotient && !(division.quotient >> 64); exponent -= CHUNK_BITS)
        divide_chunk(&division, 0, n);
    for (size_t i = 0; i < division.at && !rest; i++)
        rest = number.chunks[i] != 0;
    uint64_t rounded = narrow(division.quotient, rest || division.remainder, &exponent);
    double magnitude = (double)ldexpl((long double)rounded, exponent);
    return negative ? -magnitude : magnitude;
}

/* ---- Means ---- */

static exact_sum_t *side_of(exact_mean_t *mean, double value)
{
    return value < 0 ? &mean->negative : &mean->positive;
}

void exact_mean_add(exact_mean_t *mean, double value)
{
    change(side_of(mean, value), fabs(value), false);
}

void exact_mean_subtract(exact_mean_t *mean, double value)
{
    change(side_of(mean, value), fabs(value), true);
}

/* Several pairs side by side, so that no sum waits for the one before. */
#define PAIRS     2u
#define SIDE      (2 * PAIRS)
#define PART_BITS 11 /* as many values have a part of them summed in one double: 2^11 at most */

/* A double cut at two places, so that each part is a whole number of some unit, of so few bits that many of them can be
 * summed in a double without rounding (Rump 2008, AccSum): adding and taking away 1.5 * 2^52 units cuts. */
typedef struct {
    pair_t high[PAIRS], low[PAIRS];
    pair_marks_t left; /* something is left of a value behind both parts */
} parts_t;

static void cut(parts_t *parts, size_t k, pair_t value, double high_cut, double low_cut)
{
    value = pair_keep(value, pair_valued(value));
    pair_t high = (value + high_cut) - high_cut, rest = value - high, low = (rest + low_cut) - low_cut;
    parts->high[k] += high;
    parts->low[k] += low;
    parts->left |= rest != low;
}

/* The greatest value; NaN where one is negative, 0 of none. */
static double find_greatest(const double *values, size_t count)
{
    pair_t greatest[PAIRS] = {{0}};
    pair_marks_t negative = {0};
    for (size_t i = 0; i < count; i += SIDE)
        for (size_t k = 0; k < PAIRS; k++) {
            pair_t value = pair_load(values + i + 2 * k);
            greatest[k] = pair_greater(value, greatest[k]);
            negative |= value < 0;
        }
    if (negative[0] | negative[1])
        return NAN;
    pair_t both = pair_greater(greatest[0], greatest[1]);
    return both[0] > both[1] ? both[0] : both[1];
}

/* Adds at most 2^PART_BITS values, a multiple of SIDE, none of which is negative and whose sizes are not too far apart.
 * False where they are not so; then nothing is added. */
static bool add_alike(exact_sum_t *sum, const double *values, size_t count)
{
    double greatest = find_greatest(values, count);
    int exponent;
    if (!(greatest < 0x1p900 && greatest > 0x1p-700))
        return greatest == 0;
    frexp(greatest, &exponent);
    int high_unit = exponent + PART_BITS - DBL_MANT_DIG, low_unit = high_unit - 1 + PART_BITS - DBL_MANT_DIG;
    double high_cut = ldexp(0x1.8p52, high_unit), low_cut = ldexp(0x1.8p52, low_unit);
    parts_t parts = {0};
    for (size_t i = 0; i < count; i += SIDE)
        for (size_t k = 0; k < PAIRS; k++)
            cut(&parts, k, pair_load(values + i + 2 * k), high_cut, low_cut);
    if (parts.left[0] | parts.left[1])
        return false;
    for (size_t k = 0; k < SIDE; k++) {
        exact_sum_add(sum, parts.high[k / 2][k % 2]);
        exact_sum_add(sum, parts.low[k / 2][k % 2]);
    }
    return true;
}

void exact_mean_add_all(exact_mean_t *mean, const double *values, size_t count)
{
    const size_t most = (size_t)1 << PART_BITS;
    for (size_t i = 0; i < count;) {
        size_t size = count - i < most ? (count - i) / SIDE * SIDE : most;
        if (size && add_alike(&mean->positive, values + i, size)) {
            i += size;
            continue;
        }
        for (size_t last = size ? i + size : count; i < last; i++)
            if (!isnan(values[i]))
                exact_mean_add(mean, values[i]);
    }
}

void exact_mean_merge(exact_mean_t *mean, const exact_mean_t *other)
{
    exact_sum_merge(&mean->positive, &other->positive);
    exact_sum_merge(&mean->negative, &other->negative);
}

bool exact_mean_of(const exact_mean_t *mean, uint32_t n, double *out)
{
    exact_sum_t sum = mean->positive, size = mean->positive;
    merge(&sum, &mean->negative, -1);
    merge(&size, &mean->negative, 1);
    double magnitude = exact_sum_over(&size, 1);
    if (isinf(magnitude) || fabs(exact_sum_over(&sum, 1)) < magnitude * 1e-3)
        return false;
    *out = exact_sum_over(&sum, n);
    return true;
}
