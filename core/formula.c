#include "core/formula.h"

#include "core/formula_build.h"
#include "core/ratio.h"

#include <float.h>
#include <math.h>

const uint16_t *formula_inputs(const formula_t *formula, size_t *out_count)
{
    *out_count = formula->input_count;
    return formula->inputs;
}

bool formula_holds_division(const formula_t *formula)
{
    return formula->holds_division;
}

bool formula_is_same(const formula_t *left, const formula_t *right)
{
    if (left->op_count != right->op_count)
        return false;
    for (size_t i = 0; i < left->op_count; i++) {
        const op_t *a = &left->ops[i], *b = &right->ops[i];
        if (a->kind != b->kind)
            return false;
        if (a->kind == OP_INPUT && (a->number != b->number || a->decimals != b->decimals))
            return false;
        if (a->kind == OP_CONSTANT && (a->units != b->units || a->decimals != b->decimals))
            return false;
    }
    return true;
}

bool formula_is_compound(const formula_t *formula)
{
    return formula->op_count > 1;
}

const formula_t *formula_denominator(const formula_t *formula)
{
    return formula->denominator;
}

static void set_int128(mpz_t out, int128_t value)
{
    unsigned __int128 magnitude = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    mpz_set_ui(out, (unsigned long)(magnitude >> 64));
    mpz_mul_2exp(out, out, 64);
    mpz_add_ui(out, out, (unsigned long)magnitude);
    if (value < 0)
        mpz_neg(out, out);
}

/* out = units / 10^decimals / divisor */
static void set_units(mpq_t out, int128_t units, unsigned decimals, uint64_t divisor)
{
    set_int128(mpq_numref(out), units);
    mpz_ui_pow_ui(mpq_denref(out), 10, decimals);
    mpz_mul_ui(mpq_denref(out), mpq_denref(out), divisor);
    mpq_canonicalize(out);
}

/* a = a `kind` b; false where that divides by zero. */
static bool apply(uint8_t kind, mpq_t a, const mpq_t b)
{
    switch (kind) {
    case OP_ADD:
        mpq_add(a, a, b);
        return true;
    case OP_SUBTRACT:
        mpq_sub(a, a, b);
        return true;
    case OP_MULTIPLY:
        mpq_mul(a, a, b);
        return true;
    default:
        if (mpq_sgn(b) == 0)
            return false;
        mpq_div(a, a, b);
        return true;
    }
}

static void push(const formula_source_t *source, const op_t *op, mpq_t out)
{
    if (op->kind == OP_CONSTANT)
        set_units(out, op->units, op->decimals, 1);
    else
        set_units(out, source->sums ? source->sums[op->number] : source->facts[op->number], op->decimals,
                  source->divisor);
}

/* Runs the program on a stack whose first `*made` entries are initialised; leaves the value in stack[0]. */
static bool run(const formula_t *formula, const formula_source_t *source, mpq_t *stack, size_t *made)
{
    size_t depth = 0;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        if (op->kind <= OP_CONSTANT) {
            if (depth == *made)
                mpq_init(stack[(*made)++]);
            push(source, op, stack[depth++]);
        } else if (op->kind == OP_NEGATE) {
            mpq_neg(stack[depth - 1], stack[depth - 1]);
        } else {
            depth--;
            if (!apply(op->kind, stack[depth - 1], stack[depth]))
                return false;
        }
    }
    return true;
}

static bool evaluate(const formula_t *formula, const formula_source_t *source, mpq_t out)
{
    for (size_t i = 0; i < formula->input_count; i++)
        if (formula_source_lacks(source, formula->inputs[i]))
            return false;
    mpq_t stack[FORMULA_STACK_MAX];
    size_t made = 0;
    bool has_value = run(formula, source, stack, &made);
    if (has_value)
        mpq_swap(out, stack[0]);
    for (size_t i = 0; i < made; i++)
        mpq_clear(stack[i]);
    return has_value;
}

bool formula_evaluate_exact(const formula_t *formula, const int128_t *inputs, uint64_t divisor, mpq_t out)
{
    return evaluate(formula, &(formula_source_t){.sums = inputs, .divisor = divisor}, out);
}

bool formula_evaluate_store(const formula_t *formula, const int64_t *inputs, mpq_t out)
{
    return evaluate(formula, &(formula_source_t){.facts = inputs, .divisor = 1}, out);
}

/* floor(|value| * 2^shift), its lowest bit set where anything was cut off. */
static uint64_t scaled_quotient(const mpq_t value, long shift)
{
    mpz_t quotient, divisor, rest;
    mpz_inits(quotient, divisor, rest, NULL);
    mpz_abs(quotient, mpq_numref(value));
    mpz_set(divisor, mpq_denref(value));
    if (shift >= 0)
        mpz_mul_2exp(quotient, quotient, (mp_bitcnt_t)shift);
    else
        mpz_mul_2exp(divisor, divisor, (mp_bitcnt_t)-shift);
    mpz_tdiv_qr(quotient, rest, quotient, divisor);
    uint64_t bits = mpz_get_ui(quotient) | (mpz_sgn(rest) != 0);
    mpz_clears(quotient, divisor, rest, NULL);
    return bits;
}

/* GMP's own conversion cuts off instead of rounding. */
double formula_to_double(const mpq_t value)
{
    int sign = mpq_sgn(value);
    if (sign == 0)
        return 0;
    long numerator = (long)mpz_sizeinbase(mpq_numref(value), 2),
         denominator = (long)mpz_sizeinbase(mpq_denref(value), 2);
    long shift = 56 - (numerator - denominator);        /* a quotient of 56 or 57 bits */
    const long finest = DBL_MANT_DIG - DBL_MIN_EXP + 2; /* two bits below the smallest double */
    if (shift > finest)
        shift = finest; /* ldexp rounds what is left */
    uint64_t bits = scaled_quotient(value, shift);
    int length = bits ? 64 - __builtin_clzll(bits) : 0;
    int drop = length > DBL_MANT_DIG ? length - DBL_MANT_DIG : 0;
    uint64_t kept = drop ? bits >> drop : bits, cut = bits - (kept << drop),
             half = drop ? UINT64_C(1) << (drop - 1) : 1;
    if (cut > half || (cut == half && (kept & 1)))
        kept++;
    double magnitude = ldexp((double)kept, (int)(drop - shift));
    if (magnitude > DBL_MAX)
        magnitude = DBL_MAX;
    return sign < 0 ? -magnitude : magnitude;
}

static bool compare_exactly(const rule_t *rule, const int64_t *inputs, int *out_order)
{
    mpq_t left, right;
    mpq_inits(left, right, NULL);
    bool decided =
        formula_evaluate_store(rule->left, inputs, left) && formula_evaluate_store(rule->right, inputs, right);
    if (decided)
        *out_order = mpq_cmp(left, right);
    mpq_clears(left, right, NULL);
    return decided;
}

bool rule_holds(const rule_t *rule, const int64_t *inputs)
{
    int order = 0;
    ratio_t left, right;
    ratio_outcome_t outcome = ratio_evaluate(rule->left, inputs, &left);
    if (outcome == RATIO_VALUE)
        outcome = ratio_evaluate(rule->right, inputs, &right);
    if (outcome == RATIO_VALUE && !ratio_compare(&left, &right, &order))
        outcome = RATIO_TOO_LARGE;
    bool decided = outcome == RATIO_VALUE || (outcome == RATIO_TOO_LARGE && compare_exactly(rule, inputs, &order));
    if (!decided)
        return true;
    switch (rule->comparison) {
    case COMPARE_LESS:
        return order < 0;
    case COMPARE_LESS_EQUAL:
        return order <= 0;
    case COMPARE_EQUAL:
        return order == 0;
    case COMPARE_GREATER_EQUAL:
        return order >= 0;
    default:
        return order > 0;
    }
}

bool rule_lacks_previous(const rule_t *rule, const int64_t *inputs, size_t fact_count)
{
    const formula_t *const sides[] = {rule->left, rule->right};
    bool needs_previous = false;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < sides[i]->input_count; j++) {
            size_t input = sides[i]->inputs[j];
            if ((inputs[input] == FACT_ABSENT) != (input >= fact_count))
                return false;
            needs_previous |= input >= fact_count;
        }
    return needs_previous;
}
