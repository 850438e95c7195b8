#include "core/limits.h"
#include "core/network_internals.h"
#include "core/scratch.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const network_lines_t *lines;
    network_t *network;
    network_internals_t *internals;
    faults_t *faults;
} build_t;

static size_t fault_total(const faults_t *faults)
{
    return faults->count + faults->dropped;
}

/* ---- Codes and names ---- */

static void check_code(build_t *build, uint32_t line, const char *what, const char *code)
{
    if (!text_is_code(code))
        faults_add(build->faults, line, 0,
                   "the %s's code must have 1 to %d bytes, without commas, colons, quotes or blanks at its ends", what,
                   CODE_LENGTH_MAX);
}

static void check_name(build_t *build, uint32_t line, const char *what, const char *name)
{
    size_t size = strlen(name);
    if (size > NAME_LENGTH_MAX)
        faults_add(build->faults, line, 0, "the %s is longer than %d bytes; shorten it", what, NAME_LENGTH_MAX);
    else if (!text_is_clean((span_t){(const uint8_t *)name, size}))
        faults_add(build->faults, line, 0, "the %s holds control characters or is not UTF-8; write it anew", what);
}

static bool check_count(build_t *build, const char *source, size_t count, size_t most)
{
    if (count <= most)
        return true;
    build->faults->source = source;
    faults_add(build->faults, 0, 0, "has %zu lines, and at most %zu are allowed; leave out what is over", count, most);
    return false;
}

static bool check_counts(build_t *build)
{
    const network_lines_t *lines = build->lines;
    bool regions = check_count(build, "regions.csv", lines->region_count, NETWORK_REGIONS_MAX);
    bool dealers = check_count(build, "dealers.csv", lines->dealer_count, NETWORK_DEALERS_MAX);
    bool memberships = check_count(build, "memberships.csv", lines->membership_count, NETWORK_MEMBERSHIPS_MAX);
    bool circles = check_count(build, "circles.csv", lines->circle_count, NETWORK_MEMBERSHIPS_MAX);
    return regions && dealers && memberships && circles;
}

/* ---- Lines in the order of their codes ---- */

typedef struct {
    const char *code;
    uint32_t line; /* index of the line */
} coded_t;

static int compare_coded(const void *left, const void *right)
{
    const coded_t *a = left, *b = right;
    int order = strcmp(a->code, b->code);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Sorts by code and marks in `repeated` (by line index) every line whose code stood on an earlier line. */
static void sort_coded(coded_t *coded, size_t count, bool *repeated)
{
    if (count)
        qsort(coded, count, sizeof *coded, compare_coded);
    for (size_t i = 1; i < count; i++)
        repeated[coded[i].line] = strcmp(coded[i].code, coded[i - 1].code) == 0;
}

/* ---- Regions ---- */

static status_t copy_regions(build_t *build)
{
    const network_lines_t *lines = build->lines;
    network_t *network = build->network;
    arena_t *arena = build->internals->arena;
    network->region_count = (uint32_t)lines->region_count;
    network->regions = arena_array(arena, lines->region_count, sizeof *network->regions);
    build->internals->regions_by_code = arena_array(arena, lines->region_count, sizeof(uint32_t));
    if (!network->regions || !build->internals->regions_by_code)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->region_count; i++) {
        region_t *region = &network->regions[i];
        region->code = arena_strdup(arena, lines->regions[i].code);
        region->name = arena_strdup(arena, lines->regions[i].name);
        if (!region->code || !region->name)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static void link_region(build_t *build, uint32_t index, bool repeated)
{
    const network_region_line_t *line = &build->lines->regions[index];
    region_t *region = &build->network->regions[index];
    check_code(build, line->line, "region", line->code);
    check_name(build, line->line, "region's name", line->name);
    if (repeated)
        faults_add(build->faults, line->line, 0, "region '%s' is listed already; keep one line for it", line->code);
    region->parent = INDEX_NONE;
    if (!*line->parent)
        return;
    region->parent = network_find_region(build->network, line->parent);
    if (region->parent == INDEX_NONE)
        faults_add(build->faults, line->line, 0,
                   "there is no region '%s' to be the parent of '%s'; add it or correct it", line->parent, line->code);
}

/* Steps from a region up to the nation; 0 where they never end. */
static uint32_t depth_of(const network_t *network, uint32_t region)
{
    uint32_t depth = 1;
    for (; network->regions[region].parent != INDEX_NONE; depth++) {
        if (depth > network->region_count)
            return 0;
        region = network->regions[region].parent;
    }
    return depth;
}

static bool lies_on_cycle(const network_t *network, uint32_t region)
{
    uint32_t above = network->regions[region].parent;
    for (uint32_t steps = 0; above != INDEX_NONE && steps <= network->region_count; steps++) {
        if (above == region)
            return true;
        above = network->regions[above].parent;
    }
    return false;
}

/* A fault for each region on a cycle and each that lies too deep. Regions below a cycle are not to blame. */
static void check_tree(build_t *build)
{
    for (uint32_t i = 0; i < build->network->region_count; i++) {
        const network_region_line_t *line = &build->lines->regions[i];
        uint32_t depth = depth_of(build->network, i);
        if (depth == 0 && lies_on_cycle(build->network, i))
            faults_add(build->faults, line->line, 0,
                       "region '%s' lies below itself (its parent is '%s'); break the cycle", line->code, line->parent);
        if (depth > NETWORK_DEPTH_MAX)
            faults_add(build->faults, line->line, 0, "region '%s' lies %u levels deep, and at most %d are allowed",
                       line->code, depth, NETWORK_DEPTH_MAX);
    }
}

typedef struct {
    uint32_t first_child, next_sibling;
} family_t;

/* Numbers the regions in preorder, children in the file's order. The tree is sound here: no cycle, bounded depth. */
static void number_region(network_t *network, const family_t *families, uint32_t region, uint32_t *number)
{
    network->regions[region].enter = (*number)++;
    for (uint32_t child = families[region].first_child; child != INDEX_NONE; child = families[child].next_sibling)
        number_region(network, families, child, number);
    network->regions[region].leave = *number;
}

static status_t number_regions(network_t *network)
{
    CLEANUP(scratch_free) family_t *families = malloc(((size_t)network->region_count + 1) * sizeof *families);
    if (!families)
        return STATUS_NO_MEMORY;
    family_t *nation = &families[network->region_count];
    nation->first_child = INDEX_NONE;
    for (uint32_t i = 0; i < network->region_count; i++)
        families[i].first_child = INDEX_NONE;
    for (uint32_t i = network->region_count; i-- > 0;) {
        uint32_t parent = network->regions[i].parent;
        family_t *above = parent == INDEX_NONE ? nation : &families[parent];
        families[i].next_sibling = above->first_child;
        above->first_child = i;
    }
    uint32_t number = 0;
    for (uint32_t root = nation->first_child; root != INDEX_NONE; root = families[root].next_sibling)
        number_region(network, families, root, &number);
    return STATUS_OK;
}

static status_t build_regions(build_t *build)
{
    const network_lines_t *lines = build->lines;
    build->faults->source = "regions.csv";
    CLEANUP(scratch_free) coded_t *coded = calloc(lines->region_count + 1, sizeof *coded);
    CLEANUP(scratch_free) bool *repeated = calloc(lines->region_count + 1, sizeof *repeated);
    if (!coded || !repeated)
        return STATUS_NO_MEMORY;
    TRY(copy_regions(build));
    for (uint32_t i = 0; i < lines->region_count; i++)
        coded[i] = (coded_t){lines->regions[i].code, i};
    sort_coded(coded, lines->region_count, repeated);
    for (uint32_t i = 0; i < lines->region_count; i++)
        build->internals->regions_by_code[i] = coded[i].line;
    for (uint32_t i = 0; i < lines->region_count; i++)
        link_region(build, i, repeated[i]);
    size_t before = fault_total(build->faults);
    check_tree(build);
    /* The recursion needs a sound tree, and without one there is no network anyway. */
    return fault_total(build->faults) == before ? number_regions(build->network) : STATUS_OK;
}

/* ---- Dealers ---- */

static status_t copy_dealer(build_t *build, const network_dealer_line_t *line, dealer_t *out)
{
    arena_t *arena = build->internals->arena;
    out->code = arena_strdup(arena, line->code);
    out->name = arena_strdup(arena, line->name);
    out->owner = *line->owner ? arena_strdup(arena, line->owner) : out->code;
    return out->code && out->name && out->owner ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t build_dealers(build_t *build)
{
    const network_lines_t *lines = build->lines;
    build->faults->source = "dealers.csv";
    CLEANUP(scratch_free) coded_t *coded = calloc(lines->dealer_count + 1, sizeof *coded);
    CLEANUP(scratch_free) bool *repeated = calloc(lines->dealer_count + 1, sizeof *repeated);
    dealer_t *dealers = arena_array(build->internals->arena, lines->dealer_count, sizeof *dealers);
    if (!coded || !repeated || !dealers)
        return STATUS_NO_MEMORY;
    build->network->dealers = dealers;
    build->network->dealer_count = (uint32_t)lines->dealer_count;
    for (uint32_t i = 0; i < lines->dealer_count; i++)
        coded[i] = (coded_t){lines->dealers[i].code, i};
    sort_coded(coded, lines->dealer_count, repeated);
    for (uint32_t i = 0; i < lines->dealer_count; i++)
        TRY(copy_dealer(build, &lines->dealers[coded[i].line], &dealers[i]));
    TRY(network_index_dealers(build->network));
    for (uint32_t i = 0; i < lines->dealer_count; i++) {
        const network_dealer_line_t *line = &lines->dealers[i];
        check_code(build, line->line, "dealer", line->code);
        check_name(build, line->line, "dealer's name", line->name);
        check_name(build, line->line, "dealer's owner", line->owner);
        if (repeated[i])
            faults_add(build->faults, line->line, 0, "dealer '%s' is listed already; keep one line for it", line->code);
    }
    return STATUS_OK;
}

/* ---- All of it ---- */

static status_t build_all(build_t *build)
{
    size_t before = fault_total(build->faults);
    if (check_counts(build)) {
        TRY(build_regions(build));
        TRY(build_dealers(build));
        TRY(network_build_memberships(build->lines, build->network, build->faults));
        TRY(network_build_circles(build->lines, build->network, build->faults));
    }
    return fault_total(build->faults) == before ? STATUS_OK : STATUS_INVALID;
}

status_t network_build(const network_lines_t *lines, network_t **out, faults_t *faults)
{
    CLEANUP(network_destroy) network_t *network = calloc(1, sizeof *network);
    network_internals_t *internals = calloc(1, sizeof *internals);
    if (!network || !internals) {
        free(internals);
        return STATUS_NO_MEMORY;
    }
    network->internals = internals;
    internals->arena = arena_create(SIZE_MAX);
    if (!internals->arena)
        return STATUS_NO_MEMORY;
    const char *source = faults->source;
    build_t build = {lines, network, internals, faults};
    status_t status = build_all(&build);
    faults->source = source;
    if (status != STATUS_OK)
        return status;
    *out = network;
    network = NULL;
    return STATUS_OK;
}
