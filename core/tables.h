/* The manual's tables, computed (SPEC 2 and 3). Pure: each reads its arguments and allocates its answer from `arena`.
 * Every function returns STATUS_OK, or STATUS_NO_MEMORY when the arena's budget or the memory is spent. Any number of
 * threads may compute from the same month. */
#pragma once

#include "core/answers.h"
#include "core/arena.h"
#include "core/exemplar.h"
#include "core/month.h"

/* The hub's settings of SPEC 2.6. */
typedef struct {
    uint32_t share_numerator,
        share_denominator;   /* least share of the denominator that the benchmark's stores hold: 10 / 100 */
    uint32_t least_stores;   /* 3 */
    uint32_t least_eligible; /* 5 */
} benchmark_rule_t;

#define BENCHMARK_RULE_DEFAULT ((benchmark_rule_t){10, 100, 3, 5})

/* Facts of one store for one month, in the catalog's fact order. */
typedef struct {
    const char *consultant;
    const int64_t *facts;
} consultant_facts_t;
typedef struct {
    const int64_t *facts;                  /* fact_count values, FACT_ABSENT where absent */
    const consultant_facts_t *consultants; /* any order */
    size_t consultant_count;
} store_facts_t;

/* Every row of `table` (an index into catalog->tables, or SIZE_MAX for all tables) for each scope, in the order asked.
 * Where a scope has an exemplar (`exemplars` may be NULL), its own value stands as the benchmark, and benchmark_n is 1
 * where there is one. */
status_t benchmark_compute(const month_t *month, const benchmark_rule_t *rule, const scope_t *scopes,
                           size_t scope_count, size_t table, const exemplars_t *exemplars, arena_t *arena,
                           benchmark_answer_t **out) NODISCARD;

/* One store against nation and `region`. `dealer` must be a member in that month, as must `peers`. `exemplars` may be
 * NULL. */
status_t compare_compute(const month_t *month, const benchmark_rule_t *rule, uint32_t dealer, uint32_t region,
                         const uint32_t *peers, size_t peer_count, const exemplars_t *exemplars, arena_t *arena,
                         compare_answer_t **out) NODISCARD;

struct disclosure;

/* The same as a dealer is shown it (SPEC 4): own values and peers from `live`, the scopes' figures from the month's
 * last release, as far as `disclosure` (NULL: there is no release yet) shows them; it changes inside, so it is this
 * thread's. `dealer`, `region` and `peers` are numbered by live's network, which may be newer than the releases'. */
status_t compare_compute_disclosed(const month_t *live, struct disclosure *disclosure, const benchmark_rule_t *rule,
                                   uint32_t dealer, uint32_t region, const uint32_t *peers, size_t peer_count,
                                   arena_t *arena, compare_answer_t **out) NODISCARD;

/* `row` must have a direction and be listed by the catalog's tables. */
status_t rank_compute(const month_t *month, size_t row, scope_t scope, arena_t *arena, rank_answer_t **out) NODISCARD;

status_t coverage_compute(const month_t *month, const scope_t *scopes, size_t scope_count, arena_t *arena,
                          coverage_answer_t **out) NODISCARD;

/* What stands for a dealer's month. */
typedef enum { FILED_NOTHING, FILED_ON_TIME, FILED_LATE, FILED_WITHDRAWN } filed_t;

typedef struct {
    const network_t *network;
    regions_view_t view;
    int year;
    const uint8_t *filed;     /* filed_t, [YEAR_MONTHS][dealer_count] */
    bool is_due[YEAR_MONTHS]; /* the due day of that month is over */
    bool never_only;          /* only dealers that were expected and reported nothing in that year */
} coverage_year_input_t;

/* Dealers by months, and each scope's counts. Leaves first and last to the caller. O(12 (dealers + regions) + scopes +
 * members of the circles asked for), not their product. */
status_t coverage_year_compute(const coverage_year_input_t *input, const scope_t *scopes, size_t scope_count,
                               arena_t *arena, coverage_year_answer_t **out) NODISCARD;

/* Sets `expected` and `reported` from the marks. */
void coverage_year_count(coverage_year_dealer_t *dealer);

#define TREND_MONTHS 14 /* November and December of the year before, then January to December */

/* A store's year. `months`: fact_count values each, NULL where nothing is stored (or may not be seen). */
status_t trend_compute(const catalog_t *catalog, const char *dealer, int year,
                       const int64_t *const months[TREND_MONTHS], arena_t *arena, trend_answer_t **out) NODISCARD;

/* A store's consultants. `current` and `previous` (the month before, for formulas that use it) may be NULL: nothing
 * stored. */
status_t consultants_compute(const catalog_t *catalog, const char *dealer, period_t period,
                             const store_facts_t *current, const store_facts_t *previous, arena_t *arena,
                             consultants_answer_t **out) NODISCARD;
