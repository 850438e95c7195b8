#include "core/disclosure_internals.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

/* The benchmark of one scope and row, and the stores that it is made of. */
typedef struct {
    disclosure_t *disclosure;
    const row_t *row;
    size_t scope;
    uint32_t taken;
} benchmark_t;

static picks_t pick_scope(const benchmark_t *benchmark, const row_order_t *order)
{
    const viewer_scope_t *scope = &benchmark->disclosure->viewer.scopes[benchmark->scope];
    uint32_t *positions = benchmark->disclosure->picks, count = 0;
    if (scope->scope.kind == SCOPE_NATION)
        return (picks_t){order, NULL, order->count};
    for (uint32_t i = 0; i < order->count; i++)
        if (order->slots[i] >= scope->first && order->slots[i] < scope->end)
            positions[count++] = i;
    return (picks_t){order, positions, count};
}

/* ---- Testing it ---- */

static void add_slot(disclosure_t *disclosure, size_t fact, uint32_t slot)
{
    int64_t value = disclosure->month->columns[fact][slot];
    if (value != FACT_ABSENT)
        tally_add(&disclosure->tally, disclosure->releases->slot_owners[slot], value < 0 ? -value : value,
                  disclosure->viewer.is_known[slot]);
}

static void take_crowds(disclosure_t *disclosure, crowd_t out[CROWD_COUNT])
{
    tally_crowds(&disclosure->tally, disclosure->viewer.is_near, out);
    tally_clear(&disclosure->tally);
}

static const crowd_t *crowds_of_scope(disclosure_t *disclosure, size_t scope, size_t fact)
{
    const viewer_scope_t *found = &disclosure->viewer.scopes[scope];
    scope_crowds_t *crowds = &disclosure->crowds[scope * disclosure->releases->catalog->fact_count + fact];
    if (!crowds->is_made) {
        for (uint32_t slot = found->first; slot < found->end; slot++)
            add_slot(disclosure, fact, slot);
        take_crowds(disclosure, crowds->crowds);
        crowds->is_made = true;
    }
    return crowds->crowds;
}

/* Whether what the stores leave passes for certain: the two greatest of the rest are no greater than those of the
 * whole.
 */
static bool rest_passes_clearly(const crowd_t *whole, const crowd_t *taken, uint32_t p_percent)
{
    for (crowd_kind_t kind = 0; kind < CROWD_COUNT; kind++) {
        int128_t rest = whole[kind].total - taken[kind].total;
        if (rest <= 0 || (rest - whole[kind].first - whole[kind].second) * 100 < whole[kind].first * p_percent)
            return false;
    }
    return true;
}

static tally_verdict_t judge_rest(const benchmark_t *benchmark, size_t fact, const crowd_t taken[CROWD_COUNT])
{
    disclosure_t *disclosure = benchmark->disclosure;
    const viewer_scope_t *scope = &disclosure->viewer.scopes[benchmark->scope];
    const crowd_t *whole = crowds_of_scope(disclosure, benchmark->scope, fact);
    crowd_t rest[CROWD_COUNT];
    if (benchmark->taken == scope->size || rest_passes_clearly(whole, taken, disclosure->rule.p_percent))
        return (tally_verdict_t){TALLY_PASSES, CROWD_ALL, UINT32_MAX};
    for (uint32_t i = 0; i < benchmark->taken; i++)
        disclosure->is_taken[disclosure->taken[i]] = 1;
    for (uint32_t slot = scope->first; slot < scope->end; slot++)
        if (!disclosure->is_taken[slot])
            add_slot(disclosure, fact, slot);
    for (uint32_t i = 0; i < benchmark->taken; i++)
        disclosure->is_taken[disclosure->taken[i]] = 0;
    take_crowds(disclosure, rest);
    return crowds_judge(rest, &disclosure->rule, false);
}

static disclosure_why_t judge_fact(const benchmark_t *benchmark, size_t fact)
{
    disclosure_t *disclosure = benchmark->disclosure;
    crowd_t taken[CROWD_COUNT];
    for (uint32_t i = 0; i < benchmark->taken; i++)
        add_slot(disclosure, fact, disclosure->taken[i]);
    take_crowds(disclosure, taken);
    disclosure_why_t why = {.reason = HIDDEN_BENCHMARK, .fact = fact};
    why.verdict = (tally_verdict_t){TALLY_FEW_OWNERS, CROWD_OTHERS, UINT32_MAX};
    if (taken[CROWD_OTHERS].owners < disclosure->rule.benchmark_owners)
        return why;
    why.verdict = crowds_judge(taken, &disclosure->rule, false);
    if (why.verdict.failure != TALLY_PASSES)
        return why;
    why.reason = HIDDEN_REST;
    why.verdict = judge_rest(benchmark, fact, taken);
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
        disclosure_why_t why = judge_fact(benchmark, inputs[i]);
        if (why.reason != SHOWN)
            return why;
    }
    return (disclosure_why_t){.reason = SHOWN};
}

/* ---- The figure ---- */

static void show(disclosure_figure_t *figure, const mpq_t value)
{
    if (figure->exists && figure->why.reason == SHOWN)
        figure->value = disclosure_round(formula_to_double(value));
}

/* A designated store's own value in the release, instead of the benchmark. */
static void show_exemplar(disclosure_t *disclosure, const row_t *row, const exemplar_t *exemplar,
                          disclosure_figure_t *out)
{
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    *out = (disclosure_figure_t){NO_VALUE, false, {.reason = exemplar->consented ? SHOWN : HIDDEN_EXEMPLAR}};
    out->exists = statistics_exemplar(disclosure->month, row, exemplar->dealer, value);
    show(out, value);
}

status_t disclosure_benchmark(disclosure_t *disclosure, size_t row, size_t scope, bool average_is_shown,
                              const benchmark_rule_t *rule, disclosure_figure_t *out)
{
    const month_t *month = disclosure->month;
    benchmark_t benchmark = {disclosure, &month->catalog->rows[row], scope, 0};
    const exemplar_t *exemplar = exemplar_find(disclosure->exemplars, disclosure->viewer.scopes[scope].scope);
    if (exemplar) {
        show_exemplar(disclosure, benchmark.row, exemplar, out);
        return STATUS_OK;
    }
    const row_order_t *order = order_of_row(month, row);
    if (!order)
        return STATUS_NO_MEMORY;
    picks_t picks = pick_scope(&benchmark, order);
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    benchmark.taken = statistics_benchmark_stores(month, benchmark.row, &picks, rule, value, disclosure->taken);
    *out = (disclosure_figure_t){.value = NO_VALUE, .exists = benchmark.taken > 0};
    if (!out->exists)
        return STATUS_OK;
    out->why = judge(&benchmark, average_is_shown);
    show(out, value);
    return STATUS_OK;
}
