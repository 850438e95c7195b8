/* What figures cost that are computed from a month's columns in memory, on one core: `yardstick-columns [DEALERS
 * [ROUNDS]]`. A network of 31 regions of skewed sizes under the nation, the builtin catalog, the same facts each time.
 * Prints key=value lines: CPU milliseconds (the least and the median of the rounds), and what they come to for each
 * value. */
#include "core/limits.h"
#include "core/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REGIONS    31
#define ROUNDS_MAX 1000

typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *month;
    uint32_t dealers;
    scope_t scopes[REGIONS + 1]; /* the nation, then the regions, the largest first */
} bench_t;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "columns: %s failed\n", what);
    exit(EXIT_FAILURE);
}

/* ---- A month ---- */

static uint64_t state = 20250601;

/* 0 ≤ … < 1 (splitmix64). */
static double draw(void)
{
    uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* About e^(N(0, 1) spread), by a sum of twelve. */
static double skewed(double spread)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += draw();
    return exp(sum * spread);
}

/* Some share of a count, give or take. */
static int64_t part(int64_t of, double share)
{
    return (int64_t)((double)of * share * (0.5 + draw()));
}

/* The facts of one store, in the builtin catalog's order. */
static void make_facts(int64_t *out)
{
    int64_t visits = draw() < 0.01 ? 0 : (int64_t)(180 * skewed(0.6));
    int64_t prospects = part(visits, 0.6), retained = (int64_t)(90 * skewed(0.7));
    int64_t new_orders = part(prospects, 0.12), retained_orders = part(retained, 0.15);
    int64_t carried = (int64_t)(20 * skewed(0.5)), delivered = part(new_orders + retained_orders + carried, 0.55);
    const int64_t facts[] = {(int64_t)(6000000 * skewed(0.8)),
                             visits,
                             prospects,
                             retained,
                             new_orders,
                             retained_orders,
                             carried,
                             delivered,
                             part(delivered, 0.5),
                             part(delivered, 0.12),
                             part(delivered, 0.2),
                             part(delivered, 0.08),
                             part(delivered, 0.05),
                             part(delivered, 0.15),
                             part(delivered, 0.1)};
    memcpy(out, facts, sizeof facts);
}

static void make_network(bench_t *bench)
{
    static char regions[REGIONS][8];
    network_region_line_t region_lines[REGIONS];
    for (unsigned i = 0; i < REGIONS; i++) {
        snprintf(regions[i], sizeof regions[i], "R%02u", i);
        region_lines[i] = (network_region_line_t){regions[i], "", "", 0};
        bench->scopes[i + 1] = (scope_t){SCOPE_REGION, i};
    }
    uint32_t count = bench->dealers;
    char(*codes)[12] = malloc(count * sizeof *codes);
    network_dealer_line_t *dealers = calloc(count, sizeof *dealers);
    network_membership_line_t *memberships = calloc(count, sizeof *memberships);
    must(codes && dealers && memberships, "memory");
    for (uint32_t i = 0; i < count; i++) {
        double share = 0.105, at = draw();
        unsigned region = 0;
        for (; region < REGIONS - 1 && at >= share; region++, share *= 0.897)
            at -= share;
        snprintf(codes[i], sizeof codes[i], "D%07u", i);
        dealers[i] = (network_dealer_line_t){codes[i], "", "", 0};
        memberships[i] = (network_membership_line_t){codes[i], regions[region], period_make(2025, 1), 0};
    }
    network_lines_t lines = {region_lines, REGIONS, dealers, count, memberships, count, NULL, 0};
    faults_t faults = {0};
    must(network_build(&lines, &bench->network, &faults) == STATUS_OK, "the network");
    free(codes);
    free(dealers);
    free(memberships);
}

static void bench_init(bench_t *bench, uint32_t dealers)
{
    faults_t faults = {0};
    bench->dealers = dealers;
    must(catalog_load(catalog_builtin(), &bench->catalog, &faults) == STATUS_OK, "the catalog");
    must(bench->catalog->fact_count == 15, "knowing the catalog");
    make_network(bench);
    must((bench->month = month_create(bench->catalog, bench->network, period_make(2025, 6))) != NULL, "memory");
    int64_t facts[CATALOG_FACTS_MAX];
    for (uint32_t i = 0; i < dealers; i++) {
        make_facts(facts);
        if (draw() >= 0.02)
            month_set(bench->month, i, facts, false);
    }
}

/* ---- Cases ---- */

/* The floor: each number of the month looked at once. */
static void pass(const bench_t *bench, arena_t *arena)
{
    (void)arena;
    volatile int64_t kept;
    int64_t sum = 0;
    for (size_t fact = 0; fact < bench->catalog->fact_count; fact++)
        for (uint32_t slot = 0; slot < bench->month->count; slot++)
            sum += bench->month->columns[fact][slot] & INT64_C(0xffffffff);
    kept = sum;
    (void)kept;
}

static void table(const bench_t *bench, arena_t *arena)
{
    benchmark_answer_t *answer;
    must(benchmark_compute(bench->month, &BENCHMARK_RULE_DEFAULT, bench->scopes, REGIONS + 1, SIZE_MAX, NULL, arena,
                           &answer) == STATUS_OK,
         "the table");
}

static void compare(const bench_t *bench, arena_t *arena)
{
    compare_answer_t *answer;
    must(compare_compute(bench->month, &BENCHMARK_RULE_DEFAULT, bench->month->dealers[0], 0, NULL, 0, NULL, arena,
                         &answer) == STATUS_OK,
         "the comparison");
}

static void rank_row(const bench_t *bench, const char *row, scope_t scope, arena_t *arena)
{
    rank_answer_t *answer;
    must(rank_compute(bench->month, catalog_find_row(bench->catalog, row), scope, arena, &answer) == STATUS_OK,
         "the ranking");
}

static void rank_ratio(const bench_t *bench, arena_t *arena)
{
    rank_row(bench, "contact_capture_rate", bench->scopes[1], arena);
}

static void rank_count(const bench_t *bench, arena_t *arena)
{
    rank_row(bench, "used_car_trade_ins", bench->scopes[1], arena);
}

typedef struct {
    const char *name;
    void (*run)(const bench_t *bench, arena_t *arena);
    bool rows; /* of every row of the tables, else of one */
} case_t;

static const case_t CASES[] = {
    {"pass", pass, false},
    {"table", table, true},
    {"compare", compare, true},
    {"rank_ratio", rank_ratio, false},
    {"rank_count", rank_count, false},
};

static double cpu_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* CPU milliseconds of one run that finds nothing computed before. */
static double time_case(bench_t *bench, const case_t *timed)
{
    CLEANUP(month_destroy) month_t *kept = bench->month;
    bench->month = month_clone(kept);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    must(bench->month && arena, "memory");
    double begun = cpu_now();
    timed->run(bench, arena);
    return cpu_now() - begun;
}

int main(int argc, char **argv)
{
    bench_t bench = {.scopes = {{SCOPE_NATION, 0}}};
    static double times[sizeof CASES / sizeof *CASES][ROUNDS_MAX];
    long dealers = argc > 1 ? strtol(argv[1], NULL, 10) : 100000, rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 11;
    must(dealers > 0 && dealers <= NETWORK_DEALERS_MAX && rounds > 0 && rounds <= ROUNDS_MAX, "reading the arguments");
    const char *only = argc > 3 ? argv[3] : NULL;
    bench_init(&bench, (uint32_t)dealers);
    printf("dealers=%u rows=%zu scopes=%u bytes=%zu\n", bench.dealers, bench.catalog->table_row_count, REGIONS + 1,
           bench.month->bytes);
    for (long round = 0; round < rounds; round++)
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
            if (!only || strcmp(only, CASES[i].name) == 0)
                times[i][round] = time_case(&bench, &CASES[i]);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        qsort(times[i], (size_t)rounds, sizeof times[i][0], compare_doubles);
        double values = (double)dealers * (CASES[i].rows ? (double)bench.catalog->table_row_count : 1);
        printf("%s_ms=%.3f %s_least_ms=%.3f %s_ns_per_value=%.2f\n", CASES[i].name, times[i][rounds / 2], CASES[i].name,
               times[i][0], CASES[i].name, times[i][rounds / 2] * 1e6 / values);
    }
    month_destroy(&bench.month);
    network_destroy(&bench.network);
    catalog_destroy(&bench.catalog);
    return EXIT_SUCCESS;
}
