#include "core/fraction.h"

#include "core/formula_build.h"

/* units / 10^scale; the scale follows from the formula alone. */
typedef struct {
    int64_t units;
    unsigned scale;
} scaled_t;

static bool scale_to(scaled_t *value, unsigned scale)
{
    for (; value->scale < scale; value->scale++)
        if (__builtin_mul_overflow(value->units, 10, &value->units))
            return false;
    return true;
}

static bool align(scaled_t *a, scaled_t *b)
{
    return scale_to(a, b->scale) && scale_to(b, a->scale);
}

static bool combine(uint8_t kind, scaled_t *a, scaled_t b)
{
    if (kind == OP_MULTIPLY) {
        a->scale += b.scale;
        return !__builtin_mul_overflow(a->units, b.units, &a->units);
    }
    if (!align(a, &b))
        return false;
    if (kind == OP_ADD)
        return !__builtin_add_overflow(a->units, b.units, &a->units);
    return !__builtin_sub_overflow(a->units, b.units, &a->units);
}

static bool divide(scaled_t a, scaled_t b, fraction_t *out)
{
    if (b.units == 0 || !align(&a, &b))
        return false;
    if (b.units < 0 && (__builtin_sub_overflow(0, a.units, &a.units) || __builtin_sub_overflow(0, b.units, &b.units)))
        return false;
    *out = (fraction_t){a.units, b.units};
    return true;
}

bool fraction_of(const formula_t *formula, const int64_t *const *columns, size_t slot, fraction_t *out)
{
    scaled_t stack[FORMULA_STACK_MAX];
    size_t depth = 0;
    if (!formula->is_plain)
        return false;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        if (op->kind <= OP_CONSTANT) {
            int64_t units = op->kind == OP_INPUT ? columns[op->number][slot] : op->units;
            if (units == FACT_ABSENT)
                return false;
            stack[depth++] = (scaled_t){units, op->decimals};
        } else if (op->kind == OP_NEGATE) {
            if (__builtin_sub_overflow(0, stack[depth - 1].units, &stack[depth - 1].units))
                return false;
        } else if (op->kind == OP_DIVIDE) {
            return divide(stack[0], stack[1], out); /* the top operation, hence the last */
        } else {
            depth--;
            if (!combine(op->kind, &stack[depth - 1], stack[depth]))
                return false;
        }
    }
    *out = (fraction_t){stack[0].units, 1};
    return true;
}

int fraction_compare(fraction_t left, fraction_t right)
{
    int128_t a = (int128_t)left.numerator * right.denominator, b = (int128_t)right.numerator * left.denominator;
    return (a > b) - (a < b);
}
