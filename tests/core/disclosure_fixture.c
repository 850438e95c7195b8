#include "tests/core/disclosure_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define STORES_MAX 64

static const char CATALOG[] =
    "catalog: small\n"
    "version: 1\n"
    "title: {zh: 小, en: Small}\n"
    "facts:\n"
    "  - {id: visits, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: Visits}}\n"
    "  - {id: orders, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 乙, en: Orders}}\n"
    "  - {id: gifts, kind: flow, unit: count, decimals: 0, better: neither, title: {zh: 丙, en: Gifts}}\n"
    "kpis:\n"
    "  - {id: conversion, formula: orders / visits, unit: ratio, decimals: 3, better: up, title: {zh: 丁, en: "
    "Conversion}}\n"
    "  - {id: growth, formula: visits - previous(visits), unit: count, decimals: 0, better: up, title: {zh: 戊, en: "
    "Growth}}\n"
    "tables:\n"
    "  - id: all\n"
    "    title: {zh: 全, en: All}\n"
    "    rows: [visits, orders, gifts, conversion, growth]\n";

network_t *world_network(const char *const *stores, const char *circle)
{
    static const network_region_line_t regions[] = {
        {"west", "", "West", 2}, {"coast", "west", "Coast", 3}, {"east", "", "East", 4}, {"north", "", "North", 5}};
    network_dealer_line_t dealers[STORES_MAX];
    network_membership_line_t memberships[STORES_MAX];
    network_circle_line_t circles[STORES_MAX];
    char words[STORES_MAX][3][20], names[1000] = "", *rest = names;
    uint32_t count = 0, circle_count = 0;
    network_t *network = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    for (; stores[count]; count++) {
        cr_assert_eq(sscanf(stores[count], "%19s %19s %19s", words[count][0], words[count][1], words[count][2]), 3);
        dealers[count] = (network_dealer_line_t){words[count][0], words[count][0], words[count][2], count + 2};
        memberships[count] =
            (network_membership_line_t){words[count][0], words[count][1], period_make(2024, 1), count + 2};
    }
    snprintf(names, sizeof names, "%s", circle ? circle : "");
    for (char *name; (name = strsep(&rest, " "));)
        if (*name)
            circles[circle_count++] = (network_circle_line_t){"ring", name, PERIOD_NONE, PERIOD_NONE, circle_count + 2};
    network_lines_t lines = {regions, 4, dealers, count, memberships, count, circles, circle_count};
    cr_assert_eq(network_build(&lines, &network, &faults), STATUS_OK);
    return network;
}

void world_open(world_t *world, const char *const *stores, const char *circle)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    *world = (world_t){.network = world_network(stores, circle)};
    cr_assert_eq(catalog_load((span_t){(const uint8_t *)CATALOG, strlen(CATALOG)}, &world->catalog, &faults),
                 STATUS_OK);
    world->live = month_create(world->catalog, world->network, WORLD_PERIOD);
    cr_assert_not_null(world->live);
}

void world_close(world_t *world)
{
    if (world->count)
        releases_fini(&world->releases);
    for (size_t i = 0; i < world->count; i++)
        month_destroy(&world->months[i]);
    month_destroy(&world->live);
    network_destroy(&world->network);
    catalog_destroy(&world->catalog);
}

static uint32_t find(const network_t *network, const char *dealer)
{
    uint32_t found = network_find_dealer(network, dealer);
    cr_assert_neq(found, INDEX_NONE, "no dealer %s", dealer);
    return found;
}

void world_file(world_t *world, const char *dealer, int64_t visits, int64_t orders, int64_t gifts)
{
    month_set(world->live, find(world->network, dealer), (int64_t[]){visits, orders, gifts}, false);
}

void world_withdraw(world_t *world, const char *dealer)
{
    month_set(world->live, find(world->network, dealer), NULL, false);
}

static void keep(world_t *world, month_t *month)
{
    cr_assert_not_null(month);
    if (world->count)
        releases_fini(&world->releases);
    world->months[world->count++] = month;
    cr_assert_eq(releases_init((const month_t *const *)world->months, world->count, &world->releases), STATUS_OK);
}

release_t world_release(world_t *world)
{
    release_t release = {0};
    if (world->count)
        cr_assert_eq(release_next(&world->releases, world->live, &DISCLOSURE_RULE_DEFAULT, &release), STATUS_OK);
    else
        cr_assert_eq(release_first(world->live, &release), STATUS_OK);
    keep(world, release.month);
    release.month = NULL;
    return release;
}

void world_force_release(world_t *world)
{
    keep(world, month_clone(world->live));
}

const release_change_t *world_change(const world_t *world, const release_t *release, const char *dealer)
{
    for (size_t i = 0; i < release->change_count; i++)
        if (release->changes[i].dealer == find(world->network, dealer))
            return &release->changes[i];
    return NULL;
}

disclosure_t *world_disclosure(const world_t *world, const char *dealers, const exemplars_t *exemplars)
{
    char names[1000], *rest = names;
    uint32_t stores[STORES_MAX];
    size_t count = 0;
    disclosure_t *disclosure = NULL;
    snprintf(names, sizeof names, "%s", dealers);
    for (char *name; (name = strsep(&rest, " "));)
        stores[count++] = find(world->network, name);
    cr_assert_eq(disclosure_create(&world->releases, world->network, stores, count, &DISCLOSURE_RULE_DEFAULT, exemplars,
                                   &disclosure),
                 STATUS_OK);
    return disclosure;
}

scope_t world_scope(const world_t *world, const char *text)
{
    scope_t scope;
    cr_assert_eq(scope_parse(world->network, text, &scope), STATUS_OK);
    return scope;
}
