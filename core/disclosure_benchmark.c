#include "core/disclosure_internals.h"
#include "core/limits.h"
#include "core/release_cells.h"
#include "core/scratch.h"
#include "core/statistics.h"

/* The benchmark of one scope and row, and the stores that it is made of. */
typedef struct {
    disclosure_t *disclosure;
    const row_t *row;
    const viewer_scope_t *scope;
    uint32_t place;
    const release_cell_t *cell;
} benchmark_t;

static int64_t weight_of(const disclosure_t *disclosure, size_t fact, uint32_t slot)
{
    return release_weight(disclosure->releases, disclosure->last, disclosure->last, fact, slot);
}

/* ---- By what is kept ---- */

/* The near stores of the scope, or those of them that the benchmark is made of. */
static void add_near(const benchmark_t *benchmark, size_t fact, bool taken_only)
{
    disclosure_t *disclosure = benchmark->disclosure;
    const viewer_t *viewer = &disclosure->viewer;
    size_t index = (size_t)(benchmark->scope - viewer->scopes), end = index;
    while (end < viewer->scope_count && viewer->scopes[end].enter < benchmark->scope->leave)
        end++;
    for (uint32_t i = index ? viewer->scopes[index - 1].store_end : 0; i < viewer->scopes[end - 1].store_end; i++) {
        uint32_t slot = viewer->stores[i].slot;
        if (!taken_only || release_cell_takes(benchmark->cell, slot))
            near_add(&disclosure->tally, &viewer->stores[i], weight_of(disclosure, fact, slot));
    }
}

/* Of the benchmark's stores: all that decides, but for sums that the leaders do not reach. */
static void crowds_taken(const benchmark_t *benchmark, size_t fact, const taken_t *taken, crowd_t out[CROWD_COUNT])
{
    disclosure_t *disclosure = benchmark->disclosure;
    add_near(benchmark, fact, true);
    near_crowds(&disclosure->viewer, &disclosure->tally, &taken->leaders, taken->total,
                taken->owners - disclosure->tally.count, out);
}

/* Whether what the stores leave passes for certain: the two greatest of the rest are no greater than those of the
 * scope. */
static bool rest_passes_clearly(const benchmark_t *benchmark, size_t fact, const crowd_t taken[CROWD_COUNT])
{
    disclosure_t *disclosure = benchmark->disclosure;
    const releases_t *releases = disclosure->releases;
    const outline_t *outline = release_outline(releases, disclosure->last, disclosure->last, fact);
    const leaders_t *leaders = outline ? outline_leaders(releases, outline, benchmark->place) : NULL;
    if (!leaders)
        return false;
    int128_t total = outline->totals[benchmark->scope->leave] - outline->totals[benchmark->scope->enter];
    crowd_t rest[CROWD_COUNT];
    add_near(benchmark, fact, false);
    near_crowds(&disclosure->viewer, &disclosure->tally, leaders, total, 0, rest);
    for (crowd_kind_t kind = 0; kind < CROWD_COUNT; kind++)
        rest[kind].total -= taken[kind].total;
    return near_passes(rest, &disclosure->rule, false);
}

/* ---- By the stores ---- */

/* The benchmark's stores, or what they leave of the scope. */
static void add_up(const benchmark_t *benchmark, size_t fact, bool taken, crowd_t out[CROWD_COUNT])
{
    disclosure_t *disclosure = benchmark->disclosure;
    for (uint32_t slot = benchmark->scope->first; slot < benchmark->scope->end; slot++) {
        int64_t weight = release_cell_takes(benchmark->cell, slot) == taken ? weight_of(disclosure, fact, slot) : -1;
        if (weight >= 0)
            tally_add(&disclosure->tally, disclosure->releases->slot_owners[slot], weight,
                      disclosure->viewer.is_known[slot]);
    }
    tally_crowds(&disclosure->tally, disclosure->viewer.is_near, out);
    tally_clear(&disclosure->tally);
}

/* ---- Testing it ---- */

static disclosure_why_t judge_fact(const benchmark_t *benchmark, size_t fact, const taken_t *taken)
{
    const disclosure_rule_t *rule = &benchmark->disclosure->rule;
    crowd_t crowds[CROWD_COUNT], near[CROWD_COUNT];
    crowds_taken(benchmark, fact, taken, near);
    disclosure_why_t why = {.reason = HIDDEN_BENCHMARK, .fact = fact};
    why.verdict = (tally_verdict_t){TALLY_FEW_OWNERS, CROWD_OTHERS, UINT32_MAX};
    if (near[CROWD_OTHERS].owners < rule->benchmark_owners)
        return why;
    if (!near_passes(near, rule, false)) {
        add_up(benchmark, fact, true, crowds);
        why.verdict = crowds_judge(crowds, rule, false);
        if (why.verdict.failure != TALLY_PASSES)
            return why;
    }
    why.reason = SHOWN;
    if (benchmark->cell->taken_count == benchmark->scope->size || rest_passes_clearly(benchmark, fact, near))
        return why;
    add_up(benchmark, fact, false, crowds);
    why.verdict = crowds_judge(crowds, rule, false);
    why.reason = why.verdict.failure == TALLY_PASSES ? SHOWN : HIDDEN_REST;
    return why;
}

static disclosure_why_t judge(const benchmark_t *benchmark, bool average_is_shown)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(benchmark->row->formula, &count);
    if (!formula_holds_division(benchmark->row->formula))
        return (disclosure_why_t){.reason = HIDDEN_NO_DIVISION};
    if (!average_is_shown)
        return (disclosure_why_t){.reason = HIDDEN_WITH_AVERAGE};
    for (size_t i = 0; i < count; i++) {
        disclosure_why_t why = judge_fact(benchmark, inputs[i], &benchmark->cell->taken[i]);
        if (why.reason != SHOWN)
            return why;
    }
    return (disclosure_why_t){.reason = SHOWN};
}

/* ---- The figure ---- */

/* A designated store's own value in the release, instead of the benchmark. */
static void show_exemplar(disclosure_t *disclosure, const row_t *row, const exemplar_t *exemplar,
                          disclosure_figure_t *out)
{
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    *out = (disclosure_figure_t){NO_VALUE, false, {.reason = exemplar->consented ? SHOWN : HIDDEN_EXEMPLAR}};
    out->exists = statistics_exemplar(disclosure->month, row, exemplar->dealer, value);
    if (out->exists && out->why.reason == SHOWN)
        out->value = disclosure_round(formula_to_double(value));
}

status_t disclosure_benchmark(disclosure_t *disclosure, size_t row, size_t scope, bool average_is_shown,
                              const release_cell_t *cell, disclosure_figure_t *out)
{
    const viewer_scope_t *found = &disclosure->viewer.scopes[scope];
    bool is_nation = found->scope.kind == SCOPE_NATION;
    benchmark_t benchmark = {disclosure, &disclosure->month->catalog->rows[row], found,
                             is_nation ? disclosure->releases->network->region_count : found->enter, cell};
    const exemplar_t *exemplar = exemplar_find(disclosure->exemplars, found->scope);
    if (exemplar) {
        show_exemplar(disclosure, benchmark.row, exemplar, out);
        return STATUS_OK;
    }
    *out = (disclosure_figure_t){.value = NO_VALUE, .exists = cell->taken_count > 0};
    if (!out->exists)
        return STATUS_OK;
    out->why = judge(&benchmark, average_is_shown);
    if (out->why.reason == SHOWN)
        out->value = cell->benchmark;
    return STATUS_OK;
}
