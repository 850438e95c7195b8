/* What a month in memory costs, columns built directly: `yardstick-bench-memory DEALERS` makes the generated network
 * and its newest month, and prints one line of JSON: private bytes (RssAnon, so what the allocator takes too) of the
 * network a dealer, of the columns a dealer-month, of the order index a dealer-month, what the month itself says of
 * both (its cache's budget), and the time of making and filling it and of the benchmark table without the index, of the
 * index, and of the table with it. */
#include "tests/bench/network.h"

#include "core/order_index.h"
#include "core/tables.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NEWEST 11 /* month of the sample */
#define TABLES 3  /* the least of so many */

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench-memory: %s failed\n", what);
    exit(EXIT_FAILURE);
}

/* This thread's CPU time. */
static double cpu_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static double private_bytes(void)
{
    char line[200];
    long kib = -1;
    malloc_trim(0);
    FILE *file = fopen("/proc/self/status", "re");
    must(file, "reading /proc");
    while (kib < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kib = strtol(line + 8, NULL, 10);
    fclose(file);
    must(kib >= 0, "reading RssAnon");
    return (double)kib * 1024;
}

static network_t *make_network(const sample_t *sample)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
    CLEANUP(faults_fini) faults_t faults = {0};
    network_lines_t lines = {0};
    network_t *network = NULL;
    must(arena && sample_lines(sample, arena, &lines) == STATUS_OK &&
             network_build(&lines, &network, &faults) == STATUS_OK,
         "making the network");
    return network;
}

/* Milliseconds. */
static double make_month(const sample_t *sample, const network_t *network, month_t **out)
{
    int64_t(*facts)[CATALOG_FACTS_MAX] = calloc(1024, sizeof *facts);
    bool has[1024];
    double spent = -cpu_ms();
    month_t *month = month_create(sample->catalog, network, SAMPLE_FIRST + NEWEST);
    spent += cpu_ms();
    must(facts && month, "making a month");
    for (uint32_t first = 0; first < sample->dealers; first += 1024) { /* drawing them is not part of the time */
        uint32_t count = sample->dealers - first < 1024 ? sample->dealers - first : 1024;
        for (uint32_t i = 0; i < count; i++)
            has[i] = sample_facts(sample, first + i, NEWEST, 0, facts[i]);
        spent -= cpu_ms();
        for (uint32_t i = 0; i < count; i++)
            if (has[i])
                month_set(month, first + i, facts[i], false);
        spent += cpu_ms();
    }
    free(facts);
    *out = month;
    return spent;
}

/* The benchmark table, nation and regions; milliseconds, the least of some runs. */
static double table_ms(const month_t *month)
{
    scope_t scopes[SAMPLE_REGIONS + 1] = {{SCOPE_NATION, 0}};
    double least = 0;
    for (uint32_t r = 0; r < SAMPLE_REGIONS; r++)
        scopes[r + 1] = (scope_t){SCOPE_REGION, r};
    for (int i = 0; i < TABLES; i++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 2);
        benchmark_answer_t *answer = NULL;
        double begun = cpu_ms();
        must(arena && benchmark_compute(month, &BENCHMARK_RULE_DEFAULT, scopes, SAMPLE_REGIONS + 1, SIZE_MAX, NULL,
                                        arena, &answer) == STATUS_OK,
             "the table");
        double spent = cpu_ms() - begun;
        least = i == 0 || spent < least ? spent : least;
    }
    return least;
}

/* Milliseconds. */
static double build_index(const sample_t *sample, const month_t *month)
{
    double begun = cpu_ms();
    order_index_allow(month, SIZE_MAX);
    for (size_t i = 0; i < sample->catalog->table_row_count; i++)
        must(order_index_find(month, sample->catalog->table_rows[i], UINT64_MAX / 2) != NULL, "building the index");
    return cpu_ms() - begun;
}

int main(int argc, char **argv)
{
    sample_t sample;
    month_t *month = NULL;
    long dealers = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (dealers < 1 || dealers > NETWORK_DEALERS_MAX) {
        fputs("usage: yardstick-bench-memory DEALERS\n", stderr);
        return 2;
    }
    must(sample_init((uint32_t)dealers, &sample) == STATUS_OK, "the sample");
    double before = private_bytes();
    network_t *network = make_network(&sample);
    double with_network = private_bytes();
    double make_ms = make_month(&sample, network, &month);
    double with_month = private_bytes(), month_says = (double)month->bytes;
    double scratch_ms = table_ms(month);
    double with_table = private_bytes();
    double index_ms = build_index(&sample, month), with_index = private_bytes();
    double indexed_ms = table_ms(month);
    printf("{\"dealers\": %ld, \"network_bytes\": %.1f, \"month_bytes\": %.1f, \"month_says\": %.1f, "
           "\"index_bytes\": %.1f, \"index_says\": %.1f, \"make_ms\": %.3f, \"table_ms\": %.3f, \"index_ms\": %.3f, "
           "\"indexed_table_ms\": %.3f}\n",
           dealers, (with_network - before) / (double)dealers, (with_month - with_network) / (double)dealers,
           month_says / (double)dealers, (with_index - with_table) / (double)dealers,
           (double)order_index_bytes(month) / (double)dealers, make_ms, scratch_ms, index_ms, indexed_ms);
    month_destroy(&month);
    network_destroy(&network);
    sample_fini(&sample);
    return EXIT_SUCCESS;
}
