/* How unusual a store's value of a row is, beside its own earlier months or beside other stores: a robust score by
 * median and MAD (Iglewicz & Hoaglin 1993: (x - median) / (1.4826 MAD), from 3.5 on an outlier). Pure; doubles, so that
 * nothing here decides an average, a rank or a benchmark: a value with any score counts in them like every other.
 *
 * Scale. A row whose formula holds a division (a ratio) is judged on its own scale. Every other row is judged by its
 * logarithm among the values above zero, so that a doubling and a halving weigh alike; where that cannot be (the value
 * is zero or below, or too few others are above), on its own scale among all values.
 *
 * Chance. The spread that a deviation is divided by is never less than what chance makes of a value of that size: of n
 * counted things sqrt(n); of a share p of d counted things sqrt(d p (1 - p)) / d, of a number p > 1 for each of d
 * sqrt(d p) / d (at least one thing of d, each time); of an amount for each of d counted things its d-th part's root:
 * p / sqrt(d), as if one thing's amount varied as much as it is large. A ratio's spread among others grows by
 * sqrt(their median base / its base) where its base is the smaller one. Where the base is less than the row's min_base
 * (without one: less than OUTLIER_BASE_MIN counted things) a ratio is not judged, and not compared with.
 *
 * Floor. The spread is never less than OUTLIER_FLOOR of the median (of a row of unit "ratio" never less than
 * OUTLIER_FLOOR_RATIO), so a MAD of zero does not make every change an outlier. Where all that still gives zero (an
 * amount that was nothing so far), any other value scores OUTLIER_SCORE_NEW. */
#pragma once

#include "core/catalog.h"

#define OUTLIER_THRESHOLD   3.5  /* a score that is told, on either side */
#define OUTLIER_SCORE_MAX   20.0 /* larger ones are cut to it */
#define OUTLIER_SCORE_NEW   5.0  /* of something where there was nothing */
#define OUTLIER_FLOOR       0.05 /* least spread, as a part of the median */
#define OUTLIER_FLOOR_RATIO 0.01 /* least spread of a row of unit "ratio" */
#define OUTLIER_BASE_MIN    5    /* counted things in a denominator */
#define OUTLIER_MONTHS_MIN  6    /* with a value, of a store's history */
#define OUTLIER_MONTHS_MAX  24   /* the last ones, that are looked at */
#define OUTLIER_STORES_MIN  8    /* with a value, of a region */

/* What a row's values are like. */
typedef struct {
    bool is_ratio;     /* its formula holds a division */
    bool has_base;     /* ... at the top: the values have denominators */
    bool is_counted;   /* it is made of counts only */
    bool base_counted; /* its denominator is */
    double least_base;
    double least_spread; /* on its own scale */
} outlier_scale_t;

outlier_scale_t outlier_scale_of(const catalog_t *catalog, const row_t *row);

/* NO_VALUE where there is none. */
typedef struct {
    double value, base;
} outlier_point_t;

/* Whether a point has a value, of a base that is large enough. */
bool outlier_counts(const outlier_scale_t *scale, outlier_point_t point);

/* What a value is compared with. */
typedef struct {
    size_t count;     /* points that it is made of */
    bool is_relative; /* by logarithms, of the values above zero */
    double median;    /* in the row's unit */
    double centre;    /* the same, or its logarithm */
    double spread;    /* 1.4826 MAD: in the row's unit, or of the logarithms */
    double base;      /* median of the denominators; NO_VALUE where the row has none */
} outlier_reference_t;

/* Of those of `count` points that count. `room`: for `count` doubles. Where none counts, only `count` (0) and
 * `is_relative` are meant. */
outlier_reference_t outlier_reference(const outlier_scale_t *scale, bool is_relative, const outlier_point_t *points,
                                      size_t count, double *room);

/* Signed, at most OUTLIER_SCORE_MAX either way. The point must count, the reference be of at least one point; a
 * relative one takes a value above zero. */
double outlier_score(const outlier_scale_t *scale, const outlier_reference_t *reference, outlier_point_t point);
