/* From drafts to programs over inputs. */
#include "core/formula_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUTS_MAX (2 * CATALOG_FACTS_MAX)

/* How many values an operation takes from the stack; it puts back one. */
static size_t operands(uint8_t kind)
{
    return kind >= OP_ADD ? 2 : kind == OP_NEGATE ? 1 : 0;
}

static status_t report(const formula_builder_t *builder, size_t place, const char *message)
{
    builder->report(builder->context, place, message);
    return STATUS_INVALID;
}

/* First operation of the right side of a program that ends in an operation of two operands. */
static size_t find_right_side(const op_t *ops, size_t count)
{
    size_t at = count - 1;
    for (size_t wanted = 1; wanted; wanted += operands(ops[at].kind) - 1)
        at--;
    return at;
}

static status_t collect_inputs(arena_t *arena, formula_t *formula)
{
    bool used[INPUTS_MAX] = {false};
    size_t count = 0;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        if (op->kind == OP_INPUT && !used[op->number]) {
            used[op->number] = true;
            count++;
        }
    }
    uint16_t *inputs = arena_array(arena, count, sizeof *inputs);
    if (!inputs)
        return STATUS_NO_MEMORY;
    formula->inputs = inputs;
    formula->input_count = count;
    for (uint16_t i = 0; i < INPUTS_MAX; i++)
        if (used[i])
            *inputs++ = i;
    return STATUS_OK;
}

static void measure(formula_t *formula)
{
    size_t depth = 0, deepest = 0;
    formula->is_plain = true;
    for (size_t i = 0; i < formula->op_count; i++) {
        depth += 1 - operands(formula->ops[i].kind);
        if (depth > deepest)
            deepest = depth;
        if (formula->ops[i].kind != OP_DIVIDE)
            continue;
        formula->holds_division = true;
        if (i + 1 < formula->op_count)
            formula->is_plain = false;
    }
    formula->stack_depth = (uint16_t)deepest;
}

static formula_t *make_formula(arena_t *arena, const op_t *ops, size_t count)
{
    formula_t *formula = arena_alloc(arena, sizeof *formula);
    if (!formula)
        return NULL;
    formula->ops = ops;
    formula->op_count = count;
    measure(formula);
    return collect_inputs(arena, formula) == STATUS_OK ? formula : NULL;
}

/* The denominator, and its own denominator, and so on: slices of the formula's program. */
static status_t make_denominators(arena_t *arena, formula_t *formula)
{
    while (formula->ops[formula->op_count - 1].kind == OP_DIVIDE) {
        size_t start = find_right_side(formula->ops, formula->op_count);
        formula_t *denominator = make_formula(arena, formula->ops + start, formula->op_count - 1 - start);
        if (!denominator)
            return STATUS_NO_MEMORY;
        formula->denominator = denominator;
        formula = denominator;
    }
    return STATUS_OK;
}

formula_t *formula_make_fact(arena_t *arena, uint16_t input, unsigned decimals)
{
    op_t *op = arena_alloc(arena, sizeof *op);
    if (!op)
        return NULL;
    *op = (op_t){.kind = OP_INPUT, .decimals = (uint8_t)decimals, .number = input};
    return make_formula(arena, op, 1);
}

/* Bounds of an exact value, in bits: its magnitude, and its denominator as 10^tens * stores^means * 2^rough (a mean
 * divides by the number of stores). */
typedef struct {
    unsigned magnitude, tens, means, rough;
} extent_t;

static unsigned denominator_bits(extent_t extent)
{
    return extent.tens * 10 / 3 + extent.means * 20 + extent.rough + 1;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static extent_t combine(uint8_t kind, extent_t a, extent_t b)
{
    if (kind == OP_ADD || kind == OP_SUBTRACT)
        return (extent_t){larger(a.magnitude, b.magnitude) + 1, larger(a.tens, b.tens), larger(a.means, b.means),
                          a.rough + b.rough};
    if (kind == OP_MULTIPLY)
        return (extent_t){a.magnitude + b.magnitude, a.tens + b.tens, a.means + b.means, a.rough + b.rough};
    unsigned bits = denominator_bits(b);
    return (extent_t){a.magnitude + bits, a.tens, a.means, a.rough + b.magnitude + bits};
}

/* Whether every value on the way stays within FORMULA_BITS_MAX, for any facts. */
static bool is_computable(const formula_t *formula)
{
    extent_t stack[FORMULA_STACK_MAX + 2];
    size_t depth = 0;
    for (size_t i = 0; i < formula->op_count; i++) {
        const op_t *op = &formula->ops[i];
        if (op->kind <= OP_CONSTANT) {
            stack[depth++] = (extent_t){50, op->decimals, op->kind == OP_INPUT, 0};
            continue;
        }
        if (op->kind == OP_NEGATE)
            continue;
        depth--;
        stack[depth - 1] = combine(op->kind, stack[depth - 1], stack[depth]);
        if (stack[depth - 1].magnitude + 2 * denominator_bits(stack[depth - 1]) > FORMULA_BITS_MAX)
            return false;
    }
    return true;
}

typedef struct {
    const formula_builder_t *builder;
    const formula_t *const *rows;
    size_t fact_count;
} linker_t;

/* The program of the row that `op` names, NULL where `op` names none. */
static const formula_t *named_row(const linker_t *linker, const op_t *op)
{
    return op->kind == OP_ROW || op->kind == OP_PREVIOUS ? linker->rows[op->number] : NULL;
}

/* How large the linked program and how deep the KPIs inside it are. */
static status_t plan(const linker_t *linker, const formula_draft_t *draft, size_t *out_count, unsigned *out_nesting)
{
    size_t count = 0;
    unsigned nesting = 0;
    for (size_t i = 0; i < draft->count; i++) {
        const op_t *op = &draft->ops[i];
        const formula_t *row = named_row(linker, op);
        if (!row && (op->kind == OP_ROW || op->kind == OP_PREVIOUS))
            return STATUS_INVALID; /* that row has a fault of its own */
        count += row ? row->op_count : 1;
        if (row)
            nesting = larger(nesting, row->nesting);
        if (count > FORMULA_NODES_MAX)
            return report(linker->builder, 0, "takes too many operations once the KPIs in it are put in: simplify it");
    }
    if (nesting + 1 > FORMULA_DEPTH_MAX)
        return report(linker->builder, 0, "holds KPIs inside KPIs more than 64 deep: simplify it");
    *out_count = count;
    *out_nesting = nesting + 1;
    return STATUS_OK;
}

/* Copies one row's program, a month back where `shift` is not 0. */
static status_t splice(const linker_t *linker, const op_t *reference, op_t *out)
{
    const formula_t *row = linker->rows[reference->number];
    for (size_t i = 0; i < row->op_count; i++) {
        out[i] = row->ops[i];
        if (reference->kind != OP_PREVIOUS || out[i].kind != OP_INPUT)
            continue;
        if (out[i].number >= linker->fact_count)
            return report(linker->builder, reference->place,
                          "previous of a KPI that itself uses previous: only the month before is known");
        out[i].number = (uint16_t)(out[i].number + linker->fact_count);
    }
    return STATUS_OK;
}

static status_t put_in_rows(const linker_t *linker, const formula_draft_t *draft, op_t *out)
{
    for (size_t i = 0; i < draft->count; i++) {
        const formula_t *row = named_row(linker, &draft->ops[i]);
        if (row)
            TRY(splice(linker, &draft->ops[i], out));
        else
            *out = draft->ops[i];
        out += row ? row->op_count : 1;
    }
    return STATUS_OK;
}

status_t formula_link(const formula_builder_t *builder, const formula_draft_t *draft, const formula_t *const *rows,
                      size_t fact_count, formula_t **out)
{
    const linker_t linker = {builder, rows, fact_count};
    size_t count = 0;
    unsigned nesting = 0;
    TRY(plan(&linker, draft, &count, &nesting));
    op_t *ops = arena_array(builder->arena, count, sizeof *ops);
    if (!ops)
        return STATUS_NO_MEMORY;
    TRY(put_in_rows(&linker, draft, ops));
    formula_t *formula = make_formula(builder->arena, ops, count);
    if (!formula)
        return STATUS_NO_MEMORY;
    formula->nesting = (uint16_t)nesting;
    if (formula->stack_depth > FORMULA_STACK_MAX)
        return report(builder, 0, "is nested too deeply once the KPIs in it are put in: simplify it");
    if (!is_computable(formula))
        return report(builder, 0, "multiplies or divides too often: its value could grow out of bounds");
    TRY(make_denominators(builder->arena, formula));
    *out = formula;
    return STATUS_OK;
}

status_t rule_link(const formula_builder_t *builder, const rule_draft_t *draft, const formula_t *const *rows,
                   size_t fact_count, rule_t **out)
{
    formula_t *left = NULL, *right = NULL;
    TRY(formula_link(builder, &draft->left, rows, fact_count, &left));
    TRY(formula_link(builder, &draft->right, rows, fact_count, &right));
    rule_t *rule = arena_alloc(builder->arena, sizeof *rule);
    if (!rule)
        return STATUS_NO_MEMORY;
    *rule = (rule_t){left, right, draft->comparison};
    *out = rule;
    return STATUS_OK;
}
