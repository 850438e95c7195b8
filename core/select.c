#include "core/select.h"

#include <stdlib.h>

#define FEW           24  /* what is left of a selection that is sorted */
#define SORTED_SIMPLY 64  /* that are sorted by insertion */
#define ROUNDS_MAX    100 /* of partitioning, before all is sorted */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void select_sort(double *values, size_t count)
{
    if (count > SORTED_SIMPLY) {
        qsort(values, count, sizeof *values, compare_doubles);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static double median_of(double a, double b, double c)
{
    if (a > b) {
        double swap = a;
        a = b;
        b = swap;
    }
    return c < a ? a : c > b ? b : c;
}

/* Of three medians of three, spread over the values. */
static double choose_pivot(const double *values, size_t count)
{
    size_t eighth = (count - 1) / 8;
    double medians[3];
    for (size_t i = 0; i < 3; i++) {
        const double *at = values + eighth * (3 * i);
        medians[i] = median_of(at[0], at[eighth], at[2 * eighth]);
    }
    return median_of(medians[0], medians[1], medians[2]);
}

/* Brings those less than the pivot to the front, then its equals: [0, *less), [*less, *equal), the rest. */
static void partition(double *values, size_t count, double pivot, size_t *out_less, size_t *out_equal)
{
    size_t less = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        values[i] = values[less];
        values[less] = value;
        less += value < pivot;
    }
    equal = less;
    for (size_t i = less; i < count; i++) {
        double value = values[i];
        values[i] = values[equal];
        values[equal] = value;
        equal += value == pivot;
    }
    *out_less = less;
    *out_equal = equal;
}

double select_value(double *values, size_t count, size_t place)
{
    for (int round = 0; count > FEW; round++) {
        if (round == ROUNDS_MAX) {
            select_sort(values, count);
            return values[place];
        }
        size_t less, equal;
        double pivot = choose_pivot(values, count);
        partition(values, count, pivot, &less, &equal);
        if (place < less) {
            count = less;
        } else if (place < equal) {
            return pivot;
        } else {
            values += equal;
            count -= equal;
            place -= equal;
        }
    }
    select_sort(values, count);
    return values[place];
}
