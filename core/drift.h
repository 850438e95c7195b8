/* What differs between two tables of the same month: as it was published, and as it stands now. Pure. */
#pragma once

#include "core/answers.h"
#include "core/arena.h"
#include "core/status.h"

typedef enum {
    STATISTIC_N,
    STATISTIC_VALUED,
    STATISTIC_AVERAGE,
    STATISTIC_MEAN,
    STATISTIC_MEDIAN,
    STATISTIC_P25,
    STATISTIC_P75,
    STATISTIC_BEST,
    STATISTIC_BENCHMARK,
    STATISTIC_BENCHMARK_N,
    STATISTIC_KIND_COUNT
} statistic_t;
/* "n", "valued", "average" …: the keys of the benchmark table. */
extern const char *const statistic_names[STATISTIC_KIND_COUNT];

/* One figure that differs. A row or scope that only one table has is no value in the other. */
typedef struct {
    const char *scope, *row, *unit;
    statistic_t statistic;
    double published, restated; /* NO_VALUE: none */
    double difference;          /* restated - published */
    double relative;            /* difference / |published|; NO_VALUE where that is 0 or there is no difference */
} drift_cell_t;

typedef struct {
    drift_cell_t *cells; /* worst first: those without a relative difference, then by its size; equal ones as the tables
                            list them */
    size_t cell_count;
    size_t left; /* further ones, which did not fit */
} drift_t;

/* Compares two benchmark tables, whose rows and scopes are matched by id and need not be the same. Two values that may
 * be two exact computations of the same (SPEC 2.12) do not differ. At most `most` cells, the worst ones. Texts are
 * borrowed from the tables, the cells come from `arena`. STATUS_NO_MEMORY. */
status_t drift_compute(const benchmark_answer_t *published, const benchmark_answer_t *restated, size_t most,
                       arena_t *arena, drift_t *out) NODISCARD;
