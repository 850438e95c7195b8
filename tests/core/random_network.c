#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char TEST_CATALOG[] =
    "catalog: test\nversion: 1\ntitle: {zh: 测试, en: Test}\nfacts:\n"
    "  - {id: money, kind: flow, unit: CNY, decimals: 2, better: up, title: {zh: 钱, en: Money}}\n"
    "  - {id: visits, kind: flow, unit: count, decimals: 0, better: down, title: {zh: 来店, en: Visits}}\n"
    "  - {id: orders, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 订单, en: Orders}}\n"
    "  - {id: balance, kind: flow, unit: CNY, decimals: 2, better: up, signed: true, title: {zh: 余额, en: Balance}}\n"
    "  - {id: stock, kind: stock, unit: count, decimals: 0, better: neither, title: {zh: 库存, en: Stock}}\n"
    "kpis:\n"
    "  - {id: cost, formula: money / visits, unit: CNY, decimals: 2, better: down, min_base: 3, title: {zh: 成本, en: "
    "Cost}}\n"
    "  - {id: rate, formula: orders / visits, unit: ratio, decimals: 3, better: up, title: {zh: 率, en: Rate}}\n"
    "  - {id: margin, formula: balance / (visits - orders), unit: CNY, decimals: 2, better: up, title: {zh: 差, en: "
    "Margin}}\n"
    "  - {id: total, formula: visits + orders * 1.5, unit: count, decimals: 1, better: up, title: {zh: 合计, en: "
    "Total}}\n"
    "  - {id: mixed, formula: orders / visits + 0.5 * balance / stock, unit: ratio, decimals: 3, better: up, title: "
    "{zh: 混, en: Mixed}}\n"
    "  - {id: growth, formula: orders / previous(orders), unit: ratio, decimals: 3, better: up, min_base: 2.5, title: "
    "{zh: 增长, en: Growth}}\n"
    "  - {id: share, formula: orders / (orders + stock), unit: ratio, decimals: 3, better: neither, min_base: 2, "
    "title: {zh: 份额, en: Share}}\n"
    "  - {id: nested, formula: rate / share, unit: ratio, decimals: 3, better: down, min_base: 0.25, title: {zh: 嵌, "
    "en: Nested}}\n"
    "tables:\n"
    "  - {id: all, title: {zh: 全部, en: All}, rows: [money, visits, orders, balance, stock, cost, rate, margin, "
    "total, mixed, growth, "
    "share, nested]}\n";

uint64_t random_below(uint64_t *state, uint64_t bound)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % bound;
}

uint64_t random_seed(const char *test)
{
    const char *given = getenv("YARDSTICK_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    fprintf(stderr, "%s: YARDSTICK_SEED=%llu\n", test, (unsigned long long)seed);
    return seed;
}

catalog_t *test_catalog(void)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    catalog_t *catalog = NULL;
    status_t status = catalog_load((span_t){(const uint8_t *)TEST_CATALOG, strlen(TEST_CATALOG)}, &catalog, &faults);
    cr_assert_eq(status, STATUS_OK, "%s", faults.count ? faults.items[0].message : "no faults");
    return catalog;
}

#define REGIONS_MAX 12
#define DEALERS_MAX 60
#define CIRCLES_MAX 3

static network_t *random_network(uint64_t *state)
{
    static char region_codes[REGIONS_MAX][16], dealer_codes[DEALERS_MAX][16], circle_codes[CIRCLES_MAX][16];
    network_region_line_t regions[REGIONS_MAX];
    network_dealer_line_t dealers[DEALERS_MAX];
    network_membership_line_t memberships[2 * DEALERS_MAX];
    network_circle_line_t circles[CIRCLES_MAX * DEALERS_MAX];
    uint32_t region_count = 1 + (uint32_t)random_below(state, REGIONS_MAX),
             dealer_count = (uint32_t)random_below(state, DEALERS_MAX + 1);
    uint32_t membership_count = 0, circle_count = 0;
    period_t period = period_make(2025, 6);
    const period_t windows[5][2] = {{PERIOD_NONE, PERIOD_NONE},
                                    {period, PERIOD_NONE},
                                    {PERIOD_NONE, period},
                                    {PERIOD_NONE, period - 1},
                                    {period + 1, PERIOD_NONE}};
    for (uint32_t i = 0; i < region_count; i++) {
        snprintf(region_codes[i], 16, "r%u", (unsigned)i % 100);
        uint32_t parent = (uint32_t)random_below(state, i + 1);
        regions[i] = (network_region_line_t){region_codes[i], parent == i ? "" : region_codes[parent], "", i + 2};
    }
    for (uint32_t i = 0; i < dealer_count; i++) {
        snprintf(dealer_codes[i], 16, "D%u", (unsigned)i % 100); /* D10 comes before D2 */
        dealers[i] = (network_dealer_line_t){dealer_codes[i], "", "", i + 2};
        const char *region = region_codes[random_below(state, region_count)];
        memberships[membership_count++] =
            (network_membership_line_t){dealer_codes[i], region, period - 3 + (int)random_below(state, 5), 0};
        if (random_below(state, 8) == 0)
            memberships[membership_count++] =
                (network_membership_line_t){dealer_codes[i], random_below(state, 2) ? "" : region_codes[0],
                                            period - 10 + (int)random_below(state, 7), 0};
    }
    for (uint32_t c = 0; c < CIRCLES_MAX; c++) {
        snprintf(circle_codes[c], 16, "c%u", (unsigned)c % 100);
        for (uint32_t i = 0; i < dealer_count; i++)
            if (random_below(state, 3) == 0) {
                const period_t *window = windows[random_below(state, 5)];
                circles[circle_count++] =
                    (network_circle_line_t){circle_codes[c], dealer_codes[i], window[0], window[1], 0};
            }
    }
    network_lines_t lines = {regions,     region_count,     dealers, dealer_count,
                             memberships, membership_count, circles, circle_count};
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    status_t status = network_build(&lines, &network, &faults);
    cr_assert_eq(status, STATUS_OK, "%s", faults.count ? faults.items[0].message : "no faults");
    return network;
}

void random_facts(uint64_t *state, int64_t *out)
{
    /* Small numbers make ties and zeros; large ones reach beyond 53 bits. */
    uint64_t bound = random_below(state, 10) == 0 ? UINT64_C(1000000000000000) : 1 + random_below(state, 12);
    for (size_t i = 0; i < 5; i++)
        out[i] = random_below(state, 12) == 0 ? FACT_ABSENT : (int64_t)random_below(state, bound + 1);
    if (out[3] != FACT_ABSENT && random_below(state, 2))
        out[3] = -out[3];
}

void random_network_open(random_network_t *random, uint64_t *state)
{
    random->catalog = test_catalog();
    random->network = random_network(state);
    random->month = month_create(random->catalog, random->network, period_make(2025, 6));
    cr_assert_not_null(random->month);
    for (uint32_t dealer = 0; dealer < random->network->dealer_count; dealer++) {
        int64_t facts[5];
        random_facts(state, facts);
        if (random_below(state, 10))
            month_set(random->month, dealer, facts, random_below(state, 5) == 0);
        random_facts(state, facts);
        if (random_below(state, 10))
            month_set_previous(random->month, dealer, facts);
    }
}

void random_network_close(random_network_t *random)
{
    month_destroy(&random->month);
    network_destroy(&random->network);
    catalog_destroy(&random->catalog);
}

scope_t *every_scope(const network_t *network, arena_t *arena, size_t *out_count)
{
    size_t count = 0;
    scope_t *scopes = arena_array(arena, 2 + network->region_count + network->circle_count, sizeof *scopes);
    scopes[count++] = (scope_t){SCOPE_NATION, 0};
    for (uint32_t i = 0; i < network->region_count; i++)
        scopes[count++] = (scope_t){SCOPE_REGION, i};
    for (uint32_t i = 0; i < network->circle_count; i++)
        scopes[count++] = (scope_t){SCOPE_CIRCLE, i};
    scopes[count++] = (scope_t){SCOPE_NATION, 0}; /* named twice */
    *out_count = count;
    return scopes;
}
