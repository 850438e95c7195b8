#include "tests/bench/network.h"

#include "core/arena.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED        UINT64_C(0x59617264737469) /* "Yardsti" */
#define SCATTER     UINT64_C(2654435761)       /* a prime: dealer -> position in the order of regions */
#define LARGEST     105                        /* per mille of the dealers in the largest region */
#define PER_MILLE   1000
#define MISSING     20 /* per mille of the months */
#define ZEROS       20
#define LACKING     5
#define CIRCLE_EACH 10 /* every how-manyth owner */

/* ---- numbers out of nothing: splitmix64 over what they are for ---- */

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

typedef struct {
    uint64_t state;
} draw_t;

static draw_t draw_for(uint64_t what, uint64_t dealer, uint64_t month, uint64_t version)
{
    return (draw_t){mix(SEED ^ mix(what ^ mix(dealer ^ mix(month << 32 | version))))};
}

static uint64_t draw_below(draw_t *draw, uint64_t bound)
{
    assert(bound > 0);
    return mix(draw->state++) % bound;
}

/* So many percent of `whole`, from `low` to `high`. */
static int64_t draw_part(draw_t *draw, int64_t whole, int64_t low, int64_t high)
{
    return whole * (low * 10 + (int64_t)draw_below(draw, (uint64_t)(high - low) * 10 + 1)) / PER_MILLE;
}

enum { FOR_OWNER, FOR_SIZE, FOR_CARRIED, FOR_FATE, FOR_FACTS };

/* ---- dealers, owners, regions ---- */

static void divide_regions(uint32_t dealers, uint32_t first[SAMPLE_REGIONS + 1])
{
    double weights = 0, sum = LARGEST / (double)PER_MILLE;
    for (uint32_t r = 1; r < SAMPLE_REGIONS; r++)
        weights += 1.0 / (r + 4);
    first[0] = 0;
    for (uint32_t r = 1; r < SAMPLE_REGIONS; r++) {
        first[r] = (uint32_t)(sum * dealers);
        sum += (1 - LARGEST / (double)PER_MILLE) / (r + 4) / weights;
    }
    first[SAMPLE_REGIONS] = dealers;
}

void sample_dealer(uint32_t dealer, char out[SAMPLE_CODE_SIZE])
{
    snprintf(out, SAMPLE_CODE_SIZE, "D%07u", dealer);
}

void sample_region(uint32_t region, char out[SAMPLE_CODE_SIZE])
{
    snprintf(out, SAMPLE_CODE_SIZE, "r%02u", region);
}

/* UINT32_MAX: it stands alone. */
static uint32_t owner_of(const sample_t *sample, uint32_t dealer)
{
    draw_t draw = draw_for(FOR_OWNER, dealer, 0, 0);
    return draw_below(&draw, 10) < 6 ? UINT32_MAX : (uint32_t)draw_below(&draw, sample->dealers / 10 + 1);
}

void sample_owner(const sample_t *sample, uint32_t dealer, char out[SAMPLE_CODE_SIZE])
{
    uint32_t owner = owner_of(sample, dealer);
    *out = '\0';
    if (owner != UINT32_MAX)
        snprintf(out, SAMPLE_CODE_SIZE, "owner-%06u", owner);
}

uint32_t sample_region_of(const sample_t *sample, uint32_t dealer)
{
    uint32_t position = (uint32_t)(dealer * SCATTER % sample->dealers), region = 0;
    while (position >= sample->region_first[region + 1])
        region++;
    return region;
}

void sample_keys(sample_role_t role, uint32_t index, uint8_t public_key[32], uint8_t secret_key[32])
{
    const uint64_t name[] = {SEED, (uint64_t)role, index};
    crypto_generichash(secret_key, 32, (const uint8_t *)name, sizeof name, NULL, 0);
    crypto_scalarmult_base(public_key, secret_key);
}

void sample_submission_id(uint32_t dealer, uint32_t month, uint32_t version, uint8_t out[16])
{
    const uint64_t name[] = {SEED, dealer, (uint64_t)month << 32 | version};
    crypto_generichash(out, 16, (const uint8_t *)name, sizeof name, NULL, 0);
}

/* ---- facts: an automobile dealer's month ---- */

enum {
    AD_SPEND,
    VISITS,
    NEW_PROSPECTS,
    RETAINED_PROSPECTS,
    NEW_ORDERS,
    RETAINED_ORDERS,
    CARRIED,
    SHOWROOM,
    WALK_IN,
    OUTREACH,
    OWNER,
    EXHIBITION,
    OTHER,
    SECONDARY,
    TRADE_INS,
    RECIPE_COUNT
};
static const char *const RECIPE[RECIPE_COUNT] = {
    [AD_SPEND] = "ad_spend",
    [VISITS] = "showroom_visits",
    [NEW_PROSPECTS] = "new_prospects",
    [RETAINED_PROSPECTS] = "retained_prospects",
    [NEW_ORDERS] = "new_prospect_orders",
    [RETAINED_ORDERS] = "retained_prospect_orders",
    [CARRIED] = "carried_orders",
    [SHOWROOM] = "showroom_deliveries",
    [WALK_IN] = "deliveries_walk_in",
    [OUTREACH] = "deliveries_outreach",
    [OWNER] = "deliveries_owner",
    [EXHIBITION] = "deliveries_exhibition",
    [OTHER] = "deliveries_other",
    [SECONDARY] = "deliveries_secondary",
    [TRADE_INS] = "used_car_trade_ins",
};

/* The month of a store with so many visits in a usual month; `carried` is the same in all its months. */
static void draw_month(draw_t *draw, int64_t size, int64_t carried, int64_t *v)
{
    v[VISITS] = draw_part(draw, size, 70, 130);
    v[AD_SPEND] = draw_part(draw, size * 10000, 60, 300) + (int64_t)draw_below(draw, 100);
    v[NEW_PROSPECTS] = draw_part(draw, v[VISITS], 30, 60);
    v[RETAINED_PROSPECTS] = draw_part(draw, size, 30, 80);
    v[NEW_ORDERS] = draw_part(draw, v[NEW_PROSPECTS], 10, 35);
    v[RETAINED_ORDERS] = draw_part(draw, v[RETAINED_PROSPECTS], 5, 20);
    v[CARRIED] = carried;
    v[SHOWROOM] = draw_part(draw, v[NEW_ORDERS] + v[RETAINED_ORDERS], 60, 95);
    v[WALK_IN] = draw_part(draw, v[SHOWROOM], 55, 95);
    v[OUTREACH] = draw_part(draw, v[SHOWROOM], 0, 20);
    v[OWNER] = v[SHOWROOM] - v[WALK_IN] + draw_part(draw, v[SHOWROOM], 0, 20);
    v[EXHIBITION] = draw_part(draw, v[SHOWROOM], 0, 10);
    v[OTHER] = (int64_t)draw_below(draw, 3);
    v[SECONDARY] = draw_part(draw, v[SHOWROOM], 0, 30);
    v[TRADE_INS] = draw_part(draw, v[SHOWROOM], 5, 40);
}

static int64_t size_of(uint32_t dealer)
{
    draw_t draw = draw_for(FOR_SIZE, dealer, 0, 0);
    int64_t size = 40 + (int64_t)draw_below(&draw, 200);
    return size + size * (int64_t)draw_below(&draw, 5) * (int64_t)draw_below(&draw, 100) / 100; /* few are large */
}

bool sample_facts(const sample_t *sample, uint32_t dealer, uint32_t month, uint32_t version, int64_t *out)
{
    int64_t values[RECIPE_COUNT] = {0};
    int64_t size = size_of(dealer);
    draw_t fate = draw_for(FOR_FATE, dealer, month, 0), carried = draw_for(FOR_CARRIED, dealer, 0, 0),
           draw = draw_for(FOR_FACTS, dealer, month, version);
    uint64_t per_mille = draw_below(&fate, PER_MILLE);
    bool is_first = version == 0, is_missing = is_first && per_mille < MISSING,
         is_zero = is_first && per_mille >= MISSING && per_mille < MISSING + ZEROS;
    if (!is_zero)
        draw_month(&draw, size, draw_part(&carried, size, 3, 10), values);
    for (size_t i = 0; i < sample->catalog->fact_count; i++)
        out[i] = values[sample->recipe[i]];
    if (is_first && per_mille >= PER_MILLE - LACKING)
        out[draw_below(&fate, sample->catalog->fact_count)] = FACT_ABSENT;
    return !is_missing;
}

/* ---- the sample ---- */

static status_t find_recipe(sample_t *sample)
{
    sample->recipe = calloc(sample->catalog->fact_count, sizeof *sample->recipe);
    if (!sample->recipe)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < sample->catalog->fact_count; i++) {
        while (sample->recipe[i] < RECIPE_COUNT && strcmp(RECIPE[sample->recipe[i]], sample->catalog->rows[i].id) != 0)
            sample->recipe[i]++;
        if (sample->recipe[i] == RECIPE_COUNT)
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

status_t sample_init(uint32_t dealers, sample_t *out)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    sample_t sample = {.dealers = dealers};
    if (sodium_init() < 0 || dealers == 0 || dealers % SCATTER == 0)
        return STATUS_INVALID;
    divide_regions(dealers, sample.region_first);
    status_t status = catalog_load(catalog_builtin(), &sample.catalog, &faults);
    if (status == STATUS_OK)
        status = find_recipe(&sample);
    if (status == STATUS_OK)
        *out = sample;
    else
        sample_fini(&sample);
    return status;
}

void sample_fini(sample_t *sample)
{
    catalog_destroy(&sample->catalog);
    free(sample->recipe);
    sample->recipe = NULL;
}

/* ---- lines ---- */

static status_t line_regions(arena_t *arena, network_lines_t *out)
{
    network_region_line_t *lines = arena_array(arena, SAMPLE_REGIONS, sizeof *lines);
    char code[SAMPLE_CODE_SIZE];
    if (!lines)
        return STATUS_NO_MEMORY;
    for (uint32_t r = 0; r < SAMPLE_REGIONS; r++) {
        sample_region(r, code);
        const char *kept = arena_strdup(arena, code);
        if (!kept)
            return STATUS_NO_MEMORY;
        lines[r] = (network_region_line_t){kept, "", kept, 0};
    }
    out->regions = lines;
    out->region_count = SAMPLE_REGIONS;
    return STATUS_OK;
}

static status_t line_dealers(const sample_t *sample, arena_t *arena, network_lines_t *out)
{
    network_dealer_line_t *dealers = arena_array(arena, sample->dealers, sizeof *dealers);
    network_membership_line_t *members = arena_array(arena, sample->dealers, sizeof *members);
    char code[SAMPLE_CODE_SIZE], owner[SAMPLE_CODE_SIZE];
    if (!dealers || !members)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < sample->dealers; i++) {
        sample_dealer(i, code);
        sample_owner(sample, i, owner);
        const char *kept = arena_strdup(arena, code), *kept_owner = arena_strdup(arena, owner);
        if (!kept || !kept_owner)
            return STATUS_NO_MEMORY;
        dealers[i] = (network_dealer_line_t){kept, kept, kept_owner, 0};
        members[i] = (network_membership_line_t){kept, out->regions[sample_region_of(sample, i)].code, SAMPLE_FIRST, 0};
    }
    out->dealers = dealers;
    out->dealer_count = sample->dealers;
    out->memberships = members;
    out->membership_count = sample->dealers;
    return STATUS_OK;
}

static status_t line_circles(const sample_t *sample, arena_t *arena, network_lines_t *out)
{
    network_circle_line_t *lines = arena_array(arena, sample->dealers, sizeof *lines);
    if (!lines)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < sample->dealers; i++) {
        uint32_t owner = owner_of(sample, i), circle = owner / CIRCLE_EACH;
        if (owner == UINT32_MAX || owner % CIRCLE_EACH || circle >= NETWORK_CIRCLES_MAX)
            continue;
        const char *code = arena_printf(arena, "c%05u", circle);
        if (!code)
            return STATUS_NO_MEMORY;
        lines[out->circle_count++] = (network_circle_line_t){code, out->dealers[i].code, PERIOD_NONE, PERIOD_NONE, 0};
    }
    out->circles = lines;
    return STATUS_OK;
}

status_t sample_lines(const sample_t *sample, arena_t *arena, network_lines_t *out)
{
    network_lines_t lines = {0};
    TRY(line_regions(arena, &lines));
    TRY(line_dealers(sample, arena, &lines));
    TRY(line_circles(sample, arena, &lines));
    *out = lines;
    return STATUS_OK;
}
