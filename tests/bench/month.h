/* A month in memory to measure on: the builtin catalog, a network of 31 regions of skewed sizes under the nation, the
 * same facts each time. */
#pragma once

#include "core/tables.h"

#define BENCH_REGIONS 31

typedef struct {
    catalog_t *catalog;
    network_t *network;
    month_t *month;
    uint32_t dealers;
    scope_t scopes[BENCH_REGIONS + 1]; /* the nation, then the regions, the largest first */
} bench_t;

/* Ends the program where something that must work did not. */
void must(bool done, const char *what);

void bench_init(bench_t *bench, uint32_t dealers);
void bench_fini(bench_t *bench);

/* 0 <= ... < 1, the same numbers in each run. */
double draw(void);
/* The facts of one store, in the builtin catalog's order. */
void make_facts(int64_t *out);

/* This thread's CPU time in milliseconds. */
double cpu_now(void);

/* For qsort. */
int compare_doubles(const void *left, const void *right);
