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

typedef enum {
    FIGURES_NONE,
    FIGURES_PROVISIONAL,
    FIGURES_PUBLISHED,
    FIGURES_RESTATED,
    FIGURES_STATUS_COUNT
} figures_kind_t;
/* "provisional", "published", "restated"; NULL for FIGURES_NONE. */
extern const char *const figures_kind_names[FIGURES_STATUS_COUNT];

/* What is known of the month behind an answer: whether it may still change, and how much of it is there. */
typedef struct {
    figures_kind_t kind;         /* FIGURES_NONE: it is not told */
    uint32_t expected, reported; /* stores of all that the asker reads together, of a ranking those of its scope; both 0
                                  where that is not told */
} figures_status_t;
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
    const char *exemplar; /* the designated store whose own values stand as the benchmark; NULL: none */
} scope_count_t;

typedef struct {
    const char *catalog;
    period_t period;
    scope_count_t *scopes;
    size_t scope_count;
    answer_row_t *rows;
    size_t row_count;
    scope_statistics_t *statistics; /* [row_count][scope_count] */
    figures_status_t status;
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
    size_t peers_left_out; /* of all that were asked for, more than one comparison holds */
    answer_row_t *rows;
    size_t row_count;
    double *values; /* [row_count][COLUMN_PEERS + peer_count] */
    double *gaps;   /* [row_count][GAP_COUNT] */
    const char **weakest;
    size_t weakest_count; /* row ids */
    uint32_t
        *suppressed; /* [row_count]: bit c: column COLUMN_c is hidden, not null by itself; NULL: no dealer's answer */
    const char *exemplars[2]; /* the designated stores whose values stand in the nation's and the region's benchmark
                                 column; NULL: none, or not shown */
    uint32_t release; /* to a dealer: number of the month's release that its scopes are of; 0 = there is none yet */
    uint64_t release_ms;
    figures_status_t status;
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
    figures_status_t status;
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
    figures_status_t status;
    answer_regions_t regions;
} coverage_answer_t;

/* Why a dealer does not see a figure, and what waits for the month's next release (SPEC 4); for headquarters. */
typedef struct {
    const char *row, *column; /* column: one of compare_column_names */
    uint32_t reason;          /* disclosure_reason_t */
    const char *text;         /* one English clause, without figures */
} hidden_cell_t;
typedef struct {
    const char *dealer;
    uint32_t change, wait; /* release_change_kind_t, release_wait_t */
    const char *text;      /* likewise */
} waiting_dealer_t;
typedef struct {
    const char *dealer;
    period_t period;
    uint32_t release; /* 0 = none yet */
    uint64_t release_ms;
    hidden_cell_t *hidden;
    size_t hidden_count;
    waiting_dealer_t *waiting;
    size_t waiting_count;
} disclosure_answer_t;
typedef enum { FINDING_CHECK, FINDING_HISTORY, FINDING_REGION, FINDING_KIND_COUNT } finding_kind_t;
/* "catalog", "history", "region". */
extern const char *const finding_kind_names[FINDING_KIND_COUNT];

/* What is unusual about one store's month. */
typedef struct {
    const char *dealer;
    finding_kind_t kind;
    const char *name;    /* id of the row, or of the catalog's check that fails */
    double score;        /* signed: above or below what it is compared with; core/checks.h */
    double value, base;  /* the store's; base: its denominator */
    double median;       /* of what it is compared with */
    double spread;       /* ... 1.4826 MAD: in the row's unit, or of logarithms where is_relative */
    bool is_relative;    /* core/outliers.h */
    uint32_t compared;   /* months or stores that it is compared with */
    const char *region;  /* FINDING_REGION: that region's code, "" = the nation; else "" */
    uint32_t revision;   /* the submission that it is about */
    const char *comment; /* what the dealer says to that; NULL = nothing */
    uint64_t comment_ms;
} finding_t;

typedef struct {
    period_t period;
    uint32_t expected, reported; /* stores that were looked at */
    uint32_t found;              /* findings in all; the worst of them are listed */
    finding_t *findings;
    size_t finding_count;
} checks_answer_t;

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
