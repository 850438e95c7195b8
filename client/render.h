/* Answers on paper: aligned tables for people, JSON key for key as SPEC 6, CSV. Tables: Chinese counts two columns,
 * units and percent signs (unit "ratio" shows as %), the row's decimals, a dash (—) for no value, an arrow for the
 * direction of good, own against average at a glance (better or worse marked; colours only where `colour`). */
#pragma once

#include "proto/message.h"

#include <stdio.h>

typedef enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV } format_t;

typedef struct {
    FILE *out;
    format_t format;
    language_t language;
    bool colour;
    const catalog_t *catalog; /* titles and decimals; a row that it does not know shows its id */
} render_t;

/* Each returns STATUS_OK, STATUS_NO_MEMORY or STATUS_IO (writing failed). */
status_t render_benchmark(const render_t *render, const benchmark_answer_t *answer) NODISCARD;
status_t render_compare(const render_t *render, const compare_answer_t *answer) NODISCARD;
status_t render_rank(const render_t *render, const rank_answer_t *answer) NODISCARD;
status_t render_trend(const render_t *render, const trend_answer_t *answer) NODISCARD;
status_t render_consultants(const render_t *render, const consultants_answer_t *answer) NODISCARD;
status_t render_coverage(const render_t *render, const coverage_answer_t *answer) NODISCARD;
status_t render_checks(const render_t *render, const checks_answer_t *answer) NODISCARD;
status_t render_coverage_year(const render_t *render, const coverage_year_answer_t *answer) NODISCARD;
status_t render_keys(const render_t *render, const key_entry_t *keys, size_t count) NODISCARD;
status_t render_network(const render_t *render, const network_lines_t *lines) NODISCARD;
status_t render_months(const render_t *render, const month_status_t *months, size_t count) NODISCARD;
status_t render_drift(const render_t *render, const drift_answer_t *answer) NODISCARD;
status_t render_health(const render_t *render, const health_t *health) NODISCARD;
