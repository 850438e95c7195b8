/* Any bytes as a catalog: refused with a fault, or loaded; what loads, loads again from its own text to the same
 * digest, and every row and check can be evaluated on any facts, the fast way and exactly alike. */
#include "core/catalog.h"
#include "core/limits.h"

#include <math.h>
#include <stdlib.h>

#define STORES 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static int64_t random_fact(uint64_t *state)
{
    switch (next_random(state) % 8) {
    case 0:
        return FACT_ABSENT;
    case 1:
        return 0;
    case 2:
        return FACT_VALUE_MAX;
    case 3:
        return -(int64_t)(next_random(state) % 1000);
    default:
        return (int64_t)(next_random(state) % 10000);
    }
}

/* Both are the nearest double, or both none. */
static void require_alike(double fast, bool has_value, double exact)
{
    if (!has_value)
        require(isnan(fast));
    else
        require(fast == exact);
}

static void evaluate_row(const row_t *row, const int64_t *const *columns, size_t inputs)
{
    double values[STORES];
    int64_t store[2 * CATALOG_FACTS_MAX];
    mpq_t exact;
    mpq_init(exact);
    require(formula_evaluate_columns(row->formula, columns, 0, STORES, values) == STATUS_OK);
    for (size_t at = 0; at < STORES; at++) {
        for (size_t i = 0; i < inputs; i++)
            store[i] = columns[i][at];
        bool has_value = formula_evaluate_store(row->formula, store, exact);
        require_alike(values[at], has_value, has_value ? formula_to_double(exact) : 0);
    }
    mpq_clear(exact);
}

static void evaluate(const catalog_t *catalog)
{
    static int64_t facts[2 * CATALOG_FACTS_MAX][STORES];
    const int64_t *columns[2 * CATALOG_FACTS_MAX];
    int64_t first[2 * CATALOG_FACTS_MAX];
    size_t failed[CATALOG_CHECKS_MAX], inputs = 2 * catalog->fact_count;
    uint64_t state = catalog->digest;
    for (size_t i = 0; i < inputs; i++) {
        columns[i] = facts[i];
        for (size_t at = 0; at < STORES; at++)
            facts[i][at] = random_fact(&state);
        first[i] = facts[i][0];
    }
    for (size_t i = 0; i < catalog->row_count; i++)
        evaluate_row(&catalog->rows[i], columns, inputs);
    require(catalog_run_checks(catalog, first, failed) <= catalog->check_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    catalog_t *catalog = NULL, *again = NULL;
    faults_t faults = {0};
    status_t status = catalog_load((span_t){data, size}, &catalog, &faults);
    require((status == STATUS_OK) == (catalog != NULL));
    require((status == STATUS_INVALID) == !faults_empty(&faults));
    if (catalog) {
        require(catalog_load((span_t){(const uint8_t *)catalog->yaml, catalog->yaml_size}, &again, &faults) ==
                STATUS_OK);
        require(again->digest == catalog->digest && again->row_count == catalog->row_count);
        evaluate(catalog);
    }
    catalog_destroy(&again);
    catalog_destroy(&catalog);
    faults_fini(&faults);
    return 0;
}
