/* Doubles two at a time, for loops that the compiler does not make vectors of by itself. */
#pragma once

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef double pair_t __attribute__((vector_size(16)));
typedef int64_t pair_marks_t __attribute__((vector_size(16))); /* all bits of a mark are set, or none */

static inline pair_t pair_load(const double *values)
{
    pair_t pair;
    memcpy(&pair, values, sizeof pair);
    return pair;
}

static inline void pair_store(pair_t pair, double *out)
{
    memcpy(out, &pair, sizeof pair);
}

/* Marks those that are no NaN. */
static inline pair_marks_t pair_valued(pair_t pair)
{
    return pair == pair;
}

/* Those that are marked, 0 for the others. */
static inline pair_t pair_keep(pair_t pair, pair_marks_t marks)
{
    return (pair_t)((pair_marks_t)pair & marks);
}

/* The greater and the lesser of both; `second` where either is NaN. */
static inline pair_t pair_greater(pair_t first, pair_t second)
{
#ifdef __SSE2__
    return (pair_t)_mm_max_pd((__m128d)first, (__m128d)second);
#else
    pair_marks_t marks = first > second;
    return (pair_t)(((pair_marks_t)first & marks) | ((pair_marks_t)second & ~marks));
#endif
}

static inline pair_t pair_lesser(pair_t first, pair_t second)
{
#ifdef __SSE2__
    return (pair_t)_mm_min_pd((__m128d)first, (__m128d)second);
#else
    pair_marks_t marks = first < second;
    return (pair_t)(((pair_marks_t)first & marks) | ((pair_marks_t)second & ~marks));
#endif
}
