#include "core/answer_rows.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

typedef struct {
    const month_t *month;
    const benchmark_rule_t *rule;
    scope_set_t *set;
    const scope_t *scopes;
    const exemplars_t *exemplars;
    mpq_t value;
} work_t;

/* The benchmark, or the designated store's own value, into work->value; of how many stores it is. */
static uint32_t evaluate_benchmark(work_t *work, const row_t *row, size_t scope)
{
    const exemplar_t *exemplar = exemplar_find(work->exemplars, work->scopes[scope]);
    if (!exemplar)
        return statistics_benchmark(work->month, row, &work->set->picks[scope], work->rule, work->value);
    return statistics_exemplar(work->month, row, exemplar->dealer, work->value);
}

static scope_statistics_t compute_cell(work_t *work, const row_t *row, size_t scope)
{
    const month_t *month = work->month;
    const picks_t *picks = &work->set->picks[scope];
    scope_statistics_t cell = {.valued = picks->count, .average = NO_VALUE, .benchmark = NO_VALUE};
    if (statistics_average(month, row, &work->set->scopes[scope], work->value, &cell.n))
        cell.average = formula_to_double(work->value);
    /* A fact's average is the mean of its values, and exact. */
    cell.mean = row->is_fact ? cell.average : statistics_mean(month, row, picks);
    cell.p25 = statistics_quantile(month, row, picks, 1);
    cell.median = statistics_quantile(month, row, picks, 2);
    cell.p75 = statistics_quantile(month, row, picks, 3);
    cell.best = statistics_best(row, picks);
    cell.benchmark_n = evaluate_benchmark(work, row, scope);
    if (cell.benchmark_n)
        cell.benchmark = formula_to_double(work->value);
    return cell;
}

static status_t compute_row(work_t *work, size_t index, scope_statistics_t *out)
{
    const month_t *month = work->month;
    const row_t *row = &month->catalog->rows[index];
    const row_order_t *order = order_of_row(month, index);
    if (!order)
        return STATUS_NO_MEMORY;
    scope_set_deal(work->set, order);
    for (size_t i = 0; i < work->set->count; i++) {
        size_t same = work->set->same_as[i];
        out[i] = same == i ? compute_cell(work, row, i) : out[same];
    }
    return STATUS_OK;
}

static status_t count_scopes(const month_t *month, const scope_set_t *set, const scope_t *scopes,
                             const exemplars_t *exemplars, arena_t *arena, benchmark_answer_t *answer)
{
    answer->scope_count = set->count;
    answer->scopes = arena_array(arena, set->count, sizeof *answer->scopes);
    if (!answer->scopes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < set->count; i++) {
        const scope_slots_t *slots = &set->scopes[set->same_as[i]];
        char text[CODE_LENGTH_MAX + 8];
        scope_format(month->network, scopes[i], text, sizeof text);
        const exemplar_t *exemplar = exemplar_find(exemplars, scopes[i]);
        const char *store = exemplar ? month->network->dealers[exemplar->dealer].code : NULL;
        answer->scopes[i] = (scope_count_t){arena_strdup(arena, text), slots->count, 0, arena_strdup(arena, store)};
        if (!answer->scopes[i].scope || (store && !answer->scopes[i].exemplar))
            return STATUS_NO_MEMORY;
        for (uint32_t s = 0; s < slots->count; s++)
            answer->scopes[i].reported += month->flags[scope_slot_at(slots, s)] & MONTH_REPORTED;
    }
    return STATUS_OK;
}

static status_t compute_rows(work_t *work, const size_t *rows, benchmark_answer_t *answer)
{
    mpq_init(work->value);
    status_t status = STATUS_OK;
    for (size_t i = 0; i < answer->row_count && status == STATUS_OK; i++)
        status = compute_row(work, rows[i], answer->statistics + i * answer->scope_count);
    mpq_clear(work->value);
    return status;
}

status_t benchmark_compute(const month_t *month, const benchmark_rule_t *rule, const scope_t *scopes,
                           size_t scope_count, size_t table, const exemplars_t *exemplars, arena_t *arena,
                           benchmark_answer_t **out)
{
    const catalog_t *catalog = month->catalog;
    const size_t *rows = table == SIZE_MAX ? catalog->table_rows : catalog->tables[table].rows;
    size_t cells;
    CLEANUP(scope_set_fini) scope_set_t set = {0};
    benchmark_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    TRY(scope_set_init(month, scopes, scope_count, &set));
    answer->catalog = arena_strdup(arena, catalog->id);
    answer->period = month->period;
    answer->row_count = table == SIZE_MAX ? catalog->table_row_count : catalog->tables[table].row_count;
    answer->rows = answer_rows_make(catalog, rows, answer->row_count, arena);
    if (__builtin_mul_overflow(answer->row_count, scope_count, &cells))
        return STATUS_NO_MEMORY;
    answer->statistics = arena_array(arena, cells, sizeof *answer->statistics);
    if (!answer->catalog || !answer->rows || !answer->statistics)
        return STATUS_NO_MEMORY;
    TRY(count_scopes(month, &set, scopes, exemplars, arena, answer));
    work_t work = {.month = month, .rule = rule, .set = &set, .scopes = scopes, .exemplars = exemplars};
    TRY(compute_rows(&work, rows, answer));
    *out = answer;
    return STATUS_OK;
}
