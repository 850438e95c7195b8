/* Caps of core/limits.h at the cap and one past it, where no module's own tests do it. */
#include "core/limits.h"

#include "core/catalog.h"
#include "core/network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_SIZE 24
#define JANUARY   24300 /* some month */

/* `count` codes "x0000000", each CODE_SIZE bytes after the one before. */
static char *make_codes(char letter, size_t count)
{
    char *codes = malloc(count * CODE_SIZE);
    cr_assert_not_null(codes);
    for (size_t i = 0; i < count; i++)
        snprintf(codes + i * CODE_SIZE, CODE_SIZE, "%c%07zu", letter, i);
    return codes;
}

static network_dealer_line_t *make_dealers(const char *codes, size_t count)
{
    network_dealer_line_t *dealers = calloc(count, sizeof *dealers);
    cr_assert_not_null(dealers);
    for (size_t i = 0; i < count; i++)
        dealers[i] = (network_dealer_line_t){codes + i * CODE_SIZE, "", "", (uint32_t)i + 2};
    return dealers;
}

/* Builds the lines: sound where `part` is NULL, else refused with a fault that holds it. */
static void assert_network(const network_lines_t *lines, const char *part)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(network_destroy) network_t *network = NULL;
    status_t status = network_build(lines, &network, &faults);
    const char *message = faults.count ? faults.items[0].message : "";
    cr_assert_eq(status, part ? STATUS_INVALID : STATUS_OK, "%s", message);
    cr_assert(!part || strstr(message, part), "%s", message);
}

Test(limits, a_network_holds_a_million_dealers_and_no_more)
{
    char *codes = make_codes('d', NETWORK_DEALERS_MAX + 1);
    network_dealer_line_t *dealers = make_dealers(codes, NETWORK_DEALERS_MAX + 1);
    network_lines_t lines = {.dealers = dealers, .dealer_count = NETWORK_DEALERS_MAX};
    assert_network(&lines, NULL);
    lines.dealer_count++;
    assert_network(&lines, "at most 1000000");
    free(dealers);
    free(codes);
}

Test(limits, a_network_holds_so_many_memberships_and_no_more)
{
    static const network_region_line_t regions[] = {{"r", "", "", 2}};
    const size_t dealer_count = 10000, months = NETWORK_MEMBERSHIPS_MAX / dealer_count;
    char *codes = make_codes('d', dealer_count);
    network_dealer_line_t *dealers = make_dealers(codes, dealer_count);
    network_membership_line_t *memberships = calloc(NETWORK_MEMBERSHIPS_MAX + 1, sizeof *memberships);
    cr_assert_not_null(memberships);
    for (size_t i = 0; i <= NETWORK_MEMBERSHIPS_MAX; i++)
        memberships[i] = (network_membership_line_t){codes + i / months % dealer_count * CODE_SIZE, i % 2 ? "r" : "",
                                                     JANUARY + (period_t)(i % months), (uint32_t)i + 2};
    network_lines_t lines = {.regions = regions,
                             .region_count = 1,
                             .dealers = dealers,
                             .dealer_count = dealer_count,
                             .memberships = memberships,
                             .membership_count = NETWORK_MEMBERSHIPS_MAX};
    assert_network(&lines, NULL);
    lines.membership_count++;
    assert_network(&lines, "at most 4000000");
    free(memberships);
    free(dealers);
    free(codes);
}

Test(limits, a_network_holds_so_many_circles_and_no_more)
{
    static const network_dealer_line_t dealers[] = {{"d", "", "", 2}};
    char *codes = make_codes('c', NETWORK_CIRCLES_MAX + 1);
    network_circle_line_t *circles = calloc(NETWORK_CIRCLES_MAX + 1, sizeof *circles);
    cr_assert_not_null(circles);
    for (size_t i = 0; i <= NETWORK_CIRCLES_MAX; i++)
        circles[i] = (network_circle_line_t){codes + i * CODE_SIZE, "d", PERIOD_NONE, PERIOD_NONE, (uint32_t)i + 2};
    network_lines_t lines = {
        .dealers = dealers, .dealer_count = 1, .circles = circles, .circle_count = NETWORK_CIRCLES_MAX};
    assert_network(&lines, NULL);
    lines.circle_count++;
    assert_network(&lines, "10000");
    free(circles);
    free(codes);
}

Test(limits, a_name_is_as_long_as_the_limit_and_no_longer)
{
    char name[NAME_LENGTH_MAX + 2] = "";
    memset(name, 'n', NAME_LENGTH_MAX);
    const network_dealer_line_t dealers[] = {{"d", name, "", 2}};
    network_lines_t lines = {.dealers = dealers, .dealer_count = 1};
    assert_network(&lines, NULL);
    name[NAME_LENGTH_MAX] = 'n';
    assert_network(&lines, "longer than 200 bytes");
}

/* A catalog of one fact with so many decimals and so many tables that list it. */
static void assert_catalog(unsigned decimals, size_t tables, const char *part)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    char text[8192];
    int size = snprintf(text, sizeof text,
                        "catalog: c\nversion: 1\ntitle: {zh: 表, en: C}\nfacts:\n"
                        "- {id: f, kind: flow, unit: u, decimals: %u, better: up, title: {zh: 甲, en: F}}\ntables:\n",
                        decimals);
    for (size_t i = 0; i < tables; i++)
        size += snprintf(text + size, sizeof text - (size_t)size,
                         "- {id: t%zu, title: {zh: 表%zu, en: T%zu}, rows: [f]}\n", i, i, i);
    catalog_t *catalog = NULL;
    status_t status = catalog_load((span_t){(const uint8_t *)text, (size_t)size}, &catalog, &faults);
    const char *message = faults.count ? faults.items[0].message : "";
    catalog_destroy(&catalog);
    cr_assert_eq(status, part ? STATUS_INVALID : STATUS_OK, "%s", message);
    cr_assert(!part || strstr(message, part), "%s", message);
}

Test(limits, a_catalog_has_as_many_tables_as_the_limit_and_no_more)
{
    assert_catalog(0, CATALOG_TABLES_MAX, NULL);
    assert_catalog(0, CATALOG_TABLES_MAX + 1, "32 tables");
}

Test(limits, a_fact_has_as_many_decimals_as_the_limit_and_no_more)
{
    assert_catalog(FACT_DECIMALS_MAX, 1, NULL);
    assert_catalog(FACT_DECIMALS_MAX + 1, 1, "decimals");
}
