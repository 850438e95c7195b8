/* Figures by selection are the same, digit for digit, as by ordering all stores: on months large enough that scopes are
 * dealt into buckets, and full of ties. */
#include "core/figures.h"

#include "core/buckets.h"
#include "core/order.h"
#include "core/select.h"
#include "core/statistics.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define DEALERS     3000
#define REGIONS     14
#define FACTS_MAX   15
#define CIRCLES_MAX (2 * DEALERS)

typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *month;
    scope_t scopes[REGIONS + 4];
    size_t scope_count;
} world_t;

static network_t *make_network(uint64_t *state, uint32_t dealer_count)
{
    static char region_codes[REGIONS][8], codes[DEALERS][12];
    static network_dealer_line_t dealers[DEALERS];
    static network_membership_line_t memberships[DEALERS];
    static network_circle_line_t circles[CIRCLES_MAX];
    network_region_line_t regions[REGIONS];
    uint32_t circle_count = 0;
    for (uint32_t i = 0; i < REGIONS; i++) {
        snprintf(region_codes[i], sizeof region_codes[i], "r%u", i % 100);
        uint32_t parent = (uint32_t)random_below(state, i + 1);
        regions[i] = (network_region_line_t){region_codes[i], parent == i ? "" : region_codes[parent], "", 0};
    }
    for (uint32_t i = 0; i < dealer_count; i++) {
        snprintf(codes[i], sizeof codes[i], "D%u", i);
        uint64_t region = random_below(state, REGIONS);
        if (random_below(state, 2))
            region = random_below(state, region + 1);
        dealers[i] = (network_dealer_line_t){codes[i], "", "", 0};
        memberships[i] = (network_membership_line_t){codes[i], region_codes[region], period_make(2025, 1), 0};
        circles[circle_count++] =
            (network_circle_line_t){random_below(state, 3) ? "large" : "other", codes[i], PERIOD_NONE, PERIOD_NONE, 0};
        if (random_below(state, 40) == 0)
            circles[circle_count++] = (network_circle_line_t){"small", codes[i], PERIOD_NONE, PERIOD_NONE, 0};
    }
    network_lines_t lines = {regions, REGIONS, dealers, dealer_count, memberships, dealer_count, circles, circle_count};
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    cr_assert_eq(network_build(&lines, &network, &faults), STATUS_OK);
    return network;
}

/* How facts are drawn in one month: few different ones, or many, or so large that doubles do not tell them apart. */
typedef struct {
    uint64_t kind, bound;
} manner_t;

static int64_t draw_fact(uint64_t *state, manner_t manner, bool is_signed)
{
    const int64_t large = INT64_C(1000000000000000);
    int64_t fact = (int64_t)random_below(state, manner.bound);
    if (manner.kind == 1 && random_below(state, 50) == 0)
        fact = (int64_t)random_below(state, (uint64_t)large); /* far out */
    if (manner.kind == 2)
        fact = large - fact;
    return is_signed && random_below(state, 2) ? -fact : fact;
}

static void draw_facts(const catalog_t *catalog, uint64_t *state, manner_t manner, int64_t *out)
{
    for (size_t i = 0; i < catalog->fact_count; i++)
        out[i] = random_below(state, 30) ? draw_fact(state, manner, catalog->rows[i].is_signed) : FACT_ABSENT;
    if (manner.kind == 3) /* nothing is missing */
        for (size_t i = 0; i < catalog->fact_count; i++)
            out[i] = out[i] == FACT_ABSENT ? 1 : out[i];
}

/* Several of its rows in turn have the same denominator. */
static catalog_t *builtin_catalog(void)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    catalog_t *catalog = NULL;
    cr_assert_eq(catalog_load(catalog_builtin(), &catalog, &faults), STATUS_OK);
    return catalog;
}

static void world_open(world_t *world, uint64_t *state)
{
    static const uint64_t BOUNDS[] = {1, 3, 12, 1000, 1000000};
    manner_t manner = {random_below(state, 4), BOUNDS[random_below(state, 5)]};
    uint32_t count = random_below(state, 3) ? DEALERS : 1 + (uint32_t)random_below(state, 800);
    world->catalog = random_below(state, 2) ? test_catalog() : builtin_catalog();
    cr_assert(world->catalog->fact_count <= FACTS_MAX);
    world->network = make_network(state, count);
    world->month = month_create(world->catalog, world->network, period_make(2025, 6));
    cr_assert_not_null(world->month);
    for (uint32_t i = 0; i < count; i++) {
        int64_t facts[FACTS_MAX], previous[FACTS_MAX];
        draw_facts(world->catalog, state, manner, facts);
        draw_facts(world->catalog, state, manner, previous);
        month_set_previous(world->month, i, random_below(state, 9) ? previous : NULL);
        if (random_below(state, 20))
            month_set(world->month, i, facts, false);
    }
    world->scope_count = 0;
    for (uint32_t i = 0; i < REGIONS; i++)
        if (random_below(state, 5))
            world->scopes[world->scope_count++] = (scope_t){SCOPE_REGION, i};
    if (random_below(state, 4))
        world->scopes[world->scope_count++] = (scope_t){SCOPE_NATION, 0};
    for (uint32_t i = 0; i < world->network->circle_count; i++)
        world->scopes[world->scope_count++] = (scope_t){SCOPE_CIRCLE, i};
}

static void world_close(world_t *world)
{
    month_destroy(&world->month);
    network_destroy(&world->network);
    catalog_destroy(&world->catalog);
}

/* ---- The same by ordering ---- */

typedef struct {
    scope_statistics_t cell;
    references_t references;
    row_order_t *order;
    uint32_t *slots; /* of the benchmark */
    scope_slots_t scope;
} expected_t;

static void expected_open(expected_t *expected, const world_t *world, size_t index, scope_t scope,
                          const benchmark_rule_t *rule)
{
    const month_t *month = world->month;
    const row_t *row = &month->catalog->rows[index];
    scope_statistics_t *cell = &expected->cell;
    references_t *references = &expected->references;
    references_init(references);
    cr_assert_eq(scope_slots_init(month, scope, &expected->scope), STATUS_OK);
    cr_assert_not_null(expected->order = order_make(month, row, &expected->scope));
    cr_assert_not_null(expected->slots = malloc((month->count + 1) * sizeof *expected->slots));
    picks_t picks = {expected->order, NULL, expected->order->count};
    *cell = (scope_statistics_t){.valued = picks.count, .average = NO_VALUE, .benchmark = NO_VALUE};
    references->has_average = statistics_average(month, row, &expected->scope, references->average, &references->n);
    cell->n = references->n;
    if (references->has_average)
        cell->average = formula_to_double(references->average);
    cell->mean = row->is_fact ? cell->average : statistics_mean(month, row, &expected->scope, &picks);
    cell->p25 = statistics_quantile(month, row, &picks, 1);
    cell->median = statistics_quantile(month, row, &picks, 2);
    cell->p75 = statistics_quantile(month, row, &picks, 3);
    cell->best = statistics_best(row, &picks);
    references->benchmark_n = cell->benchmark_n =
        statistics_benchmark_stores(month, row, &picks, rule, references->benchmark, expected->slots);
    if (cell->benchmark_n)
        cell->benchmark = formula_to_double(references->benchmark);
}

static void expected_close(expected_t *expected)
{
    references_fini(&expected->references);
    order_destroy(&expected->order);
    scope_slots_fini(&expected->scope);
    free(expected->slots);
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void expect_cell(const char *row, const char *scope, const scope_statistics_t *got,
                        const scope_statistics_t *expected)
{
    cr_assert(got->n == expected->n && got->valued == expected->valued && got->benchmark_n == expected->benchmark_n,
              "%s in %s: n %u %u, valued %u %u, benchmark_n %u %u", row, scope, got->n, expected->n, got->valued,
              expected->valued, got->benchmark_n, expected->benchmark_n);
#define SAME(field)                                                                                                    \
    cr_assert(is_same(got->field, expected->field), "%s of %s in %s: %.17g, not %.17g", #field, row, scope,            \
              got->field, expected->field)
    SAME(average);
    SAME(mean);
    SAME(p25);
    SAME(median);
    SAME(p75);
    SAME(best);
    SAME(benchmark);
#undef SAME
}

static void expect_references(const char *row, const char *scope, const references_t *got, const references_t *expected)
{
    cr_assert(got->n == expected->n && got->has_average == expected->has_average &&
                  got->benchmark_n == expected->benchmark_n,
              "%s in %s", row, scope);
    cr_assert(!got->has_average || mpq_equal(got->average, expected->average), "average of %s in %s", row, scope);
    cr_assert(!got->benchmark_n || mpq_equal(got->benchmark, expected->benchmark), "benchmark of %s in %s", row, scope);
}

static int compare_slots(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void expect_stores(figures_t *figures, size_t row, size_t scope, const benchmark_rule_t *rule,
                          const expected_t *expected, uint32_t *slots)
{
    uint32_t count;
    mpq_t value;
    mpq_init(value);
    cr_assert_eq(figures_benchmark_stores(figures, row, scope, rule, slots, &count, value), STATUS_OK);
    cr_assert_eq(count, expected->references.benchmark_n);
    qsort(slots, count, sizeof *slots, compare_slots);
    qsort(expected->slots, count, sizeof *slots, compare_slots);
    cr_assert(count == 0 || memcmp(slots, expected->slots, count * sizeof *slots) == 0);
    cr_assert(count == 0 || mpq_equal(value, expected->references.benchmark));
    mpq_clear(value);
}

static void check_row(const world_t *world, figures_t *figures, size_t row, const benchmark_rule_t *rule,
                      uint64_t *state)
{
    const char *id = world->catalog->rows[row].id;
    scope_statistics_t cells[REGIONS + 4];
    references_t references[REGIONS + 4];
    uint32_t *slots = malloc((world->month->count + 1) * sizeof *slots);
    for (size_t i = 0; i < world->scope_count; i++)
        references_init(&references[i]);
    cr_assert_eq(figures_statistics(figures, row, rule, cells), STATUS_OK);
    cr_assert_eq(figures_references(figures, row, rule, references), STATUS_OK);
    for (size_t i = 0; i < world->scope_count; i++) {
        char scope[CODE_LENGTH_MAX + 8];
        expected_t expected;
        scope_format(world->network, world->scopes[i], scope, sizeof scope);
        expected_open(&expected, world, row, world->scopes[i], rule);
        expect_cell(id, scope, &cells[i], &expected.cell);
        expect_references(id, scope, &references[i], &expected.references);
        if (random_below(state, 8) == 0)
            expect_stores(figures, row, i, rule, &expected, slots);
        expected_close(&expected);
        references_fini(&references[i]);
    }
    free(slots);
}

/* ---- The parts ---- */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

Test(select, a_value_at_a_place_is_that_of_the_sorted_values)
{
    static double values[4000], sorted[4000];
    uint64_t state = random_seed("select");
    for (int run = 0; run < 400; run++) {
        size_t count = 1 + random_below(&state, run % 4 ? 60 : 4000), place = random_below(&state, count);
        uint64_t bound = 1 + random_below(&state, 1 + random_below(&state, 10000)), kind = random_below(&state, 4);
        for (size_t i = 0; i < count; i++) {
            uint64_t at = kind == 1 ? i : kind == 2 ? count - i : kind == 3 ? (i < count / 2 ? i : count - i) : 0;
            values[i] = sorted[i] = kind ? (double)at : (double)random_below(&state, bound) - (double)bound / 2;
        }
        qsort(sorted, count, sizeof *sorted, compare_doubles);
        double value = select_value(values, count, place);
        cr_assert_eq(value, sorted[place]);
        cr_assert_eq(values[place], value);
        for (size_t i = 0; i < count; i++)
            cr_assert(i < place ? values[i] <= value : values[i] >= value);
        qsort(values, count, sizeof *values, compare_doubles);
        cr_assert(memcmp(values, sorted, count * sizeof *values) == 0);
    }
}

Test(buckets, stand_in_the_order_of_their_values)
{
    static double values[3000];
    static uint16_t buckets[3000];
    static uint32_t places[3001];
    uint64_t state = random_seed("buckets");
    for (int run = 0; run < 200; run++) {
        size_t count = random_below(&state, 3000), drawn = count < 200 ? count : 200;
        uint32_t counts[BUCKET_ROOM] = {0};
        double sample[200], scale = pow(10, (double)random_below(&state, 600) - 300);
        bool is_whole = random_below(&state, 2);
        for (size_t i = 0; i < count; i++) {
            values[i] = (double)random_below(&state, 1 + random_below(&state, 2000)) - 300;
            values[i] = random_below(&state, 30) ? values[i] * (is_whole ? 1 : scale) : NAN;
            if (random_below(&state, 100) == 0)
                values[i] = random_below(&state, 2) ? 1e300 : -1e300;
        }
        memcpy(sample, values, drawn * sizeof *sample);
        bucket_map_t map = bucket_map_make(sample, drawn, is_whole);
        buckets_deal(map, values, count, buckets, counts);
        for (size_t i = 0; i < count; i++) {
            double only;
            size_t other = random_below(&state, count);
            cr_assert_eq(buckets[i] == BUCKET_NONE, isnan(values[i]));
            cr_assert(buckets[i] <= BUCKETS);
            cr_assert(isnan(values[i]) || !(values[i] < values[other]) || buckets[i] <= buckets[other]);
            cr_assert(isnan(values[i]) || !bucket_map_value(map, buckets[i], &only) || values[i] == only);
        }
        unsigned first = 1 + (unsigned)random_below(&state, BUCKETS),
                 last = first + (unsigned)random_below(&state, BUCKETS - first + 1);
        size_t found = buckets_collect(buckets, count, first, last, places), expected = 0;
        for (size_t i = 0; i < count; i++)
            if (buckets[i] >= first && buckets[i] <= last)
                cr_assert(expected < found && places[expected++] == i);
        cr_assert_eq(found, expected);
    }
}

Test(figures, values_too_far_apart_for_a_difference_have_buckets)
{
    double values[8] = {-1.7e308, -1.6e308, -1.5e308, 1, 1.5e308, 1.6e308, 1.7e308, NAN}, sample[8];
    uint16_t buckets[8];
    uint32_t counts[BUCKET_ROOM] = {0};
    memcpy(sample, values, sizeof sample);
    buckets_deal(bucket_map_make(sample, 8, false), values, 8, buckets, counts);
    for (size_t i = 0; i < 8; i++)
        cr_assert_eq(buckets[i] == BUCKET_NONE, isnan(values[i]), "value %zu", i);
}

Test(figures, by_selection_are_those_by_ordering)
{
    uint64_t state = random_seed("figures");
    for (int run = 0; run < 25; run++) {
        world_t world;
        figures_t *figures = NULL;
        world_open(&world, &state);
        benchmark_rule_t rule = BENCHMARK_RULE_DEFAULT;
        if (random_below(&state, 2))
            rule = (benchmark_rule_t){(uint32_t)random_below(&state, 120), 100, (uint32_t)random_below(&state, 700),
                                      (uint32_t)random_below(&state, 400)};
        cr_assert_eq(figures_create(world.month, world.scopes, world.scope_count, &figures), STATUS_OK);
        for (size_t i = 0; i < world.catalog->table_row_count; i++)
            check_row(&world, figures, world.catalog->table_rows[i], &rule, &state);
        figures_destroy(&figures);
        world_close(&world);
    }
}
