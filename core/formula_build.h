/* How formulas come to be: parsed from text, then linked to the rows that they name. For the catalog and for what runs
 * their programs (core/formula*.c, core/ratio.c); everybody
 * else uses core/formula.h.
 *
 * A formula is a program in postfix order. As parsed (a draft) it names rows; linked, each row's own program stands in
 * its place, so that a linked formula knows inputs, constants and operations only. */
#pragma once

#include "core/arena.h"
#include "core/formula.h"
#include "core/limits.h"

typedef enum {
    OP_INPUT,    /* number: the input; decimals: the fact's */
    OP_CONSTANT, /* units / 10^decimals */
    OP_ROW,      /* drafts only. number: the row */
    OP_PREVIOUS, /* drafts only. number: the row, its inputs one month back */
    OP_NEGATE,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE
} op_kind_t;

typedef struct {
    uint8_t kind;
    uint8_t decimals;
    uint16_t number;
    uint32_t place; /* characters before it in the text, for faults */
    int64_t units;
} op_t;

#define FORMULA_STACK_MAX 256 /* values that wait for their operation, in a linked formula */
#define FORMULA_BITS_MAX                                                                                               \
    16384 /* size of the largest exact value that a formula can reach: bounds what an evaluation may cost */

struct formula {
    const op_t *ops;
    size_t op_count;
    const uint16_t *inputs; /* ascending, each once */
    size_t input_count;
    const formula_t *denominator;
    uint16_t stack_depth;
    uint16_t nesting; /* KPIs inside KPIs: 0 for a fact */
    bool holds_division;
    bool is_plain; /* no division but perhaps the top operation: whole numbers up to there */
};

typedef enum { COMPARE_LESS, COMPARE_LESS_EQUAL, COMPARE_EQUAL, COMPARE_GREATER_EQUAL, COMPARE_GREATER } comparison_t;

struct rule {
    const formula_t *left, *right;
    comparison_t comparison;
};

typedef struct {
    op_t *ops;
    size_t count;
} formula_draft_t;

typedef struct {
    formula_draft_t left, right;
    comparison_t comparison;
} rule_draft_t;

/* ---- Evaluating ---- */

#define FORMULA_SCALE_MAX 22 /* 10^22 is the largest power of ten that a double holds exactly */

/* 10^exponent; an exponent beyond 0 … FORMULA_SCALE_MAX counts as the nearer end. */
double formula_power_of_ten(int exponent);

/* The nearest double of one store's value (never -0), NaN where there is none. */
double formula_evaluate_lane(const formula_t *formula, const int64_t *inputs);

/* ---- Building ---- */

/* Who builds formulas: where their memory comes from, what names mean, where faults go. */
typedef struct {
    arena_t *arena;
    size_t (*find_row)(void *context, const char *id);                /* SIZE_MAX where there is no such row */
    void (*report)(void *context, size_t place, const char *message); /* `place`: characters before it in the text */
    void *context;
} formula_builder_t;

/* Parse a formula or a check's rule. STATUS_INVALID after reporting at least one fault; STATUS_NO_MEMORY. */
status_t formula_parse(const formula_builder_t *builder, const char *text, formula_draft_t *out) NODISCARD;
status_t rule_parse(const formula_builder_t *builder, const char *text, rule_draft_t *out) NODISCARD;

/* The formula that is just fact `input`. NULL: out of memory. */
formula_t *formula_make_fact(arena_t *arena, uint16_t input, unsigned decimals);

/* Puts the rows' programs into a draft. `rows[i]`: linked formula of row i, NULL where it has a fault of its own: then
 * STATUS_INVALID without a further report. Otherwise STATUS_INVALID after a report (too many operations, nested too
 * deeply, `previous` inside `previous`, values too large to compute); STATUS_NO_MEMORY. */
status_t formula_link(const formula_builder_t *builder, const formula_draft_t *draft, const formula_t *const *rows,
                      size_t fact_count, formula_t **out) NODISCARD;
status_t rule_link(const formula_builder_t *builder, const rule_draft_t *draft, const formula_t *const *rows,
                   size_t fact_count, rule_t **out) NODISCARD;

/* Input values of either kind: sums over stores with their number, or one store's facts. */
typedef struct {
    const int128_t *sums;
    const int64_t *facts;
    uint64_t divisor;
} formula_source_t;

static inline bool formula_source_lacks(const formula_source_t *source, uint16_t input)
{
    return source->sums ? source->sums[input] == SUM_ABSENT : source->facts[input] == FACT_ABSENT;
}
