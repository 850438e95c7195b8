#include "core/linear_form.h"

#include "core/formula_build.h"
#include "core/scratch.h"

#include <math.h>
#include <string.h>

/* A sum as the formula builds it up: factors of the needed inputs in their order, then what is added. */
typedef struct {
    int64_t *factors; /* [count + 1] */
    unsigned scale;
    bool is_constant;
} sum_t;

typedef struct {
    const formula_t *formula;
    size_t count; /* inputs */
    sum_t *stack; /* [stack_depth] */
} linking_t;

static bool multiply_by(const linking_t *linking, sum_t *sum, int64_t factor)
{
    for (size_t i = 0; i <= linking->count; i++)
        if (__builtin_mul_overflow(sum->factors[i], factor, &sum->factors[i]))
            return false;
    return true;
}

static bool scale_to(const linking_t *linking, sum_t *sum, unsigned scale)
{
    for (; sum->scale < scale; sum->scale++)
        if (!multiply_by(linking, sum, 10))
            return false;
    return true;
}

static bool align(const linking_t *linking, sum_t *a, sum_t *b)
{
    return scale_to(linking, a, b->scale) && scale_to(linking, b, a->scale);
}

static bool multiply(const linking_t *linking, sum_t *a, sum_t *b)
{
    if (a->is_constant) { /* `a` is where the result belongs */
        sum_t swap = *a;
        *a = *b;
        *b = swap;
    }
    a->scale += b->scale;
    return b->is_constant && multiply_by(linking, a, b->factors[linking->count]);
}

static bool add(const linking_t *linking, sum_t *a, sum_t *b)
{
    if (!align(linking, a, b))
        return false;
    for (size_t i = 0; i <= linking->count; i++)
        if (__builtin_add_overflow(a->factors[i], b->factors[i], &a->factors[i]))
            return false;
    a->is_constant = a->is_constant && b->is_constant;
    return true;
}

static bool combine(const linking_t *linking, uint8_t kind, sum_t *a, sum_t *b)
{
    if (kind == OP_DIVIDE)
        return align(linking, a, b); /* the top operation, hence the last: both stay where they are */
    if (kind == OP_MULTIPLY)
        return multiply(linking, a, b);
    return (kind != OP_SUBTRACT || multiply_by(linking, b, -1)) && add(linking, a, b);
}

static size_t place_of(const formula_t *formula, uint16_t input)
{
    size_t place = 0;
    while (formula->inputs[place] != input)
        place++;
    return place;
}

static void push(const linking_t *linking, const op_t *op, sum_t *sum)
{
    memset(sum->factors, 0, (linking->count + 1) * sizeof *sum->factors);
    sum->scale = op->decimals;
    sum->is_constant = op->kind == OP_CONSTANT;
    if (sum->is_constant)
        sum->factors[linking->count] = op->units;
    else
        sum->factors[place_of(linking->formula, op->number)] = 1;
}

static bool run(const linking_t *linking)
{
    sum_t *top = linking->stack - 1;
    for (size_t i = 0; i < linking->formula->op_count; i++) {
        const op_t *op = &linking->formula->ops[i];
        if (op->kind == OP_INPUT || op->kind == OP_CONSTANT) {
            push(linking, op, ++top);
        } else if (op->kind == OP_NEGATE) {
            if (!multiply_by(linking, top, -1))
                return false;
        } else {
            top--;
            if (!combine(linking, op->kind, top, top + 1))
                return false;
        }
    }
    return true;
}

static status_t take_sums(const linking_t *linking, linear_form_t *out)
{
    size_t size = linking->count * sizeof(int64_t);
    const sum_t *numerator = &linking->stack[0], *denominator = &linking->stack[1];
    linear_form_t form = {.inputs = linking->formula->inputs, .count = linking->count};
    form.decimals = numerator->scale;
    form.numerator = numerator->factors[linking->count];
    form.denominator = 1;
    form.numerators = malloc(2 * size + 1);
    if (!form.numerators)
        return STATUS_NO_MEMORY;
    memcpy(form.numerators, numerator->factors, size);
    if (linking->formula->denominator) {
        form.denominators = form.numerators + linking->count;
        form.denominator = denominator->factors[linking->count];
        memcpy(form.denominators, denominator->factors, size);
    }
    for (unsigned i = 0; !form.denominators && i < form.decimals; i++)
        form.denominator = form.denominator > LINEAR_MAX / 10 ? LINEAR_MAX + 1 : form.denominator * 10;
    if (!form.denominators && form.denominator > LINEAR_MAX) {
        linear_form_fini(&form);
        return STATUS_INVALID;
    }
    *out = form;
    return STATUS_OK;
}

status_t linear_form_init(const formula_t *formula, linear_form_t *out)
{
    linking_t linking = {.formula = formula, .count = formula->input_count};
    size_t depth = (size_t)formula->stack_depth + 1;
    if (!formula->is_plain)
        return STATUS_INVALID;
    CLEANUP(scratch_free) sum_t *stack = calloc(depth, sizeof *stack);
    CLEANUP(scratch_free) int64_t *factors = calloc(depth * (linking.count + 1), sizeof *factors);
    if (!stack || !factors)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < depth; i++)
        stack[i].factors = factors + i * (linking.count + 1);
    linking.stack = stack;
    return run(&linking) ? take_sums(&linking, out) : STATUS_INVALID;
}

void linear_form_fini(linear_form_t *form)
{
    free(form->numerators);
    *form = (linear_form_t){0};
}

/* ---- Values ---- */

static bool add_term(int64_t factor, int64_t fact, int64_t *sum)
{
    int64_t term;
    return !__builtin_mul_overflow(factor, fact, &term) && !__builtin_add_overflow(*sum, term, sum);
}

static bool is_within(int64_t side)
{
    return side >= -LINEAR_MAX && side <= LINEAR_MAX;
}

linear_kind_t linear_form_evaluate(const linear_form_t *form, const int64_t *const *columns, size_t slot,
                                   linear_value_t *out)
{
    linear_value_t value = {form->numerator, form->denominator};
    bool fits = true;
    for (size_t i = 0; i < form->count; i++) {
        int64_t fact = columns[form->inputs[i]][slot];
        if (fact == FACT_ABSENT)
            return LINEAR_ABSENT;
        fits &= add_term(form->numerators[i], fact, &value.numerator);
        if (form->denominators)
            fits &= add_term(form->denominators[i], fact, &value.denominator);
    }
    *out = value;
    return fits && is_within(value.numerator) && is_within(value.denominator) ? LINEAR_VALUE : LINEAR_BEYOND;
}

double linear_to_double(linear_value_t value)
{
    return value.denominator ? (double)value.numerator / (double)value.denominator + 0.0 : NAN;
}

int linear_compare(linear_value_t left, linear_value_t right)
{
    int128_t a = (int128_t)left.numerator * right.denominator, b = (int128_t)right.numerator * left.denominator;
    int order = (a > b) - (a < b);
    return (left.denominator < 0) == (right.denominator < 0) ? order : -order;
}

static void set_int128(int128_t number, mpz_t out)
{
    unsigned __int128 magnitude = number < 0 ? -(unsigned __int128)number : (unsigned __int128)number;
    mpz_import(out, 1, -1, sizeof magnitude, 0, 0, &magnitude);
    if (number < 0)
        mpz_neg(out, out);
}

void linear_sum_to_exact(int128_t numerator, int128_t denominator, mpq_t out)
{
    set_int128(numerator, mpq_numref(out));
    set_int128(denominator, mpq_denref(out));
    mpq_canonicalize(out);
}

static bool is_double(int128_t number)
{
    return number >= -LINEAR_MAX && number <= LINEAR_MAX;
}

double linear_sum_to_double(int128_t numerator, int128_t denominator)
{
    if (is_double(numerator) && is_double(denominator))
        return linear_to_double((linear_value_t){(int64_t)numerator, (int64_t)denominator});
    CLEANUP(scratch_clear) mpq_t exact;
    mpq_init(exact);
    linear_sum_to_exact(numerator, denominator, exact);
    return formula_to_double(exact);
}
