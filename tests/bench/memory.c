/* What a month in memory costs, columns built directly: `yardstick-bench-memory DEALERS` makes the generated network
 * and its newest month, and prints one line of JSON. Private bytes (RssAnon, so what the allocator takes too) of the
 * network a dealer; a dealer-month those of the columns, of what a benchmark table leaves in the month, and of the
 * order index; what the month says of columns and index (its cache's budget); and CPU time. */
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

static void print(const char *name, double value, const char *before)
{
    printf("%s\"%s\": %.3f", before, name, value);
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
    print("network_bytes", (with_network - before) / (double)dealers, "{");
    print("month_bytes", (with_month - with_network) / (double)dealers, ", ");
    print("month_says", month_says / (double)dealers, ", ");
    print("table_bytes", (with_table - with_month) / (double)dealers, ", ");
    print("index_bytes", (with_index - with_table) / (double)dealers, ", ");
    print("index_says", (double)order_index_bytes(month) / (double)dealers, ", ");
    print("make_ms", make_ms, ", ");
    print("table_ms", scratch_ms, ", ");
    print("index_ms", index_ms, ", ");
    print("indexed_table_ms", indexed_ms, ", ");
    puts("}");
    month_destroy(&month);
    network_destroy(&network);
    sample_fini(&sample);
    return EXIT_SUCCESS;
}
