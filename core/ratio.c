#include "core/ratio.h"

#include "core/formula_build.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/* ---- Arithmetic ---- */

static bool is_short(int128_t number)
{
    return number == (int64_t)number;
}

static bool times(int128_t a, int128_t b, int128_t *out)
{
    if (!is_short(a) || !is_short(b))
        return !__builtin_mul_overflow(a, b, out);
    *out = (int128_t)(int64_t)a * (int64_t)b;
    return true;
}

static bool add(ratio_t a, ratio_t b, ratio_t *out)
{
    int128_t left, right;
    if (a.denominator == b.denominator) {
        out->denominator = a.denominator;
        return !__builtin_add_overflow(a.numerator, b.numerator, &out->numerator);
    }
    return times(a.numerator, b.denominator, &left) && times(b.numerator, a.denominator, &right) &&
           !__builtin_add_overflow(left, right, &out->numerator) &&
           times(a.denominator, b.denominator, &out->denominator);
}

static bool negate(ratio_t *a)
{
    return !__builtin_sub_overflow((int128_t)0, a->numerator, &a->numerator);
}

bool ratio_subtract(ratio_t a, ratio_t b, ratio_t *out)
{
    return negate(&b) && add(a, b, out);
}

static bool multiply(ratio_t a, ratio_t b, ratio_t *out)
{
    return times(a.numerator, b.numerator, &out->numerator) && times(a.denominator, b.denominator, &out->denominator);
}

bool ratio_divide(ratio_t a, ratio_t b, ratio_t *out)
{
    if (b.numerator < 0 && (!negate(&a) || !negate(&b)))
        return false;
    if (a.denominator == b.denominator) {
        *out = (ratio_t){a.numerator, b.numerator};
        return true;
    }
    return multiply(a, (ratio_t){b.denominator, b.numerator}, out);
}

bool ratio_multiply_by(ratio_t *a, uint32_t factor)
{
    return times(a->numerator, factor, &a->numerator);
}

bool ratio_compare(const ratio_t *left, const ratio_t *right, int *out)
{
    ratio_t difference;
    if (!ratio_subtract(*left, *right, &difference))
        return false;
    *out = (difference.numerator > 0) - (difference.numerator < 0);
    return true;
}

/* ---- Formulas ---- */

static bool load(const formula_source_t *source, const op_t *op, ratio_t *out)
{
    bool is_input = op->kind == OP_INPUT;
    int128_t scale = (int128_t)formula_power_of_ten(op->decimals); /* no number has more decimals than fit */
    out->numerator = !is_input ? op->units : source->sums ? source->sums[op->number] : source->facts[op->number];
    return times(scale, is_input ? source->divisor : 1, &out->denominator);
}

static bool combine(uint8_t kind, ratio_t a, ratio_t b, ratio_t *out)
{
    if (kind == OP_ADD)
        return add(a, b, out);
    if (kind == OP_SUBTRACT)
        return ratio_subtract(a, b, out);
    return kind == OP_MULTIPLY ? multiply(a, b, out) : ratio_divide(a, b, out);
}

static ratio_outcome_t evaluate(const formula_t *formula, const formula_source_t *source, ratio_t *out)
{
    ratio_t stack[FORMULA_STACK_MAX];
    size_t depth = 0;
    for (size_t i = 0; i < formula->input_count; i++)
        if (formula_source_lacks(source, formula->inputs[i]))
            return RATIO_NONE;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        bool fits;
        if (op->kind <= OP_CONSTANT) {
            fits = load(source, op, &stack[depth++]);
        } else if (op->kind == OP_NEGATE) {
            fits = negate(&stack[depth - 1]);
        } else {
            depth--;
            if (op->kind == OP_DIVIDE && stack[depth].numerator == 0)
                return RATIO_NONE;
            fits = combine(op->kind, stack[depth - 1], stack[depth], &stack[depth - 1]);
        }
        if (!fits)
            return RATIO_TOO_LARGE;
    }
    *out = stack[0];
    return RATIO_VALUE;
}

ratio_outcome_t ratio_evaluate(const formula_t *formula, const int64_t *inputs, ratio_t *out)
{
    return evaluate(formula, &(formula_source_t){.facts = inputs, .divisor = 1}, out);
}

ratio_outcome_t ratio_evaluate_sums(const formula_t *formula, const int128_t *inputs, uint64_t divisor, ratio_t *out)
{
    assert(inputs);
    return evaluate(formula, &(formula_source_t){.sums = inputs, .divisor = divisor}, out);
}

/* ---- Rounding ---- */

static void set_integer(mpz_t out, int128_t value)
{
    unsigned __int128 magnitude = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    mpz_set_ui(out, (unsigned long)(magnitude >> 64));
    mpz_mul_2exp(out, out, 64);
    mpz_add_ui(out, out, (unsigned long)magnitude);
    if (value < 0)
        mpz_neg(out, out);
}

void ratio_to_exact(ratio_t a, mpq_t out)
{
    set_integer(mpq_numref(out), a.numerator);
    set_integer(mpq_denref(out), a.denominator);
    mpq_canonicalize(out);
}

static double round_exactly(ratio_t a)
{
    mpq_t exact;
    mpq_init(exact);
    ratio_to_exact(a, exact);
    double value = formula_to_double(exact);
    mpq_clear(exact);
    return value;
}

#define WHOLE_MAX ((int128_t)1 << 53)

/* Two whole numbers that doubles hold exactly are divided with one rounding. Else there are four in long doubles, each
 * within half a unit in the last place: two conversions, a division, an end. Where all that they leave open rounds to
 * one double, that is it (Ziv 1991). The quotient lies far from both ends of a double's range. */
double ratio_to_double(ratio_t a)
{
    if (a.numerator <= WHOLE_MAX && a.numerator >= -WHOLE_MAX && a.denominator <= WHOLE_MAX)
        return (double)(int64_t)a.numerator / (double)(int64_t)a.denominator + 0.0; /* no negative zero */
    long double quotient = (long double)a.numerator / (long double)a.denominator;
    long double width = fabsl(quotient) * (3 * LDBL_EPSILON);
    double below = (double)(quotient - width), above = (double)(quotient + width);
    return below == above ? below + 0.0 : round_exactly(a);
}
