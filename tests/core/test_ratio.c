#include "core/ratio.h"

#include "core/formula_build.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACTS    4
#define INPUTS   (2 * FACTS)
#define ROUNDS   20000
#define TEXT_MAX 400

/* Facts a..d of 0, 1, 2 and 6 decimals. */
static const unsigned DECIMALS[FACTS] = {0, 1, 2, 6};
static const formula_t *rows[FACTS];
static arena_t *arena;
static uint64_t state;

static uint64_t below(uint64_t bound)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % bound;
}

static size_t find_row(void *context, const char *id)
{
    (void)context;
    return strlen(id) == 1 && *id >= 'a' && *id < 'a' + FACTS ? (size_t)(*id - 'a') : SIZE_MAX;
}

static void keep_fault(void *context, size_t place, const char *message)
{
    (void)context, (void)place;
    cr_log_warn("%s", message);
}

static formula_builder_t builder(void)
{
    return (formula_builder_t){arena, find_row, keep_fault, NULL};
}

/* A formula of some depth, as text. */
static void write_formula(char *text, unsigned depth)
{
    char part[TEXT_MAX];
    if (depth == 0 || below(4) == 0) {
        if (below(4) == 0)
            sprintf(text, "%u.%u", (unsigned)below(1000), (unsigned)below(100));
        else
            sprintf(text, below(3) ? "%c" : "previous(%c)", (int)('a' + below(FACTS)));
        return;
    }
    write_formula(part, depth - 1);
    size_t length = (size_t)sprintf(text, "%s(%s) %c ", below(8) ? "" : "-", part, "+-*/"[below(4)]);
    write_formula(part, depth - 1);
    sprintf(text + length, "(%s)", part);
}

static void draw_inputs(int64_t inputs[INPUTS])
{
    static const int64_t SIZES[] = {2, 1000, 1000000000, FACT_VALUE_MAX};
    for (size_t i = 0; i < INPUTS; i++) {
        int64_t size = SIZES[below(4)], value = (int64_t)(below(1u << 30) << 30 | below(1u << 30)) % (size + 1);
        inputs[i] = below(40) == 0 ? FACT_ABSENT : below(3) ? value : -value;
    }
}

static void set_up(void)
{
    arena = arena_create(1u << 30);
    state = 20260;
    for (uint16_t i = 0; i < FACTS; i++)
        rows[i] = formula_make_fact(arena, i, DECIMALS[i]);
}

static void tear_down(void)
{
    arena_destroy(&arena);
}

TestSuite(ratio, .init = set_up, .fini = tear_down, .timeout = 60);

static void set_int128(mpz_t out, int128_t value)
{
    unsigned __int128 magnitude = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    mpz_set_ui(out, (unsigned long)(magnitude >> 64));
    mpz_mul_2exp(out, out, 64);
    mpz_add_ui(out, out, (unsigned long)magnitude);
    if (value < 0)
        mpz_neg(out, out);
}

static bool is_value(const ratio_t *ratio, const mpq_t exact)
{
    mpq_t value;
    mpq_init(value);
    set_int128(mpq_numref(value), ratio->numerator);
    set_int128(mpq_denref(value), ratio->denominator);
    mpq_canonicalize(value);
    bool is_equal = mpq_equal(value, exact);
    mpq_clear(value);
    return is_equal && ratio->denominator > 0;
}

static void check_one(const char *text, const formula_t *formula, const int64_t *inputs, unsigned seen[3])
{
    mpq_t exact;
    mpq_init(exact);
    ratio_t ratio;
    bool has_value = formula_evaluate_store(formula, inputs, exact);
    ratio_outcome_t outcome = ratio_evaluate(formula, inputs, &ratio);
    seen[outcome]++;
    cr_assert(outcome != RATIO_NONE || !has_value, "%s has a value", text);
    cr_assert(outcome != RATIO_VALUE || (has_value && is_value(&ratio, exact)), "%s is another value", text);
    mpq_clear(exact);
}

Test(ratio, a_value_is_the_exact_one_or_is_left_to_the_exact_way)
{
    unsigned seen[3] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        formula_builder_t with = builder();
        formula_draft_t draft;
        formula_t *formula = NULL;
        char text[4 * TEXT_MAX];
        int64_t inputs[INPUTS];
        write_formula(text, 3);
        draw_inputs(inputs);
        cr_assert_eq(formula_parse(&with, text, &draft), STATUS_OK, "%s", text);
        cr_assert_eq(formula_link(&with, &draft, rows, FACTS, &formula), STATUS_OK, "%s", text);
        check_one(text, formula, inputs, seen);
    }
    for (int i = 0; i < 3; i++)
        cr_assert_gt(seen[i], ROUNDS / 100, "outcome %d came %u times", i, seen[i]);
}

Test(ratio, rules_over_numbers_of_any_size_are_decided_exactly)
{
    static const struct {
        const char *rule;
        bool holds;
    } CASES[] = {
        {"a * a * a > a * a * a - 1", true},       {"a * a * a < a * a * a - 1", false},
        {"a / (a * a * a) < 1 / (a * a)", false},  {"a / (a * a * a) <= 1 / (a * a)", true},
        {"(a + 1) / a > (a + 2) / (a + 1)", true}, {"-a * a * a / b == b - b - a * a * a / b", true},
        {"a * a * a / (b - b) == 1", true},
    };
    const int64_t inputs[INPUTS] = {FACT_VALUE_MAX, 7};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        formula_builder_t with = builder();
        rule_draft_t draft;
        rule_t *rule = NULL;
        cr_assert_eq(rule_parse(&with, CASES[i].rule, &draft), STATUS_OK);
        cr_assert_eq(rule_link(&with, &draft, rows, FACTS, &rule), STATUS_OK);
        cr_assert_eq(rule_holds(rule, inputs), CASES[i].holds, "%s", CASES[i].rule);
    }
}
