#include "core/answer_rows.h"
#include "core/disclosure.h"
#include "core/figures.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

#define WEAKEST_MAX 3u

enum { NATION, REGION, SCOPE_COUNT };

/* The store's weakest rows so far, the lowest gap first. */
typedef struct {
    mpq_t gaps[WEAKEST_MAX];
    size_t rows[WEAKEST_MAX];
    size_t count;
} weakest_t;

typedef struct {
    const month_t *month;
    const benchmark_rule_t *rule;
    uint32_t slot;
    scope_t scopes[SCOPE_COUNT]; /* nation, region; for a dealer as the release's network numbers them */
    figures_t *figures;          /* of the same; NULL for a dealer */
    references_t references[SCOPE_COUNT];
    const exemplars_t *exemplars;
    disclosure_t *disclosure; /* for a dealer; NULL: no release yet */
    uint32_t suppressed;      /* columns of the row at hand */
    int64_t own_inputs[2 * CATALOG_FACTS_MAX];
    mpq_t columns[COLUMN_PEERS]; /* own and references, exactly, of the row at hand */
    bool has[COLUMN_PEERS];
    mpq_t gap;
    weakest_t weakest;
} work_t;

static void work_init(work_t *work)
{
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        mpq_init(work->columns[i]);
    for (size_t i = 0; i < WEAKEST_MAX; i++)
        mpq_init(work->weakest.gaps[i]);
    for (size_t i = 0; i < SCOPE_COUNT; i++)
        references_init(&work->references[i]);
    mpq_init(work->gap);
}

static void work_fini(work_t *work)
{
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        mpq_clear(work->columns[i]);
    for (size_t i = 0; i < WEAKEST_MAX; i++)
        mpq_clear(work->weakest.gaps[i]);
    for (size_t i = 0; i < SCOPE_COUNT; i++)
        references_fini(&work->references[i]);
    mpq_clear(work->gap);
}

static bool value_of_slot(const month_t *month, const row_t *row, uint32_t slot, int64_t *inputs, mpq_t out)
{
    if (!(month->flags[slot] & MONTH_REPORTED))
        return false;
    month_inputs(month, slot, inputs);
    return statistics_value(row, inputs, out);
}

static void add_weakest(weakest_t *weakest, size_t row, const mpq_t gap)
{
    size_t place = weakest->count;
    while (place > 0 && mpq_cmp(gap, weakest->gaps[place - 1]) < 0)
        place--;
    if (place == WEAKEST_MAX)
        return;
    size_t last = weakest->count < WEAKEST_MAX ? weakest->count++ : WEAKEST_MAX - 1;
    for (; last > place; last--) {
        mpq_swap(weakest->gaps[last], weakest->gaps[last - 1]);
        weakest->rows[last] = weakest->rows[last - 1];
    }
    mpq_set(weakest->gaps[place], gap);
    weakest->rows[place] = row;
}

/* Whether a gap to the region's average below zero makes the row one of the store's weak ones (SPEC 2.8). */
static bool can_be_weak(const work_t *work, const row_t *row)
{
    return formula_holds_division(row->formula) && statistics_is_eligible(row, work->own_inputs);
}

static void fill_gaps(work_t *work, size_t index, double *out)
{
    const row_t *row = &work->month->catalog->rows[index];
    for (size_t i = 0; i < GAP_COUNT; i++) {
        size_t column = COLUMN_NATION_AVERAGE + i;
        out[i] = NO_VALUE;
        if (!work->has[COLUMN_OWN] || !work->has[column] ||
            !statistics_gap(row, work->columns[COLUMN_OWN], work->columns[column], work->gap))
            continue;
        out[i] = formula_to_double(work->gap);
        if (column == COLUMN_REGION_AVERAGE && mpq_sgn(work->gap) < 0 && can_be_weak(work, row))
            add_weakest(&work->weakest, index, work->gap);
    }
}

/* Moves a figure to its column. */
static void place_column(work_t *work, size_t column, bool has, mpq_t value)
{
    work->has[column] = has;
    if (has)
        mpq_swap(work->columns[column], value);
}

static status_t evaluate_scopes(work_t *work, size_t index)
{
    const row_t *row = &work->month->catalog->rows[index];
    TRY(figures_references(work->figures, index, work->rule, work->references));
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        references_t *found = &work->references[i];
        const exemplar_t *exemplar = exemplar_find(work->exemplars, work->scopes[i]);
        bool has_benchmark = exemplar ? statistics_exemplar(work->month, row, exemplar->dealer, found->benchmark)
                                      : found->benchmark_n > 0;
        place_column(work, COLUMN_NATION_AVERAGE + i, found->has_average, found->average);
        place_column(work, COLUMN_NATION_BENCHMARK + i, has_benchmark, found->benchmark);
    }
    return STATUS_OK;
}

/* ---- What a dealer is shown of others ---- */

static void take_figure(work_t *work, size_t column, const disclosure_figure_t *figure)
{
    work->has[column] = !isnan(figure->value);
    if (work->has[column])
        mpq_set_d(work->columns[column], figure->value);
    else if (figure->exists)
        work->suppressed |= 1u << column;
}

/* Without a release all is hidden that might be there. */
static status_t disclose_scopes(work_t *work, size_t index)
{
    bool has_direction = work->month->catalog->rows[index].better != BETTER_NEITHER;
    work->suppressed = 0;
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        disclosure_figure_t average = {NO_VALUE, true, {.reason = HIDDEN_NO_RELEASE}};
        disclosure_figure_t benchmark = {NO_VALUE, has_direction, {.reason = HIDDEN_NO_RELEASE}};
        if (work->disclosure)
            TRY(disclosure_row(work->disclosure, index, work->scopes[i], work->rule, &average, &benchmark));
        take_figure(work, COLUMN_NATION_AVERAGE + i, &average);
        take_figure(work, COLUMN_NATION_BENCHMARK + i, &benchmark);
    }
    return STATUS_OK;
}

/* ---- Rows ---- */

static status_t compute_row(work_t *work, size_t index, const uint32_t *peers, size_t peer_count, double *out_values,
                            double *out_gaps)
{
    const month_t *month = work->month;
    const row_t *row = &month->catalog->rows[index];
    TRY(work->figures ? evaluate_scopes(work, index) : disclose_scopes(work, index));
    work->has[COLUMN_OWN] = value_of_slot(month, row, work->slot, work->own_inputs, work->columns[COLUMN_OWN]);
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        out_values[i] = work->has[i] ? formula_to_double(work->columns[i]) : NO_VALUE;
    fill_gaps(work, index, out_gaps);
    for (size_t i = 0; i < peer_count; i++) {
        int64_t inputs[2 * CATALOG_FACTS_MAX];
        bool has = value_of_slot(month, row, month->slots[peers[i]], inputs, work->gap);
        out_values[COLUMN_PEERS + i] = has ? formula_to_double(work->gap) : NO_VALUE;
    }
    return STATUS_OK;
}

static status_t answer_allocate(const month_t *month, uint32_t dealer, uint32_t region, const uint32_t *peers,
                                size_t peer_count, arena_t *arena, compare_answer_t **out)
{
    const catalog_t *catalog = month->catalog;
    const network_t *network = month->network;
    compare_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    answer->dealer = arena_strdup(arena, network->dealers[dealer].code);
    answer->region = arena_strdup(arena, network->regions[region].code);
    answer->period = month->period;
    answer->peers = arena_array(arena, peer_count, sizeof *answer->peers);
    answer->peer_count = peer_count;
    answer->row_count = catalog->table_row_count;
    answer->rows = answer_rows_make(catalog, catalog->table_rows, answer->row_count, arena);
    answer->values = arena_array(arena, answer->row_count, (COLUMN_PEERS + peer_count) * sizeof *answer->values);
    answer->gaps = arena_array(arena, answer->row_count, GAP_COUNT * sizeof *answer->gaps);
    answer->weakest = arena_array(arena, WEAKEST_MAX, sizeof *answer->weakest);
    if (!answer->dealer || !answer->region || !answer->peers || !answer->rows || !answer->values || !answer->gaps ||
        !answer->weakest)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < peer_count; i++)
        if (!(answer->peers[i] = arena_strdup(arena, network->dealers[peers[i]].code)))
            return STATUS_NO_MEMORY;
    *out = answer;
    return STATUS_OK;
}

static status_t compute_rows(work_t *work, const uint32_t *peers, compare_answer_t *answer)
{
    const size_t *rows = work->month->catalog->table_rows;
    for (size_t i = 0; i < answer->row_count; i++) {
        TRY(compute_row(work, rows[i], peers, answer->peer_count,
                        answer->values + i * (COLUMN_PEERS + answer->peer_count), answer->gaps + i * GAP_COUNT));
        if (answer->suppressed)
            answer->suppressed[i] = work->suppressed;
    }
    return STATUS_OK;
}

static status_t list_weakest(const work_t *work, arena_t *arena, compare_answer_t *answer)
{
    answer->weakest_count = work->weakest.count;
    for (size_t i = 0; i < work->weakest.count; i++)
        if (!(answer->weakest[i] = arena_strdup(arena, work->month->catalog->rows[work->weakest.rows[i]].id)))
            return STATUS_NO_MEMORY;
    return STATUS_OK;
}

/* `network` numbers the exemplars' dealers. */
static status_t name_exemplars(const work_t *work, const network_t *network, bool consented_only, arena_t *arena,
                               compare_answer_t *answer)
{
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        const exemplar_t *exemplar = exemplar_find(work->exemplars, work->scopes[i]);
        if (!exemplar || (consented_only && !exemplar->consented))
            continue;
        answer->exemplars[i] = arena_strdup(arena, network->dealers[exemplar->dealer].code);
        if (!answer->exemplars[i])
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static status_t run(work_t *work, const uint32_t *peers, arena_t *arena, compare_answer_t *answer)
{
    work_init(work);
    status_t status = compute_rows(work, peers, answer);
    if (status == STATUS_OK)
        status = list_weakest(work, arena, answer);
    work_fini(work);
    return status;
}

status_t compare_compute(const month_t *month, const benchmark_rule_t *rule, uint32_t dealer, uint32_t region,
                         const uint32_t *peers, size_t peer_count, const exemplars_t *exemplars, arena_t *arena,
                         compare_answer_t **out)
{
    compare_answer_t *answer = NULL;
    CLEANUP(figures_destroy) figures_t *figures = NULL;
    work_t work = {.month = month,
                   .rule = rule,
                   .slot = month->slots[dealer],
                   .scopes = {{SCOPE_NATION, 0}, {SCOPE_REGION, region}},
                   .exemplars = exemplars};
    TRY(figures_create(month, work.scopes, SCOPE_COUNT, &figures));
    work.figures = figures;
    TRY(answer_allocate(month, dealer, region, peers, peer_count, arena, &answer));
    TRY(name_exemplars(&work, month->network, false, arena, answer));
    TRY(run(&work, peers, arena, answer));
    *out = answer;
    return STATUS_OK;
}

status_t compare_compute_disclosed(const month_t *live, disclosure_t *disclosure, const benchmark_rule_t *rule,
                                   uint32_t dealer, uint32_t region, const uint32_t *peers, size_t peer_count,
                                   arena_t *arena, compare_answer_t **out)
{
    compare_answer_t *answer = NULL;
    work_t work = {.month = live,
                   .rule = rule,
                   .slot = live->slots[dealer],
                   .scopes = {{SCOPE_NATION, 0}, {SCOPE_REGION, region}},
                   .disclosure = disclosure};
    TRY(answer_allocate(live, dealer, region, peers, peer_count, arena, &answer));
    answer->suppressed = arena_array(arena, answer->row_count, sizeof *answer->suppressed);
    if (!answer->suppressed)
        return STATUS_NO_MEMORY;
    if (disclosure) {
        const network_t *network = disclosure_month(disclosure)->network;
        work.scopes[REGION].index = network_find_region(network, live->network->regions[region].code);
        work.exemplars = disclosure_exemplars(disclosure);
        TRY(name_exemplars(&work, network, true, arena, answer));
    }
    TRY(run(&work, peers, arena, answer));
    *out = answer;
    return STATUS_OK;
}
