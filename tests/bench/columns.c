/* What figures cost that are computed from a month's columns in memory, on one core: `yardstick-columns [DEALERS
 * [ROUNDS [CASE]]]` (tests/bench/month.h).
 * Prints key=value lines: CPU milliseconds (the least and the median of the rounds), and what they come to for each
 * value. */
#include "tests/bench/month.h"

#include "core/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGIONS    BENCH_REGIONS
#define ROUNDS_MAX 1000

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
    bench_fini(&bench);
    return EXIT_SUCCESS;
}
