/* Plays a scenario to the rule of docs/disclosure.md, without a hub. Standard input, a line each: the directory of a
 * network, a catalog, then
 *     facts DEALER PERIOD FACT=UNITS …    (whole numbers of the fact's smallest unit; replaces what was filed)
 *     withdraw DEALER PERIOD
 *     release PERIOD                      prints {"held": [DEALER …]}, those whose changes wait, by code
 *     view DEALER[,DEALER…] PERIOD        prints what a key of these stores is shown: {"release", "columns", "rows"}
 * with columns average:SCOPE and benchmark:SCOPE, and each row's `values` and `suppressed`. Ends with 1 at the first
 * fault. */
#include "client/files.h"
#include "client/network_files.h"
#include "core/disclosure.h"
#include "core/limits.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERIODS_MAX 64
#define LINE_SIZE    65536

typedef struct {
    period_t period;
    month_t *live, *months[RELEASES_MAX];
    size_t count;
} played_t;

typedef struct {
    arena_t *arena;
    catalog_t *catalog;
    network_t *network;
    played_t periods[PERIODS_MAX];
    size_t period_count;
} game_t;

static _Noreturn void fail(const char *what, const char *where)
{
    fprintf(stderr, "disclosure_tool: %s: %s\n", what, where);
    exit(1);
}

static void check(status_t status, const char *where)
{
    if (status != STATUS_OK)
        fail(status_name(status), where);
}

static const char *read_line(char *line)
{
    if (!fgets(line, LINE_SIZE, stdin))
        return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* ---- The world ---- */

static void open_game(game_t *game)
{
    char folder[LINE_SIZE], path[LINE_SIZE], *yaml;
    size_t size;
    network_lines_t lines;
    faults_t faults = {0};
    *game = (game_t){.arena = arena_create(SIZE_MAX)};
    if (!game->arena || !read_line(folder) || !read_line(path))
        fail("the first two lines name a network and a catalog", "standard input");
    check(network_files_read(folder, game->arena, &lines, &faults), folder);
    check(network_build(&lines, &game->network, &faults), folder);
    check(files_read(path, CATALOG_SIZE_MAX, &yaml, &size), path);
    check(catalog_load((span_t){(const uint8_t *)yaml, size}, &game->catalog, &faults), path);
    free(yaml);
    faults_fini(&faults);
}

static void close_game(game_t *game)
{
    for (size_t i = 0; i < game->period_count; i++) {
        month_destroy(&game->periods[i].live);
        for (size_t r = 0; r < game->periods[i].count; r++)
            month_destroy(&game->periods[i].months[r]);
    }
    network_destroy(&game->network);
    catalog_destroy(&game->catalog);
    arena_destroy(&game->arena);
}

static played_t *find_period(game_t *game, const char *text)
{
    period_t period;
    if (!text || !period_parse(text, &period))
        fail("no month", text ? text : "end of line");
    for (size_t i = 0; i < game->period_count; i++)
        if (game->periods[i].period == period)
            return &game->periods[i];
    if (game->period_count == PERIODS_MAX)
        fail("too many months", text);
    played_t *played = &game->periods[game->period_count++];
    *played = (played_t){.period = period, .live = month_create(game->catalog, game->network, period)};
    if (!played->live)
        fail("out of memory", text);
    return played;
}

static uint32_t find_dealer(const game_t *game, const char *code)
{
    uint32_t dealer = code ? network_find_dealer(game->network, code) : INDEX_NONE;
    if (dealer == INDEX_NONE)
        fail("no such dealer", code ? code : "end of line");
    return dealer;
}

/* ---- Steps ---- */

static void set_facts(game_t *game, uint32_t dealer, played_t *played, char **rest)
{
    int64_t facts[CATALOG_FACTS_MAX];
    for (size_t i = 0; i < CATALOG_FACTS_MAX; i++)
        facts[i] = FACT_ABSENT;
    for (char *word; (word = strsep(rest, " "));) {
        char *name = strsep(&word, "=");
        size_t fact = catalog_find_row(game->catalog, name);
        if (!*name)
            continue;
        if (!word || fact >= game->catalog->fact_count)
            fail("no fact with a number", name);
        facts[fact] = strtoll(word, NULL, 10);
    }
    month_set(played->live, dealer, facts, false);
}

static void print(json_t *answer)
{
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
}

static const month_t *const *months_of(const played_t *played)
{
    return (const month_t *const *)played->months;
}

/* A release that would equal the last is not kept, nor one too many. */
static void make_release(const game_t *game, played_t *played)
{
    CLEANUP(release_fini) release_t release = {0};
    CLEANUP(releases_fini) releases_t releases = {0};
    json_t *held = json_array();
    if (played->count)
        check(releases_init(months_of(played), played->count, &releases), "release");
    if (played->count < RELEASES_MAX)
        check(played->count ? release_next(&releases, played->live, &DISCLOSURE_RULE_DEFAULT, &release)
                            : release_first(played->live, &release),
              "release");
    for (size_t i = 0; i < release.change_count; i++)
        if (release.changes[i].wait != WAIT_NONE)
            json_array_append_new(held, json_string(game->network->dealers[release.changes[i].dealer].code));
    if (release.month && (played->count == 0 || release.held_count < release.change_count)) {
        played->months[played->count++] = release.month;
        release.month = NULL;
    }
    print(json_pack("{s:o}", "held", held));
}

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static void add_figure(const disclosure_figure_t *figure, const json_t *column, json_t *values, json_t *suppressed)
{
    json_array_append_new(values, number(figure->value));
    if (figure->exists && isnan(figure->value))
        json_array_append(suppressed, (json_t *)column);
}

static json_t *view_row(disclosure_t *disclosure, size_t row, const scope_t *scopes, size_t count,
                        const json_t *columns)
{
    json_t *values = json_array(), *suppressed = json_array();
    for (size_t i = 0; i < count; i++) {
        disclosure_figure_t average, benchmark;
        check(disclosure_row(disclosure, row, scopes[i], &BENCHMARK_RULE_DEFAULT, &average, &benchmark), "view");
        add_figure(&average, json_array_get(columns, 2 * i), values, suppressed);
        add_figure(&benchmark, json_array_get(columns, 2 * i + 1), values, suppressed);
    }
    return json_pack("{s:s, s:o, s:o}", "row", disclosure_month(disclosure)->catalog->rows[row].id, "values", values,
                     "suppressed", suppressed);
}

/* The nation and the regions that the key may ask for; their columns. */
static size_t list_scopes(const game_t *game, const disclosure_t *disclosure, scope_t *out, json_t *columns)
{
    size_t count = 0;
    for (uint32_t i = 0; i <= game->network->region_count; i++) {
        scope_t scope = i ? (scope_t){SCOPE_REGION, i - 1} : (scope_t){SCOPE_NATION, 0};
        const char *name = i ? game->network->regions[i - 1].code : "nation";
        if (!disclosure_lists_scope(disclosure, scope))
            continue;
        out[count++] = scope;
        json_array_append_new(columns, json_sprintf("average:%s", name));
        json_array_append_new(columns, json_sprintf("benchmark:%s", name));
    }
    return count;
}

static void view(const game_t *game, const played_t *played, char *codes)
{
    CLEANUP(releases_fini) releases_t releases = {0};
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = NULL;
    uint32_t stores[KEY_DEALERS_MAX];
    size_t store_count = 0, scope_count;
    json_t *columns = json_array(), *rows = json_array();
    scope_t *scopes = arena_array(game->arena, game->network->region_count + 1, sizeof *scopes);
    for (char *code; (code = strsep(&codes, ",")) && store_count < KEY_DEALERS_MAX;)
        stores[store_count++] = find_dealer(game, code);
    if (played->count && scopes) {
        check(releases_init(months_of(played), played->count, &releases), "view");
        check(disclosure_create(&releases, game->network, stores, store_count, &DISCLOSURE_RULE_DEFAULT, NULL,
                                &disclosure),
              "view");
        scope_count = list_scopes(game, disclosure, scopes, columns);
        for (size_t i = 0; i < game->catalog->table_row_count; i++)
            json_array_append_new(rows,
                                  view_row(disclosure, game->catalog->table_rows[i], scopes, scope_count, columns));
    }
    print(json_pack("{s:i, s:o, s:o}", "release", (int)played->count, "columns", columns, "rows", rows));
}

static void play(game_t *game, char *line)
{
    char *rest = line, *step = strsep(&rest, " ");
    if (strcmp(step, "release") == 0) {
        make_release(game, find_period(game, strsep(&rest, " ")));
        return;
    }
    char *dealers = strsep(&rest, " ");
    played_t *played = find_period(game, strsep(&rest, " "));
    if (strcmp(step, "facts") == 0)
        set_facts(game, find_dealer(game, dealers), played, &rest);
    else if (strcmp(step, "withdraw") == 0)
        month_set(played->live, find_dealer(game, dealers), NULL, false);
    else if (strcmp(step, "view") == 0)
        view(game, played, dealers);
    else
        fail("no such step", step);
}

int main(void)
{
    static game_t game;
    char line[LINE_SIZE];
    open_game(&game);
    while (read_line(line))
        if (*line)
            play(&game, line);
    close_game(&game);
    return 0;
}
