#include "core/outliers.h"

#include "core/answers.h"
#include "core/select.h"
#include "core/statistics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MAD_TO_DEVIATION 1.4826 /* of a normal distribution */

/* ---- rows */

static bool all_counts(const catalog_t *catalog, const formula_t *formula)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(formula, &count);
    for (size_t i = 0; i < count; i++) {
        const row_t *fact = &catalog->rows[inputs[i] % catalog->fact_count];
        if (strcmp(fact->unit, "count") != 0 || fact->decimals != 0)
            return false;
    }
    return count > 0;
}

outlier_scale_t outlier_scale_of(const catalog_t *catalog, const row_t *row)
{
    const formula_t *denominator = formula_denominator(row->formula);
    outlier_scale_t scale = {
        .is_ratio = formula_holds_division(row->formula),
        .has_base = denominator != NULL,
        .is_counted = all_counts(catalog, row->formula),
        .base_counted = denominator && !formula_holds_division(denominator) && all_counts(catalog, denominator),
        .least_spread = strcmp(row->unit, "ratio") == 0 ? OUTLIER_FLOOR_RATIO : 0,
    };
    scale.least_base = row->has_min_base ? statistics_min_base(row) : scale.base_counted ? OUTLIER_BASE_MIN : 0;
    return scale;
}

bool outlier_counts(const outlier_scale_t *scale, outlier_point_t point)
{
    return isfinite(point.value) && (!scale->has_base || point.base >= scale->least_base);
}

/* ---- what is compared with */

static double median_of(double *values, size_t count)
{
    select_sort(values, count);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double median_base(const outlier_scale_t *scale, const outlier_point_t *points, size_t count, double *room)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (outlier_counts(scale, points[i]))
            room[used++] = points[i].base;
    return median_of(room, used);
}

outlier_reference_t outlier_reference(const outlier_scale_t *scale, bool is_relative, const outlier_point_t *points,
                                      size_t count, double *room)
{
    outlier_reference_t reference = {
        .is_relative = is_relative, .centre = NO_VALUE, .median = NO_VALUE, .spread = NO_VALUE, .base = NO_VALUE};
    for (size_t i = 0; i < count; i++)
        if (outlier_counts(scale, points[i]) && (!is_relative || points[i].value > 0))
            room[reference.count++] = is_relative ? log(points[i].value) : points[i].value;
    if (reference.count == 0)
        return reference;
    double median = median_of(room, reference.count);
    for (size_t i = 0; i < reference.count; i++)
        room[i] = fabs(room[i] - median);
    reference.spread = MAD_TO_DEVIATION * median_of(room, reference.count);
    reference.centre = median;
    reference.median = is_relative ? exp(median) : median;
    if (scale->has_base && !is_relative)
        reference.base = median_base(scale, points, count, room);
    return reference;
}

/* ---- scores */

/* What chance makes of a ratio near `p` of that base. */
static double chance_of_ratio(const outlier_scale_t *scale, double p, double base)
{
    if (!scale->base_counted || !(base > 0))
        return 0;
    if (!scale->is_counted)
        return fabs(p) / sqrt(base);
    double things = base * (p >= 0 && p <= 1 ? p * (1 - p) : fabs(p));
    return sqrt(fmax(things, 1)) / base;
}

/* What a deviation from that reference is divided by. */
static double spread_at(const outlier_scale_t *scale, const outlier_reference_t *reference, double base)
{
    double size = fabs(reference->median), spread = reference->spread, chance = 0;
    double floor = fmax(OUTLIER_FLOOR * size, scale->least_spread);
    if (reference->is_relative) {
        floor = log1p(OUTLIER_FLOOR);
        chance = scale->is_counted ? 1 / sqrt(fmax(size, 1)) : 0;
    } else if (scale->has_base) {
        if (base > 0 && reference->base > base)
            spread *= sqrt(reference->base / base);
        chance = chance_of_ratio(scale, reference->median, base);
    } else if (!scale->is_ratio && scale->is_counted) {
        chance = sqrt(fmax(size, 1));
    }
    return fmax(spread, fmax(floor, chance));
}

double outlier_score(const outlier_scale_t *scale, const outlier_reference_t *reference, outlier_point_t point)
{
    assert(reference->count > 0 && (!reference->is_relative || point.value > 0));
    double deviation = (reference->is_relative ? log(point.value) : point.value) - reference->centre;
    double spread = spread_at(scale, reference, point.base);
    if (deviation == 0)
        return 0;
    if (!(spread > 0))
        return copysign(OUTLIER_SCORE_NEW, deviation);
    return copysign(fmin(fabs(deviation) / spread, OUTLIER_SCORE_MAX), deviation);
}
