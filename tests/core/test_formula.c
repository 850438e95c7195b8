#include "core/formula_build.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACTS  5
#define ROWS   8
#define INPUTS (2 * FACTS)

/* Facts a..e of 0, 0, 2, 3 and 6 decimals, and three KPIs. */
static const unsigned DECIMALS[FACTS] = {0, 0, 2, 3, 6};
static const char *const NAMES[ROWS] = {"a", "b", "c", "d", "e", "ratio", "sum", "before"};

typedef struct {
    arena_t *arena;
    const formula_t *rows[ROWS];
    char message[400]; /* the last fault */
    size_t place;
} world_t;

static world_t world;

static size_t find_row(void *context, const char *id)
{
    (void)context;
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(NAMES[i], id) == 0)
            return i;
    return SIZE_MAX;
}

static void keep_fault(void *context, size_t place, const char *message)
{
    (void)context;
    snprintf(world.message, sizeof world.message, "%s", message);
    world.place = place;
}

static formula_builder_t builder(void)
{
    return (formula_builder_t){world.arena, find_row, keep_fault, NULL};
}

static formula_t *make(const char *text)
{
    formula_builder_t with = builder();
    formula_draft_t draft;
    formula_t *formula = NULL;
    *world.message = '\0';
    if (formula_parse(&with, text, &draft) == STATUS_OK)
        (void)!formula_link(&with, &draft, world.rows, FACTS, &formula);
    return formula;
}

static void set_up(void)
{
    world.arena = arena_create(64u << 20);
    for (uint16_t i = 0; i < FACTS; i++)
        world.rows[i] = formula_make_fact(world.arena, i, DECIMALS[i]);
    world.rows[5] = make("a / b");
    world.rows[6] = make("a + c");
    world.rows[7] = make("previous(a) - 1");
}

static void tear_down(void)
{
    arena_destroy(&world.arena);
}

TestSuite(formula, .init = set_up, .fini = tear_down, .timeout = 60);

/* The value with a=6, b=4, c=2.50, d=-1.125, e=0.000001 and the month before a=3, b=0, the others absent; NaN where
 * there is none. */
static double value_of(const char *text)
{
    const int64_t inputs[INPUTS] = {6, 4, 250, -1125, 1, 3, 0, FACT_ABSENT, FACT_ABSENT, FACT_ABSENT};
    formula_t *formula = make(text);
    cr_assert(formula, "%s: %s", text, world.message);
    mpq_t value;
    mpq_init(value);
    double result = formula_evaluate_store(formula, inputs, value) ? formula_to_double(value) : NAN;
    mpq_clear(value);
    return result;
}

Test(formula, operations_bind_as_in_school)
{
    cr_assert_eq(value_of("a + b * c"), 16);
    cr_assert_eq(value_of("a - b - c"), -0.5);
    cr_assert_eq(value_of("a / b / c"), 0.6);
    cr_assert_eq(value_of("-a / b"), -1.5);
    cr_assert_eq(value_of("--(a + b) * -d"), 11.25);
    cr_assert_eq(value_of("0.25 * c"), 0.625);
    cr_assert_eq(value_of("e"), 1e-6);
    cr_assert_eq(value_of("\ta\n*2"), 12);
}

Test(formula, kpis_stand_for_their_formulas)
{
    cr_assert_eq(value_of("ratio * sum"), 12.75);
    cr_assert_eq(value_of("a - before"), 4);
    cr_assert_eq(value_of("previous(a) / a"), 0.5);
}

Test(formula, has_no_value_where_a_fact_is_absent_or_a_denominator_is_zero)
{
    cr_assert(isnan(value_of("previous(c)")));
    cr_assert(isnan(value_of("a + 0 * previous(sum)")));
    cr_assert(isnan(value_of("a / previous(b)")));
    cr_assert(isnan(value_of("a / (c + c - 5)")));
    cr_assert(isnan(value_of("1 / (a / b - 1.5)")));
    cr_assert(isnan(value_of("previous(ratio)")));
}

Test(formula, a_sum_with_a_divisor_is_the_value_of_the_means)
{
    int128_t inputs[INPUTS];
    for (int i = 0; i < INPUTS; i++)
        inputs[i] = SUM_ABSENT;
    inputs[0] = (int128_t)FACT_VALUE_MAX * 1000000;
    inputs[2] = -700;
    mpq_t value;
    mpq_init(value);
    cr_assert(formula_evaluate_exact(make("a"), inputs, 1000000, value));
    cr_assert_eq(formula_to_double(value), 1e15);
    cr_assert(formula_evaluate_exact(make("c"), inputs, 3, value));
    cr_assert_eq(formula_to_double(value), -7.0 / 3);
    cr_assert(!formula_evaluate_exact(make("a + b"), inputs, 3, value));
    mpq_clear(value);
}

Test(formula, knows_its_inputs_and_its_denominator)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(make("c + previous(a) + a + a"), &count);
    cr_assert_eq(count, 3);
    cr_assert(inputs[0] == 0 && inputs[1] == 2 && inputs[2] == FACTS);
    formula_t *formula = make("a / b / (c + d)");
    inputs = formula_inputs(formula_denominator(formula), &count);
    cr_assert(count == 2 && inputs[0] == 2 && inputs[1] == 3);
    cr_assert_null(formula_denominator(formula_denominator(formula)));
    cr_assert_not_null(formula_denominator(formula_denominator(make("a / (b / c)"))));
    cr_assert_not_null(formula_denominator(make("ratio")));
    cr_assert_not_null(formula_denominator(make("(-a / b)")));
    cr_assert_null(formula_denominator(make("-(a / b)")));
    cr_assert_null(formula_denominator(make("100 * (a / b)")));
    cr_assert(formula_holds_division(make("100 * ratio")) && !formula_holds_division(make("a * b")));
}

static void assert_fault(const char *text, size_t place, const char *part)
{
    cr_assert_null(make(text), "%s is accepted", text);
    cr_assert(strstr(world.message, part), "%s: %s", text, world.message);
    cr_assert_eq(world.place, place, "%s: at %zu", text, world.place);
}

Test(formula, faults_name_their_place)
{
    assert_fault("", 0, "is empty");
    assert_fault("  ", 0, "is empty");
    assert_fault("a +", 3, "found the end");
    assert_fault("a b", 2, "found 'b'");
    assert_fault("a + nothing", 4, "'nothing' is neither");
    assert_fault("a + A", 4, "is no id");
    assert_fault("(a", 2, "')'");
    assert_fault("a)", 1, "found ')'");
    assert_fault("+a", 0, "found '+'");
    assert_fault("a < b", 2, "only a check's rule");
    assert_fault("1e5", 0, "is no number");
    assert_fault("1.", 0, "is no number");
    assert_fault("1.2.3", 0, "is no number");
    assert_fault("1234567890123456", 0, "is no number");
    assert_fault("a × b", 2, "found '×'");
    assert_fault("previous a", 9, "'('");
    assert_fault("previous(a + b)", 11, "')'");
    assert_fault("previous(previous(a))", 9, "only the month before");
    assert_fault("a + previous(before)", 13, "only the month before");
}

Test(formula, nests_as_deep_as_the_limit_and_no_deeper)
{
    char text[FORMULA_DEPTH_MAX * 2 + 8];
    for (int depth = FORMULA_DEPTH_MAX; depth <= FORMULA_DEPTH_MAX + 1; depth++) {
        memset(text, '-', (size_t)depth);
        strcpy(text + depth, "a");
        cr_assert_eq(make(text) != NULL, depth <= FORMULA_DEPTH_MAX);
    }
}

Test(formula, is_as_long_as_the_limit_and_no_longer)
{
    char text[FORMULA_LENGTH_MAX + 2];
    memset(text, ' ', sizeof text);
    text[0] = 'a';
    text[FORMULA_LENGTH_MAX] = '\0';
    cr_assert_not_null(make(text));
    text[FORMULA_LENGTH_MAX] = ' ';
    text[FORMULA_LENGTH_MAX + 1] = '\0';
    assert_fault(text, 0, "is longer than 1000");
}

Test(formula, takes_as_many_operations_as_the_limit_and_no_more)
{
    /* `sum` becomes a formula of 1023 operations, so that four of them and three additions are 4095. */
    char text[FORMULA_LENGTH_MAX + 1] = "ratio";
    world.rows[5] = make("a+b+a+b+a+b+a+b+a+b+a+b+a+b+a+b"); /* 31 */
    for (int i = 1; i < 32; i++)
        strcat(text, "+ratio");
    world.rows[6] = make(text); /* 32 * 31 + 31 = 1023 */
    cr_assert_not_null(make("sum+sum+sum+sum"));
    cr_assert_not_null(make("-(sum+sum+sum+sum)"));
    assert_fault("--(sum+sum+sum+sum)", 0, "too many operations");
}

Test(formula, values_without_bounds_are_refused)
{
    char text[FORMULA_LENGTH_MAX + 1] = "a";
    for (int i = 0; i < 150; i++)
        strcat(text, "*a");
    cr_assert_not_null(make(text));
    for (int i = 0; i < 150; i++)
        strcat(text, "*e");
    assert_fault(text, 0, "out of bounds");
}

static bool rule_is_kept(const char *text)
{
    const int64_t inputs[INPUTS] = {6, 4, 250, -1125, 1, 3, 0, FACT_ABSENT, FACT_ABSENT, FACT_ABSENT};
    formula_builder_t with = builder();
    rule_draft_t draft;
    rule_t *rule = NULL;
    cr_assert_eq(rule_parse(&with, text, &draft), STATUS_OK);
    cr_assert_eq(rule_link(&with, &draft, world.rows, FACTS, &rule), STATUS_OK);
    return rule_holds(rule, inputs);
}

Test(formula, rules_are_decided_exactly)
{
    cr_assert(rule_is_kept("a / b == 1.5") && rule_is_kept("a / 9 * 3 == previous(a) - 1"));
    cr_assert(!rule_is_kept("a / 3 < 2") && rule_is_kept("a / 3 <= 2"));
    cr_assert(!rule_is_kept("a > 6") && rule_is_kept("a >= 6") && rule_is_kept("a > 5.999999999999"));
    cr_assert(!rule_is_kept("d == d + 0.00000000000001"));
}

Test(formula, rules_hold_where_a_side_has_no_value)
{
    cr_assert(rule_is_kept("1 > 2 + previous(c)") && rule_is_kept("a / 0 == 5"));
}

Test(formula, rules_need_one_comparison)
{
    static const char *const RULES[] = {"a", "a < b < c", "a = b", "a <> b", "< a", "a <="};
    formula_builder_t with = builder();
    rule_draft_t draft;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        cr_assert_eq(rule_parse(&with, RULES[i], &draft), STATUS_INVALID, "%s is accepted", RULES[i]);
}

static double nearest(const char *fraction)
{
    mpq_t value;
    mpq_init(value);
    mpq_set_str(value, fraction, 10);
    mpq_canonicalize(value);
    double result = formula_to_double(value);
    mpq_clear(value);
    return result;
}

Test(formula, conversion_rounds_to_the_nearest_double)
{
    cr_assert_eq(nearest("1/3"), 1.0 / 3);
    cr_assert_eq(nearest("-2/3"), -2.0 / 3);
    cr_assert_eq(nearest("9007199254740993"), 9007199254740992.0); /* ties to even */
    cr_assert_eq(nearest("9007199254740995"), 9007199254740996.0);
    cr_assert_eq(nearest("90071992547409930000000001/10000000000"), 9007199254740994.0);
    cr_assert_eq(nearest("18014398509481983"), 18014398509481984.0);
    cr_assert_eq(nearest("0"), 0);
}

Test(formula, conversion_stays_finite_and_reaches_the_smallest_doubles)
{
    mpq_t value;
    mpq_init(value);
    mpz_ui_pow_ui(mpq_numref(value), 10, 400);
    cr_assert_eq(formula_to_double(value), DBL_MAX);
    mpq_inv(value, value);
    cr_assert_eq(formula_to_double(value), 0);
    static const double SMALL[] = {DBL_TRUE_MIN,           3 * DBL_TRUE_MIN,           DBL_MIN,
                                   DBL_MIN - DBL_TRUE_MIN, DBL_MIN / 2 + DBL_TRUE_MIN, 1e-310};
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++) {
        mpq_set_d(value, SMALL[i]);
        cr_assert_eq(formula_to_double(value), SMALL[i]);
    }
    /* A little more than half the smallest: rounded once, not twice. */
    mpq_set_d(value, 0.5);
    mpz_mul_2exp(mpq_numref(value), mpq_numref(value), 60);
    mpz_add_ui(mpq_numref(value), mpq_numref(value), 1);
    mpz_mul_2exp(mpq_denref(value), mpq_denref(value), 60 + 1074);
    cr_assert_eq(formula_to_double(value), DBL_TRUE_MIN);
    mpq_clear(value);
}

static unsigned long seed;

static unsigned pick(unsigned count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % count);
}

static void write_random(char *text, int depth)
{
    static const char *const LEAVES[] = {"a", "b",    "c",   "d", "e", "ratio", "sum", "previous(a)", "previous(sum)",
                                         "2", "0.07", "12.5"};
    static const char *const SIGNS[] = {" + ", " - ", " * ", " / "};
    if (depth == 0 || pick(4) == 0) {
        strcat(text, LEAVES[pick(sizeof LEAVES / sizeof *LEAVES)]);
        return;
    }
    strcat(text, pick(6) ? "(" : "-(");
    write_random(text, depth - 1);
    strcat(text, SIGNS[pick(4)]);
    write_random(text, depth - 1);
    strcat(text, ")");
}

/* Small enough, mostly, that doubles and whole numbers tell all. */
static int64_t small_fact(void)
{
    unsigned kind = pick(12);
    return kind == 0 ? FACT_ABSENT : kind == 1 ? 0 : kind == 2 ? (int64_t)pick(1u << 26) : (int64_t)pick(50);
}

static int64_t random_fact(void)
{
    switch (pick(12)) {
    case 0:
        return FACT_ABSENT;
    case 1:
    case 2:
        return 0;
    case 3:
        return FACT_VALUE_MAX - (int64_t)pick(3);
    case 4:
        return -(int64_t)pick(100);
    case 5:
        return (int64_t)pick(1u << 30) * (int64_t)pick(900000);
    default:
        return (int64_t)pick(50);
    }
}

#define STORES 600

typedef struct {
    double values[STORES], bases[STORES];
    mpq_t exact[STORES]; /* where there is a value */
    formula_told_t told;
} evaluated_t;

/* What is told of the bases and of equal doubles is so. */
static void check_told(const formula_t *formula, const char *text, const evaluated_t *evaluated, size_t count,
                       int64_t (*inputs)[INPUTS])
{
    mpq_t base;
    mpq_init(base);
    for (size_t i = 0; i < count; i++) {
        bool has_value = !isnan(evaluated->values[i]);
        if (evaluated->told.has_bases) {
            double expected = 0;
            if (has_value) {
                cr_assert(formula_evaluate_store(formula_denominator(formula), inputs[i], base));
                for (int scale = 0; scale < evaluated->told.base_scale; scale++)
                    mpz_mul_ui(mpq_numref(base), mpq_numref(base), 10);
                mpq_canonicalize(base);
                cr_assert(mpz_cmp_ui(mpq_denref(base), 1) == 0, "%s at store %zu", text, i);
                expected = mpz_get_d(mpq_numref(base));
            }
            cr_assert(evaluated->bases[i] == expected, "%s at store %zu", text, i);
        }
        for (size_t other = i + 1; evaluated->told.is_told && other < count && other < i + 30; other++)
            cr_assert(!has_value || evaluated->values[i] != evaluated->values[other] ||
                          mpq_equal(evaluated->exact[i], evaluated->exact[other]),
                      "%s at stores %zu and %zu", text, i, other);
    }
    mpq_clear(base);
}

/* Returns whether bases were given. */
static bool compare_ways(const formula_t *formula, const char *text, const int64_t *const *columns, size_t first)
{
    static double values[STORES];
    static int64_t inputs[STORES][INPUTS];
    static evaluated_t evaluated;
    size_t count = STORES - first, half = count / 2;
    evaluated.told = FORMULA_TOLD_ALL;
    cr_assert_eq(formula_evaluate_columns(formula, columns, first, count, values), STATUS_OK);
    cr_assert_eq(formula_evaluate_with_bases(formula, columns, first, half, NULL, evaluated.values, evaluated.bases,
                                             &evaluated.told),
                 STATUS_OK);
    cr_assert_eq(formula_evaluate_with_bases(formula, columns, first + half, count - half, NULL,
                                             evaluated.values + half, evaluated.bases + half, &evaluated.told),
                 STATUS_OK);
    for (size_t at = 0; at < count; at++) {
        for (size_t i = 0; i < INPUTS; i++)
            inputs[at][i] = columns[i][first + at];
        double value = values[at];
        mpq_init(evaluated.exact[at]);
        bool has_value = formula_evaluate_store(formula, inputs[at], evaluated.exact[at]);
        cr_assert_eq(has_value, !isnan(value), "%s at store %zu", text, at);
        cr_assert(!has_value || value == formula_to_double(evaluated.exact[at]), "%s at store %zu: %.17g", text, at,
                  value);
        cr_assert(!(value == 0 && signbit(value)), "%s at store %zu: -0", text, at);
        cr_assert(!has_value || value == evaluated.values[at], "%s at store %zu", text, at);
        cr_assert(!has_value || !evaluated.told.is_whole || value == floor(value), "%s at store %zu", text, at);
    }
    check_told(formula, text, &evaluated, count, inputs);
    for (size_t at = 0; at < count; at++)
        mpq_clear(evaluated.exact[at]);
    return evaluated.told.has_bases;
}

Test(formula, columns_are_the_exact_values_correctly_rounded)
{
    static int64_t facts[INPUTS][STORES];
    const int64_t *columns[INPUTS];
    const char *given = getenv("YARDSTICK_SEED");
    seed = given ? strtoul(given, NULL, 10) : 20250601;
    fprintf(stderr, "seed %lu\n", seed);
    int with_bases = 0;
    for (int round = 0; round < 300; round++) {
        char text[2000] = "";
        write_random(text, 1 + (int)pick(4));
        formula_t *formula = make(text);
        if (!formula)
            continue; /* too long */
        for (int i = 0; i < INPUTS; i++) {
            columns[i] = facts[i];
            for (int at = 0; at < STORES; at++)
                facts[i][at] = round % 2 ? small_fact() : random_fact();
        }
        with_bases += compare_ways(formula, text, columns, pick(300));
    }
    cr_assert(with_bases > 5, "%d", with_bases);
}

/* Neighbours like (n-1)/n share a double where n is large; then it is not told that equal doubles are equal values. */
Test(formula, doubles_that_cannot_tell_are_not_said_to)
{
    formula_t *formula = make("a / b");
    const int64_t *columns[INPUTS];
    int64_t above[STORES], below[STORES];
    double values[STORES], bases[STORES];
    for (int i = 0; i < INPUTS; i++)
        columns[i] = i % 2 ? below : above;
    for (int bits = 20; bits < 40; bits++) {
        formula_told_t told = FORMULA_TOLD_ALL;
        for (int i = 0; i < STORES; i++) {
            above[i] = (INT64_C(1) << bits) - 2 - i;
            below[i] = above[i] + 1;
        }
        cr_assert_eq(formula_evaluate_with_bases(formula, columns, 0, STORES, NULL, values, bases, &told), STATUS_OK);
        bool shared = false;
        for (int i = 1; i < STORES; i++)
            shared |= values[i] == values[i - 1];
        cr_assert(told.has_bases && !(shared && told.is_told));
        cr_assert_eq(told.is_told, bits <= 25, "%d bits", bits);
    }
}

Test(formula, columns_agree_where_doubles_cancel)
{
    static int64_t facts[INPUTS][STORES];
    const int64_t *columns[INPUTS];
    static const char *const FORMULAS[] = {"a / b - a / b + 1 / (a * b - b * a + 1)",
                                           "a / b - (a - 1) / b",
                                           "1 + 1 / (a / b - (a - 0.0001) / b)",
                                           "(a * a - b * b) / (a + b)",
                                           "c - 0.01 * a",
                                           "1 / (a / b - b / a)",
                                           "a * c / 0.01",
                                           "c / a * 0.1",
                                           "(a + 0.5) * (a + 0.5) - a * a"};
    for (int i = 0; i < INPUTS; i++) {
        columns[i] = facts[i];
        for (int at = 0; at < STORES; at++)
            facts[i][at] = at % 2 ? FACT_VALUE_MAX - at / 8 - i % 2 : 1 + at % 7;
    }
    for (size_t i = 0; i < sizeof FORMULAS / sizeof *FORMULAS; i++)
        compare_ways(make(FORMULAS[i]), FORMULAS[i], columns, 0);
}
