#include "core/answer_rows.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

#define FIRST_MONTH 2u /* January, in the months given */
#define MONTHS      12u

typedef struct {
    const catalog_t *catalog;
    const int64_t *const *months;
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    mpq_t values[MONTHS + 1]; /* December of the year before, then January to December, of the row at hand */
    bool has[MONTHS + 1];
    mpq_t scratch, one;
} work_t;

static void work_init(work_t *work)
{
    for (size_t i = 0; i <= MONTHS; i++)
        mpq_init(work->values[i]);
    mpq_init(work->scratch);
    mpq_init(work->one);
    mpq_set_ui(work->one, 1, 1);
}

static void work_fini(work_t *work)
{
    for (size_t i = 0; i <= MONTHS; i++)
        mpq_clear(work->values[i]);
    mpq_clear(work->scratch);
    mpq_clear(work->one);
}

/* The inputs of months[index], index >= 1. False where nothing is stored. */
static bool load_inputs(work_t *work, size_t index)
{
    size_t facts = work->catalog->fact_count;
    if (!work->months[index])
        return false;
    for (size_t i = 0; i < facts; i++) {
        work->inputs[i] = work->months[index][i];
        work->inputs[facts + i] = work->months[index - 1] ? work->months[index - 1][i] : FACT_ABSENT;
    }
    return true;
}

static void fill_months(work_t *work, const row_t *row, double *out)
{
    for (size_t i = 0; i <= MONTHS; i++) {
        work->has[i] = load_inputs(work, FIRST_MONTH - 1 + i) && statistics_value(row, work->inputs, work->values[i]);
        if (i > 0)
            out[i - 1] = work->has[i] ? formula_to_double(work->values[i]) : NO_VALUE;
    }
}

static void fill_changes(work_t *work, double *out_changes, double *out_rates)
{
    for (size_t i = 1; i <= MONTHS; i++) {
        out_changes[i - 1] = out_rates[i - 1] = NO_VALUE;
        if (!work->has[i] || !work->has[i - 1])
            continue;
        mpq_sub(work->scratch, work->values[i], work->values[i - 1]);
        out_changes[i - 1] = formula_to_double(work->scratch);
        if (mpq_sgn(work->values[i - 1]) == 0)
            continue;
        mpq_div(work->scratch, work->values[i], work->values[i - 1]);
        mpq_sub(work->scratch, work->scratch, work->one);
        out_rates[i - 1] = formula_to_double(work->scratch);
    }
}

/* Adds the month's facts to the sums where it holds all that the row needs. */
static bool add_month(work_t *work, const row_t *row, size_t index, int128_t *sums)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(row->formula, &count);
    if (!load_inputs(work, index))
        return false;
    for (size_t i = 0; i < count; i++)
        if (work->inputs[inputs[i]] == FACT_ABSENT)
            return false;
    for (size_t i = 0; i < count; i++)
        sums[inputs[i]] += work->inputs[inputs[i]];
    return true;
}

static double value_of_year(work_t *work, const row_t *row, uint32_t *out_months)
{
    int128_t sums[2 * CATALOG_FACTS_MAX] = {0};
    uint32_t months = 0;
    for (size_t i = 0; i < MONTHS; i++)
        months += add_month(work, row, FIRST_MONTH + i, sums);
    *out_months = months;
    if (months == 0 || !formula_evaluate_exact(row->formula, sums, months, work->scratch))
        return NO_VALUE;
    mpz_mul_ui(mpq_numref(work->scratch), mpq_numref(work->scratch), row->is_flow ? months : 1);
    mpq_canonicalize(work->scratch);
    return formula_to_double(work->scratch);
}

static status_t answer_allocate(const catalog_t *catalog, const char *dealer, int year, arena_t *arena,
                                trend_answer_t **out)
{
    trend_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    size_t rows = catalog->table_row_count;
    answer->dealer = arena_strdup(arena, dealer);
    answer->year = year;
    answer->row_count = rows;
    answer->rows = answer_rows_make(catalog, catalog->table_rows, rows, arena);
    answer->values = arena_array(arena, rows, MONTHS * sizeof *answer->values);
    answer->year_values = arena_array(arena, rows, sizeof *answer->year_values);
    answer->months_counted = arena_array(arena, rows, sizeof *answer->months_counted);
    answer->changes = arena_array(arena, rows, MONTHS * sizeof *answer->changes);
    answer->change_rates = arena_array(arena, rows, MONTHS * sizeof *answer->change_rates);
    if (!answer->dealer || !answer->rows || !answer->values || !answer->year_values || !answer->months_counted ||
        !answer->changes || !answer->change_rates)
        return STATUS_NO_MEMORY;
    *out = answer;
    return STATUS_OK;
}

status_t trend_compute(const catalog_t *catalog, const char *dealer, int year,
                       const int64_t *const months[TREND_MONTHS], arena_t *arena, trend_answer_t **out)
{
    trend_answer_t *answer = NULL;
    TRY(answer_allocate(catalog, dealer, year, arena, &answer));
    CLEANUP(work_fini) work_t work = {.catalog = catalog, .months = months};
    work_init(&work);
    for (size_t i = 0; i < answer->row_count; i++) {
        const row_t *row = &catalog->rows[catalog->table_rows[i]];
        fill_months(&work, row, answer->values + i * MONTHS);
        fill_changes(&work, answer->changes + i * MONTHS, answer->change_rates + i * MONTHS);
        answer->year_values[i] = value_of_year(&work, row, &answer->months_counted[i]);
    }
    *out = answer;
    return STATUS_OK;
}
