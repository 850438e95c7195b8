#include "core/release_cells.h"

#include "core/disclosure.h"
#include "core/figures.h"
#include "core/scratch.h"
#include "core/statistics.h"

#include <stdlib.h>
#include <string.h>

/* One row in one place, while it is made. */
typedef struct {
    const releases_t *releases;
    const month_t *month;
    const row_t *row;
    size_t row_index;
    scope_t scope;
    uint32_t first, end; /* slots */
    uint32_t *slots;     /* room for the benchmark's stores */
    tally_t tally;
    release_cell_t *cell;
} work_t;

static void cell_destroy(release_cell_t **cell)
{
    if (!*cell)
        return;
    free((*cell)->bits);
    free((*cell)->taken);
    free(*cell);
    *cell = NULL;
}

static void work_fini(work_t *work)
{
    free(work->slots);
    tally_fini(&work->tally);
    cell_destroy(&work->cell);
}

static void average(work_t *work)
{
    const scope_slots_t slots = {work->first, work->end - work->first, NULL};
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    uint32_t n;
    work->cell->has_average = statistics_average(work->month, work->row, &slots, value, &n);
    work->cell->average = work->cell->has_average ? disclosure_round(formula_to_double(value)) : NO_VALUE;
}

/* Leaves the benchmark's stores in work->slots. */
static status_t benchmark(work_t *work, const benchmark_rule_t *rule)
{
    CLEANUP(figures_destroy) figures_t *figures = NULL;
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    TRY(figures_create(work->month, &work->scope, 1, &figures));
    TRY(figures_benchmark_stores(figures, work->row_index, 0, rule, work->slots, &work->cell->taken_count, value));
    if (work->cell->taken_count)
        work->cell->benchmark = disclosure_round(formula_to_double(value));
    return STATUS_OK;
}

static void take_fact(work_t *work, size_t fact, taken_t *out)
{
    for (uint32_t i = 0; i < work->cell->taken_count; i++) {
        int64_t value = work->month->columns[fact][work->slots[i]];
        if (value == FACT_ABSENT)
            continue;
        tally_add(&work->tally, work->releases->slot_owners[work->slots[i]], value < 0 ? -value : value, true);
        out->total += value < 0 ? -value : value;
    }
    out->owners = work->tally.count;
    leaders_take(&work->tally, &out->leaders);
    tally_clear(&work->tally);
}

static status_t outline_taken(work_t *work)
{
    release_cell_t *cell = work->cell;
    size_t count, words = ((size_t)(work->end - work->first) + 63) / 64;
    const uint16_t *inputs = formula_inputs(work->row->formula, &count);
    cell->bits = calloc(words + 1, sizeof *cell->bits);
    cell->taken = calloc(count + 1, sizeof *cell->taken);
    if (!cell->bits || !cell->taken)
        return STATUS_NO_MEMORY;
    cell->bytes += words * sizeof *cell->bits + count * sizeof *cell->taken;
    for (uint32_t i = 0; i < cell->taken_count; i++) {
        uint32_t bit = work->slots[i] - work->first;
        cell->bits[bit / 64] |= UINT64_C(1) << bit % 64;
    }
    for (size_t i = 0; i < count; i++)
        take_fact(work, inputs[i], &cell->taken[i]);
    return STATUS_OK;
}

static status_t make(work_t *work, const benchmark_rule_t *rule)
{
    size_t room = (size_t)(work->end - work->first) + 1;
    work->cell = calloc(1, sizeof *work->cell);
    work->slots = malloc(room * sizeof *work->slots);
    if (!work->cell || !work->slots)
        return STATUS_NO_MEMORY;
    *work->cell =
        (release_cell_t){.rule = *rule, .benchmark = NO_VALUE, .first = work->first, .bytes = sizeof *work->cell};
    TRY(tally_init(work->releases->owners.count, &work->tally));
    average(work);
    if (work->row->better == BETTER_NEITHER)
        return STATUS_OK;
    TRY(benchmark(work, rule));
    return work->cell->taken_count ? outline_taken(work) : STATUS_OK;
}

static work_t find_place(const releases_t *releases, size_t release, size_t row, scope_t scope)
{
    const month_t *month = releases->months[release];
    work_t work = {releases, month, &releases->catalog->rows[row], row, scope, 0, month->count, NULL, {0}, NULL};
    if (scope.kind == SCOPE_REGION) {
        const region_t *region = &releases->network->regions[scope.index];
        work.first = month->region_first[region->enter];
        work.end = month->region_first[region->leave];
    }
    return work;
}

/* The cells of a release; NULL when out of memory. */
static release_cell_t **cells_of(const releases_t *releases, size_t release)
{
    struct release_kept *kept = releases->kept;
    release_cell_t ***place = &kept->cells[release];
    release_cell_t **cells = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (cells)
        return cells;
    CLEANUP(scratch_free) release_cell_t **made = calloc(kept->cell_count + 1, sizeof *made);
    /* Two threads may have made the same; the first to publish wins. */
    if (!made || !__atomic_compare_exchange_n(place, &cells, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return cells;
    __atomic_fetch_add(&kept->bytes, kept->cell_count * sizeof *made, __ATOMIC_RELAXED);
    cells = made;
    made = NULL;
    return cells;
}

static bool is_same_rule(const benchmark_rule_t *a, const benchmark_rule_t *b)
{
    return a->share_numerator == b->share_numerator && a->share_denominator == b->share_denominator &&
           a->least_stores == b->least_stores && a->least_eligible == b->least_eligible;
}

status_t release_cell(const releases_t *releases, size_t release, size_t row, scope_t scope,
                      const benchmark_rule_t *rule, release_cell_hold_t *out)
{
    const network_t *network = releases->network;
    release_cell_t **cells = cells_of(releases, release), *cell = NULL;
    if (!cells)
        return STATUS_NO_MEMORY;
    uint32_t place = scope.kind == SCOPE_NATION ? network->region_count : network->regions[scope.index].enter;
    release_cell_t **home = &cells[row * releases->kept->atoms + place];
    *out = (release_cell_hold_t){__atomic_load_n(home, __ATOMIC_ACQUIRE), NULL};
    if (out->cell && is_same_rule(&out->cell->rule, rule))
        return STATUS_OK;
    CLEANUP(work_fini) work_t work = find_place(releases, release, row, scope);
    TRY(make(&work, rule));
    *out = (release_cell_hold_t){work.cell, work.cell};
    if (__atomic_compare_exchange_n(home, &cell, work.cell, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        __atomic_fetch_add(&releases->kept->bytes, work.cell->bytes, __ATOMIC_RELAXED);
        out->own = NULL;
    }
    work.cell = NULL;
    return STATUS_OK;
}

void release_cell_end(release_cell_hold_t *hold)
{
    cell_destroy(&hold->own);
    hold->cell = NULL;
}

void release_cells_destroy(struct release_kept *kept)
{
    for (size_t release = 0; release < RELEASES_MAX; release++) {
        for (size_t i = 0; kept->cells[release] && i < kept->cell_count; i++)
            cell_destroy(&kept->cells[release][i]);
        free(kept->cells[release]);
    }
}
