/* What a month's index costs and saves, on one core: `yardstick-index [DEALERS [ROUNDS]]` (tests/bench/month.h). Prints
 * key=value lines: CPU time, the median of the rounds and the least. */
#include "tests/bench/month.h"

#include "core/limits.h"
#include "core/order_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 1000
#define CHANGES    500 /* of one round */

static void table(const bench_t *bench)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    benchmark_answer_t *answer;
    must(arena && benchmark_compute(bench->month, &BENCHMARK_RULE_DEFAULT, bench->scopes, BENCH_REGIONS + 1, SIZE_MAX,
                                    NULL, arena, &answer) == STATUS_OK,
         "the table");
}

static void compare(const bench_t *bench)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    compare_answer_t *answer;
    must(arena && compare_compute(bench->month, &BENCHMARK_RULE_DEFAULT, bench->month->dealers[0], 0, NULL, 0, NULL,
                                  arena, &answer) == STATUS_OK,
         "the comparison");
}

static void rank_largest(const bench_t *bench)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    rank_answer_t *answer;
    must(arena && rank_compute(bench->month, catalog_find_row(bench->catalog, "contact_capture_rate"), bench->scopes[1],
                               arena, &answer) == STATUS_OK,
         "the ranking");
}

static void build(const bench_t *bench)
{
    order_index_drop(bench->month);
    for (size_t i = 0; i < bench->catalog->table_row_count; i++)
        must(order_index_find(bench->month, bench->catalog->table_rows[i], UINT64_MAX / 2) != NULL, "building");
}

static uint32_t any_dealer(const bench_t *bench)
{
    return (uint32_t)(draw() * bench->dealers);
}

static void revise(const bench_t *bench)
{
    int64_t facts[CATALOG_FACTS_MAX];
    make_facts(facts);
    month_set(bench->month, any_dealer(bench), facts, false);
}

/* One fact a little higher, as corrections are. */
static void correct(const bench_t *bench)
{
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    uint32_t dealer = any_dealer(bench);
    month_inputs(bench->month, bench->month->slots[dealer], inputs);
    if (inputs[1] == FACT_ABSENT)
        return;
    inputs[1] += 3;
    month_set(bench->month, dealer, inputs, false);
}

static void withdraw(const bench_t *bench, uint32_t dealer)
{
    month_set(bench->month, dealer, NULL, false);
}

/* ---- Rounds: each returns milliseconds of one deed ---- */

static double time_of(const bench_t *bench, void (*deed)(const bench_t *), int times)
{
    double begun = cpu_now();
    for (int i = 0; i < times; i++)
        deed(bench);
    return (cpu_now() - begun) / times;
}

static double time_build(const bench_t *bench)
{
    return time_of(bench, build, 1);
}

static double time_first_table(const bench_t *bench)
{
    build(bench);
    return time_of(bench, table, 1);
}

static double time_table_after(const bench_t *bench, int changes)
{
    double begun = cpu_now();
    for (int i = 0; i < changes; i++)
        revise(bench);
    table(bench);
    return cpu_now() - begun;
}

static double time_table_after_one(const bench_t *bench)
{
    return time_table_after(bench, 1);
}

static double time_table_after_100(const bench_t *bench)
{
    return time_table_after(bench, 100);
}

static double time_compare_after_one(const bench_t *bench)
{
    revise(bench);
    return time_of(bench, compare, 1);
}

static double time_rank(const bench_t *bench)
{
    return time_of(bench, rank_largest, 1);
}

static double time_revision(const bench_t *bench)
{
    return time_of(bench, revise, CHANGES);
}

static double time_correction(const bench_t *bench)
{
    return time_of(bench, correct, CHANGES);
}

static double time_submission(const bench_t *bench)
{
    for (uint32_t i = 0; i < CHANGES; i++)
        withdraw(bench, i * 7 % bench->dealers);
    double begun = cpu_now();
    for (uint32_t i = 0; i < CHANGES; i++) {
        int64_t facts[CATALOG_FACTS_MAX];
        make_facts(facts);
        month_set(bench->month, i * 7 % bench->dealers, facts, false);
    }
    return (cpu_now() - begun) / CHANGES;
}

static double time_clone_of(const month_t *month)
{
    double begun = cpu_now();
    CLEANUP(month_destroy) month_t *clone = month_clone(month);
    must(clone != NULL, "cloning");
    return cpu_now() - begun;
}

static double time_clone(const bench_t *bench)
{
    return time_clone_of(bench->month);
}

/* The same month without an index. */
static month_t *make_plain(const bench_t *bench)
{
    month_t *plain = month_clone(bench->month);
    must(plain != NULL, "cloning");
    order_index_allow(plain, 0);
    order_index_drop(plain);
    return plain;
}

static double time_clone_plain(const bench_t *bench)
{
    CLEANUP(month_destroy) month_t *plain = make_plain(bench);
    return time_clone_of(plain);
}

static double time_columns_table(const bench_t *bench)
{
    CLEANUP(month_destroy) month_t *plain = make_plain(bench);
    bench_t columns = *bench;
    columns.month = plain;
    return time_of(&columns, table, 1);
}

typedef struct {
    const char *name;
    double (*run)(const bench_t *bench);
} case_t;

static const case_t CASES[] = {
    {"build", time_build},
    {"columns_table", time_columns_table},
    {"first_table", time_first_table},
    {"table_after_1", time_table_after_one},
    {"table_after_100", time_table_after_100},
    {"compare_after_1", time_compare_after_one},
    {"rank_largest", time_rank},
    {"submission", time_submission},
    {"revision", time_revision},
    {"correction", time_correction},
    {"clone", time_clone},
    {"clone_plain", time_clone_plain},
};

int main(int argc, char **argv)
{
    bench_t bench = {.scopes = {{SCOPE_NATION, 0}}};
    static double times[ROUNDS_MAX];
    long dealers = argc > 1 ? strtol(argv[1], NULL, 10) : 100000, rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 11;
    const char *only = argc > 3 ? argv[3] : NULL;
    must(dealers > 0 && dealers <= NETWORK_DEALERS_MAX && rounds > 0 && rounds <= ROUNDS_MAX, "reading the arguments");
    bench_init(&bench, (uint32_t)dealers);
    order_index_allow(bench.month, SIZE_MAX);
    build(&bench);
    printf("dealers=%u rows=%zu scopes=%u month_bytes_a_dealer=%.0f index_bytes_a_dealer=%.0f\n", bench.dealers,
           bench.catalog->table_row_count, BENCH_REGIONS + 1, (double)bench.month->bytes / bench.dealers,
           (double)order_index_bytes(bench.month) / bench.dealers);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        if (only && strcmp(only, CASES[i].name) != 0)
            continue;
        for (long round = 0; round < rounds; round++)
            times[round] = CASES[i].run(&bench);
        qsort(times, (size_t)rounds, sizeof *times, compare_doubles);
        printf("%s_us=%.2f least=%.2f\n", CASES[i].name, times[rounds / 2] * 1e3, times[0] * 1e3);
        fflush(stdout);
    }
    printf("index_bytes_a_dealer=%.0f\n", (double)order_index_bytes(bench.month) / bench.dealers);
    bench_fini(&bench);
    return EXIT_SUCCESS;
}
