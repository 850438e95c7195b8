#include "core/answer_rows.h"
#include "core/figures.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/statistics.h"

typedef struct {
    const month_t *month;
    const benchmark_rule_t *rule;
    figures_t *figures;
    const scope_t *scopes;
    const exemplars_t *exemplars;
} work_t;

/* A designated store's own value instead of the benchmark. */
static void show_exemplar(const work_t *work, const row_t *row, uint32_t dealer, scope_statistics_t *cell)
{
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    cell->benchmark_n = statistics_exemplar(work->month, row, dealer, value);
    cell->benchmark = cell->benchmark_n ? formula_to_double(value) : NO_VALUE;
}

static status_t compute_row(const work_t *work, size_t index, size_t scope_count, scope_statistics_t *out)
{
    TRY(figures_statistics(work->figures, index, work->rule, out));
    for (size_t i = 0; i < scope_count; i++) {
        const exemplar_t *exemplar = exemplar_find(work->exemplars, work->scopes[i]);
        if (exemplar)
            show_exemplar(work, &work->month->catalog->rows[index], exemplar->dealer, &out[i]);
    }
    return STATUS_OK;
}

static status_t count_scopes(const work_t *work, size_t count, arena_t *arena, benchmark_answer_t *answer)
{
    const month_t *month = work->month;
    answer->scope_count = count;
    answer->scopes = arena_array(arena, count, sizeof *answer->scopes);
    if (!answer->scopes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const scope_slots_t *slots = figures_slots(work->figures, i);
        char text[CODE_LENGTH_MAX + 8];
        scope_format(month->network, work->scopes[i], text, sizeof text);
        const exemplar_t *exemplar = exemplar_find(work->exemplars, work->scopes[i]);
        const char *store = exemplar ? month->network->dealers[exemplar->dealer].code : NULL;
        answer->scopes[i] = (scope_count_t){arena_strdup(arena, text), slots->count, scope_slots_reported(month, slots),
                                            arena_strdup(arena, store)};
        if (!answer->scopes[i].scope || (store && !answer->scopes[i].exemplar))
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

status_t benchmark_compute(const month_t *month, const benchmark_rule_t *rule, const scope_t *scopes,
                           size_t scope_count, size_t table, const exemplars_t *exemplars, arena_t *arena,
                           benchmark_answer_t **out)
{
    const catalog_t *catalog = month->catalog;
    const size_t *rows = table == SIZE_MAX ? catalog->table_rows : catalog->tables[table].rows;
    size_t cells;
    CLEANUP(figures_destroy) figures_t *figures = NULL;
    benchmark_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    TRY(figures_create(month, scopes, scope_count, &figures));
    answer->catalog = arena_strdup(arena, catalog->id);
    answer->period = month->period;
    answer->row_count = table == SIZE_MAX ? catalog->table_row_count : catalog->tables[table].row_count;
    answer->rows = answer_rows_make(catalog, rows, answer->row_count, arena);
    if (__builtin_mul_overflow(answer->row_count, scope_count, &cells))
        return STATUS_NO_MEMORY;
    answer->statistics = arena_array(arena, cells, sizeof *answer->statistics);
    if (!answer->catalog || !answer->rows || !answer->statistics)
        return STATUS_NO_MEMORY;
    work_t work = {month, rule, figures, scopes, exemplars};
    TRY(count_scopes(&work, scope_count, arena, answer));
    for (size_t i = 0; i < answer->row_count; i++)
        TRY(compute_row(&work, rows[i], scope_count, answer->statistics + i * scope_count));
    *out = answer;
    return STATUS_OK;
}
