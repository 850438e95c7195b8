/* Values of many stores, fast and still correctly rounded: blocks of whole numbers in doubles, exact below 2^53, so
 * that a division at the end is the only rounding. An absent fact is NaN all the way. Stores for which a number grows
 * larger, and formulas that divide before the end, go one by one (core/formula_lane.c). */
#include "core/formula.h"

#include "core/formula_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK      256
#define INPUTS_MAX (2 * CATALOG_FACTS_MAX)
#define WHOLE_MAX  0x1p53
#define INPUT_MAX  0x1p51
/* Two values that share a double lie within 2^-52 of each other, relatively; different fractions of whole numbers whose
 * product is at most this do not. */
#define TOLD_MAX   0x1p51

_Static_assert(FACT_VALUE_MAX <= INT64_C(1) << 51, "load_input counts on it");

/* Loops run over whole blocks, so that the compiler knows their length and makes vectors of them. */
typedef struct {
    double values[BLOCK]; /* each a whole number over 10^scale, or NaN */
    int scale;
    double bound; /* no value is larger */
} lanes_t;

typedef struct {
    const formula_t *formula;
    const int64_t *const *columns;
    const formula_whole_t *known; /* the denominator; NULL: it is to be computed */
    lanes_t *stack;
    bool is_unsure;         /* some lane may be */
    uint64_t unsure[BLOCK]; /* where is_unsure: not 0: the value needs another way */
    double *quotients;      /* [BLOCK] what leaves the block, and the denominators; below where that is not full */
    double *bases;
    double part_quotients[BLOCK], part_bases[BLOCK];
} block_t;

double formula_power_of_ten(int exponent)
{
    static const double POWERS[FORMULA_SCALE_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return POWERS[exponent < 0 ? 0 : exponent > FORMULA_SCALE_MAX ? FORMULA_SCALE_MAX : exponent];
}

static void begin_unsure(block_t *block)
{
    if (!block->is_unsure)
        memset(block->unsure, 0, sizeof block->unsure);
    block->is_unsure = true;
}

static void mark_all_unsure(block_t *block)
{
    begin_unsure(block);
    for (size_t i = 0; i < BLOCK; i++)
        block->unsure[i] = 1;
}

/* A result that had to be rounded reaches 2^53; one below it is the exact whole number. */
static void mark_large(block_t *block, lanes_t *lanes)
{
    if (lanes->bound < WHOLE_MAX)
        return;
    begin_unsure(block);
    for (size_t i = 0; i < BLOCK; i++)
        block->unsure[i] |= !(fabs(lanes->values[i]) < WHOLE_MAX);
    lanes->bound = WHOLE_MAX; /* of those that are not marked */
}

static void multiply_lanes(lanes_t *lanes, double factor)
{
    for (size_t i = 0; i < BLOCK; i++)
        lanes->values[i] *= factor;
    lanes->bound *= fabs(factor);
}

static void scale_up(block_t *block, lanes_t *lanes, int by)
{
    if (by == 0)
        return;
    lanes->scale += by;
    if (by > FORMULA_SCALE_MAX)
        mark_all_unsure(block);
    multiply_lanes(lanes, formula_power_of_ten(by));
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

/* Facts to doubles by their bits: 1.5 * 2^52 + x has x in its last 52 bits, for x within 2^51. FACT_ABSENT comes out
 * far below and becomes NaN. Returns all bits that any fact has. */
static uint64_t convert(const int64_t *restrict facts, size_t count, double *restrict values)
{
    const double base = 0x1.8p52;
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = (uint64_t)facts[i] + UINT64_C(0x4338000000000000);
        double shifted;
        all |= (uint64_t)facts[i];
        memcpy(&shifted, &bits, sizeof shifted);
        shifted -= base;
        values[i] = shifted < -INPUT_MAX ? NAN : shifted;
    }
    return all;
}

static void load_input(block_t *block, const op_t *op, lanes_t *lanes, size_t first, size_t count)
{
    const int64_t *facts = block->columns[op->number] + first;
    uint64_t all = 0;
    if (count == BLOCK) {
        all = convert(facts, BLOCK, lanes->values);
    } else {
        all = convert(facts, count, lanes->values);
        memset(lanes->values + count, 0, (BLOCK - count) * sizeof *lanes->values);
    }
    lanes->scale = op->decimals;
    lanes->bound = (double)(all & INT64_MAX); /* a negative fact has the high bits too */
    if (!(lanes->bound < INPUT_MAX))
        lanes->bound = INPUT_MAX;
}

static void load_constant(const op_t *op, lanes_t *lanes)
{
    for (size_t i = 0; i < BLOCK; i++)
        lanes->values[i] = (double)op->units;
    lanes->scale = op->decimals;
    lanes->bound = (double)op->units;
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

/* ---- The last operation ---- */

/* Adding zero makes a negative zero a positive one; infinity less itself is NaN. */
static void finish_quotient(block_t *block, lanes_t *restrict a, lanes_t *restrict b, formula_told_t *told)
{
    double *restrict quotients = block->quotients, *restrict bases = block->bases;
    align(block, a, b);
    for (size_t i = 0; i < BLOCK; i++) {
        double base = b->values[i], quotient = a->values[i] / base + 0.0;
        quotient += quotient - quotient; /* of a zero base */
        quotients[i] = quotient;
        bases[i] = quotient == quotient ? base : 0;
    }
    told->is_told &= a->bound * b->bound <= TOLD_MAX;
    told->is_whole = false;
    told->base_scale = b->scale;
}

static void finish_whole(block_t *block, const lanes_t *top, formula_told_t *told)
{
    if (top->scale > FORMULA_SCALE_MAX)
        mark_all_unsure(block);
    double divisor = formula_power_of_ten(top->scale);
    if (top->scale == 0)
        for (size_t i = 0; i < BLOCK; i++)
            block->quotients[i] = top->values[i] + 0.0;
    else
        for (size_t i = 0; i < BLOCK; i++)
            block->quotients[i] = top->values[i] / divisor + 0.0;
    told->is_told &= top->scale == 0 || top->bound <= TOLD_MAX;
    told->is_whole &= top->scale == 0;
    told->has_bases = false;
}

static void combine(block_t *block, uint8_t kind, lanes_t *a, lanes_t *b)
{
    if (kind == OP_MULTIPLY)
        multiply(block, a, b);
    else
        add(block, a, b, kind == OP_ADD ? 1 : -1);
}

/* Runs the first `op_count` operations, none of which divides; returns the top of the stack. */
static lanes_t *run_whole(block_t *block, size_t op_count, size_t first, size_t count)
{
    lanes_t *top = block->stack - 1;
    for (size_t i = 0; i < op_count; i++) {
        const op_t *op = &block->formula->ops[i];
        if (op->kind == OP_INPUT) {
            load_input(block, op, ++top, first, count);
        } else if (op->kind == OP_CONSTANT) {
            load_constant(op, ++top);
        } else if (op->kind == OP_NEGATE) {
            multiply_lanes(top, -1);
        } else {
            top--;
            combine(block, op->kind, top, top + 1);
        }
    }
    return top;
}

/* `at`: where the block stands in what is known. */
static void load_known(const block_t *block, size_t at, size_t count, lanes_t *lanes)
{
    memcpy(lanes->values, block->known->values + at, count * sizeof *lanes->values);
    memset(lanes->values + count, 0, (BLOCK - count) * sizeof *lanes->values);
    lanes->scale = block->known->scale;
    lanes->bound = block->known->bound;
}

/* A plain formula: it divides at the end, or never. */
static void run_block(block_t *block, size_t first, size_t at, size_t count, formula_told_t *told)
{
    const formula_t *formula = block->formula;
    if (!formula->denominator) {
        finish_whole(block, run_whole(block, formula->op_count, first, count), told);
        return;
    }
    size_t op_count = formula->op_count - 1;
    if (block->known)
        op_count -= formula->denominator->op_count;
    lanes_t *top = run_whole(block, op_count, first, count);
    if (block->known)
        load_known(block, at, count, ++top);
    finish_quotient(block, top - 1, top, told);
}

/* ---- Blocks ---- */

/* The value of the lane `at` rows into the columns. */
static double evaluate_lane(const block_t *block, size_t at)
{
    int64_t inputs[INPUTS_MAX];
    for (size_t i = 0; i < block->formula->input_count; i++)
        inputs[block->formula->inputs[i]] = block->columns[block->formula->inputs[i]][at];
    return formula_evaluate_lane(block->formula, inputs);
}

/* `count` values from `at` behind `first` into `out`, and denominators into `bases` (NULL: not asked for). */
static void evaluate_block(block_t *block, size_t first, size_t at, size_t count, double *out, double *bases,
                           formula_told_t *told)
{
    bool is_full = count == BLOCK;
    block->quotients = is_full ? out : block->part_quotients;
    block->bases = is_full && bases ? bases : block->part_bases;
    block->is_unsure = false;
    if (block->formula->is_plain)
        run_block(block, first + at, at, count, told);
    else
        mark_all_unsure(block);
    for (size_t i = 0; block->is_unsure && i < count; i++) {
        if (!block->unsure[i])
            continue;
        block->quotients[i] = evaluate_lane(block, first + at + i);
        block->bases[i] = 0;
        if (!isnan(block->quotients[i]))
            told->is_told = told->is_whole = told->has_bases = false;
    }
    if (is_full)
        return;
    memcpy(out, block->quotients, count * sizeof *out);
    if (bases)
        memcpy(bases, block->bases, count * sizeof *bases);
}

static status_t block_init(block_t *block, const formula_t *formula, const int64_t *const *columns)
{
    block->formula = formula;
    block->columns = columns;
    block->known = NULL;
    block->is_unsure = false;
    block->stack = malloc((formula->is_plain ? formula->stack_depth : 1) * sizeof *block->stack);
    return block->stack ? STATUS_OK : STATUS_NO_MEMORY;
}

static size_t block_size(size_t count, size_t at)
{
    return count - at < BLOCK ? count - at : BLOCK;
}

status_t formula_evaluate_with_bases(const formula_t *formula, const int64_t *const *columns, size_t first,
                                     size_t count, const formula_whole_t *known, double *out_values, double *out_bases,
                                     formula_told_t *told)
{
    block_t block;
    TRY(block_init(&block, formula, columns));
    block.known = formula->is_plain ? known : NULL;
    for (size_t at = 0; at < count; at += BLOCK)
        evaluate_block(&block, first, at, block_size(count, at), out_values + at,
                       told->has_bases ? out_bases + at : NULL, told);
    free(block.stack);
    return STATUS_OK;
}

status_t formula_evaluate_columns(const formula_t *formula, const int64_t *const *columns, size_t first, size_t count,
                                  double *out_values)
{
    block_t block;
    formula_told_t told = {0};
    TRY(block_init(&block, formula, columns));
    for (size_t at = 0; at < count; at += BLOCK)
        evaluate_block(&block, first, at, block_size(count, at), out_values + at, NULL, &told);
    free(block.stack);
    return STATUS_OK;
}

status_t formula_evaluate_whole(const formula_t *formula, const int64_t *const *columns, size_t first, size_t count,
                                formula_whole_t *whole)
{
    block_t block;
    TRY(block_init(&block, formula, columns));
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t size = block_size(count, at);
        const lanes_t *top = run_whole(&block, formula->op_count, first + at, size);
        memcpy(whole->values + at, top->values, size * sizeof *whole->values);
        whole->scale = top->scale;
        whole->bound = block.is_unsure ? INFINITY : fmax(whole->bound, top->bound);
    }
    free(block.stack);
    return STATUS_OK;
}
