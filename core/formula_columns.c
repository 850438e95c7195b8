/* Values of many stores, fast and still correctly rounded. Three ways, each for what the one before it cannot decide:
 *  1. Blocks of whole numbers in doubles: exact below 2^53, so that a division at the end is the only rounding.
 *  2. One lane in long doubles with a running bound of the error (Higham 2002, chapter 3): good where all that the
 * bound leaves open rounds to the same double (Ziv 1991).
 *  3. One lane exactly. */
#include "core/formula.h"

#include "core/formula_build.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK      256
#define INPUTS_MAX (2 * CATALOG_FACTS_MAX)
#define WHOLE_MAX  0x1p53
#define SCALE_MAX  22 /* 10^22 is the largest power of ten that a double holds exactly */

_Static_assert(FACT_VALUE_MAX <= INT64_C(1) << 51, "load_input counts on it");

/* Loops run over whole blocks, so that the compiler knows their length and makes vectors of them. */
typedef struct {
    double values[BLOCK]; /* each a whole number over 10^scale */
    int scale;
    double bound; /* no value is larger */
} lanes_t;

typedef struct {
    const formula_t *formula;
    const int64_t *const *columns;
    lanes_t *stack;
    uint64_t unsure[BLOCK]; /* not 0: a fact is absent, or the value needs another way */
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
        block->unsure[i] = 1;
}

/* A result that had to be rounded reaches 2^53; one below it is the exact whole number. */
static void mark_large(block_t *block, lanes_t *lanes)
{
    if (lanes->bound < WHOLE_MAX)
        return;
    for (size_t i = 0; i < BLOCK; i++)
        block->unsure[i] |= !(fabs(lanes->values[i]) < WHOLE_MAX);
    lanes->bound = WHOLE_MAX; /* of those that are not marked */
}

static void multiply_lanes(lanes_t *lanes, double factor)
{
    for (size_t i = 0; i < BLOCK; i++)
        lanes->values[i] *= factor;
    lanes->bound *= factor;
}

static void scale_up(block_t *block, lanes_t *lanes, int by)
{
    if (by == 0)
        return;
    lanes->scale += by;
    if (by > SCALE_MAX)
        mark_all_unsure(block);
    multiply_lanes(lanes, power_of_ten(by));
    mark_large(block, lanes);
}

/* Brings two values to one scale. */
static void align(block_t *block, lanes_t *a, lanes_t *b)
{
    if (a->scale < b->scale)
        scale_up(block, a, b->scale - a->scale);
    else
        scale_up(block, b, a->scale - b->scale);
}

/* Facts to doubles by their bits: 1.5 * 2^52 + x has x in its last 52 bits, for x within 2^51. Facts beyond,
 * FACT_ABSENT above all, are marked. */
static void convert(const int64_t *restrict facts, size_t count, double *restrict values, uint64_t *restrict unsure)
{
    const double base = 0x1.8p52;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = (uint64_t)facts[i] + UINT64_C(0x4338000000000000);
        unsure[i] |= ((uint64_t)facts[i] + (UINT64_C(1) << 51)) >> 52;
        double shifted;
        memcpy(&shifted, &bits, sizeof shifted);
        values[i] = shifted - base;
    }
}

static void load_input(block_t *block, const op_t *op, lanes_t *lanes, size_t first, size_t count)
{
    const int64_t *facts = block->columns[op->number] + first;
    if (count == BLOCK) {
        convert(facts, BLOCK, lanes->values, block->unsure);
    } else {
        convert(facts, count, lanes->values, block->unsure);
        memset(lanes->values + count, 0, (BLOCK - count) * sizeof *lanes->values);
    }
    lanes->scale = op->decimals;
    lanes->bound = 0x1p51;
}

static void load_constant(const op_t *op, lanes_t *lanes)
{
    for (size_t i = 0; i < BLOCK; i++)
        lanes->values[i] = (double)op->units;
    lanes->scale = op->decimals;
    lanes->bound = (double)op->units;
}

static void divide(block_t *block, lanes_t *restrict a, lanes_t *restrict b)
{
    align(block, a, b);
    for (size_t i = 0; i < BLOCK; i++)
        a->values[i] = b->values[i] == 0 ? NAN : a->values[i] / b->values[i];
    a->scale = 0;
}

static void multiply(block_t *block, lanes_t *restrict a, const lanes_t *restrict b)
{
    for (size_t i = 0; i < BLOCK; i++)
        a->values[i] *= b->values[i];
    a->scale += b->scale;
    a->bound *= b->bound;
    mark_large(block, a);
}

static void add(block_t *block, lanes_t *restrict a, lanes_t *restrict b, double sign)
{
    align(block, a, b);
    for (size_t i = 0; i < BLOCK; i++)
        a->values[i] += sign * b->values[i];
    a->bound += b->bound;
    mark_large(block, a);
}

static void combine(block_t *block, uint8_t kind, lanes_t *a, lanes_t *b)
{
    if (kind == OP_DIVIDE)
        divide(block, a, b);
    else if (kind == OP_MULTIPLY)
        multiply(block, a, b);
    else
        add(block, a, b, kind == OP_ADD ? 1 : -1);
}

/* The first way. Leaves the values in the stack's first entry. */
static void run_block(block_t *block, size_t first, size_t count)
{
    lanes_t *top = block->stack - 1;
    for (size_t i = 0; i < block->formula->op_count; i++) {
        const op_t *op = &block->formula->ops[i];
        if (op->kind == OP_INPUT) {
            load_input(block, op, ++top, first, count);
        } else if (op->kind == OP_CONSTANT) {
            load_constant(op, ++top);
        } else if (op->kind == OP_NEGATE) {
            multiply_lanes(top, -1);
            top->bound = -top->bound;
        } else {
            top--;
            combine(block, op->kind, top, top + 1);
        }
    }
    if (top->scale > SCALE_MAX)
        mark_all_unsure(block);
    double divisor = power_of_ten(top->scale);
    for (size_t i = 0; i < BLOCK; i++)
        top->values[i] = top->values[i] / divisor + 0.0; /* no negative zero */
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

/* Nearest double of the exact value, where every value within the error has the same. The width covers the rounding of
 * the two ends. */
static bool round_approx(approx_t a, double *out)
{
    long double width = a.error == 0 ? 0 : (a.error + fabsl(a.value) * ROUNDING) * SLACK;
    *out = (double)(a.value - width);
    return *out == (double)(a.value + width);
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
    return round_approx(stack[0], out) ? LANE_VALUE : LANE_UNSURE;
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

/* The value of the lane `at` rows into the columns, for which the first way does not do. */
static double evaluate_lane(const block_t *block, size_t at)
{
    int64_t inputs[INPUTS_MAX];
    const formula_t *formula = block->formula;
    for (size_t i = 0; i < formula->input_count; i++) {
        uint16_t input = formula->inputs[i];
        inputs[input] = block->columns[input][at];
        if (inputs[input] == FACT_ABSENT)
            return NAN;
    }
    double value = NAN;
    lane_t lane = run_lane(formula, inputs, &value);
    return (lane == LANE_UNSURE ? run_exact(formula, inputs) : value) + 0.0; /* no negative zero */
}

static void evaluate_block(block_t *block, size_t first, size_t count, double *out)
{
    if (block->formula->is_plain) {
        memset(block->unsure, 0, sizeof block->unsure);
        run_block(block, first, count);
        memcpy(out, block->stack->values, count * sizeof *out);
    } else {
        mark_all_unsure(block);
    }
    for (size_t i = 0; i < count; i++)
        if (block->unsure[i])
            out[i] = evaluate_lane(block, first + i);
}

status_t formula_evaluate_columns(const formula_t *formula, const int64_t *const *columns, size_t first, size_t count,
                                  double *out_values)
{
    block_t block = {.formula = formula, .columns = columns};
    block.stack = malloc((formula->is_plain ? formula->stack_depth : 1) * sizeof *block.stack);
    if (!block.stack)
        return STATUS_NO_MEMORY;
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t size = count - at < BLOCK ? count - at : BLOCK;
        evaluate_block(&block, first + at, size, out_values + at);
    }
    free(block.stack);
    return STATUS_OK;
}
