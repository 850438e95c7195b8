#include "core/answers.h"

#include "core/answer_rows.h"

const char *const figures_kind_names[FIGURES_STATUS_COUNT] = {NULL, "provisional", "published", "restated"};

const char *const compare_column_names[COLUMN_PEERS] = {"own", "nation_average", "region_average", "nation_benchmark",
                                                        "region_benchmark"};

const char *const unranked_reason_names[UNRANKED_COUNT] = {"not_reported", "no_value", "small_base"};

const char *const coverage_mark_names[MARK_COUNT] = {
#define MARK_NAME(name, text) text,
    COVERAGE_MARKS(MARK_NAME)
#undef MARK_NAME
};

answer_row_t *answer_rows_make(const catalog_t *catalog, const size_t *rows, size_t count, arena_t *arena)
{
    answer_row_t *made = arena_array(arena, count, sizeof *made);
    for (size_t i = 0; made && i < count; i++) {
        const row_t *row = &catalog->rows[rows[i]];
        made[i] = (answer_row_t){arena_strdup(arena, row->id), arena_strdup(arena, row->unit), row->better};
        if (!made[i].row || !made[i].unit)
            return NULL;
    }
    return made;
}

const char *const finding_kind_names[FINDING_KIND_COUNT] = {"catalog", "history", "region"};
