/* Formulas over facts: parsed once, compiled to something fast, evaluated exactly (SPEC 2.1, 2.12 and the catalog
 * grammar).
 *
 * Inputs are numbered: input i < fact_count is fact i of the month, input fact_count + i is the same fact of the month
 * before
 * (`previous`). Input values are exact integers of the fact's smallest unit; formulas compute in the fact's unit (a
 * fact of 2 decimals counts 1/100 each). Immutable after parsing, so any number of threads may evaluate one. */
#pragma once

#include "core/status.h"

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __int128 int128_t;

#define FACT_ABSENT INT64_MIN            /* in int64_t inputs and columns */
#define SUM_ABSENT  ((int128_t)1 << 126) /* in int128_t inputs */

typedef struct formula formula_t;

/* The inputs that it needs: ascending input numbers, each once; *out_count of them. Borrowed from the formula. */
const uint16_t *formula_inputs(const formula_t *formula, size_t *out_count);

/* Whether a division stands anywhere in it, KPIs inside included. */
bool formula_holds_division(const formula_t *formula);

/* Right side of the formula's top operation where that is a division, else NULL (SPEC 2.5). Borrowed. A formula that is
 * just the name of a KPI has that KPI's top operation. */
const formula_t *formula_denominator(const formula_t *formula);

/* Exact value. `inputs`: one for each input number (absent: SUM_ABSENT), each divided by `divisor` (>= 1): sums over n
 * stores with divisor n give the value of the means (SPEC 2.3). False where it has no value (absent fact, zero
 * denominator); `out` is then unspecified. `out` must be initialised (mpq_init). */
bool formula_evaluate_exact(const formula_t *formula, const int128_t *inputs, uint64_t divisor, mpq_t out) NODISCARD;

/* The same for one store's facts (FACT_ABSENT where absent). */
bool formula_evaluate_store(const formula_t *formula, const int64_t *inputs, mpq_t out) NODISCARD;

/* Values of many stores at once. `columns[i]`: column of input i, of at least first + count values; columns that the
 * formula does not need may be NULL. Writes out_values[0..count): the nearest double of the exact value (ties to even),
 * so that doubles stand in the order of the exact values and only equal ones need to be told apart; NaN where there is
 * none. STATUS_NO_MEMORY leaves the output unspecified. */
status_t formula_evaluate_columns(const formula_t *formula, const int64_t *const *columns, size_t first, size_t count,
                                  double *out_values) NODISCARD;

/* What is known of values that were evaluated together. */
typedef struct {
    bool is_told;   /* equal doubles stand for exactly equal values */
    bool is_whole;  /* all are whole numbers */
    bool has_bases; /* all denominators are whole numbers of 10^-base_scale, and below 2^53 of them */
    int base_scale;
} formula_told_t;

#define FORMULA_TOLD_ALL ((formula_told_t){true, true, true, 0})

/* A formula's values as whole numbers of 10^-scale, NaN where there is none; none is larger than bound, which is below
 * 2^53 where they are exact. */
typedef struct {
    double *values;
    int scale;
    double bound;
} formula_whole_t;

/* Computes whole->values[0..count) of a formula without division. Sets the scale, and raises the bound where it must.
 */
status_t formula_evaluate_whole(const formula_t *formula, const int64_t *const *columns, size_t first, size_t count,
                                formula_whole_t *whole) NODISCARD;

/* Whether both compute the same from the same inputs. */
bool formula_is_same(const formula_t *left, const formula_t *right);

/* Whether it is more than one fact or constant. */
bool formula_is_compound(const formula_t *formula);

/* The same as formula_evaluate_columns. Where the formula's top operation is a division and the only one, and no number
 * is too large, out_bases[0..count) are set to the denominators in units of 10^-base_scale, exactly; 0 where there is
 * no value. `known` (NULL: none) is the denominator itself, exact, if it was computed before. `told` starts as
 * FORMULA_TOLD_ALL and is kept true of all that was evaluated with it. */
status_t formula_evaluate_with_bases(const formula_t *formula, const int64_t *const *columns, size_t first,
                                     size_t count, const formula_whole_t *known, double *out_values, double *out_bases,
                                     formula_told_t *told) NODISCARD;

/* Nearest double of an exact value (ties to even). */
double formula_to_double(const mpq_t value);

/* A check's rule: formula, comparison, formula. */
typedef struct rule rule_t;

/* Whether it holds for `inputs` (as formula_evaluate_store); it does where either side has no value. Decided exactly.
 */
bool rule_holds(const rule_t *rule, const int64_t *inputs);

/* Whether it holds only for want of the month before: it needs inputs from `fact_count` on, all of which are absent,
 * and every other that it needs is there. */
bool rule_lacks_previous(const rule_t *rule, const int64_t *inputs, size_t fact_count);
