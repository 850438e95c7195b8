/* A month of a generated network, for what is measured in memory: 31 regions of skewed sizes under the nation, the
 * builtin catalog, the same facts each time. */
#include "tests/bench/month.h"

#include "core/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REGIONS BENCH_REGIONS

void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(EXIT_FAILURE);
}

/* ---- A month ---- */

static uint64_t state = 20250601;

/* 0 ≤ … < 1 (splitmix64). */
double draw(void)
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
void make_facts(int64_t *out)
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

void bench_init(bench_t *bench, uint32_t dealers)
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

void bench_fini(bench_t *bench)
{
    month_destroy(&bench->month);
    network_destroy(&bench->network);
    catalog_destroy(&bench->catalog);
}

double cpu_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}
