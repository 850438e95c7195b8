#include "core/drift.h"

#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

#define SAME_RELATIVE 2e-12 /* each of two answers agrees with the exact one to 1e-12 */

const char *const statistic_names[STATISTIC_KIND_COUNT] = {
    "n", "valued", "average", "mean", "median", "p25", "p75", "best", "benchmark", "benchmark_n",
};

static double statistic_of(const scope_statistics_t *statistics, statistic_t statistic)
{
    switch (statistic) {
    case STATISTIC_N:
        return statistics->n;
    case STATISTIC_VALUED:
        return statistics->valued;
    case STATISTIC_AVERAGE:
        return statistics->average;
    case STATISTIC_MEAN:
        return statistics->mean;
    case STATISTIC_MEDIAN:
        return statistics->median;
    case STATISTIC_P25:
        return statistics->p25;
    case STATISTIC_P75:
        return statistics->p75;
    case STATISTIC_BEST:
        return statistics->best;
    case STATISTIC_BENCHMARK:
        return statistics->benchmark;
    case STATISTIC_BENCHMARK_N:
        return statistics->benchmark_n;
    default:
        return NO_VALUE;
    }
}

/* ---- names on both sides */

/* A name of either table, and where it stands in each; SIZE_MAX where it does not. */
typedef struct {
    const char *name;
    size_t published, restated;
} match_t;

typedef struct {
    const char *name;
    size_t index;
} named_t;

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const named_t *)left)->name, ((const named_t *)right)->name);
}

typedef const char *name_of_t(const benchmark_answer_t *table, size_t index);

static const char *row_name(const benchmark_answer_t *table, size_t index)
{
    return table->rows[index].row;
}

static const char *scope_name(const benchmark_answer_t *table, size_t index)
{
    return table->scopes[index].scope;
}

/* The restated table's names in their order, then those that only the published one has. `out`: room for all. */
static status_t match(const benchmark_answer_t *const tables[2], const size_t counts[2], name_of_t *name_of,
                      match_t *out, size_t *out_count)
{
    CLEANUP(scratch_free) named_t *sorted = calloc(counts[0] + 1, sizeof *sorted);
    CLEANUP(scratch_free) bool *is_met = calloc(counts[0] + 1, sizeof *is_met);
    size_t count = 0;
    if (!sorted || !is_met)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < counts[0]; i++)
        sorted[i] = (named_t){name_of(tables[0], i), i};
    if (counts[0])
        qsort(sorted, counts[0], sizeof *sorted, compare_names);
    for (size_t i = 0; i < counts[1]; i++) {
        named_t key = {name_of(tables[1], i), i};
        const named_t *found = counts[0] ? bsearch(&key, sorted, counts[0], sizeof *sorted, compare_names) : NULL;
        if (found)
            is_met[found->index] = true;
        out[count++] = (match_t){key.name, found ? found->index : SIZE_MAX, i};
    }
    for (size_t i = 0; i < counts[0]; i++)
        if (!is_met[i])
            out[count++] = (match_t){name_of(tables[0], i), i, SIZE_MAX};
    *out_count = count;
    return STATUS_OK;
}

/* ---- cells */

typedef struct {
    drift_cell_t cell;
    size_t place; /* in the order of the tables */
} placed_t;

typedef struct {
    const benchmark_answer_t *published, *restated;
    placed_t *kept; /* a heap of `most`, the least of them on top, where there are more than that */
    size_t count, most, left, places;
} work_t;

static double size_of(const drift_cell_t *cell)
{
    return isnan(cell->relative) ? INFINITY : fabs(cell->relative);
}

/* Below zero: `left` is the worse. */
static int compare_placed(const void *left, const void *right)
{
    const placed_t *a = left, *b = right;
    double size_a = size_of(&a->cell), size_b = size_of(&b->cell);
    if (size_a != size_b)
        return size_a > size_b ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static void swap(placed_t *left, placed_t *right)
{
    placed_t held = *left;
    *left = *right;
    *right = held;
}

static void sift_down(work_t *work)
{
    for (size_t at = 0, least; (least = 2 * at + 1) < work->count; at = least) {
        if (least + 1 < work->count && compare_placed(&work->kept[least + 1], &work->kept[least]) > 0)
            least++;
        if (compare_placed(&work->kept[at], &work->kept[least]) >= 0)
            return;
        swap(&work->kept[at], &work->kept[least]);
    }
}

static void sift_up(work_t *work)
{
    for (size_t at = work->count - 1; at; at = (at - 1) / 2) {
        if (compare_placed(&work->kept[at], &work->kept[(at - 1) / 2]) <= 0)
            return;
        swap(&work->kept[at], &work->kept[(at - 1) / 2]);
    }
}

/* Keeps it where it is among the worst. */
static void keep(work_t *work, const drift_cell_t *cell)
{
    placed_t placed = {*cell, work->places++};
    if (work->count < work->most) {
        work->kept[work->count++] = placed;
        sift_up(work);
        return;
    }
    work->left++;
    if (work->count && compare_placed(&placed, &work->kept[0]) < 0) {
        work->kept[0] = placed;
        sift_down(work);
    }
}

static bool is_same(double published, double restated)
{
    if (isnan(published) || isnan(restated))
        return isnan(published) && isnan(restated);
    double larger = fmax(fabs(published), fabs(restated));
    return fabs(restated - published) <= SAME_RELATIVE * larger;
}

static const scope_statistics_t *find(const benchmark_answer_t *table, size_t row, size_t scope)
{
    return row == SIZE_MAX || scope == SIZE_MAX ? NULL : &table->statistics[row * table->scope_count + scope];
}

static void compare_cells(work_t *work, const match_t *row, const match_t *scope)
{
    const scope_statistics_t *before = find(work->published, row->published, scope->published);
    const scope_statistics_t *after = find(work->restated, row->restated, scope->restated);
    const answer_row_t *shown =
        row->restated != SIZE_MAX ? &work->restated->rows[row->restated] : &work->published->rows[row->published];
    for (statistic_t statistic = 0; statistic < STATISTIC_KIND_COUNT; statistic++) {
        double published = before ? statistic_of(before, statistic) : NO_VALUE;
        double restated = after ? statistic_of(after, statistic) : NO_VALUE;
        if (is_same(published, restated))
            continue;
        drift_cell_t cell = {scope->name, shown->row, shown->unit, statistic, published, restated, NO_VALUE, NO_VALUE};
        cell.difference = restated - published;
        if (!isnan(cell.difference) && published != 0)
            cell.relative = cell.difference / fabs(published);
        keep(work, &cell);
    }
}

static status_t compare_tables(work_t *work)
{
    const benchmark_answer_t *const tables[] = {work->published, work->restated};
    const size_t rows[] = {work->published->row_count, work->restated->row_count};
    const size_t scopes[] = {work->published->scope_count, work->restated->scope_count};
    CLEANUP(scratch_free) match_t *row_matches = calloc(rows[0] + rows[1] + 1, sizeof *row_matches);
    CLEANUP(scratch_free) match_t *scope_matches = calloc(scopes[0] + scopes[1] + 1, sizeof *scope_matches);
    size_t row_count = 0, scope_count = 0;
    if (!row_matches || !scope_matches)
        return STATUS_NO_MEMORY;
    TRY(match(tables, rows, row_name, row_matches, &row_count));
    TRY(match(tables, scopes, scope_name, scope_matches, &scope_count));
    for (size_t row = 0; row < row_count; row++)
        for (size_t scope = 0; scope < scope_count; scope++)
            compare_cells(work, &row_matches[row], &scope_matches[scope]);
    return STATUS_OK;
}

status_t drift_compute(const benchmark_answer_t *published, const benchmark_answer_t *restated, size_t most,
                       arena_t *arena, drift_t *out)
{
    CLEANUP(scratch_free) placed_t *kept = calloc(most + 1, sizeof *kept);
    work_t work = {.published = published, .restated = restated, .kept = kept, .most = most};
    if (!kept)
        return STATUS_NO_MEMORY;
    TRY(compare_tables(&work));
    drift_cell_t *cells = arena_array(arena, work.count, sizeof *cells);
    if (!cells)
        return STATUS_NO_MEMORY;
    if (work.count)
        qsort(kept, work.count, sizeof *kept, compare_placed);
    for (size_t i = 0; i < work.count; i++)
        cells[i] = kept[i].cell;
    *out = (drift_t){cells, work.count, work.left};
    return STATUS_OK;
}
