/* Values of many stores, fast and still within 1 unit in the last place. Three ways, each for what the one before it
 * cannot decide:
 *  1. Blocks of whole numbers in doubles: exact below 2^53, so that a division at the end is the only rounding.
 *  2. One lane in long doubles with a running bound of the error (Higham 2002, chapter 3): good where the bound stays
 * below half a unit in the last place of a double.
 *  3. One lane exactly. */
#include "core/formula.h"

#include "core/formula_build.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define BLOCK      256
#define INPUTS_MAX (2 * CATALOG_FACTS_MAX)
#define WHOLE_MAX  0x1p53
#define SCALE_MAX  22 /* 10^22 is the largest power of ten that a double holds exactly */

typedef struct {
    const formula_t *formula;
    const int64_t *const *columns;
    double *stack;      /* stack_depth rows of BLOCK values, each a whole number over 10^scale of its row */
    int *scales;        /* of each row of the stack */
    bool absent[BLOCK]; /* a needed fact is absent, or the denominator is zero */
    bool unsure[BLOCK]; /* needs another way */
} block_t;

static double power_of_ten(int exponent)
{
    static const double POWERS[SCALE_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return POWERS[exponent < 0 ? 0 : exponent > SCALE_MAX ? SCALE_MAX : exponent];
}

static void mark_all_unsure(block_t *block)
{
    for (size_t i = 0; i < BLOCK; i++)
        block->unsure[i] = true;
}

/* A rounded result reaches 2^53; one below it is the exact whole number. */
static void mark_large(block_t *block, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        block->unsure[i] |= !(fabs(values[i]) < WHOLE_MAX);
}

static void scale_up(block_t *block, double *values, int by, size_t count)
{
    if (by == 0)
        return;
    if (by > SCALE_MAX) {
        mark_all_unsure(block);
        return;
    }
    double factor = power_of_ten(by);
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
    mark_large(block, values, count);
}

/* Brings two rows of the stack to one scale; returns it. */
static int align(block_t *block, size_t a, size_t b, size_t count)
{
    int scale_a = block->scales[a], scale_b = block->scales[b];
    if (scale_a < scale_b)
        scale_up(block, block->stack + a * BLOCK, scale_b - scale_a, count);
    else
        scale_up(block, block->stack + b * BLOCK, scale_a - scale_b, count);
    return scale_a > scale_b ? scale_a : scale_b;
}

static void load_input(block_t *block, const op_t *op, size_t row, size_t first, size_t count)
{
    const int64_t *column = block->columns[op->number] + first;
    double *values = block->stack + row * BLOCK;
    for (size_t i = 0; i < count; i++)
        values[i] = (double)column[i];
    block->scales[row] = op->decimals;
    mark_large(block, values, count);
}

static void load_constant(block_t *block, const op_t *op, size_t row, size_t count)
{
    double *values = block->stack + row * BLOCK;
    for (size_t i = 0; i < count; i++)
        values[i] = (double)op->units;
    block->scales[row] = op->decimals;
}

static void divide(block_t *block, double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        block->absent[i] |= b[i] == 0 && !block->unsure[i];
        a[i] /= b[i];
    }
}

static void combine(block_t *block, uint8_t kind, size_t row, size_t count)
{
    double *a = block->stack + row * BLOCK;
    const double *b = a + BLOCK;
    if (kind == OP_MULTIPLY) {
        block->scales[row] += block->scales[row + 1];
        for (size_t i = 0; i < count; i++)
            a[i] *= b[i];
        mark_large(block, a, count);
        return;
    }
    block->scales[row] = align(block, row, row + 1, count);
    if (kind == OP_DIVIDE) {
        block->scales[row] = 0;
        divide(block, a, b, count);
        return;
    }
    double sign = kind == OP_ADD ? 1 : -1;
    for (size_t i = 0; i < count; i++)
        a[i] += sign * b[i];
    mark_large(block, a, count);
}

/* The first way. Values in the first row of the stack, where neither absent nor unsure. */
static void run_block(block_t *block, size_t first, size_t count)
{
    size_t depth = 0;
    for (size_t i = 0; i < block->formula->op_count; i++) {
        const op_t *op = &block->formula->ops[i];
        if (op->kind == OP_INPUT) {
            load_input(block, op, depth++, first, count);
        } else if (op->kind == OP_CONSTANT) {
            load_constant(block, op, depth++, count);
        } else if (op->kind == OP_NEGATE) {
            for (size_t lane = 0; lane < count; lane++)
                block->stack[(depth - 1) * BLOCK + lane] *= -1;
        } else {
            depth--;
            combine(block, op->kind, depth - 1, count);
        }
    }
    if (block->scales[0] > SCALE_MAX)
        mark_all_unsure(block);
    double divisor = power_of_ten(block->scales[0]);
    if (divisor != 1)
        for (size_t i = 0; i < count; i++)
            block->stack[i] /= divisor;
}

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
        loaded.value /= power_of_ten((int)decimals);
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

/* The second way, for a lane without absent facts. */
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
    /* Half a unit in the last place at most, before the conversion adds another half. */
    if (!(stack[0].error <= fabsl(stack[0].value) * 0x1p-54L))
        return LANE_UNSURE;
    *out = (double)stack[0].value;
    return LANE_VALUE;
}

/* The third way. */
static double run_exact(const formula_t *formula, const int64_t *inputs)
{
    mpq_t value;
    mpq_init(value);
    double result = formula_evaluate_store(formula, inputs, value) ? formula_to_double(value) : NAN;
    mpq_clear(value);
    return result;
}

static double evaluate_lane(const block_t *block, size_t at)
{
    int64_t inputs[INPUTS_MAX];
    const formula_t *formula = block->formula;
    for (size_t i = 0; i < formula->input_count; i++)
        inputs[formula->inputs[i]] = block->columns[formula->inputs[i]][at];
    double value = NAN;
    lane_t lane = run_lane(formula, inputs, &value);
    return lane == LANE_UNSURE ? run_exact(formula, inputs) : value;
}

static void mark_absent(block_t *block, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        block->absent[i] = block->unsure[i] = false;
    for (size_t input = 0; input < block->formula->input_count; input++) {
        const int64_t *column = block->columns[block->formula->inputs[input]] + first;
        for (size_t i = 0; i < count; i++)
            block->absent[i] |= column[i] == FACT_ABSENT;
    }
}

static void evaluate_block(block_t *block, size_t first, size_t count, double *out)
{
    mark_absent(block, first, count);
    if (block->formula->is_plain)
        run_block(block, first, count);
    else
        mark_all_unsure(block);
    for (size_t i = 0; i < count; i++) {
        if (block->absent[i])
            out[i] = NAN;
        else if (block->unsure[i])
            out[i] = evaluate_lane(block, first + i);
        else
            out[i] = block->stack[i];
        out[i] += 0.0; /* no negative zero */
    }
}

status_t formula_evaluate_columns(const formula_t *formula, const int64_t *const *columns, size_t first, size_t count,
                                  double *out_values)
{
    size_t rows = formula->is_plain ? formula->stack_depth : 0;
    block_t block = {.formula = formula, .columns = columns};
    block.stack = malloc((rows + 1) * BLOCK * sizeof *block.stack);
    block.scales = malloc((rows + 1) * sizeof *block.scales);
    bool has_memory = block.stack && block.scales;
    for (size_t at = 0; has_memory && at < count; at += BLOCK) {
        size_t size = count - at < BLOCK ? count - at : BLOCK;
        evaluate_block(&block, first + at, size, out_values + at);
    }
    free(block.stack);
    free(block.scales);
    return has_memory ? STATUS_OK : STATUS_NO_MEMORY;
}
