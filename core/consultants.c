#include "core/answer_rows.h"
#include "core/limits.h"
#include "core/ratio.h"
#include "core/scratch.h"
#include "core/statistics.h"

#include <string.h>

#define LEAST_BASE 5u /* SPEC 2.11: a consultant's own denominator */

/* A consultant of the month, with its facts of the month before (NULL: none). */
typedef struct {
    const char *code;
    const int64_t *current, *previous;
} consultant_t;

typedef struct {
    const catalog_t *catalog;
    const consultant_t *consultants; /* by code */
    size_t consultant_count;
    size_t *rows; /* room for, and then the rows listed */
    size_t row_count;
    mpq_t *store;                          /* [row_count] */
    bool *has_store;                       /* [row_count] */
    ratio_t *ratios;                       /* [row_count]: the store's; denominator 0 where it does not fit */
    int64_t inputs[2 * CATALOG_FACTS_MAX]; /* of the consultant at hand */
    mpq_t own, base, gap, lowest;          /* room for what does not fit a ratio, or must be told apart */
} work_t;

static int compare_facts(const void *left, const void *right)
{
    const consultant_facts_t *a = left, *b = right;
    return strcmp(a->consultant, b->consultant);
}

static int compare_consultants(const void *left, const void *right)
{
    const consultant_t *a = left, *b = right;
    return strcmp(a->code, b->code);
}

static consultant_facts_t *sort_facts(const store_facts_t *store)
{
    size_t count = store ? store->consultant_count : 0;
    consultant_facts_t *sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted || count == 0)
        return sorted;
    memcpy(sorted, store->consultants, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_facts);
    return sorted;
}

/* The month's consultants by code, each joined to what it reported the month before. */
static status_t join_consultants(const store_facts_t *current, const store_facts_t *previous, consultant_t **out,
                                 size_t *out_count)
{
    CLEANUP(scratch_free) consultant_facts_t *before = sort_facts(previous);
    size_t count = current ? current->consultant_count : 0;
    consultant_t *joined = before ? calloc(count + 1, sizeof *joined) : NULL;
    if (!joined)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const consultant_facts_t *facts = &current->consultants[i];
        const consultant_facts_t *earlier =
            previous && previous->consultant_count
                ? bsearch(facts, before, previous->consultant_count, sizeof *before, compare_facts)
                : NULL;
        joined[i] = (consultant_t){facts->consultant, facts->facts, earlier ? earlier->facts : NULL};
    }
    if (count)
        qsort(joined, count, sizeof *joined, compare_consultants);
    *out = joined;
    *out_count = count;
    return STATUS_OK;
}

static int64_t input_of(const consultant_t *consultant, size_t fact_count, size_t input)
{
    if (input < fact_count)
        return consultant->current[input];
    return consultant->previous ? consultant->previous[input - fact_count] : FACT_ABSENT;
}

/* Sums each input over the consultants that have it; SUM_ABSENT where none has. */
static void sum_inputs(const work_t *work, int128_t *out)
{
    size_t facts = work->catalog->fact_count;
    for (size_t input = 0; input < 2 * facts; input++) {
        out[input] = SUM_ABSENT;
        for (size_t c = 0; c < work->consultant_count; c++) {
            int64_t value = input_of(&work->consultants[c], facts, input);
            if (value != FACT_ABSENT)
                out[input] = (out[input] == SUM_ABSENT ? 0 : out[input]) + value;
        }
    }
}

static bool is_listed(const row_t *row, const int128_t *sums)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(row->formula, &count);
    for (size_t i = 0; i < count; i++)
        if (sums[inputs[i]] == SUM_ABSENT)
            return false;
    return true;
}

/* The rows listed and the store's column. */
static void evaluate_store(work_t *work)
{
    int128_t sums[2 * CATALOG_FACTS_MAX];
    sum_inputs(work, sums);
    const catalog_t *catalog = work->catalog;
    for (size_t i = 0; work->consultant_count && i < catalog->table_row_count; i++) {
        const row_t *row = &catalog->rows[catalog->table_rows[i]];
        if (!is_listed(row, sums))
            continue;
        work->has_store[work->row_count] = formula_evaluate_exact(row->formula, sums, 1, work->store[work->row_count]);
        if (ratio_evaluate_sums(row->formula, sums, 1, &work->ratios[work->row_count]) != RATIO_VALUE)
            work->ratios[work->row_count].denominator = 0;
        work->rows[work->row_count++] = catalog->table_rows[i];
    }
}

/* Whether the consultant's denominator of a row is large enough. */
static bool reaches_base(work_t *work, const row_t *row)
{
    const formula_t *denominator = formula_denominator(row->formula);
    ratio_t base, least = {LEAST_BASE, 1};
    int order;
    ratio_outcome_t kind = denominator ? ratio_evaluate(denominator, work->inputs, &base) : RATIO_NONE;
    if (kind == RATIO_NONE)
        return false;
    if (kind == RATIO_VALUE && ratio_compare(&base, &least, &order))
        return order >= 0;
    return formula_evaluate_store(denominator, work->inputs, work->base) && mpq_cmp_ui(work->base, LEAST_BASE, 1) >= 0;
}

/* The consultant's gap to the store in a row, exactly; false where there is none. */
static bool gap_exactly(work_t *work, size_t i, mpq_t out)
{
    const row_t *row = &work->catalog->rows[work->rows[i]];
    return statistics_value(row, work->inputs, work->own) && statistics_gap(row, work->own, work->store[i], out);
}

/* The same, rounded. `own` is its value, where that fits. */
static bool gap_rounded(work_t *work, size_t i, const ratio_t *own, double *out)
{
    better_t better = work->catalog->rows[work->rows[i]].better;
    ratio_t store = work->ratios[i], gap;
    if (better == BETTER_NEITHER || mpq_sgn(work->store[i]) == 0)
        return false;
    if (own && store.denominator && ratio_subtract(*own, store, &gap) && ratio_divide(gap, store, &gap)) {
        double value = ratio_to_double(gap);
        *out = better == BETTER_DOWN ? 0.0 - value : value;
        return true;
    }
    bool has = gap_exactly(work, i, work->gap);
    if (has)
        *out = formula_to_double(work->gap);
    return has;
}

/* Whether row i's gap is lower than that of row `weakest`, where both are rounded to the same. */
static bool is_lower_exactly(work_t *work, size_t i, size_t weakest)
{
    return gap_exactly(work, i, work->gap) && gap_exactly(work, weakest, work->lowest) &&
           mpq_cmp(work->gap, work->lowest) < 0;
}

/* Fills the values of one consultant; returns its weakest row (with the gap in *out_gap), SIZE_MAX where none is. */
static size_t evaluate_consultant(work_t *work, const consultant_t *consultant, double *out, double *out_gap)
{
    size_t facts = work->catalog->fact_count, weakest = SIZE_MAX;
    double lowest = 0, gap;
    for (size_t input = 0; input < 2 * facts; input++)
        work->inputs[input] = input_of(consultant, facts, input);
    for (size_t i = 0; i < work->row_count; i++) {
        const row_t *row = &work->catalog->rows[work->rows[i]];
        ratio_t ratio;
        ratio_outcome_t kind = ratio_evaluate(row->formula, work->inputs, &ratio);
        bool is_small = kind == RATIO_VALUE;
        bool has = is_small || (kind == RATIO_TOO_LARGE && statistics_value(row, work->inputs, work->own));
        out[i] = !has ? NO_VALUE : is_small ? ratio_to_double(ratio) : formula_to_double(work->own);
        if (!has || !work->has_store[i] || !reaches_base(work, row) ||
            !gap_rounded(work, i, is_small ? &ratio : NULL, &gap) || gap > lowest)
            continue;
        if (gap == lowest && (weakest == SIZE_MAX || !is_lower_exactly(work, i, weakest)))
            continue;
        lowest = gap;
        weakest = i;
    }
    *out_gap = weakest == SIZE_MAX ? NO_VALUE : lowest;
    return weakest == SIZE_MAX ? SIZE_MAX : work->rows[weakest];
}

static status_t fill_store(const work_t *work, arena_t *arena, consultants_answer_t *answer)
{
    for (size_t i = 0; i < work->row_count; i++) {
        answer->rows[i] = arena_strdup(arena, work->catalog->rows[work->rows[i]].id);
        answer->store[i] = work->has_store[i] ? formula_to_double(work->store[i]) : NO_VALUE;
        if (!answer->rows[i])
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static status_t fill_consultants(work_t *work, arena_t *arena, consultants_answer_t *answer)
{
    for (size_t c = 0; c < work->consultant_count; c++) {
        size_t weakest =
            evaluate_consultant(work, &work->consultants[c], answer->values + c * work->row_count, &answer->gaps[c]);
        bool has = weakest != SIZE_MAX;
        answer->weakest[c] = has ? arena_strdup(arena, work->catalog->rows[weakest].id) : NULL;
        answer->consultants[c] = arena_strdup(arena, work->consultants[c].code);
        if (!answer->consultants[c] || (has && !answer->weakest[c]))
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static status_t make_answer(work_t *work, const char *dealer, period_t period, arena_t *arena,
                            consultants_answer_t **out)
{
    consultants_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    evaluate_store(work);
    size_t rows = work->row_count, consultants = work->consultant_count;
    answer->dealer = arena_strdup(arena, dealer);
    answer->period = period;
    answer->row_count = rows;
    answer->rows = arena_array(arena, rows, sizeof *answer->rows);
    answer->store = arena_array(arena, rows, sizeof *answer->store);
    answer->consultant_count = consultants;
    answer->consultants = arena_array(arena, consultants, sizeof *answer->consultants);
    answer->values = arena_array(arena, consultants, rows * sizeof *answer->values);
    answer->weakest = arena_array(arena, consultants, sizeof *answer->weakest);
    answer->gaps = arena_array(arena, consultants, sizeof *answer->gaps);
    if (!answer->dealer || !answer->rows || !answer->store || !answer->consultants || !answer->values ||
        !answer->weakest || !answer->gaps)
        return STATUS_NO_MEMORY;
    TRY(fill_store(work, arena, answer));
    TRY(fill_consultants(work, arena, answer));
    *out = answer;
    return STATUS_OK;
}

static void work_init(work_t *work)
{
    for (size_t i = 0; i < work->catalog->table_row_count; i++)
        mpq_init(work->store[i]);
    mpq_inits(work->own, work->base, work->gap, work->lowest, NULL);
}

static void work_fini(work_t *work)
{
    for (size_t i = 0; i < work->catalog->table_row_count; i++)
        mpq_clear(work->store[i]);
    mpq_clears(work->own, work->base, work->gap, work->lowest, NULL);
}

status_t consultants_compute(const catalog_t *catalog, const char *dealer, period_t period,
                             const store_facts_t *current, const store_facts_t *previous, arena_t *arena,
                             consultants_answer_t **out)
{
    size_t room = catalog->table_row_count + 1;
    CLEANUP(scratch_free) consultant_t *consultants = NULL;
    CLEANUP(scratch_free) size_t *rows = malloc(room * sizeof *rows);
    CLEANUP(scratch_free) mpq_t *store = malloc(room * sizeof *store);
    CLEANUP(scratch_free) bool *has_store = malloc(room * sizeof *has_store);
    CLEANUP(scratch_free) ratio_t *ratios = malloc(room * sizeof *ratios);
    work_t work = {.catalog = catalog, .rows = rows, .store = store, .has_store = has_store, .ratios = ratios};
    if (!rows || !store || !has_store || !ratios)
        return STATUS_NO_MEMORY;
    TRY(join_consultants(current, previous, &consultants, &work.consultant_count));
    work.consultants = consultants;
    work_init(&work);
    status_t status = make_answer(&work, dealer, period, arena, out);
    work_fini(&work);
    return status;
}
