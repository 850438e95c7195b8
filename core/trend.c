#include "core/answer_rows.h"
#include "core/limits.h"
#include "core/ratio.h"
#include "core/scratch.h"
#include "core/statistics.h"

#define FIRST_MONTH 2u /* January, in the months given */
#define MONTHS      12u

/* An exact value: as a ratio where that fits. */
typedef struct {
    bool has, is_small;
    ratio_t ratio;
    mpq_t exact; /* where it is not small; else room */
} value_t;

typedef struct {
    const catalog_t *catalog;
    const int64_t *const *months;
    /* Of December of the year before, then January to December: */
    int64_t inputs[MONTHS + 1][2 * CATALOG_FACTS_MAX];
    bool is_filed[MONTHS + 1];
    value_t values[MONTHS + 1]; /* of the row at hand */
    mpq_t scratch, one;
} work_t;

static void work_init(work_t *work)
{
    for (size_t i = 0; i <= MONTHS; i++)
        mpq_init(work->values[i].exact);
    mpq_init(work->scratch);
    mpq_init(work->one);
    mpq_set_ui(work->one, 1, 1);
}

static void work_fini(work_t *work)
{
    for (size_t i = 0; i <= MONTHS; i++)
        mpq_clear(work->values[i].exact);
    mpq_clear(work->scratch);
    mpq_clear(work->one);
}

static void load_inputs(work_t *work)
{
    size_t facts = work->catalog->fact_count;
    for (size_t i = 0; i <= MONTHS; i++) {
        const int64_t *month = work->months[FIRST_MONTH - 1 + i], *before = work->months[FIRST_MONTH - 2 + i];
        work->is_filed[i] = month != NULL;
        for (size_t fact = 0; fact < facts; fact++) {
            work->inputs[i][fact] = month ? month[fact] : FACT_ABSENT;
            work->inputs[i][facts + fact] = before ? before[fact] : FACT_ABSENT;
        }
    }
}

static void evaluate(const row_t *row, const int64_t *inputs, value_t *out)
{
    ratio_outcome_t kind = ratio_evaluate(row->formula, inputs, &out->ratio);
    out->is_small = kind == RATIO_VALUE;
    out->has = out->is_small || (kind == RATIO_TOO_LARGE && statistics_value(row, inputs, out->exact));
}

static double to_double(const value_t *value)
{
    return value->is_small ? ratio_to_double(value->ratio) : formula_to_double(value->exact);
}

static void fill_months(work_t *work, const row_t *row, double *out)
{
    for (size_t i = 0; i <= MONTHS; i++) {
        value_t *value = &work->values[i];
        value->has = false;
        if (work->is_filed[i])
            evaluate(row, work->inputs[i], value);
        if (i > 0)
            out[i - 1] = value->has ? to_double(value) : NO_VALUE;
    }
}

static void make_exact(value_t *value)
{
    if (value->is_small)
        ratio_to_exact(value->ratio, value->exact);
    value->is_small = false;
}

static double change_exactly(work_t *work, value_t *earlier, value_t *later)
{
    make_exact(earlier);
    make_exact(later);
    mpq_sub(work->scratch, later->exact, earlier->exact);
    return formula_to_double(work->scratch);
}

/* `earlier` is not zero. */
static double rate_exactly(work_t *work, value_t *earlier, value_t *later)
{
    make_exact(earlier);
    make_exact(later);
    mpq_div(work->scratch, later->exact, earlier->exact);
    mpq_sub(work->scratch, work->scratch, work->one);
    return formula_to_double(work->scratch);
}

static bool is_zero(const value_t *value)
{
    return value->is_small ? value->ratio.numerator == 0 : mpq_sgn(value->exact) == 0;
}

static void fill_change(work_t *work, value_t *earlier, value_t *later, double *out_change, double *out_rate)
{
    ratio_t change, rate;
    bool is_small = earlier->is_small && later->is_small && ratio_subtract(later->ratio, earlier->ratio, &change);
    bool has_rate = !is_zero(earlier),
         is_small_rate = is_small && has_rate && ratio_divide(change, earlier->ratio, &rate);
    *out_change = is_small ? ratio_to_double(change) : change_exactly(work, earlier, later);
    *out_rate = NO_VALUE;
    if (has_rate)
        *out_rate = is_small_rate ? ratio_to_double(rate) : rate_exactly(work, earlier, later);
}

static void fill_changes(work_t *work, double *out_changes, double *out_rates)
{
    for (size_t i = 1; i <= MONTHS; i++) {
        out_changes[i - 1] = out_rates[i - 1] = NO_VALUE;
        if (work->values[i].has && work->values[i - 1].has)
            fill_change(work, &work->values[i - 1], &work->values[i], &out_changes[i - 1], &out_rates[i - 1]);
    }
}

/* Adds the month's facts to the sums where it holds all that the row needs. */
static bool add_month(const int64_t *inputs, const uint16_t *needed, size_t count, int128_t *sums)
{
    for (size_t i = 0; i < count; i++)
        if (inputs[needed[i]] == FACT_ABSENT)
            return false;
    for (size_t i = 0; i < count; i++)
        sums[needed[i]] += inputs[needed[i]];
    return true;
}

static double year_exactly(work_t *work, const row_t *row, const int128_t *sums, uint32_t months)
{
    if (!formula_evaluate_exact(row->formula, sums, months, work->scratch))
        return NO_VALUE;
    mpz_mul_ui(mpq_numref(work->scratch), mpq_numref(work->scratch), row->is_flow ? months : 1);
    mpq_canonicalize(work->scratch);
    return formula_to_double(work->scratch);
}

static double value_of_year(work_t *work, const row_t *row, uint32_t *out_months)
{
    int128_t sums[2 * CATALOG_FACTS_MAX];
    uint32_t months = 0;
    ratio_t ratio;
    size_t count;
    const uint16_t *needed = formula_inputs(row->formula, &count);
    for (size_t i = 0; i < count; i++)
        sums[needed[i]] = 0;
    for (size_t i = 1; i <= MONTHS; i++)
        months += work->is_filed[i] && add_month(work->inputs[i], needed, count, sums);
    *out_months = months;
    ratio_outcome_t kind = months ? ratio_evaluate_sums(row->formula, sums, months, &ratio) : RATIO_NONE;
    if (kind == RATIO_NONE)
        return NO_VALUE;
    if (kind == RATIO_VALUE && ratio_multiply_by(&ratio, row->is_flow ? months : 1))
        return ratio_to_double(ratio);
    return year_exactly(work, row, sums, months);
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
    load_inputs(&work);
    for (size_t i = 0; i < answer->row_count; i++) {
        const row_t *row = &catalog->rows[catalog->table_rows[i]];
        fill_months(&work, row, answer->values + i * MONTHS);
        fill_changes(&work, answer->changes + i * MONTHS, answer->change_rates + i * MONTHS);
        answer->year_values[i] = value_of_year(&work, row, &answer->months_counted[i]);
    }
    *out = answer;
    return STATUS_OK;
}
