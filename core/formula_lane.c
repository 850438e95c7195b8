/* The value of one store, correctly rounded, where whole numbers in doubles do not do (core/formula_columns.c): first
 * in long doubles with a running bound of the error (Higham 2002, chapter 3), good where all that the bound leaves open
 * rounds to the same double (Ziv 1991), else exactly. */
#include "core/formula_build.h"

#include <float.h>
#include <math.h>

/* A value and how far the exact one may lie from it. */
typedef struct {
    long double value, error;
} approx_t;

/* Twice the unit roundoff, and a factor that covers the rounding of the bounds themselves. */
#define ROUNDING LDBL_EPSILON
#define SLACK    (1 + 16 * LDBL_EPSILON)

static bool is_whole(approx_t a)
{
    return a.error == 0 && rintl(a.value) == a.value;
}

static approx_t load_approx(int64_t units, unsigned decimals)
{
    approx_t loaded = {(long double)units, 0};
    if (decimals) {
        loaded.value /= formula_power_of_ten((int)decimals);
        loaded.error = fabsl(loaded.value) * ROUNDING;
    }
    return loaded;
}

/* a = a + b or a * b, where the result is `value` with a propagated error of `error`. */
static approx_t rounded(approx_t a, approx_t b, long double value, long double error)
{
    if (is_whole(a) && is_whole(b) && fabsl(value) < 1 / LDBL_EPSILON)
        return (approx_t){value, 0};
    return (approx_t){value, (error + fabsl(value) * ROUNDING) * SLACK};
}

typedef enum { LANE_VALUE, LANE_NULL, LANE_UNSURE } lane_t;

static lane_t divide_approx(approx_t *a, approx_t b)
{
    if (b.value == 0 && b.error == 0)
        return LANE_NULL;
    if (!(b.error < fabsl(b.value) / 2))
        return LANE_UNSURE;
    long double quotient = a->value / b.value;
    long double error = (a->error + fabsl(quotient) * b.error) / (fabsl(b.value) - b.error);
    *a = (approx_t){quotient, (error + fabsl(quotient) * ROUNDING) * SLACK};
    return LANE_VALUE;
}

static lane_t combine_approx(uint8_t kind, approx_t *a, approx_t b)
{
    if (kind == OP_DIVIDE)
        return divide_approx(a, b);
    if (kind == OP_SUBTRACT)
        b.value = -b.value;
    if (kind == OP_MULTIPLY)
        *a = rounded(*a, b, a->value * b.value,
                     fabsl(a->value) * b.error + fabsl(b.value) * a->error + a->error * b.error);
    else
        *a = rounded(*a, b, a->value + b.value, a->error + b.error);
    return LANE_VALUE;
}

/* Far from where the bounds above stop to hold: near overflow, or below the smallest normal numbers. */
static bool is_ordinary(approx_t a)
{
    long double magnitude = fabsl(a.value);
    return (magnitude == 0 && a.error == 0) || (magnitude > 1e-280L && magnitude < 1e280L);
}

/* Nearest double of the exact value, where every value within the error has the same. The width covers the rounding of
 * the two ends. */
static bool round_approx(approx_t a, double *out)
{
    long double width = a.error == 0 ? 0 : (a.error + fabsl(a.value) * ROUNDING) * SLACK;
    *out = (double)(a.value - width);
    return *out == (double)(a.value + width);
}

static lane_t run_lane(const formula_t *formula, const int64_t *inputs, double *out)
{
    approx_t stack[FORMULA_STACK_MAX];
    size_t depth = 0;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        lane_t lane = LANE_VALUE;
        if (op->kind == OP_INPUT) {
            stack[depth++] = load_approx(inputs[op->number], op->decimals);
        } else if (op->kind == OP_CONSTANT) {
            stack[depth++] = load_approx(op->units, op->decimals);
        } else if (op->kind == OP_NEGATE) {
            stack[depth - 1].value = -stack[depth - 1].value;
        } else {
            depth--;
            lane = combine_approx(op->kind, &stack[depth - 1], stack[depth]);
        }
        if (lane != LANE_VALUE)
            return lane;
        if (!is_ordinary(stack[depth - 1]))
            return LANE_UNSURE;
    }
    return round_approx(stack[0], out) ? LANE_VALUE : LANE_UNSURE;
}

static double run_exact(const formula_t *formula, const int64_t *inputs)
{
    mpq_t value;
    mpq_init(value);
    double result = formula_evaluate_store(formula, inputs, value) ? formula_to_double(value) : NAN;
    mpq_clear(value);
    return result;
}

double formula_evaluate_lane(const formula_t *formula, const int64_t *inputs)
{
    double value = NAN;
    for (size_t i = 0; i < formula->input_count; i++)
        if (inputs[formula->inputs[i]] == FACT_ABSENT)
            return NAN;
    lane_t lane = run_lane(formula, inputs, &value);
    return (lane == LANE_UNSURE ? run_exact(formula, inputs) : value) + 0.0; /* no negative zero */
}
