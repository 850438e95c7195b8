/* Order statistics by selection. */
#pragma once

#include <stddef.h>

/* The value at place `place` (< count) of the ascending order. Reorders the values, none of which is NaN; afterwards no
 * value before the place is greater and none behind it is less. Expected O(count), at worst O(count log count). */
double select_value(double *values, size_t count, size_t place);

/* Ascending; quick where they are few. None is NaN. */
void select_sort(double *values, size_t count);
