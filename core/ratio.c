#include "core/ratio.h"

/* Both products and their sum or difference; false where one does not fit. */
static bool cross(const ratio_t *a, const ratio_t *b, bool adds, int128_t *out)
{
    int128_t left, right;
    if (a->denominator == b->denominator) {
        left = a->numerator;
        right = b->numerator;
    } else if (__builtin_mul_overflow(a->numerator, b->denominator, &left) ||
               __builtin_mul_overflow(b->numerator, a->denominator, &right)) {
        return false;
    }
    return adds ? !__builtin_add_overflow(left, right, out) : !__builtin_sub_overflow(left, right, out);
}

static bool sum(ratio_t *a, const ratio_t *b, bool adds)
{
    bool same = a->denominator == b->denominator;
    int128_t numerator;
    if (!cross(a, b, adds, &numerator))
        return false;
    a->numerator = numerator;
    return same || !__builtin_mul_overflow(a->denominator, b->denominator, &a->denominator);
}

static bool divide(ratio_t *a, const ratio_t *b)
{
    if (__builtin_mul_overflow(a->numerator, b->denominator, &a->numerator) ||
        __builtin_mul_overflow(a->denominator, b->numerator, &a->denominator))
        return false;
    if (a->denominator > 0)
        return true;
    return !__builtin_sub_overflow((int128_t)0, a->denominator, &a->denominator) &&
           !__builtin_sub_overflow((int128_t)0, a->numerator, &a->numerator);
}

/* a = a `kind` b */
static ratio_outcome_t apply(uint8_t kind, ratio_t *a, const ratio_t *b)
{
    bool fits;
    switch (kind) {
    case OP_ADD:
    case OP_SUBTRACT:
        fits = sum(a, b, kind == OP_ADD);
        break;
    case OP_MULTIPLY:
        fits = !__builtin_mul_overflow(a->numerator, b->numerator, &a->numerator) &&
               !__builtin_mul_overflow(a->denominator, b->denominator, &a->denominator);
        break;
    default:
        if (b->numerator == 0)
            return RATIO_NONE;
        fits = divide(a, b);
        break;
    }
    return fits ? RATIO_VALUE : RATIO_TOO_LARGE;
}

static ratio_t push(const op_t *op, const int64_t *inputs)
{
    ratio_t value = {op->kind == OP_CONSTANT ? op->units : inputs[op->number], 1};
    for (unsigned i = 0; i < op->decimals; i++)
        value.denominator *= 10;
    return value;
}

ratio_outcome_t ratio_evaluate(const formula_t *formula, const int64_t *inputs, ratio_t *out)
{
    ratio_t stack[FORMULA_STACK_MAX];
    size_t depth = 0;
    for (size_t i = 0; i < formula->input_count; i++)
        if (inputs[formula->inputs[i]] == FACT_ABSENT)
            return RATIO_NONE;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        ratio_outcome_t outcome = RATIO_VALUE;
        if (op->kind <= OP_CONSTANT) {
            stack[depth++] = push(op, inputs);
        } else if (op->kind == OP_NEGATE) {
            ratio_t *top = &stack[depth - 1];
            outcome = __builtin_sub_overflow((int128_t)0, top->numerator, &top->numerator) ? RATIO_TOO_LARGE : outcome;
        } else {
            depth--;
            outcome = apply(op->kind, &stack[depth - 1], &stack[depth]);
        }
        if (outcome != RATIO_VALUE)
            return outcome;
    }
    *out = stack[0];
    return RATIO_VALUE;
}

bool ratio_compare(const ratio_t *left, const ratio_t *right, int *out)
{
    int128_t difference;
    if (!cross(left, right, false, &difference))
        return false;
    *out = (difference > 0) - (difference < 0);
    return true;
}
