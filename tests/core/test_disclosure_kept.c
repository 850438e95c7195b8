/* What a disclosure takes from what is kept with the releases, against one that is worked out from the stores alone:
 * the same figures, reasons and verdicts, whoever asked before, and from two threads at a time. */
#include "core/disclosure.h"
#include "core/limits.h"
#include "core/release_outline.h"
#include "core/scratch.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NETWORKS    12
#define REGIONS     9
#define DEALERS_MAX 700
#define CIRCLES     30
#define VIEWERS     24
#define STORES_MAX  5
#define PERIOD      period_make(2025, 6)

typedef struct {
    uint32_t stores[STORES_MAX];
    size_t count;
    exemplar_t exemplar;
    exemplars_t exemplars;
} viewer_seen_t;

typedef struct {
    catalog_t *catalog;
    network_t *network, *today;
    month_t *months[RELEASES_MAX];
    size_t count;
    viewer_seen_t viewers[VIEWERS];
} scene_t;

/* ---- a network that is large enough for outlines */

static network_t *make_network(uint64_t *state, uint32_t dealers)
{
    static char codes[REGIONS][8], names[DEALERS_MAX][8], owners[DEALERS_MAX][8], rings[CIRCLES][8];
    network_region_line_t regions[REGIONS];
    network_dealer_line_t lines[DEALERS_MAX];
    network_membership_line_t members[DEALERS_MAX];
    network_circle_line_t circles[CIRCLES * 6];
    uint32_t circle_count = 0;
    CLEANUP(faults_fini) faults_t faults = {0};
    network_t *network = NULL;
    for (unsigned i = 0; i < REGIONS; i++) {
        snprintf(codes[i], sizeof codes[i], "r%u", i);
        regions[i] = (network_region_line_t){codes[i], i < 3 ? "" : codes[random_below(state, i)], "", i + 2};
    }
    for (uint32_t i = 0; i < dealers; i++) {
        uint64_t kind = random_below(state, 10);
        snprintf(names[i], sizeof names[i], "D%u", (unsigned)i % 1000);
        snprintf(owners[i], sizeof owners[i], kind == 0 ? "B%u" : "O%u",
                 (unsigned)random_below(state, kind == 0 ? 3 : dealers / 2));
        uint64_t a = random_below(state, REGIONS), b = random_below(state, REGIONS);
        lines[i] = (network_dealer_line_t){names[i], "", owners[i], i + 2};
        members[i] = (network_membership_line_t){names[i], codes[a < b ? a : b], PERIOD - 12, i + 2};
    }
    for (unsigned c = 0; c < CIRCLES; c++) {
        snprintf(rings[c], sizeof rings[c], "c%u", c);
        uint32_t first = (uint32_t)random_below(state, dealers - 40);
        for (unsigned i = 0; i < 6; i++)
            circles[circle_count++] =
                (network_circle_line_t){rings[c], names[first + 6 * i], PERIOD_NONE, PERIOD_NONE, 0};
    }
    network_lines_t all = {regions, REGIONS, lines, dealers, members, dealers, circles, circle_count};
    cr_assert_eq(network_build(&all, &network, &faults), STATUS_OK, "%s", faults.count ? faults.items[0].message : "");
    return network;
}

/* Mostly small, at times so large that it outweighs all others. */
static void file(uint64_t *state, month_t *live, uint32_t dealer)
{
    int64_t facts[CATALOG_FACTS_MAX];
    for (size_t i = 0; i < live->catalog->fact_count; i++) {
        uint64_t kind = random_below(state, 400);
        int64_t size = kind == 0 ? 1000000 : kind < 20 ? 2000 : 40;
        facts[i] = kind > 380 ? 0 : (int64_t)random_below(state, (uint64_t)size);
    }
    facts[3] = random_below(state, 3) ? facts[3] : -facts[3]; /* the signed one */
    month_set(live, dealer, random_below(state, 20) ? facts : NULL, false);
}

/* The stores of a circle's owners outweigh all others: what is left without those that a member knows may be one's. */
static void file_ring(uint64_t *state, month_t *live, uint32_t circle)
{
    const network_t *network = live->network;
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++)
        for (uint32_t m = 0; m < network->circles[circle].member_count; m++) {
            uint32_t member = network->circles[circle].members[m].dealer;
            if (strcmp(network->dealers[dealer].owner, network->dealers[member].owner) != 0)
                continue;
            int64_t facts[CATALOG_FACTS_MAX];
            for (size_t i = 0; i < live->catalog->fact_count; i++)
                facts[i] = 900000 + (int64_t)random_below(state, 100000);
            month_set(live, dealer, facts, false);
        }
}

static void add_release(scene_t *scene, const month_t *live, bool is_tested)
{
    release_t release = {0};
    releases_t releases = {0};
    if (!scene->count) {
        cr_assert_eq(release_first(live, &release), STATUS_OK);
    } else if (is_tested) {
        cr_assert_eq(releases_init((const month_t *const *)scene->months, scene->count, &releases), STATUS_OK);
        cr_assert_eq(release_next(&releases, live, &DISCLOSURE_RULE_DEFAULT, &release), STATUS_OK);
        releases_fini(&releases);
    }
    scene->months[scene->count++] = release.month ? release.month : month_clone(live);
    release.month = NULL;
    release_fini(&release);
}

static void open_scene(scene_t *scene, uint64_t *state)
{
    uint32_t dealers = 150 + (uint32_t)random_below(state, DEALERS_MAX - 150);
    *scene = (scene_t){.catalog = test_catalog(), .network = make_network(state, dealers)};
    scene->today = random_below(state, 2) ? scene->network : make_network(state, dealers);
    CLEANUP(month_destroy) month_t *live = month_create(scene->catalog, scene->network, PERIOD);
    size_t count = 1 + random_below(state, 4);
    for (uint32_t dealer = 0; dealer < dealers; dealer++)
        file(state, live, dealer);
    uint32_t circle = (uint32_t)random_below(state, CIRCLES);
    if (random_below(state, 2))
        file_ring(state, live, circle);
    while (scene->count < count) {
        add_release(scene, live, random_below(state, 2));
        for (uint32_t i = 0; i < dealers / 12; i++)
            file(state, live, (uint32_t)random_below(state, dealers));
    }
    for (size_t i = 0; i < VIEWERS; i++) {
        viewer_seen_t *viewer = &scene->viewers[i];
        viewer->count = random_below(state, STORES_MAX + 1);
        for (size_t k = 0; k < viewer->count; k++)
            viewer->stores[k] = (uint32_t)random_below(state, dealers);
        if (i < VIEWERS / 3 && scene->today == scene->network) {
            viewer->stores[0] = scene->network->circles[circle].members[i % 6].dealer;
            viewer->count = 1;
        }
        viewer->exemplar = (exemplar_t){{SCOPE_REGION, (uint32_t)random_below(state, REGIONS)},
                                        (uint32_t)random_below(state, dealers),
                                        random_below(state, 2)};
        viewer->exemplars = (exemplars_t){&viewer->exemplar, random_below(state, 4) == 0};
    }
}

static void close_scene(scene_t *scene)
{
    for (size_t i = 0; i < scene->count; i++)
        month_destroy(&scene->months[i]);
    if (scene->today != scene->network)
        network_destroy(&scene->today);
    network_destroy(&scene->network);
    catalog_destroy(&scene->catalog);
}

/* ---- what a viewer is shown, as text */

typedef struct {
    char *text;
    size_t used, room;
} shown_t;

static void add(shown_t *shown, const disclosure_figure_t *figure)
{
    if (shown->room - shown->used < 100)
        shown->text = realloc(shown->text, shown->room += 1u << 16);
    const disclosure_why_t *why = &figure->why;
    bool is_tested = why->reason == HIDDEN_RING || why->reason == HIDDEN_CHANGE || why->reason == HIDDEN_BENCHMARK ||
                     why->reason == HIDDEN_REST;
    shown->used += (size_t)snprintf(shown->text + shown->used, shown->room - shown->used, "%.17g %d %d", figure->value,
                                    figure->exists, (int)why->reason);
    if (is_tested)
        shown->used += (size_t)snprintf(shown->text + shown->used, shown->room - shown->used, " %d:%u %zu %zu %d %d",
                                        (int)why->ring.kind, why->ring.index, why->fact, why->earlier,
                                        (int)why->verdict.failure, (int)why->verdict.crowd);
    shown->text[shown->used++] = '\n';
    shown->text[shown->used] = '\0';
}

/* In the first `count` releases. The caller frees it. */
static char *show(const scene_t *scene, const releases_t *releases, size_t count, const viewer_seen_t *viewer)
{
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = NULL;
    shown_t shown = {0};
    disclosure_figure_t average, benchmark;
    cr_assert_eq(disclosure_create_of(releases, count, scene->today, viewer->stores, viewer->count,
                                      &DISCLOSURE_RULE_DEFAULT, &viewer->exemplars, &disclosure),
                 STATUS_OK);
    for (size_t i = 0; i < scene->catalog->table_row_count; i++)
        for (uint32_t region = 0; region <= REGIONS; region++) {
            scope_t scope = region ? (scope_t){SCOPE_REGION, region - 1} : (scope_t){.kind = SCOPE_NATION};
            cr_assert_eq(disclosure_row(disclosure, scene->catalog->table_rows[i], scope, &BENCHMARK_RULE_DEFAULT,
                                        &average, &benchmark),
                         STATUS_OK);
            add(&shown, &average);
            add(&shown, &benchmark);
        }
    return shown.text;
}

/* By the stores alone: no place has leaders, so no set passes by an outline unless it is empty. */
static char *show_alone(const scene_t *scene, size_t count, const viewer_seen_t *viewer)
{
    CLEANUP(releases_fini) releases_t releases = {0};
    cr_assert_eq(releases_init((const month_t *const *)scene->months, count, &releases), STATUS_OK);
    for (uint32_t place = 0; place <= scene->network->region_count; place++)
        releases.kept->large[place] = INDEX_NONE;
    return show(scene, &releases, count, viewer);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    while ((text = strstr(text, word))) {
        text++;
        count++;
    }
    return count;
}

Test(disclosure_kept, what_is_kept_shows_what_the_stores_alone_do, .timeout = 120)
{
    uint64_t state = random_seed("disclosure_kept");
    size_t shown = 0, hidden = 0;
    for (unsigned i = 0; i < NETWORKS; i++) {
        scene_t scene;
        CLEANUP(releases_fini) releases_t releases = {0};
        open_scene(&scene, &state);
        cr_assert_eq(releases_init((const month_t *const *)scene.months, scene.count, &releases), STATUS_OK);
        cr_assert(releases.kept->large_count > 0);
        for (size_t k = 0; k < VIEWERS; k++) {
            size_t count = random_below(&state, 3) ? scene.count : 1 + random_below(&state, scene.count);
            CLEANUP(scratch_free) char *kept = show(&scene, &releases, count, &scene.viewers[k]);
            CLEANUP(scratch_free) char *alone = show_alone(&scene, count, &scene.viewers[k]);
            cr_assert_str_eq(kept, alone);
            shown += count_of(kept, " 1 0\n");
            hidden += count_of(kept, " 1 3 ") + count_of(kept, " 1 4 ") + count_of(kept, " 1 7 ");
        }
        releases_fini(&releases);
        close_scene(&scene);
    }
    cr_assert(shown > 1000 && hidden > 1000, "%zu shown, %zu hidden by a test", shown, hidden);
}

typedef struct {
    const scene_t *scene;
    const releases_t *releases;
    bool is_backwards;
    char *shown[VIEWERS];
} asker_t;

static void *ask(void *context)
{
    asker_t *asker = context;
    for (size_t i = 0; i < VIEWERS; i++) {
        size_t k = asker->is_backwards ? VIEWERS - 1 - i : i;
        asker->shown[k] = show(asker->scene, asker->releases, asker->scene->count, &asker->scene->viewers[k]);
    }
    return NULL;
}

Test(disclosure_kept, two_threads_share_what_is_kept, .timeout = 120)
{
    uint64_t state = random_seed("disclosure_kept");
    for (unsigned i = 0; i < 4; i++) {
        scene_t scene;
        releases_t releases = {0};
        open_scene(&scene, &state);
        cr_assert_eq(releases_init((const month_t *const *)scene.months, scene.count, &releases), STATUS_OK);
        size_t before = releases_bytes(&releases);
        asker_t askers[2] = {{.scene = &scene, .releases = &releases},
                             {.scene = &scene, .releases = &releases, .is_backwards = true}};
        pthread_t threads[2];
        for (size_t k = 0; k < 2; k++)
            cr_assert_eq(pthread_create(&threads[k], NULL, ask, &askers[k]), 0);
        for (size_t k = 0; k < 2; k++)
            pthread_join(threads[k], NULL);
        cr_assert(releases_bytes(&releases) > before);
        for (size_t k = 0; k < VIEWERS; k++) {
            CLEANUP(scratch_free) char *alone = show_alone(&scene, scene.count, &scene.viewers[k]);
            cr_assert_str_eq(askers[0].shown[k], alone);
            cr_assert_str_eq(askers[1].shown[k], alone);
            free(askers[0].shown[k]);
            free(askers[1].shown[k]);
        }
        releases_fini(&releases);
        close_scene(&scene);
    }
}
