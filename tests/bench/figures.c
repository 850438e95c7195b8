/* The questions of `./run bench query` in process, on the newest month of the generated network: what computing costs
 * where nothing is sent. `yardstick-bench-figures DEALERS` takes a line on standard input and answers with a line of
 * JSON,
 * {"us": microseconds}:
 *   floor            one pass over the month's columns: every fact of every store read once
 *   table scratch    the benchmark table, every row x nation and regions, computed from the columns behind a change
 *   table index      the same from the order index, behind a change; index: build it first
 *   change           one store's facts replaced by newer ones
 *   index            the index built: {"us": …, "bytes": …}
 *   compare scratch|index, rank scratch|index ROW: of a store; of the largest region */
#include "tests/bench/network.h"

#include "core/order_index.h"
#include "core/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NEWEST     11 /* month of the sample */
#define LINE_SIZE  200
#define ROOM_BYTES (1ul << 30)

typedef struct {
    sample_t sample;
    network_t *network;
    month_t *month, *indexed; /* the same, without and with an index */
    scope_t scopes[SAMPLE_REGIONS + 1];
    uint32_t version;
} work_t;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench-figures: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

/* ---- the month ---- */

static month_t *make_month(const work_t *work)
{
    int64_t facts[CATALOG_FACTS_MAX];
    month_t *month = month_create(work->sample.catalog, work->network, SAMPLE_FIRST + NEWEST);
    must(month, "making a month");
    for (uint32_t dealer = 0; dealer < work->sample.dealers; dealer++)
        if (sample_facts(&work->sample, dealer, NEWEST, 0, facts))
            month_set(month, dealer, facts, false); /* codes are in the order of numbers */
    return month;
}

static void make_work(uint32_t dealers, work_t *work)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    CLEANUP(faults_fini) faults_t faults = {0};
    network_lines_t lines = {0};
    must(sample_init(dealers, &work->sample) == STATUS_OK && arena &&
             sample_lines(&work->sample, arena, &lines) == STATUS_OK &&
             network_build(&lines, &work->network, &faults) == STATUS_OK,
         "making the network");
    work->scopes[0] = (scope_t){SCOPE_NATION, 0};
    for (uint32_t r = 0; r < SAMPLE_REGIONS; r++)
        work->scopes[r + 1] = (scope_t){SCOPE_REGION, r};
    work->month = make_month(work);
    work->indexed = make_month(work);
    order_index_allow(work->indexed, ROOM_BYTES);
}

static void fini_work(work_t *work)
{
    month_destroy(&work->month);
    month_destroy(&work->indexed);
    network_destroy(&work->network);
    sample_fini(&work->sample);
}

/* ---- the questions: each returns microseconds ---- */

static double change(work_t *work, month_t *month)
{
    int64_t facts[CATALOG_FACTS_MAX];
    uint32_t dealer = (uint32_t)(++work->version * UINT64_C(7919) % work->sample.dealers);
    sample_facts(&work->sample, dealer, NEWEST, work->version, facts);
    double begun = now_us();
    month_set(month, dealer, facts, false);
    return now_us() - begun;
}

static double pass(const work_t *work)
{
    static volatile uint64_t seen;
    const month_t *month = work->month;
    double begun = now_us();
    uint64_t sum = 0; /* wraps: FACT_ABSENT is a large number */
    for (size_t fact = 0; fact < work->sample.catalog->fact_count; fact++)
        for (uint32_t slot = 0; slot < month->count; slot++)
            sum += (uint64_t)month->columns[fact][slot];
    seen = sum;
    (void)seen;
    return now_us() - begun;
}

static double table(work_t *work, month_t *month)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    benchmark_answer_t *answer = NULL;
    change(work, month);
    double begun = now_us();
    must(arena && benchmark_compute(month, &BENCHMARK_RULE_DEFAULT, work->scopes, SAMPLE_REGIONS + 1, SIZE_MAX, NULL,
                                    arena, &answer) == STATUS_OK,
         "the table");
    return now_us() - begun;
}

static double compare(work_t *work, month_t *month)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    compare_answer_t *answer = NULL;
    change(work, month);
    double begun = now_us();
    must(arena && compare_compute(month, &BENCHMARK_RULE_DEFAULT, 0, sample_region_of(&work->sample, 0), NULL, 0, NULL,
                                  arena, &answer) == STATUS_OK,
         "the comparison");
    return now_us() - begun;
}

static double rank(work_t *work, month_t *month, const char *row)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    rank_answer_t *answer = NULL;
    size_t index = catalog_find_row(work->sample.catalog, row);
    must(arena && index != ROW_NONE, row);
    change(work, month);
    double begun = now_us();
    must(rank_compute(month, index, work->scopes[1], arena, &answer) == STATUS_OK, "the ranking");
    return now_us() - begun;
}

static double build_index(work_t *work)
{
    const catalog_t *catalog = work->sample.catalog;
    order_index_drop(work->indexed);
    double begun = now_us();
    for (size_t i = 0; i < catalog->table_row_count; i++)
        must(order_index_find(work->indexed, catalog->table_rows[i], UINT64_MAX / 2) != NULL, "building the index");
    return now_us() - begun;
}

/* Microseconds; negative where the line asks for nothing known. */
static double answer_line(work_t *work, char *line)
{
    const char *what = strtok(line, " \n"), *how = strtok(NULL, " \n"), *row = strtok(NULL, " \n");
    month_t *month = how && strcmp(how, "index") == 0 ? work->indexed : work->month;
    if (!what)
        return -1;
    if (strcmp(what, "floor") == 0)
        return pass(work);
    if (strcmp(what, "index") == 0)
        return build_index(work);
    if (strcmp(what, "change") == 0)
        return change(work, month);
    if (strcmp(what, "table") == 0)
        return table(work, month);
    if (strcmp(what, "compare") == 0)
        return compare(work, month);
    return strcmp(what, "rank") == 0 && row ? rank(work, month, row) : -1;
}

int main(int argc, char **argv)
{
    work_t work = {0};
    char line[LINE_SIZE];
    if (argc != 2) {
        fputs("usage: yardstick-bench-figures DEALERS\n", stderr);
        return 2;
    }
    make_work((uint32_t)strtoul(argv[1], NULL, 10), &work);
    while (fgets(line, sizeof line, stdin)) {
        double us = answer_line(&work, line);
        must(us >= 0, "a question");
        printf("{\"us\": %.3f, \"bytes\": %zu}\n", us, order_index_bytes(work.indexed));
        fflush(stdout);
    }
    fini_work(&work);
    return EXIT_SUCCESS;
}
