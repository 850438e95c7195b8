/* The answers to queries, as the hub computes them and the client shows them. All memory, strings included, comes from
 * the arena given to the function that made the answer. A value that is none (null, shown as a dash) is NaN. Rows stand
 * in the catalog's order. */
#pragma once

#include "core/catalog.h"
#include "core/period.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define NO_VALUE ((double)NAN)

/* By which regions an answer was computed (core/regions_view.h). All zero: by those of its month. */
typedef struct {
    bool is_today;
    period_t today; /* where is_today: regions as they lie in this month */
    uint32_t
        unseen; /* where is_today: stores of the asking manager's region that lay elsewhere in that month, left out */
} answer_regions_t;

typedef struct {
    const char *row, *unit;
    better_t better;
} answer_row_t;

typedef struct {
    uint32_t n, valued, benchmark_n;
    double average, mean, median, p25, p75, best, benchmark;
} scope_statistics_t;

typedef struct {
    const char *scope;
    uint32_t expected, reported;
} scope_count_t;

typedef struct {
    const char *catalog;
    period_t period;
    scope_count_t *scopes;
    size_t scope_count;
    answer_row_t *rows;
    size_t row_count;
    scope_statistics_t *statistics; /* [row_count][scope_count] */
    answer_regions_t regions;
} benchmark_answer_t;

enum {
    COLUMN_OWN,
    COLUMN_NATION_AVERAGE,
    COLUMN_REGION_AVERAGE,
    COLUMN_NATION_BENCHMARK,
    COLUMN_REGION_BENCHMARK,
    COLUMN_PEERS
};
enum { GAP_COUNT = 4 }; /* gaps to columns 1..4, in their order */
/* "own", "nation_average" … of the five fixed columns. */
extern const char *const compare_column_names[COLUMN_PEERS];

typedef struct {
    const char *dealer, *region;
    period_t period;
    const char **peers;
    size_t peer_count;
    answer_row_t *rows;
    size_t row_count;
    double *values; /* [row_count][COLUMN_PEERS + peer_count] */
    double *gaps;   /* [row_count][GAP_COUNT] */
    const char **weakest;
    size_t weakest_count; /* row ids */
    answer_regions_t regions;
} compare_answer_t;

typedef enum { UNRANKED_NOT_REPORTED, UNRANKED_NO_VALUE, UNRANKED_SMALL_BASE, UNRANKED_COUNT } unranked_reason_t;
/* "not_reported", "no_value", "small_base". */
extern const char *const unranked_reason_names[UNRANKED_COUNT];

typedef struct {
    const char *row, *scope;
    period_t period;
    struct {
        uint32_t rank;
        const char *dealer;
        double value;
    } * ranked;
    size_t ranked_count;
    struct {
        const char *dealer;
        unranked_reason_t reason;
    } * unranked;
    size_t unranked_count;
    answer_regions_t regions;
} rank_answer_t;

typedef struct {
    const char *dealer;
    int year;
    answer_row_t *rows;
    size_t row_count;
    double *values;           /* [row_count][12] */
    double *year_values;      /* [row_count] */
    uint32_t *months_counted; /* [row_count] */
    double *changes;          /* [row_count][12] */
    double *change_rates;     /* [row_count][12] */
} trend_answer_t;

typedef struct {
    const char *dealer;
    period_t period;
    const char **rows;
    size_t row_count; /* row ids */
    double *store;    /* [row_count] */
    const char **consultants;
    size_t consultant_count;
    double *values;       /* [consultant_count][row_count] */
    const char **weakest; /* [consultant_count], NULL = none */
    double *gaps;         /* [consultant_count] */
} consultants_answer_t;

typedef struct {
    const char *scope;
    uint32_t expected, reported;
    const char **late;
    size_t late_count;
    const char **missing;
    size_t missing_count;
} coverage_scope_t;

typedef struct {
    period_t period;
    coverage_scope_t *scopes;
    size_t scope_count;
    answer_regions_t regions;
} coverage_answer_t;

#define YEAR_MONTHS 12

/* What a dealer's month is in the coverage of a year. */
#define COVERAGE_MARKS(X)                                                                                              \
    X(NO_MEMBER, "no_member") /* of the scopes asked for, in that month */                                             \
    X(ON_TIME, "on_time")                                                                                              \
    X(LATE, "late")                                                                                                    \
    X(MISSING, "missing")                                                                                              \
    X(WITHDRAWN, "withdrawn")                                                                                          \
    X(AWAITED, "awaited") /* nothing filed, and the due day is not over */

typedef enum {
#define MARK_ENUM(name, text) MARK_##name,
    COVERAGE_MARKS(MARK_ENUM)
#undef MARK_ENUM
        MARK_COUNT
} coverage_mark_t;
/* "no_member" … */
extern const char *const coverage_mark_names[MARK_COUNT];

typedef struct {
    const char *scope;
    uint32_t expected[YEAR_MONTHS], reported[YEAR_MONTHS], late[YEAR_MONTHS];
} coverage_year_scope_t;

typedef struct {
    const char *dealer;
    uint8_t marks[YEAR_MONTHS]; /* coverage_mark_t, January to December */
    uint32_t expected;          /* months on time, late, missing or withdrawn */
    uint32_t reported;          /* months on time or late */
    period_t first, last;       /* first and last month ever reported, of those that may be seen; PERIOD_NONE = none */
} coverage_year_dealer_t;

typedef struct {
    int year;
    coverage_year_scope_t *scopes;
    size_t scope_count;
    coverage_year_dealer_t *dealers; /* of any of the scopes in any of the months, by code */
    size_t dealer_count;
    answer_regions_t regions; /* unseen: of the month with most */
} coverage_year_answer_t;
